"""The sources, organisations and places that rows name, looked up together: the work follows the rows.

A source is known by its slug, web address or DOI. An organisation or a place is known by its folded name or its slug.
Folded names are in no index. But where a slug is the name in lower case with hyphens, as most are, it is found by the
slugs that a folded name can have; only the others are read and folded.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Lower, Replace

from cases.models import Organisation, Place, Source

from ..reading.names import fold_name
from ..register_entries import slug_from

PLACE_SLUG_LENGTH = 100
MAX_NAMES_PER_QUERY = 500
SLUG_IS_NOT_THE_NAME = (
    ~Q(slug=Replace(Lower("name"), Value(" "), Value("-")))
    | Q(slug__contains="--")
    | Q(slug__contains="_")
    | Q(slug__startswith="-")
    | Q(slug__endswith="-")
)
PlaceKey = tuple[str, str]
"""Its folded name and its country; or its slug and no country."""


@dataclass
class NamedThings:
    """What rows name."""

    sources: set[str] = field(default_factory=set)
    """Slugs, web addresses and DOIs."""
    organisations: set[str] = field(default_factory=set)
    places: set[str] = field(default_factory=set)

    def add(self, other: NamedThings) -> None:
        self.sources |= other.sources
        self.organisations |= other.organisations
        self.places |= other.places


@dataclass
class NamedLookup:
    """Slugs by what the things are called: new ones first, which an import brings, then those that are stored."""

    sources: ChainMap[str, str] = field(default_factory=lambda: ChainMap({}, {}))
    organisations: ChainMap[str, str] = field(default_factory=lambda: ChainMap({}, {}))
    places: ChainMap[PlaceKey, str] = field(default_factory=lambda: ChainMap({}, {}))

    def look_up(self, named: NamedThings) -> None:
        """Look up what is stored of these, and of these only."""
        self.sources.maps[1] = _stored_sources(named.sources)
        self.organisations.maps[1] = _stored_organisations(named.organisations)
        self.places.maps[1] = _stored_places(named.places)


def _stored_sources(keys: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in _chunks(filter(str.isprintable, keys)):  # databases refuse some of the others
        sources = Source.objects.filter(Q(slug__in=some) | Q(url__in=some) | Q(doi__in=some))
        for slug, url, doi in sources.values_list("slug", "url", "doi"):
            found |= {key: slug for key in (slug, url, doi) if key in some}
    return found


def _stored_organisations(names: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for some in _chunks(names):
        words = {word for name in some for word in (name, fold_name(name))}
        for slug, name, _ in _candidates(Organisation.objects.all(), words):
            found |= {key: slug for key in (slug, fold_name(name)) if key in words}
    return found


def _stored_places(names: Iterable[str]) -> dict[PlaceKey, str]:
    found: dict[PlaceKey, str] = {}
    for some in _chunks(names):
        words = {word for name in some for word in (name, fold_name(name), place_slug(name))}
        for slug, name, country in _candidates(Place.objects.all(), words):
            found |= {key: slug for key in ((slug, ""), (fold_name(name), country)) if key[0] in words}
    return found


def _candidates(things: QuerySet[Any], words: set[str]) -> Iterator[tuple[str, str, str]]:
    """Slug, name and country of every thing that has one of these words as its slug or folded name, and of others."""
    slugs = {slug for word in words if word.isprintable() for slug in _slugs_of(word)}
    some = things.filter(Q(slug__in=slugs) | SLUG_IS_NOT_THE_NAME)
    return some.values_list("slug", "name", "country").iterator()


def _slugs_of(word: str) -> Sequence[str]:
    """The slugs of a word, and of the names that fold to it, where their slugs are these names with hyphens.

    >>> _slugs_of("king s fund")[1:]
    ('king-s-fund', 'the-king-s-fund', 'king-s-fund-the', 'the-king-s-fund-the')
    """
    joined = word.replace(" ", "-")
    return word, joined, f"the-{joined}", f"{joined}-the", f"the-{joined}-the"


def place_slug(name: str) -> str:
    return slug_from(name, fallback="place", most=PLACE_SLUG_LENGTH)


def _chunks(words: Iterable[str]) -> Iterator[set[str]]:
    left = iter(words)
    while some := set(islice(left, MAX_NAMES_PER_QUERY)):
        yield some
