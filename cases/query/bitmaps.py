"""The catalogue in memory: bitmaps of cases, from which counts, tables, orders and pages are read.

A `BitmapIndex` is the catalogue at one version, and never changes. A case is represented by its *place*: its number in
the order of titles. There is one bitmap of places for each value of each dimension, and one for each kind of
arrangement, that is, a type with its co-producers and modes. Choices of types, co-producers and modes select the union
of the kinds that match all three, which is exactly "in one and the same arrangement". The bitmaps include drafts; each
result is intersected with the cases that the reader may see.
"""

from __future__ import annotations

from array import array
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from heapq import nsmallest
from itertools import accumulate, chain
from typing import Any, NamedTuple, TypeVar

from pyroaring import BitMap

from ..search.engine import SearchQuery, ranked_keys
from .dimensions import (
    ABSENCE_VALUES,
    AXES,
    DIMENSIONS,
    CellKey,
    CellTally,
    MatrixCounts,
    QueryParams,
    ValueCounts,
    axis_choice_groups,
    stable_sort,
)
from .groups import roles_of_former_kinds
from .orderings import Ordering, RelevanceOrdering
from .positions import Position, anchor_key

MAX_CACHED_UNIONS = 32  # of one index; each may be as large as a bitmap of every case
MAX_CACHED_SEARCHES = 64
MAX_CACHED_COUNTS = 4096  # each is small
MAX_CASES_READ_SINGLY = 10_000  # for so few cases, reading the values of each is faster than checking every value

AxisChoice = tuple[str, frozenset[str]]
"""An axis of Table 20.1 and the values chosen on it."""

BitmapsByValue = Mapping[str, BitMap]
T = TypeVar("T")


@dataclass(frozen=True)
class ArrangementKind:
    """The cases with one kind of arrangement, and the values that it matches on each axis."""

    answers: Mapping[str, frozenset[str]]
    cases: BitMap


@dataclass(frozen=True)
class ValuesByPlace:
    """The values of a dimension by case: those at a place are `numbers[starts[place]:starts[place + 1]]`.

    A number is the position of the value in `names`.
    """

    names: Sequence[str]
    starts: array[int]
    numbers: array[int]

    @classmethod
    def of(cls, names: Sequence[str], bitmaps: Iterable[BitMap], size: int) -> ValuesByPlace:
        """Invert one bitmap of places for each name, of `size` places in all."""
        several = list(bitmaps)
        starts = array("I", bytes(4 * (size + 1)))
        for place in chain.from_iterable(several):
            starts[place + 1] += 1
        starts = array("I", accumulate(starts))
        free, numbers = array("I", starts), array("I", bytes(4 * starts[-1]))
        for number, cases in enumerate(several):
            for place in cases:
                numbers[free[place]] = number
                free[place] += 1
        return cls(names, starts, numbers)

    def count(self, places: Iterable[int]) -> Iterator[tuple[str, int]]:
        """Yield each value that these cases have, with their number."""
        starts, numbers = self.starts, self.numbers
        found = Counter(chain.from_iterable(numbers[starts[place] : starts[place + 1]] for place in places))
        return ((self.names[number], count) for number, count in found.items())


class TableCell(NamedTuple):
    """The entries in a cell of Table 20.1, by what is counted of them. See `CellTally`."""

    entries: BitMap
    cases: BitMap
    practices: BitMap
    reporting: BitMap
    evaluated: BitMap
    instances: BitMap
    """Those of the cases that are instances of a practice."""


