"""A proposed revision beside the case as it is now: what it changes, what changed meanwhile, what accepting writes.

`mine` is what the proposal says, `theirs` what the case says now; both were made from `proposal.base`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from .checks import Check, checks
from .compare import Change, Conflict, Difference, Labels, Merged, difference, in_words, merged
from .compare.outline import at, settled
from .history import versions_of
from .models import Case, Proposal, Remark
from .models.case import Reader
from .records import checksum, matter_of, plain

Plain = Mapping[str, Any]
MINE, THEIRS = "mine", "theirs"


class Choice(NamedTuple):
    """A conflict as people are asked about it: the three values in words, empty where there was nothing."""

    path: str
    name: str
    base: str
    mine: str
    theirs: str


class Finding(NamedTuple):
    """What an automatic check says, and what its place is called."""

    check: Check
    name: str


@dataclass(frozen=True)
class Findings:
    """What the automatic checks say: what a proposal brings, and what stood before it."""

    new: list[Finding]
    old: list[Finding]


@dataclass(frozen=True)
class Review:
    """All that whoever reviews a proposal looks at. `case` is fetched whole.

    Whoever may not read the case as it is now, because it was withdrawn or is revised as a draft, is told nothing of
    it: to them it says what it said when this was proposed.
    """

    proposal: Proposal
    case: Case
    reader: Reader

    @classmethod
    def of(cls, proposal: Proposal, reader: Reader) -> Review:
        """Look at a proposal beside its case as it is now, as `reader` may."""
        return cls(proposal, Case.objects.whole().in_bulk([proposal.case_id])[proposal.case_id], reader)

    @cached_property
    def readable(self) -> bool:
        """Whether the reader may read the case as it is now."""
        return _readable(self.case, self.reader)

    @cached_property
    def now(self) -> dict[str, Any]:
        """What the case says now, plain, as far as the reader may know."""
        said: dict[str, Any] = plain(matter_of(self.case)) if self.readable else self.proposal.base
        return said

    @property
    def title(self) -> str:
        """What the case is called."""
        return str(self.now["title"] or self.now["slug"])

    @cached_property
    def merged(self) -> Merged:
        """What accepting would write, and what stands against it."""
        return merged(self.proposal.base, self.renamed(self.proposal.record), self.now)

    def renamed(self, record: Plain) -> dict[str, Any]:
        """Return a record at the address that the case has now, which is no matter of a proposal."""
        return {**record, "slug": self.now["slug"]}

    @cached_property
    def labels(self) -> Labels:
        return Labels.of(self.proposal.base, self.proposal.record, self.now)

    @property
    def moved_on(self) -> bool:
        """Whether it still may be accepted, and the case says something else by now than when it was made."""
        return self.proposal.is_pending and checksum(self.now) != checksum(self.renamed(self.proposal.base))

    @cached_property
    def proposed(self) -> Difference:
        """What the proposal changes of the version that it was made from."""
        return difference(self.proposal.base, self.proposal.record, self.labels)

    @cached_property
    def meanwhile(self) -> Difference:
        """What was changed in the case since."""
        return difference(self.proposal.base, self.now, self.labels)

    @cached_property
    def written(self) -> Difference:
        """What accepting would change of the case as it is now."""
        return difference(self.now, self.merged.record, self.labels)

    @property
    def choices(self) -> list[Choice]:
        return [Choice(conflict.path, conflict.name, *self._in_words(conflict)) for conflict in self.merged.conflicts]

    def undecided(self, texts: Collection[str]) -> list[Choice]:
        """Return the conflicts that stay open when some texts are written anew."""
        return [choice for choice in self.choices if choice.path not in texts]

    def _in_words(self, conflict: Conflict) -> tuple[str, ...]:
        values = (conflict.base, conflict.mine, conflict.theirs)
        return tuple(in_words(conflict.path, value, self.labels) for value in values)

    @cached_property
    def findings(self) -> Findings:
        """The checks of what would be written, told apart from what they say of the case as it is."""
        before = {_known_by(check) for check in checks(self.now, self.case, reader=self.reader)}
        after = found_in(self.merged.record, self.case, self.reader)
        return Findings(
            [each for each in after if _known_by(each.check) not in before],
            [each for each in after if _known_by(each.check) in before],
        )


def _known_by(check: Check) -> tuple[str, str]:
    """Return what a finding is known by, wherever its part stands in a list."""
    return re.sub(r"\[\d+\]", "[]", check.path), check.message


# Deciding conflicts --------------------------------------------------------------------------------------------------


def resolved(made: Merged, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the merged record in which each conflict is decided: `chosen` says by path whether "mine" or "theirs".

    >>> made = Merged({"title": "Mine"}, [Conflict("title", "Old", "Mine", "Theirs")])
    >>> resolved(made, {"title": "theirs"})["title"]
    'Theirs'
    """
    record = settled(made.record)
    taken = [(conflict.path, getattr(conflict, chosen[conflict.path])) for conflict in made.conflicts]
    whole = [path for path, _ in taken if any(other.path.startswith(f"{path}[") for other in made.conflicts)]
    for path, value in sorted(taken, key=lambda each: (each[1] is None, _backwards(each[0]))):
        if chosen[path] == MINE and path in whole:  # a list in the order of mine, whose parts are decided one by one
            continue
        if not any(path.startswith(f"{outer}[") and chosen[outer] == THEIRS for outer in whole):
            record = _with(record, _steps(path), value)
    agreed = settled(record)
    return {**agreed, "absent": {name: kind for name, kind in agreed["absent"].items() if kind}}


