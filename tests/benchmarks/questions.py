"""Random questions, drawn as the catalogue itself is distributed, and what every contestant answers to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from .database import Connection
from .flat import AXES, FACETS, FLAGS, NOTHING
from .words import VOCABULARY, vocabulary

SORTS = {"": "by_title", "title": "by_title", "-year": "by_year", "-updated": "by_updated"}
"""The orders asked for, each with its column in the flat tables."""
COMMON, SELDOM = 100, 3_000  # between these ranks are the words that readers are likely to type
RARE = 20_000  # ranks from which on a word is rare

Counts = dict[str, dict[str, int]]
"""The number of cases by facet and value."""


@dataclass(frozen=True)
class Question:
    """At most one value of each facet, an order, and words to search."""

    choices: Mapping[str, str] = field(default_factory=dict)
    sort: str = ""
    words: str = ""

    @property
    def query(self) -> str:
        """The question as the catalogue's own address has it."""
        return urlencode([*self.choices.items(), *[(n, v) for n, v in (("sort", self.sort), ("q", self.words)) if v]])

    @property
    def axes(self) -> dict[str, str]:
        """The choices that hold for one and the same arrangement."""
        return {name: value for name, value in self.choices.items() if name in AXES}


@dataclass(frozen=True)
class Answer:
    """The keys of the first twenty cases, how many there are in all, and the counts that are not nought.

    `counts` may lack facets, and `keys` or `matrix` be None, where a contestant does not say them.
    """

    total: int
    keys: list[int] | None
    counts: Counts = field(default_factory=dict)
    matrix: dict[str, int] | None = None


class Codes:
    """The values of the seven facets: their slugs, their codes in the flat tables, and how many cases have each."""

    def __init__(self, flat: Connection) -> None:
        terms = flat.run(
            "SELECT v.slug, t.slug, t.id FROM taxonomy_term t JOIN taxonomy_vocabulary v ON v.id = t.vocabulary_id"
        )
        self.codes: dict[str, dict[str, int | str]] = {name: dict(NOTHING) for name in FACETS}
        for vocabulary_, slug, code in terms:
            if vocabulary_ in self.codes:
                self.codes[vocabulary_][slug] = FLAGS[slug] if vocabulary_ in ("actor", "mode") else code
        self.counts: dict[str, dict[Any, int]] = {
            name: dict(flat.run(f"SELECT value, COUNT(*) FROM {name} GROUP BY value")) for name in FACETS
        }
        self.codes["country"] = {kind: str(code) for kind, code in NOTHING.items()}
        self.codes["country"] |= {code: code for code in self.counts["country"] if not code.startswith("-")}
        self.slugs = {name: {str(code): slug for slug, code in codes.items()} for name, codes in self.codes.items()}
        self.sets: dict[str, dict[int, list[str]]] = {name: {} for name in FACETS}
        for name, number, code in flat.run("SELECT facet, number, value FROM kept"):
            self.sets[name].setdefault(number, []).append(self.slugs[name][code])

    def sets_with(self, facet: str, value: str) -> list[int]:
        """Return the numbers of the sets that hold a value."""
        return [number for number, values in self.sets[facet].items() if value in values]

    def drawn(self, random: Random, facet: str) -> str:
        """Return a value of a facet, as likely as it is frequent."""
        counts = {self.slugs[facet][str(code)]: number for code, number in self.counts[facet].items()}
        said = {slug: number for slug, number in counts.items() if slug not in NOTHING}
        return random.choices(list(said), list(said.values()))[0]


class Asker:
    """Asks random questions; the same seed asks the same ones."""

    def __init__(self, codes: Codes, seed: str) -> None:
        self.codes = codes
        self.random = Random(seed)

    def choices(self) -> Question:
        """Return a question of nought to three facets, in some order."""
        facets = self.random.sample(FACETS, self.random.randint(0, 3))
        choices = {name: self.codes.drawn(self.random, name) for name in facets}
        return Question(choices, self.random.choice(list(SORTS)))

    def words(self) -> Question:
        """Return a question of one or two words that many cases hold."""
        words = self.random.choices(vocabulary()[COMMON:SELDOM], k=self.random.randint(1, 2))
        return Question(words=" ".join(words))

    def rare(self) -> Question:
        """Return a question of one word that few cases hold."""
        return Question(words=vocabulary()[self.random.randrange(RARE, VOCABULARY)])
