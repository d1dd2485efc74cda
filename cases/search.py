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

from .excerpts import Parts, Snippet, Sought
from .fulltext import ENGINES, Indexed, Statement, as_written, engine
from .models import Case, CaseQuerySet, SearchRow, Word
from .spelling import SHORTEST, Vocabulary, likelihood
from .terms import Question
from .words import stem, stems, words_of

__all__ = [
    "Question",
    "Snippet",
    "Texts",
    "forget_all",
    "keep",
    "keep_many",
    "matching",
    "ranked",
    "snippets",
    "suggestion",
    "texts_of",
]

# What is asked --------------------------------------------------------------------------------------------------------


def ranked(question: Question) -> Sequence[int]:
    """Return the keys of all cases that answer, drafts too, the best first; ties by key.

    Where there are only words to leave out, no case is better than another.
    """
    if not question.hopeful:
        return ()
    with connection.cursor() as cursor:
        return engine().ranked(cursor, question)


def matching(cases: CaseQuerySet, question: Question) -> CaseQuerySet:
    """Return those of `cases` that answer, as a condition in their own statement."""
    return cases.filter(pk__in=Found(question)) if question.hopeful else cases.none()


class Found(Expression):
    """The keys of the cases that answer to a question, as a subquery."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Statement:
        return ENGINES[connection.vendor].found(self.question)


# What is shown of it --------------------------------------------------------------------------------------------------


def snippets(question: Question, keys: Iterable[int]) -> dict[int, Snippet]:
    """Return the titles of a few cases, and the words of their summaries or narratives that answer, in one query."""
    sought = Sought(question)
    shown = list(keys)
    marks = ", ".join(["%s"] * len(shown))
    with connection.cursor() as cursor:  # past the ORM, which takes longer than the database
        cursor.execute(f"SELECT id, title, summary, narrative FROM cases_case WHERE id IN ({marks or 'NULL'})", shown)  # noqa: S608 - marks
        rows = cursor.fetchall()
    return {key: Snippet(sought.marked(title), _best(sought, title, *texts)) for key, title, *texts in rows}


def _best(sought: Sought, title: str, summary: str, narrative: str) -> Parts:
    """Return the excerpt that holds most; the narrative is read only for what title and summary do not hold."""
    first = sought.excerpt(summary)
    if len(first.found | sought.told(title)) >= sought.number:
        return first.parts
    second = sought.excerpt(narrative)
    return second.parts if len(second.found) > len(first.found) else first.parts


# What may have been meant ---------------------------------------------------------------------------------------------

TYPED = re.compile(r"(?<![\w-])[^\W\d_]+(?:[-'’][^\W\d_]+)*(?![\w*-])")
KNOWN_AT_MOST = 250_000  # words; those that are met later are rare, and each takes some hundred bytes of every process
MOST_ASKED = 50
MOST_MENDED = 5
MOST_NEAR = 20


def suggestion(question: Question, *, drafts: bool) -> str | None:
    """Return what was typed with the words replaced that no case holds; None when there is nothing better to type.

    Unless `drafts` are seen, only the published cases are asked, for what is known and for what is suggested.
    """
    if not question.hopeful:
        return None
    typed = {match[0]: words_of(match[0]).stream for match in TYPED.finditer(question.text)}
    unknown = _unknown(chain.from_iterable(typed.values()), drafts=drafts)
    better = {word: _better(word, drafts=drafts) for word in unknown[:MOST_MENDED]}
    if not any(better.values()):
        return None
    mended = {written: [better.get(word) or word for word in words] for written, words in typed.items()}
    return TYPED.sub(lambda match: _written(match[0], typed[match[0]], mended[match[0]]), question.text)


def _unknown(words: Iterable[str], *, drafts: bool) -> list[str]:
    """Return those of the first words that no case holds, in their order."""
    asked = list(dict.fromkeys(word for word in words if len(word) >= SHORTEST))[:MOST_ASKED]
    standing = _standing(map(stem, asked), drafts=drafts)
    return [word for word in asked if not standing[stem(word)]]


def _written(as_typed: str, words: list[str], mended: list[str]) -> str:
    return as_typed if words == mended else "-".join(mended)


def _better(word: str, *, drafts: bool) -> str | None:
    """Return the word nearest to one that no case holds: of several the likeliest, then the most frequent."""
    near = KNOWN.vocabulary().near(word)[:MOST_NEAR]
    standing = _standing(map(as_written, near), drafts=drafts)
    found = [other for other in near if standing[as_written(other)]]
    return max(found, key=lambda other: (likelihood(word, other), standing[as_written(other)]), default=None)


def _standing(words: Iterable[str], *, drafts: bool) -> dict[str, int]:
    """Return in how many cases each word stands, up to a hundred."""
    asked = list(words)
    if not asked:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(*engine().standing(asked, drafts=drafts))
        return {asked[number]: cases for number, cases in cursor.fetchall()}


SINCE = "SELECT id, word FROM cases_word WHERE id >= %s ORDER BY id LIMIT %s"


class Known:
    """The words that were ever written in a case, in this process's memory; each question learns the new ones."""

    def __init__(self) -> None:
        self._vocabulary = Vocabulary()
        self._last = (0, "")
        self._lock = Lock()

    def vocabulary(self) -> Vocabulary:
        """Return the words of today, save those that another transaction was writing just when the last were learnt."""
        with self._lock:
            if not self._learn():  # the table was emptied meanwhile
                self._vocabulary, self._last = Vocabulary(), (0, "")
                self._learn()
            return self._vocabulary

    def _learn(self) -> bool:
        """Add the words written since the last one, which must still stand; tell whether it does."""
        room = KNOWN_AT_MOST - len(self._vocabulary.words)
        with connection.cursor() as cursor:
            cursor.execute(SINCE, [self._last[0], room + 1])
            found = cursor.fetchall()
        if self._last[0] and found[:1] != [self._last]:
            return False
        new = found[1:] if self._last[0] else found
        self._vocabulary.learn(word for _, word in new)
        self._last = found[-1] if found else self._last
        return True


