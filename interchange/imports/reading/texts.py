"""Texts, truth values, and the ways in which a cell says that it is empty."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import TypeVar

from .problems import Problem, error, warning

T = TypeVar("T")
Cleaned = tuple[T | None, Problem | None]
"""A value, and what was met in cleaning it; an error comes with None."""

EMPTY_NOTATIONS = frozenset({"", "n/a", "na", "n.a.", "#n/a", "-", "–", "—", "null", "nan", "[]", "{}"})
"""Notations of an empty cell, in small letters. Python's `None` is one as it stands: “none” may be an answer."""

FORMULA_PREFIXES = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the last four are full-width, and meant
"""What a spreadsheet reads a formula from; our own tables put an apostrophe before it."""

INVISIBLE_CHARACTERS = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
"""Zero-width blanks and joints, the byte order mark, the soft hyphen. Joiners stay: scripts are spelt with them."""

CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ud800-\udfff\ufffe\uffff]")
"""Control characters but tab and line end, overrides of the direction, and halves of characters."""

LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")

TRUE_WORDS = frozenset(
    {"true", "t", "yes", "y", "1", "on", "x", "✓", "✔", "ja", "oui", "sí", "si", "sì", "sim", "vero", "wahr", "vrai"}
)
FALSE_WORDS = frozenset({"false", "f", "no", "n", "0", "off", "nein", "non", "não", "nee", "falso", "falsch", "faux"})


def is_empty(value: object, meant: Collection[str] = ()) -> bool:
    """Return whether a value says that there is none; `meant` are notations that say something in its column."""
    if not isinstance(value, str):
        return value is None or value in ([], {}, ()) or value != value  # noqa: PLR0124 - NaN alone is not itself
    text = value.translate(INVISIBLE_CHARACTERS).strip()
    return text not in meant and (text.lower() in EMPTY_NOTATIONS or text == "None")


def clean_text(value: object, *, meant: Collection[str] = ()) -> Cleaned[str]:
    r"""Return a value as text, as it is given but for what stands around it and what cannot be seen.

    >>> clean_text(" '=1+1 ")[0], clean_text("N/A"), clean_text(160.0)[0]
    ('=1+1', (None, None), '160')
    """
    if is_empty(value, meant):
        return None, None
    if isinstance(value, str):
        return _visible(value)
    said = _as_text(value)
    if said is None:
        return None, error("Here stands a list or an object, but a text is expected. Write it as a text.", value)
    return said, None


def _as_text(value: object) -> str | None:
    """Return a number, a date or a truth value as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, int | float) else None


def _visible(given: str) -> Cleaned[str]:
    """Return a text without what cannot be seen; control characters are told of."""
    kept, removed = CONTROL_CHARACTERS.subn("", LINE_END.sub("\n", given.translate(INVISIBLE_CHARACTERS)))
    cleaned = without_apostrophe(kept.strip())
    problem = warning(f"{removed} control characters were removed from this text. Look whether it is whole.", given)
    return cleaned or None, problem if removed else None


def without_apostrophe(given: str) -> str:
    """Return a text without the apostrophe that keeps a spreadsheet from running it as a formula."""
    return given[1:] if given.startswith("'") and given.startswith(FORMULA_PREFIXES, 1) else given


def clean_bool(value: object) -> Cleaned[bool]:
    """Return a truth value, in the spellings of several languages."""
    if is_empty(value):
        return None, None
    if isinstance(value, bool):
        return value, None
    word = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip().casefold()
    word = word.removesuffix(".0")
    if word in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS, None
    return None, error("This is neither yes nor no. Write “yes” or “no”, or leave the cell empty.", value)
