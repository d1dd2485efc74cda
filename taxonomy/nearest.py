"""What somebody may have meant by a word that is none of those there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from rapidfuzz import fuzz, process

MAX_COMPARED_LETTERS = 80  # letters of a word that are compared
MAX_ALL_CANDIDATES = 500  # of so many words each is a candidate
CANDIDATES_AROUND = 100  # of more, so many at each place where the word may have stood
MAX_FIRST_WORDS = 3  # of a word with hyphens that may be the first one of what was meant


def nearest(word: str, words: Iterable[str], *, most: int = 1, alike: float = 60) -> list[str]:
    """Return the words most like one, best first; `alike` is the least likeness, of 100."""
    found = process.extract(word[:MAX_COMPARED_LETTERS], list(words), scorer=fuzz.ratio, score_cutoff=alike, limit=most)
    return [each for each, _, _ in found]


def candidate_words(rows: QuerySet[Any], word: str, column: str = "slug") -> list[str]:
    """Return what stands in an indexed column and may have been meant by `word`.

    Where that is much, it is what stands around the word in the order of the alphabet: around the whole of it, its
    beginnings, and its words. So the work does not grow with the table.
    """
    rows = rows.order_by(column).values_list(column, flat=True)
    found = list(rows[: MAX_ALL_CANDIDATES + 1])
    if len(found) <= MAX_ALL_CANDIDATES:
        return found
    word = "".join(letter for letter in word[:MAX_COMPARED_LETTERS] if letter.isprintable())
    begins = dict.fromkeys([word, word[:6], word[:4], word[:2], *word.split("-")[1:MAX_FIRST_WORDS]])
    behind = [each for begin in begins for each in rows.filter(**{f"{column}__gte": begin})[:CANDIDATES_AROUND]]
    before = rows.filter(**{f"{column}__lt": word}).order_by(f"-{column}")[:CANDIDATES_AROUND]
    return list(dict.fromkeys([*before, *behind]))
