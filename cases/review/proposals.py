"""A proposed revision beside the case as it is now: what it changes, what changed meanwhile, what accepting writes.

`mine` is what the proposal says, `theirs` what the case says now; both were made from `proposal.base`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from cases.record.convert import PrimitiveRecord

from ..history.diff import (
    Difference,
    FieldChange,
    MergeConflict,
    MergedRecord,
    RecordLabels,
    compare_records,
    merge_records,
    value_in_words,
)
from ..history.reading import readable_versions
from ..models import Case, Proposal, Remark
from ..models.case import Reader
from ..record.convert import record_checksum, record_from_case, to_primitive
from ..record.outline import node_at, with_consistent_absences
from .checks import Check, run_checks

MINE, THEIRS = "mine", "theirs"


class ConflictInWords(NamedTuple):
    """A conflict as people are asked about it: the three values in words, empty where there was nothing."""

    path: str
    name: str
    base: str
    mine: str
    theirs: str


class NamedFinding(NamedTuple):
    """What an automatic check says, and what its place is called."""

    check: Check
    name: str


@dataclass(frozen=True)
class ProposalFindings:
    """What the automatic checks say: what a proposal brings, and what stood before it."""

    new: list[NamedFinding]
    old: list[NamedFinding]


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
        record: dict[str, Any] = to_primitive(record_from_case(self.case)) if self.readable else self.proposal.base
        return record

    @property
    def title(self) -> str:
        """What the case is called."""
        return str(self.now["title"] or self.now["slug"])

    @cached_property
    def merged(self) -> MergedRecord:
        """What accepting would write, and what stands against it."""
        return merge_records(self.proposal.base, self.renamed(self.proposal.record), self.now)

    def renamed(self, record: PrimitiveRecord) -> dict[str, Any]:
        """Return a record at the address that the case has now, which is no matter of a proposal."""
        return {**record, "slug": self.now["slug"]}

    @cached_property
    def labels(self) -> RecordLabels:
        return RecordLabels.of(self.proposal.base, self.proposal.record, self.now)

    @property
    def moved_on(self) -> bool:
        """Whether it still may be accepted, and the case says something else by now than when it was made."""
        return self.proposal.is_pending and record_checksum(self.now) != record_checksum(
            self.renamed(self.proposal.base)
        )

    @cached_property
    def proposed(self) -> Difference:
        """What the proposal changes of the version that it was made from."""
        return compare_records(self.proposal.base, self.proposal.record, self.labels)

    @cached_property
    def meanwhile(self) -> Difference:
        """What was changed in the case since."""
        return compare_records(self.proposal.base, self.now, self.labels)

    @cached_property
    def written(self) -> Difference:
        """What accepting would change of the case as it is now."""
        return compare_records(self.now, self.merged.record, self.labels)

    @property
    def choices(self) -> list[ConflictInWords]:
        return [
            ConflictInWords(conflict.path, conflict.name, *self._in_words(conflict))
            for conflict in self.merged.conflicts
        ]

    def undecided(self, texts: Collection[str]) -> list[ConflictInWords]:
        """Return the conflicts that stay open when some texts are written anew."""
        return [choice for choice in self.choices if choice.path not in texts]

    def _in_words(self, conflict: MergeConflict) -> tuple[str, ...]:
        values = (conflict.base, conflict.mine, conflict.theirs)
        return tuple(value_in_words(conflict.path, value, self.labels) for value in values)

    @cached_property
    def findings(self) -> ProposalFindings:
        """The checks of what would be written, told apart from what they say of the case as it is."""
        before = {_known_by(check) for check in run_checks(self.now, self.case, reader=self.reader)}
        after = findings_in(self.merged.record, self.case, self.reader)
        return ProposalFindings(
            [each for each in after if _known_by(each.check) not in before],
            [each for each in after if _known_by(each.check) in before],
        )


def _known_by(check: Check) -> tuple[str, str]:
    """Return what a finding is known by, wherever its part stands in a list."""
    return re.sub(r"\[\d+\]", "[]", check.path), check.message


# Deciding conflicts --------------------------------------------------------------------------------------------------


def resolve_conflicts(made: MergedRecord, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the merged record in which each conflict is decided: `chosen` says by path whether "mine" or "theirs".

    >>> made = MergedRecord({"title": "Mine"}, [MergeConflict("title", "Old", "Mine", "Theirs")])
    >>> resolve_conflicts(made, {"title": "theirs"})["title"]
    'Theirs'
    """
    record = with_consistent_absences(made.record)
    taken = [(conflict.path, getattr(conflict, chosen[conflict.path])) for conflict in made.conflicts]
    whole = [path for path, _ in taken if any(other.path.startswith(f"{path}[") for other in made.conflicts)]
    for path, value in sorted(taken, key=lambda each: (each[1] is None, _backwards(each[0]))):
        if chosen[path] == MINE and path in whole:  # a list in the order of mine, whose parts are decided one by one
            continue
        if not any(path.startswith(f"{outer}[") and chosen[outer] == THEIRS for outer in whole):
            record = _with(record, _steps(path), value)
    agreed = with_consistent_absences(record)
    return {**agreed, "absent": {name: kind for name, kind in agreed["absent"].items() if kind}}


