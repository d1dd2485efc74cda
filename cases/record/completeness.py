"""How complete a case is: the fields required to publish it, and those recommended."""

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
"""By path: the fields without which no case is published."""

RECOMMENDED_FIELDS = {
    path: field.wanted for path, field in schema.COMPLETENESS_FIELDS.items() if path not in REQUIRED_TO_PUBLISH
}


def _has(case: Case, field: Field | PartList) -> bool:
    if isinstance(field, PartList):
        return bool(getattr(case, field.stand_in).all())
    value = getattr(case, f"{field.stands_in}_id" if field.kind in (Kind.TERM, Kind.PASSAGE) else field.stands_in)
    return bool(value.strip() if isinstance(value, str) else value)


def missing_to_publish(case: Case) -> dict[str, str]:
    """Return the fields that a case still needs before it can be published, each with what to do."""
    return {path: field.needed for path, field in REQUIRED_TO_PUBLISH.items() if not _has(case, field)}


def missing_in_record(record: Mapping[str, Any]) -> dict[str, str]:
    """As `missing_to_publish`, for a primitive record that is not a case yet."""
    found = {}
    for path, wanted in REQUIRED_TO_PUBLISH.items():
        part, _, inner = path.partition(".")
        value = (record.get(part) or {}).get(inner) if inner else record.get(part)
        if not (value.strip() if isinstance(value, str) else value):
            found[path] = wanted.needed
    return found


def completeness(case: Case) -> list[FieldCompleteness]:
    """Return each required or recommended field with whether it is filled.

    A dimension is filled if it has been coded: it has a value, or a kind of nothing other than "not coded".
    """
    whys = {path: field.needed for path, field in REQUIRED_TO_PUBLISH.items()} | RECOMMENDED_FIELDS
    fields = [FieldCompleteness(path, _has(case, schema.COMPLETENESS_FIELDS[path]), why) for path, why in whys.items()]
    return fields + [
        FieldCompleteness(
            name, getattr(case, column) != Absence.NOT_CODED, f"Give {name}, or say why there is nothing."
        )
        for name, column in ABSENCE_COLUMNS.items()
    ]
