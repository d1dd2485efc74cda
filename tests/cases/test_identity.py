"""When things of the registers are the same, and what is found of them, however they came in."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cases.models import Organisation, Place, Source
from cases.models.identity import identity_of, is_same, why_alike
from cases.record.twins import recognise, same
from tests.factories import make_case, make_organisation, make_place, make_source

LEE: dict[str, Any] = {"authors": "Lee", "year": 2014, "title": "A report on C++"}
LONG = "World Health Organization Regional Office for Europe and all its many partners: self-care"


@pytest.mark.parametrize(
    ("register", "one", "other"),
    [
        ("sources", LEE, {"authors": "LEE ", "year": "2014", "title": "a  report on\u00a0\uff23\uff0b\uff0b"}),
        ("sources", LEE | {"doi": "10.1000/ABC"}, {"doi": "https://doi.org/10.1000/abc"}),
        ("sources", {"doi": "doi:10.1000/a/b"}, LEE | {"url": "http://dx.doi.org/10.1000/A%2Fb"}),
        ("sources", LEE | {"url": "HTTPS://Example.org/A"}, {"url": "https://example.org/A"}),
        ("sources", LEE | {"doi": "10.1000/a"}, LEE | {"url": "https://example.org/"}),
        ("sources", {"authors": "Lee", "title": ""}, {"authors": "Lee", "year": None}),
        ("organisations", {"name": "Caf\u00e9 ﬁlms"}, {"name": "CAFE\u0301 films"}),
        ("organisations", {"name": "Stra\u00dfenbau", "country": "DE"}, {"name": "STRASSENBAU", "country": "DE"}),
        ("places", {"name": "Springfield", "country": "US", "admin_area": "Ohio"},
         {"name": "spring\u00adfield", "country": "US", "admin_area": "OHIO"}),
    ],
)  # fmt: skip
def test_the_same_words_or_a_shared_doi_or_address_are_the_same_thing(
    register: str, one: dict[str, Any], other: dict[str, Any]
) -> None:
    assert is_same(identity_of(register, one), identity_of(register, other))
    assert why_alike(identity_of(register, one), identity_of(register, other)) == ""


@pytest.mark.parametrize(
    ("register", "one", "other"),
    [
        ("sources", LEE, LEE | {"title": "A report on C"}),
        ("sources", LEE | {"title": f"{LONG} of older people"}, LEE | {"title": f"{LONG} of old people"}),
        ("sources", LEE, LEE | {"year": None}),
        ("sources", LEE, LEE | {"authors": "Lee et al."}),
        ("sources", LEE | {"doi": "10.1000/a"}, LEE | {"doi": "10.1000/b"}),
        ("sources", LEE | {"doi": "10.1000/a"}, {"authors": "Moe", "year": 2019, "title": "B", "doi": "10.1000/a"}),
        ("sources", {"url": "https://example.org/a", "title": "A"}, {"url": "https://example.org/a", "title": "B"}),
        ("organisations", {"name": "Über"}, {"name": "Uber"}),
        ("organisations", {"name": "The King’s Fund"}, {"name": "Kings Fund"}),
        ("organisations", {"name": "Фонд"}, {"name": "Fond"}),
        ("organisations", {"name": "Age UK", "country": "GB"}, {"name": "Age UK"}),
        ("organisations", {"name": "Nottingham Recovery Network"}, {"name": "Nottingham Recovery Netwrok"}),
        ("places", {"name": "Springfield", "admin_area": "Ohio"}, {"name": "Springfield"}),
    ],
)
def test_what_is_only_alike_is_asked(register: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = identity_of(register, one), identity_of(register, other)
    assert not is_same(first, second)
    assert why_alike(first, second)
    assert why_alike(second, first) == why_alike(first, second)


@pytest.mark.parametrize(
    ("register", "one", "other"),
    [
        ("sources", LEE, LEE | {"authors": "Moe"}),
        ("sources", LEE, LEE | {"year": 2015}),
        ("sources", {"authors": "Lee", "title": "Report 12"}, {"authors": "Lee", "title": "Report 13"}),
        ("organisations", {"name": "Age UK", "country": "GB"}, {"name": "Age UK", "country": "UG"}),
        ("organisations", {"name": "Обнинск"}, {"name": "Дубна"}),
        ("places", {"name": "Springfield", "country": "US", "admin_area": "Ohio"},
         {"name": "Springfield", "country": "US", "admin_area": "Illinois"}),
    ],
)  # fmt: skip
def test_what_contradicts_is_neither(register: str, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = identity_of(register, one), identity_of(register, other)
    assert (is_same(first, second), why_alike(first, second)) == (False, "")


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 150])
def test_any_number_of_entries_is_looked_up_in_as_many_queries(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("Alpha house", "Beta house", "Gamma House"):
        make_organisation(name.lower().replace(" ", "-"), name=name, country="")
    names = [*("ALPHA house", "Béta house", "Delta house"), *(f"Organisation {n}" for n in range(number))]
    with django_assert_num_queries(3):
        found = recognise("organisations", [{"name": name} for name in names])
    shown = [(str(each.known or ""), [str(alike.thing) for alike in each.alike]) for each in found[:3]]
    assert shown == [("Alpha house", []), ("", ["Beta house"]), ("", [])]
    assert not any(each.same or each.alike for each in found[3:])


@pytest.mark.django_db
def test_twins_that_stand_are_both_named_and_none_is_taken() -> None:
    make_source("one", **LEE)
    make_source("two", **LEE)
    [found] = recognise("sources", [LEE])
    assert ([each.slug for each in found.same], found.known) == (["one", "two"], None)


@pytest.mark.django_db
def test_a_thing_is_found_by_its_words_however_it_was_written(client: Client) -> None:
    entered = make_organisation("one", name="One")
    Organisation.objects.bulk_create([Organisation(slug="many", name="Many")])
    entered.name, entered.country = "Oné", ""
    entered.save(update_fields=["name", "country"])
    found = same("organisations", [{"name": "one"}, {"name": "ONÉ"}, {"name": "many"}])
    assert [[each.slug for each in things] for things in found] == [[], ["one"], ["many"]]


@pytest.mark.django_db
def test_places_say_their_administrative_area_wherever_their_details_are() -> None:
    place = make_place("springfield", admin_area="Ohio", country="US")
    make_case("garden", places=["springfield"])
    assert Client().get("/api/v1/places/springfield/").json()["admin_area"] == "Ohio"
    assert b'"admin_area":"Ohio"' in b"".join(Client().get("/export/cases.json").streaming_content)  # type: ignore[attr-defined]
    assert list(Place.history.values_list("admin_area", flat=True)) == ["Ohio"]
    assert str(place) == "Springfield"


@pytest.mark.django_db
def test_a_source_keeps_its_keys_up_to_date() -> None:
    source = make_source("one", **LEE, doi="10.1000/a")
    source.doi, source.url = "", "https://example.org/a"
    source.save()
    entries = [{"doi": "10.1000/A"}, {"url": "https://EXAMPLE.org/a"}]
    assert [len(found) for found in same("sources", entries)] == [0, 1]
    assert Source.objects.get().doi_key is None


@pytest.mark.django_db
def test_what_a_database_of_before_holds_is_found_after_the_migration() -> None:
    make_source("one", **LEE, doi="10.1000/a")
    make_place("springfield", country="US")
    Source.objects.update(identity="", likeness="", doi_key=None)
    Place.objects.update(identity="", likeness="")
    migration = import_module("cases.migrations.0011_identity_of_what_stands")
    migration.derive(apps, SimpleNamespace(connection=connection))
    sources = same("sources", [{"doi": "10.1000/a"}, LEE])
    places = same("places", [{"name": "springfield", "country": "us"}])
    assert [len(found) for found in (*sources, *places)] == [1, 1, 1]
