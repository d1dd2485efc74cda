"""A case as a record: the one shape in which it is read, written, loaded and compared; and how complete it is.

A record is a mapping. *Matter* is the record with the catalogue's own objects in it (terms, sources, unsaved or saved
passages), as `CaseSerializer` validates it and `actions` write it; *plain* is the same with slugs and numbers, as JSON
and the case files spell it. `to_primitive(record_from_case(case))` validates back to the same matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import Model

from cases.schema import ABSENCE_COLUMNS
from taxonomy.models import Term

from .. import schema
from ..models import (
    Absence,
    Arrangement,
    Case,
    Caveat,
    Citation,
    Claim,
    Organisation,
    Participation,
    Passage,
    PathwayLink,
    Place,
    Source,
)
from ..schema import UNORDERED_KEYS
from ..schema.nodes import SET_KINDS, Block, Field, Kind, Node, PartList

T = TypeVar("T")
ValidatedRecord = Mapping[str, Any]
"""A record with the catalogue's own objects in it: terms, sources, unsaved or saved passages."""
PrimitiveRecord = Mapping[str, Any]
"""The same with slugs and numbers, as JSON and the case files spell it."""

CLAIM_NUMBERS = tuple(field.name for field in schema.PART_FIELDS["claims"].values() if field.kind is Kind.NUMBER)

PART_MODELS_BY_NAME: Mapping[str, type[Model]] = {
    "arrangements": Arrangement,
    "pathways": PathwayLink,
    "claims": Claim,
    "organisations": Participation,
    "sources": Citation,
    "caveats": Caveat,
}
"""By the key of a record: the models of its lists."""

ReadField = Callable[[Any], Any]


def record_from_case(case: Case) -> dict[str, Any]:
    """Return what a case fetched by `Case.objects.whole()` says, without a query of its own."""
    said = {name: read(case) for name, read in FIELD_READERS}
    said["absent"] = {name: kind for name, column in _ABSENT if (kind := getattr(case, column))}
    return said


_ABSENT = tuple(ABSENCE_COLUMNS.items())


def _read(field: Field) -> ReadField:
    """Return how a field is read off a case."""
    column = field.stands_in
    if field.kind in SET_KINDS:
        return lambda case: list(getattr(case, column).all())
    return attrgetter(column)


def _read_fields(fields: Sequence[Field], model: type[Model]) -> Callable[[Any], dict[str, Any]]:
    """Return how fields are read off a row together; a word of a short list may be left blank, which is None."""
    names = [field.name for field in fields]
    values = _values([field.stands_in for field in fields])
    several = [field.name for field in fields if field.kind in SET_KINDS]
    blank = [field.name for field in fields if field.kind is Kind.CHOICE and _may_be_blank(model, field.stands_in)]

    def read_simply(row: Any) -> dict[str, Any]:
        return dict(zip(names, values(row), strict=True))

    def read(row: Any) -> dict[str, Any]:
        said = read_simply(row)
        for name in several:
            said[name] = list(said[name].all())
        for name in blank:
            said[name] = said[name] or None
        return said

    return read if several or blank else read_simply


