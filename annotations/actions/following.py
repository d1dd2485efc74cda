"""What becomes of notes when a narrative changes. The catalogue itself does it, in the transaction of the change."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from cases.markdown import text_content
from cases.models import Revision

from ..models import Annotation, Placement
from ..selectors import Change, Quotation, Span

MOVED = ("placement", "start", "end", "version", "updated_at")


@transaction.atomic
def follow(*, before: Revision, after: Revision) -> int:
    """Place every note on words of a case again, orphans too; return how many have another place or state now."""
    notes = list(Annotation.objects.select_for_update(of=("self",)).filter(case=before.case_id).exclude(exact=""))
    if not notes:
        return 0
    change = Change(text_content(before.narrative), text_content(after.narrative))
    moved = [note for note in notes if _placed(note, change)]
    Annotation.objects.bulk_update(moved, MOVED, batch_size=500)
    return len(moved)


def _placed(note: Annotation, change: Change) -> bool:
    """Give a note its place in the changed text, and tell whether it is another one."""
    was = (note.placement, note.start, note.end)
    at = None if note.start is None or note.end is None else Span(note.start, note.end)
    standing = change.follow(Quotation(note.exact, note.prefix, note.suffix), at)
    note.start, note.end = standing.span or (None, None)
    note.placement = Placement(standing.state.value)
    if was == (note.placement, note.start, note.end):
        return False
    note.version, note.updated_at = note.version + 1, timezone.now()
    return True
