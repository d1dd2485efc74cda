"""What follows elsewhere for notes: a narrative changes, the codebook changes, an account is deleted."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import pre_delete

from accounts.models import User
from cases.keeping import narrated
from cases.models import Revision
from taxonomy.actions import codebook_changed, foreseen

from .actions import follow, leave_groups
from .actions.coding import follow_codes, foresee_codes
from .models import Annotation, Audience


def changed(before: Revision, after: Revision, **_: Any) -> None:
    """Place the notes of a case again."""
    follow(before=before, after=after)


def leaving(instance: User, **_: Any) -> None:
    """Delete the private notes of whoever leaves; what others have read stays, without a name.

    Groups pass to others, as they do when their owner leaves.
    """
    leave_groups(by=instance)
    Annotation.objects.filter(author=instance, audience=Audience.PRIVATE).delete()


narrated.connect(changed, dispatch_uid="annotations.changed")
pre_delete.connect(leaving, sender=get_user_model(), dispatch_uid="annotations.leaving")
codebook_changed.connect(follow_codes, dispatch_uid="annotations.codebook_changed")
foreseen.connect(foresee_codes, dispatch_uid="annotations.foreseen")
