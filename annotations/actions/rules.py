"""What stands against a verb, and where quoted words stand."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied

from accounts.models import User
from cases.actions import Refused
from cases.keeping import revision_of
from cases.markdown import text_content
from cases.models import Case, Revision

from ..models import TAG_LIMIT, Annotation, Audience, Membership
from ..records import QUOTE_LIMIT, Passage, Said
from ..selectors import Quotation, Span, places, quote, stands

__all__ = ["COMMENT_LIMIT", "QUOTE_LIMIT", "TAGS_LIMIT", "Misplaced", "Refused", "Stale"]

COMMENT_LIMIT = 10_000
"""How many characters a comment may have; the doors say so before anything is tried."""
TAGS_LIMIT = 20


class Misplaced(ValueError):
    """The quoted words have no certain place in the narrative: nothing is stored. The message says what to do."""


class Stale(Exception):
    """The note was changed since its writer read it; `note` is as it is now."""

    def __init__(self, note: Annotation) -> None:
        super().__init__("This note was changed meanwhile. Look at what it says now and try again.")
        self.note = note


def refuse(mistakes: dict[str, str]) -> None:
    """Raise Refused where there are mistakes, by field."""
    if mistakes:
        raise Refused(mistakes)


def check(said: Said, by: User) -> None:
    """Refuse what a note must not say, and an audience that its author does not belong to."""
    refuse(dict(_faults(said, by)))


def _faults(said: Said, by: User) -> Iterator[tuple[str, str]]:
    if len(said.comment) > COMMENT_LIMIT:
        yield "comment", f"A comment has at most {COMMENT_LIMIT:,} characters; this one has {len(said.comment):,}."
    if len(said.tags) > TAGS_LIMIT:
        yield "tags", f"A note has at most {TAGS_LIMIT} tags."
    if any(len(tag) > TAG_LIMIT for tag in said.tags):
        yield "tags", f"A tag has at most {TAG_LIMIT} characters."
    if "\0" in said.comment + "".join(said.tags):
        yield "comment", "The character NUL cannot be stored: take it out."
    if said.audience != Audience.GROUP:
        if said.group:
            yield "group", "Choose the group as audience, or leave the group out."
        return
    memberships = Membership.objects.filter(group=said.group, user=by).select_related("group")
    belongs = memberships.select_for_update(of=("group",), no_key=True).first()  # it is not closed meanwhile
    if belongs is None:
        yield "group", "Choose one of your groups."
    elif belongs.group.closed_at:
        yield "group", "This group is closed: nothing new is written in it."


def held(note: Annotation, by: User) -> Annotation:
    """Take one's own note for the rest of this transaction; Annotation.DoesNotExist where it was just deleted."""
    if note.author_id != by.pk:
        raise PermissionDenied("Only its author may change a note.")
    return taken(note)


def taken(note: Annotation) -> Annotation:
    """Take a note for the rest of this transaction; Annotation.DoesNotExist where it was just deleted."""
    locked = Annotation.objects.select_for_update(of=("self",)).select_related("thread", "group", "case")
    return locked.get(pk=note.pk, deleted_at=None)


def fresh(note: Annotation, version: int | None) -> None:
    """Refuse to go on from another version than the one a note is at; None asks for none."""
    if version is not None and note.version != version:
        raise Stale(note)


def pinned(case: Case, passage: Passage, by: User) -> tuple[Revision, Span, Quotation]:
    """Return where words stand in the narrative as it is now, and its own words there.

    The case's row is held, so that its text cannot change before this transaction ends.
    """
    now = Case.objects.visible_to(by).select_for_update().filter(pk=case.pk).first()
    if now is None:
        raise PermissionDenied("This narrative is not shown any more.")
    if len(passage.quotation.exact) > QUOTE_LIMIT:
        raise Refused({"exact": f"A quotation has at most {QUOTE_LIMIT:,} characters."})
    text = text_content(now.narrative)
    span = _only_place(text, passage.quotation) if passage.span is None else _at(text, passage.span, passage.quotation)
    return revision_of(now), span, quote(text, span.start, span.end)


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