def _values(columns: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(columns) == 1:
        return lambda row: (getattr(row, columns[0]),)
    return attrgetter(*columns)


def _may_be_blank(model: type[Model], column: str) -> bool:
    return bool(model._meta.get_field(column).blank)  # type: ignore[union-attr]  # a column


def _read_block(block: Block) -> ReadField:
    """Return how a block is read off a case; where the case has nothing that it is known by, it is None."""
    read = _read_fields([field for field in block.in_record if isinstance(field, Field)], Case)
    known_by = [field for field in block.leaves if not block.known_by or field.name in block.known_by]
    columns = [field.stands_in for field in known_by]

    def read_where_known(case: Case) -> dict[str, Any] | None:
        for column in columns:
            if getattr(case, column):
                return read(case)
        return None

    def read_and_look(case: Case) -> dict[str, Any] | None:
        said = read(case)
        return said if any(said[field.name] for field in known_by) else None

    return read_and_look if any(field.kind in SET_KINDS for field in known_by) else read_where_known


def _read_parts(parts: PartList) -> ReadField:
    """Return how a list of parts is read off a case."""
    rows, fields = parts.stand_in, [*schema.PART_FIELDS[parts.name].values()]
    read = _arrangement if parts.name == "arrangements" else _read_fields(fields, PART_MODELS_BY_NAME[parts.name])
    return lambda case: [read(row) for row in getattr(case, rows).all()]


def _arrangement(arrangement: Arrangement) -> dict[str, Any]:
    return {
        "label": arrangement.label,
        "type": {
            "term": arrangement.type,
            "basis": arrangement.type_basis,
            "passage": arrangement.type_passage,
        },
        "actor": {
            "terms": arrangement.actors,
            "basis": arrangement.actor_basis,
            "passage": arrangement.actor_passage,
        },
        "mode": {
            "terms": arrangement.modes,
            "absent": arrangement.mode_absent or None,
            "basis": arrangement.mode_basis or None,
            "passage": arrangement.mode_passage,
        },
    }


def _reader(node: Node) -> ReadField:
    match node:
        case Block():
            return _read_block(node)
        case PartList():
            return _read_parts(node)
    return _read(node)


FIELD_READERS = tuple((node.name, _reader(node)) for node in schema.RECORD)
"""How each field of a record is read off its case; made once, as every case is read by them."""


def to_primitive(validated: Any) -> Any:
    """Return matter as JSON spells it: things by their slugs, passages as objects, figures as numbers."""
    match validated:
        case Passage():
            return {"source": validated.source.slug, **{name: getattr(validated, name) for name in PASSAGE_FIELDS}}
        case Term() | Source() | Organisation() | Place():
            return validated.slug
        case Decimal():
            return int(validated) if validated == validated.to_integral_value() else float(validated)
        case Mapping():
            return {name: to_primitive(value) for name, value in validated.items()}
        case list() | tuple():
            return [to_primitive(value) for value in validated]
    return validated


PASSAGE_FIELDS = ("exact", "start", "end", "locator")


def record_checksum(record: Any) -> str:
    """Return the SHA-256 of a plain record; the order of what has none (sectors, places, ...) does not count."""
    text = json.dumps(_in_one_order(record), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _in_one_order(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _in_one_order(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [_in_one_order(each) for each in value]
        return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True)) if name in UNORDERED_KEYS else inner
    return value


def passages_in(record: Any) -> Iterator[Passage]:
    """Yield every passage of a matter."""
    if isinstance(record, Passage):
        yield record
    elif isinstance(record, Mapping):
        for value in record.values():
            yield from passages_in(value)
    elif isinstance(record, list):
        for value in record:
            yield from passages_in(value)


def error_paths(errors: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (field path, message) for each mistake of a nested error: `arrangements[1].type.basis`, ...

    >>> list(error_paths({"claims": [{}, {"unit": ["Give it."]}]}))
    [('claims[1].unit', 'Give it.')]
    """
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            here = path if name in {"non_field_errors", "__all__"} else f"{path}.{name}".lstrip(".")
            yield from error_paths(inner, f"{path}[{name}]" if isinstance(name, int) else here)
    elif isinstance(errors, list) and any(isinstance(inner, (Mapping, list)) for inner in errors):
        for number, inner in enumerate(errors):
            yield from error_paths(inner, f"{path}[{number}]")
    elif isinstance(errors, list):
        yield from ((path, str(message)) for message in errors)
    else:
        yield path, str(errors)


def absence_to_store(said: str, *, present: bool) -> str:
    """Return what an "absent" column holds: nothing when there is something, "not coded" when nobody said which."""
    return "" if present else said or Absence.NOT_CODED.value
