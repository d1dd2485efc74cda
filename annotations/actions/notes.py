"""Changes to notes. Only the author changes a note; anyone who can read a note may reply."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from cases.models import Case

from ..models import Annotation, Audience, Code, Membership, OtherName, Placement, Tag, Wording
from ..records import NoteContent, QuotedPassage, content_of, term_code
from . import rules

TARGET_FIELDS = ("revision", "exact", "prefix", "suffix", "quoted_at", "placement", "start", "end")


@transaction.atomic
def create_note(*, case: Case | None, passage: QuotedPassage | None, content: NoteContent, by: User) -> Annotation:
    """Write a note: on words of a narrative, on a case as a whole (no passage), or on another site's page (no case).

    Raises AnchoringError if the words are missing or ambiguous. The quotation is stored as the narrative has it.
    """
    rules.check_content(content, by)
    if passage is None and not _has_content(content):
        raise rules.RuleViolation({"comment": "Say something, or quote words of the narrative."})
    note = Annotation(case=case, author=by)
    if passage is not None and case is not None:
        _pin(note, case, passage, by)
    return _write(note, content)


@transaction.atomic
def reply_to_note(*, parent: Annotation, content: NoteContent, by: User) -> Annotation:
    """Answer a note, with the same audience."""
    locked = rules.lock_note(parent)
    if not Annotation.objects.visible_to(by).filter(pk=locked.pk).exists():
        raise PermissionDenied("Only who reads a note may answer it.")
    content = content._replace(audience=locked.audience, group=locked.group)
    rules.check_content(content, by)
    if not _has_content(content):
        raise rules.RuleViolation({"comment": "Write an answer."})
    return _write(Annotation(case=locked.case, author=by, parent=locked, thread=locked.root), content)


@transaction.atomic
def revise_note(
    *,
    note: Annotation,
    content: NoteContent,
    by: User,
    version: int | None = None,
    passage: QuotedPassage | None = None,
) -> Annotation:
    """Change a note's content or audience, and keep the old wording. Raises StaleNote if it is not at `version`.

    With `passage`, also pin it to these words, as `reattach_note` does.

    The whole thread shares one audience: it cannot change once somebody else has answered, and the author's own
    replies change with it.
    """
    locked = rules.lock_own_note(note, by)
    rules.check_note_version(locked, version)
    before = content_of(locked)
    if _comparable(content) == _comparable(before) and passage is None:
        return locked
    rules.check_content(
        content if content.audience != before.audience or content.group != before.group else _without_audience(content),
        by,
    )
    if not (locked.exact or _has_content(content)):
        raise rules.RuleViolation({"comment": "Say something, or delete the note."})
    _change_audience(locked, content)
    _save_wording(locked, before)
    if passage is not None:
        _repin(locked, passage, by)
    locked.edited_at = timezone.now()
    locked.version += 1
    return _write(locked, content)


@transaction.atomic
def reattach_note(*, note: Annotation, passage: QuotedPassage, by: User, version: int | None = None) -> Annotation:
    """Pin a note, and so its thread, to other words of the case's narrative, and keep the old wording."""
    locked = rules.lock_own_note(note, by)
    rules.check_note_version(locked, version)
    _save_wording(locked, content_of(locked))
    _repin(locked, passage, by)
    locked.version += 1
    locked.save(update_fields=[*TARGET_FIELDS, "version", "updated_at"])
    return locked


@transaction.atomic
def resolve_thread(*, note: Annotation, by: User, resolved: bool = True) -> Annotation:
    """Mark a thread as resolved or open again; for its author or any member of its group."""
    root = rules.lock_note(note.root)
    if not (root.author_id == by.pk or Membership.objects.filter(group=root.group_id, user=by).exists()):
        raise PermissionDenied("Only the author of a thread, or a member of its group, may resolve it.")
    if bool(root.resolved_at) != resolved:
        root.resolved_at, root.resolved_by = (timezone.now(), by) if resolved else (None, None)
        root.version += 1
        root.save(update_fields=["resolved_at", "resolved_by", "version", "updated_at"])
    return root


