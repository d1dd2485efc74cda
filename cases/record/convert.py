"""A case as a record: the one shape in which cases are read, written, loaded and compared.

A record is a mapping. A *validated* record contains model objects (terms, sources, saved or unsaved passages), as
`CaseSerializer` validates it and `actions` write it. A *primitive* record contains slugs and numbers instead, as in
JSON and the case files. `to_primitive(record_from_case(case))` validates back to the same validated record.
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
    Contribution,
    Finding,
    Organisation,
    Participation,
    Passage,
    PathwayLink,
    Place,
    PlaceGround,
    PublicInput,
    SectorGround,
    Source,
)
from ..schema import UNORDERED_KEYS
from ..schema.nodes import SET_KINDS, Block, Field, Kind, Node, PartList

T = TypeVar("T")
ValidatedRecord = Mapping[str, Any]
"""A record that contains model objects: terms, sources, saved or unsaved passages."""
PrimitiveRecord = Mapping[str, Any]
"""The same with slugs and numbers instead, as in JSON and the case files."""

CLAIM_NUMBERS = tuple(field.name for field in schema.PART_FIELDS["claims"].values() if field.kind is Kind.NUMBER)

PART_MODELS_BY_NAME: Mapping[str, type[Model]] = {
    "arrangements": Arrangement,
    "pathways": PathwayLink,
    "public_input": PublicInput,
    "contribution": Contribution,
    "sector_grounds": SectorGround,
    "place_grounds": PlaceGround,
    "findings": Finding,
    "claims": Claim,
    "organisations": Participation,
    "sources": Citation,
    "caveats": Caveat,
}
"""By key of a record: the models of its lists."""

ReadField = Callable[[Any], Any]


def record_from_case(case: Case) -> dict[str, Any]:
    """Return the validated record of a case fetched by `Case.objects.whole()`, without a further query."""
    record = {name: read(case) for name, read in FIELD_READERS}
    record["absent"] = {name: kind for name, column in _ABSENT if (kind := getattr(case, column))}
    return record


_ABSENT = tuple(ABSENCE_COLUMNS.items())


def _field_reader(field: Field) -> ReadField:
    column = field.stands_in
    if field.kind in SET_KINDS:
        return lambda case: list(getattr(case, column).all())
    return attrgetter(column)


def _fields_reader(fields: Sequence[Field], model: type[Model]) -> Callable[[Any], dict[str, Any]]:
    """Return the function that reads several fields of a row at once. A blank choice is read as None."""
    names = [field.name for field in fields]
    values = _values_getter([field.stands_in for field in fields])
    sets = [field.name for field in fields if field.kind in SET_KINDS]
    blank = [field.name for field in fields if field.kind is Kind.CHOICE and _may_be_blank(model, field.stands_in)]

    def read_simply(row: Any) -> dict[str, Any]:
        return dict(zip(names, values(row), strict=True))

    def read(row: Any) -> dict[str, Any]:
        values_by_name = read_simply(row)
        for name in sets:
            values_by_name[name] = list(values_by_name[name].all())
        for name in blank:
            values_by_name[name] = values_by_name[name] or None
        return values_by_name

    return read if sets or blank else read_simply


def _values_getter(columns: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    if len(columns) == 1:
        return lambda row: (getattr(row, columns[0]),)
    return attrgetter(*columns)


def _may_be_blank(model: type[Model], column: str) -> bool:
    return bool(model._meta.get_field(column).blank)  # type: ignore[union-attr]  # a column


def _block_reader(block: Block) -> ReadField:
    """Return the function that reads a block of a case: None where none of its identifying fields has a value."""
    read = _fields_reader([field for field in block.in_record if isinstance(field, Field)], Case)
    known_by = [field for field in block.leaves if not block.known_by or field.name in block.known_by]
    columns = [field.stands_in for field in known_by]

    def read_columns_first(case: Case) -> dict[str, Any] | None:
        for column in columns:
            if getattr(case, column):
                return read(case)
        return None

    def read_and_check(case: Case) -> dict[str, Any] | None:
        block_values = read(case)
        return block_values if any(block_values[field.name] for field in known_by) else None

    return read_and_check if any(field.kind in SET_KINDS for field in known_by) else read_columns_first


def _parts_reader(parts: PartList) -> ReadField:
    rows, fields = parts.stand_in, [*schema.PART_FIELDS[parts.name].values()]
    read = _arrangement if parts.name == "arrangements" else _fields_reader(fields, PART_MODELS_BY_NAME[parts.name])
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
        "years": _arrangement_years(arrangement),
    }


def _arrangement_years(arrangement: Arrangement) -> dict[str, Any] | None:
    if not arrangement.year_start and not arrangement.year_end:
        return None
    return {
        "start": arrangement.year_start,
        "end": arrangement.year_end,
        "passage": arrangement.years_passage,
    }


def _node_reader(node: Node) -> ReadField:
    match node:
        case Block():
            return _block_reader(node)
        case PartList():
            return _parts_reader(node)
    return _field_reader(node)


FIELD_READERS = tuple((node.name, _node_reader(node)) for node in schema.RECORD)
"""The functions that read each field of a record from its case, made once for all cases."""


def to_primitive(validated: Any) -> Any:
    """Convert a validated record, or a value in one, to JSON types: slugs, passages as objects, figures as numbers."""
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


QUALIFIERS = tuple((block.name, field.name, field.of) for block in schema.BLOCKS for field in block.leaves if field.of)
"""The fields that qualify another one, each with its block and that other field."""


def without_idle_qualifiers(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record as it is sent: what qualifies a value that is not there says nothing, whatever its default.

    >>> without_idle_qualifiers({"years": {"start": None, "start_precision": "exact", "end": 2000}})["years"]
    {'start': None, 'start_precision': None, 'end': 2000}
    """
    idle: dict[str, dict[str, None]] = {}
    for block, name, of in QUALIFIERS:
        if record.get(block) and record[block].get(of) is None:
            idle.setdefault(block, {})[name] = None
    return {**record, **{block: {**record[block], **nothing} for block, nothing in idle.items()}}


def to_sent(validated: Any) -> Any:
    """Convert like `to_primitive`, but say of each passage whether it is checked, as the API tells readers."""
    match validated:
        case Passage():
            return {**to_primitive(validated), "section": validated.section, "checked": validated.is_checked}
        case Mapping():
            return {name: to_sent(value) for name, value in validated.items()}
        case list() | tuple():
            return [to_sent(value) for value in validated]
    return to_primitive(validated)


PASSAGE_FIELDS = ("exact", "start", "end", "locator")


def record_checksum(record: Any) -> str:
    """Return the SHA-256 of a primitive record; the order of unordered lists (sectors, places, ...) is ignored."""
    text = json.dumps(_with_lists_sorted(record), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _with_lists_sorted(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _with_lists_sorted(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [_with_lists_sorted(each) for each in value]
        return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True)) if name in UNORDERED_KEYS else inner
    return value


def passages_in(record: Any) -> Iterator[Passage]:
    if isinstance(record, Passage):
        yield record
    elif isinstance(record, Mapping):
        for value in record.values():
            yield from passages_in(value)
    elif isinstance(record, list):
        for value in record:
            yield from passages_in(value)


def error_paths(errors: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Flatten nested errors to pairs of field path and message, such as `arrangements[1].type.basis`.

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


def absence_to_store(stated: str, *, present: bool) -> str:
    """Return the value of an "absent" column: empty if a value is present, "not coded" if no kind is stated."""
    return "" if present else stated or Absence.NOT_CODED.value
