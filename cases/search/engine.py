"""Full text search: the only file that knows how text is searched.

All that is asked for must be found; "quoted words" stand side by side; a leading minus excludes; a trailing star leaves
a word open. Any input is safe: what is no letter or digit is a space.
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

from ..models import Case, CaseQuerySet, SearchRow, Word
from .backends import SEARCH_BACKENDS, IndexedText, SearchStatement, raw_token, search_backend
from .excerpts import ExcerptParts, Highlighter, Snippet
from .query import SearchQuery
from .spelling import MIN_MISSPELT_LENGTH, TrigramIndex, typo_likelihood
from .text import split_words, stem, stems

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

# What is asked --------------------------------------------------------------------------------------------------------


def ranked_keys(search_query: SearchQuery) -> Sequence[int]:
    """Return the keys of all cases that answer, drafts too, the best first; ties by key.

    Where there are only words to leave out, no case is better than another.
    """
    if not search_query.hopeful:
        return ()
    with connection.cursor() as cursor:
        return search_backend().ranked(cursor, search_query)


def matching_cases(cases: CaseQuerySet, search_query: SearchQuery) -> CaseQuerySet:
    """Return those of `cases` that answer, as a condition in their own statement."""
    return cases.filter(pk__in=MatchingKeys(search_query)) if search_query.hopeful else cases.none()


class MatchingKeys(Expression):
    """The keys of the cases that answer to a question, as a subquery."""

    def __init__(self, search_query: SearchQuery) -> None:
        super().__init__()
        self.search_query = search_query

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> SearchStatement:
        return SEARCH_BACKENDS[connection.vendor].found(self.search_query)


# What is shown of it --------------------------------------------------------------------------------------------------


def snippets(search_query: SearchQuery, keys: Iterable[int]) -> dict[int, Snippet]:
    """Return the titles of a few cases, and the words of their summaries or narratives that answer, in one query."""
    highlighter = Highlighter(search_query)
    shown = list(keys)
    marks = ", ".join(["%s"] * len(shown))
    with connection.cursor() as cursor:  # past the ORM, which takes longer than the database
        cursor.execute(f"SELECT id, title, summary, narrative FROM cases_case WHERE id IN ({marks or 'NULL'})", shown)  # noqa: S608 - marks
        rows = cursor.fetchall()
    return {key: Snippet(highlighter.marked(title), _best(highlighter, title, *texts)) for key, title, *texts in rows}


def _best(highlighter: Highlighter, title: str, summary: str, narrative: str) -> ExcerptParts:
    """Return the excerpt that holds most; the narrative is read only for what title and summary do not hold."""
    first = highlighter.excerpt(summary)
    if len(first.found | highlighter.found_stems(title)) >= highlighter.number:
        return first.parts
    second = highlighter.excerpt(narrative)
    return second.parts if len(second.found) > len(first.found) else first.parts


# What may have been meant ---------------------------------------------------------------------------------------------

TYPED_WORD = re.compile(r"(?<![\w-])[^\W\d_]+(?:[-'’][^\W\d_]+)*(?![\w*-])")
MAX_KNOWN_WORDS = (
    250_000  # words; those that are met later are rare, and each takes some hundred bytes of every process
)
MAX_CHECKED_WORDS = 50
MAX_CORRECTED_WORDS = 5
MAX_CORRECTIONS = 20


def suggest_spelling(search_query: SearchQuery, *, drafts: bool) -> str | None:
    """Return what was typed with the words replaced that no case holds; None when there is nothing better to type.

    Unless `drafts` are seen, only the published cases are asked, for what is known and for what is suggested.
    """
    if not search_query.hopeful:
        return None
    typed = {match[0]: split_words(match[0]).stream for match in TYPED_WORD.finditer(search_query.text)}
    unknown = _unknown(chain.from_iterable(typed.values()), drafts=drafts)
    better = {word: _better(word, drafts=drafts) for word in unknown[:MAX_CORRECTED_WORDS]}
    if not any(better.values()):
        return None
    mended = {written: [better.get(word) or word for word in words] for written, words in typed.items()}
    return TYPED_WORD.sub(lambda match: _written(match[0], typed[match[0]], mended[match[0]]), search_query.text)


def _unknown(words: Iterable[str], *, drafts: bool) -> list[str]:
    """Return those of the first words that no case holds, in their order."""
    checked = list(dict.fromkeys(word for word in words if len(word) >= MIN_MISSPELT_LENGTH))[:MAX_CHECKED_WORDS]
    case_counts = _case_counts(map(stem, checked), drafts=drafts)
    return [word for word in checked if not case_counts[stem(word)]]


def _written(as_typed: str, words: list[str], mended: list[str]) -> str:
    return as_typed if words == mended else "-".join(mended)


def _better(word: str, *, drafts: bool) -> str | None:
    """Return the word nearest to one that no case holds: of several the likeliest, then the most frequent."""
    near = known_words.vocabulary().near(word)[:MAX_CORRECTIONS]
    case_counts = _case_counts(map(raw_token, near), drafts=drafts)
    found = [other for other in near if case_counts[raw_token(other)]]
    return max(found, key=lambda other: (typo_likelihood(word, other), case_counts[raw_token(other)]), default=None)


def _case_counts(words: Iterable[str], *, drafts: bool) -> dict[str, int]:
    """Return in how many cases each word stands, up to a hundred."""
    counted = list(words)
    if not counted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(*search_backend().case_counts(counted, drafts=drafts))
        return {counted[number]: cases for number, cases in cursor.fetchall()}


NEW_WORDS_SQL = "SELECT id, word FROM cases_word WHERE id >= %s ORDER BY id LIMIT %s"


class KnownWords:
    """The words that were ever written in a case, in this process's memory; each question learns the new ones."""

    def __init__(self) -> None:
        self._vocabulary = TrigramIndex()
        self._last = (0, "")
        self._lock = Lock()

    def vocabulary(self) -> TrigramIndex:
        """Return the words of today, save those that another transaction was writing just when the last were learnt."""
        with self._lock:
            if not self._learn():  # the table was emptied meanwhile
                self._vocabulary, self._last = TrigramIndex(), (0, "")
                self._learn()
            return self._vocabulary

    def _learn(self) -> bool:
        """Add the words written since the last one, which must still stand; tell whether it does."""
        room = MAX_KNOWN_WORDS - len(self._vocabulary.words)
        with connection.cursor() as cursor:
            cursor.execute(NEW_WORDS_SQL, [self._last[0], room + 1])
            found = cursor.fetchall()
        if self._last[0] and found[:1] != [self._last]:
            return False
        new = found[1:] if self._last[0] else found
        self._vocabulary.learn(word for _, word in new)
        self._last = found[-1] if found else self._last
        return True


