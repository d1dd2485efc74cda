"""The notes beside a case as one user sees them: threads, order, pages, and the marks in the text.

A thread is shown whole if any of its notes matches the query. Its number does not depend on the query: it counts the
passages with notes that the user may see. Notes on words come first, in the order of the text, then notes on the case
as a whole, then orphaned notes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse

from accounts.models import User
from cases.markdown import narrative_text, render_markdown
from cases.models import Case
from cases.models.case import Reader
from cases.query.facets import QueryLinks
from plaintext.collation import collate

from ..anchoring.highlights import AnchoredNote, Coding, highlight
from ..anchoring.selectors import TextSpan
from ..models import Annotation, Code, Group, Placement, Tag
from .filters import NoteFilterSet

THREADS_PER_PAGE = 50
NOTES_PAGE_PARAMETER = "notes"
"""The query parameter with the page number of the notes."""
NO_SUCH_PAGE = "There are not so many pages of notes."
NARROWING_PARAMETERS = (*(name for name in NoteFilterSet.FACETS if name != "case"), "q")
"""The query parameters of a case's page that filter its notes."""


class NoteRow(NamedTuple):
    """The columns of a note that determine its thread, order and page."""

    pk: int
    uid: str
    thread_id: int | None
    parent_id: int | None
    author_id: int | None
    group_id: int | None
    start: int | None
    end: int | None
    placement: str
    deleted_at: datetime | None


class ThreadOutline(NamedTuple):
    """A thread before its notes are fetched: its number in the text, and its first note unless that is hidden."""

    number: int | None
    root: NoteRow | None
    notes: list[NoteRow]

    @property
    def part(self) -> str:
        """The part of the list that it belongs to."""
        if self.root is None or not self.root.placement:
            return "whole"
        return "adrift" if self.root.placement == Placement.ORPHANED else "placed"


MARGIN_PARTS = ("placed", "whole", "adrift")


class Reply(NamedTuple):
    """A reply, and the note that it replies to, unless that is the first note of the thread."""

    note: Annotation
    to: Annotation | None


class Thread(NamedTuple):
    """A thread to render: its number in the text, its first note (None: hidden), and the replies."""

    number: int | None
    root: Annotation | None
    replies: list[Reply]


class CodesAndTags(NamedTuple):
    """The codes and tags of some notes, by note."""

    codes: dict[int, list[Coding]]
    tags: dict[int, list[str]]

    @classmethod
    def of(cls, **notes: Any) -> CodesAndTags:
        """Fetch them in two queries; `notes` are lookups that select the notes."""
        codes: dict[int, list[Coding]] = {}
        rows = Code.objects.filter(**notes).order_by("term__vocabulary__order", "term__order", "term__slug")
        for key, vocabulary, slug, label, broad in rows.values_list("annotation", *CODING_COLUMNS):
            codes.setdefault(key, []).append(Coding(vocabulary, slug, label, broad or slug))
        tags: dict[int, list[str]] = {}
        for key, label in Tag.objects.filter(**notes).order_by("label").values_list("annotation", "label"):
            tags.setdefault(key, []).append(label)
        return cls(codes, tags)


CODING_COLUMNS = ("term__vocabulary__slug", "term__slug", "term__label", "term__broader__slug")


class MarginPart(NamedTuple):
    """Threads that are placed in the text, on the case as a whole, or orphaned ("adrift")."""

    name: str
    threads: list[Thread]


class PartSummary(NamedTuple):
    """The number of threads of a part on all pages, and the address of its first thread."""

    name: str
    number: int
    address: str


class NarrowingChoices(NamedTuple):
    """The filter values for a case's notes, with their labels."""

    authors: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    codes: list[tuple[str, str]]
    tags: list[str]


