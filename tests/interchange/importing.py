"""Files of other people's making for the tests of the import, and ways to bring them in."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError

from cases.models import Case
from cases.record import convert
from interchange.models import Batch, Mapping

PROJECTS: dict[str, Any] = {
    "columns": {
        "Number": ["external_id"],
        "Name": ["title", "source_title"],
        "About": ["summary"],
        "Text": ["narrative"],
        "Town": ["place_name"],
        "Country": ["place_country"],
        "Where": ["latitude"],
        "Began": ["year_start"],
        "Ended": ["year_end"],
        "Fields": ["sectors"],
        "Lead": ["organisation:lead-organisation"],
        "People": ["figure:people:participants"],
    },
    "values": {"Fields": {"Wellbeing": "health"}, "Ended": {"still running": ""}},
    "constants": {"kind": "named-case", "source_authors": "The makers of the table", "source_kind": "web"},
    "nothing": ["Unknown"],
}
"""A mapping of somebody's table of projects."""

HEADER = list(PROJECTS["columns"])


def make_mapping(name: str = "projects") -> Mapping:
    return Mapping.objects.create(name=name, spec=PROJECTS)


def table(rows: Sequence[dict[str, Any]], *, header: Sequence[str] = HEADER, **options: Any) -> bytes:
    """Return rows as CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=options.get("delimiter", ","), lineterminator=options.get("end", "\r\n"))
    writer.writerow(header)
    writer.writerows([row.get(name, "") for name in header] for row in rows)
    return text.getvalue().encode(options.get("encoding", "utf-8"))


def project(number: int, name: str, **cells: Any) -> dict[str, Any]:
    return {"Number": number, "Name": name, "About": f"What {name} does.", **cells}


def bring_in(folder: Path, content: bytes, *, name: str = "table.csv", **options: Any) -> Batch | None:
    """Bring a file in by the command; the import that it was, unless nothing was written."""
    file = folder / name
    file.write_bytes(content)
    before = Batch.objects.count()
    streams = {name: options.pop(key, None) or io.StringIO() for name, key in (("stdout", "out"), ("stderr", "err"))}
    call_command("import_cases", file, **streams, **options)
    return Batch.objects.first() if Batch.objects.count() > before else None


def refused(folder: Path, content: bytes, **options: Any) -> tuple[int, str]:
    """Bring a file in that is refused: the exit code, and all that was said."""
    said = io.StringIO()
    try:
        bring_in(folder, content, err=said, **options)
    except CommandError as error:
        return error.returncode, f"{said.getvalue()}{error}"
    return 0, said.getvalue()


def said(slug: str) -> dict[str, Any]:
    """Return what a case says, plainly."""
    plain: dict[str, Any] = convert.to_primitive(convert.record_from_case(Case.objects.whole().get(slug=slug)))
    return plain
