"""Tables to fill in, and to bring in as cases."""

from __future__ import annotations

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from taxonomy.codebook import Codebook

from ..formats import workbook
from ..planning import FIELDS

LEFT_OUT = {"external_id"}
FIELDS_OF_TEMPLATE = [field for field in FIELDS.values() if field.name not in LEFT_OUT]
NAME = "codelivery-cases-template"


@require_safe
def template_csv(_: HttpRequest) -> HttpResponse:
    """Send an empty table: its header."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow([field.name for field in FIELDS_OF_TEMPLATE])
    disposition = f'attachment; filename="{NAME}.csv"'
    return HttpResponse(
        text.getvalue(), "text/csv; charset=utf-8; header=present", headers={"Content-Disposition": disposition}
    )


@require_safe
def template_xlsx(_: HttpRequest) -> HttpResponse:
    """Send an empty table, with a sheet that explains its columns and one with the words that each may hold."""
    out = io.BytesIO()
    codebook = Codebook.load()
    words = {
        field.name: [f"{term.slug}: {term}" for term in codebook[field.vocabulary]]
        for field in FIELDS_OF_TEMPLATE
        if field.vocabulary
    }
    workbook.write_template([(field.name, field.meaning) for field in FIELDS_OF_TEMPLATE], words, out)
    disposition = f'attachment; filename="{NAME}.xlsx"'
    return HttpResponse(out.getvalue(), workbook.MEDIA_TYPE, headers={"Content-Disposition": disposition})
