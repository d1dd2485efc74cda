"""The cases as downloads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import IO, Any, ClassVar

from django.conf import settings
from django.http import FileResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cases.api.conditional import ConditionalQueryView
from cases.api.query import PAGE_PARAMETERS, FileView, chosen_by
from cases.derived import csv_columns
from cases.derived.representations import DOCUMENT_KEYS, RepresentationName, insert_origin, load_representations
from cases.derived.selection import DocumentSelection, TableSelection
from cases.models.snapshot import snapshot
from cases.query.export_formats import ExportFormat
from cases.query.parameters import CaseFilterSet

from ..exports import workbook
from .files import temporary_file


class StreamedRenderer(BaseRenderer):
    """Tells the API framework what is sent from here; the text itself is streamed past it."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b""


class CsvRenderer(StreamedRenderer):
    """CSV."""

    media_type = "text/csv"
    format = "csv"


class JsonLinesRenderer(StreamedRenderer):
    """JSON Lines."""

    media_type = "application/jsonl"
    format = "jsonl"


class JsonFileRenderer(StreamedRenderer):
    """JSON."""

    media_type = "application/json"
    format = "json"


class XlsxRenderer(StreamedRenderer):
    """XLSX."""

    media_type = workbook.XLSX_MEDIA_TYPE
    format = "xlsx"


class CasesExport(FileView, ConditionalQueryView):
    """All cases of a question as a file, in the order asked for, as they are at one moment."""

    label: ClassVar[str]
    """What people call the format."""
    contents: ClassVar[str]
    """What stands in the file, behind "All cases as CSV, "."""
    link_name: ClassVar[str]
    """Its name in the API's index."""
    representation: ClassVar[RepresentationName]
    chunk: ClassVar[int]
    """Cases in memory at a time: about half a megabyte, which fits a processor's cache."""
    content_type: ClassVar[str]
    refused = PAGE_PARAMETERS

    @classmethod
    def url_name(cls) -> str:
        return f"cases-{cls.sends}"

    @classmethod
    def described(cls) -> ExportFormat:
        return ExportFormat(cls.sends, cls.label, cls.contents, cls.link_name, f"interchange:{cls.url_name()}")

    def download(self, filterset: CaseFilterSet) -> HttpResponseBase:
        return StreamingHttpResponse(
            () if self.request.method == "HEAD" else self.lines(),
            content_type=self.content_type,
            headers={"Content-Disposition": f'attachment; filename="{self.name()}"'},
        )

    def name(self) -> str:
        return f"codelivery-cases-{timezone.localdate():%Y-%m-%d}.{self.sends}"

    def choose(self, filterset: CaseFilterSet) -> None:
        """Find out what of each case is sent. Raises an error for a field that is not there."""
        raise NotImplementedError

    def get_filterset(self) -> CaseFilterSet:
        filterset = super().get_filterset()
        self.choose(filterset)
        return filterset

    def lines(self) -> Iterator[bytes]:
        """The file in pieces; closed when the reader disconnects, which ends its transaction."""
        raise NotImplementedError

    def kept_texts(self) -> Iterator[list[bytes]]:
        """The stored records of the cases, some at a time; the query runs again, on the catalogue as it is now."""
        keys = self.get_filterset().keys(0)
        for start in range(0, len(keys), self.chunk):
            yield load_representations(keys[start : start + self.chunk], self.representation)


class TableExport(CasesExport):
    """The cases as a table."""

    representation = "line"
    chunk = 500
    selection: TableSelection

    def choose(self, filterset: CaseFilterSet) -> None:
        self.selection = chosen_by(filterset.params, TableSelection)

    def rows(self) -> Iterator[list[str]]:
        """The cells of each case, by the chosen columns."""
        for found in self.kept_texts():
            yield from self.selection.select(
                [csv_columns.parse_csv_line(insert_origin(line).decode()) for line in found]
            )


class DocumentExport(CasesExport):
    """The cases as JSON."""

    keys: ClassVar[Sequence[str]]
    selection: DocumentSelection

    def choose(self, filterset: CaseFilterSet) -> None:
        self.selection = chosen_by(filterset.params, partial(DocumentSelection, self.keys))


