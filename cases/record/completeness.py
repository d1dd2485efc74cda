"""How complete a case is: what it needs to be published, and what a good record has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from cases.schema import ABSENCE_COLUMNS

from .. import schema
from ..models import Absence, Case
from ..schema import Field, Kind, PartList


class FieldCompleteness(NamedTuple):
    """Whether one field of a case is filled, and why it should be."""

    field: str
    filled: bool
    why: str


REQUIRED_TO_PUBLISH = {
    path: field for path, field in schema.COMPLETENESS_FIELDS.items() if isinstance(field, Field) and field.needed
}
"""Without these no case is published."""

RECOMMENDED_FIELDS = {
    path: field.wanted for path, field in schema.COMPLETENESS_FIELDS.items() if path not in REQUIRED_TO_PUBLISH
}


def _has(case: Case, said: Field | PartList) -> bool:
    """Tell whether a case says something there."""
    if isinstance(said, PartList):
        return bool(getattr(case, said.stand_in).all())
    value = getattr(case, f"{said.stands_in}_id" if said.kind in (Kind.TERM, Kind.PASSAGE) else said.stands_in)
    return bool(value.strip() if isinstance(value, str) else value)


def missing_to_publish(case: Case) -> dict[str, str]:
    """Return what a case still needs before it may be published: field and what to do."""
    return {path: field.needed for path, field in REQUIRED_TO_PUBLISH.items() if not _has(case, field)}


def missing_in_record(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the same of a plain record that is no case yet."""
    found = {}
    for path, wanted in REQUIRED_TO_PUBLISH.items():
        part, _, inner = path.partition(".")
        said = (record.get(part) or {}).get(inner) if inner else record.get(part)
        if not (said.strip() if isinstance(said, str) else said):
            found[path] = wanted.needed
    return found


def completeness(case: Case) -> list[FieldCompleteness]:
    """Return, for each field that a good record fills, whether this one does.

    A dimension counts as filled when somebody judged it: something is there, or a kind of nothing besides "not coded".
    """
    whys = {path: field.needed for path, field in REQUIRED_TO_PUBLISH.items()} | RECOMMENDED_FIELDS
    fields = [FieldCompleteness(path, _has(case, schema.COMPLETENESS_FIELDS[path]), why) for path, why in whys.items()]
    return fields + [
        FieldCompleteness(
            name, getattr(case, column) != Absence.NOT_CODED, f"Give {name}, or say why there is nothing."
        )
        for name, column in ABSENCE_COLUMNS.items()
    ]
