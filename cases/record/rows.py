"""A record as the rows that tell it, none of them saved: to be written, or to be read as a case is.

`records.matter_of` is the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.db import models

from taxonomy.models import Term

from .. import schema
from ..models import Arrangement, Case, Place
from ..schema import ABSENCE_COLUMNS
from ..schema.nodes import SET_KINDS, Field, Kind
from . import convert
from .convert import PART_MODELS_BY_NAME, ValidatedRecord

PartFactory = Callable[[Case, int, Any], models.Model]


def case_columns(record: ValidatedRecord) -> dict[str, Any]:
    """Return what a record puts into the row of its case, by column."""
    row: dict[str, Any] = {}
    for outer, fields in COLUMNS_BY_BLOCK:
        said = (record[outer] if outer else record) or {}
        for name, column, empty in fields:
            value = said.get(name)
            row[column] = empty if value is None else value
    for name, column in ABSENCE_COLUMNS.items():
        row[column] = convert.absence_to_store(record["absent"].get(name) or "", present=bool(record[name]))
    return row


def column_value(model: type[models.Model], field: Field, said: Any) -> Any:
    """Return what stands in a column for what a record says; nothing is what the column has by itself."""
    return empty_column_value(model, field) if said is None else said


def empty_column_value(model: type[models.Model], field: Field) -> Any:
    """Return what stands in a column for nothing."""
    column = model._meta.get_field(field.stands_in)
    return str(column.get_default()) if field.kind is Kind.CHOICE else field.empty  # type: ignore[union-attr]  # a column


def _in_row(fields: Sequence[Field]) -> list[tuple[str, str, Any]]:
    """Return what of some fields stands in columns of a case: name, column, and what stands there for nothing."""
    own = [field for field in fields if field.kind is not Kind.ADDRESS and field.kind not in SET_KINDS]
    return [(field.name, field.stands_in, empty_column_value(Case, field)) for field in own]


COLUMNS_BY_BLOCK = (
    ("", _in_row(schema.PLAIN_FIELDS)),
    *((block.name, _in_row(block.leaves)) for block in schema.BLOCKS),
)
"""The fields of a case itself and of each of its blocks, as they stand in columns."""


def _arrangement(case: Case, order: int, part: ValidatedRecord) -> models.Model:
    kind, actor, mode = part["type"], part["actor"], part["mode"]
    return Arrangement(
        case=case,
        order=order,
        label=part["label"],
        type=kind["term"],
        type_basis=kind["basis"],
        type_passage=kind["passage"],
        **{flag: flag in actor["terms"] for flag in ("user", "community")},
        actor_basis=actor["basis"],
        actor_passage=actor["passage"],
        **{flag: flag in mode["terms"] for flag in ("offline", "digital")},
        mode_absent=convert.absence_to_store(mode["absent"] or "", present=bool(mode["terms"])),
        mode_basis=mode["basis"] or "",
        mode_passage=mode["passage"],
    )


def _make_part(model: type[models.Model], name: str) -> PartFactory:
    """Return how a row of a list is made of its part, whose fields stand each in a column."""
    fields = [*schema.PART_FIELDS[name].items()]
    in_order = any(field.name == "order" for field in model._meta.fields)

    def make(case: Case, order: int, part: ValidatedRecord) -> models.Model:
        said = {field.stands_in: column_value(model, field, part[name]) for name, field in fields}
        return model(case=case, **said, **({"order": order} if in_order else {}))

    return make


class PartRows(NamedTuple):
    """The rows of one list of a record: how a case calls them, and how one is made of its part."""

    accessor: str
    model: type[models.Model]
    make: PartFactory


PART_ROWS = {
    parts.name: PartRows(
        parts.stand_in,
        PART_MODELS_BY_NAME[parts.name],
        _arrangement if parts.name == "arrangements" else _make_part(PART_MODELS_BY_NAME[parts.name], parts.name),
    )
    for parts in schema.PART_LISTS
}
"""By the key of a record: the lists whose parts have rows of their own."""


def case_from_record(record: ValidatedRecord, *, pk: int, **columns_besides: Any) -> Case:
    """Return a case, never saved, that reads as one fetched by `Case.objects.whole()` which says `record`.

    Nothing in it has to be saved, nor to be still there.
    """
    case = Case(pk=pk, **case_columns(record) | columns_besides)
    case._prefetched_objects_cache = {  # type: ignore[attr-defined]  # noqa: SLF001 - what the managers answer from
        **{
            field.stands_in: _found(SET_MODELS[path], schema.value_at(record, path) or [])
            for path, field in schema.SET_FIELDS.items()
        },
        **{rows.accessor: _found(rows.model, _numbered(case, rows, record[name])) for name, rows in PART_ROWS.items()},
    }
    return case


SET_MODELS: Mapping[str, type[models.Model]] = {
    path: Term if field.kind is Kind.TERMS else Place for path, field in schema.SET_FIELDS.items()
}
"""By path: what stands in the fields of a case that hold several things."""


def _found(model: type[models.Model], rows: Iterable[Any]) -> models.QuerySet[Any]:
    """Return rows as a question for them that was answered already."""
    answered: models.QuerySet[Any] = model._default_manager.all()
    answered._result_cache = list(rows)  # noqa: SLF001 - as prefetch_related() does it
    return answered


def _numbered(case: Case, rows: PartRows, parts: Sequence[Any]) -> Iterator[models.Model]:
    """Yield the rows of a list; each is known by its number in that, from 1, as a saved one is by its key."""
    for order, part in enumerate(parts):
        row = rows.make(case, order, part)
        row.pk = order + 1
        yield row
