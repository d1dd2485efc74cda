"""Verbs of notes. Who may: a note's author; who replies or resolves, whoever reads the thread."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from cases.models import Case

from ..models import Annotation, Audience, Code, Membership, OtherName, Placement, Tag, Wording
from ..records import Passage, Said, code_of, said_of
from . import rules

TARGET = ("revision", "exact", "prefix", "suffix", "quoted_at", "placement", "start", "end")


@transaction.atomic
def annotate(*, case: Case | None, passage: Passage | None, said: Said, by: User) -> Annotation:
    """Write a note: on words of a narrative, on a case as a whole (no passage), or on something elsewhere (no case).

    Misplaced where the words have no certain place. What is stored as quotation is the text's own.
    """
    rules.check(said, by)
    if passage is None and not _says(said):
        raise rules.Refused({"comment": "Say something, or quote words of the narrative."})
    note = Annotation(case=case, author=by)
    if passage is not None and case is not None:
        _pin(note, case, passage, by)
    return _write(note, said)


@transaction.atomic
def reply(*, parent: Annotation, said: Said, by: User) -> Annotation:
    """Answer a note, before the same readers."""
    above = rules.taken(parent)
    if not Annotation.objects.visible_to(by).filter(pk=above.pk).exists():
        raise PermissionDenied("Only who reads a note may answer it.")
    said = said._replace(audience=above.audience, group=above.group)
    rules.check(said, by)
    if not _says(said):
        raise rules.Refused({"comment": "Write an answer."})
    return _write(Annotation(case=above.case, author=by, parent=above, thread=above.root), said)


@transaction.atomic
def revise(
    *, note: Annotation, said: Said, by: User, version: int | None = None, passage: Passage | None = None
) -> Annotation:
    """Make a note say something else, or to others; what it said is kept. Stale if it is not at `version` any more.

    With `passage`, pin it to these other words in the same step, as `reattach` does.

    The audience is the thread's: it stays once somebody else has answered, and one's own answers go with it.
    """
    held = rules.held(note, by)
    rules.fresh(held, version)
    before = said_of(held)
    if _plain(said) == _plain(before) and passage is None:
        return held
    rules.check(said if said.audience != before.audience or said.group != before.group else _to_self(said), by)
    if not (held.exact or _says(said)):
        raise rules.Refused({"comment": "Say something, or delete the note."})
    _readdress(held, said)
    _keep_wording(held, before)
    if passage is not None:
        _pin_anew(held, passage, by)
    held.edited_at = timezone.now()
    held.version += 1
    return _write(held, said)


@transaction.atomic
def reattach(*, note: Annotation, passage: Passage, by: User, version: int | None = None) -> Annotation:
    """Pin a note to other words of its case's narrative, its thread with it; the old words are kept."""
    held = rules.held(note, by)
    rules.fresh(held, version)
    _keep_wording(held, said_of(held))
    _pin_anew(held, passage, by)
    held.version += 1
    held.save(update_fields=[*TARGET, "version", "updated_at"])
    return held


@transaction.atomic
def resolve(*, note: Annotation, by: User, resolved: bool = True) -> Annotation:
    """Mark a thread as settled, or open again: its author, and in a group every member."""
    root = rules.taken(note.root)
    if not (root.author_id == by.pk or Membership.objects.filter(group=root.group_id, user=by).exists()):
        raise PermissionDenied("Only the author of a thread, or a member of its group, may resolve it.")
    if bool(root.resolved_at) != resolved:
        root.resolved_at, root.resolved_by = (timezone.now(), by) if resolved else (None, None)
        root.version += 1
        root.save(update_fields=["resolved_at", "resolved_by", "version", "updated_at"])
    return root


@transaction.atomic
def remove(*, note: Annotation, by: User, version: int | None = None) -> None:
    """Delete a note: what it said is gone; the words it was pinned to stay only while a thread hangs on it."""
    held = rules.held(note, by)
    rules.fresh(held, version)
    for said in (held.tags, held.wordings, held.names):
        said.all().delete()
    Code.objects.filter(annotation=held).delete()
    held.comment, held.said_elsewhere, held.edited_at = "", {}, None
    held.deleted_at, held.version = timezone.now(), held.version + 1
    held.save()
    _forget_words(held.root)


def _plain(said: Said) -> tuple[object, ...]:
    """Return what tells one wording from another: the order of tags, codes and names says nothing."""
    sets = map(frozenset, (said.tags, said.codes, said.names))
    return (said.comment, said.audience, said.group, said.elsewhere or {}, *sets)


def _says(said: Said) -> bool:
    return bool(said.comment.strip() or said.tags or said.codes or said.elsewhere)


def _to_self(said: Said) -> Said:
    """Leave out the audience, for a check of the words alone: who left a group may still put a note in it right."""
    return said._replace(audience=Audience.PRIVATE, group=None)


def _pin(note: Annotation, case: Case, passage: Passage, by: User) -> None:
    note.revision, (note.start, note.end), (note.exact, note.prefix, note.suffix) = rules.pinned(case, passage, by)
    note.quoted_at, note.placement = note.start, Placement.PLACED


def _pin_anew(note: Annotation, passage: Passage, by: User) -> None:
    if note.case is None or note.thread_id:
        raise rules.Refused({"exact": "Only a note on a case can be pinned to words."})
    _pin(note, note.case, passage, by)


def _write(note: Annotation, said: Said) -> Annotation:
    note.comment, note.audience, note.group = said.comment, said.audience, said.group
    note.said_elsewhere = said.elsewhere or {}
    note.save()
    note.tags.all().delete()
    Tag.objects.bulk_create(Tag(annotation=note, label=label) for label in dict.fromkeys(said.tags))
    Code.objects.filter(annotation=note).delete()
    Code.objects.bulk_create(Code(annotation=note, term=term) for term in dict.fromkeys(said.codes))
    note.names.all().delete()
    OtherName.objects.bulk_create(OtherName(annotation=note, **name._asdict()) for name in dict.fromkeys(said.names))
    return note


def _keep_wording(note: Annotation, said: Said) -> None:
    Wording.objects.create(
        annotation=note,
        version=note.version,
        exact=note.exact,
        comment=said.comment,
        tags=list(said.tags),
        codes=[code_of(term) for term in said.codes],
        said_at=note.edited_at or note.created_at,
    )


def _readdress(note: Annotation, said: Said) -> None:
    """Let one's own answers go with their note to another audience."""
    if (said.audience, said.group) == (note.audience, note.group):
        return
    if note.thread_id:
        raise rules.Refused({"audience": "An answer has the readers of the note that it answers."})
    answers = note.members.all()
    if answers.exclude(author=note.author_id).exists():
        raise rules.Refused({"audience": "Others have answered before these readers: the audience stays."})
    answers.update(audience=said.audience, group=said.group, version=F("version") + 1, updated_at=timezone.now())


def _forget_words(root: Annotation) -> None:
    """Let the words of a deleted note go, too, once nothing hangs on it."""
    if root.deleted_at and not root.members.filter(deleted_at=None).exists():
        Annotation.objects.filter(pk=root.pk).update(
            **dict.fromkeys(("exact", "prefix", "suffix", "placement"), ""),
            **dict.fromkeys(("revision", "quoted_at", "start", "end")),
        )
