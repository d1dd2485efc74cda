"""The manual of coding as downloads."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from cases.http_cache import cached_by_version
from cases.query.examples import example_cases
from taxonomy.codebook import Codebook
from taxonomy.models import CodebookChange

from ..exports.manual import ExampleCases, manual_csv, manual_markdown


def _read(request: HttpRequest) -> tuple[Codebook, ExampleCases]:
    codebook = Codebook.load_manual()
    return codebook, example_cases(codebook.by_id.values(), request.user)


def _file(text: str, media_type: str, ending: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="codelivery-manual.{ending}"'}
    return HttpResponse(text, f"{media_type}; charset=utf-8", headers=headers)


def _csv(request: HttpRequest) -> HttpResponse:
    """Send the vocabularies with their rules, and their terms, as rows."""
    return _file("".join(manual_csv(*_read(request))), "text/csv", "csv")


def _markdown(request: HttpRequest) -> HttpResponse:
    """Send the manual as one text in Markdown."""
    version = CodebookChange.objects.number()
    return _file("".join(manual_markdown(*_read(request), version)), "text/markdown", "md")


csv_file: Any = require_safe(partial(cached_by_version, sends="text/csv")(_csv))
markdown_file: Any = require_safe(partial(cached_by_version, sends="text/markdown")(_markdown))
