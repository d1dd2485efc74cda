"""What an import would do, or did, row by row."""

from __future__ import annotations

from typing import Any

from cases.history.diff import RecordLabels, compare_records, summarise_difference

from ..models import ImportRow, RowOutcome
from .batches import records_before


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