@dataclass(frozen=True)
class Margin:
    """The notes beside a case that match the query; with `beside`, the uid of a note, the page with that note."""

    case: Case
    reader: Reader
    query: QueryDict
    beside: str = ""

    @cached_property
    def narrowed(self) -> QueryDict:
        """The parameters of the query that filter notes."""
        params = QueryDict(mutable=True)
        for name in NARROWING_PARAMETERS:
            values = [value for value in self.query.getlist(name) if value]
            if values:
                params.setlist(name, values)
        return params

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with the query; no notes are shown then."""
        messages = [why for whys in self._filterset.problems.values() for why in whys] if self._filterset else []
        return messages or ([NO_SUCH_PAGE] if self.number > self.pages else [])

    @cached_property
    def _filterset(self) -> NoteFilterSet | None:
        if not self.narrowed:
            return None
        params = self.narrowed.copy()
        params["case"] = self.case.slug
        return NoteFilterSet(params, self.reader)

    @cached_property
    def lines(self) -> list[NoteRow]:
        """All notes that the user may see, including deleted ones."""
        addressed = Annotation.objects.addressed_to(self.reader).filter(case=self.case).order_by("pk")
        return list(map(NoteRow._make, addressed.values_list(*NoteRow._fields)))

    @cached_property
    def every(self) -> int:
        """The number of notes that the user may see here, regardless of the query."""
        return sum(line.deleted_at is None for line in self.lines)

    @cached_property
    def labels(self) -> CodesAndTags:
        """The codes and tags of all notes on the case; look up only `lines`, as the user may not see the others."""
        return CodesAndTags.of(annotation__case=self.case) if self.lines else CodesAndTags({}, {})

    @cached_property
    def total(self) -> int:
        """The number of matching notes."""
        return self.every if self._found is None else len(self._found)

    @cached_property
    def _found(self) -> frozenset[int] | None:
        if self._filterset is None:
            return None
        shown = {line.pk for line in self.lines if line.deleted_at is None}
        return (
            frozenset()
            if self._filterset.problems
            else frozenset(self._filterset.found.values_list("pk", flat=True)) & shown
        )

    @cached_property
    def strands(self) -> list[ThreadOutline]:
        """The matching threads of all pages, in order."""
        found = self._found
        return [thread for thread in self._ordered if found is None or any(line.pk in found for line in thread.notes)]

    @cached_property
    def _ordered(self) -> list[ThreadOutline]:
        threads: dict[int, list[NoteRow]] = {}
        answered = {line.parent_id for line in self.lines if line.deleted_at is None}
        for line in self.lines:
            if line.deleted_at is None or line.pk in answered or line.thread_id is None:
                threads.setdefault(line.thread_id or line.pk, []).append(line)
        alive = [lines for lines in threads.values() if any(line.deleted_at is None for line in lines)]
        unnumbered = (
            ThreadOutline(None, next((n for n in notes if n.thread_id is None), None), notes) for notes in alive
        )
        ordered = sorted(unnumbered, key=_thread_order)
        return [
            thread._replace(number=number) if thread.part == "placed" else thread
            for number, thread in enumerate(ordered, 1)
        ]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.strands) // THREADS_PER_PAGE))

    @cached_property
    def number(self) -> int:
        """The number of the page; one above the last if the parameter is invalid."""
        if self.beside:
            at = next((i for i, thread in enumerate(self.strands) if _contains(thread, self.beside)), 0)
            return at // THREADS_PER_PAGE + 1
        value = self.query.get(NOTES_PAGE_PARAMETER, "1")
        valid = value.isascii() and value.isdigit() and len(value) < 7 and int(value)
        return min(int(value), self.pages + 1) if valid else self.pages + 1

    @property
    def here(self) -> list[ThreadOutline]:
        """The threads on this page."""
        return (
            [] if self.problems else self.strands[(self.number - 1) * THREADS_PER_PAGE : self.number * THREADS_PER_PAGE]
        )

    @cached_property
    def parts(self) -> list[MarginPart]:
        """The threads on this page with their notes, grouped by part."""
        keys = [line.pk for thread in self.here for line in thread.notes]
        notes = {note.pk: note for note in notes_to_print(self.case).filter(pk__in=keys)}
        return [
            MarginPart(name, [_thread(thread, notes) for thread in strands])
            for name, strands in groupby(self.here, lambda thread: thread.part)
        ]

    def number_of(self, note: Annotation) -> int | None:
        """The number in the text of the first note of a thread; None for other notes."""
        return next((s.number for s in self._ordered if s.root and s.root.pk == note.pk), None)

    def shows(self, note: Annotation) -> bool:
        """Whether a note's thread is among the matching ones."""
        return any(_contains(thread, note.uid) for thread in self.strands)

    @cached_property
    def summaries(self) -> list[PartSummary]:
        """The parts of the list on all pages."""
        found = [thread.part for thread in self.strands] if not self.problems else []
        present = [(name, found.count(name), found.index(name)) for name in MARGIN_PARTS if name in found]
        return [
            PartSummary(name, number, f"{self.page(at // THREADS_PER_PAGE + 1)}#{name}") for name, number, at in present
        ]

    def page(self, number: int) -> str:
        """The address of a page of the same query."""
        return QueryLinks(self.narrowed, self.case.get_absolute_url()).to(
            {NOTES_PAGE_PARAMETER: [str(number)]} if number > 1 else {}
        )

    @property
    def earlier(self) -> str | None:
        """The address of the previous page."""
        return self.page(self.number - 1) if self.number > 1 else None

    @property
    def later(self) -> str | None:
        """The address of the next page."""
        return self.page(self.number + 1) if self.number < self.pages else None

    @cached_property
    def html(self) -> str:
        """The narrative's HTML with the words of its notes marked."""
        return highlight(render_markdown(self.case.narrative), [] if self.problems else list(self._anchored()))

    def words(self, note: Annotation) -> str:
        """The words of the current narrative that a note is anchored to."""
        return narrative_text(self.case.narrative)[note.start : note.end]

    def _anchored(self) -> Iterator[AnchoredNote]:
        here, elsewhere = {thread.root for thread in self.here}, reverse("annotations:container")
        for number, root, _ in self.strands:
            if root and number and root.start is not None and root.end is not None:
                address = f"#note-{root.uid}" if root in here else f"{elsewhere}{root.uid}/"
                types = [coding for coding in self.labels.codes.get(root.pk, ()) if coding.vocabulary == "type"]
                yield AnchoredNote(number, root.uid, TextSpan(root.start, root.end), address, types)

    @cached_property
    def choices(self) -> NarrowingChoices:
        """Filter values: the authors, groups, codes and tags of the notes that the user may see."""
        visible = [line for line in self.lines if line.deleted_at is None]
        authors = User.objects.filter(pk__in={line.author_id for line in visible if line.author_id})
        groups = Group.objects.filter(pk__in={line.group_id for line in visible if line.group_id})
        codes = {code.code: code.label for line in visible for code in self.labels.codes.get(line.pk, ())}
        return NarrowingChoices(
            sorted(((author.username, str(author)) for author in authors), key=lambda pair: collate(pair[1])),
            [(group.uid, group.name) for group in groups],
            list(codes.items()),
            sorted({tag for line in visible for tag in self.labels.tags.get(line.pk, ())}, key=collate),
        )