KNOWN = Known()


# What is kept of a case -----------------------------------------------------------------------------------------------

LONGEST_TEXTS = (1_000, 20_000, 100_000, 30_000)
"""Characters of title, summary, narrative and names that are searched: PostgreSQL keeps one megabyte of words."""


class Texts(NamedTuple):
    """The texts by which a case is found, the heaviest first, as they are written."""

    key: int
    title: str
    summary: str
    narrative: str
    names: str


def texts_of(case: Case) -> Texts:
    """Return the texts of a case that was fetched whole."""
    return Texts(case.pk, case.title, case.summary, "\n".join(_told_of(case)), "\n".join(_named_in(case)))


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


def _indexed(texts: Sequence[str], words: set[str]) -> list[Indexed]:
    """Return texts as they are searched; their words join `words`."""
    return [_indexed_one(text[:longest], words) for text, longest in zip(texts, LONGEST_TEXTS, strict=True)]


def _indexed_one(text: str, words: set[str]) -> Indexed:
    stream, aside = words_of(text)
    raw = {*stream, *aside}
    words |= raw
    stemmed = list(stems(stream))
    return Indexed(stemmed, {*stems(aside), *map(as_written, raw)}.difference(stemmed))


def keep(case: Case) -> None:
    """Let a case, fetched whole, be found by what it says now."""
    keep_many([texts_of(case)])


BATCH = 500


def keep_many(rows: Iterable[Texts]) -> None:
    """Let cases be found by these texts; memory is bounded however many they are."""
    batch: list[Texts] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            _keep(batch)
            batch = []
    if batch:
        _keep(batch)


@transaction.atomic
def _keep(batch: Sequence[Texts]) -> None:
    words: set[str] = set()
    rows = [(key, _indexed(texts, words)) for key, *texts in batch]
    with connection.cursor() as cursor:
        engine().write(cursor, rows)
        engine().learn(cursor, sorted(word for word in words if word.isalpha()))


def forget_all() -> None:
    """Forget every case and every word."""
    SearchRow.objects.all().delete()
    Word.objects.all().delete()
