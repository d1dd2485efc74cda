"""What becomes of cases when the codebook changes, in its transaction: recoded at once, or put in a queue."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from taxonomy.actions import Ask, Effect, Line
from taxonomy.models import CodebookChange, Kind, Term

from .. import recoding, records
from ..models import Act, Case, Catalogue, Recoding
from ..versioning import Told
from .rules import Refused, permit
from .writing import BATCH, Change, change_all, settle_all

STAYS = "stays as it is, and waits to be coded anew"


def foresee(ask: Ask, **_: Any) -> list[Effect]:
    """Return what a change of the codebook would do to the cases."""
    permit(ask.by, "recode")
    if ask.kind == Kind.RESTORED:
        return []
    cases = recoding.coded_with(ask.term)
    if ask.hold:
        list(cases.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    return [_effect(case, ask) for case in cases.whole()]


def _effect(case: Case, ask: Ask) -> Effect:
    address = reverse("admin:cases_case_change", args=[case.pk])
    mark = f"{case.pk} {case.version}"
    return Effect(str(case), address, case.get_state_display(), list(_lines(case, ask)), mark)


def _lines(case: Case, ask: Ask) -> Iterator[Line]:
    """Yield what a case says in each place where it has the term, before and after."""
    matter = records.matter_of(case)
    if ask.kind == Kind.MERGED:
        yield from recoding.lines(matter, recoding.replaced(matter, ask.term, ask.into[0]), ask.term)
    elif ask.kind == Kind.RENAMED:
        yield from recoding.lines(matter, matter, ask.term, partial(_called, ask))
    else:
        yield from (line._replace(after=STAYS) for line in recoding.lines(matter, matter, ask.term))


def _called(ask: Ask, term: Term) -> str:
    return ask.label if ask.label and term == ask.term else str(term)


def follow(change: CodebookChange, *, recode: bool, **_: Any) -> None:
    """Bring the cases that are coded with a term in step with a change of it."""
    term = change.term
    if term is None:
        return
    if change.kind == Kind.MERGED:
        _recode(change, term)
    elif change.kind == Kind.RENAMED and change.differs("slug"):
        _renew(change, term)
    elif change.kind == Kind.RESTORED:
        _leave(change, term)
    if recode or change.kind in {Kind.SPLIT, Kind.RETIRED}:
        cases = recoding.coded_with(term)
        Recoding.objects.bulk_create(
            (Recoding(case=case, term=term, change=change) for case in cases), ignore_conflicts=True
        )


def _recode(change: CodebookChange, term: Term) -> None:
    """Code with the other term what is coded with a merged one; each case is at its next version then."""
    into = change.into.get()
    told = Told(change.by, Act.RECODED, _reason(change, f"“{term}” was merged into “{into}”"))
    for keys in _batches(term):
        changes = [
            Change(case, recoding.replaced(records.matter_of(case), term, into), case.version)
            for case in Case.objects.whole().filter(pk__in=keys).select_for_update(of=("self",))
        ]
        change_all(changes=changes, by=change.by, told=told)


def _renew(change: CodebookChange, term: Term) -> None:
    """Write down anew the cases that name a term by a slug that is another one now."""
    told = Told(change.by, Act.RECODED, _reason(change, f"“{change.before['slug']}” is called “{term.slug}” now"))
    for keys in _batches(term):
        cases = list(Case.objects.filter(pk__in=keys).select_for_update())
        settle_all(cases, change.by, told, (change.before["slug"], term.slug))
    Catalogue.move()


def _reason(change: CodebookChange, what: str) -> str:
    return f"{what}, in version {change.number} of the codebook. {change.reason}".strip()


def _batches(term: Term) -> Iterator[list[int]]:
    keys = list(recoding.coded_with(term).order_by("pk").values_list("pk", flat=True))
    yield from (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))


def _leave(change: CodebookChange, term: Term) -> None:
    """Let nothing wait any more because of a term that is in use again."""
    Recoding.objects.waiting().filter(term=term).update(
        outcome=Recoding.Outcome.RESTORED, settled_at=timezone.now(), settled_by=change.by
    )


@transaction.atomic
def keep_coding(*, entry: Recoding, by: User | None, note: str) -> Recoding:
    """Settle that a case is still coded rightly with a term, saying why."""
    permit(by, "recode")
    held = Recoding.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if held.settled_at:
        raise Refused({"note": f"This was settled meanwhile: {held.get_outcome_display()}."})
    if held.term.replaced_by_id:
        raise Refused({"note": "The term was merged into another meanwhile."})
    held.note = note.strip()
    if not held.note:
        raise Refused({"note": "Say why it is still right; whoever asks again reads it."})
    held.outcome, held.settled_at, held.settled_by = Recoding.Outcome.STILL_RIGHT, timezone.now(), by
    held.save()
    return held