@dataclass(eq=False)
class BitmapIndex:
    """The catalogue at one version. Bitmaps hold places; `keys` has the primary key of the case at each place."""

    version: str
    keys: Sequence[int]
    places: Mapping[int, int] | Sequence[int]
    published: BitMap
    everything: BitMap
    values: Mapping[str, BitmapsByValue]
    arranged: Sequence[ArrangementKind]
    unarranged: BitMap
    evident: BitMap
    evaluated: BitMap
    groups: Mapping[str, BitMap]
    practice_of: Mapping[int, int]
    """By place of an instance: the place of its practice."""
    began: Mapping[int, BitMap]
    ended: Mapping[int, BitMap]
    orders: Mapping[str, Ordering]
    tabled: Mapping[CellKey, TableCell] = field(default_factory=dict)
    agreeing: Callable[[frozenset[AxisChoice]], BitMap] = field(init=False)
    along: Callable[[str, frozenset[AxisChoice]], BitmapsByValue] = field(init=False)
    until: Callable[[int], BitMap] = field(init=False)
    since: Callable[[int], BitMap] = field(init=False)
    searched: Callable[[SearchQuery], RelevanceOrdering] = field(init=False)
    by_place: Callable[[str], ValuesByPlace] = field(init=False)
    counted: dict[Hashable, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Cache the most recent expensive results, for as long as the index exists."""
        self.agreeing = lru_cache(MAX_CACHED_UNIONS)(self._agreeing)
        self.along = lru_cache(MAX_CACHED_UNIONS)(self._along)
        self.until = lru_cache(MAX_CACHED_UNIONS)(self._until)
        self.since = lru_cache(MAX_CACHED_UNIONS)(self._since)
        self.searched = lru_cache(MAX_CACHED_SEARCHES)(self._searched)
        self.by_place = cache(self._by_place)

    @cached_property
    def instances(self) -> BitMap:
        """The cases that are instances of a practice."""
        return BitMap(self.practice_of)

    def _matching_kinds(self, chosen: frozenset[AxisChoice]) -> Iterator[ArrangementKind]:
        """Yield the kinds of arrangement that match the choices on every axis."""
        for kind in self.arranged:
            if all(not values.isdisjoint(kind.answers[axis]) for axis, values in chosen):
                yield kind

    def _agreeing(self, chosen: frozenset[AxisChoice]) -> BitMap:
        return union_bitmaps(kind.cases for kind in self._matching_kinds(chosen))

    def _along(self, axis: str, chosen: frozenset[AxisChoice]) -> BitmapsByValue:
        """Return the cases by value of an axis, in an arrangement that also matches the choices."""
        found: defaultdict[str, list[BitMap]] = defaultdict(list)
        for kind in self._matching_kinds(chosen):
            for value in kind.answers[axis]:
                found[value].append(kind.cases)
        return {value: union_bitmaps(cases) for value, cases in found.items()}

    def _until(self, year: int) -> BitMap:
        """Return the cases that were active in this year or an earlier one."""
        return union_bitmaps(cases for first, cases in self.began.items() if first <= year)

    def _since(self, year: int) -> BitMap:
        """Return the cases that were active in this year or a later one."""
        return union_bitmaps(cases for last, cases in self.ended.items() if last >= year)

    def _searched(self, search_query: SearchQuery) -> RelevanceOrdering:
        return RelevanceOrdering.of(map(self.places.__getitem__, ranked_keys(search_query)))

    def popular(self, name: str) -> Sequence[tuple[int, str]]:
        """Return pairs of number of cases and value of a dimension, those with the most cases first."""
        return self.remember(("popular", name), lambda: self._popular(name))

    def _popular(self, name: str) -> Sequence[tuple[int, str]]:
        values = ((-len(cases), value) for value, cases in self.values[name].items() if value not in ABSENCE_VALUES)
        return [(-cases, value) for cases, value in sorted(values)]

    def _by_place(self, name: str) -> ValuesByPlace:
        names = [value for _, value in self.popular(name)]
        return ValuesByPlace.of(names, map(self.values[name].__getitem__, names), len(self.keys))

    def place(self, key: int) -> int:
        """Return the place of a case; raises LookupError if it is not in the index."""
        place = self.places[key]
        if place >= len(self.keys) or self.keys[place] != key:
            raise LookupError(key)
        return place

    def remember(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the cached value for `key`, or make and cache it."""
        if key not in self.counted:
            if len(self.counted) >= MAX_CACHED_COUNTS:
                self.counted.clear()
            self.counted[key] = make()
        made: T = self.counted[key]
        return made


def union_bitmaps(bitmaps: Iterable[BitMap]) -> BitMap:
    """Return the union of bitmaps. A single one is returned itself, since bitmaps are never changed."""
    several = list(bitmaps)
    return several[0] if len(several) == 1 else BitMap.union(BitMap(), *several)


class BitmapResult:
    """The result of a query, read from an index."""

    def __init__(self, index: BitmapIndex, params: QueryParams, search_query: SearchQuery, *, drafts: bool) -> None:
        self.index = index
        self.params = params
        self.search_query = search_query
        self.drafts = drafts
        self._without_by_names: dict[frozenset[str], BitMap] = {}

    @property
    def cases(self) -> BitMap:
        """The places of the matching cases."""
        return self.without()

    @property
    def total(self) -> int:
        return len(self.cases)

    def without(self, *names: str) -> BitMap:
        """Return the cases that match when the named parameters are ignored."""
        aside = frozenset(names).intersection(self.params)
        if aside not in self._without_by_names:
            self._without_by_names[aside] = self._matching(aside)
        return self._without_by_names[aside]

    def _matching(self, aside: frozenset[str]) -> BitMap:
        visible = self.index.everything if self.drafts else self.index.published
        narrower = [choice for name, choice in self._matching_by_param.items() if name not in aside]
        narrower += [self.index.agreeing(choices_key(group)) for group in axis_choice_groups(self.params, aside)]
        return BitMap.intersection(visible, *narrower) if narrower else visible

    @cached_property
    def _matching_by_param(self) -> dict[str, BitMap]:
        """By parameter, except the three axes: the cases that match it."""
        index, params = self.index, self.params
        matching = {
            name: union_bitmaps(values[value] for value in params[name] if value in values)
            for name, values in index.values.items()
            if name in params
        }
        if roles := roles_of_former_kinds(params.get("kind", ())):
            told = (index.values["role"].get(role, BitMap()) for role in roles)
            matching["kind"] = union_bitmaps([matching["kind"], *told])
        if "q" in params:
            matching["q"] = index.searched(self.search_query).cases
        if "year_min" in params:
            matching["year_min"] = index.since(params["year_min"])
        if "year_max" in params:
            matching["year_max"] = index.until(params["year_max"])
        return matching

    # The cases in order

    @property
    def _order(self) -> Ordering:
        sort = stable_sort(self.params, self.search_query)
        return self.index.orders[sort] if sort else self.index.searched(self.search_query)

    def keys(self, start: int, stop: int | None = None) -> list[int]:
        """See `QueryResult.keys`."""
        end = self.total if stop is None else min(stop, self.total)
        return [self.index.keys[place] for place in self._order.select(self.cases, start, end)] if start < end else []

    def after(self, position: Position | None, size: int) -> list[int]:
        """See `QueryResult.after`."""
        start = self._number_after(position) if position else 0
        return self.keys(start, start + size)

    def _number_after(self, position: Position) -> int:
        """Return how many matching cases come at or before a position."""
        sort = stable_sort(self.params, self.search_query)
        key = anchor_key(sort, position) if sort else position.key
        return 0 if key is None else self._order.behind(self.cases, self.index.place(key))

    # The numbers around them

    def counts(self, names: Sequence[str]) -> dict[str, ValueCounts]:
        """See `QueryResult.counts`."""
        return {name: self._remembered(name, self._count_values) for name in names}

    def top(self, name: str, most: int, also: Sequence[str]) -> ValueCounts:
        """See `QueryResult.top`."""
        key = ("top", name, most, self.drafts, self._counted_params)
        best = self.index.remember(key, lambda: self._count_top(name, most)) if most else {}
        base, values = self.without(name), self.index.values[name]
        some = {value: base.intersection_cardinality(values[value]) for value in also if value in values}
        return {value: count for value, count in {**best, **some}.items() if count}

    def size(self, name: str) -> int:
        """See `QueryResult.size`."""
        return self.index.remember(("size", name, self.drafts), lambda: self._size(name))

    def _size(self, name: str) -> int:
        if self.drafts:
            return len(self.index.popular(name))
        values, published = self.index.values[name], self.index.published
        return sum(values[value].intersect(published) for _, value in self.index.popular(name))

    def _count_top(self, name: str, most: int) -> ValueCounts:
        """Count values from the most popular on, until none of the remaining ones can be among the top.

        A value has at most as many cases in the result as in the whole catalogue. In a small result, most values have
        none, so only those that its cases have are counted.
        """
        base, values = self.without(name), self.index.values[name]
        if len(base) <= MAX_CASES_READ_SINGLY:
            counts = self.index.by_place(name).count(base)
            return dict(nsmallest(most, counts, key=lambda pair: (-pair[1], pair[0])))
        best: list[tuple[int, str]] = []  # negative count and value, so the top is first
        for cases_at_most, value in self.index.popular(name):
            if len(best) == most and (-cases_at_most, value) > best[-1]:
                break
            count = base.intersection_cardinality(values[value])
            if count:
                insort(best, (-count, value))
                del best[most:]
        return {value: -count for count, value in best}

    def groups(self) -> Mapping[str, int]:
        """See `QueryResult.groups`."""
        counts = ((name, self.cases.intersection_cardinality(cases)) for name, cases in self.index.groups.items())
        return {name: count for name, count in counts if count}

    def table(self) -> MatrixCounts:
        """See `QueryResult.table`."""
        return self._remembered("", self._count_table)

    def _remembered(self, name: str, count: Callable[[str], T]) -> T:
        return self.index.remember((name, self.drafts, self._counted_params), lambda: count(name))

    @cached_property
    def _counted_params(self) -> Hashable:
        """The parameters that affect counts, as a cache key."""
        return frozenset(
            (name, frozenset(value) if isinstance(value, list) else value)
            for name, value in self.params.items()
            if name in self.index.values or name in {*AXES, "match", "q", "year_min", "year_max"}
        )

    def _count_values(self, name: str) -> ValueCounts:
        if name in DIMENSIONS:
            base, values = self.without(name), self.index.values[name]
        elif self.params.get("match") == "case":
            base, values = self.without(name), self.index.along(name, frozenset())
        else:
            others = [choices_key(group) for group in axis_choice_groups(self.params, (name,))]
            base, values = self.without(*AXES), self.index.along(name, frozenset().union(*others))
        counts = {value: base.intersection_cardinality(cases) for value, cases in values.items()}
        return {value: count for value, count in counts.items() if count}

    def _count_table(self, _: str) -> MatrixCounts:
        base = self.without(*AXES, "match")
        uncoded = base.intersection_cardinality(self.index.unarranged)
        cells = {key: self._tally(base, cell) for key, cell in self.index.tabled.items()}
        return MatrixCounts(cells, len(base) - uncoded, uncoded)

    def _tally(self, base: BitMap, cell: TableCell) -> CellTally:
        practice_of = self.index.practice_of
        told = {practice_of[place] for place in base & cell.instances} if base.intersect(cell.instances) else set()
        return CellTally(
            base.intersection_cardinality(cell.entries),
            base.intersection_cardinality(cell.cases),
            base.intersection_cardinality(cell.practices) - sum(p in cell.practices and p in base for p in told),
            base.intersection_cardinality(cell.reporting),
            base.intersection_cardinality(cell.evaluated),
        )


def choices_key(group: Mapping[str, Sequence[str]]) -> frozenset[AxisChoice]:
    """Return choices on several axes in a hashable form."""
    return frozenset((axis, frozenset(values)) for axis, values in group.items())
