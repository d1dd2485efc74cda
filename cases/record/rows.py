"""A record as unsaved rows, to be saved or to be read like a case. The reverse is `convert.record_from_case`."""

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
    """Return the values of the case's own row, by column."""
    row: dict[str, Any] = {}
    for outer, fields in COLUMNS_BY_BLOCK:
        block = (record[outer] if outer else record) or {}
        for name, column, empty in fields:
            value = block.get(name)
            row[column] = empty if value is None else value
    for name, column in ABSENCE_COLUMNS.items():
        row[column] = convert.absence_to_store(record["absent"].get(name) or "", present=bool(record[name]))
    return row


def column_value(model: type[models.Model], field: Field, value: Any) -> Any:
    """Return the column's value for a value in a record; None becomes the column's empty value."""
    return empty_column_value(model, field) if value is None else value


def empty_column_value(model: type[models.Model], field: Field) -> Any:
    column = model._meta.get_field(field.stands_in)
    return str(column.get_default()) if field.kind is Kind.CHOICE else field.empty  # type: ignore[union-attr]  # a column


def _column_fields(fields: Sequence[Field]) -> list[tuple[str, str, Any]]:
    """Return the fields that are columns of a case: name, column, and its empty value."""
    own = [field for field in fields if field.kind is not Kind.ADDRESS and field.kind not in SET_KINDS]
    return [(field.name, field.stands_in, empty_column_value(Case, field)) for field in own]


COLUMNS_BY_BLOCK = (
    ("", _column_fields(schema.PLAIN_FIELDS)),
    *((block.name, _column_fields(block.leaves)) for block in schema.BLOCKS),
)
"""The fields of a case (under "") and of each of its blocks: name, column, and the column's empty value."""


def _arrangement(case: Case, order: int, part: ValidatedRecord) -> models.Model:
    kind, actor, mode, years = part["type"], part["actor"], part["mode"], part["years"] or {}
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
        year_start=years.get("start"),
        year_end=years.get("end"),
        years_passage=years.get("passage"),
    )


def _part_factory(model: type[models.Model], name: str) -> PartFactory:
    """Return the function that makes the row for a part of a list; every field of the part is one column."""
    fields = [*schema.PART_FIELDS[name].items()]
    in_order = any(field.name == "order" for field in model._meta.fields)

    def make(case: Case, order: int, part: ValidatedRecord) -> models.Model:
        columns = {field.stands_in: column_value(model, field, part[name]) for name, field in fields}
        return model(case=case, **columns, **({"order": order} if in_order else {}))

    return make


class PartRows(NamedTuple):
    """How one list of a record is stored: the accessor on a case, the model, and how to make a row from a part."""

    accessor: str
    model: type[models.Model]
    make: PartFactory


PART_ROWS = {
    parts.name: PartRows(
        parts.stand_in,
        PART_MODELS_BY_NAME[parts.name],
        _arrangement if parts.name == "arrangements" else _part_factory(PART_MODELS_BY_NAME[parts.name], parts.name),
    )
    for parts in schema.PART_LISTS
}
"""By key of a record: the lists, whose parts are rows of other tables."""


def case_from_record(record: ValidatedRecord, *, pk: int, **columns_besides: Any) -> Case:
    """Return an unsaved case that reads like one with this record fetched by `Case.objects.whole()`.

    The objects in `record` may be unsaved or deleted.
    """
    case = Case(pk=pk, **case_columns(record) | columns_besides)
    case._prefetched_objects_cache = {  # type: ignore[attr-defined]  # noqa: SLF001 - from which the related managers read
        **{
            field.stands_in: _evaluated(SET_MODELS[path], schema.value_at(record, path) or [])
            for path, field in schema.SET_FIELDS.items()
        },
        **{
            rows.accessor: _evaluated(rows.model, _numbered_rows(case, rows, record[name]))
            for name, rows in PART_ROWS.items()
        },
    }
    return case


SET_MODELS: Mapping[str, type[models.Model]] = {
    path: Term if field.kind is Kind.TERMS else Place for path, field in schema.SET_FIELDS.items()
}
"""By path: the model of the objects in each many-to-many field."""


def _evaluated(model: type[models.Model], rows: Iterable[Any]) -> models.QuerySet[Any]:
    """Return a queryset that is already evaluated, with these rows as its result."""
    queryset: models.QuerySet[Any] = model._default_manager.all()
    queryset._result_cache = list(rows)  # noqa: SLF001 - as prefetch_related() does it
    return queryset


def _numbered_rows(case: Case, rows: PartRows, parts: Sequence[Any]) -> Iterator[models.Model]:
    """Yield the rows of a list, each with its number from 1 as primary key."""
    for order, part in enumerate(parts):
        row = rows.make(case, order, part)
        row.pk = order + 1
        yield row
