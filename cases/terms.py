"""What a reader asks of the text search: words, "phrases", -not, open* words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from .words import HEADS, fold, stems, words_of

PIECE = re.compile(r'(-?)(?:["“”„«]([^"“”„«»]*)["“”»]|([^\s"“”„«»]+))')
SHORTEST_OPEN = 2  # letters of a word with a star; one letter would mean half of all words
LONGEST = 2_000  # characters; what is longer finds nothing
MOST = 100  # terms


class Run(NamedTuple):
    """Words that stand side by side, stemmed; where `open`, the last is not stemmed and goes on in any way."""

    words: tuple[str, ...]
    open: bool = False


Term = tuple[Run, ...]
"""Runs of which one must be found; without any, nothing can be."""

NEVER: Term = ()


@dataclass(frozen=True)
class Question:
    """What a reader typed: terms to find, and terms to leave out. Equal when they ask the same, however typed."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    text: str = field(default="", compare=False)

    @classmethod
    def read(cls, text: str) -> Question:
        """Return what `text` asks for; false when that is nothing. What is too long asks for what is never found."""
        wanted: dict[Term, None] = {}
        unwanted: dict[Term, None] = {}
        for minus, term in _terms(text) if len(text) <= LONGEST else [("", NEVER)]:
            (unwanted if minus else wanted)[term] = None
        if len(wanted) + len(unwanted) > MOST:
            return cls((NEVER,), (), text)
        return cls(tuple(wanted), tuple(unwanted), text)

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)

    @property
    def hopeful(self) -> bool:
        """Whether anything can answer."""
        return bool(self) and NEVER not in self.wanted


def _terms(text: str) -> Iterator[tuple[str, Term]]:
    """Yield each term with the minus before it."""
    for minus, phrase, word in _pieces(text):
        term = _phrase(phrase) if phrase else _word(word)
        if term:
            yield minus, term


def _pieces(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield (minus, phrase, word), where a prefix like *co* is one word with what follows."""
    waiting: tuple[str, str] | None = None
    for minus, phrase, word in PIECE.findall(text):
        if waiting:
            sign, head = waiting
            waiting = None
            if word and not minus:
                yield sign, "", f"{head}-{word}"
                continue
            yield sign, "", head
        if word.casefold() in HEADS:
            waiting = minus, word
        else:
            yield minus, phrase, word
    if waiting:
        yield waiting[0], "", waiting[1]


def _phrase(text: str) -> Term:
    words = tuple(stems(words_of(text).stream))
    return (Run(words),) if words else NEVER


def _word(text: str) -> Term:
    """Return what a word asks for; one of several parts is looked for in parts and joined."""
    *first, last = words_of(text).stream or [""]
    is_open = text.endswith("*") and len(last) >= SHORTEST_OPEN
    forms = [(*first, last), ("".join((*first, last)),)] if first and " " not in fold(text) else [(*first, last)]
    return tuple(_run(words, is_open=is_open) for words in forms) if last else NEVER


def _run(words: tuple[str, ...], *, is_open: bool) -> Run:
    return Run((*stems(words[:-1]), words[-1]), open=True) if is_open else Run(tuple(stems(words)))
