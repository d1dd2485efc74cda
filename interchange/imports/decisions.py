"""What is alike in an import, as a table in which a person writes what it is."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

from ..models import AlikeThing

COLUMNS = ("register", "key", "row", "name", "like", "decision")


def write_questions(things: Iterable[AlikeThing], file: Path) -> None:
    """Write a line for each thing; `like` has the slugs that may be the decision."""
    with file.open("w", encoding="utf-8", newline="") as content:
        writer = csv.writer(content)
        writer.writerow(COLUMNS)
        for thing in things:
            like = " | ".join(f"{each['slug']}: {each['name']} ({each['why']})" for each in thing.candidates)
            writer.writerow([thing.register, thing.key, thing.row, thing.name, like, thing.decision])


def read_decisions(file: Path) -> Mapping[tuple[str, str], str]:
    """The decisions by register and key. Raises ValueError if a column is missing."""
    with file.open(encoding="utf-8-sig", newline="") as content:
        rows = csv.DictReader(content)
        if missing := {"register", "key", "decision"} - set(rows.fieldnames or ()):
            raise ValueError(f"There is no column “{min(missing)}”; take the file that --questions writes.")
        return {(row["register"], row["key"]): said for row in rows if (said := (row["decision"] or "").strip())}
