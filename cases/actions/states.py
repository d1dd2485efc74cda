"""Moving a case from state to state, and from address to address."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.models import User

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
"""From which states a case comes into another."""


@transaction.atomic
def submit_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    """Hand a draft over for review; its author edits it no more until it is published or returned."""
    held = _held(case, to=State.IN_REVIEW)
    require_perm(by, "submit", held)
    raise_rule_violations(
        {name: what for name, what in missing_to_publish(held).items() if name in {"title", "summary"}}
    )
    return _moved(held, to=State.IN_REVIEW, by=by, act=Act.SUBMITTED, reason=reason)


@transaction.atomic
def return_case(*, case: Case, by: User | None, reason: str) -> Case:
    """Return a case in review to its author as a draft, saying what it lacks."""
    require_perm(by, "review")
    held = _held(case, to=State.DRAFT, only_from=State.IN_REVIEW)
    words = require_text(reason, "Say what its author should do; they read it beside the draft.")
    Remark.objects.create(case=held, text=words, by=by)
    return _moved(held, to=State.DRAFT, by=by, act=Act.RETURNED, reason=words)


@transaction.atomic
def publish_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    """Show a case to every reader."""
    require_perm(by, "publish")
    held = _held(case, to=State.PUBLISHED)
    raise_rule_violations(missing_to_publish(held))
    held.published_at = held.published_at or timezone.now()
    return _moved(_restored(held), to=State.PUBLISHED, by=by, act=Act.PUBLISHED, reason=reason)


@transaction.atomic
def withdraw_case(*, case: Case, by: User | None, reason: str) -> Case:
    """Take a published case away from readers, and tell them why."""
    require_perm(by, "publish")
    held = _held(case, to=State.WITHDRAWN)
    held.withdrawn_reason = require_text(reason, "Say why it is withdrawn; readers who look for it are told.")
    held.withdrawn_at = timezone.now()
    return _moved(held, to=State.WITHDRAWN, by=by, act=Act.WITHDRAWN, reason=held.withdrawn_reason)


@transaction.atomic
def redraft_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    """Take a withdrawn case up again."""
    require_perm(by, "publish")
    held = _restored(_held(case, to=State.DRAFT, only_from=State.WITHDRAWN))
    return _moved(held, to=State.DRAFT, by=by, act=Act.REDRAFTED, reason=reason)


@transaction.atomic
def rename_case(*, case: Case, to: str, by: User | None, reason: str) -> Case:
    """Give a case another address; the old one still leads to it."""
    require_perm(by, "rename")
    held = lock_case(case=case, version=case.version)
    words = require_text(reason, "Say why the address changes; the history of the case keeps it.")
    _refuse_address(held, to)
    OldAddress.objects.filter(slug=to).delete()
    OldAddress.objects.create(slug=held.slug, case=held)
    try:
        with transaction.atomic():
            Case.objects.filter(pk=held.pk).update(slug=to)
    except IntegrityError:
        raise RuleViolation({"slug": "Another case has it."}) from None
    held.slug = to
    return _moved(held, to=State(held.state), by=by, act=Act.RENAMED, reason=words)


def _refuse_address(case: Case, to: str) -> None:
    if not to or len(to) > 120 or to != slugify(to):
        raise RuleViolation({"slug": "Write an address of lower-case letters, digits and hyphens, at most 120."})
    if Case.objects.filter(slug=to).exists():
        raise RuleViolation(
            {"slug": "This case has that address already." if to == case.slug else "Another case has it."}
        )
    if OldAddress.objects.filter(slug=to).exclude(case=case).exists():
        raise RuleViolation({"slug": "Another case had this address, and is still found by it; choose another."})


@transaction.atomic
def merge_case(*, case: Case, into: Case, by: User | None, reason: str) -> Case:
    """Withdraw a case that another one tells as well: its address leads to that one from now on."""
    require_perm(by, "rename")
    both = Case.objects.select_for_update().filter(pk__in=[case.pk, into.pk]).order_by("pk")
    other = next((found for found in both if found.pk == into.pk), None)
    held = _held(case, to=State.WITHDRAWN)
    held.withdrawn_reason = require_text(reason, "Say why they are one; the history of the case keeps it.")
    if other is None or other.pk == held.pk or other.state != State.PUBLISHED:
        raise RuleViolation({"into": "Choose another case, one that is published."})
    held.merged_into, held.withdrawn_at = other, timezone.now()
    Case.objects.filter(merged_into=held).update(merged_into=other)
    return _moved(held, to=State.WITHDRAWN, by=by, act=Act.MERGED, reason=held.withdrawn_reason)


@transaction.atomic
def discard_case(*, case: Case, by: User | None) -> None:
    """Delete a draft that readers never saw. Its history stays, with who deleted it."""
    require_perm(by, "discard")
    held = lock_case(case=case, version=case.version)
    if held.state not in {State.DRAFT, State.IN_REVIEW} or held.published_at:
        raise RuleViolation({"state": "What readers may have seen is withdrawn, never deleted."})
    held.current_version._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - so the library asks for it
    held.current_version.delete()
    held.delete()


def _restored(case: Case) -> Case:
    """Return a case of which nothing says any more that it is withdrawn."""
    case.withdrawn_reason, case.withdrawn_at, case.merged_into = "", None, None
    return case


def _held(case: Case, *, to: State, only_from: State | None = None) -> Case:
    """Take a case that may come into another state."""
    held = lock_case(case=case, version=case.version)
    origins = (only_from,) if only_from else ALLOWED_TRANSITIONS[to]
    if held.state not in origins:
        states = " or ".join(state.label for state in origins)
        raise RuleViolation(
            {"state": f"Only a {states} case can become {to.label}; this one is {held.get_state_display()}."}
        )
    return held


def _moved(case: Case, *, to: State, by: User | None, act: Act, reason: str) -> Case:
    """Write a case that came into a state."""
    case.state = to
    save_next_version(case, by)
    save_derived([Case.objects.whole().get(pk=case.pk)], info=ChangeInfo(by, act, reason), public=True)
    return case
