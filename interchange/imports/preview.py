"""What an import would do, or did, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Count

from cases.history.diff import RecordLabels, compare_records, summarise_difference

from ..models import Batch, ImportRow, RowOutcome
from .batches import records_before

RowCounts = dict[tuple[int, str, str], int]
"""The number of rows by import, outcome and decision."""


def count_rows(imports: Sequence[Batch]) -> RowCounts:
    """Count the rows of some imports, in one query; as `counts`, `BatchSerializer` needs them in its context."""
    rows = ImportRow.objects.filter(batch__in=imports).order_by().values_list("batch", "outcome", "decision")
    return {(batch, outcome, decision): n for batch, outcome, decision, n in rows.annotate(n=Count("pk"))}


def preview_rows(rows: list[ImportRow]) -> list[dict[str, Any]]:
    """The rows of the preview, each with the difference between the record and the version before."""
    before = {row: version["record"] for row, version in records_before(rows).items()}
    planned = [row.record for row in rows if row.record and row.outcome != RowOutcome.REFUSE]
    labels = RecordLabels.of(*planned, *before.values())
    for row in rows:
        for entry in row.entries:
            name = entry.get("name") or f"{entry.get('authors')} ({entry.get('year') or 'n.d.'})"
            labels.labels.setdefault(entry["register"], {}).setdefault(entry["slug"], name)
    shown = []
    for row in rows:
        shown_row: dict[str, Any] = {
            "row": row,
            "new": [f"{entry['register']}: {entry['slug']}" for entry in row.entries],
            "recognised": [each | {"register": each["register"].removesuffix("s")} for each in row.recognised],
        }
        if row.record and row.outcome in {RowOutcome.CREATE, RowOutcome.CHANGE, RowOutcome.DUPLICATE}:
            shown_row["difference"] = compare_records(before.get(row.pk), row.record, labels)
            shown_row["words"] = summarise_difference(shown_row["difference"]) if row.pk in before else ""
        shown.append(shown_row)
    return shown
