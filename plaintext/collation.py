"""The order of titles and names: by letters, then by accents, case and signs (after DIN 5007-1).

A key is text that both databases compare alike, byte by byte, because it is stored as bytes.
"""

from __future__ import annotations

import re
import unicodedata

LETTERS_WITHOUT_DECOMPOSITION = str.maketrans(
    dict(zip("øłđðþæœħ\u0131ŋŧ", ["o", "l", "d", "d", "th", "ae", "oe", "h", "i", "n", "t"], strict=True))
)
APOSTROPHE_SIGNS = frozenset("'’‘ʼʻ´`′＇")  # noqa: RUF001 - all of them
MAX_KEY_LETTERS = 200
"""Of the folded and of the original text each, so that a key (at most 1,601 bytes) fits into an index."""


def collate(text: str) -> bytes:
    """The key of a text: its letters in lower case without accents or quotation marks, then the text itself.

    >>> sorted(["Zebra", "“Quoted”", "élan", "Elan", "apple", "Łódź"], key=collate)
    ['apple', 'Elan', 'élan', 'Łódź', '“Quoted”', 'Zebra']
    """
    return b"\0".join(part[:MAX_KEY_LETTERS].encode(errors="replace") for part in (_letters(text), text))


def _letters(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    folded = "".join(map(_letter, decomposed.translate(LETTERS_WITHOUT_DECOMPOSITION)))
    return re.sub(r"\s+", " ", folded).strip()


def _letter(sign: str) -> str:
    """A letter, digit or symbol as it is; nothing for accents and quotation marks; a blank for what parts words."""
    category = unicodedata.category(sign)
    if unicodedata.combining(sign) or category in {"Cf", "Pi", "Pf"} or sign in APOSTROPHE_SIGNS or sign in '"„‟':
        return ""
    return " " if category[0] in "PZC" else sign
