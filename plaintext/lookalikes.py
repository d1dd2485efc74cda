"""Names that people cannot tell apart: skeletons after Unicode's list of confusable characters (UTS 39)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache

from confusable_homoglyphs import categories, confusables

from .visibility import is_unseen

WRITTEN_TOGETHER = (
    frozenset({"HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"HAN", "HANGUL"}),
    frozenset({"HAN", "BOPOMOFO"}),
)
"""Scripts that one word may mix."""

SCRIPTLESS = frozenset({"COMMON", "INHERITED", "Unknown"})


def skeletons(name: str) -> set[str]:
    r"""What a name looks like, in the case it is written in and in lower case; names that share one look alike.

    >>> skeletons("\u0430dmin") == skeletons("admin"), sorted(skeletons("Ian") & skeletons("lan"))
    (True, ['lan'])
    """
    plain = unicodedata.normalize("NFKC", name)
    return {found for found in (_skeleton(plain), _skeleton(plain.casefold())) if found}


def _skeleton(name: str) -> str:
    seen = "".join(sign for sign in unicodedata.normalize("NFD", name) if not is_unseen(sign))
    return unicodedata.normalize("NFD", _as_prototypes(_as_prototypes(seen).casefold()))


def _as_prototypes(name: str) -> str:
    prototypes = _prototypes()
    return "".join(prototypes.get(sign, sign) for sign in name)


@cache
def _prototypes() -> Mapping[str, str]:
    """By character: the string that all the characters like it are compared as, the longest one (“rn” for “m”)."""
    found: dict[str, str] = {}
    for sign in confusables.confusables_data:
        if sign not in found:
            alike = set(_alike(sign))
            prototype = max(
                alike, key=lambda each: (len(each) if each.isascii() else 0, each.isascii(), each.islower())
            )
            found |= {each: prototype for each in alike if len(each) == 1}
    return found


def _alike(sign: str) -> Iterator[str]:
    """The characters that look like one, and like those."""
    pending, seen = [sign], {sign}
    while pending:
        each = pending.pop()
        yield each
        for entry in confusables.confusables_data.get(each, ()):
            if entry["c"] not in seen:
                seen.add(entry["c"])
                pending.append(entry["c"])


def mixed_word(name: str) -> str:
    r"""The first word of a name that mixes scripts; empty if none does.

    >>> mixed_word("Anna p\u0430ul") == "p\u0430ul", mixed_word("東京タワー")
    (True, '')
    """
    return next((word for word in name.split() if not _is_of_one_script(word)), "")


def _is_of_one_script(word: str) -> bool:
    scripts = {categories.alias(sign) for sign in word} - SCRIPTLESS
    return len(scripts) < 2 or any(scripts <= together for together in WRITTEN_TOGETHER)
