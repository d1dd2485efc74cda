"""Where a text holds what was asked for: its words as they are written, the ones found marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from .terms import Question
from .words import HEADS, IDEOGRAPHS, stem, words_of

LENGTH = 210  # characters of an excerpt, about thirty words
BEFORE = 50  # characters before the first word found

START = r"(?<![^\W_][\s\S])"  # the letter that was read just now is the first of a word
REST = r"[^\W_]*(?:[-\u2010\u2011'’][^\W_]+)*"
WORD = re.compile(r"[^\W_]")
NEXT = re.compile(r"\s+[^\W_]+")
MARKUP = re.compile(r"\[([^\]]*)\]\([^)]*\)|^\s*(?:[#>]+|[-+*])\s+|[*`]{1,3}|(?<!\w)_+|_+(?!\w)", re.MULTILINE)
FOLDED = "\u00c0-\u024f\u1e00-\u1eff"  # the Latin letters that stand for plain ones
FOREIGN = r"(?![\x00-\x7f])[^\W_]"  # any letter beyond ASCII: told without a class, which takes long to compile
UNSURE = 2  # letters at the end of a stem that its words may write otherwise


class Part(NamedTuple):
    """A piece of a text, and whether it is what was asked for."""

    text: str
    hit: bool = False


Parts = tuple[Part, ...]


class Snippet(NamedTuple):
    """A case's title, and the part of its summary or narrative that holds most of what was asked for."""

    title: Parts
    text: Parts


class Hit(NamedTuple):
    """Words of a text, from `start` to before `end`: their stems in order, and all that they are found by."""

    start: int
    end: int
    stream: tuple[str, ...]
    words: frozenset[str]


Streams = frozenset[tuple[str, ...]]


class Excerpt(NamedTuple):
    """A part of a text, and which of the words that were asked for stand in it."""

    found: Streams
    parts: Parts


class Sought:
    """What a question looks for, ready to be marked in many texts."""

    def __init__(self, question: Question) -> None:
        runs = [run for term in question.wanted for run in term]
        self.single = {run.words[0] for run in runs if len(run.words) == 1 and not run.open}
        self.open = tuple(run.words[-1] for run in runs if run.open)
        self.phrases = [run.words for run in runs if len(run.words) > 1 and not run.open]
        self.number = len(question.wanted)
        words = {word for run in runs for word in run.words}
        self.beginnings = tuple({word[: max(2, len(word) - UNSURE)] for word in words})
        self.candidates = _beginning_as(frozenset(word[:2] for word in words))

    def marked(self, text: str) -> Parts:
        """Return a text whole, in parts."""
        parts: list[Part] = []
        end = 0
        for hit in self.hits(text):
            parts += [Part(text[end : hit.start]), Part(text[hit.start : hit.end], hit=True)]
            end = hit.end
        return tuple(part for part in (*parts, Part(text[end:])) if part.text)

    def excerpt(self, text: str) -> Excerpt:
        """Return the part of a text in which most stands of what was asked for; its beginning where nothing does."""
        hits = self.hits(text) if self.phrases else list(self._until_enough(text))
        start = max(hits, key=lambda hit: (len(_within(hits, hit.start)), -hit.start)).start if hits else 0
        return Excerpt(_within(hits, start), self.marked(_cut(text, start)))

    def told(self, text: str) -> Streams:
        """Return which of the words that were asked for stand in a text."""
        return frozenset(hit.stream for hit in self.hits(text))

    def hits(self, text: str) -> list[Hit]:
        """Return where a text holds what was asked for, in its order."""
        read = list(self._read(text))
        phrases = {hit for words in self.phrases for hit in _side_by_side(read, words, text)}
        return [hit for hit in read if hit in phrases or self._answers(hit)]

    def _until_enough(self, text: str) -> Iterator[Hit]:
        """Yield the words of a text that answer, until as many as were asked for stand together."""
        near: list[Hit] = []
        for hit in filter(self._answers, self._read(text)):
            yield hit
            near = [*(other for other in near if hit.start - other.start < LENGTH - BEFORE), hit]
            if len({other.stream for other in near}) >= self.number:
                return

    def _read(self, text: str) -> Iterator[Hit]:
        """Yield the words that begin as some word that was asked for."""
        for match in self.candidates.finditer(text):
            start, end = match.span()
            plain = match[0].lower()
            if plain in HEADS and (following := NEXT.match(text, end)):
                end = following.end()
            elif plain.isascii() and plain.isalnum() and not plain.startswith(self.beginnings):
                continue  # soon told: to stem it would take longer
            yield Hit(start, end, *_compared(text[start:end]))

    def _answers(self, hit: Hit) -> bool:
        return not self.single.isdisjoint(hit.words) or any(word.startswith(self.open) for word in hit.words)


@lru_cache(1_000)
def _beginning_as(beginnings: frozenset[str]) -> re.Pattern[str]:
    """Return the pattern of the words that begin with these letters, one or two, or with a letter that is folded.

    It begins with one class of letters, over which a text is scanned some five times as fast as over alternatives.
    """
    ideographs = "".join(sorted(filter(IDEOGRAPHS.match, beginnings)))
    letters = [beginning for beginning in sorted(beginnings) if beginning[0] not in ideographs]
    firsts = "".join(map(_written, sorted({beginning[0] for beginning in letters})))
    alone = f"(?<=[{ideographs}])" if ideographs else "(?!)"
    branches = [r"(?<![\x00-\x7f])", *(branch for beginning in letters for branch in _branches(beginning))]
    return re.compile(f"[{ideographs}{firsts}{FOLDED}](?:{alone}|{START}(?:{'|'.join(branches)}){REST})")


def _branches(letters: str) -> Iterator[str]:
    """Yield the patterns of the beginning of a word, behind its first letter."""
    first, *second = map(_written, letters)
    yield f"(?<=[{first}]){''.join(f'(?:[{signs}]|{FOREIGN})' for signs in second)}"
    if letters[0] in HEADS:
        yield rf"(?<=[{first}])(?=[-\s\u2010\u2011])"


def _written(letter: str) -> str:
    return letter + letter.upper()


@lru_cache(20_000)
def _compared(written: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the stems of what is written, in their order, and all that it is found by."""
    stream, aside = words_of(written)
    stemmed = tuple(map(stem, stream))
    return stemmed, frozenset((*stemmed, *stream, *aside, *map(stem, aside)))


def _side_by_side(read: Sequence[Hit], words: tuple[str, ...], text: str) -> Iterator[Hit]:
    """Yield those of `read` that hold `words` in a row."""
    tokens = [(word, hit) for hit in read for word in hit.stream]
    for start in range(len(tokens) - len(words) + 1):
        found, row = zip(*tokens[start : start + len(words)], strict=True)
        if found == words and not any(WORD.search(text, one.end, next_.start) for one, next_ in pairwise(row)):
            yield from row


def _within(hits: Sequence[Hit], start: int) -> Streams:
    """Return the different words in the excerpt that begins with the hit at `start`."""
    return frozenset(hit.stream for hit in hits if start <= hit.start < start + LENGTH - BEFORE)


def _cut(text: str, start: int) -> str:
    """Return the excerpt of a text around `start`, without its markup, cut between words."""
    whole = len(text) <= LENGTH
    begin = 0 if whole or start <= BEFORE else text.find(" ", start - BEFORE) + 1
    end = len(text) if len(text) <= begin + LENGTH else text.rfind(" ", begin, begin + LENGTH)
    words = " ".join(MARKUP.sub(r"\1", text[begin:end]).split())
    return f"{'… ' * (begin > 0)}{words}{' …' * (end < len(text))}"
