"""The cases as downloads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cases import formats
from cases.api.tagged import Tagged
from cases.filters import CaseFilterSet
from cases.models.snapshot import snapshot
from cases.renderings import Name, texts, with_origin


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


class Export(Tagged):
    """All cases of a question as a file, in the order asked for, as they are at one moment."""

    kept: ClassVar[Name]
    chunk: ClassVar[int]
    """Cases held in memory at a time: about half a megabyte, which a processor has at hand while it works on it."""
    content_type: ClassVar[str]
    opening: ClassVar[str] = ""
    line_end: ClassVar[bytes] = b""

    def download(self, asked: CaseFilterSet) -> StreamingHttpResponse:
        """Send the answer while it is read from the database."""
        name = f"codelivery-cases-{timezone.localdate():%Y-%m-%d}.{self.sends}"
        return StreamingHttpResponse(
            () if self.request.method == "HEAD" else self.lines(),
            content_type=self.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    def lines(self) -> Iterator[bytes]:
        """Yield the file in pieces. It is closed when the reader leaves, and lets go of the database then."""
        if self.opening:
            yield self.opening.encode()
        with snapshot():
            keys = self.question().keys(0)  # asked again, of the catalogue as it is now
            for start in range(0, len(keys), self.chunk):
                found = texts(keys[start : start + self.chunk], self.kept)
                yield with_origin(self.line_end.join([*found, b""]))


class CasesCsv(Export):
    """The cases as a table."""

    renderer_classes = [Csv]
    sends = "csv"
    kept = "line"
    chunk = 500
    content_type = "text/csv; charset=utf-8; header=present"
    opening = formats.header()

    @extend_schema(operation_id="cases_csv", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, a line each, in the order asked for."""
        return self.answered(self.download)


class CasesJsonLines(Export):
    """The cases whole."""

    renderer_classes = [JsonLines]
    sends = "jsonl"
    kept = "document"
    chunk = 100
    content_type = "application/jsonl"
    line_end = b"\n"

    @extend_schema(operation_id="cases_jsonl", responses={(200, "application/jsonl"): OpenApiTypes.STR})
    def get(self, request: Request) -> HttpResponseBase:
        """Send every case that answers a question, whole, as JSON on a line of its own, in the order asked for."""
        return self.answered(self.download)
