"""The cases as downloads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, ClassVar

from django.conf import settings
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cases import formats
from cases.api.tagged import Tagged
from cases.export_formats import ExportFormat
from cases.filters import CaseFilterSet
from cases.models.snapshot import snapshot
from cases.renderings import Name, texts, with_origin

from ..formats import workbook
from .files import temporary_file


class Streamed(BaseRenderer):
    """Tells the API framework what is sent from here; the text itself is streamed past it."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b""


class Csv(Streamed):
    """CSV."""

    media_type = "text/csv"
    format = "csv"


class JsonLines(Streamed):
    """JSON Lines."""

    media_type = "application/jsonl"
    format = "jsonl"


class Json(Streamed):
    """JSON."""

    media_type = "application/json"
    format = "json"


class Spreadsheet(Streamed):
    """XLSX."""

    media_type = workbook.MEDIA_TYPE
    format = "xlsx"


class Export(Tagged):
    """All cases of a question as a file, in the order asked for, as they are at one moment."""

    label: ClassVar[str]
    """What people call the format."""
    contents: ClassVar[str]
    """What stands in the file, behind "All cases as CSV, "."""
    link_name: ClassVar[str]
    """Its name in the API's index."""
    kept: ClassVar[Name]
    chunk: ClassVar[int]
    """Cases held in memory at a time: about half a megabyte, which a processor has at hand while it works on it."""
    content_type: ClassVar[str]
    opening: ClassVar[str] = ""
    line_end: ClassVar[bytes] = b""

    @classmethod
    def url_name(cls) -> str:
        """Return its name among the addresses of this app."""
        return f"cases-{cls.sends}"

    @classmethod
    def described(cls) -> ExportFormat:
        """Return what the pages and the API's index say of it."""
        return ExportFormat(cls.sends, cls.label, cls.contents, cls.link_name, f"interchange:{cls.url_name()}")

    def download(self, asked: CaseFilterSet) -> HttpResponseBase:
        """Send the answer while it is read from the database."""
        return StreamingHttpResponse(
            () if self.request.method == "HEAD" else self.lines(),
            content_type=self.content_type,
            headers={"Content-Disposition": f'attachment; filename="{self.name()}"'},
        )

    def name(self) -> str:
        """Return what the file is called."""
        return f"codelivery-cases-{timezone.localdate():%Y-%m-%d}.{self.sends}"

    def lines(self) -> Iterator[bytes]:
        """Yield the file in pieces. It is closed when the reader leaves, and lets go of the database then."""
        if self.opening:
            yield self.opening.encode()
        with snapshot():
            for found in self.kept_texts():
                yield with_origin(self.line_end.join([*found, b""]))

    def kept_texts(self) -> Iterator[list[bytes]]:
        """Yield what is kept of the cases, some at a time; the question is asked again, of the catalogue as it is."""
        keys = self.question().keys(0)
        for start in range(0, len(keys), self.chunk):
            yield texts(keys[start : start + self.chunk], self.kept)

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of each case, by the columns of the table."""
        for found in self.kept_texts():
            for line in found:
                yield formats.cells_of(with_origin(line).decode())


class CasesCsv(Export):
    """The cases as a table."""

    label, sends = "CSV", "csv"
    contents = "a row for each case"
    link_name = "export"
    renderer_classes = [Csv]
    kept = "line"
    chunk = 500
    content_type = "text/csv; charset=utf-8; header=present"
    opening = formats.header()

    @extend_schema(operation_id="cases_csv", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, a line each, in the order asked for."""
        return self.answered(self.download)


class CasesJson(Export):
    """The cases whole, with the sources, organisations and places that they name: what fills an empty catalogue."""

    label, sends = "JSON", "json"
    contents = (
        "one document, with the sources, organisations and places that they name: "
        "what another catalogue needs to read them in"
    )
    link_name = "export-document"
    renderer_classes = [Json]
    kept = "line"
    chunk = 500
    content_type = "application/json"

    @extend_schema(operation_id="cases_json", responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question with all that it names, as one document, in the order asked for."""
        return self.answered(self.download)

    def lines(self) -> Iterator[bytes]:
        """Yield the document in pieces: the list of the cases' records."""
        yield b'{"results":['
        with snapshot():
            comma = "\n"
            for row in self.rows():
                yield f"{comma}{row[formats.RECORD]}".encode()
                comma = ",\n"
        yield b"\n]}\n"


class CasesSpreadsheet(Export):
    """The cases as a spreadsheet."""

    label, sends = "XLSX", "xlsx"
    contents = "a workbook with a row for each case"
    link_name = "export-workbook"
    renderer_classes = [Spreadsheet]
    kept = "line"
    chunk = 500
    content_type = Spreadsheet.media_type

    @extend_schema(operation_id="cases_xlsx", responses={(200, Spreadsheet.media_type): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, a row each, in the order asked for."""
        return self.answered(self.download)

    def download(self, asked: CaseFilterSet) -> HttpResponseBase:
        """Send the workbook; it is put together in a file of its own, a row at a time."""
        about = {
            "from": "Co-delivery Case Catalogue",
            "address": f"{settings.BASE_URL}{self.request.get_full_path()}",
            "at": f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC; so are all times",
        }

        def write(file: IO[bytes]) -> None:
            if self.request.method != "HEAD":
                with snapshot():
                    workbook.write(self.rows, about, file)

        file = temporary_file(write)
        return FileResponse(file, as_attachment=True, filename=self.name(), content_type=self.content_type)


class CasesJsonLines(Export):
    """The cases whole."""

    label, sends = "JSON Lines", "jsonl"
    contents = "whole, with every passage, a case on each line"
    link_name = "export-lines"
    renderer_classes = [JsonLines]
    kept = "document"
    chunk = 100
    content_type = "application/jsonl"
    line_end = b"\n"

    @extend_schema(operation_id="cases_jsonl", responses={(200, "application/jsonl"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, whole, as JSON on a line of its own, in the order asked for."""
        return self.answered(self.download)


EXPORTS: tuple[type[Export], ...] = (CasesCsv, CasesSpreadsheet, CasesJson, CasesJsonLines)
"""Every format, in the order in which they are offered: addresses, pages and the API's index are made of this list."""
