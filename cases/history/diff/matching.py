"""Matching the parts of two lists. Pure.

First, equal parts are paired, then parts with equal keys (label, figure as stated, organisation and part, ...). Of the
remaining parts, those keyed by objects are paired by their first key (an organisation whose part in the case changed);
those keyed by a text are paired by similarity, which must be at least `MIN_PART_SIMILARITY`: half of it is that of the
key, half that of all contents.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from cases.record.outline import distinctive_texts, normalise_value

MIN_PART_SIMILARITY = 60
"""From 0 to 100: how similar parts must be to be paired without equal keys."""

MAX_COMPARED_LENGTH = 400
"""Characters of a part that are compared for similarity."""

PartRecord = Mapping[str, Any]


class PartPair(NamedTuple):
    """The indexes of one part in the lists before and after; None where it is missing."""

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
    """Pair the parts of two lists, in the order of `after`, with removed parts near their former position.

    `things` means that the keys are slugs of objects, not texts; `surely`, that only parts with equal keys are paired.
    """
    pairing = _Pairing(
        [normalise_value(part) or {} for part in before], [normalise_value(part) or {} for part in after]
    )
    pairing.by(canonical_repr)
    pairing.by(lambda part: tuple(part.get(key) for key in keys) if any(part.get(key) for key in keys) else None)
    if things and not surely:
        pairing.by(lambda part: part.get(keys[0]))
    elif not surely:
        pairing.by_similarity(keys)
    return list(_in_order(pairing.found, len(before), len(after)))


def canonical_repr(part: PartRecord) -> str:
    """Return a representation that does not depend on the order of keys."""
    return repr(sorted((key, _canonical_value(value)) for key, value in part.items()))


def _canonical_value(value: Any) -> Any:
    return canonical_repr(value) if isinstance(value, Mapping) else value


class _Pairing:
    """The unpaired parts of two lists by index, and the pairs found so far: index after by index before."""

    def __init__(self, before: Sequence[PartRecord], after: Sequence[PartRecord]) -> None:
        self.before = dict(enumerate(before))
        self.after = dict(enumerate(after))
        self.found: dict[int, int] = {}

    def by(self, mark: Callable[[PartRecord], Any]) -> None:
        """Pair the parts with the same mark, in order; parts whose mark is None are not paired."""
        waiting: defaultdict[Any, deque[int]] = defaultdict(deque)
        for place, part in self.after.items():
            waiting[mark(part)].append(place)
        for place, part in list(self.before.items()):
            known = mark(part)
            if known is not None and waiting[known]:
                self._pair(place, waiting[known].popleft())

    def by_similarity(self, keys: Sequence[str]) -> None:
        """Pair the most similar parts first."""
        old = {place: _texts(part, keys) for place, part in self.before.items()}
        new = {place: _texts(part, keys) for place, part in self.after.items()}
        candidates = [
            (-score, abs(one - other), one, other)
            for one, mine in old.items()
            for other, theirs in new.items()
            if (score := _similarity(mine, theirs)) >= MIN_PART_SIMILARITY
        ]
        for *_, one, other in sorted(candidates):
            if one in self.before and other in self.after:
                self._pair(one, other)

    def _pair(self, before: int, after: int) -> None:
        self.found[before] = after
        del self.before[before], self.after[after]


def _texts(part: PartRecord, keys: Sequence[str]) -> tuple[str, str]:
    """Return the keys and the contents of a part as texts of limited length."""
    return " ".join(str(part.get(key, "")) for key in keys)[:MAX_COMPARED_LENGTH], " ".join(distinctive_texts(part))[
        :MAX_COMPARED_LENGTH
    ]


def _similarity(one: tuple[str, str], other: tuple[str, str]) -> float:
    least = 2 * MIN_PART_SIMILARITY - 100  # below this, the mean cannot reach the minimum
    known = fuzz.ratio(one[0], other[0], score_cutoff=least)
    return (known + fuzz.ratio(one[1], other[1])) / 2 if known else 0.0


def _in_order(found: Mapping[int, int], before: int, after: int) -> Iterator[PartPair]:
    """Yield the pairs in the order of the list after; a removed part follows the part that it followed before."""
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
    """Return the pairs whose order changed: all except the longest subsequence that kept its order.

    >>> moved_pairs([PartPair(2, 0), PartPair(0, 1), PartPair(1, 2)])
    {PartPair(before=2, after=0)}
    """
    both = [pair for pair in paired if pair.before is not None and pair.after is not None]
    ends: list[int] = []  # by length: the smallest `before` that ends a subsequence
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
