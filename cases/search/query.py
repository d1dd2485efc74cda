"""What a reader asks of the text search: words, "phrases", -not, open* words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .text import JOINED_PREFIXES, fold, split_words, stems

QUERY_PIECE = re.compile(r'(-?)(?:["“”„«]([^"“”„«»]*)["“”»]|([^\s"“”„«»]+))')
MIN_PREFIX_LENGTH = 2  # letters of a word with a star; one letter would mean half of all words
MAX_QUERY_LENGTH = 2_000  # characters; what is longer finds nothing
MAX_QUERY_TERMS = 100  # terms


class WordSequence(NamedTuple):
    """Words that stand side by side, stemmed; where `open`, the last is not stemmed and goes on in any way."""

    words: tuple[str, ...]
    open: bool = False


SearchTerm = tuple[WordSequence, ...]
"""Runs of which one must be found; without any, nothing can be."""

NEVER_FOUND: SearchTerm = ()


@dataclass(frozen=True)
class SearchQuery:
    """What a reader typed: terms to find, and terms to leave out. Equal when they ask the same, however typed."""

    wanted: tuple[SearchTerm, ...] = ()
    unwanted: tuple[SearchTerm, ...] = ()
    text: str = field(default="", compare=False)

    @classmethod
    def read(cls, text: str) -> SearchQuery:
        """Return what `text` asks for; false when that is nothing. What is too long asks for what is never found."""
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
        """Whether anything can answer."""
        return bool(self) and NEVER_FOUND not in self.wanted


def _terms(text: str) -> Iterator[tuple[str, SearchTerm]]:
    """Yield each term with the minus before it."""
    for minus, phrase, word in _pieces(text):
        term = _phrase(phrase) if phrase else _word(word)
        if term:
            yield minus, term


def _pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (minus, phrase, word), where a prefix like *co* is one word with what follows."""
    waiting: tuple[str, str] | None = None
    for minus, phrase, word in QUERY_PIECE.findall(text):
        if waiting:
            sign, head = waiting
            waiting = None
            if word and not minus:
                yield sign, "", f"{head}-{word}"
                continue
            yield sign, "", head
        if word.casefold() in JOINED_PREFIXES:
            waiting = minus, word
        else:
            yield minus, phrase, word
    if waiting:
        yield waiting[0], "", waiting[1]


def _phrase(text: str) -> SearchTerm:
    words = tuple(stems(split_words(text).stream))
    return (WordSequence(words),) if words else NEVER_FOUND


def _word(text: str) -> SearchTerm:
    """Return what a word asks for; one of several parts is looked for in parts and joined."""
    *first, last = split_words(text).stream or [""]
    is_open = text.endswith("*") and len(last) >= MIN_PREFIX_LENGTH
    forms = [(*first, last), ("".join((*first, last)),)] if first and " " not in fold(text) else [(*first, last)]
    return tuple(_run(words, is_open=is_open) for words in forms) if last else NEVER_FOUND


def _run(words: tuple[str, ...], *, is_open: bool) -> WordSequence:
    return WordSequence((*stems(words[:-1]), words[-1]), open=True) if is_open else WordSequence(tuple(stems(words)))
