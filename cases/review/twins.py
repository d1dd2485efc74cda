"""Things of the registers that stand twice, or are likely the same: for curators to merge, or to leave as they are.

The rules are those of `cases.models.identity`, as far as the database can tell by its indexes.
"""

from __future__ import annotations

from functools import reduce
from operator import and_, or_
from typing import Any, NamedTuple

from django.core.cache import cache
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.lookups import Exact, IsNull

from ..models import Organisation, Place, Source
from ..models.identity import EXACT_FIELDS, WORD_FIELDS
from ..models.snapshot import catalogue_version


class TwinGroup(NamedTuple):
    """A group of things: the value of the admin's filter, and what the overview calls it."""

    name: str
    label: str


SAME = TwinGroup("same", "whose words another has, too")
ALIKE = TwinGroup("alike", "that are likely another’s")
TWIN_GROUPS = {group.name: group for group in (SAME, ALIKE)}
TWINS_CACHE_KEY = "cases.review.twins.2"
MOST_COUNTED = 1_000
"""How far they are counted."""
CURATED_REGISTERS: tuple[Any, ...] = (Source, Organisation, Place)


def filter_twins(name: str, things: QuerySet[Any]) -> QuerySet[Any]:
    """Filter things of a register, without merged ones, by the name of a group; an unknown name gives none."""
    same = _shared(things.model, "identity")
    if name == SAME.name:
        return things.filter(same)
    return things.filter(~same & _alike(things.model)) if name == ALIKE.name else things.none()


def count_twins() -> dict[tuple[str, str], int]:
    """The number of things by register and group, at most `MOST_COUNTED` + 1; cached for a version of the catalogue."""
    current, stored = catalogue_version(), cache.get(TWINS_CACHE_KEY)
    if stored and current and stored[0] == current:
        return dict(stored[1])
    numbers = {
        (model.REGISTER, name): _counted(filter_twins(name, model._default_manager.filter(replaced_by=None)))
        for model in CURATED_REGISTERS
        for name in TWIN_GROUPS
    }
    cache.set(TWINS_CACHE_KEY, (current, numbers), timeout=None)
    return numbers


def _counted(things: QuerySet[Any]) -> int:
    return things.order_by()[: MOST_COUNTED + 1].count()


def _alike(model: Any) -> Any:
    columns = {column.name for column in model._meta.concrete_fields}
    keys = [_shared(model, name) for name in ("doi_key", "url_key") if name in columns]
    agreed = [_agrees(name) for name in WORD_FIELDS[model.REGISTER] if name in EXACT_FIELDS]
    return reduce(or_, keys, _shared(model, "likeness", reduce(and_, agreed)))


def _shared(model: Any, column: str, *conditions: Q) -> Any:
    """Whether another has the same in a column, merged ones left aside.

    What several have there is found first, by one walk along the index alone; only these are looked at.
    """
    rows = model._default_manager.exclude(**{column: None}).order_by()
    several = rows.values(column).annotate(number=Count("pk")).filter(number__gt=1).values(column)
    others = rows.filter(*conditions, replaced_by=None, **{column: OuterRef(column)}).exclude(pk=OuterRef("pk"))
    return Q((f"{column}__in", several)) & Q(Exists(others))


def _agrees(name: str) -> Q:
    """Whether two things state the same in a column, or one of them nothing."""
    if name == "year":
        return Q(year=OuterRef("year")) | Q(year=None) | Q(IsNull(OuterRef("year"), rhs=True))
    return Q((name, OuterRef(name))) | Q((name, "")) | Q(Exact(OuterRef(name), Value("")))
