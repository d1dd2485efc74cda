"""What stands in the catalogue, as rows of an import are held against it."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Organisation, Source
from interchange.imports.planning.known import CatalogueLookup, KnownCase
from interchange.imports.planning.things import NamedThing, ThingsLookup


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


def lookup(*named: NamedThing) -> ThingsLookup:
    found = ThingsLookup()
    found.look_up(named, {})
    return found


def organisation(name: str) -> NamedThing:
    return NamedThing("organisations", {"name": name, "country": ""})


@pytest.mark.django_db
def test_an_organisation_is_found_by_its_words_whatever_their_case_width_and_form_and_by_no_others() -> None:
    names = ["Café Müller", "C++", "Обнинск", "A & B", "The Fund"]
    for number, name in enumerate(names):
        Organisation.objects.create(slug=f"by-hand-{number}", name=name)
    same = ["CAFE\u0301  MU\u0308LLER", "c＋＋", "ОБНИНСК", "a ＆ b", "the\u00a0fund"]  # noqa: RUF001 - full-width
    found = lookup(*map(organisation, same))
    assert [found.recognise(organisation(name)).slug for name in same] == [f"by-hand-{n}" for n in range(5)]
    others = ["Cafe Muller", "C", "Obninsk", "A and B", "Fund"]
    found = lookup(*map(organisation, others))
    assert [found.recognise(organisation(name)).why for name in others] == ["new"] * 5


@pytest.mark.django_db
def test_new_things_get_free_slugs_each_and_the_same_words_the_same_one() -> None:
    Organisation.objects.create(slug="c", name="Something else")
    names = ["C", "C++", "C#", "c", "Новый", "…", "None"]
    found = lookup(*map(organisation, names))
    assert [found.recognise(organisation(name)).slug for name in names] == [
        "c-2", "c-3", "c-4", "c-2", "novyy", "organisation", "none-2",
    ]  # fmt: skip


@pytest.mark.django_db
def test_many_things_are_looked_up_in_as_many_queries_as_a_few() -> None:
    Source.objects.bulk_create(
        Source(slug=f"s-{n}", authors="Lee", year=2000 + n, title=f"Study {n}", doi=f"10.1/{n}") for n in range(90)
    )
    asked = []
    for number in (3, 60):
        named = [NamedThing("sources", {"doi": f"10.1/{n}", "title": f"Study {n}"}) for n in range(number)]
        with CaptureQueriesContext(connection) as queries:
            found = lookup(*named)
        assert [found.recognise(each).slug for each in named] == [f"s-{n}" for n in range(number)]
        asked.append(len(queries))
    assert asked[0] == asked[1]
