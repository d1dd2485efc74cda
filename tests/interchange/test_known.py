"""What stands in the catalogue, as rows of an import are held against it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Organisation, Place, Source
from interchange.imports.planning.known import CatalogueLookup, KnownCase
from interchange.imports.planning.named import NamedLookup, NamedThings, place_slug
from interchange.imports.reading.names import fold_name


def known(*slugs: str) -> CatalogueLookup:
    found = CatalogueLookup()
    for slug in slugs:
        found.add(KnownCase(1, slug, slug.title(), frozenset(), frozenset()))
    return found


def test_addresses_of_one_title_are_numbered() -> None:
    standing = known("garden", "garden-3")
    taken: dict[str, int] = {}
    for number in range(4):
        taken[standing.free("garden", taken)] = number
    assert list(taken) == ["garden-2", "garden-4", "garden-5", "garden-6"]
    assert standing.free("school", taken) == "school"


class Counted(dict[str, int]):
    """A mapping that counts how often it is asked."""

    asked = 0

    def __contains__(self, key: object) -> bool:
        self.asked += 1
        return super().__contains__(key)


def test_numbering_many_rows_of_one_title_asks_twice_a_row() -> None:
    standing, taken = known("garden"), Counted()
    for number in range(500):
        taken[standing.free("garden", taken)] = number
    assert len(taken) == 500
    assert taken.asked <= 1_000


NAMES = [
    *("King's Fund", "The King's Fund", "KING’S FUND", "kings fund", "the fund", "Fund the", "fund", "FUND"),
    *("Café Müller", "cafe muller", "Cafe  Muller", "A & B", "a and b", "U.S.A.", "usa", "Co-op", "co op", "a_b"),
    *("a-b", "A  b", "中国", "\u212aent", "kent", "the the fund", "Lyon", "lyon 2", "with\u00a0space", "nul\0"),
]
SLUGS = ["kings-fund", "the-fund", "fund", "x--y", "a_b", "a-b", "co-op", "cafe-muller", "usa", "kent", "lyon"]


def stored_names() -> list[tuple[str, str]]:
    """Names under slugs of their own, by hand, and under slugs made of them."""
    sound = [name for name in NAMES if "\0" not in name]
    taken = dict(zip(SLUGS, reversed(sound), strict=False))
    for number, name in enumerate(sound):
        slug = name.lower().replace(" ", "-")
        taken.setdefault(slug if re.fullmatch("[a-z0-9_-]+", slug) else f"by-hand-{number}", name)
    return list(taken.items())


@pytest.mark.django_db
def test_an_organisation_is_found_by_every_spelling_of_its_name_as_if_all_were_read() -> None:
    Organisation.objects.bulk_create(Organisation(slug=slug, name=name) for slug, name in stored_names())
    every: dict[str, str] = {}
    for slug, name in Organisation.objects.values_list("slug", "name"):
        every |= {slug: slug, fold_name(name): slug}
    found = NamedLookup()
    found.look_up(NamedThings(organisations=set(NAMES)))
    for name in NAMES:
        for key in (name, fold_name(name)):
            assert found.organisations.get(key) == every.get(key), key


@pytest.mark.django_db
def test_a_place_is_found_by_every_spelling_of_its_name_in_its_country_as_if_all_were_read() -> None:
    Place.objects.bulk_create(
        Place(slug=slug, name=name, country=("GB", "FR", "")[len(name) % 3]) for slug, name in stored_names()
    )
    every: dict[tuple[str, str], str] = {}
    for slug, name, country in Place.objects.values_list("slug", "name", "country"):
        every |= {(slug, ""): slug, (fold_name(name), country): slug}
    found = NamedLookup()
    found.look_up(NamedThings(places=set(NAMES)))
    for name in NAMES:
        for key in (*((fold_name(name), country) for country in ("GB", "FR", "")), (name, ""), (place_slug(name), "")):
            assert found.places.get(key) == every.get(key), key


@pytest.mark.django_db
def test_only_the_sources_that_are_named_are_looked_up() -> None:
    Source.objects.bulk_create(
        Source(slug=f"s-{number}", url=f"https://s.example/{number}", doi=f"10.1/{number}") for number in range(9)
    )
    found = NamedLookup()
    with CaptureQueriesContext(connection) as asked:
        found.look_up(NamedThings(sources={"s-1", "https://s.example/2", "10.1/3", "s-4\0", "none"}))
    assert dict(found.sources) == {"s-1": "s-1", "https://s.example/2": "s-2", "10.1/3": "s-3"}
    assert len(asked) == 1


@pytest.mark.django_db
def test_what_an_import_brings_comes_before_what_is_stored() -> None:
    Organisation.objects.create(slug="kf", name="Fund")
    known_ = CatalogueLookup()
    known_.learn({"register": "organisations", "slug": "fund", "name": "Fund"})
    known_.named.look_up(NamedThings(organisations={"Fund"}))
    assert known_.organisation("Fund")[0] == "fund"