PathStep = str | int


def _steps(path: str) -> list[PathStep]:
    """Return a path as its keys and numbers."""
    return [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]


def _backwards(path: str) -> list[tuple[str, int]]:
    """Return what puts the last of a list's parts first, so that taking one out moves no other that is to go."""
    return [("", -step) if isinstance(step, int) else (step, 0) for step in _steps(path)]


def _with(value: Any, steps: Sequence[PathStep], new: Any) -> Any:
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


class NamedRemark(NamedTuple):
    """A remark, and what the field that it is about is called; empty for the whole."""

    remark: Remark
    name: str


def field_name_at(path: str) -> str:
    """Return what the field at a path is called, for people; an empty string for none."""
    return node_at(path)[1] if path else ""


def named_remarks(remarks: Iterable[Remark]) -> list[NamedRemark]:
    return [NamedRemark(remark, field_name_at(remark.path)) for remark in remarks]


class ChangesSince(NamedTuple):
    """What a case said at the version that somebody began from, what it says now, and what differs."""

    before: dict[str, Any]
    now: dict[str, Any]
    difference: Difference


def changes_since(case: Case, version: int, reader: Reader) -> ChangesSince | None:
    """Return what changed in a case since one of its versions; None where `reader` may not read that, or the case."""
    before = readable_versions(case, reader).filter(number=version).first()
    if before is None or not _readable(case, reader):
        return None
    now = to_primitive(record_from_case(Case.objects.whole().get(pk=case.pk)))
    return ChangesSince(before.record, now, compare_records(before.record, now, RecordLabels.of(before.record, now)))


def _readable(case: Case, reader: Reader) -> bool:
    return Case.objects.readable_by(reader).filter(pk=case.pk).exists()


def findings_in(record: PrimitiveRecord, case: Case, reader: Reader) -> list[NamedFinding]:
    """Return what the checks have to say about a record of a case."""
    return [NamedFinding(check, field_name_at(check.path)) for check in run_checks(record, case, reader=reader)]


def findings_of_case(case: Case, reader: Reader) -> tuple[dict[str, Any], list[NamedFinding]]:
    """Return what a case fetched whole says, plain, and what the checks have to say about it."""
    record = to_primitive(record_from_case(case))
    return record, findings_in(record, case, reader)


def record_as_changes(record: PrimitiveRecord) -> list[tuple[str, list[FieldChange]]]:
    """Return all that a record says, by section, as changes from nothing."""
    said_alone = compare_records(None, record, RecordLabels.of(record))
    return [(section.name, list(section.changes)) for section in said_alone.sections]
