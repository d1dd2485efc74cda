"""Orders of cases in an index, from which a page of any result can be read without sorting the result.

A case is represented by its place: its number in the order of titles.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from pyroaring import BitMap

MAX_GROUP_SIZE = (
    4096  # a million cases are 245 groups; skipping one takes a few microseconds, sorting one half a millisecond
)


class Ordering(Protocol):
    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        """Return the places of `cases[start:stop]` in this order."""

    def behind(self, cases: BitMap, place: int) -> int:
        """Return how many of `cases` come at or before `place`: the number of the next one."""


class TitleOrdering:
    """By title, which is the order of the places themselves."""

    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        return list(cases[start:stop])

    def behind(self, cases: BitMap, place: int) -> int:
        return cases.rank(place)


class ReverseTitleOrdering:
    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        end = max(len(cases) - start, 0)
        return list(cases[max(len(cases) - stop, 0) : end])[::-1]

    def behind(self, cases: BitMap, place: int) -> int:
        return len(cases) - (cases.rank(place - 1) if place else 0)


@dataclass(frozen=True)
class GroupedOrdering:
    """A sequence of groups of cases, each group in the order of titles."""

    groups: Sequence[BitMap]

    @classmethod
    def by(cls, values: Iterable[Any], *, backwards: bool = False) -> GroupedOrdering:
        """Order by these values, one for each place. None comes last, also backwards."""
        found: defaultdict[Any, array[int]] = defaultdict(lambda: array("I"))
        for place, value in enumerate(values):
            found[value].append(place)
        last = [found.pop(None)] if None in found else []
        return cls([BitMap(found[value]) for value in sorted(found, reverse=backwards)] + [BitMap(p) for p in last])

    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        found: list[int] = []
        for group in self.groups:
            here = cases.intersection_cardinality(group)
            if start < here:
                found += self.members(cases & group)[start:stop]
                if stop <= here:
                    break
            start, stop = max(start - here, 0), stop - here
        return found

    def behind(self, cases: BitMap, place: int) -> int:
        before = 0
        for group in self.groups:
            if place in group:
                return before + self.up_to(cases & group, place)
            before += cases.intersection_cardinality(group)
        raise LookupError(place)

    def members(self, cases: BitMap) -> Sequence[int]:
        """Return the cases of one group in order."""
        return list(cases)

    def up_to(self, cases: BitMap, place: int) -> int:
        """Return how many cases of one group come at or before `place`."""
        return cases.rank(place)


@dataclass(frozen=True)
class RankedOrdering(GroupedOrdering):
    """A sequence of groups of cases, each group in the order of `ranks`."""

    ranks: Sequence[int]

    @classmethod
    def by(cls, values: Iterable[Any], *, backwards: bool = False) -> RankedOrdering:
        """Order by these values, one for each place; cases with equal values are in the order of titles."""
        value_list = list(values)
        order = sorted(range(len(value_list)), key=value_list.__getitem__, reverse=backwards)  # a stable sort
        ranks = array("I", bytes(4 * len(order)))
        for rank, place in enumerate(order):
            ranks[place] = rank
        return cls(
            [BitMap(order[start : start + MAX_GROUP_SIZE]) for start in range(0, len(order), MAX_GROUP_SIZE)], ranks
        )

    def members(self, cases: BitMap) -> Sequence[int]:
        return sorted(cases, key=self.ranks.__getitem__)

    def up_to(self, cases: BitMap, place: int) -> int:
        return sum(1 for each in cases if self.ranks[each] <= self.ranks[place])


@dataclass(frozen=True)
class RelevanceOrdering:
    """The order in which a search returned cases, best match first."""

    places: Sequence[int]
    cases: BitMap

    @classmethod
    def of(cls, places: Iterable[int]) -> RelevanceOrdering:
        found = array("I", places)
        return cls(found, BitMap(found))

    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        return list(islice((place for place in self.places if place in cases), start, stop))

    def behind(self, cases: BitMap, place: int) -> int:
        if place not in self.cases:
            raise LookupError(place)
        return sum(1 for each in self.places[: self.places.index(place) + 1] if each in cases)