Step = str | int


def _steps(path: str) -> list[Step]:
    """Return a path as its keys and numbers."""
    return [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]


def _backwards(path: str) -> list[tuple[str, int]]:
    """Return what puts the last of a list's parts first, so that taking one out moves no other that is to go."""
    return [("", -step) if isinstance(step, int) else (step, 0) for step in _steps(path)]


def _with(value: Any, steps: Sequence[Step], new: Any) -> Any:
    """Return a value with something else at a place in it; None takes a part out of its list."""
    if not steps:
        return new
    step, *inner = steps
    if isinstance(step, int):
        parts = list(value or [])
        parts[step : step + 1] = [] if not inner and new is None else [_with(parts[step], inner, new)]
        return parts
    return {**(value or {}), step: _with((value or {}).get(step), inner, new)}


# What is said about a record -----------------------------------------------------------------------------------------


class Said(NamedTuple):
    """A remark, and what the field that it is about is called; empty for the whole."""

    remark: Remark
    name: str


def named(path: str) -> str:
    """Return what the field at a path is called, for people; an empty string for none."""
    return at(path)[1] if path else ""


def said(remarks: Iterable[Remark]) -> list[Said]:
    return [Said(remark, named(remark.path)) for remark in remarks]


class Meanwhile(NamedTuple):
    """What a case said at the version that somebody began from, what it says now, and what differs."""

    before: dict[str, Any]
    now: dict[str, Any]
    difference: Difference


def meanwhile(case: Case, version: int, reader: Reader) -> Meanwhile | None:
    """Return what changed in a case since one of its versions; None where `reader` may not read that, or the case."""
    before = versions_of(case, reader).filter(number=version).first()
    if before is None or not _readable(case, reader):
        return None
    now = plain(matter_of(Case.objects.whole().get(pk=case.pk)))
    return Meanwhile(before.record, now, difference(before.record, now, Labels.of(before.record, now)))


def _readable(case: Case, reader: Reader) -> bool:
    return Case.objects.readable_by(reader).filter(pk=case.pk).exists()


def found_in(record: Plain, case: Case, reader: Reader) -> list[Finding]:
    """Return what the checks have to say about a record of a case."""
    return [Finding(check, named(check.path)) for check in checks(record, case, reader=reader)]


def findings_of(case: Case, reader: Reader) -> tuple[dict[str, Any], list[Finding]]:
    """Return what a case fetched whole says, plain, and what the checks have to say about it."""
    record = plain(matter_of(case))
    return record, found_in(record, case, reader)


def alone(record: Plain) -> list[tuple[str, list[Change]]]:
    """Return all that a record says, by section, as changes from nothing."""
    said_alone = difference(None, record, Labels.of(record))
    return [(section.name, list(section.changes)) for section in said_alone.sections]
