"""Suggestions for words that do not exist ("did you mean")."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from rapidfuzz import fuzz, process

MAX_COMPARED_LETTERS = 80  # longer words are cut
MAX_ALL_CANDIDATES = 500  # up to this many words, all are candidates
CANDIDATES_AROUND = 100  # beyond that, so many from each place in alphabetical order
MAX_FIRST_WORDS = 3  # how many parts of a hyphenated word may begin the intended word


def nearest(word: str, words: Iterable[str], *, most: int = 1, alike: float = 60) -> list[str]:
    """The most similar words, best first; `alike` is the lowest similarity, from 0 to 100."""
    found = process.extract(word[:MAX_COMPARED_LETTERS], list(words), scorer=fuzz.ratio, score_cutoff=alike, limit=most)
    return [match for match, _, _ in found]


def candidate_words(rows: QuerySet[Any], word: str, column: str = "slug") -> list[str]:
    """Values of an indexed column that may be what `word` was meant to be.

    In large tables, these are the neighbours, in alphabetical order, of the word, its beginnings, and its parts. So the
    work does not grow with the table.
    """
    rows = rows.order_by(column).values_list(column, flat=True)
    found = list(rows[: MAX_ALL_CANDIDATES + 1])
    if len(found) <= MAX_ALL_CANDIDATES:
        return found
    word = "".join(letter for letter in word[:MAX_COMPARED_LETTERS] if letter.isprintable())
    prefixes = dict.fromkeys([word, word[:6], word[:4], word[:2], *word.split("-")[1:MAX_FIRST_WORDS]])
    after = [value for prefix in prefixes for value in rows.filter(**{f"{column}__gte": prefix})[:CANDIDATES_AROUND]]
    before = rows.filter(**{f"{column}__lt": word}).order_by(f"-{column}")[:CANDIDATES_AROUND]
    return list(dict.fromkeys([*before, *after]))
