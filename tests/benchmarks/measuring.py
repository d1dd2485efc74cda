"""Rounds in which every contestant answers the same question, in an order shuffled anew; and what is read off them."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from .flat import NOTHING
from .questions import Answer, Question

Asked = tuple[float, Any]
"""The seconds that an answer took, and the answer as it came."""


@dataclass(frozen=True)
class Contestant:
    """Whoever answers questions; `read` says what an answer means, where it is compared with the others'."""

    name: str
    ask: Callable[[Question], Asked]
    read: Callable[[Any, Question], Answer] | None = None
    leaves_only: bool = False
    """Whether it counts fewer values than others: broader terms are missing."""


@dataclass
class Times:
    """The seconds of each contestant, round by round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def ratios(self, name: str, other: str) -> list[float]:
        """Return how many times as long `name` took as `other`, round by round."""
        return [mine / theirs for mine, theirs in zip(self.seconds[name], self.seconds[other], strict=True)]

    def above(self, name: str, other: str) -> list[float]:
        """Return how many milliseconds longer `name` took than `other`, round by round."""
        return [1000 * (mine - theirs) for mine, theirs in zip(self.seconds[name], self.seconds[other], strict=True)]

    def milliseconds(self, name: str) -> list[float]:
        return [1000 * seconds for seconds in self.seconds[name]]


def rounds(contestants: Sequence[Contestant], questions: Iterable[Question], seed: str) -> Times:
    """Ask every contestant every question, in shuffled order."""
    random = Random(seed)
    times = Times({contestant.name: [] for contestant in contestants})
    for question in questions:
        for contestant in random.sample(contestants, len(contestants)):
            times.seconds[contestant.name].append(contestant.ask(question)[0])
    return times


class Disagreement(Exception):
    """Two contestants answer differently: nothing is measured."""


def agree(contestants: Sequence[Contestant], questions: Iterable[Question]) -> int:
    """Ask every question of everyone and compare with the first; the number of answers that agreed.

    Raises Disagreement, with question and difference, at the first that does not.
    """
    compared = 0
    for question in questions:
        answers = {c.name: c.read(c.ask(question)[1], question) for c in contestants if c.read}
        (first, right), *others = answers.items()
        partial = {contestant.name for contestant in contestants if contestant.leaves_only}
        for name, answer in others:
            found = list(differences(right, answer, leaves_only=name in partial))
            if found:
                raise Disagreement(f"{question}: {name} and {first} differ:\n  " + "\n  ".join(found))
            compared += 1
    return compared


def differences(right: Answer, answer: Answer, *, leaves_only: bool) -> Iterable[str]:
    """Yield what an answer says otherwise than the right one; what it leaves out is no difference."""
    if answer.total != right.total:
        yield f"total: {answer.total}, not {right.total}"
    if None not in (answer.keys, right.keys) and answer.keys != right.keys:
        yield f"page: {answer.keys}, not {right.keys}"
    for name, counts in answer.counts.items():
        wanted = _plain(right.counts[name])
        if leaves_only:
            wanted = {value: number for value, number in wanted.items() if value in counts}
        if _plain(counts) != wanted:
            yield f"{name}: {_plain(counts)}, not {wanted}"
    if answer.matrix is not None and right.matrix is not None and _plain(answer.matrix) != _plain(right.matrix):
        yield f"matrix: {answer.matrix}, not {right.matrix}"


def _plain(counts: Mapping[str, int]) -> dict[str, int]:
    """Return the counts that are not nought, in one order, without those of nothing."""
    empty = {*NOTHING, "none"}
    return {value: number for value, number in sorted(counts.items()) if number and empty.isdisjoint(value.split("/"))}


@dataclass(frozen=True)
class Spread:
    """Figures of several rounds: their median, quartiles and 95th percentile."""

    median: float
    lower: float
    upper: float
    high: float

    @classmethod
    def of(cls, figures: Sequence[float]) -> Spread:
        if len(figures) < 2:
            return cls(*[figures[0]] * 4)
        cuts = statistics.quantiles(figures, n=20, method="inclusive")
        return cls(statistics.median(figures), cuts[4], cuts[14], cuts[18])
