"""A narrative's HTML with the words of its notes marked.

Marking never changes the text: the textContent stays the same, code point by code point. It adds

- `<mark data-depth="2" data-type="peer-support">` around each stretch of words with the same notes: the number of
notes (at most 3), and the type of co-delivery that they code the words as (`several`, if they differ);
- before the first mark of a note, its reference, a link without text to the note beside the narrative:
  `<a class="noteref" id="mark-…" href="#note-…" data-number="2" data-start="4" data-end="14" aria-label="Note 2"></a>`.
  The stylesheet shows the number and the letters of its codes; the offsets tell a script which notes a word has. (A
  link around the words would make them hard to select, and links cannot be nested; the reference of a note that begins
  inside a link comes before that link.)

  The size of the output grows with the number of notes, not with how often they overlap. White space between blocks
  (for example, between table rows) is never marked: `<mark>` is not allowed there.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from functools import lru_cache
from html import escape, unescape
from itertools import pairwise
from typing import NamedTuple

from .selectors import TextSpan

HTML_TOKEN = re.compile(r'<(/?)(\w+)[^>"]*(?:"[^"]*"[^>"]*)*>|[^<]+')
"""A tag as the sanitiser writes it, or the text between two tags."""

HTML_CHARACTER = re.compile(r"&\w+;|.", re.DOTALL)
"""A character of a text: the sanitiser writes four of them as named entities."""

BLOCK_CONTAINERS = frozenset({"", "blockquote", "ol", "table", "tbody", "thead", "tr", "ul"})
"""Elements in which white space between the children has no meaning ("" is the narrative itself)."""

VOID_ELEMENTS = frozenset({"br", "hr"})
MAX_MARK_DEPTH = 3
"""How many notes on the same words readers can tell apart."""
SEVERAL_TYPES = "several"


class Coding(NamedTuple):
    """A term that a note is coded with; `broad` is the slug of its broader term, or its own if it has none."""

    vocabulary: str
    slug: str
    label: str
    broad: str

    @property
    def code(self) -> str:
        """The key of the term in parameters and forms."""
        return f"{self.vocabulary}:{self.slug}"

    @property
    def letters(self) -> str:
        """An abbreviation of the slug.

        >>> Coding("type", "joint-action-services", "Joint action for services", "joint-action").letters
        'JAS'
        """
        return "".join(word[:1] for word in self.slug.split("-")).upper()


class AnchoredNote(NamedTuple):
    """A note that is anchored in the text: its number, the address of its reference, and the types of its codes."""

    number: int
    uid: str
    span: TextSpan
    address: str
    codings: Sequence[Coding] = ()


def highlight(html: str, anchored: Sequence[AnchoredNote]) -> str:
    """Mark the words of notes in sanitised HTML; `anchored` must be in the order of the spans."""
    copy = _Copy(html)
    stretches = deque(_stretches(anchored))
    for text in _text_runs(html):
        if not stretches:
            break
        if stretches[0].start < text.end:
            copy.mark(text, stretches)
    return copy.whole()


class _TextRun(NamedTuple):
    """Text between two tags: its offsets in the text content, its offset in the HTML, and whether it may be marked.

    If it has entities, `places` has the offset of each character in the HTML. `link` is the offset of the link that the
    text is in, or -1.
    """

    begin: int
    end: int
    at: int
    places: tuple[int, ...]
    link: int
    markable: bool

    def place(self, offset: int) -> int:
        """The offset in the HTML of the character at `offset` in the text content."""
        return self.places[offset - self.begin] if self.places else self.at + offset - self.begin


@lru_cache(maxsize=64)
def _text_runs(html: str) -> tuple[_TextRun, ...]:
    return tuple(_parse_text_runs(html))


def _parse_text_runs(html: str) -> Iterator[_TextRun]:
    inside, link, at = [""], -1, 0
    for piece in HTML_TOKEN.finditer(html):
        slash, name = piece.groups()
        if not name:
            words = unescape(piece[0])
            places = tuple(_places(piece)) if "&" in piece[0] else ()
            markable = not _is_between_blocks(words, inside[-1])
            yield _TextRun(at, at + len(words), piece.start(), places, link, markable)
            at += len(words)
        elif slash:
            inside.pop()
        elif name not in VOID_ELEMENTS:
            inside.append(name)
        if name == "a":
            link = -1 if slash else piece.start()


def _places(text: re.Match[str]) -> Iterator[int]:
    """The start of each character of a text, and the end of the last one."""
    yield from (text.start() + character.start() for character in HTML_CHARACTER.finditer(text[0]))
    yield text.end()


def _is_between_blocks(words: str, parent: str) -> bool:
    return words.isspace() and (parent in BLOCK_CONTAINERS or (parent == "li" and words == "\n"))


class _Stretch(NamedTuple):
    """A stretch of words with the same notes: its mark, and the references of the notes that begin there."""

    start: int
    end: int
    mark: str
    references: str


def _stretches(anchored: Sequence[AnchoredNote]) -> Iterator[_Stretch]:
    beginning: dict[int, list[AnchoredNote]] = {}
    ending: dict[int, list[AnchoredNote]] = {}
    for entry in anchored:
        beginning.setdefault(entry.span.start, []).append(entry)
        ending.setdefault(entry.span.end, []).append(entry)
    depth, types = 0, Counter[str]()
    for start, end in pairwise(sorted(beginning.keys() | ending.keys())):
        begins, ends = beginning.get(start, ()), ending.get(start, ())
        depth += len(begins) - len(ends)
        for entry in begins:
            for coding in entry.codings:
                types[coding.broad] += 1
        for entry in ends:
            for coding in entry.codings:
                types[coding.broad] -= 1
        if depth:
            references = "".join(map(_reference, begins))
            yield _Stretch(start, end, _mark(depth, [broad for broad in types if types[broad]]), references)


def _mark(depth: int, types: list[str]) -> str:
    coded = f' data-type="{types[0] if len(types) == 1 else SEVERAL_TYPES}"' if types else ""
    return f'<mark data-depth="{min(depth, MAX_MARK_DEPTH)}"{coded}>'


def _reference(entry: AnchoredNote) -> str:
    letters = label = ""
    if entry.codings:
        letters = f' data-letters="{escape(" ".join(coding.letters for coding in entry.codings))}"'
        label = f", coded {escape(', '.join(coding.label for coding in entry.codings))}"
    return (
        f'<a class="noteref" id="mark-{entry.uid}" href="{entry.address}" data-number="{entry.number}"{letters}'
        f' data-start="{entry.span.start}" data-end="{entry.span.end}" aria-label="Note {entry.number}{label}"></a>'
    )


class _Copy:
    """A copy of HTML being built: the pieces so far, and the offset up to which the HTML is copied."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.pieces: list[str] = []
        self.copied = 0
        self.link = -1  # offset of the link that is being copied, and the index of the piece before it
        self.before_link = 0
        self.waiting = ""  # references of notes that began on white space that is not marked

    def mark(self, text: _TextRun, stretches: deque[_Stretch]) -> None:
        """Mark the stretches that overlap a text, and drop those that end in it."""
        while stretches and stretches[0].start < text.end:
            stretch = stretches[0]
            if stretch.end > text.begin:
                self.waiting += stretch.references if stretch.start >= text.begin else ""
                if text.markable:
                    self.add(text, max(stretch.start, text.begin), min(stretch.end, text.end), stretch.mark)
            if stretch.end > text.end:
                break
            stretches.popleft()

    def add(self, text: _TextRun, start: int, end: int, mark: str) -> None:
        """Write the waiting references and a mark; inside a link, the references go before the link."""
        if text.link >= 0 and text.link != self.link:
            self.pieces += (self.html[self.copied : text.link], "")
            self.copied, self.link, self.before_link = text.link, text.link, len(self.pieces) - 1
        begin, self.copied, before = self.copied, text.place(end), text.place(start)
        if text.link >= 0:
            self.pieces[self.before_link] += self.waiting
            self.waiting = ""
        self.pieces += (self.html[begin:before], self.waiting, mark, self.html[before : self.copied], "</mark>")
        self.waiting = ""

    def whole(self) -> str:
        return "".join((*self.pieces, self.html[self.copied :]))
