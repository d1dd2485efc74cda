"""The notes beside a case, as one reader sees them: which threads, in what order, on which page, and the text's marks.

A thread is shown whole where any of its notes answers the question; its number counts the passages that its reader may
see notes on, whatever is asked. First come the notes on words, in the order of the text, then those on the case as a
whole, then those that lost their words.
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

from ..anchoring.highlights import AnchoredNote, Coding, highlight
from ..anchoring.selectors import TextSpan
from ..models import Annotation, Code, Group, Placement, Tag
from .filters import NoteFilterSet

THREADS_PER_PAGE = 50
NOTES_PAGE_PARAMETER = "notes"
"""The parameter of a page of notes."""
NO_SUCH_PAGE = "There are not so many pages of notes."
NARROWING_PARAMETERS = (*(name for name in NoteFilterSet.FACETS if name != "case"), "q")
"""What the notes of a case are narrowed by; what else the address of its page says is not for them."""


class NoteRow(NamedTuple):
    """What the order of a case's notes is made from."""

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
    """A thread that has not been fetched: its number in the text; the note it began with, unless that is hidden."""

    number: int | None
    root: NoteRow | None
    notes: list[NoteRow]

    @property
    def part(self) -> str:
        """The part of the list in which it stands."""
        if self.root is None or not self.root.placement:
            return "whole"
        return "adrift" if self.root.placement == Placement.ORPHANED else "placed"


MARGIN_PARTS = ("placed", "whole", "adrift")


class Reply(NamedTuple):
    """An answer, and the answer that it answers, if it is not the note that all began with."""

    note: Annotation
    to: Annotation | None


class Thread(NamedTuple):
    """A thread as it is printed: its number in the text, the note it began with (None: hidden), and the answers."""

    number: int | None
    root: Annotation | None
    replies: list[Reply]


class CodesAndTags(NamedTuple):
    """The codes and tags of some notes, by note."""

    codes: dict[int, list[Coding]]
    tags: dict[int, list[str]]

    @classmethod
    def of(cls, **notes: Any) -> CodesAndTags:
        """Ask for them in two queries; `notes` says of which notes, as a lookup of theirs."""
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
    """Threads that belong together: placed in the text, on the case as a whole, or adrift."""

    name: str
    threads: list[Thread]


class PartSummary(NamedTuple):
    """How many threads a part has on all pages, and where it begins."""

    name: str
    number: int
    address: str


class NarrowingChoices(NamedTuple):
    """What a case's notes can be narrowed to: values with their words."""

    authors: list[tuple[str, str]]
    groups: list[tuple[str, str]]
    codes: list[tuple[str, str]]
    tags: list[str]


