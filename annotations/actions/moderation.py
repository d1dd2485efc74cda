"""Verbs of moderation. Who may: every reader flags; who has `annotations.moderate_annotation` decides."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import User

from ..models import Annotation, Decision, Flag, may_moderate
from .rules import Refused, taken

REASON_LIMIT = 500


@transaction.atomic
def flag(*, note: Annotation, reason: str, by: User) -> Flag:
    """Ask for a decision on somebody else's note; asking again changes nothing but the reason."""
    held = taken(note)
    if not Annotation.objects.visible_to(by).filter(pk=held.pk).exclude(author=by).exists():
        raise PermissionDenied("Only what somebody else wrote, and you can read, can be flagged.")
    asked, _ = Flag.objects.update_or_create(
        annotation=held, by=by, settled_at=None, defaults={"reason": _said(reason, needed=True)}
    )
    return asked


@transaction.atomic
def hide(*, note: Annotation, reason: str, by: User) -> Decision:
    """Take a note away from its readers; its author still sees it, and that it is hidden."""
    return _decide(note, Decision.Verb.HIDE, _said(reason, needed=True), by)


@transaction.atomic
def approve(*, note: Annotation, reason: str = "", by: User) -> Decision:
    """Leave a note to its readers, or give it back to them."""
    return _decide(note, Decision.Verb.APPROVE, _said(reason, needed=False), by)


def _decide(note: Annotation, verb: Decision.Verb, reason: str, by: User) -> Decision:
    if not may_moderate(by):
        raise PermissionDenied("Only moderators decide on notes.")
    held = taken(note)
    if not Annotation.objects.moderated_by(by).filter(pk=held.pk).exists():
        raise PermissionDenied("Only a note that everyone may read, or that was flagged, is decided on.")
    now = timezone.now()
    held.hidden_at = (held.hidden_at or now) if verb == Decision.Verb.HIDE else None
    held.version += 1
    held.save(update_fields=["hidden_at", "version", "updated_at"])
    held.flags.filter(settled_at=None).update(settled_at=now)
    return Decision.objects.create(annotation=held, verb=verb, reason=reason, by=by)


def _said(reason: str, *, needed: bool) -> str:
    reason = reason.strip()
    if (needed and not reason) or len(reason) > REASON_LIMIT or "\0" in reason:
        raise Refused({"reason": f"Give a reason of up to {REASON_LIMIT} characters."})
    return reason
