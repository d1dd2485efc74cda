"""Downloads."""

from collections.abc import Iterable
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from cases import formats
from cases.api.questions import Asked
from cases.renderings import texts, with_origin

CHUNK = 500  # cases held in memory at a time


class Csv(BaseRenderer):
    """Tells the API framework that CSV is sent from here; the text itself is streamed past it."""

    media_type = "text/csv"
    format = "csv"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b""


class CasesCsv(Asked):
    """The cases as a table."""

    renderer_classes = [Csv]
    sends = "csv"

    @extend_schema(operation_id="cases_csv", responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request) -> StreamingHttpResponse:
        """Send every case that answers a question, a line each, in the order asked for."""
        keys = self.question().keys(0)

        def lines() -> Iterable[bytes]:
            yield formats.header().encode()
            for start in range(0, len(keys), CHUNK):
                yield with_origin("".join(texts(keys[start : start + CHUNK], "line")))

        name = f"codelivery-cases-{timezone.localdate():%Y-%m-%d}.csv"
        return StreamingHttpResponse(
            () if request.method == "HEAD" else lines(),
            content_type="text/csv; charset=utf-8; header=present",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
