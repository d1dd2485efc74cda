"""Moderation: every reader may flag; users with `annotations.moderate_annotation` decide."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import User

from ..models import Annotation, Decision, Flag, may_moderate
from .rules import RuleViolation, lock_note

MAX_FLAG_REASON_LENGTH = 500


@transaction.atomic
def flag_note(*, note: Annotation, reason: str, by: User) -> Flag:
    """Ask for a decision on somebody else's note; asking again only replaces the reason."""
    locked = lock_note(note)
    if not Annotation.objects.visible_to(by).filter(pk=locked.pk).exclude(author=by).exists():
        raise PermissionDenied("Only what somebody else wrote, and you can read, can be flagged.")
    flag, _ = Flag.objects.update_or_create(
        annotation=locked, by=by, settled_at=None, defaults={"reason": _check_reason(reason, needed=True)}
    )
    return flag


@transaction.atomic
def hide_note(*, note: Annotation, reason: str, by: User) -> Decision:
    """Hide a note from its readers; its author still sees it, and that it is hidden."""
    return _decide(note, Decision.Verb.HIDE, _check_reason(reason, needed=True), by)


@transaction.atomic
def approve_note(*, note: Annotation, reason: str = "", by: User) -> Decision:
    """Keep a note visible to its readers, or show it again."""
    return _decide(note, Decision.Verb.APPROVE, _check_reason(reason, needed=False), by)


def _decide(note: Annotation, verb: Decision.Verb, reason: str, by: User) -> Decision:
    if not may_moderate(by):
        raise PermissionDenied("Only moderators decide on notes.")
    locked = lock_note(note)
    if not Annotation.objects.moderated_by(by).filter(pk=locked.pk).exists():
        raise PermissionDenied("Only a note that everyone may read, or that was flagged, is decided on.")
    now = timezone.now()
    locked.hidden_at = (locked.hidden_at or now) if verb == Decision.Verb.HIDE else None
    locked.version += 1
    locked.save(update_fields=["hidden_at", "version", "updated_at"])
    locked.flags.filter(settled_at=None).update(settled_at=now)
    return Decision.objects.create(annotation=locked, verb=verb, reason=reason, by=by)


def _check_reason(reason: str, *, needed: bool) -> str:
    reason = reason.strip()
    if (needed and not reason) or len(reason) > MAX_FLAG_REASON_LENGTH or "\0" in reason:
        raise RuleViolation({"reason": f"Give a reason of up to {MAX_FLAG_REASON_LENGTH} characters."})
    return reason
