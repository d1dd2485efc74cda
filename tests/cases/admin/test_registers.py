from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from cases.models import Case, Passage, Place, Source
from tests.cases.admin.pages import Typed, mistakes, rows, says, signed_in
from tests.factories import (
    arrangement,
    claim,
    make_case,
    make_organisation,
    make_passage,
    make_place,
    make_source,
    make_user,
    passage,
)

pytestmark = pytest.mark.django_db


REGISTERS: dict[str, Callable[[int], Any]] = {
    "source": lambda n: make_source(f"source-{n}"),
    "passage": lambda n: make_passage(f"words {n}", make_source(f"source-{n}")),
    "organisation": lambda n: make_organisation(f"organisation-{n}"),
    "place": lambda n: make_place(f"place-{n}"),
}


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("register", "queries"), [("source", 7), ("passage", 8), ("organisation", 7), ("place", 7)])
def test_a_register_asks_as_often_for_three_things_as_for_one(
    curator: User, register: str, queries: int, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Source.objects.all().delete()
    for n in range(number):
        REGISTERS[register](n)
    client = signed_in(curator)
    with django_assert_num_queries(queries):
        assert len(rows(client.get(f"/admin/cases/{register}/"))) == number


def test_a_register_counts_how_often_each_thing_is_in_use(client: Client) -> None:
    make_case(
        arrangements=[arrangement()],
        claims=[claim("ten", 10)],
        places=["birmingham"],
        organisations=[{"organisation": "kings-fund", "part": "funder", "passage": passage("ten")}],
        sources=[{"source": "loeffler-2020"}],
    )
    make_place("paris")
    assert {row[0]: row[-1] for row in rows(client.get("/admin/cases/place/"))} == {"Birmingham": "1×", "Paris": "–"}
    assert [row[-1] for row in rows(client.get("/admin/cases/organisation/"))] == ["1×"]
    # two passages, a figure, a citation
    assert [row[-1] for row in rows(client.get("/admin/cases/source/"))] == ["4×"]
    # the verdict, the type and the co-producers; the figure and the organisation
    passages = {row[0]: row[-1] for row in rows(client.get("/admin/cases/passage/"))}
    assert passages == {"citizens took part": "3×", "ten": "2×"}


@pytest.mark.parametrize("register", ["source", "passage", "organisation", "place"])
@pytest.mark.parametrize("many", [False, True])
def test_what_is_in_use_is_not_deleted_and_says_where(register: str, many: bool) -> None:
    case = make_case(
        "sharon",
        places=["birmingham"],
        organisations=[{"organisation": "kings-fund", "part": "funder", "passage": None}],
    )
    client = signed_in(User.objects.create_superuser("root", "root@example.org", "password"))
    thing = apps.get_model("cases", register)._default_manager.get()
    chosen = {"action": "delete_selected", "_selected_action": [thing.pk], "post": "yes"}
    address = f"/admin/cases/{register}/" if many else f"/admin/cases/{register}/{thing.pk}/delete/"
    response = client.post(address, chosen)
    assert response.status_code == 200
    assert "Sharon" in re.sub("<[^>]*>", "", response.content.decode()) or register == "source"
    assert (type(thing)._default_manager.count(), case.places.count(), case.organisations.count()) == (1, 1, 1)


def test_what_is_not_in_use_is_deleted() -> None:
    client = signed_in(User.objects.create_superuser("root", "root@example.org", "password"))
    place = make_place()
    client.post(f"/admin/cases/place/{place.pk}/delete/", {"post": "yes"})
    assert not Place.objects.exists()


def test_a_slug_is_given_once(client: Client) -> None:
    place = make_place("paris")
    client.post(f"/admin/cases/place/{place.pk}/change/", {"name": "Lutetia", "slug": "lutetia"})
    assert Place.objects.values_list("slug", "name").get() == ("paris", "Lutetia")


def test_a_case_is_found_by_the_new_name_of_its_place(client: Client) -> None:
    case = make_case(places=["paris"])
    client.post(f"/admin/cases/place/{Place.objects.get().pk}/change/", {"name": "Lutetia", "slug": "paris"})
    found = Client().get("/api/v1/cases/", {"q": "lutetia"}).json()
    assert [row["slug"] for row in found["results"]] == [case.slug]
    assert Case.objects.get().version == case.version


OFFSETS = says(Passage, "passage_offsets_span_its_words")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"exact": ""}, {"exact": ["This field is required."]}),
        ({"start": "3", "end": "4"}, {"end": OFFSETS}),
        ({"start": "", "end": "4"}, {"start": OFFSETS}),
        ({"start": str(10**20)}, {"start": ["Ensure this value is less than or equal to 2147483647."]}),
        ({"source": "x"}, {"source": ["Select a valid choice. That choice is not one of the available choices."]}),
        (
            {"source": str(10**30)},
            {"source": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
        ({"exact": "a\0b"}, {"exact": ["Null characters are not allowed."]}),
    ],
)
def test_a_wrong_passage_is_refused(client: Client, wrong: Typed, said: dict[str, list[str]]) -> None:
    typed = {"source": make_source().pk, "exact": "took part", "start": "", "end": ""} | wrong
    assert mistakes(client.post("/admin/cases/passage/add/", typed)) == said
    assert not Passage.objects.exists()


def test_the_end_of_a_passage_follows_from_its_start(client: Client) -> None:
    client.post("/admin/cases/passage/add/", {"source": make_source().pk, "exact": "took part", "start": "12"})
    assert Passage.objects.values_list("exact", "start", "end").get() == ("took part", 12, 21)


def test_coordinates_are_both_given_and_on_earth(client: Client) -> None:
    said = says(Place, "place_coordinates_both_and_on_earth")
    typed = {"name": "Paris", "slug": "paris", "latitude": "48.9", "longitude": ""}
    assert mistakes(client.post("/admin/cases/place/add/", typed)) == {"longitude": said}


@pytest.mark.parametrize(
    ("term", "found"),
    [("forum", ["words of a forum"]), ("loeffler", ["words of a forum"]), ("\0", ["words of a forum"]), ("none", [])],
)
def test_a_passage_is_found_by_its_words_and_its_source(client: Client, term: str, found: list[str]) -> None:
    make_passage("words of a forum")
    asked = {"app_label": "cases", "model_name": "arrangement", "field_name": "type_passage", "term": term}
    results = client.get("/admin/autocomplete/", asked).json()["results"]
    assert [result["text"] for result in results] == found


def test_an_entry_has_a_history_and_is_brought_back_by_curators_alone(client: Client) -> None:
    place = make_place("reading", name="Reading")
    place.name = "Readingg"
    place.save()
    first = place.history.earliest()
    listed = client.get(reverse("admin:cases_place_history", args=[place.pk]))
    assert listed.status_code == 200
    assert "Readingg" in listed.content.decode()
    then = reverse("admin:cases_place_simple_history", args=[place.pk, first.history_id])
    assert 'value="Reading"' in client.get(then).content.decode()
    sent = {"name": "Reading", "country": "GB", "latitude": "", "longitude": ""}
    contributor = make_user("con", is_staff=True)
    contributor.groups.add(Group.objects.get(name="Contributors"))
    other = signed_in(contributor)
    assert other.post(then, sent).status_code == 403
    assert Place.objects.get().name == "Readingg"
    assert client.post(then, sent).status_code == 302
    assert Place.objects.get().name == "Reading"