known_words = KnownWords()


# What is kept of a case -----------------------------------------------------------------------------------------------

MAX_TEXT_LENGTHS = (1_000, 20_000, 100_000, 30_000)
"""Characters of title, summary, narrative and names that are searched: PostgreSQL keeps one megabyte of words."""


class SearchableTexts(NamedTuple):
    """The texts by which a case is found, the heaviest first, as they are written."""

    key: int
    title: str
    summary: str
    narrative: str
    names: str


def searchable_texts(case: Case) -> SearchableTexts:
    """Return the texts of a case that was fetched whole."""
    return SearchableTexts(case.pk, case.title, case.summary, "\n".join(_told_of(case)), "\n".join(_named_in(case)))


def _told_of(case: Case) -> Iterator[str]:
    yield from (case.narrative, case.verdict_reason)
    yield from (arrangement.label for arrangement in case.arrangements.all())
    yield from (f"{claim.as_stated} {claim.measures}" for claim in case.claims.all())
    yield from (caveat.text for caveat in case.caveats.all())


def _named_in(case: Case) -> Iterator[str]:
    for place in case.places.all():
        yield place.name
        yield countries.name(place.country) if place.country else ""
    yield from (participation.organisation.name for participation in case.participations.all())
    for citation in case.citations.all():
        yield f"{citation.source.authors} {citation.source.year or ''} {citation.source.title}"


def _indexed(texts: Sequence[str], words: set[str]) -> list[IndexedText]:
    """Return texts as they are searched; their words join `words`."""
    return [_indexed_one(text[:longest], words) for text, longest in zip(texts, MAX_TEXT_LENGTHS, strict=True)]


def _indexed_one(text: str, words: set[str]) -> IndexedText:
    stream, aside = split_words(text)
    raw = {*stream, *aside}
    words |= raw
    stemmed = list(stems(stream))
    return IndexedText(stemmed, {*stems(aside), *map(raw_token, raw)}.difference(stemmed))


def index_case(case: Case) -> None:
    """Let a case, fetched whole, be found by what it says now."""
    index_texts([searchable_texts(case)])


SEARCH_BATCH_SIZE = 500


def index_texts(rows: Iterable[SearchableTexts]) -> None:
    """Let cases be found by these texts; memory is bounded however many they are."""
    batch: list[SearchableTexts] = []
    for row in rows:
        batch.append(row)
        if len(batch) == SEARCH_BATCH_SIZE:
            _keep(batch)
            batch = []
    if batch:
        _keep(batch)


@transaction.atomic
def _keep(batch: Sequence[SearchableTexts]) -> None:
    words: set[str] = set()
    rows = [(key, _indexed(texts, words)) for key, *texts in batch]
    with connection.cursor() as cursor:
        search_backend().write(cursor, rows)
        search_backend().learn(cursor, sorted(word for word in words if word.isalpha()))


def clear_search_index() -> None:
    """Forget every case and every word."""
    SearchRow.objects.all().delete()
    Word.objects.all().delete()
