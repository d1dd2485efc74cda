"""Where a case stands in an order, told by values: so a walk goes on there even if the case has moved, or is gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F, Q

from plaintext.collation import collate

from ..models import Case

ORDER_COLUMNS: Mapping[str, Sequence[str]] = {
    "title": ("sort_key", "slug"),
    "year": ("year_start", "sort_key", "slug"),
    "updated": ("updated_at", "sort_key", "slug"),
}
"""By order: the columns that decide it, the first one first. None comes last, also backwards."""


class Position(NamedTuple):
    """A case, and its values in the columns of an order when it was read; there are none in the order of relevance.

    Instead of a sort key it has the title that the key is made of, which is shorter.
    """

    key: int
    values: Sequence[Any] = ()


def _columns(sort: str) -> Sequence[str]:
    return ORDER_COLUMNS[sort.removeprefix("-")]


def _by_column(sort: str, values: Sequence[Any]) -> dict[str, Any]:
    pairs = zip(_columns(sort), values, strict=True)
    return {name: collate(value) if name == "sort_key" else value for name, value in pairs}


def order_terms(sort: str) -> list[Any]:
    """Return what to order by. Backwards, titles are in reverse, too; years and times only themselves."""
    first, *others = _columns(sort)
    if sort == "-title":
        return [f"-{name}" for name in (first, *others)]
    column = F(first)
    return [column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True), *others]


def position_in(sort: str, key: int) -> Position:
    """Return where a case stands now; `sort` is empty for the order of relevance."""
    columns = ["title" if name == "sort_key" else name for name in _columns(sort)] if sort else ()
    found = Case.objects.filter(pk=key).values_list(*columns).get() if columns else ()
    return Position(key, [value.isoformat() if isinstance(value, datetime) else value for value in found])


def beyond(sort: str, values: Sequence[Any]) -> Q:
    """Return the condition for the cases that come after these values in an order, without using an offset."""
    condition, tied = Q(pk__in=[]), Q()
    for number, (name, value) in enumerate(_by_column(sort, values).items()):
        backwards = sort == "-title" or (sort.startswith("-") and number == 0)
        condition |= tied & _after_value(name, value, backwards=backwards)
        tied &= Q(**{name: value})
    return condition


def _after_value(name: str, value: Any, *, backwards: bool) -> Q:
    if value is None:
        return Q(pk__in=[])
    behind = Q(**{f"{name}__{'lt' if backwards else 'gt'}": value})
    return behind | Q(**{f"{name}__isnull": True}) if Case._meta.get_field(name).null else behind


def anchor_key(sort: str, position: Position) -> int | None:
    """Return the last case at or before a position, whoever may see it; None if there is none."""
    if Case.objects.filter(pk=position.key, **_by_column(sort, position.values)).exists():
        return position.key
    before = Case.objects.exclude(beyond(sort, position.values)).order_by(*order_terms(sort))
    return before.values_list("pk", flat=True).last()
