"""Excerpts of texts in which the words searched for are marked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from .query import SearchQuery
from .text import IDEOGRAPHS, JOINED_PREFIXES, split_words, stem

EXCERPT_LENGTH = 210  # characters, about thirty words
LENGTH_BEFORE_HIT = 50  # characters before the first hit

WORD_START = r"(?<![^\W_][\s\S])"  # the letter just read is the first of a word
WORD_REST = r"[^\W_]*(?:[-\u2010\u2011'’][^\W_]+)*"
WORD_CHARACTER = re.compile(r"[^\W_]")
NEXT_WORD_START = re.compile(r"\s+[^\W_]+")
MARKDOWN_SYNTAX = re.compile(r"\[([^\]]*)\]\([^)]*\)|^\s*(?:[#>]+|[-+*])\s+|[*`]{1,3}|(?<!\w)_+|_+(?!\w)", re.MULTILINE)
FOLDED_LETTERS = "\u00c0-\u024f\u1e00-\u1eff"  # the Latin letters that are folded to plain ones
NON_ASCII_LETTER = r"(?![\x00-\x7f])[^\W_]"  # without a character class, which would take long to compile
UNCERTAIN_STEM_LETTERS = 2  # letters at the end of a stem that may differ in its words


class ExcerptPart(NamedTuple):
    """A piece of a text, and whether it was searched for."""

    text: str
    hit: bool = False


ExcerptParts = tuple[ExcerptPart, ...]


class Snippet(NamedTuple):
    """A case's title, and the part of its summary or narrative with the most search words."""

    title: ExcerptParts
    text: ExcerptParts


class WordHit(NamedTuple):
    """Words in a text at `[start:end]`: their stems in order (`stream`), and all forms by which they are found."""

    start: int
    end: int
    stream: tuple[str, ...]
    words: frozenset[str]


FoundStems = frozenset[tuple[str, ...]]


class Excerpt(NamedTuple):
    """A part of a text, and which of the search words are in it."""

    found: FoundStems
    parts: ExcerptParts


class Highlighter:
    """Marks the words of one search query in texts."""

    def __init__(self, search_query: SearchQuery) -> None:
        runs = [run for term in search_query.wanted for run in term]
        self.single = {run.words[0] for run in runs if len(run.words) == 1 and not run.open}
        self.open = tuple(run.words[-1] for run in runs if run.open)
        self.phrases = [run.words for run in runs if len(run.words) > 1 and not run.open]
        self.number = len(search_query.wanted)
        words = {word for run in runs for word in run.words}
        self.beginnings = tuple({word[: max(2, len(word) - UNCERTAIN_STEM_LETTERS)] for word in words})
        self.candidates = _words_beginning_with(frozenset(word[:2] for word in words))

    def marked(self, text: str) -> ExcerptParts:
        """Return the whole text in parts."""
        parts: list[ExcerptPart] = []
        end = 0
        for hit in self.hits(text):
            parts += [ExcerptPart(text[end : hit.start]), ExcerptPart(text[hit.start : hit.end], hit=True)]
            end = hit.end
        return tuple(part for part in (*parts, ExcerptPart(text[end:])) if part.text)

    def excerpt(self, text: str) -> Excerpt:
        """Return the part of a text with the most search words, or its beginning if it has none."""
        hits = self.hits(text) if self.phrases else list(self._hits_until_enough(text))
        start = max(hits, key=lambda hit: (len(_found_within(hits, hit.start)), -hit.start)).start if hits else 0
        return Excerpt(_found_within(hits, start), self.marked(_cut_excerpt(text, start)))

    def found_stems(self, text: str) -> FoundStems:
        """Return which of the search words are in a text."""
        return frozenset(hit.stream for hit in self.hits(text))

    def hits(self, text: str) -> list[WordHit]:
        """Return the hits in a text, in order."""
        candidates = list(self._candidates(text))
        phrases = {hit for words in self.phrases for hit in _adjacent_hits(candidates, words, text)}
        return [hit for hit in candidates if hit in phrases or self._is_hit(hit)]

    def _hits_until_enough(self, text: str) -> Iterator[WordHit]:
        """Yield the hits of single words, until as many different ones as were searched for are close together."""
        near: list[WordHit] = []
        for hit in filter(self._is_hit, self._candidates(text)):
            yield hit
            near = [*(other for other in near if hit.start - other.start < EXCERPT_LENGTH - LENGTH_BEFORE_HIT), hit]
            if len({other.stream for other in near}) >= self.number:
                return

    def _candidates(self, text: str) -> Iterator[WordHit]:
        """Yield the words that begin like some search word."""
        for match in self.candidates.finditer(text):
            start, end = match.span()
            plain = match[0].lower()
            if plain in JOINED_PREFIXES and (following := NEXT_WORD_START.match(text, end)):
                end = following.end()
            elif plain.isascii() and plain.isalnum() and not plain.startswith(self.beginnings):
                continue  # a cheap check that saves stemming
            yield WordHit(start, end, *_searchable_forms(text[start:end]))

    def _is_hit(self, hit: WordHit) -> bool:
        return not self.single.isdisjoint(hit.words) or any(word.startswith(self.open) for word in hit.words)


