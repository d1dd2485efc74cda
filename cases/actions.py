"""What may be done to a case, each a verb: every door (page, API, admin, loader) calls these, in one transaction each.

Who may: curators, that is users with the permission `cases.change_case`. `by=None` is the catalogue itself, loading its
own files.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import User

from . import records
from .keeping import keep
from .models import Arrangement, Case, Caveat, Citation, Claim, Participation, Passage, PathwayLink, State
from .records import DIMENSIONS, Matter


class Refused(ValidationError):
    """A rule of the catalogue stands against it: what to do, by field path."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__({path: [message] for path, message in mistakes.items()})


class Stale(Exception):
    """The case was saved by someone else meanwhile; `case` is as it stands now."""

    def __init__(self, case: Case, version: int) -> None:
        super().__init__(
            f"This case was saved by someone else meanwhile: you started from version {version}, it is now version "
            f"{case.version}. Look at what changed and try again."
        )
        self.case = case
        self.version = version


def may_curate(user: User | None) -> bool:
    """Tell whether `user` may write cases."""
    return user is None or (user.is_active and user.has_perm("cases.change_case"))


def _permit(by: User | None) -> None:
    if not may_curate(by):
        raise PermissionDenied("Only curators may write cases.")


@transaction.atomic
def create(*, record: Matter, by: User | None) -> Case:
    """Enter a new case as a draft."""
    _permit(by)
    case = Case(slug=record["slug"])
    try:
        with transaction.atomic():
            _write(case, record)
    except IntegrityError:
        if Case.objects.filter(slug=case.slug).exists():
            raise Refused({"slug": "Another case has this address."}) from None
        raise
    return settle(case=case, by=by)


@transaction.atomic
def change(*, case: Case, record: Matter, by: User | None, version: int) -> Case:
    """Make a case say what `record` says; `version` is the one that its writer had read."""
    _permit(by)
    hold(case=case, version=version)
    held = Case.objects.whole().get(pk=case.pk)
    before = records.plain(records.matter_of(held))
    if records.checksum(records.plain(record)) == records.checksum(before):
        return held
    _write(held, record, before)
    return settle(case=held, by=by)


@transaction.atomic
def publish(*, case: Case, by: User | None) -> Case:
    """Show a case to every reader."""
    held = _move(case, to=State.PUBLISHED, by=by)
    _refuse(records.lacking(held))
    held.withdrawn_reason = ""
    held.published_at = held.published_at or timezone.now()
    return _moved(held, by)


@transaction.atomic
def withdraw(*, case: Case, by: User | None, reason: str) -> Case:
    """Take a published case away from readers, and tell them why."""
    held = _move(case, to=State.WITHDRAWN, by=by)
    held.withdrawn_reason = reason.strip()
    if not held.withdrawn_reason:
        raise Refused({"reason": "Say why it is withdrawn; readers who look for it are told."})
    return _moved(held, by)


@transaction.atomic
def redraft(*, case: Case, by: User | None) -> Case:
    """Take a withdrawn case up again."""
    held = _move(case, to=State.DRAFT, by=by)
    held.withdrawn_reason = ""
    return _moved(held, by)


@transaction.atomic
def settle(*, case: Case, by: User | None) -> Case:
    """Bring a case whose parts were changed in this transaction in step with itself, as its next version.

    The kinds of nothing agree with what is there, the search finds what is said, and what must hold holds.
    """
    _permit(by)
    whole = Case.objects.whole().get(pk=case.pk)
    _refuse(_faults(whole))
    matter = records.matter_of(whole)
    for name, column in DIMENSIONS.items():
        setattr(whole, column, records.absence(getattr(whole, column), present=bool(matter[name])))
    whole.version = case.version
    _step(whole, by)
    keep([whole])
    return whole


