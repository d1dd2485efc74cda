"""The syntax of a text search: words, "phrases", -excluded words, and prefixes*."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .text import JOINED_PREFIXES, fold, join_thousands, spellings, stems

QUOTES = '"“”„‟«»\uff02〝〞「」『』'
QUERY_PIECE = re.compile(
    rf"([-\u2010-\u2013\u2212\ufe63\uff0d]?)(?:[{QUOTES}]([^{QUOTES}]*)[{QUOTES}]|([^\s{QUOTES}]+))"
)
STARS = ("*", "\uff0a")
MIN_PREFIX_LENGTH = 2  # letters before a star; a single letter would match half of all words
MAX_QUERY_LENGTH = 2_000  # characters; a longer query finds nothing
MAX_QUERY_TERMS = 100


class WordSequence(NamedTuple):
    """Stemmed words that follow each other. If `open`, the last one is an unstemmed prefix."""

    words: tuple[str, ...]
    open: bool = False


SearchTerm = tuple[WordSequence, ...]
"""Alternative sequences, one of which must be found; an empty term is never found."""

NEVER_FOUND: SearchTerm = ()


@dataclass(frozen=True)
class SearchQuery:
    """Terms to find, and terms to exclude. Queries with the same terms are equal, however they were typed."""

    wanted: tuple[SearchTerm, ...] = ()
    unwanted: tuple[SearchTerm, ...] = ()
    text: str = field(default="", compare=False)

    @classmethod
    def read(cls, text: str) -> SearchQuery:
        """Parse `text`. The query is false if there are no terms; one that is too long finds nothing."""
        wanted: dict[SearchTerm, None] = {}
        unwanted: dict[SearchTerm, None] = {}
        for minus, term in _terms(text) if len(text) <= MAX_QUERY_LENGTH else [("", NEVER_FOUND)]:
            (unwanted if minus else wanted)[term] = None
        if len(wanted) + len(unwanted) > MAX_QUERY_TERMS:
            return cls((NEVER_FOUND,), (), text)
        return cls(tuple(wanted), tuple(unwanted), text)

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)

    @property
    def hopeful(self) -> bool:
        """Whether it can find anything."""
        return bool(self) and NEVER_FOUND not in self.wanted


def _terms(text: str) -> Iterator[tuple[str, SearchTerm]]:
    """Yield each term after its minus sign or an empty string."""
    for minus, phrase, word in _split_pieces(text):
        term = _phrase(phrase) if phrase else _word(word)
        if term:
            yield minus, term


def _split_pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (minus, phrase, word), where a prefix such as *co* is joined to the word after it."""
    pending_prefix: tuple[str, str] | None = None
    for minus, phrase, word in QUERY_PIECE.findall(join_thousands(text)):
        if pending_prefix:
            sign, head = pending_prefix
            pending_prefix = None
            if word and not minus:
                yield sign, "", f"{head}-{word}"
                continue
            yield sign, "", head
        if fold(word) in JOINED_PREFIXES:
            pending_prefix = minus, word
        else:
            yield minus, phrase, word
    if pending_prefix:
        yield pending_prefix[0], "", pending_prefix[1]


def _phrase(text: str) -> SearchTerm:
    return tuple(WordSequence(tuple(stems(words))) for words in spellings(text))


def _word(text: str) -> SearchTerm:
    """Return the term for a word; a hyphenated one may be found in parts or joined."""
    is_open = text.endswith(STARS)
    return tuple(_sequence(words, is_open=is_open) for words in spellings(text))


def _sequence(words: tuple[str, ...], *, is_open: bool) -> WordSequence:
    if is_open and len(words[-1]) >= MIN_PREFIX_LENGTH:
        return WordSequence((*stems(words[:-1]), words[-1]), open=True)
    return WordSequence(tuple(stems(words)))
