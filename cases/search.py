"""Full text search: the only file that knows how text is searched.

All that is asked for must be found; "quoted words" stand side by side; a leading minus excludes; a trailing star leaves
a word open. Any input is safe: what is no letter or digit is a space.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression
from django.db.models.sql.compiler import SQLCompiler
from django_countries import countries

from .fulltext import ENGINES, RAW, Indexed, engine, keys
from .models import Case, CaseQuerySet, SearchRow, Word
from .terms import Question
from .words import stem, stems, words_of

__all__ = ["Question", "Texts", "forget_all", "keep", "keep_many", "matching", "ranked", "texts_of"]

# What is asked --------------------------------------------------------------------------------------------------------


def ranked(question: Question) -> Sequence[int]:
    """Return the keys of all cases that answer, drafts too, the best first; ties by key.

    Where there are only words to leave out, no case is better than another.
    """
    return keys(*engine().ranked(question)) if question.hopeful else ()


def matching(cases: CaseQuerySet, question: Question) -> CaseQuerySet:
    """Return those of `cases` that answer, as a condition in their own statement."""
    return cases.filter(pk__in=Found(question)) if question.hopeful else cases.none()


class Found(Expression):
    """The keys of the cases that answer to a question, as a subquery."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.question = question

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str, ...]]:
        return ENGINES[connection.vendor].found(self.question)


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
    return Indexed(stemmed, {stem(word) for word in aside}.difference(stemmed) | {RAW + w for w in raw if stem(w) != w})


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