def hold(*, case: Case, version: int) -> Case:
    """Take a case for the rest of this transaction, refusing one that moved on since `version`."""
    held = Case.objects.select_for_update().get(pk=case.pk)
    if held.version != version:
        raise Stale(held, version)
    return held


MOVES = {
    State.PUBLISHED: (State.DRAFT, State.WITHDRAWN),
    State.WITHDRAWN: (State.PUBLISHED,),
    State.DRAFT: (State.WITHDRAWN,),
}
"""From which states a case comes into another."""


def _move(case: Case, *, to: State, by: User | None) -> Case:
    _permit(by)
    held = hold(case=case, version=case.version)
    if held.state not in MOVES[to]:
        states = " or ".join(f"a {state.label}" for state in MOVES[to])
        raise Refused({"state": f"Only {states} case can become {to.label}; this one is {held.get_state_display()}."})
    held.state = to
    return held


STEPPED = (
    *("state", "withdrawn_reason", "published_at", "version", "updated_at", "updated_by"),
    *DIMENSIONS.values(),
)
"""The columns that the catalogue itself moves."""


def _moved(case: Case, by: User | None) -> Case:
    """Write a case that came into another state."""
    _step(case, by)
    keep([Case.objects.whole().get(pk=case.pk)], public=True)
    return case


def _step(case: Case, by: User | None) -> None:
    """Write the row of a case as its next version, unless another one was written meanwhile."""
    version, case.version = case.version, case.version + 1
    case.updated_by, case.updated_at = by, timezone.now()
    if not Case.objects.filter(pk=case.pk, version=version).update(**{name: getattr(case, name) for name in STEPPED}):
        raise Stale(Case.objects.get(pk=case.pk), version)


def _refuse(mistakes: dict[str, str]) -> None:
    if mistakes:
        raise Refused(mistakes)


def _faults(case: Case) -> dict[str, str]:
    """Return what stands against a case as it is: field path and what to do."""
    faults = records.lacking(case) if case.state == State.PUBLISHED else {}
    if case.democratic_quality is None and (case.democratic_reason or case.democratic_passage_id):
        faults["democratic_quality.judgement"] = "Say which judgement the reason and the passage stand for."
    if case.evidence_level is None and (case.evidence_note or case.evidence_passage_id):
        faults["evidence.level"] = "Give the level that the note and the passage stand for; none-named is one."
    if case.year_start is None and (case.ongoing or (case.year_end is None and case.years_passage_id)):
        faults["years.start"] = "Give the first year, or take the passage and “running” away."
    return faults


# Writing a record ----------------------------------------------------------------------------------------------------


def _write(case: Case, record: Matter, before: Matter | None = None) -> None:
    """Put a record into the tables; of its parts only those that differ from `before`."""
    keep_passages(records.passages_in(record))
    for name, value in _columns(record).items():
        setattr(case, name, value)
    _refuse(_faults(case))
    case.save()
    for name, write in PARTS.items():
        if before is None or records.plain(record[name]) != before[name]:
            write(case, record[name])


def _columns(record: Matter) -> dict[str, Any]:
    verdict, quality = record["eligibility"] or {}, record["democratic_quality"] or {}
    evidence, years = record["evidence"] or {}, record["years"] or {}
    return {
        **{name: record[name] for name in ("title", "kind", "summary", "narrative")},
        "verdict": verdict.get("verdict"),
        "verdict_reason": verdict.get("reason", ""),
        "verdict_since": verdict.get("since"),
        "verdict_before": verdict.get("before"),
        "verdict_passage": verdict.get("passage"),
        "democratic_quality": quality.get("judgement"),
        "democratic_reason": quality.get("reason", ""),
        "democratic_passage": quality.get("passage"),
        "evidence_level": evidence.get("level"),
        "evidence_direction": evidence.get("direction"),
        "evidence_note": evidence.get("note", ""),
        "evidence_passage": evidence.get("passage"),
        "year_start": years.get("start"),
        "year_start_precision": years.get("start_precision", "exact"),
        "year_end": years.get("end"),
        "year_end_precision": years.get("end_precision", "exact"),
        "ongoing": years.get("ongoing", False),
        "years_passage": years.get("passage"),
        **{
            column: records.absence(record["absent"].get(name) or "", present=bool(record[name]))
            for name, column in DIMENSIONS.items()
        },
    }


