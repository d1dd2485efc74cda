"""What becomes of notes when a narrative changes. The catalogue itself does it, in the transaction of the change."""

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
    """Place every note on words of a case again, orphans too; return how many have another place or state now."""
    notes = list(Annotation.objects.select_for_update(of=("self",)).filter(case=before.case_id).exclude(exact=""))
    if not notes:
        return 0
    change = TextChange(narrative_text(before.narrative), narrative_text(after.narrative))
    moved = [note for note in notes if _reanchor(note, change)]
    Annotation.objects.bulk_update(moved, ANCHOR_FIELDS, batch_size=500)
    return len(moved)


def _reanchor(note: Annotation, change: TextChange) -> bool:
    """Give a note its place in the changed text, and tell whether it is another one."""
    was = (note.placement, note.start, note.end)
    at = None if note.start is None or note.end is None else TextSpan(note.start, note.end)
    anchored = change.follow(Quotation(note.exact, note.prefix, note.suffix), at)
    note.start, note.end = anchored.span or (None, None)
    note.placement = Placement(anchored.state.value)
    if was == (note.placement, note.start, note.end):
        return False
    note.version, note.updated_at = note.version + 1, timezone.now()
    return True
