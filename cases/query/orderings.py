"""Orders of cases, as an index keeps them: a page of any answer is found without sorting the answer.

A case is a place, its number in the order of the titles.
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
    4096  # of a million cases 245 groups; to pass over one costs a few microseconds, to sort one half a millisecond
)


class Ordering(Protocol):
    """What can be asked of an order."""

    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        """Return the places of `cases` from number `start` to before `stop`."""

    def behind(self, cases: BitMap, place: int) -> int:
        """Return how many of `cases` stand at `place` or before it: the number of the one behind it."""


class TitleOrdering:
    """The order of the places themselves."""

    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        return list(cases[start:stop])

    def behind(self, cases: BitMap, place: int) -> int:
        return cases.rank(place)


class ReverseTitleOrdering:
    """The order of the places, from the end."""

    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        end = max(len(cases) - start, 0)
        return list(cases[max(len(cases) - stop, 0) : end])[::-1]

    def behind(self, cases: BitMap, place: int) -> int:
        return len(cases) - (cases.rank(place - 1) if place else 0)


@dataclass(frozen=True)
class GroupedOrdering:
    """Groups of cases one behind the other, each by title."""

    groups: Sequence[BitMap]

    @classmethod
    def by(cls, values: Iterable[Any], *, backwards: bool = False) -> GroupedOrdering:
        """Return the order of these values, one for each place; None stands last, backwards too."""
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
        """Return cases of one group in order."""
        return list(cases)

    def up_to(self, cases: BitMap, place: int) -> int:
        """Return how many cases of one group stand at `place` or before it."""
        return cases.rank(place)


@dataclass(frozen=True)
class RankedOrdering(GroupedOrdering):
    """Groups of cases one behind the other, each by rank."""

    ranks: Sequence[int]

    @classmethod
    def by(cls, values: Iterable[Any], *, backwards: bool = False) -> RankedOrdering:
        """Return the order of these values, one for each place; equal ones stand by title."""
        known = list(values)
        order = sorted(range(len(known)), key=known.__getitem__, reverse=backwards)  # keeps the order of equals
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
    """The order in which a search has found cases, best match first."""

    places: Sequence[int]
    cases: BitMap

    @classmethod
    def of(cls, places: Iterable[int]) -> RelevanceOrdering:
        """Return the ranking in which these places stand."""
        found = array("I", places)
        return cls(found, BitMap(found))

    def select(self, cases: BitMap, start: int, stop: int) -> list[int]:
        return list(islice((place for place in self.places if place in cases), start, stop))

    def behind(self, cases: BitMap, place: int) -> int:
        if place not in self.cases:
            raise LookupError(place)
        return sum(1 for each in self.places[: self.places.index(place) + 1] if each in cases)
