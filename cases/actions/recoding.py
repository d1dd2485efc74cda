"""What happens to cases when the codebook changes: recoded at once, or queued. Part of the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from taxonomy.actions import Effect, EffectLine, PlannedChange
from taxonomy.models import CodebookChange, CodebookChangeKind, Term

from ..derived.marking import mark_codings, unmark_codings
from ..history.writing import ChangeInfo
from ..models import Act, Case, Catalogue, Doubt, Recoding
from ..record import convert, recoding
from ..record.codings import Coding, codings_in
from ..record.stamps import Turn
from .rules import RuleViolation, require_perm
from .writing import WRITE_BATCH_SIZE, CaseChange, change_cases, finalise_cases

STAYS_UNTIL_RECODED = "stays as it is, and waits to be coded anew"


def preview_codebook_change(planned: PlannedChange, **_: Any) -> list[Effect]:
    """Return the effect on each case of a planned codebook change; locks the cases if `planned.lock` is set."""
    require_perm(planned.by, "recode")
    if planned.kind == CodebookChangeKind.RESTORED:
        return []
    cases = recoding.cases_coded_with(planned.term)
    if planned.lock:
        list(cases.select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    return [_effect(case, planned) for case in cases.whole()]


def _effect(case: Case, planned: PlannedChange) -> Effect:
    address = reverse("admin:cases_case_change", args=[case.pk])
    mark = f"{case.pk} {case.version}"
    return Effect(str(case), address, case.get_state_display(), list(_lines(case, planned)), mark)


def _lines(case: Case, planned: PlannedChange) -> Iterator[EffectLine]:
    """Yield each place where the case has the term, with its text before and after."""
    record = convert.record_from_case(case)
    if planned.kind == CodebookChangeKind.MERGED:
        yield from recoding.recoding_lines(
            record, recoding.replace_thing(record, planned.term, planned.into[0]), planned.term
        )
    elif planned.kind == CodebookChangeKind.RENAMED:
        yield from recoding.recoding_lines(record, record, planned.term, partial(_new_label, planned))
    else:
        yield from (
            line._replace(after=STAYS_UNTIL_RECODED) for line in recoding.recoding_lines(record, record, planned.term)
        )


def _new_label(planned: PlannedChange, term: Term) -> str:
    return planned.label if planned.label and term == planned.term else str(term)


def apply_codebook_change(change: CodebookChange, *, recode: bool, **_: Any) -> None:
    """Update or queue the cases that are coded with the changed term."""
    term = change.term
    if term is None:
        return
    if change.kind == CodebookChangeKind.MERGED:
        _replace_merged_term(change, term)
    elif change.kind == CodebookChangeKind.RENAMED and change.differs("slug"):
        _rewrite_slug(change, term)
    elif change.kind == CodebookChangeKind.RESTORED:
        _settle_restored(change, term)
    _mark_codings(change, term)
    if recode or change.kind in {CodebookChangeKind.SPLIT, CodebookChangeKind.RETIRED}:
        cases = recoding.cases_coded_with(term)
        Recoding.objects.bulk_create(
            (Recoding(case=case, term=term, change=change) for case in cases), ignore_conflicts=True
        )


def _mark_codings(change: CodebookChange, term: Term) -> None:
    """Mark the codings of a term that means something else now; those of a merged one are marked when recoded."""
    retired = change.kind in {CodebookChangeKind.SPLIT, CodebookChangeKind.RETIRED}
    cases, concerned = recoding.cases_meaning(term), partial(_names, recoding.term_key(term))
    if change.kind == CodebookChangeKind.RESTORED:
        unmark_codings(cases=cases, concerned=concerned, why=Doubt.RETIRED)
    elif change.changes_meaning and change.kind != CodebookChangeKind.MERGED:
        why = Doubt.RETIRED if retired else Doubt.CODEBOOK
        mark_codings(cases=cases, concerned=concerned, why=why, codebook=change.number)


def _names(term: tuple[str, str], coding: Coding) -> bool:
    return term in coding.named_terms


def _replace_merged_term(change: CodebookChange, term: Term) -> None:
    """Replace a merged term by its successor; each case gets a new version."""
    into = change.into.get()
    info = ChangeInfo(change.by, Act.RECODED, _reason(change, f"“{term}” was merged into “{into}”"))
    for keys in _batches(term):
        changes = [
            CaseChange(case, recoding.replace_thing(convert.record_from_case(case), term, into), case.version)
            for case in Case.objects.whole().filter(pk__in=keys).select_for_update(of=("self",))
        ]
        change_cases(changes=changes, by=change.by, info=info)


def _rewrite_slug(change: CodebookChange, term: Term) -> None:
    """Rewrite the records of cases that use a term whose slug has changed."""
    info = ChangeInfo(change.by, Act.RECODED, _reason(change, f"“{change.before['slug']}” is called “{term.slug}” now"))
    for keys in _batches(term):
        cases = list(Case.objects.filter(pk__in=keys).select_for_update())
        finalise_cases(cases, change.by, info, turn=Turn.REGROUPING)
    Catalogue.move()


def _reason(change: CodebookChange, what: str) -> str:
    return f"{what}, in version {change.number} of the codebook. {change.stated_reason}".strip()


def _batches(term: Term) -> Iterator[list[int]]:
    keys = list(recoding.cases_coded_with(term).order_by("pk").values_list("pk", flat=True))
    yield from (keys[start : start + WRITE_BATCH_SIZE] for start in range(0, len(keys), WRITE_BATCH_SIZE))


def _settle_restored(change: CodebookChange, term: Term) -> None:
    """Settle everything queued because of a term that is now back in use."""
    Recoding.objects.waiting().filter(term=term).update(
        outcome=Recoding.Outcome.RESTORED, settled_at=timezone.now(), settled_by=change.by
    )


@transaction.atomic
def confirm_coding(*, entry: Recoding, by: User | None, note: str) -> Recoding:
    """Settle a queued case as still correctly coded; a note is required. Its codings with the term are affirmed."""
    require_perm(by, "recode")
    locked = Recoding.objects.select_for_update(of=("self",)).get(pk=entry.pk)
    if locked.settled_at:
        raise RuleViolation({"note": f"This was settled meanwhile: {locked.get_outcome_display()}."})
    if locked.term.replaced_by_id:
        raise RuleViolation({"note": "The term was merged into another meanwhile."})
    locked.note = note.strip()
    if not locked.note:
        raise RuleViolation({"note": "Say why it is still right; whoever asks again reads it."})
    locked.outcome, locked.settled_at, locked.settled_by = Recoding.Outcome.STILL_RIGHT, timezone.now(), by
    locked.save()
    _affirm_codings_of(locked, by)
    return locked


def _affirm_codings_of(entry: Recoding, by: User | None) -> None:
    """Affirm the codings of a case with a term, as its next version where any of them was to be re-affirmed."""
    case = Case.objects.whole().select_for_update(of=("self",)).get(pk=entry.case_id)
    record = convert.record_from_case(case)
    codings = codings_in(convert.to_primitive(record))
    paths = {each.path for each in codings if recoding.term_key(entry.term) in each.named_terms}
    info = ChangeInfo(by, Act.AFFIRMED, f"“{entry.term}” is still right. {entry.note}")
    change_cases(changes=[CaseChange(case, record, case.version)], by=by, info=info, affirm=paths)
