"""A proposed revision compared with the current case: what it changes, what has changed since, what accepting writes.

`mine` is the proposed record and `theirs` the current one; both derive from `proposal.base`.
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
    """A conflict as shown to people: the three values in words, an empty string for no value."""

    path: str
    name: str
    base: str
    mine: str
    theirs: str


class NamedFinding(NamedTuple):
    """A failed check with the label of its field."""

    check: Check
    name: str


@dataclass(frozen=True)
class ProposalFindings:
    """Failed checks: those that the proposal introduces, and those that the case fails already."""

    new: list[NamedFinding]
    old: list[NamedFinding]


@dataclass(frozen=True)
class Review:
    """Everything that a reviewer looks at. `case` is loaded with all its parts.

    A reader who may not read the current case, because it was withdrawn or is a draft again, is shown the base of the
    proposal instead.
    """

    proposal: Proposal
    case: Case
    reader: Reader

    @classmethod
    def of(cls, proposal: Proposal, reader: Reader) -> Review:
        return cls(proposal, Case.objects.whole().in_bulk([proposal.case_id])[proposal.case_id], reader)

    @cached_property
    def readable(self) -> bool:
        """Whether the reader may read the current case."""
        return _readable(self.case, self.reader)

    @cached_property
    def now(self) -> dict[str, Any]:
        """The current primitive record, or the base of the proposal if the reader may not read that."""
        record: dict[str, Any] = to_primitive(record_from_case(self.case)) if self.readable else self.proposal.base
        return record

    @property
    def title(self) -> str:
        return str(self.now["title"] or self.now["slug"])

    @cached_property
    def merged(self) -> MergedRecord:
        """What accepting would write, with the conflicts that prevent it."""
        return merge_records(self.proposal.base, self.renamed(self.proposal.record), self.now)

    def renamed(self, record: PrimitiveRecord) -> dict[str, Any]:
        """Return a record with the current address of the case, since proposals never change the address."""
        return {**record, "slug": self.now["slug"]}

    @cached_property
    def labels(self) -> RecordLabels:
        return RecordLabels.of(self.proposal.base, self.proposal.record, self.now)

    @property
    def moved_on(self) -> bool:
        """Whether the proposal is pending and the case has changed since it was made."""
        return self.proposal.is_pending and record_checksum(self.now) != record_checksum(
            self.renamed(self.proposal.base)
        )

    @cached_property
    def proposed(self) -> Difference:
        """What the proposal changes in its base."""
        return compare_records(self.proposal.base, self.proposal.record, self.labels)

    @cached_property
    def meanwhile(self) -> Difference:
        """What has changed in the case since the base."""
        return compare_records(self.proposal.base, self.now, self.labels)

    @cached_property
    def written(self) -> Difference:
        """What accepting would change in the current case."""
        return compare_records(self.now, self.merged.record, self.labels)

    @property
    def choices(self) -> list[ConflictInWords]:
        return [
            ConflictInWords(conflict.path, conflict.name, *self._in_words(conflict))
            for conflict in self.merged.conflicts
        ]

    def undecided(self, texts: Collection[str]) -> list[ConflictInWords]:
        """Conflicts that remain open if the given texts are rewritten."""
        return [choice for choice in self.choices if choice.path not in texts]

    def _in_words(self, conflict: MergeConflict) -> tuple[str, ...]:
        values = (conflict.base, conflict.mine, conflict.theirs)
        return tuple(value_in_words(conflict.path, value, self.labels) for value in values)

    @cached_property
    def findings(self) -> ProposalFindings:
        """Failed checks of what accepting would write, split into new ones and those of the current case."""
        before = {_finding_key(check) for check in run_checks(self.now, self.case, reader=self.reader)}
        after = findings_in(self.merged.record, self.case, self.reader)
        return ProposalFindings(
            [each for each in after if _finding_key(each.check) not in before],
            [each for each in after if _finding_key(each.check) in before],
        )


def _finding_key(check: Check) -> tuple[str, str]:
    """Identity of a finding, regardless of the position of its part in a list."""
    return re.sub(r"\[\d+\]", "[]", check.path), check.message


# Deciding conflicts --------------------------------------------------------------------------------------------------


def resolve_conflicts(made: MergedRecord, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return the merged record with each conflict decided as in `chosen`: "mine" or "theirs" by path.

    >>> made = MergedRecord({"title": "Mine"}, [MergeConflict("title", "Old", "Mine", "Theirs")])
    >>> resolve_conflicts(made, {"title": "theirs"})["title"]
    'Theirs'
    """
    record = with_consistent_absences(made.record)
    decisions = [(conflict.path, getattr(conflict, chosen[conflict.path])) for conflict in made.conflicts]
    whole = [path for path, _ in decisions if any(other.path.startswith(f"{path}[") for other in made.conflicts)]
    for path, value in sorted(decisions, key=lambda each: (each[1] is None, _last_items_first(each[0]))):
        if chosen[path] == MINE and path in whole:  # only the order of the list; its parts are decided separately
            continue
        if not any(path.startswith(f"{outer}[") and chosen[outer] == THEIRS for outer in whole):
            record = _replace_at(record, _steps(path), value)
    consistent = with_consistent_absences(record)
    return {**consistent, "absent": {name: kind for name, kind in consistent["absent"].items() if kind}}


