"""Full text search: the interface to this package.

All terms must be found; "quoted words" must follow each other; a leading minus excludes; a trailing star makes a word a
prefix. Any input is safe: characters other than letters and digits count as spaces.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from threading import Lock
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression
from django.db.models.sql.compiler import SQLCompiler
from django_countries import countries

from .. import schema
from ..markdown import words_of_markdown
from ..models import Case, CaseQuerySet, SearchRow, Word
from .backends import SEARCH_BACKENDS, IndexedText, SearchStatement, raw_token, search_backend
from .excerpts import ExcerptParts, Highlighter, Snippet, plain_text
from .outline import outline
from .query import SearchQuery
from .spelling import MIN_MISSPELT_LENGTH, TrigramIndex, typo_likelihood
from .text import GAP_MARK, split_words, stem, stems

__all__ = [
    "SearchQuery",
    "SearchableTexts",
    "Snippet",
    "clear_search_index",
    "index_case",
    "index_texts",
    "matching_cases",
    "ranked_keys",
    "searchable_texts",
    "snippets",
    "suggest_spelling",
]

# Searching -----------------------------------------------------------------------------------------------------------


def ranked_keys(search_query: SearchQuery) -> Sequence[int]:
    """Return the primary keys of all matching cases, including drafts, best first; ties are in the order of keys.

    If the query only excludes words, all matches are ties.
    """
    if not search_query.hopeful:
        return ()
    with connection.cursor() as cursor:
        return search_backend().ranked(cursor, search_query)


def matching_cases(cases: CaseQuerySet, search_query: SearchQuery) -> CaseQuerySet:
    """Filter `cases` to those that match, with a subquery."""
    return cases.filter(pk__in=MatchingKeys(search_query)) if search_query.hopeful else cases.none()


class MatchingKeys(Expression):
    """A subquery for the primary keys of the matching cases."""

    def __init__(self, search_query: SearchQuery) -> None:
        super().__init__()
        self.search_query = search_query

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> SearchStatement:
        return SEARCH_BACKENDS[connection.vendor].found(self.search_query)


# Excerpts ------------------------------------------------------------------------------------------------------------


def snippets(search_query: SearchQuery, keys: Iterable[int]) -> dict[int, Snippet]:
    """Return the snippets of these cases by primary key, with one query."""
    highlighter = Highlighter(search_query)
    shown = list(keys)
    marks = ", ".join(["%s"] * len(shown))
    with connection.cursor() as cursor:  # the ORM would take longer than the database
        cursor.execute(f"SELECT id, title, summary, narrative FROM cases_case WHERE id IN ({marks or 'NULL'})", shown)  # noqa: S608 - marks
        rows = cursor.fetchall()
    return {key: Snippet(highlighter.marked(title), _best(highlighter, title, *texts)) for key, title, *texts in rows}


def _best(highlighter: Highlighter, title: str, summary: str, narrative: str) -> ExcerptParts:
    """Return the excerpt with the most search words. The narrative is only read if title and summary lack some."""
    first = highlighter.excerpt(summary)
    if len(first.found | highlighter.found_stems(title)) >= highlighter.number:
        return first.parts
    second = highlighter.excerpt(plain_text(narrative))
    return second.parts if len(second.found) > len(first.found) else first.parts


# Spelling ------------------------------------------------------------------------------------------------------------

TYPED_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?:[-'][^\W\d_]+)*(?![\w*-])")
JOINT = re.compile("[-']")
"""Both are matched in the outline of a text."""
MAX_KNOWN_WORDS = 250_000  # later words are rare, and each takes about a hundred bytes in every process
MAX_CHECKED_WORDS = 50
MAX_CORRECTED_WORDS = 5
MAX_CORRECTIONS = 20


def suggest_spelling(search_query: SearchQuery, *, drafts: bool) -> str | None:
    """Return the search text with unknown words corrected, or None if there is no correction.

    Without `drafts`, only the words of published cases count as known, and only these are suggested.
    """
    if not search_query.hopeful:
        return None
    text = search_query.text
    spans = [match.span() for match in TYPED_WORD.finditer(outline(text))]
    typed = {text[start:end]: split_words(text[start:end]).stream for start, end in spans}
    unknown = _unknown_words(chain.from_iterable(typed.values()), drafts=drafts)
    corrections = {word: _correction(word, drafts=drafts) for word in unknown[:MAX_CORRECTED_WORDS]}
    if not any(corrections.values()):
        return None
    for start, end in reversed(spans):
        text = text[:start] + _corrected(text[start:end], typed[text[start:end]], corrections) + text[end:]
    return text


def _unknown_words(words: Iterable[str], *, drafts: bool) -> list[str]:
    """Return the words that are in no case, in order, checking the first `MAX_CHECKED_WORDS`."""
    checked = list(dict.fromkeys(word for word in words if len(word) >= MIN_MISSPELT_LENGTH))[:MAX_CHECKED_WORDS]
    case_counts = _case_counts(map(stem, checked), drafts=drafts)
    return [word for word in checked if not case_counts[stem(word)]]


def _corrected(as_typed: str, words: list[str], corrections: dict[str, str | None]) -> str:
    """Return a word as typed, or if one of its `words` has a correction, these with what joined them."""
    if not any(corrections.get(word) for word in words):
        return as_typed
    joints = [*JOINT.findall(outline(as_typed)), *["-"] * len(words)]
    corrected = (f"{joint}{corrections.get(word) or word}" for joint, word in zip(["", *joints], words, strict=False))
    return "".join(corrected)


def _correction(word: str, *, drafts: bool) -> str | None:
    """Return the best correction of an unknown word: the most likely, then the most frequent."""
    near = known_words.vocabulary().near(word)[:MAX_CORRECTIONS]
    case_counts = _case_counts(map(raw_token, near), drafts=drafts)
    found = [other for other in near if case_counts[raw_token(other)]]
    return max(found, key=lambda other: (typo_likelihood(word, other), case_counts[raw_token(other)]), default=None)


def _case_counts(words: Iterable[str], *, drafts: bool) -> dict[str, int]:
    """Return the number of cases with each word, at most a hundred."""
    counted = list(words)
    if not counted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(*search_backend().case_counts(counted, drafts=drafts))
        return {counted[number]: cases for number, cases in cursor.fetchall()}


NEW_WORDS_SQL = "SELECT id, word FROM cases_word WHERE id >= %s ORDER BY id LIMIT %s"


class KnownWords:
    """All words that were ever in a case, in memory. New ones are added whenever the vocabulary is used."""

    def __init__(self) -> None:
        self._vocabulary = TrigramIndex()
        self._last = (0, "")
        self._lock = Lock()

    def vocabulary(self) -> TrigramIndex:
        """Update and return the words, except those that were uncommitted while later ones were read."""
        with self._lock:
            if not self._learn():  # the table has been cleared
                self._vocabulary, self._last = TrigramIndex(), (0, "")
                self._learn()
            return self._vocabulary

    def _learn(self) -> bool:
        """Add the words that follow the last one read. Return False if that one no longer exists."""
        capacity = MAX_KNOWN_WORDS - len(self._vocabulary.words)
        with connection.cursor() as cursor:
            cursor.execute(NEW_WORDS_SQL, [self._last[0], capacity + 1])
            found = cursor.fetchall()
        if self._last[0] and found[:1] != [self._last]:
            return False
        new = found[1:] if self._last[0] else found
        self._vocabulary.learn(word for _, word in new)
        self._last = found[-1] if found else self._last
        return True


known_words = KnownWords()


# Indexing ------------------------------------------------------------------------------------------------------------

MAX_TEXT_LENGTHS = (1_000, 20_000, 150_000, 30_000)
"""Characters of title, summary, narrative and names that are indexed."""

MAX_INDEXED_SIZES = (20_000, 100_000, 500_000, 150_000)
"""Bytes of their words in the index, since a tsvector holds one megabyte, and title and summary twice."""

BYTES_A_WORD, BYTES_A_POSITION = 6, 2


class SearchableTexts(NamedTuple):
    """The texts by which a case is found, in order of weight."""

    key: int
    title: str
    summary: str
    narrative: str
    names: str


def searchable_texts(case: Case) -> SearchableTexts:
    """Return the texts of a case fetched with `whole()`."""
    return SearchableTexts(
        case.pk, case.title, case.summary, "\n".join(_narrative_texts(case)), "\n".join(_name_texts(case))
    )


PROSE_LOOKUPS = [lookup for lookup in schema.lookups(*schema.PROSE_KINDS) if lookup not in SearchableTexts._fields]
"""The fields with prose, except those that are texts of their own."""


def _narrative_texts(case: Case) -> Iterator[str]:
    """Yield the narrative and all other prose, but the title and the summary."""
    yield words_of_markdown(case.narrative)
    for lookup in PROSE_LOOKUPS:
        parts, _, column = lookup.rpartition("__")
        for thing in getattr(case, parts).all() if parts else [case]:
            yield getattr(thing, column)


def _name_texts(case: Case) -> Iterator[str]:
    for place in case.places.all():
        yield place.name
        yield countries.name(place.country) if place.country else ""
    yield from (participation.organisation.name for participation in case.participations.all())
    for citation in case.citations.all():
        yield f"{citation.source.authors} {citation.source.year or ''} {citation.source.title}"


def _indexed(texts: Sequence[str], words: set[str]) -> list[IndexedText]:
    """Prepare texts for the index, and add their words to `words`."""
    limits = zip(texts, MAX_TEXT_LENGTHS, MAX_INDEXED_SIZES, strict=True)
    return [_indexed_one(text[:longest], size, words) for text, longest, size in limits]


def _indexed_one(text: str, max_size: int, words: set[str]) -> IndexedText:
    stream, aside, respelt = split_words(text)
    raw = {*stream, *aside}
    stemmed = [*stems(stream), *([GAP_MARK, *stems(respelt)] if respelt else [])]
    indexed = IndexedText(stemmed, {*stems(aside), *map(raw_token, raw)}.difference(stemmed))
    if _size(indexed) > max_size:
        return _indexed_one(text[: len(text) // 2], max_size, words)
    words |= raw
    return indexed


def _size(indexed: IndexedText) -> int:
    """Return about how many bytes of a vector a text takes."""
    distinct = indexed.aside.union(indexed.stream)
    return len("".join(distinct).encode()) + len(distinct) * BYTES_A_WORD + len(indexed.stream) * BYTES_A_POSITION


def index_case(case: Case) -> None:
    """Update the search index for a case fetched with `whole()`."""
    index_texts([searchable_texts(case)])


SEARCH_BATCH_SIZE = 500
HAS_DIGIT = re.compile(r"\d")


def index_texts(rows: Iterable[SearchableTexts]) -> None:
    """Update the search index with these texts, in batches to limit memory."""
    batch: list[SearchableTexts] = []
    for row in rows:
        batch.append(row)
        if len(batch) == SEARCH_BATCH_SIZE:
            _write(batch)
            batch = []
    if batch:
        _write(batch)


@transaction.atomic
def _write(batch: Sequence[SearchableTexts]) -> None:
    words: set[str] = set()
    rows = [(key, _indexed(texts, words)) for key, *texts in batch]
    with connection.cursor() as cursor:
        search_backend().write(cursor, rows)
        search_backend().learn(cursor, sorted(word for word in words if not HAS_DIGIT.search(word)))


def clear_search_index() -> None:
    """Remove every case and every word from the search index."""
    SearchRow.objects.all().delete()
    Word.objects.all().delete()
