"""What happens to notes when a narrative changes, in the same transaction."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from cases.markdown import narrative_text
from cases.models import Revision

from ..anchoring.selectors import Quotation, TextChange, TextSpan
from ..models import Annotation, Placement

ANCHOR_FIELDS = ("placement", "start", "end", "version", "updated_at")


@transaction.atomic
def reanchor_notes(*, before: Revision, after: Revision) -> int:
    """Re-anchor all notes that quote a case's narrative, orphaned ones too; return how many moved or changed state."""
    notes = list(Annotation.objects.select_for_update(of=("self",)).filter(case=before.case_id).exclude(exact=""))
    if not notes:
        return 0
    change = TextChange(narrative_text(before.narrative), narrative_text(after.narrative))
    moved = [note for note in notes if _reanchor(note, change)]
    Annotation.objects.bulk_update(moved, ANCHOR_FIELDS, batch_size=500)
    return len(moved)


def _reanchor(note: Annotation, change: TextChange) -> bool:
    """Set a note's position in the changed text; return whether it differs from before."""
    before = (note.placement, note.start, note.end)
    at = None if note.start is None or note.end is None else TextSpan(note.start, note.end)
    anchored = change.follow(Quotation(note.exact, note.prefix, note.suffix), at)
    note.start, note.end = anchored.span or (None, None)
    note.placement = Placement(anchored.state.value)
    if before == (note.placement, note.start, note.end):
        return False
    note.version, note.updated_at = note.version + 1, timezone.now()
    return True
