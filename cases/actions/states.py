"""Changing the state of a case, or its address."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from accounts.models import User
from taxonomy.slugs import slug_mistake

from ..derived.refresh import save_derived
from ..history.writing import ChangeInfo
from ..models import Act, Case, OldAddress, Remark, State
from ..record.completeness import missing_to_publish
from .rules import RuleViolation, lock_case, raise_rule_violations, require_perm, require_text
from .writing import save_next_version

ALLOWED_TRANSITIONS = {
    State.IN_REVIEW: (State.DRAFT,),
    State.PUBLISHED: (State.DRAFT, State.IN_REVIEW, State.WITHDRAWN),
    State.WITHDRAWN: (State.PUBLISHED,),
    State.DRAFT: (State.IN_REVIEW, State.WITHDRAWN),
}
"""For each state, the states from which a case can move to it."""


@transaction.atomic
def submit_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    """Submit a draft for review; its author cannot edit it until it is published or returned."""
    locked = _lock_for_move(case, to=State.IN_REVIEW)
    require_perm(by, "submit", locked)
    raise_rule_violations(
        {name: what for name, what in missing_to_publish(locked).items() if name in {"title", "summary"}}
    )
    return _save_in_state(locked, to=State.IN_REVIEW, by=by, act=Act.SUBMITTED, reason=reason)


@transaction.atomic
def return_case(*, case: Case, by: User | None, reason: str) -> Case:
    """Send a case in review back to its author as a draft."""
    require_perm(by, "review")
    locked = _lock_for_move(case, to=State.DRAFT, only_from=State.IN_REVIEW)
    words = require_text(reason, "Say what its author should do; they read it beside the draft.")
    Remark.objects.create(case=locked, text=words, by=by)
    return _save_in_state(locked, to=State.DRAFT, by=by, act=Act.RETURNED, reason=words)


@transaction.atomic
def publish_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    require_perm(by, "publish")
    locked = _lock_for_move(case, to=State.PUBLISHED)
    raise_rule_violations(missing_to_publish(locked))
    locked.published_at = locked.published_at or timezone.now()
    return _save_in_state(_clear_withdrawal(locked), to=State.PUBLISHED, by=by, act=Act.PUBLISHED, reason=reason)


@transaction.atomic
def withdraw_case(*, case: Case, by: User | None, reason: str) -> Case:
    """Hide a published case from readers, who are shown the reason instead."""
    require_perm(by, "publish")
    locked = _lock_for_move(case, to=State.WITHDRAWN)
    locked.withdrawn_reason = require_text(reason, "Say why it is withdrawn; readers who look for it are told.")
    locked.withdrawn_at = timezone.now()
    return _save_in_state(locked, to=State.WITHDRAWN, by=by, act=Act.WITHDRAWN, reason=locked.withdrawn_reason)


@transaction.atomic
def redraft_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    """Turn a withdrawn case into a draft again."""
    require_perm(by, "publish")
    locked = _clear_withdrawal(_lock_for_move(case, to=State.DRAFT, only_from=State.WITHDRAWN))
    return _save_in_state(locked, to=State.DRAFT, by=by, act=Act.REDRAFTED, reason=reason)


@transaction.atomic
def rename_case(*, case: Case, to: str, by: User | None, reason: str) -> Case:
    """Change the address of a case; the old one redirects to it."""
    require_perm(by, "rename")
    locked = lock_case(case=case, version=case.version)
    words = require_text(reason, "Say why the address changes; the history of the case keeps it.")
    _refuse_address(locked, to)
    OldAddress.objects.filter(slug=to).delete()
    OldAddress.objects.create(slug=locked.slug, case=locked)
    try:
        with transaction.atomic():
            Case.objects.filter(pk=locked.pk).update(slug=to)
    except IntegrityError:
        raise RuleViolation({"slug": "Another case has it."}) from None
    locked.slug = to
    return _save_in_state(locked, to=State(locked.state), by=by, act=Act.RENAMED, reason=words)


def _refuse_address(case: Case, to: str) -> None:
    if len(to) > 120:
        raise RuleViolation({"slug": "Write an address of at most 120 letters."})
    if to == case.slug:
        raise RuleViolation({"slug": "This case has that address already."})
    if mistake := slug_mistake(to):
        raise RuleViolation({"slug": mistake})
    if Case.objects.exclude(pk=case.pk).annotate(lower=Lower("slug")).filter(lower=to).exists():
        raise RuleViolation({"slug": "Another case has it."})
    if OldAddress.objects.filter(slug=to).exclude(case=case).exists():
        raise RuleViolation({"slug": "Another case had this address, and is still found by it; choose another."})


@transaction.atomic
def merge_case(*, case: Case, into: Case, by: User | None, reason: str) -> Case:
    """Withdraw a case that duplicates another one, and redirect its address there."""
    require_perm(by, "rename")
    both = Case.objects.select_for_update().filter(pk__in=[case.pk, into.pk]).order_by("pk")
    other = next((found for found in both if found.pk == into.pk), None)
    locked = _lock_for_move(case, to=State.WITHDRAWN)
    locked.withdrawn_reason = require_text(reason, "Say why they are one; the history of the case keeps it.")
    if other is None or other.pk == locked.pk or other.state != State.PUBLISHED:
        raise RuleViolation({"into": "Choose another case, one that is published."})
    locked.merged_into, locked.withdrawn_at = other, timezone.now()
    Case.objects.filter(merged_into=locked).update(merged_into=other)
    return _save_in_state(locked, to=State.WITHDRAWN, by=by, act=Act.MERGED, reason=locked.withdrawn_reason)


@transaction.atomic
def discard_case(*, case: Case, by: User | None) -> None:
    """Delete a draft that was never published. Its history remains, and records who deleted it."""
    require_perm(by, "discard")
    locked = lock_case(case=case, version=case.version)
    if locked.state not in {State.DRAFT, State.IN_REVIEW} or locked.published_at:
        raise RuleViolation({"state": "What readers may have seen is withdrawn, never deleted."})
    locked.current_version._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - django-simple-history reads it
    locked.current_version.delete()
    locked.delete()


def _clear_withdrawal(case: Case) -> Case:
    case.withdrawn_reason, case.withdrawn_at, case.merged_into = "", None, None
    return case


def _lock_for_move(case: Case, *, to: State, only_from: State | None = None) -> Case:
    """Lock a case that can move to the state `to`; raise RuleViolation if it cannot."""
    locked = lock_case(case=case, version=case.version)
    origins = (only_from,) if only_from else ALLOWED_TRANSITIONS[to]
    if locked.state not in origins:
        states = " or ".join(state.label for state in origins)
        raise RuleViolation(
            {"state": f"Only a {states} case can become {to.label}; this one is {locked.get_state_display()}."}
        )
    return locked


def _save_in_state(case: Case, *, to: State, by: User | None, act: Act, reason: str) -> Case:
    """Save a case in its new state, as its next version."""
    case.state = to
    save_next_version(case, by)
    save_derived([Case.objects.whole().get(pk=case.pk)], info=ChangeInfo(by, act, reason), public=True)
    return case
