"""Importing a file of W3C annotations as notes of one user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import transaction
from rest_framework.exceptions import ValidationError

from accounts.models import User
from annotations import actions, w3c
from annotations.api.exchange import PROPERTY_OF_FIELD
from annotations.models import Annotation, OtherName
from annotations.w3c.names import resolve_iri

from .w3c import (
    MAX_ANNOTATION_BYTES,
    MAX_ANNOTATIONS,
    AnnotationMistake,
    FileAnnotation,
    UnusableFile,
    annotation_names,
    annotations_in_file,
    identifying_names,
    index_by_own_name,
    is_annotation_too_large,
    modified_at,
    single_target_iri,
)

NOTES_BATCH_SIZE = 500
ANNOTATION_ERRORS = (
    ValidationError,
    w3c.ImmutableProperty,
    actions.AnchoringError,
    actions.RuleViolation,
    PermissionDenied,
    Annotation.DoesNotExist,
)


class NoteOutcome(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"


class NotesImportOptions(NamedTuple):
    """How a file is imported: as private notes, without what is refused, or as a dry run.

    `most` is how many annotations the file may have.
    """

    private: bool = False
    skip_refused: bool = False
    dry_run: bool = False
    most: int = MAX_ANNOTATIONS


class NotesImportResult(NamedTuple):
    """How many annotations had which outcome, and what is wrong with those that were refused."""

    outcomes: Mapping[NoteOutcome, int]
    mistakes: list[AnnotationMistake]
    stored: bool


def import_notes(*, body: bytes, by: User, choice: NotesImportOptions = NotesImportOptions()) -> NotesImportResult:  # noqa: B008 - a tuple never changes
    """Import the annotations of a file: all or none, unless what is refused is to be left out.

    One that is a note of `by` already, by its address or one of its names, makes no second one: the note is changed if
    the annotation's `modified` is later than the last change here. Replies may come before what they reply to. Quoted
    words that are not at the given offsets are searched for. With `private`, only `by` can read the new notes, whatever
    audience the file names.
    """
    try:
        found = annotations_in_file(body, choice.most)
    except UnusableFile as unusable:
        return NotesImportResult(Counter(), unusable.mistakes, stored=False)
    with transaction.atomic():
        bringing = _NotesImport(found, by, private=choice.private)
        bringing.all()
        stored = not choice.dry_run and (choice.skip_refused or not bringing.mistakes)
        if not stored:
            transaction.set_rollback(True)
    return NotesImportResult(bringing.outcomes, bringing.mistakes, stored)


class _NotesImport:
    """The annotations of a file while they become notes."""

    def __init__(self, found: list[FileAnnotation], by: User, *, private: bool) -> None:
        self.found = found
        self.by = by
        self.private = private
        self.index = index_by_own_name(found)
        self.known = _KnownNotes(identifying_names(found), by)
        self.notes: dict[int, Annotation] = {}
        self.outcomes: Counter[NoteOutcome] = Counter()
        self.mistakes: list[AnnotationMistake] = []

    def all(self) -> None:
        """Import every annotation, each before the replies to it."""
        above = {index: self.index.get(single_target_iri(each.document)) for index, each in enumerate(self.found)}
        for index in _in_order(above):
            found = self.found[index]
            try:
                with transaction.atomic():
                    outcome, self.notes[index] = self._one(index, above[index])
            except ANNOTATION_ERRORS as error:
                self.mistakes += [found.mistake(pointer, what) for pointer, what in _error_pointers(error)]
            else:
                self.outcomes[outcome] += 1
        self.mistakes.sort(key=lambda mistake: mistake.number)

    def _one(self, index: int, above: int | None) -> tuple[NoteOutcome, Annotation]:
        document = self.found[index].document
        if is_annotation_too_large(document):
            raise ValidationError([f"An annotation has at most {MAX_ANNOTATION_BYTES // 1024} KiB."])
        for iri in annotation_names(document).own:
            if self.index[iri] < index:
                return self._twice(index, self.index[iri])
        if above is not None:
            document = {**document, "target": self._answered(above).iri}
        if self.private:
            document = {name: value for name, value in document.items() if name != "audience"}
        note = self.known.take(document)
        return (NoteOutcome.CREATED, self._written(document)) if note is None else self._met(note, document)

    def _twice(self, index: int, first: int) -> tuple[NoteOutcome, Annotation]:
        """Accept an annotation that the file has twice, if both are the same."""
        if self.found[index].document != self.found[first].document or first not in self.notes:
            raise ValidationError({"id": [f"This is a name of annotation {first + 1} of the file, too."]})
        return NoteOutcome.SAME, self.notes[first]

    def _answered(self, above: int) -> Annotation:
        if above not in self.notes:
            what = f"It answers annotation {above + 1} of the file, which is refused or answers this one."
            raise ValidationError({"target": [what]})
        return self.notes[above]

    def _written(self, document: Any) -> Annotation:
        """Create a note; without its offsets, if the words are not there."""
        draft = w3c.read_annotation(document, by=self.by)
        if draft.parent is not None:
            return actions.reply_to_note(parent=draft.parent, content=draft.content, by=self.by)
        try:
            return actions.create_note(case=draft.case, passage=draft.passage, content=draft.content, by=self.by)
        except actions.AnchoringError:
            if draft.passage is None or draft.passage.span is None:
                raise
        elsewhere = draft.passage._replace(span=None)
        return actions.create_note(case=draft.case, passage=elsewhere, content=draft.content, by=self.by)

    def _met(self, note: Annotation, document: dict[str, Any]) -> tuple[NoteOutcome, Annotation]:
        """Change an existing note if the document is newer."""
        modified = modified_at(document)
        if modified is None or modified <= (note.edited_at or note.created_at):
            return NoteOutcome.SAME, note
        note = Annotation.objects.with_related().get(pk=note.pk)
        bare = {name: value for name, value in document.items() if name not in {"id", "canonical", "via"}}
        draft = w3c.read_update(bare, note=note, by=self.by)
        same = draft.passage is None or draft.passage.quotation.exact == note.exact
        passage = None if same else draft.passage
        changed = actions.revise_note(note=note, content=draft.content, passage=passage, by=self.by)
        return NoteOutcome.SAME if changed.version == note.version else NoteOutcome.CHANGED, changed


class _KnownNotes:
    """The notes of a user that documents may be, by their names."""

    def __init__(self, iris: Iterable[str], by: User) -> None:
        self.own = Annotation.objects.filter(author=by, deleted_at=None)
        self.keys: dict[str, int] = {}
        self.taken: set[int] = set()
        names = sorted(iris)
        for start in range(0, len(names), NOTES_BATCH_SIZE):
            self._look(names[start : start + NOTES_BATCH_SIZE])
        canonical = OtherName.objects.filter(annotation__author=by, relation=OtherName.Relation.CANONICAL)
        self.canonical = dict(canonical.values_list("annotation", "iri"))
        keys = sorted(self.keys.values())
        self.notes: dict[int, Annotation] = {}
        for start in range(0, len(keys), NOTES_BATCH_SIZE):
            dated = self.own.only("uid", "version", "created_at", "edited_at")
            self.notes |= dated.in_bulk(keys[start : start + NOTES_BATCH_SIZE])

    def _look(self, iris: list[str]) -> None:
        met: dict[str, set[int]] = {}
        for name in OtherName.objects.filter(annotation__in=self.own.values("pk"), iri__in=iris):
            met.setdefault(name.iri, set()).add(name.annotation_id)
        self.keys |= {iri: keys.pop() for iri, keys in met.items() if len(keys) == 1}
        uids = {uid: iri for iri in iris if (uid := _uid_of(iri))}
        self.keys |= {uids[uid]: key for uid, key in self.own.filter(uid__in=uids).values_list("uid", "pk")}

    def take(self, document: Any) -> Annotation | None:
        """The note that a document is; each note is given out once."""
        named = annotation_names(document)
        for key in filter(None, map(self.keys.get, (*named.own, *named.via))):
            wanted, there = document.get("canonical"), self.canonical.get(key)
            if key not in self.taken and (not wanted or not there or wanted == there):
                self.taken.add(key)
                return self.notes[key]
        return None


def _uid_of(iri: str) -> str:
    """The uid of the note with this IRI; empty if it is none of this catalogue's."""
    match = resolve_iri(iri)
    return str(match.kwargs["uid"]) if match and match.view_name == "annotations:note" else ""


def _in_order(above: Mapping[int, int | None]) -> Iterator[int]:
    """Every index once, after those above it; the indexes of a cycle in any order.

    >>> list(_in_order({0: 2, 1: None, 2: None}))
    [2, 0, 1]
    """
    seen: set[int] = set()
    for index in above:
        way: list[int] = []
        here_: int | None = index
        while here_ is not None and here_ not in seen:
            seen.add(here_)
            way.append(here_)
            here_ = above[here_]
        yield from reversed(way)


def _error_pointers(error: Exception) -> Iterator[tuple[str, str]]:
    """Why an annotation is refused: pointers into it, and what is wrong there."""
    match error:
        case ValidationError():
            yield from w3c.error_pointers(error)
        case w3c.ImmutableProperty():
            yield f"#/{error.place}", str(error)
        case actions.AnchoringError():
            yield "#/target/selector", str(error)
        case actions.RuleViolation():
            for name, messages in error.message_dict.items():
                yield from ((f"#/{PROPERTY_OF_FIELD.get(name, name)}", message) for message in messages)
        case _:
            yield "#/target", str(error) or "What it answers is not there any more."
