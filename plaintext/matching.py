"""Texts compared as somebody reads them, whatever form they were typed, copied or printed in.

`Letters` are for quotations: ligatures, full width, quotation marks, dashes, dots, soft hyphens, white space and
Unicode forms do not count; letters, their accents and their case do. `loosen` is for following words through an edit:
there case and accents do not count either.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from .visibility import is_unseen

SIGN_WITH_MARKS = re.compile(
    "[^\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff][\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]*|.",
    re.DOTALL,
)
MANY_TRANSLATED = 20_000


class _Signs(dict[int, str]):
    """By code point: what a sign is compared as."""

    def __missing__(self, code: int) -> str:
        found = self._compared(chr(code))
        if len(self) < MANY_TRANSLATED:
            self[code] = found
        return found

    @staticmethod
    def _compared(sign: str) -> str:
        if is_unseen(sign):
            return ""
        if sign in "‘’‚‛′‵´`ʹʻʼʽ＇❛❜":  # noqa: RUF001 - all that stands for an apostrophe
            return "'"
        if unicodedata.category(sign) in {"Pi", "Pf"} or sign in '„‟″‶〝〞〟\uff02❝❞"':
            return '"'
        return "-" if unicodedata.category(sign) == "Pd" or sign in "−⁃" else sign  # noqa: RUF001


SIGNS = _Signs()


class Letters(NamedTuple):
    """The letters of a text as they are compared; each comes from `text[starts[n]:ends[n]]`."""

    compared: str
    starts: list[int]
    ends: list[int]


@lru_cache(maxsize=16)
def letters_of(text: str) -> Letters:
    """The letters of a text; dashes in a row are one, and so `--` is a dash."""
    compared: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for found in SIGN_WITH_MARKS.finditer(text):
        for letter in unicodedata.normalize("NFKD", found[0].translate(SIGNS)):
            if letter.isspace():  # of a spacing accent
                continue
            if letter == "-" and compared and compared[-1] == "-" and ends[-1] == found.start():
                ends[-1] = found.end()
            else:
                compared.append(letter)
                starts.append(found.start())
                ends.append(found.end())
    return Letters("".join(compared), starts, ends)


def as_compared(text: str) -> str:
    """The letters of a short text."""
    return letters_of(text).compared


def as_it_stands(words: str, text: str) -> str:
    """The first stretch of a text that has the letters of these words, in its own form; empty if there is none."""
    compared, starts, ends = letters_of(text)
    sought = as_compared(words)
    at = compared.find(sought) if sought else -1
    return text[starts[at] : ends[at + len(sought) - 1]] if at >= 0 else ""


def loosen(text: str) -> str:
    """A text without case, accents and kinds of quotation marks; never empty if the text is not.

    >>> loosen("L’Été"), loosen("GROẞ")
    ("l'ete", 'gross')
    """
    plain = unicodedata.normalize("NFKD", text.translate(LOOSE_SIGNS)).casefold()
    return "".join(letter for letter in plain if not unicodedata.combining(letter)) or text


class _LooseSigns(_Signs):
    @staticmethod
    def _compared(sign: str) -> str:
        return SIGNS[ord(sign)] or sign


class _LooseLetters(_Signs):
    @staticmethod
    def _compared(sign: str) -> str:
        return loosen(sign)[0]


LOOSE_SIGNS = _LooseSigns()
LOOSE_LETTERS = _LooseLetters()
"""For `str.translate`: the same, one letter for each, so that offsets stay."""