def keep_passages(passages: Iterable[Passage]) -> None:
    """Give each passage its row: one that stands already where its words are the same, else a new one."""
    waiting = [passage for passage in passages if not passage.pk]
    known = list(
        Passage.objects.filter(source__in={passage.source.pk for passage in waiting})
        .filter(exact__in={passage.exact for passage in waiting})
        .order_by("start", "pk")
    )
    for passage in waiting:
        twin = next((row for row in known if _same(row, passage)), None)
        if twin is None:
            passage.save()
            known.append(passage)
        else:
            passage.pk = twin.pk


def _same(row: Passage, passage: Passage) -> bool:
    """Tell whether a row holds a passage; one given without offsets or locator is found at any."""
    return (
        (row.source_id, row.exact) == (passage.source.pk, passage.exact)
        and (passage.start is None or row.start == passage.start)
        and passage.locator in ("", row.locator)
    )


def _write_arrangements(case: Case, parts: list[Matter]) -> None:
    case.arrangements.all().delete()
    Arrangement.objects.bulk_create(_arrangement(case, order, part) for order, part in enumerate(parts))


def _arrangement(case: Case, order: int, part: Matter) -> Arrangement:
    kind, actor, mode = part["type"], part["actor"], part["mode"]
    return Arrangement(
        case=case,
        order=order,
        label=part["label"],
        type=kind["term"],
        type_basis=kind["basis"],
        type_passage=kind["passage"],
        **{flag: flag in actor["terms"] for flag in ("user", "community")},
        actor_basis=actor["basis"],
        actor_passage=actor["passage"],
        **{flag: flag in mode["terms"] for flag in ("offline", "digital")},
        mode_absent=records.absence(mode["absent"] or "", present=bool(mode["terms"])),
        mode_basis=mode["basis"] or "",
        mode_passage=mode["passage"],
    )


def _write_pathways(case: Case, parts: list[Matter]) -> None:
    case.pathway_links.all().delete()
    PathwayLink.objects.bulk_create(PathwayLink(case=case, **part) for part in parts)


def _write_claims(case: Case, parts: list[Matter]) -> None:
    case.claims.all().delete()
    Claim.objects.bulk_create(
        Claim(case=case, order=order, **(dict(part) | {"qualifier": part["qualifier"] or ""}))
        for order, part in enumerate(parts)
    )


def _write_organisations(case: Case, parts: list[Matter]) -> None:
    case.participations.all().delete()
    Participation.objects.bulk_create(Participation(case=case, **part) for part in parts)


def _write_sources(case: Case, parts: list[Matter]) -> None:
    case.citations.all().delete()
    Citation.objects.bulk_create(Citation(case=case, order=order, **part) for order, part in enumerate(parts))


def _write_caveats(case: Case, parts: list[Matter]) -> None:
    case.caveats.all().delete()
    Caveat.objects.bulk_create(Caveat(case=case, order=order, **part) for order, part in enumerate(parts))


def _write_sectors(case: Case, sectors: list[models.Model]) -> None:
    case.sectors.set(sectors)  # type: ignore[arg-type]  # terms, as validated


def _write_places(case: Case, places: list[models.Model]) -> None:
    case.places.set(places)  # type: ignore[arg-type]  # places, as validated


PARTS: dict[str, Any] = {
    "arrangements": _write_arrangements,
    "pathways": _write_pathways,
    "sectors": _write_sectors,
    "places": _write_places,
    "claims": _write_claims,
    "organisations": _write_organisations,
    "sources": _write_sources,
    "caveats": _write_caveats,
}
