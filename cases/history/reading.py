"""The history of a case as whoever asks may read it: its versions, what each changed, and where an address leads.

Readers see the versions that stood published, and those by which a case was withdrawn; of drafts no more than the gap
in the numbers. Curators see every version, and so does whoever entered a case that is not published yet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from taxonomy.models import Term, Vocabulary

from ..models import Act, Case, Organisation, Passage, Place, Proposal, Source, State, Version
from ..models.case import Reader, sees_drafts
from ..models.version import VersionQuerySet
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

CATALOGUE_ITSELF = "the catalogue itself"
DEPARTED_USER = "somebody who has left"
UNPUBLISHED_STATES = (State.DRAFT, State.IN_REVIEW)


# Where an address leads ----------------------------------------------------------------------------------------------


class CaseLocation(NamedTuple):
    """What became of a case that somebody cannot read where they look for it: a draft that was published once, too."""

    case: Case
    address: str = ""
    """The address at which it is to be looked for; empty where it is gone."""
    other: bool = False
    """Whether another case stands there, which tells it now."""


def locate_case(address: str, reader: Reader) -> CaseLocation | None:
    """Return where the case that has or had an address is now; None where there is none that `reader` may know of."""
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
    """Return the versions that `reader` may read; the newest first."""
    versions: VersionQuerySet = Version.objects.filter(case=case).exclude(history_type="-")
    if case.state not in UNPUBLISHED_STATES:
        versions = versions.visible_to(reader)
    elif not sees_drafts(reader) and (reader is None or reader.pk is None or reader.pk != case.created_by_id):
        versions = versions.none()
    return versions.select_related("history_user").order_by("-number", "-history_id")


@dataclass(frozen=True)
class HistoryEntry:
    """One version as the history tells of it."""

    version: Any
    by: str
    accepted_by: str = ""
    """Who accepted what was proposed; empty where nothing was."""
    before: int | None = None
    """The number of the version before it, as far as its readers know."""
    changed: str = ""
    """What differs from the version before it, in one line; empty where nothing does, or there is none."""


def history_entries(case: Case, versions: VersionQuerySet, start: int, stop: int) -> list[HistoryEntry]:
    """Return part of a list of versions, newest first, each with who made it and what it changed. Two queries."""
    found = list(versions[start : stop + 1])
    shown, befores = found[: stop - start], [*found[1:], None]
    proposals = _accepted(case, [version.number for version in shown])
    return [
        _entry(version, before, proposals.get(version.number)) for version, before in zip(shown, befores, strict=False)
    ]


def history_entry(case: Case, version: Any) -> HistoryEntry:
    """Return one version with who made it."""
    return _entry(version, None, _accepted(case, [version.number]).get(version.number))


def _accepted(case: Case, numbers: Sequence[int]) -> dict[int | None, Proposal]:
    proposals = Proposal.objects.filter(case=case, status=Proposal.Status.ACCEPTED, accepted_as__in=numbers)
    return {proposal.accepted_as: proposal for proposal in proposals.select_related("by", "decided_by")}


def _entry(version: Any, before: Any, proposal: Proposal | None) -> HistoryEntry:
    previous = {"before": before.number, "changed": _in_one_line(before, version)} if before else {}
    if proposal and version.act == Act.ACCEPTED:
        return HistoryEntry(
            version, str(proposal.by or DEPARTED_USER), str(proposal.decided_by or DEPARTED_USER), **previous
        )
    return HistoryEntry(version, version_author(version), **previous)


def version_author(version: Any) -> str:
    """Say who made a version."""
    return str(version.history_user or (CATALOGUE_ITSELF if version.unattended else DEPARTED_USER))


def _in_one_line(before: Any, version: Any) -> str:
    differs = compare_records(before.record, version.record, RecordLabels())
    return summarise_difference(differs) if differs else ""


def compare_versions(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Return what differs between the plain records of two versions."""
    return compare_records(before, after, RecordLabels.of(before, after))


def record_to_restore(case: Case, version: Any) -> dict[str, Any]:
    """Return what a case said at one of its versions, to be said again: at the address that it has now."""
    return {**version.record, "slug": case.slug}


def changes_as_primitives(changes: Difference) -> list[dict[str, str]]:
    """Return what differs for a program: path, name, kind, and what stood and stands there, in words."""
    return [
        {"path": each.path, "name": each.name, "kind": each.kind.value, "before": each.before, "after": each.after}
        for each in changes.changes
    ]


# A case as it stood --------------------------------------------------------------------------------------------------


def case_at_version(case: Case, version: Any) -> Case:
    """Return a case as it was at one of its versions, to be read as any case is; it is never saved.

    What it names is called as it is today; what is no longer there is called by its slug.
    """
    at_hand = Registers.named_in(version.record)
    columns = {
        "slug": case.slug,
        "state": version.state,
        "version": version.number,
        "updated_at": version.history_date,
    }
    return case_from_record(_SlugResolver(at_hand).resolve(RECORD_OUTLINE, version.record), pk=case.pk, **columns)


@dataclass
class _SlugResolver:
    """What the slugs of an old record name."""

    registers: Registers

    def __post_init__(self) -> None:
        terms = [
            thing for things in self.registers.things.values() for thing in things.values() if isinstance(thing, Term)
        ]
        by_key = {term.pk: term for term in terms}
        for term in terms:
            term.broader = by_key.get(term.broader_id) if term.broader_id else None

    def resolve(self, node: OutlineNode, value: Any) -> Any:
        """Return a value of a plain record with the things in it that it names."""
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
        return self._single(node, value)

    def _single(self, leaf: ValueNode, value: Any) -> Any:
        if leaf.amount:
            return Decimal(str(value))
        return self.named(leaf.register, value) if leaf.register else value

    def _fields(self, block: BlockNode, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, inner in value.items():
            yield name, self.resolve(block.fields.get(name, ValueNode("")), inner)

    def named(self, register: str, slug: str) -> Any:
        """Return what a slug names; co-producers and modes are known by their slugs alone."""
        if register in {"actor", "mode"}:
            return slug
        return self.registers.things.get(register, {}).get(slug) or _placeholder(register, slug)


def _placeholder(register: str, slug: str) -> Term | Source | Organisation | Place:
    """Return something by its slug alone, for what is no longer there."""
    if register not in REGISTERS:
        return Term(slug=slug, label=slug, vocabulary=Vocabulary(slug=register))
    if register == "sources":
        return Source(slug=slug, authors=slug)
    return Organisation(slug=slug, name=slug) if register == "organisations" else Place(slug=slug, name=slug)