class CasesCsv(TableExport):
    """The cases as a table."""

    label, sends = "CSV", "csv"
    contents = "a row for each case"
    link_name = "export"
    renderer_classes = [CsvRenderer]
    content_type = "text/csv; charset=utf-8; header=present"

    @extend_schema(operation_id="cases_csv", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, a line each, in the order asked for."""
        return self.answered(self.download)

    def lines(self) -> Iterator[bytes]:
        yield self.selection.header().encode()
        with snapshot():
            if self.selection.is_whole:
                for found in self.kept_texts():
                    yield insert_origin(b"".join(found))
            else:
                for row in self.rows():
                    yield str(csv_columns.CSV_WRITER.writerow(row)).encode()


class CasesJson(DocumentExport):
    """The cases whole, with the sources, organisations and places that they name: what fills an empty catalogue."""

    label, sends = "JSON", "json"
    contents = (
        "one document, with the sources, organisations and places that they name: "
        "what another catalogue needs to read them in"
    )
    link_name = "export-document"
    renderer_classes = [JsonFileRenderer]
    representation = "line"
    chunk = 500
    content_type = "application/json"
    keys = csv_columns.EXPORTED_KEYS

    @extend_schema(operation_id="cases_json", responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question with all that it names, as one document, in the order asked for."""
        return self.answered(self.download)

    def lines(self) -> Iterator[bytes]:
        """The document in pieces: the list of the records."""
        yield b'{"results":['
        with snapshot():
            comma = b"\n"
            for found in self.kept_texts():
                rows = [csv_columns.parse_csv_line(insert_origin(line).decode()) for line in found]
                for record in self.selection.select([row[csv_columns.RECORD_CELL].encode() for row in rows]):
                    yield comma + record
                    comma = b",\n"
        yield b"\n]}\n"


class CasesSpreadsheet(TableExport):
    """The cases as a spreadsheet."""

    label, sends = "XLSX", "xlsx"
    contents = "a workbook with a row for each case"
    link_name = "export-workbook"
    renderer_classes = [XlsxRenderer]
    content_type = XlsxRenderer.media_type

    @extend_schema(operation_id="cases_xlsx", responses={(200, XlsxRenderer.media_type): OpenApiTypes.BINARY})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, a row each, in the order asked for."""
        return self.answered(self.download)

    def download(self, filterset: CaseFilterSet) -> HttpResponseBase:
        """Send the workbook, which is written to a temporary file row by row."""
        if self.request.method == "HEAD":
            return super().download(filterset)  # without a length, which only writing it would tell
        about = {
            "from": "Co-delivery Case Catalogue",
            "address": f"{settings.BASE_URL}{self.request.get_full_path()}",
            "at": f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC; so are all times",
        }

        def write(file: IO[bytes]) -> None:
            with snapshot():
                workbook.write_cases_workbook(self.selection.columns, self.rows, about, file)

        file = temporary_file(write)
        return FileResponse(file, as_attachment=True, filename=self.name(), content_type=self.content_type)


class CasesJsonLines(DocumentExport):
    """The cases whole."""

    label, sends = "JSON Lines", "jsonl"
    contents = "whole, with every passage, a case on each line"
    link_name = "export-lines"
    renderer_classes = [JsonLinesRenderer]
    representation = "document"
    chunk = 100
    content_type = "application/jsonl"
    keys = DOCUMENT_KEYS

    @extend_schema(operation_id="cases_jsonl", responses={(200, "application/jsonl"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, whole, as JSON on a line of its own, in the order asked for."""
        return self.answered(self.download)

    def lines(self) -> Iterator[bytes]:
        with snapshot():
            for found in self.kept_texts():
                yield insert_origin(b"\n".join([*self.selection.select(found), b""]))


CASE_EXPORTS: tuple[type[CasesExport], ...] = (CasesCsv, CasesSpreadsheet, CasesJson, CasesJsonLines)
"""Every format, in the order in which they are offered: addresses, pages and the API's index are made of this list."""