PathStep = str | int


def _steps(path: str) -> list[PathStep]:
    """Split `a[0].b` into ["a", 0, "b"]."""
    return [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]


def _last_items_first(path: str) -> list[tuple[str, int]]:
    """Sort key that puts later list items first, so that removing one does not shift the others."""
    return [("", -step) if isinstance(step, int) else (step, 0) for step in _steps(path)]


def _replace_at(value: Any, steps: Sequence[PathStep], new: Any) -> Any:
    """Return a copy of `value` with `new` at a path; None removes an item from its list."""
    if not steps:
        return new
    step, *inner = steps
    if isinstance(step, int):
        parts = list(value or [])
        parts[step : step + 1] = [] if not inner and new is None else [_replace_at(parts[step], inner, new)]
        return parts
    return {**(value or {}), step: _replace_at((value or {}).get(step), inner, new)}


# Remarks and findings -----------------------------------------------------------------------------------------------


class NamedRemark(NamedTuple):
    """A remark with the label of its field; empty if it is about the whole."""

    remark: Remark
    name: str


def field_name_at(path: str) -> str:
    """Label of the field at a path, for people; an empty string for an empty path."""
    return node_at(path)[1] if path else ""


def named_remarks(remarks: Iterable[Remark]) -> list[NamedRemark]:
    return [NamedRemark(remark, field_name_at(remark.path)) for remark in remarks]


class ChangesSince(NamedTuple):
    """The record at an earlier version, the current record, and the difference."""

    before: dict[str, Any]
    now: dict[str, Any]
    difference: Difference


def changes_since(case: Case, version: int, reader: Reader) -> ChangesSince | None:
    """Return what changed in a case since a version; None if `reader` may not read the version or the case."""
    before = readable_versions(case, reader).filter(number=version).first()
    if before is None or not _readable(case, reader):
        return None
    now = to_primitive(record_from_case(Case.objects.whole().get(pk=case.pk)))
    return ChangesSince(before.record, now, compare_records(before.record, now, RecordLabels.of(before.record, now)))


def _readable(case: Case, reader: Reader) -> bool:
    return Case.objects.readable_by(reader).filter(pk=case.pk).exists()


def findings_in(record: PrimitiveRecord, case: Case, reader: Reader) -> list[NamedFinding]:
    """Failed checks of a record of a case."""
    return [NamedFinding(check, field_name_at(check.path)) for check in run_checks(record, case, reader=reader)]


def findings_of_case(case: Case, reader: Reader) -> tuple[dict[str, Any], list[NamedFinding]]:
    """Return the primitive record of a case loaded with all its parts, and its failed checks."""
    record = to_primitive(record_from_case(case))
    return record, findings_in(record, case, reader)


def record_as_changes(record: PrimitiveRecord) -> list[tuple[str, list[FieldChange]]]:
    """The whole content of a record as additions, grouped by section."""
    difference = compare_records(None, record, RecordLabels.of(record))
    return [(section.name, list(section.changes)) for section in difference.sections]
