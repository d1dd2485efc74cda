"""What can be seen of a text. A text of invisible characters alone is no text, and a name has none of them at all."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from django.core.exceptions import ValidationError

UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
"""Controls, format characters (soft hyphen, joiners, directions, tags), lone surrogates, blanks."""

UNSEEN_LETTERS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164"
    "\ufe00-\ufe0f\uffa0\ufff0-\ufff8\U000e0000-\U000e0fff]"
)
"""What Unicode counts as letter, mark or symbol, or has not assigned, and draws as nothing: fillers and selectors."""

JOINERS = "\u200c\u200d"
JOINED_SCRIPTS = re.compile("[\u0600-\u1cff\ua840-\uabff]")
"""Letters of scripts that need joiners for their spelling: Arabic, Syriac, those of India and South-East Asia."""

EMOJI_CATEGORIES = frozenset({"So", "Sk"})
EMOJI_STYLE = "\ufe0f"

NOTHING_SEEN = "Nothing can be seen of this: write letters, digits or other signs."


def is_unseen(sign: str) -> bool:
    """Whether one character is invisible by itself, blanks included."""
    return unicodedata.category(sign) in UNSEEN_CATEGORIES or bool(UNSEEN_LETTERS.match(sign))


def is_visible(text: str) -> bool:
    r"""Whether anything can be seen of a text.

    >>> is_visible("a\u200b"), is_visible("\u00ad \u200b"), is_visible("")
    (True, False, False)
    """
    return not all(map(is_unseen, text))


def is_unseen_text(text: str) -> bool:
    """Whether a text is neither blank nor visible. NUL is left to the fields, which refuse it by name."""
    return bool(text.strip()) and "\0" not in text and not is_visible(text)


def validate_visible(text: str) -> None:
    """Refuse a text of which nothing can be seen; whether it may be empty, or blank, is up to the field."""
    if is_unseen_text(text):
        raise ValidationError(NOTHING_SEEN, code="invisible")


def hidden_signs(name: str) -> Iterator[str]:
    """The characters of a name that are not seen, except blanks, and joiners that its spelling or an emoji needs."""
    for at, sign in enumerate(name):
        if sign != " " and is_unseen(sign) and not _is_needed(name, at):
            yield sign


def _is_needed(name: str, at: int) -> bool:
    before, sign, after = name[at - 1 : at], name[at], name[at + 1 : at + 2]
    if sign == EMOJI_STYLE:
        return _is_emoji(before)
    if sign not in JOINERS:
        return False
    spelling = JOINED_SCRIPTS.match(before) and (sign == JOINERS[1] or JOINED_SCRIPTS.match(after))
    return bool(spelling) or (_is_emoji(before) and _is_emoji(after))


def _is_emoji(sign: str) -> bool:
    return bool(sign) and (sign == EMOJI_STYLE or unicodedata.category(sign) in EMOJI_CATEGORIES)


def tidy_name(name: str) -> str:
    """A name with one blank between its words, and none around them."""
    return " ".join(name.split())


def name_problem(name: str) -> str:
    """What is wrong with a name (of a person or group, a tag); empty if nothing is."""
    if is_unseen_text(name):
        return NOTHING_SEEN
    hidden = next((sign for sign in hidden_signs(name) if sign != "\0"), "")
    return f"It holds a character that cannot be seen (U+{ord(hidden):04X}): take it out." if hidden else ""


def validate_name(name: str) -> None:
    if problem := name_problem(name):
        raise ValidationError(problem, code="invisible")
