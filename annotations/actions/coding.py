"""What happens to the codes of notes when the codebook changes, in the same transaction."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import timezone

from taxonomy.actions import PlannedChange, Tally
from taxonomy.models import CodebookChange, CodebookChangeKind

from ..models import Annotation, Code


def preview_note_codes(planned: PlannedChange, **_: Any) -> list[Tally]:
    """Count the notes with the term; the notes themselves are not disclosed."""
    if planned.kind == CodebookChangeKind.RESTORED:
        return []
    number = Code.objects.filter(term=planned.term, annotation__deleted_at=None).count()
    return [Tally("notes of readers with this code", number)] if number else []


def recode_notes(change: CodebookChange, **_: Any) -> None:
    """Replace a merged term by the one it was merged into; a note that had both has it once."""
    if change.kind != CodebookChangeKind.MERGED:
        return
    into = change.into.get()
    codes = Code.objects.filter(term=change.term)
    Annotation.objects.filter(pk__in=codes.values("annotation")).update(
        version=F("version") + 1, updated_at=timezone.now()
    )
    both = Code.objects.filter(term=into).values("annotation")
    codes.filter(annotation__in=both).delete()
    codes.update(term=into)
