"""The W3C Web Annotation Protocol: reading the pages of a container."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from annotations.models import Annotation
from cases.models import Case
from tests.annotations.notes import STORY, make_note, make_reply
from tests.annotations.programs import (
    OF_CASE,
    PREFER_DESCRIPTIONS,
    PREFER_IRIS,
    PREFER_MINIMAL,
    ROOT,
    SITE,
    annotation,
    items,
    links,
    listed,
    many,
    post,
    prefer,
    program,
    text,
)
from tests.factories import make_case, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # which notes one reads, test_filters.py asks on each database
CONTAINERS = pytest.mark.parametrize("address", [ROOT, OF_CASE])


@pytest.fixture
def case() -> Case:
    return make_case(narrative=STORY)


@pytest.fixture
def note(case: Case) -> Annotation:
    return make_note(case, make_user(), comment="Only one?", audience="public")


def walked(client: Client, address: str, wanted: str) -> list[dict[str, Any]]:
    """Return the pages of a container, from the first to the last by their links."""
    first = client.get(address, headers=prefer(PREFER_MINIMAL, wanted)).json()["first"]
    pages = [client.get(first.removeprefix(SITE)).json()]
    while "next" in pages[-1]:
        pages.append(client.get(pages[-1]["next"].removeprefix(SITE)).json())
    return pages


@CONTAINERS
@pytest.mark.parametrize(("wanted", "iris", "size"), [(PREFER_DESCRIPTIONS, 0, 100), (PREFER_IRIS, 1, 1000)])
def test_two_thousand_notes_come_page_by_page(case: Case, address: str, wanted: str, iris: int, size: int) -> None:
    many(case, 2001)
    pages = walked(program(), address, wanted)
    found = [item if isinstance(item, str) else item["id"] for page in pages for item in page["items"]]
    assert found == [note.iri for note in Annotation.objects.order_by("pk")]
    assert [page["startIndex"] for page in pages] == list(range(0, 2001, size))
    own = f"{SITE}{address}?iris={iris}"
    assert [page["id"] for page in pages] == [f"{own}&page={number}" for number in range(len(pages))]
    assert [page.get("prev") for page in pages] == [None, *(page["id"] for page in pages[:-1])]
    assert {page["partOf"]["id"] for page in pages} == {own}
    assert {page["partOf"]["total"] for page in pages} == {2001}
    assert {page["type"] for page in pages} == {"AnnotationPage"}
    assert "next" not in pages[-1]


def test_the_first_and_last_pages_are_named_by_the_container(case: Case) -> None:
    many(case, 101)
    document = program().get(ROOT, headers=prefer(PREFER_DESCRIPTIONS)).json()
    assert document["first"]["next"] == document["last"] == f"{SITE}{ROOT}?iris=0&page=1"
    assert document["first"]["partOf"] == document["id"]
    assert len(document["first"]["items"]) == 100


def test_a_page_says_what_is_said_of_its_container(note: Annotation) -> None:
    client = program()
    container = client.get(ROOT).json()
    page = client.get(ROOT, {"iris": "0", "page": "0"}).json()
    assert page["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert page["partOf"] == {
        "type": "AnnotationCollection",
        **{name: container[name] for name in ("id", "label", "total", "modified")},
    }


def test_a_page_is_no_container_and_is_only_read(note: Annotation) -> None:
    client = program(make_user("other"))
    response = client.get(ROOT, {"page": "0"})
    assert listed(response, "Allow") == {"GET", "HEAD", "OPTIONS"}
    assert links(response) == set()
    assert "Accept-Post" not in response
    refused = post(client, annotation(f"{SITE}/x", body=text()), f"{ROOT}?page=0")
    assert (refused.status_code, listed(refused, "Allow")) == (405, {"GET", "HEAD", "OPTIONS"})
    assert Annotation.objects.count() == 1


@pytest.mark.parametrize(
    ("query", "wrong"),
    [({"page": "-1"}, "page"), ({"page": "x"}, "page"), ({"iris": "2"}, "iris"), ({"size": "5"}, "size")],
)
@CONTAINERS
def test_a_wrong_parameter_is_named(case: Case, address: str, query: dict[str, str], wrong: str) -> None:
    response = program().get(address, query)
    assert (response.status_code, [error["parameter"] for error in response.json()["errors"]]) == (400, [wrong])


def test_behind_the_last_page_is_nothing(note: Annotation) -> None:
    assert program().get(ROOT, {"page": "1"}).status_code == 404


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("address", "queries"), [(ROOT, 8), (OF_CASE, 9)])
def test_the_number_of_notes_is_not_the_number_of_queries(
    case: Case, number: int, address: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        note = make_note(
            case,
            make_user(f"reader-{n}"),
            comment="Why?",
            audience="public",
            tags=["a", "b"],
            codes=["type:peer-support"],
        )
        make_reply(note, make_user(f"other-{n}"))
    with django_assert_num_queries(queries):
        response = program().get(address, headers=prefer(PREFER_DESCRIPTIONS))
        assert len(items(response)) == 2 * number


def test_a_page_of_iris_takes_few_queries(case: Case, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    many(case, 1500)
    with django_assert_num_queries(3):
        assert len(items(program().get(ROOT, headers=prefer(PREFER_IRIS)))) == 1000
