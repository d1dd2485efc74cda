"""What happens to notes when a narrative or the codebook changes, or an account is deleted."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models.signals import pre_delete

from accounts.models import User
from cases.derived.refresh import narrative_changed
from cases.models import Revision
from taxonomy.actions import codebook_changed, preview_requested

from .actions import leave_groups, reanchor_notes
from .actions.coding import preview_note_codes, recode_notes
from .models import Annotation, Audience


def on_narrative_changed(before: Revision, after: Revision, **_: Any) -> None:
    reanchor_notes(before=before, after=after)


def on_user_deleted(instance: User, **_: Any) -> None:
    """Delete the user's private notes; notes that others could read stay, without an author.

    Their groups get a new owner, as when an owner leaves.
    """
    leave_groups(by=instance)
    Annotation.objects.filter(author=instance, audience=Audience.PRIVATE).delete()


narrative_changed.connect(on_narrative_changed, dispatch_uid="annotations.changed")
pre_delete.connect(on_user_deleted, sender=get_user_model(), dispatch_uid="annotations.leaving")
codebook_changed.connect(recode_notes, dispatch_uid="annotations.codebook_changed")
preview_requested.connect(preview_note_codes, dispatch_uid="annotations.foreseen")
