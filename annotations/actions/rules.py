"""Checks that the actions share, and the anchoring of quoted words."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import PermissionDenied

from accounts.models import User
from cases.actions import RuleViolation
from cases.actions.rules import raise_rule_violations
from cases.derived.refresh import current_revision
from cases.markdown import narrative_text
from cases.models import Case, Revision
from plaintext.visibility import NOTHING_SEEN, is_unseen_text, name_problem

from ..anchoring.selectors import Quotation, TextSpan, find_quote, quote_at, quote_reads_at
from ..models import MAX_TAG_LENGTH, Annotation, Audience, Membership
from ..records import MAX_QUOTE_LENGTH, NoteContent, QuotedPassage

__all__ = ["MAX_COMMENT_LENGTH", "MAX_QUOTE_LENGTH", "MAX_TAGS", "AnchoringError", "RuleViolation", "StaleNote"]

MAX_COMMENT_LENGTH = 10_000
"""In characters. Forms and the protocol check it first, too."""
MAX_TAGS = 20


class AnchoringError(ValueError):
    """The quoted words are missing from the narrative or ambiguous. The message says what to do."""


class StaleNote(Exception):
    """The note has changed since the user read it; `note` is the current version."""

    def __init__(self, note: Annotation) -> None:
        super().__init__("This note was changed meanwhile. Look at what it says now and try again.")
        self.note = note


def check_content(content: NoteContent, by: User) -> None:
    """Raise RuleViolation for content that is too long, or a group that the author does not belong to."""
    raise_rule_violations(dict(_content_violations(content, by)))


def _content_violations(content: NoteContent, by: User) -> Iterator[tuple[str, str]]:
    if len(content.comment) > MAX_COMMENT_LENGTH:
        yield (
            "comment",
            f"A comment has at most {MAX_COMMENT_LENGTH:,} characters; this one has {len(content.comment):,}.",
        )
    if len(content.tags) > MAX_TAGS:
        yield "tags", f"A note has at most {MAX_TAGS} tags."
    if any(len(tag) > MAX_TAG_LENGTH for tag in content.tags):
        yield "tags", f"A tag has at most {MAX_TAG_LENGTH} characters."
    yield from _unseen(content)
    if "\0" in content.comment + "".join(content.tags):
        yield "comment", "The character NUL cannot be stored: take it out."
    if content.audience != Audience.GROUP:
        if content.group:
            yield "group", "Choose the group as audience, or leave the group out."
        return
    memberships = Membership.objects.filter(group=content.group, user=by).select_related("group")
    membership = memberships.select_for_update(of=("group",), no_key=True).first()  # so that it is not closed meanwhile
    if membership is None:
        yield "group", "Choose one of your groups."
    elif membership.group.closed_at:
        yield "group", "This group is closed: nothing new is written in it."


def _unseen(content: NoteContent) -> Iterator[tuple[str, str]]:
    if is_unseen_text(content.comment):
        yield "comment", NOTHING_SEEN
    for problem in filter(None, map(name_problem, content.tags)):
        yield "tags", problem


def lock_own_note(note: Annotation, by: User) -> Annotation:
    """Lock the user's own note until the transaction ends; raises Annotation.DoesNotExist if it was just deleted."""
    if note.author_id != by.pk:
        raise PermissionDenied("Only its author may change a note.")
    return lock_note(note)


def lock_note(note: Annotation) -> Annotation:
    """Lock a note until the transaction ends; raises Annotation.DoesNotExist if it was just deleted."""
    locked = Annotation.objects.select_for_update(of=("self",)).select_related("thread", "group", "case")
    return locked.get(pk=note.pk, deleted_at=None)


def check_note_version(note: Annotation, version: int | None) -> None:
    """Raise StaleNote unless the note is at `version`; None skips the check."""
    if version is not None and note.version != version:
        raise StaleNote(note)


def anchor_passage(case: Case, passage: QuotedPassage, by: User) -> tuple[Revision, TextSpan, Quotation]:
    """Find words in the current narrative; returns its revision, their span, and the narrative's own words there.

    Locks the case's row, so that the text cannot change before this transaction ends.
    """
    locked = Case.objects.visible_to(by).select_for_update().filter(pk=case.pk).first()
    if locked is None:
        raise PermissionDenied("This narrative is not shown any more.")
    if len(passage.quotation.exact) > MAX_QUOTE_LENGTH:
        raise RuleViolation({"exact": f"A quotation has at most {MAX_QUOTE_LENGTH:,} characters."})
    text = narrative_text(locked.narrative)
    span = (
        _find_unique_span(text, passage.quotation)
        if passage.span is None
        else _check_span(text, passage.span, passage.quotation)
    )
    return current_revision(locked), span, quote_at(text, span.start, span.end)


def _check_span(text: str, span: TextSpan, quotation: Quotation) -> TextSpan:
    if not quote_reads_at(text, span, quotation):
        raise AnchoringError(
            "These words do not stand at this place of the narrative as it is now. It may have been edited since you"
            " read it: load the page again and select the words once more."
        )
    return span


def _find_unique_span(text: str, quotation: Quotation) -> TextSpan:
    found = find_quote(text, quotation)
    if not found:
        raise AnchoringError(
            "These words do not stand in the narrative. Copy them from it as they are, without leaving any out."
        )
    if len(found) > 1:
        raise AnchoringError(
            f"These words stand in the narrative {len(found)} times. Copy some of the words around them, too."
        )
    return found[0]