@dataclass(frozen=True)
class Margin:
    """The notes beside a case that answer the query of its page; `beside` names one whose page is wanted instead."""

    case: Case
    reader: Reader
    query: QueryDict
    beside: str = ""

    @cached_property
    def narrowed(self) -> QueryDict:
        """What the notes are asked for by."""
        wanted = QueryDict(mutable=True)
        for name in NARROWING_PARAMETERS:
            values = [value for value in self.query.getlist(name) if value]
            if values:
                wanted.setlist(name, values)
        return wanted

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with the question; there are no notes then."""
        wrong = [why for whys in self._filterset.problems.values() for why in whys] if self._filterset else []
        return wrong or ([NO_SUCH_PAGE] if self.number > self.pages else [])

    @cached_property
    def _filterset(self) -> NoteFilterSet | None:
        if not self.narrowed:
            return None
        wanted = self.narrowed.copy()
        wanted["case"] = self.case.slug
        return NoteFilterSet(wanted, self.reader)

    @cached_property
    def lines(self) -> list[NoteRow]:
        """Every note that the reader may see, and what is left of deleted ones."""
        addressed = Annotation.objects.addressed_to(self.reader).filter(case=self.case).order_by("pk")
        return list(map(NoteRow._make, addressed.values_list(*NoteRow._fields)))

    @cached_property
    def every(self) -> int:
        """How many notes the reader may see here, whatever is asked."""
        return sum(line.deleted_at is None for line in self.lines)

    @cached_property
    def labels(self) -> CodesAndTags:
        """The codes and tags of all notes on the case; which of them the reader sees, `lines` says."""
        return CodesAndTags.of(annotation__case=self.case) if self.lines else CodesAndTags({}, {})

    @cached_property
    def total(self) -> int:
        """How many notes answer the question."""
        return self.every if self._found is None else len(self._found)

    @cached_property
    def _found(self) -> frozenset[int] | None:
        if self._filterset is None:
            return None
        there = {line.pk for line in self.lines if line.deleted_at is None}
        return (
            frozenset()
            if self._filterset.problems
            else frozenset(self._filterset.found.values_list("pk", flat=True)) & there
        )

    @cached_property
    def strands(self) -> list[ThreadOutline]:
        """The threads that answer, in order, on all pages."""
        found = self._found
        return [s for s in self._ordered if found is None or any(line.pk in found for line in s.notes)]

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
            strand._replace(number=number) if strand.part == "placed" else strand
            for number, strand in enumerate(ordered, 1)
        ]

    @property
    def pages(self) -> int:
        return max(1, -(-len(self.strands) // THREADS_PER_PAGE))

    @cached_property
    def number(self) -> int:
        """The number of the page; one too high where it is none."""
        if self.beside:
            at = next((i for i, strand in enumerate(self.strands) if _holds(strand, self.beside)), 0)
            return at // THREADS_PER_PAGE + 1
        wanted = self.query.get(NOTES_PAGE_PARAMETER, "1")
        right = wanted.isascii() and wanted.isdigit() and len(wanted) < 7 and int(wanted)
        return min(int(wanted), self.pages + 1) if right else self.pages + 1

    @property
    def here(self) -> list[ThreadOutline]:
        """The threads on this page."""
        return (
            [] if self.problems else self.strands[(self.number - 1) * THREADS_PER_PAGE : self.number * THREADS_PER_PAGE]
        )

    @cached_property
    def parts(self) -> list[MarginPart]:
        """The threads on this page, fetched, part by part."""
        keys = [line.pk for strand in self.here for line in strand.notes]
        notes = {note.pk: note for note in notes_to_print(self.case).filter(pk__in=keys)}
        return [
            MarginPart(name, [_thread(strand, notes) for strand in strands])
            for name, strands in groupby(self.here, lambda strand: strand.part)
        ]

    def number_of(self, note: Annotation) -> int | None:
        """Return the number in the text of a note that begins a thread."""
        return next((s.number for s in self._ordered if s.root and s.root.pk == note.pk), None)

    def shows(self, note: Annotation) -> bool:
        """Tell whether a note's thread is among those that answer."""
        return any(_holds(strand, note.uid) for strand in self.strands)

    @cached_property
    def summaries(self) -> list[PartSummary]:
        """The parts on all pages, where there are several."""
        found = [strand.part for strand in self.strands] if not self.problems else []
        there = [(name, found.count(name), found.index(name)) for name in MARGIN_PARTS if name in found]
        return [
            PartSummary(name, number, f"{self.page(at // THREADS_PER_PAGE + 1)}#{name}") for name, number, at in there
        ]

    def page(self, number: int) -> str:
        """Return the address of another page of the same question."""
        return QueryLinks(self.narrowed, self.case.get_absolute_url()).to(
            {NOTES_PAGE_PARAMETER: [str(number)]} if number > 1 else {}
        )

    @property
    def earlier(self) -> str | None:
        """The address of the page before."""
        return self.page(self.number - 1) if self.number > 1 else None

    @property
    def later(self) -> str | None:
        """The address of the page after."""
        return self.page(self.number + 1) if self.number < self.pages else None

    @cached_property
    def html(self) -> str:
        """The narrative's HTML with the words of its notes marked."""
        return highlight(render_markdown(self.case.narrative), [] if self.problems else list(self._anchored()))

    def words(self, note: Annotation) -> str:
        """Return the words that a note stands on now."""
        return narrative_text(self.case.narrative)[note.start : note.end]

    def _anchored(self) -> Iterator[AnchoredNote]:
        here, elsewhere = {strand.root for strand in self.here}, reverse("annotations:container")
        for number, root, _ in self.strands:
            if root and number and root.start is not None and root.end is not None:
                address = f"#note-{root.uid}" if root in here else f"{elsewhere}{root.uid}/"
                types = [coding for coding in self.labels.codes.get(root.pk, ()) if coding.vocabulary == "type"]
                yield AnchoredNote(number, root.uid, TextSpan(root.start, root.end), address, types)

    @cached_property
    def choices(self) -> NarrowingChoices:
        """What its notes can be narrowed to: the authors, groups, codes and tags of those that the reader may see."""
        seen = [line for line in self.lines if line.deleted_at is None]
        authors = User.objects.filter(pk__in={line.author_id for line in seen if line.author_id})
        groups = Group.objects.filter(pk__in={line.group_id for line in seen if line.group_id})
        codes = {code.code: code.label for line in seen for code in self.labels.codes.get(line.pk, ())}
        return NarrowingChoices(
            sorted(((author.username, str(author)) for author in authors), key=lambda pair: pair[1].casefold()),
            [(group.uid, group.name) for group in groups],
            list(codes.items()),
            sorted({tag for line in seen for tag in self.labels.tags.get(line.pk, ())}),
        )


def notes_to_print(case: Case | None) -> QuerySet[Annotation]:
    """Return the notes on a case with what they are printed with, but not its narrative once a note."""
    notes = Annotation.objects.filter(case=case).select_related("author", "group", "revision").order_by("pk")
    return notes.defer("revision__narrative", "prefix", "suffix", "w3c_extra")


def standalone_thread(note: Annotation, reader: Reader) -> Thread:
    """Return the thread of a note, as one reader sees it, for where its case has no page."""
    begun = note.thread_id or note.pk
    there = Annotation.objects.visible_to(reader).filter(Q(pk=begun) | Q(thread=begun))
    notes = {note.pk: note for note in notes_to_print(note.case).filter(pk__in=there.values("pk"))}
    return Thread(None, notes.get(begun), [_reply(notes[key], notes) for key in notes if key != begun])


def _thread_order(strand: ThreadOutline) -> tuple[int, int, int, int]:
    """Return what threads are ordered by: their part, their words, their age."""
    first = strand.root or strand.notes[0]
    return MARGIN_PARTS.index(strand.part), first.start or 0, first.end or 0, first.pk


def _holds(strand: ThreadOutline, uid: str) -> bool:
    return any(line.uid == uid for line in strand.notes)


def _thread(strand: ThreadOutline, notes: dict[int, Annotation]) -> Thread:
    replies = [_reply(notes[line.pk], notes) for line in strand.notes if line is not strand.root and line.pk in notes]
    return Thread(strand.number, notes.get(strand.root.pk) if strand.root else None, replies)


def _reply(note: Annotation, notes: dict[int, Annotation]) -> Reply:
    return Reply(note, notes.get(note.parent_id) if note.parent_id and note.parent_id != note.thread_id else None)
