"""Full text search: the only file that knows how text is searched.

A case is searched in two folded texts: its title, and everything said of it. Folding takes away case, diacritics and
hyphens, so that *co-production* and *coproduction* are one word. Words match from their beginning; all must be found;
"quoted words" stand side by side; a leading minus excludes. Any input is safe: what is no letter or digit is a space.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add

from django.db.models import Case as When_
from django.db.models import IntegerField, Q, Value, When
from django.db.models.expressions import Combinable
from django_countries import countries

from .models import Case, CaseQuerySet

TOKEN = re.compile(r'(-?)(?:"([^"]*)"|(\S+))')
HYPHEN = re.compile(r"(?<=\w)[-\u2010\u2011\u00ad](?=\w)")
NO_WORD = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return `text` as words of plain lower-case letters and digits, one space apart.

    >>> fold("Coproduction, CO-production; Bundesamt für Familie")
    'coproduction coproduction bundesamt fur familie'
    """
    plain = "".join(c for c in unicodedata.normalize("NFKD", HYPHEN.sub("", text)) if not unicodedata.combining(c))
    return NO_WORD.sub(" ", plain.casefold()).strip()


@dataclass(frozen=True)
class Question:
    """What a reader typed: folded words and phrases to find, and those to leave out."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Question:
        wanted: list[str] = []
        unwanted: list[str] = []
        for minus, phrase, word in TOKEN.findall(text):
            found = f"{fold(phrase)} " if phrase.strip() else fold(word)
            if found.strip():
                (unwanted if minus else wanted).append(f" {found}")
        return cls(tuple(dict.fromkeys(wanted)), tuple(dict.fromkeys(unwanted)))

    def __bool__(self) -> bool:
        return bool(self.wanted or self.unwanted)


def matching(cases: CaseQuerySet, question: Question) -> CaseQuerySet:
    """Return the cases in which everything wanted stands and nothing unwanted."""
    for words in question.wanted:
        cases = cases.filter(search_text__contains=words)
    for words in question.unwanted:
        cases = cases.exclude(search_text__contains=words)
    return cases


def by_relevance(question: Question) -> list[Combinable | str]:
    """Return an order that puts cases first whose titles hold the words; ties stand by title."""
    scores = [
        When_(When(Q(search_title__contains=words), then=Value(1)), default=Value(0), output_field=IntegerField())
        for words in question.wanted
    ]
    return [*([reduce(add, scores).desc()] if scores else []), "title", "slug"]


def texts_of(case: Case) -> tuple[str, str]:
    """Return the two folded texts of a case, each with a space at either end so that words have edges."""
    title = f" {fold(case.title)} "
    return title, f" {fold(' '.join(_said_of(case)))} "


def _said_of(case: Case) -> Iterable[str]:
    yield from (case.title, case.summary, case.narrative, case.verdict_reason)
    yield from (place.name for place in case.places.all())
    yield from (countries.name(place.country) for place in case.places.all() if place.country)
    yield from (organisation.name for organisation in case.organisations.all())
    yield from (f"{source.authors} {source.year or ''} {source.title}" for source in case.sources.all())
    yield from (arrangement.label for arrangement in case.arrangements.all())
