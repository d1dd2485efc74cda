"""What made-up cases refer to: the real vocabularies and sources of `fixtures/`, and places in sixty countries."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from random import Random

from django.core.management import call_command
from django_countries import countries

from cases.models import Case, Organisation, Passage, Place, Source
from taxonomy.codebook import Codebook
from taxonomy.models import Term

from .words import Speech, zipf

COUNTRIES = 60
TOWNS = 4  # in each country
ORGANISATIONS = 300


def furnish() -> None:
    """Fill the registers of an empty database: the catalogue's own, without its cases, and made-up ones."""
    call_command("load_catalogue", verbosity=0)
    Case.objects.all().delete()
    speech = Speech(Random("registers"))
    codes = [code for code, _ in countries][:: len(list(countries)) // COUNTRIES][:COUNTRIES]
    Place.objects.bulk_create(
        Place(slug=f"town-{code.lower()}-{n}", name=speech.phrase(2), country=code)
        for code in codes
        for n in range(TOWNS)
    )
    Organisation.objects.bulk_create(
        Organisation(slug=f"body-{n}", name=speech.phrase(3)) for n in range(ORGANISATIONS)
    )


@dataclass(frozen=True)
class World:
    """The registers in memory, each list with the cumulated weights by which it is drawn."""

    codebook: Codebook
    sources: list[Source]
    organisations: list[Organisation]
    places: list[Place]
    place_weights: list[float]
    first_passage: int
    """The key before the first one that a made-up passage may have."""

    @classmethod
    def load(cls) -> World:
        towns = list(Place.objects.filter(slug__startswith="town-").order_by("pk"))
        by_country = zipf(COUNTRIES, 1.1)
        shares = [weight - before for before, weight in zip([0.0, *by_country], by_country, strict=False)]
        last = Passage.objects.filter(exact__gt="").order_by("pk").last()
        return cls(
            Codebook.load(),
            list(Source.objects.order_by("pk")),
            list(Organisation.objects.filter(slug__startswith="body-").order_by("pk")),
            towns,
            list(accumulate(shares[index // TOWNS] / TOWNS for index in range(len(towns)))),
            last.pk if last else 0,
        )

    def term(self, vocabulary: str, slug: str) -> Term:
        """Return a term that the fixtures hold; KeyError when they do not."""
        found = self.codebook.find(vocabulary, slug)
        if found is None:
            raise KeyError(f"{vocabulary}/{slug}")
        return found
