"""The history of a case as a reader may see it: its versions, what each changed, and where former addresses lead.

Readers see the versions that were published, and those that withdrew a case; drafts show only as gaps in the numbers.
Curators see every version. So do users who entered a case, as long as it is unpublished.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from taxonomy.models import Term, Vocabulary

from ..models import Act, Case, Organisation, Passage, Place, Proposal, Source, State, Version
from ..models.case import Reader, sees_drafts
from ..models.version import CATALOGUE_ITSELF, DEPARTED_USER, VersionQuerySet
from ..record.outline import (
    RECORD_OUTLINE,
    BlockNode,
    OutlineNode,
    PartListNode,
    PassageNode,
    SetNode,
    ValueNode,
)
from ..record.registers import REGISTERS, Registers
from ..record.rows import case_from_record
from .diff import Difference, RecordLabels, compare_records, summarise_difference

UNPUBLISHED_STATES = (State.DRAFT, State.IN_REVIEW)


# Addresses -----------------------------------------------------------------------------------------------------------


class CaseLocation(NamedTuple):
    """What became of a case that cannot be read at an address: renamed, merged, withdrawn, or now a draft."""

    case: Case
    address: str = ""
    """Its current address; empty if there is none."""
    other: bool = False
    """Whether that is the address of another case, into which it was merged."""


def locate_case(address: str, reader: Reader) -> CaseLocation | None:
    """Locate the case that has or had an address; None if it can be read there, or `reader` may not know of it."""
    case = Case.objects.select_related("merged_into").at(address)
    if case is None:
        return None
    if case.state != State.WITHDRAWN:
        if Case.objects.readable_by(reader).filter(pk=case.pk).exists():
            return CaseLocation(case, case.slug) if case.slug != address else None
        return CaseLocation(case) if case.published_at else None
    other = case.merged_into
    if other and other.state == State.PUBLISHED:
        return CaseLocation(case, other.slug, other=True)
    return CaseLocation(case, "" if case.slug == address else case.slug)


# Versions ------------------------------------------------------------------------------------------------------------


def readable_versions(case: Case, reader: Reader) -> VersionQuerySet:
    """Return the versions that `reader` may read, newest first."""
    versions: VersionQuerySet = Version.objects.filter(case=case).exclude(history_type="-")
    if case.state not in UNPUBLISHED_STATES:
        versions = versions.visible_to(reader)
    elif not sees_drafts(reader) and (reader is None or reader.pk is None or reader.pk != case.created_by_id):
        versions = versions.none()
    return versions.select_related("history_user").order_by("-number", "-history_id")


@dataclass(frozen=True)
class HistoryEntry:
    version: Any
    by: str
    accepted_by: str = ""
    """Who accepted it, if it was a proposal."""
    before: int | None = None
    """The number of the previous version visible to the reader."""
    changed: str = ""
    """What differs from the previous version, in one line; empty if nothing does."""

    @property
    def by_whom(self) -> str:
        """Who made it, and who accepted it if it was a proposal."""
        return f"{self.by}, accepted by {self.accepted_by}" if self.accepted_by else self.by


def history_entries(case: Case, versions: VersionQuerySet, start: int, stop: int) -> list[HistoryEntry]:
    """Return the entries `[start:stop]` of a list of versions, newest first, with two queries."""
    found = list(versions[start : stop + 1])
    shown, befores = found[: stop - start], [*found[1:], None]
    proposals = _accepted_proposals(case, [version.number for version in shown])
    return [
        _entry(version, before, proposals.get(version.number)) for version, before in zip(shown, befores, strict=False)
    ]


def history_entry(case: Case, version: Any) -> HistoryEntry:
    """Return the entry of one version, without what it changed."""
    return _entry(version, None, _accepted_proposals(case, [version.number]).get(version.number))


def _accepted_proposals(case: Case, numbers: Sequence[int]) -> dict[int | None, Proposal]:
    proposals = Proposal.objects.filter(case=case, status=Proposal.Status.ACCEPTED, accepted_as__in=numbers)
    return {proposal.accepted_as: proposal for proposal in proposals.select_related("by", "decided_by")}


def _entry(version: Any, before: Any, proposal: Proposal | None) -> HistoryEntry:
    previous = {"before": before.number, "changed": _summarise_change(before, version)} if before else {}
    if proposal and version.act == Act.ACCEPTED:
        return HistoryEntry(version, proposal.author, str(proposal.decided_by or DEPARTED_USER), **previous)
    return HistoryEntry(version, version_author(version), **previous)


def version_author(version: Any) -> str:
    return str(version.history_user or (CATALOGUE_ITSELF if version.unattended else DEPARTED_USER))


def _summarise_change(before: Any, version: Any) -> str:
    differs = compare_records(before.record, version.record, RecordLabels())
    return summarise_difference(differs) if differs else ""


def compare_versions(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Compare the primitive records of two versions."""
    return compare_records(before, after, RecordLabels.of(before, after))