def notes_to_print(case: Case | None) -> QuerySet[Annotation]:
    """The notes on a case with everything needed to render them; narratives are deferred, as they would repeat."""
    notes = Annotation.objects.filter(case=case).select_related("author", "group", "revision").order_by("pk")
    return notes.defer("revision__narrative", "prefix", "suffix", "w3c_extra")


def standalone_thread(note: Annotation, reader: Reader) -> Thread:
    """The thread of a note as one user sees it, for notes that are not shown beside a case."""
    root = note.thread_id or note.pk
    visible = Annotation.objects.visible_to(reader).filter(Q(pk=root) | Q(thread=root))
    notes = {note.pk: note for note in notes_to_print(note.case).filter(pk__in=visible.values("pk"))}
    return Thread(None, notes.get(root), [_reply(notes[key], notes) for key in notes if key != root])


def _thread_order(thread: ThreadOutline) -> tuple[int, int, int, int]:
    """Sort by part, then position in the text, then age."""
    first = thread.root or thread.notes[0]
    return MARGIN_PARTS.index(thread.part), first.start or 0, first.end or 0, first.pk


def _contains(thread: ThreadOutline, uid: str) -> bool:
    return any(line.uid == uid for line in thread.notes)


def _thread(thread: ThreadOutline, notes: dict[int, Annotation]) -> Thread:
    replies = [_reply(notes[line.pk], notes) for line in thread.notes if line is not thread.root and line.pk in notes]
    return Thread(thread.number, notes.get(thread.root.pk) if thread.root else None, replies)


def _reply(note: Annotation, notes: dict[int, Annotation]) -> Reply:
    return Reply(note, notes.get(note.parent_id) if note.parent_id and note.parent_id != note.thread_id else None)
