"""Tables to fill in, and to bring in as cases."""

from __future__ import annotations

import csv
import io

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from taxonomy.codebook import Codebook

from ..exports import workbook
from ..imports.planning import IMPORT_FIELDS

FIELDS_LEFT_OUT = {"external_id"}
TEMPLATE_FIELDS = [field for field in IMPORT_FIELDS.values() if field.name not in FIELDS_LEFT_OUT]
TEMPLATE_FILE_NAME = "codelivery-cases-template"


@require_safe
def template_csv(_: HttpRequest) -> HttpResponse:
    """Send an empty table: its header."""
    text = io.StringIO(newline="")
    csv.writer(text).writerow([field.name for field in TEMPLATE_FIELDS])
    disposition = f'attachment; filename="{TEMPLATE_FILE_NAME}.csv"'
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
        for field in TEMPLATE_FIELDS
        if field.vocabulary
    }
    workbook.write_template([(field.name, field.meaning) for field in TEMPLATE_FIELDS], words, out)
    disposition = f'attachment; filename="{TEMPLATE_FILE_NAME}.xlsx"'
    return HttpResponse(out.getvalue(), workbook.XLSX_MEDIA_TYPE, headers={"Content-Disposition": disposition})
