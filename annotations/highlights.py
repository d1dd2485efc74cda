"""A narrative as one reader sees it: the notes beside it, where each stands, and its HTML with those words marked.

Marking never changes the text: the textContent stays as it is, code point by code point. What is added are

- `<mark data-notes="3 7" data-depth="2">` around each stretch of words that the notes 3 and 7 have in common;
- before the first mark of a note its reference, a link without text to the note beside:
  `<a class="noteref" id="mark-7" href="#note-7" data-number="2" aria-label="Note 2"></a>`. The number is printed by the
  stylesheet. (A link around the words would make them hard to select, and cannot stand inside another link; the
  reference of a note that begins inside a link stands before that link.)

White space between blocks (between the rows of a table, say) is never marked: a mark is not allowed there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import escape, unescape
from itertools import pairwise
from typing import NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser

from cases.markdown import render, text_of
from cases.models import Case

from .models import Annotation
from .selectors import Quotation, Span, place

PIECE = re.compile(r'<(/?)(\w+)[^>"]*(?:"[^"]*"[^>"]*)*>|[^<]+')
"""A tag as the sanitiser writes it, or the text between two of them."""

BLOCKS = frozenset({"", "blockquote", "ol", "table", "tbody", "thead", "tr", "ul"})
"""Elements between whose children white space says nothing ("" is the narrative's own)."""

VOID = frozenset({"br", "hr"})
DEPTHS = 3
"""How many notes on the same words the eye can tell apart."""


@lru_cache(maxsize=256)
def text_content(narrative: str) -> str:
    """Return the text that offsets into a narrative count in."""
    return text_of(render(narrative))


def placed_at(note: Annotation) -> Span | None:
    """Return where a note's words stand in the narrative as it is now; None where that is not certain."""
    return place(text_content(note.case.narrative), note.start, Quotation(note.exact, note.prefix, note.suffix))


class Placed(NamedTuple):
    """A note that stands in the text, with its number beside it."""

    number: int
    note: Annotation
    span: Span


@dataclass(frozen=True)
class Margin:
    """The notes that a reader may see beside a case: those whose words stand in the text, in order, and the others."""

    case: Case
    placed: list[Placed]
    adrift: list[Annotation]

    @classmethod
    def of(cls, case: Case, reader: AbstractBaseUser | AnonymousUser) -> Margin:
        """Ask for the notes, in one query, and place them."""
        standing: list[tuple[Span, Annotation]] = []
        adrift: list[Annotation] = []
        for note in Annotation.objects.visible_to(reader).filter(case=case).select_related("author"):
            note.case = case
            span = placed_at(note)
            if span is None:
                adrift.append(note)
            else:
                standing.append((span, note))
        standing.sort(key=lambda pair: (pair[0], pair[1].pk))
        return cls(case, [Placed(number, note, span) for number, (span, note) in enumerate(standing, 1)], adrift)

    def number(self, note: Annotation) -> int | None:
        """Return the number of a note that stands in the text."""
        return next((entry.number for entry in self.placed if entry.note.pk == note.pk), None)

    @cached_property
    def html(self) -> str:
        """The narrative's HTML with the words of its notes marked."""
        return highlight(render(self.case.narrative), self.placed)


def highlight(html: str, placed: Sequence[Placed]) -> str:
    """Return sanitised HTML with the words of the notes marked; the notes in the order of their spans."""
    copy = _Copy(list(_stretches(placed)))
    for piece in PIECE.finditer(html):
        slash, name = piece.groups()
        if name:
            copy.add_tag(piece[0], name, closes=bool(slash))
        else:
            copy.add_text(piece[0])
    return "".join(copy.pieces)


class _Stretch(NamedTuple):
    """Words that the same notes speak of: their mark, and the references of the notes that begin there."""

    start: int
    end: int
    mark: str
    references: str


def _stretches(placed: Sequence[Placed]) -> Iterator[_Stretch]:
    beginning: dict[int, list[Placed]] = {}
    ending: dict[int, list[Placed]] = {}
    for entry in placed:
        beginning.setdefault(entry.span.start, []).append(entry)
        ending.setdefault(entry.span.end, []).append(entry)
    over: dict[int, str] = {}
    cuts = sorted(beginning.keys() | ending.keys())
    for start, end in pairwise(cuts):
        for entry in ending.get(start, []):
            del over[entry.number]
        new = beginning.get(start, [])
        over |= {entry.number: str(entry.note.pk) for entry in new}
        if over:
            yield _Stretch(start, end, _mark(list(over.values())), "".join(map(_reference, new)))


def _mark(notes: list[str]) -> str:
    return f'<mark data-notes="{" ".join(notes)}" data-depth="{min(len(notes), DEPTHS)}">'


def _reference(entry: Placed) -> str:
    note, number = entry.note.pk, entry.number
    return (
        f'<a class="noteref" id="mark-{note}" href="#note-{note}"'
        f' data-number="{number}" aria-label="Note {number}"></a>'
    )


class _Copy:
    """A copy of some HTML in the making: what is written, how far in the text, and inside which elements."""

    def __init__(self, stretches: list[_Stretch]) -> None:
        self.pieces: list[str] = []
        self.at = 0
        self.inside = [""]
        self.link: int | None = None  # where in the pieces the link begins that we are inside of
        self.stretches = stretches
        self.next = 0
        self.waiting = ""  # references of notes that have begun, but on white space that is not marked

    def add_tag(self, tag: str, name: str, *, closes: bool) -> None:
        if name == "a":
            self.link = None if closes else len(self.pieces)
        if closes:
            self.inside.pop()
        elif name not in VOID:
            self.inside.append(name)
        self.pieces.append(tag)

    def add_text(self, raw: str) -> None:
        text = unescape(raw)
        begin, self.at = self.at, self.at + len(text)
        here = list(self.reaching(begin, self.at))
        if here and not self.stands_between_blocks(text):
            self.mark(text, begin, here)
        else:
            self.waiting += "".join(stretch.references for stretch in here if stretch.start >= begin)
            self.pieces.append(raw)

    def mark(self, text: str, begin: int, stretches: list[_Stretch]) -> None:
        copied = 0
        for stretch in stretches:
            start, end = max(0, stretch.start - begin), min(len(text), stretch.end - begin)
            self.pieces.append(escape(text[copied:start], quote=False))
            self.refer(stretch.references if stretch.start >= begin else "")
            self.pieces.append(f"{stretch.mark}{escape(text[start:end], quote=False)}</mark>")
            copied = end
        self.pieces.append(escape(text[copied:], quote=False))

    def reaching(self, begin: int, end: int) -> Iterator[_Stretch]:
        """Yield the stretches with words between two offsets; offsets only grow from call to call."""
        while self.next < len(self.stretches) and self.stretches[self.next].start < end:
            stretch = self.stretches[self.next]
            if stretch.end > begin:
                yield stretch
            if stretch.end > end:
                break
            self.next += 1

    def refer(self, references: str) -> None:
        """Write references, and those that wait: here, or before the link that we are inside of."""
        if self.link is None:
            self.pieces.append(self.waiting + references)
        else:
            self.pieces[self.link] = self.waiting + references + self.pieces[self.link]
        self.waiting = ""

    def stands_between_blocks(self, text: str) -> bool:
        return text.isspace() and (self.inside[-1] in BLOCKS or (self.inside[-1] == "li" and text == "\n"))
