"""Queries run by SQL: the reference for what a query means, and the engine used while there is no index.

Conditions are subqueries on the primary key of cases, never joins, so that they neither multiply nor hide rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any

from django.db.models import Count, Exists, ManyToManyField, OuterRef, Q, QuerySet

from taxonomy.codebook import Codebook

from ..models import Absence, Arrangement, Case, CaseQuerySet
from ..models.case import through_model
from ..search.engine import SearchQuery, matching_cases, ranked_keys
from .dimensions import (
    AXES,
    AXIS_FLAGS,
    DIMENSIONS,
    Dimension,
    MatrixCounts,
    QueryParams,
    ValueCounts,
    absence_values,
    axis_choice_groups,
    recorded_values,
    stable_sort,
)
from .groups import GROUPS, group_of, roles_of_former_kinds
from .positions import Position, beyond, order_terms
from .sql_arrangements import SqlArrangements
from .sql_facets import count_facets, count_values, top_values

NO_CASES = Q(pk__in=[])
RowQuerySet = QuerySet[Any, Any]


class SqlResult:
    """The result of a query, selected from the cases that the reader may see."""

    def __init__(self, cases: CaseQuerySet, params: QueryParams, search_query: SearchQuery, codebook: Codebook) -> None:
        self.visible = cases
        self.params = params
        self.search_query = search_query
        self.codebook = codebook

    @cached_property
    def cases(self) -> CaseQuerySet:
        """The matching cases, unordered."""
        return self.without()

    @cached_property
    def total(self) -> int:
        return self.cases.count()

    def without(self, *names: str) -> CaseQuerySet:
        """Return the cases that match when the named parameters are ignored."""
        left = {name: value for name, value in self.params.items() if name not in names}
        found = matching_cases(self.visible, self.search_query) if "q" in left else self.visible
        for name, dimension in DIMENSIONS.items():
            if name in left:
                told = Q(role__slug__in=roles_of_former_kinds(left[name])) if name == "kind" else NO_CASES
                found = found.filter(self._condition(dimension, left[name]) | told)
        found = found.filter(active_between(left.get("year_min"), left.get("year_max")))
        for group in axis_choice_groups(self.params, names):
            found = found.filter(
                Q(Exists(Arrangement.objects.filter(self._arrangement_condition(group), case=OuterRef("pk"))))
                | _is_unarranged(group)
            )
        return found

    # What a choice means

    def _condition(self, dimension: Dimension, values: Sequence[str]) -> Q:
        # A kind of nothing is also looked up as a term: one of the directions of evidence is "not-stated".
        keys = self.codebook.with_narrower(dimension.vocabulary, values) if dimension.vocabulary else set(values)
        return _has_value_that(dimension.path, "in", keys) | _is_absent(dimension, absence_values(values))

    def _arrangement_condition(self, group: Mapping[str, Sequence[str]]) -> Q:
        """Return the condition that an arrangement matches the choices on every axis."""
        return reduce(and_, (self._axis_condition(axis, values) for axis, values in group.items()), Q())

    def _axis_condition(self, axis: str, values: Sequence[str]) -> Q:
        if axis == "type":
            return Q(type__in=self.codebook.with_narrower("type", recorded_values(values)))
        flags = (Q(**{flag: True}) for flag in AXIS_FLAGS[axis] if flag in values)
        return reduce(or_, flags, Q(mode_absent__in=absence_values(values)) if axis == "mode" else NO_CASES)

    # The cases in order

    def keys(self, start: int, stop: int | None = None) -> list[int]:
        """See `QueryResult.keys`."""
        if self._by_relevance:
            return self._ranked[start:stop]
        return list(self.cases.order_by(*order_terms(self._sort)).values_list("pk", flat=True)[start:stop])

    def after(self, position: Position | None, size: int) -> list[int]:
        """See `QueryResult.after`."""
        if position is None:
            return self.keys(0, size)
        if self._by_relevance:
            return self._ranked_after(position.key, size)
        behind = self.cases.filter(beyond(self._sort, position.values)).order_by(*order_terms(self._sort))
        return list(behind.values_list("pk", flat=True)[:size])

    @property
    def _by_relevance(self) -> bool:
        return not stable_sort(self.params, self.search_query)

    @cached_property
    def _ranked(self) -> list[int]:
        found = set(self.cases.values_list("pk", flat=True))
        return [key for key in ranked_keys(self.search_query) if key in found]

    def _ranked_after(self, key: int, size: int) -> list[int]:
        everything = list(ranked_keys(self.search_query))
        if key not in everything:
            raise LookupError(key)
        found = set(self.cases.values_list("pk", flat=True))
        behind = (each for each in everything[everything.index(key) + 1 :] if each in found)
        return [each for each, _ in zip(behind, range(size), strict=False)]

    @property
    def _sort(self) -> str:
        return stable_sort(self.params, self.search_query) or "title"

    # The numbers around them

    def counts(self, names: Sequence[str]) -> dict[str, ValueCounts]:
        """See `QueryResult.counts`.

        One statement counts all facets of the case as a whole; another serves the axes of Table 20.1 and the table.
        """
        aside = (name for name in names if name in DIMENSIONS)
        bases = {name: self.without(name) if name in self.params else self.cases for name in aside}
        found = count_facets(bases, self.codebook)
        return {name: found[name] if name in found else self._axis_counts(name) for name in names}

    def top(self, name: str, most: int, also: Sequence[str]) -> ValueCounts:
        """See `QueryResult.top`."""
        return top_values(self.without(name), name, most, also)

    def size(self, name: str) -> int:
        """See `QueryResult.size`."""
        return count_values(self.visible, name)

    def _axis_counts(self, axis: str) -> ValueCounts:
        others = axis_choice_groups(self.params, (axis,))
        together = self.params.get("match") != "case"
        return self._arrangements.counts(axis, others if together else (), () if together else others)

    @cached_property
    def _arrangements(self) -> SqlArrangements:
        """The arrangements of the cases that match when the axes are ignored."""
        return SqlArrangements(self.without(*AXES, "match"), self.codebook)

    def groups(self) -> Mapping[str, int]:
        """See `QueryResult.groups`."""
        found = dict.fromkeys(GROUPS, 0)
        for kind, role, count in self.cases.order_by().values_list("kind", "role").annotate(Count("pk")):
            kinds = {key: self.codebook.by_id[key].slug for key in (kind, role) if key is not None}
            found[group_of(kinds[kind], kinds.get(role, ""))] += count
        return {name: count for name, count in found.items() if count}

    def table(self) -> MatrixCounts:
        """See `QueryResult.table`."""
        return self._arrangements.table()


def _has_value_that(path: str, comparison: str, value: Any) -> Q:
    """Return the condition on the values at a path. Other tables are queried by themselves, not for each case."""
    name, _, rest = path.partition("__")
    field = Case._meta.get_field(name)
    if not isinstance(field, ManyToManyField):
        return Q(**{f"{name}__{comparison}": value})
    path = "__".join(filter(None, [field.m2m_reverse_field_name(), rest, comparison]))
    found = through_model(field)._default_manager.filter(**{path: value})
    return Q(pk__in=found.order_by().values(field.m2m_field_name()))


def _has_value(dimension: Dimension) -> Q:
    """Return the condition that there is a value; that of a country is neither NULL nor empty."""
    comparison = ("isnull", False) if dimension.vocabulary else ("gt", "")
    return _has_value_that(dimension.path, *comparison)


def _is_absent(dimension: Dimension, kinds: Iterable[str]) -> Q:
    """Return the condition for the chosen kinds of nothing. No value and no stated kind means "not coded"."""
    kinds = list(kinds)
    stated = Q(**{f"{dimension.absent}__in": kinds}) if dimension.absent else NO_CASES
    if Absence.NOT_CODED not in kinds:
        return stated
    unstated = ~_has_value(dimension)
    return stated | (unstated & Q(**{dimension.absent: ""}) if dimension.absent else unstated)


def _is_unarranged(group: Mapping[str, Sequence[str]]) -> Q:
    """Return the condition that a case has no arrangements, and that its kind of nothing is among every choice."""
    return reduce(and_, (Q(arrangements_absent__in=absence_values(values)) for values in group.values()), Q())


def active_between(first: int | None, last: int | None) -> Q:
    """Return the condition that a case was active in some year from `first` to `last`.

    A case is active from its first stated year to its last stated one, or without end if it is ongoing.
    """
    started = Q() if last is None else Q(year_start__lte=last) | Q(year_start=None, year_end__lte=last)
    ended = (
        Q()
        if first is None
        else Q(ongoing=True, year_start__isnull=False)
        | Q(year_end__gte=first)
        | Q(year_end=None, year_start__gte=first)
    )
    return started & ended
