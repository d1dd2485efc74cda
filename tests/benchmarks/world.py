"""What made-up cases refer to: the real vocabularies of `fixtures/`, and registers that grow with them as life's do.

Each case has a source of its own; there are half as many organisations as cases, and a quarter as many places, in sixty
countries. A source, an organisation, a place is the same for the same number, so that nobody has to hold them all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, islice
from random import Random
from typing import Any

from django.core.management import call_command
from django.db import models
from django_countries import countries

from cases.models import Case, Organisation, Passage, Place, Source
from taxonomy.codebook import Codebook
from taxonomy.models import Term

from .words import Speech, zipf

COUNTRIES = 60
TOWNS = 4  # in each country, at least
CASES_A_TOWN = 4
ORGANISATIONS = 300  # at least
CASES_AN_ORGANISATION = 2
FIRST = 1_000  # the key of the first thing in each register: those of the fixtures are smaller
ROWS = 2_000  # written at a time


def furnish(size: int) -> None:
    """Fill the registers of an empty database for so many cases: the catalogue's own, without its cases, and more."""
    call_command("load_catalogue", verbosity=0)
    Case.objects.update(merged_into=None)
    Case.objects.all().delete()
    _fill(Source, (source(key) for key in range(1, size + 1)))
    _fill(Place, (town(number, size) for number in range(COUNTRIES * towns_in(size))))
    _fill(Organisation, (organisation(number) for number in range(organisations_in(size))))


def _fill(model: type[models.Model], things: Iterable[Any]) -> None:
    last = model._default_manager.order_by("pk").last()
    if last and last.pk >= FIRST:
        raise ValueError(f"The fixtures hold so many {model._meta.verbose_name_plural}: raise FIRST.")
    left = iter(things)
    while some := list(islice(left, ROWS)):
        model._default_manager.bulk_create(some)


def towns_in(size: int) -> int:
    """Return how many towns each country has in a catalogue of so many cases."""
    return max(TOWNS, size // (COUNTRIES * CASES_A_TOWN))


def organisations_in(size: int) -> int:
    """Return how many organisations a catalogue of so many cases has."""
    return max(ORGANISATIONS, size // CASES_AN_ORGANISATION)


def source(key: int) -> Source:
    """Return the source of the case with this key, unsaved."""
    random = Random(f"source {key}")
    speech = Speech(random)
    return Source(
        pk=FIRST + key,
        slug=f"made-{key}",
        kind=random.choice(Source.Kind.values),
        authors=speech.phrase(2),
        year=2024 - int(random.expovariate(1 / 9)),
        title=speech.phrase(7),
    )


def organisation(number: int) -> Organisation:
    """Return an organisation, unsaved."""
    return Organisation(pk=FIRST + number, slug=f"body-{number}", name=Speech(Random(f"body {number}")).phrase(3))


def town(number: int, size: int) -> Place:
    """Return a town of a catalogue of so many cases, unsaved."""
    code, own = _codes()[number // towns_in(size)], number % towns_in(size)
    name = Speech(Random(f"town {number}")).phrase(2)
    return Place(pk=FIRST + number, slug=f"town-{code.lower()}-{own}", name=name, country=code)


@cache
def _codes() -> list[str]:
    return [code for code, _ in countries][:: len(list(countries)) // COUNTRIES][:COUNTRIES]


@dataclass(frozen=True)
class World:
    """The vocabularies in memory, and how the places are drawn for so many cases."""

    codebook: Codebook
    size: int
    place_weights: list[float]
    """The cumulated weights by which a town is drawn."""
    first_passage: int
    """The key before the first one that a made-up passage may have."""

    @classmethod
    def load(cls, size: int) -> World:
        by_country = zipf(COUNTRIES, 1.1)
        shares = [weight - before for before, weight in zip([0.0, *by_country], by_country, strict=False)]
        towns = towns_in(size)
        last = Passage.objects.filter(exact__gt="").order_by("pk").last()
        return cls(
            Codebook.load(),
            size,
            list(accumulate(shares[number // towns] / towns for number in range(COUNTRIES * towns))),
            last.pk if last else 0,
        )

    def places(self, random: Random, number: int) -> list[Place]:
        """Draw at most so many different places."""
        drawn = random.choices(range(len(self.place_weights)), cum_weights=self.place_weights, k=number)
        return [town(each, self.size) for each in dict.fromkeys(drawn)]

    def organisation(self, random: Random) -> Organisation:
        """Draw an organisation."""
        return organisation(random.randrange(organisations_in(self.size)))

    def term(self, vocabulary: str, slug: str) -> Term:
        """Return a term that the fixtures hold; KeyError when they do not."""
        found = self.codebook.find(vocabulary, slug)
        if found is None:
            raise KeyError(f"{vocabulary}/{slug}")
        return found
