"""The outline of a text: as long as the text, with a simpler sign for each of its signs.

Patterns are matched in the outline where a text of any script, width and form would need patterns of its own, and what
they match stands in the text at the same place.
"""

from __future__ import annotations

import re
import unicodedata

from .text import FOLDING, MAX_CACHED_SIGNS

JOINER = "\u0640"
"""Stands for a mark or an invisible sign, which belong to the letter before them. It counts as a letter."""

LIGATURE = "æ"
"""Stands for a sign that is folded to several."""

LEADING_JOINERS = re.compile(f"(?<![^\\W_]){JOINER}+")


class Outlines(dict[int, str]):
    """By code point: the sign that stands for it: its plain letter, an umlaut, `JOINER`, `LIGATURE`, or itself."""

    def __missing__(self, code: int) -> str:
        outline = self._outline(chr(code))
        if len(self) < MAX_CACHED_SIGNS:
            self[code] = outline
        return outline

    @staticmethod
    def _outline(sign: str) -> str:
        category = unicodedata.category(sign)
        plain = FOLDING[ord(sign)]
        if plain == "" or category[0] == "M" or unicodedata.category(plain[0])[0] == "M":
            return JOINER
        if category[0] == "Z":
            return " "
        if sign in "\u066c\uff0c":
            return ","
        letters = plain.strip()
        return LIGATURE if len(letters) > 1 else letters or sign


OUTLINES = Outlines()


def outline(text: str) -> str:
    """Return the outline of a text.

    >>> outline("King’s CAFÉ, ½") == "king's cafe, æ"
    True
    """
    if text.isascii():
        return text.lower().replace("`", "'")
    plain = text.translate(OUTLINES)
    return LEADING_JOINERS.sub(lambda match: " " * len(match[0]), plain) if JOINER in plain else plain


def whole_from(text: str, at: int) -> int:
    """Return the first place from `at` on at which a sign begins with its marks."""
    while at < len(text) and (OUTLINES[ord(text[at])] == JOINER or text[at - 1 : at] == "\u200d"):
        at += 1
    return at
