"""Which part of one list is which part of another. Pure.

Parts are paired while any are left: first those that say the same, then those that agree in their keys (their label,
the figure as stated, organisation and part, ...). Then come those with the same thing as first key (an organisation
whose part in the case changed), and parts that are known by a text, where they are most like each other by at least
`MIN_PART_SIMILARITY`: half by that text, half by all they say.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from cases.record.outline import distinctive_texts, normalise_value

MIN_PART_SIMILARITY = 60
"""How much like each other two parts have to be that have nothing else in common, of 100."""

MAX_COMPARED_LENGTH = 400
"""How many letters of a part are looked at for that."""

PartRecord = Mapping[str, Any]


class PartPair(NamedTuple):
    """The positions of one part, from 0, in the list before and in that after; None where it is not."""

    before: int | None
    after: int | None


def pair_parts(
    before: Sequence[PartRecord],
    after: Sequence[PartRecord],
    keys: Sequence[str],
    *,
    things: bool,
    surely: bool = False,
) -> list[PartPair]:
    """Pair the parts of two lists, each in one pair, in the order of `after`; a removed one stands where it was.

    `things` says that the keys name things, and are no texts; `surely`, that only what agrees in all keys is paired.
    """
    pairing = _Pairing(
        [normalise_value(part) or {} for part in before], [normalise_value(part) or {} for part in after]
    )
    pairing.by(canonical_repr)
    pairing.by(lambda part: tuple(part.get(key) for key in keys) if any(part.get(key) for key in keys) else None)
    if things and not surely:
        pairing.by(lambda part: part.get(keys[0]))
    elif not surely:
        pairing.by_likeness(keys)
    return list(_in_order(pairing.found, len(before), len(after)))


def canonical_repr(part: PartRecord) -> str:
    """Return what a part says, whatever the order of its keys."""
    return repr(sorted((key, _ordered(value)) for key, value in part.items()))


def _ordered(value: Any) -> Any:
    return canonical_repr(value) if isinstance(value, Mapping) else value


class _Pairing:
    """Two lists of parts, and which were found to belong together so far: positions after, by those before."""

    def __init__(self, before: Sequence[PartRecord], after: Sequence[PartRecord]) -> None:
        self.before = dict(enumerate(before))
        self.after = dict(enumerate(after))
        self.found: dict[int, int] = {}

    def by(self, mark: Callable[[PartRecord], Any]) -> None:
        """Pair the parts that have the same mark, in their order; a mark of None says nothing."""
        waiting: defaultdict[Any, deque[int]] = defaultdict(deque)
        for place, part in self.after.items():
            waiting[mark(part)].append(place)
        for place, part in list(self.before.items()):
            known = mark(part)
            if known is not None and waiting[known]:
                self._pair(place, waiting[known].popleft())

    def by_likeness(self, keys: Sequence[str]) -> None:
        """Pair the parts that are most like each other."""
        old = {place: _texts(part, keys) for place, part in self.before.items()}
        new = {place: _texts(part, keys) for place, part in self.after.items()}
        likely = [
            (-score, abs(one - other), one, other)
            for one, mine in old.items()
            for other, theirs in new.items()
            if (score := _likeness(mine, theirs)) >= MIN_PART_SIMILARITY
        ]
        for *_, one, other in sorted(likely):
            if one in self.before and other in self.after:
                self._pair(one, other)

    def _pair(self, before: int, after: int) -> None:
        self.found[before] = after
        del self.before[before], self.after[after]


def _texts(part: PartRecord, keys: Sequence[str]) -> tuple[str, str]:
    """Return what a part is known by, and all it says, as far as it is looked at."""
    return " ".join(str(part.get(key, "")) for key in keys)[:MAX_COMPARED_LENGTH], " ".join(distinctive_texts(part))[
        :MAX_COMPARED_LENGTH
    ]


def _likeness(one: tuple[str, str], other: tuple[str, str]) -> float:
    least = 2 * MIN_PART_SIMILARITY - 100  # of the first half, for the mean to be enough
    known = fuzz.ratio(one[0], other[0], score_cutoff=least)
    return (known + fuzz.ratio(one[1], other[1])) / 2 if known else 0.0


def _in_order(found: Mapping[int, int], before: int, after: int) -> Iterator[PartPair]:
    """Yield the pairs in the order of the list after; what is gone comes behind what it stood behind."""
    gone: defaultdict[int, list[int]] = defaultdict(list)
    last = -1
    for place in range(before):
        if place in found:
            last = found[place]
        else:
            gone[last].append(place)
    origins = {new: old for old, new in found.items()}
    for place in range(-1, after):
        if place >= 0:
            yield PartPair(origins.get(place), place)
        yield from (PartPair(removed, None) for removed in gone[place])


def moved_pairs(paired: Sequence[PartPair]) -> set[PartPair]:
    """Return the pairs whose order changed: all but the longest row of them that kept theirs.

    >>> moved_pairs([PartPair(2, 0), PartPair(0, 1), PartPair(1, 2)])
    {PartPair(before=2, after=0)}
    """
    both = [pair for pair in paired if pair.before is not None and pair.after is not None]
    ends: list[int] = []  # the least position before with which a row of that length ends
    lengths = []
    for pair in both:
        at = bisect_left(ends, pair.before)  # type: ignore[type-var]  # no None here
        ends[at : at + 1] = [pair.before]  # type: ignore[list-item]  # as above
        lengths.append(at)
    stayed = set()
    wanted = len(ends) - 1
    for pair, length in zip(reversed(both), reversed(lengths), strict=True):
        if length == wanted:
            stayed.add(pair)
            wanted -= 1
    return set(both) - stayed