@lru_cache(1_000)
def _words_beginning_with(beginnings: frozenset[str]) -> re.Pattern[str]:
    """Return the pattern for words that begin with these one or two letters, or with a letter that is folded.

    It begins with a single character class, with which scanning is about five times as fast as with alternatives.
    """
    ideographs = "".join(sorted(filter(IDEOGRAPHS.match, beginnings)))
    letters = [beginning for beginning in sorted(beginnings) if beginning[0] not in ideographs]
    firsts = "".join(map(_both_cases, sorted({beginning[0] for beginning in letters})))
    alone = f"(?<=[{ideographs}])" if ideographs else "(?!)"
    branches = [r"(?<![\x00-\x7f])", *(branch for beginning in letters for branch in _branches(beginning))]
    return re.compile(
        f"[{ideographs}{firsts}{FOLDED_LETTERS}](?:{alone}|{WORD_START}(?:{'|'.join(branches)}){WORD_REST})"
    )


def _branches(letters: str) -> Iterator[str]:
    """Yield the patterns for the beginning of a word, to be matched after its first letter."""
    first, *second = map(_both_cases, letters)
    yield f"(?<=[{first}]){''.join(f'(?:[{signs}]|{NON_ASCII_LETTER})' for signs in second)}"
    if letters[0] in JOINED_PREFIXES:
        yield rf"(?<=[{first}])(?=[-\s\u2010\u2011])"


def _both_cases(letter: str) -> str:
    return letter + letter.upper()


@lru_cache(20_000)
def _searchable_forms(written: str) -> tuple[tuple[str, ...], frozenset[str]]:
    """Return the stems of a text in order, and all forms by which it is found."""
    stream, aside = split_words(written)
    stemmed = tuple(map(stem, stream))
    return stemmed, frozenset((*stemmed, *stream, *aside, *map(stem, aside)))


def _adjacent_hits(candidates: Sequence[WordHit], words: tuple[str, ...], text: str) -> Iterator[WordHit]:
    """Yield those of `read` in which `words` follow each other."""
    tokens = [(word, hit) for hit in candidates for word in hit.stream]
    for start in range(len(tokens) - len(words) + 1):
        found, row = zip(*tokens[start : start + len(words)], strict=True)
        if found == words and not any(
            WORD_CHARACTER.search(text, one.end, next_.start) for one, next_ in pairwise(row)
        ):
            yield from row


def _found_within(hits: Sequence[WordHit], start: int) -> FoundStems:
    """Return the distinct words in the excerpt whose first hit is at `start`."""
    return frozenset(hit.stream for hit in hits if start <= hit.start < start + EXCERPT_LENGTH - LENGTH_BEFORE_HIT)


def _cut_excerpt(text: str, start: int) -> str:
    """Return the excerpt of a text around `start`, without Markdown, cut between words."""
    whole = len(text) <= EXCERPT_LENGTH
    begin = 0 if whole or start <= LENGTH_BEFORE_HIT else text.find(" ", start - LENGTH_BEFORE_HIT) + 1
    end = len(text) if len(text) <= begin + EXCERPT_LENGTH else text.rfind(" ", begin, begin + EXCERPT_LENGTH)
    words = " ".join(MARKDOWN_SYNTAX.sub(r"\1", text[begin:end]).split())
    return f"{'… ' * (begin > 0)}{words}{' …' * (end < len(text))}"
