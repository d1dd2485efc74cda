"""Texts, truth values, and the notations of an empty cell."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date
from typing import TypeVar

from plaintext.normal import compose

from .problems import Problem, error, warning

T = TypeVar("T")
Cleaned = tuple[T | None, Problem | None]
"""A value, and the problem found in it; with an error the value is None."""

EMPTY_WORDS = frozenset({"na", "null", "nan", "none"})
"""Words that mean nothing in tables, in lower case; but people, places and titles are called so, too."""

EMPTY_NOTATIONS = (EMPTY_WORDS - {"none"}) | {"", "n/a", "n.a.", "#n/a", "-", "–", "—", "[]", "{}"}
"""Notations of an empty cell, in lower case. `None` only counts with its capital, as “none” may be an answer."""

KEPT_AS_NAME = (
    "This was kept as a name. If it means nothing here, empty the cell, or name it among the words of the mapping "
    "that mean nothing."
)
READ_AS_EMPTY = "This was read as an empty cell."

FORMULA_PREFIXES = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - the last four are full-width, and meant
"""What a formula begins with in a spreadsheet; our own tables put an apostrophe before it."""

INVISIBLE_CHARACTERS = dict.fromkeys(map(ord, "\u200b\u2060\ufeff\u00ad"))
"""Zero-width blanks, the byte order mark, the soft hyphen. Joiners are kept, as scripts need them."""

CONTROL_CHARACTERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202d\u202e\ud800-\udfff\ufffe\uffff]")
"""Control characters except tab and line end, direction overrides, and lone surrogates."""

LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")

TRUE_WORDS = frozenset(
    {"true", "t", "yes", "y", "1", "on", "x", "✓", "✔", "ja", "oui", "sí", "si", "sì", "sim", "vero", "wahr", "vrai"}
)
FALSE_WORDS = frozenset({"false", "f", "no", "n", "0", "off", "nein", "non", "não", "nee", "falso", "falsch", "faux"})


def visible_text(value: object) -> str:
    """A value as a person sees it in its cell."""
    return str(value).translate(INVISIBLE_CHARACTERS).strip()


def is_empty(value: object, meant: Collection[str] = ()) -> bool:
    """Whether a value is a notation of an empty cell; those in `meant` are values in its column."""
    if not isinstance(value, str):
        return value is None or value in ([], {}, ()) or value != value  # noqa: PLR0124 - NaN alone is not itself
    text = visible_text(value)
    return text not in meant and (text.lower() in EMPTY_NOTATIONS or text == "None")


def clean_text(value: object, *, meant: Collection[str] = ()) -> Cleaned[str]:
    r"""A value as text, without surrounding white space and invisible characters.

    >>> clean_text(" '=1+1 ")[0], clean_text("N/A"), clean_text(160.0)[0]
    ('=1+1', (None, None), '160')
    """
    if is_empty(value, meant):
        return None, None
    if isinstance(value, str):
        return _visible(value)
    text = _as_text(value)
    if text is None:
        return None, error("Here stands a list or an object, but a text is expected. Write it as a text.", value)
    return text, None


def clean_name(value: object, *, meant: Collection[str] = ()) -> Cleaned[str]:
    """A text in a column of names, in which a word such as “Nan” is a name.

    >>> clean_name("Nan")[0], clean_name("N/A")[0]
    ('Nan', None)
    """
    text = visible_text(value) if isinstance(value, str) else ""
    if text in meant or text.lower() not in EMPTY_WORDS:
        return clean_text(value, meant=meant)
    return text, warning(KEPT_AS_NAME, value)


def _as_text(value: object) -> str | None:
    """A number, a date or a truth value as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).lower() if isinstance(value, int | float) else None


def _visible(given: str) -> Cleaned[str]:
    """A text without invisible characters; a warning if there were control characters."""
    visible, removed = CONTROL_CHARACTERS.subn("", LINE_END.sub("\n", compose(given).translate(INVISIBLE_CHARACTERS)))
    cleaned = without_apostrophe(visible.strip())
    problem = warning(f"{removed} control characters were removed from this text. Look whether it is whole.", given)
    return cleaned or None, problem if removed else None


def without_apostrophe(given: str) -> str:
    """A text without the apostrophe that keeps a spreadsheet from running it as a formula."""
    return given[1:] if given.startswith("'") and given.startswith(FORMULA_PREFIXES, 1) else given


def clean_bool(value: object) -> Cleaned[bool]:
    """A truth value, in the spellings of several languages."""
    if is_empty(value):
        return None, None
    if isinstance(value, bool):
        return value, None
    word = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip().casefold()
    word = word.removesuffix(".0")
    if word in TRUE_WORDS | FALSE_WORDS:
        return word in TRUE_WORDS, None
    return None, error("This is neither yes nor no. Write “yes” or “no”, or leave the cell empty.", value)