@transaction.atomic
def delete_note(*, note: Annotation, by: User, version: int | None = None) -> None:
    """Delete a note's content; its quotation stays as long as the thread has other notes."""
    locked = rules.lock_own_note(note, by)
    rules.check_note_version(locked, version)
    for related in (locked.tags, locked.wordings, locked.names):
        related.all().delete()
    Code.objects.filter(annotation=locked).delete()
    locked.comment, locked.w3c_extra, locked.edited_at = "", {}, None
    locked.deleted_at, locked.version = timezone.now(), locked.version + 1
    locked.save()
    _clear_unused_quote(locked.root)


def _comparable(content: NoteContent) -> tuple[object, ...]:
    """A value to compare contents by; the order of tags, codes and names does not count."""
    sets = map(frozenset, (content.tags, content.codes, content.names))
    return (content.comment, content.audience, content.group, content.elsewhere or {}, *sets)


def _has_content(content: NoteContent) -> bool:
    says = (content.elsewhere or {}).keys() - {"creator"}
    return bool(content.comment.strip() or content.tags or content.codes or says)


def _without_audience(content: NoteContent) -> NoteContent:
    """For checking the words alone: someone who has left a group may still correct their note in it."""
    return content._replace(audience=Audience.PRIVATE, group=None)


def _pin(note: Annotation, case: Case, passage: QuotedPassage, by: User) -> None:
    note.revision, (note.start, note.end), (note.exact, note.prefix, note.suffix) = rules.anchor_passage(
        case, passage, by
    )
    note.quoted_at, note.placement = note.start, Placement.PLACED


def _repin(note: Annotation, passage: QuotedPassage, by: User) -> None:
    if note.case is None or note.thread_id:
        raise rules.RuleViolation({"exact": "Only a note on a case can be pinned to words."})
    _pin(note, note.case, passage, by)


def _write(note: Annotation, content: NoteContent) -> Annotation:
    note.comment, note.audience, note.group = content.comment, content.audience, content.group
    note.w3c_extra = content.elsewhere or {}
    note.save()
    note.tags.all().delete()
    Tag.objects.bulk_create(Tag(annotation=note, label=label) for label in dict.fromkeys(content.tags))
    Code.objects.filter(annotation=note).delete()
    Code.objects.bulk_create(Code(annotation=note, term=term) for term in dict.fromkeys(content.codes))
    note.names.all().delete()
    OtherName.objects.bulk_create(OtherName(annotation=note, **name._asdict()) for name in dict.fromkeys(content.names))
    return note


def _save_wording(note: Annotation, content: NoteContent) -> None:
    Wording.objects.create(
        annotation=note,
        version=note.version,
        exact=note.exact,
        comment=content.comment,
        tags=list(content.tags),
        codes=[term_code(term) for term in content.codes],
        written_at=note.edited_at or note.created_at,
    )


def _change_audience(note: Annotation, content: NoteContent) -> None:
    """Change the audience of the author's own replies along with the note's."""
    if (content.audience, content.group) == (note.audience, note.group):
        return
    if note.thread_id:
        raise rules.RuleViolation({"audience": "An answer has the readers of the note that it answers."})
    replies = note.members.all()
    if replies.exclude(author=note.author_id).exists():
        raise rules.RuleViolation({"audience": "Others have answered before these readers: the audience stays."})
    replies.update(audience=content.audience, group=content.group, version=F("version") + 1, updated_at=timezone.now())


def _clear_unused_quote(root: Annotation) -> None:
    """Clear the quotation of a deleted first note once its thread has no other notes."""
    if root.deleted_at and not root.members.filter(deleted_at=None).exists():
        Annotation.objects.filter(pk=root.pk).update(
            **dict.fromkeys(("exact", "prefix", "suffix", "placement"), ""),
            **dict.fromkeys(("revision", "quoted_at", "start", "end")),
        )