def record_to_restore(case: Case, version: Any) -> dict[str, Any]:
    """Return the record of an earlier version with the current slug."""
    return {**version.record, "slug": case.slug}


def changes_as_primitives(changes: Difference) -> list[dict[str, str]]:
    """Return the changes for the API: path, name, kind, and the values before and after, in words."""
    return [
        {"path": each.path, "name": each.name, "kind": each.kind.value, "before": each.before, "after": each.after}
        for each in changes.changes
    ]


# A case at an earlier version ----------------------------------------------------------------------------------------


def case_at_version(case: Case, version: Any) -> Case:
    """Return an unsaved case with the record of an earlier version, which can be read like any case.

    Objects that it refers to have their current names; deleted ones have their slug as name.
    """
    registers = Registers.named_in(version.record)
    columns = {
        "slug": case.slug,
        "state": version.state,
        "version": version.number,
        "updated_at": version.history_date,
    }
    return case_from_record(_SlugResolver(registers).resolve(RECORD_OUTLINE, version.record), pk=case.pk, **columns)


@dataclass
class _SlugResolver:
    """Replaces the slugs in an old record with objects."""

    registers: Registers

    def __post_init__(self) -> None:
        terms = [
            thing for things in self.registers.things.values() for thing in things.values() if isinstance(thing, Term)
        ]
        by_key = {term.pk: term for term in terms}
        for term in terms:
            term.broader = by_key.get(term.broader_id) if term.broader_id else None

    def resolve(self, node: OutlineNode, value: Any) -> Any:
        """Return a value of a primitive record with objects for slugs."""
        match node:
            case _ if value is None or value == "":
                return value
            case BlockNode():
                return dict(self._fields(node, value))
            case PartListNode():
                return [self.resolve(node.each, part) for part in value]
            case PassageNode():
                return Passage(**value | {"source": self.named("sources", value["source"])})
            case SetNode():
                return [self.named(node.register, slug) for slug in value]
        return self._value(node, value)

    def _value(self, leaf: ValueNode, value: Any) -> Any:
        if leaf.amount:
            return Decimal(str(value))
        return self.named(leaf.register, value) if leaf.register else value

    def _fields(self, block: BlockNode, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, inner in value.items():
            yield name, self.resolve(block.fields.get(name, ValueNode("")), inner)

    def named(self, register: str, slug: str) -> Any:
        """Return the object for a slug; co-producers and modes remain slugs."""
        if register in {"actor", "mode"}:
            return slug
        return self.registers.things.get(register, {}).get(slug) or _placeholder(register, slug)


def _placeholder(register: str, slug: str) -> Term | Source | Organisation | Place:
    """Return an unsaved object with only a slug, for one that was deleted."""
    if register not in REGISTERS:
        return Term(slug=slug, label=slug, vocabulary=Vocabulary(slug=register))
    if register == "sources":
        return Source(slug=slug, authors=slug)
    return Organisation(slug=slug, name=slug) if register == "organisations" else Place(slug=slug, name=slug)
