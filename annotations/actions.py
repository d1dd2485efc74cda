"""What may be done to a note, each a verb: every door calls these. Who may: a note's author, and nobody else."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction

from accounts.models import User
from cases.markdown import render, text_of
from cases.models import Case

from .models import Annotation, Audience
from .selectors import Quotation, Span, places, quote, stands

COMMENT_LIMIT = 10_000
QUOTE_LIMIT = 10_000
"""How many characters a comment and a quotation may have; the doors say so before anything is tried."""


class Misplaced(ValueError):
    """The quoted words have no certain place in the narrative: nothing is stored. The message says what to do."""


@transaction.atomic
def annotate(
    *, case: Case, quotation: Quotation, span: Span | None, comment: str, audience: str, by: User
) -> Annotation:
    """Pin a note to words of a narrative: at `span`, or where that is None at the one place where they stand.

    The case's row is held, so that its text cannot change between the check and the note. What is stored as
    quotation is the text's own.
    """
    text = text_of(render(Case.objects.select_for_update().get(pk=case.pk).narrative))
    start, end = _only_place(text, quotation) if span is None else _at(text, span, quotation)
    exact, prefix, suffix = quote(text, start, end)
    return Annotation.objects.create(
        case=case,
        author=by,
        audience=Audience(audience),
        exact=exact,
        prefix=prefix,
        suffix=suffix,
        start=start,
        end=end,
        comment=comment,
    )


@transaction.atomic
def revise(*, note: Annotation, comment: str | None = None, audience: str | None = None, by: User) -> Annotation:
    """Change what a note says, or who may read it; None leaves it."""
    held = _held(note, by)
    held.comment = held.comment if comment is None else comment
    held.audience = held.audience if audience is None else Audience(audience)
    held.save(update_fields=["comment", "audience", "updated_at"])
    return held


@transaction.atomic
def remove(*, note: Annotation, by: User) -> None:
    """Delete a note."""
    _held(note, by).delete()


def _held(note: Annotation, by: User) -> Annotation:
    """Take a note for the rest of this transaction; Annotation.DoesNotExist where it has just been deleted."""
    if note.author_id != by.pk:
        raise PermissionDenied("Only its author may change a note.")
    return Annotation.objects.select_for_update().get(pk=note.pk)


def _at(text: str, span: Span, quotation: Quotation) -> Span:
    if span.end - span.start != len(quotation.exact) or not stands(text, span.start, quotation):
        raise Misplaced(
            "These words do not stand at this place of the narrative as it is now. It may have been edited since you"
            " read it: load the page again and select the words once more."
        )
    return span


def _only_place(text: str, quotation: Quotation) -> Span:
    found = places(text, quotation)
    if not found:
        raise Misplaced(
            "These words do not stand in the narrative. Copy them from it as they are, without leaving any out."
        )
    if len(found) > 1:
        raise Misplaced(
            f"These words stand in the narrative {len(found)} times. Copy some of the words around them, too."
        )
    return found[0]
