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

from .building import built
from .compare import Difference, Labels, difference, summary_words
from .compare.outline import RECORD, Block, Leaf, Node, Parts, Quote, Set
from .models import Act, Case, Organisation, Passage, Place, Proposal, Source, State, Version
from .models.case import Reader, sees_drafts
from .models.version import VersionQuerySet
from .records import REGISTERS, Registers

ITSELF = "the catalogue itself"
NOBODY = "somebody who has left"
NOT_YET = (State.DRAFT, State.IN_REVIEW)


# Where an address leads ----------------------------------------------------------------------------------------------


class Whereabouts(NamedTuple):
    """What became of a case that somebody cannot read where they look for it: a draft that was published once, too."""

    case: Case
    address: str = ""
    """The address at which it is to be looked for; empty where it is gone."""
    other: bool = False
    """Whether another case stands there, which tells it now."""


def whereabouts(address: str, reader: Reader) -> Whereabouts | None:
    """Return where the case that has or had an address is now; None where there is none that `reader` may know of."""
    case = Case.objects.select_related("merged_into").at(address)
    if case is None:
        return None
    if case.state != State.WITHDRAWN:
        if Case.objects.readable_by(reader).filter(pk=case.pk).exists():
            return Whereabouts(case, case.slug) if case.slug != address else None
        return Whereabouts(case) if case.published_at else None
    other = case.merged_into
    if other and other.state == State.PUBLISHED:
        return Whereabouts(case, other.slug, other=True)
    return Whereabouts(case, "" if case.slug == address else case.slug)


# Versions ------------------------------------------------------------------------------------------------------------


def versions_of(case: Case, reader: Reader) -> VersionQuerySet:
    """Return the versions that `reader` may read; the newest first."""
    versions: VersionQuerySet = Version.objects.filter(case=case).exclude(history_type="-")
    if case.state not in NOT_YET:
        versions = versions.visible_to(reader)
    elif not sees_drafts(reader) and (reader is None or reader.pk is None or reader.pk != case.created_by_id):
        versions = versions.none()
    return versions.select_related("history_user").order_by("-number", "-history_id")


@dataclass(frozen=True)
class Entry:
    """One version as the history tells of it."""

    version: Any
    by: str
    accepted_by: str = ""
    """Who accepted what was proposed; empty where nothing was."""
    before: int | None = None
    """The number of the version before it, as far as its readers know."""
    changed: str = ""
    """What differs from the version before it, in one line; empty where nothing does, or there is none."""


def entries(case: Case, versions: VersionQuerySet, start: int, stop: int) -> list[Entry]:
    """Return part of a list of versions, newest first, each with who made it and what it changed. Two queries."""
    found = list(versions[start : stop + 1])
    shown, befores = found[: stop - start], [*found[1:], None]
    proposals = _accepted(case, [version.number for version in shown])
    return [
        _entry(version, before, proposals.get(version.number)) for version, before in zip(shown, befores, strict=False)
    ]


def entry(case: Case, version: Any) -> Entry:
    """Return one version with who made it."""
    return _entry(version, None, _accepted(case, [version.number]).get(version.number))


def _accepted(case: Case, numbers: Sequence[int]) -> dict[int | None, Proposal]:
    proposals = Proposal.objects.filter(case=case, status=Proposal.Status.ACCEPTED, accepted_as__in=numbers)
    return {proposal.accepted_as: proposal for proposal in proposals.select_related("by", "decided_by")}


def _entry(version: Any, before: Any, proposal: Proposal | None) -> Entry:
    told = {"before": before.number, "changed": _in_one_line(before, version)} if before else {}
    if proposal and version.act == Act.ACCEPTED:
        return Entry(version, str(proposal.by or NOBODY), str(proposal.decided_by or NOBODY), **told)
    return Entry(version, author_of(version), **told)


def author_of(version: Any) -> str:
    """Say who made a version."""
    return str(version.history_user or (ITSELF if version.unattended else NOBODY))


def _in_one_line(before: Any, version: Any) -> str:
    differs = difference(before.record, version.record, Labels())
    return summary_words(differs) if differs else ""


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> Difference:
    """Return what differs between the plain records of two versions."""
    return difference(before, after, Labels.of(before, after))


def again(case: Case, version: Any) -> dict[str, Any]:
    """Return what a case said at one of its versions, to be said again: at the address that it has now."""
    return {**version.record, "slug": case.slug}


def told(changes: Difference) -> list[dict[str, str]]:
    """Return what differs for a program: path, name, kind, and what stood and stands there, in words."""
    return [
        {"path": each.path, "name": each.name, "kind": each.kind.value, "before": each.before, "after": each.after}
        for each in changes.changes
    ]


# A case as it stood --------------------------------------------------------------------------------------------------


def as_it_stood(case: Case, version: Any) -> Case:
    """Return a case as it was at one of its versions, to be read as any case is; it is never saved.

    What it names is called as it is today; what is no longer there is called by its slug.
    """
    at_hand = Registers.named_in(version.record)
    told_of = {
        "slug": case.slug,
        "state": version.state,
        "version": version.number,
        "updated_at": version.history_date,
    }
    return built(_Things(at_hand).matter(RECORD, version.record), pk=case.pk, **told_of)


@dataclass
class _Things:
    """What the slugs of an old record name."""

    registers: Registers

    def __post_init__(self) -> None:
        terms = [
            thing for things in self.registers.things.values() for thing in things.values() if isinstance(thing, Term)
        ]
        by_key = {term.pk: term for term in terms}
        for term in terms:
            term.broader = by_key.get(term.broader_id) if term.broader_id else None

    def matter(self, node: Node, value: Any) -> Any:
        """Return a value of a plain record with the things in it that it names."""
        match node:
            case _ if value is None or value == "":
                return value
            case Block():
                return dict(self._fields(node, value))
            case Parts():
                return [self.matter(node.each, part) for part in value]
            case Quote():
                return Passage(**value | {"source": self.named("sources", value["source"])})
            case Set():
                return [self.named(node.register, slug) for slug in value]
        return self._single(node, value)

    def _single(self, leaf: Leaf, value: Any) -> Any:
        if leaf.amount:
            return Decimal(str(value))
        return self.named(leaf.register, value) if leaf.register else value

    def _fields(self, block: Block, value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, inner in value.items():
            yield name, self.matter(block.fields.get(name, Leaf("")), inner)

    def named(self, register: str, slug: str) -> Any:
        """Return what a slug names; co-producers and modes are known by their slugs alone."""
        if register in {"actor", "mode"}:
            return slug
        return self.registers.things.get(register, {}).get(slug) or _nameless(register, slug)


def _nameless(register: str, slug: str) -> Term | Source | Organisation | Place:
    """Return something by its slug alone, for what is no longer there."""
    if register not in REGISTERS:
        return Term(slug=slug, label=slug, vocabulary=Vocabulary(slug=register))
    if register == "sources":
        return Source(slug=slug, authors=slug)
    return Organisation(slug=slug, name=slug) if register == "organisations" else Place(slug=slug, name=slug)
