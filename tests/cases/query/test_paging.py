"""The pages of the list: by number, by cursor, and what is refused there and at the exports."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.signing import Signer
from django.db import transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from cases import actions
from cases.models import Case
from cases.record import convert
from cases.serializers import validate_record
from tests.databases import standing
from tests.factories import make_case, make_curator, passage

pytestmark = pytest.mark.django_db

LIST = "/api/v1/cases/"
DOORS = [LIST, "/export/cases.csv", "/export/cases.jsonl"]


@pytest.fixture(scope="module", autouse=True)
def seven(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Seven cases in two sectors, made once for all these tests."""
    with standing(django_db_blocker):
        with django_db_blocker.unblock():
            for number in range(7):
                make_case(f"case-{number}", sectors=["health"] if number % 2 else ["sport"])
        yield


def read(client: Client, **query: Any) -> Any:
    response = client.get(LIST, query)
    assert response.status_code == 200, response.content.decode()
    return response.json()


def slugs(answer: Any) -> list[str]:
    return [case["slug"] for case in answer["results"]]


def walked(client: Client, **query: Any) -> list[Any]:
    """Return every page, from an empty cursor on."""
    pages = [read(client, cursor="", **query)]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())
    return pages


def cursor_of(answer: Any) -> str:
    return str(parse_qs(urlsplit(answer["next"]).query)["cursor"][0])


def mistakes(client: Client, path: str, query: Any) -> dict[str, str]:
    """Return the mistakes that a door finds in a query, by parameter."""
    response = client.get(path, query)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    return {mistake["parameter"]: mistake["detail"] for mistake in response.json()["errors"]}


def test_cursors_lead_through_the_whole_list_in_the_order_asked_for(client: Client) -> None:
    pages = walked(client, page_size=3, sort="-title")
    assert [slugs(page) for page in pages] == [
        ["case-6", "case-5", "case-4"],
        ["case-3", "case-2", "case-1"],
        ["case-0"],
    ]
    assert [(page["count"], page["previous"]) for page in pages] == [(7, None)] * 3


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(1, 8),
    sort=st.sampled_from(["", "title", "-title", "year", "-year", "updated", "-updated"]),
    sector=st.sampled_from([[], ["health"], ["sport", "health"], ["education"]]),
    words=st.sampled_from(["", "case", "citizens -staff"]),
)
def test_cursors_and_numbers_lead_to_the_same_cases(
    client: Client, size: int, sort: str, sector: list[str], words: str
) -> None:
    query = {"sort": sort, "sector": sector, "q": words, "page_size": size}
    pages = [read(client, **query)]
    while pages[-1]["next"]:
        pages.append(client.get(pages[-1]["next"]).json())
    by_cursor = walked(client, **query)
    assert [slugs(page) for page in by_cursor] == [slugs(page) for page in pages]
    assert sum(len(page["results"]) for page in by_cursor) == pages[0]["count"]


def test_a_case_entered_meanwhile_shifts_nothing(client: Client) -> None:
    first = read(client, cursor="", page_size=3)
    make_case("aardvark")
    assert slugs(client.get(first["next"]).json()) == ["case-3", "case-4", "case-5"]


def test_the_page_size_may_change_on_the_way(client: Client) -> None:
    first = read(client, cursor="", page_size=3)
    assert slugs(read(client, cursor=cursor_of(first), page_size=1)) == ["case-3"]


def test_a_cursor_that_the_catalogue_did_not_give_is_refused(client: Client) -> None:
    given = cursor_of(read(client, cursor="", page_size=3))
    forged = Signer(key="another", salt="cases.cursor").sign_object(["0" * 16, 3])
    for cursor in (given[:-1], f"x{given}", given.replace(":", ""), forged, "3", "é", "%00", "x" * 500):
        assert mistakes(client, LIST, {"cursor": cursor}) == {
            "cursor": "The catalogue did not give this cursor, or not whole. Begin again with an empty one: cursor="
        }


def test_a_cursor_of_another_question_is_refused(client: Client) -> None:
    cursor = cursor_of(read(client, cursor="", page_size=2, sector=["health", "sport"]))
    assert slugs(read(client, cursor=cursor, page_size=2, sector=["sport", "health"])) == ["case-2", "case-3"]
    for other in ({}, {"sector": "health"}, {"sector": ["health", "sport"], "sort": "-title"}):
        assert mistakes(client, LIST, other | {"cursor": cursor}) == {
            "cursor": "This cursor belongs to another question. Begin again with an empty one: cursor="
        }


def test_a_curators_cursor_is_no_ones_elses(client: Client) -> None:
    for slug in ("apple", "berry"):
        make_case(slug, state="draft")
    curator = Client()
    curator.force_login(make_curator())
    cursor = cursor_of(read(curator, cursor="", page_size=1))
    assert mistakes(client, LIST, {"cursor": cursor}) == {
        "cursor": "This cursor belongs to another question. Begin again with an empty one: cursor="
    }


@pytest.mark.parametrize("engine", ["bitmaps", "sql"])
@pytest.mark.parametrize("sort", ["title", "-title", "year", "-year", "updated", "-updated"])
def test_a_walk_goes_on_where_it_stood_though_that_case_is_gone(
    client: Client, sort: str, engine: str, settings: Any
) -> None:
    settings.QUERY_ENGINE = engine
    everything = [slug for page in walked(client, page_size=9, sort=sort) for slug in slugs(page)]
    first = read(client, cursor="", page_size=3, sort=sort)
    Case.objects.get(slug=everything[2]).delete()
    assert slugs(client.get(first["next"]).json()) == everything[3:6]


EDITS: dict[str, Any] = {
    "title to the front": lambda record: {"title": f"Aaa {record['title']}"},
    "title to the end": lambda record: {"title": f"Zzz {record['title']}"},
    "an early year": lambda _: {"years": {"start": 1900, "passage": passage()}, "absent": {}},
    "a late year": lambda _: {"years": {"start": 2020, "passage": passage()}, "absent": {}},
    "no year": lambda _: {"years": None},
    "other words": lambda record: {"summary": "case " * 9 + record["title"]},
}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    sort=st.sampled_from(["title", "-title", "year", "-year", "updated", "-updated", "relevance"]),
    size=st.integers(1, 4),
    engine=st.sampled_from(["bitmaps", "sql"]),
    edits=st.lists(st.lists(st.tuples(st.integers(0, 6), st.sampled_from(list(EDITS))), max_size=3), max_size=8),
)
def test_a_walk_loses_no_case_however_cases_are_edited_meanwhile(
    client: Client, settings: Any, sort: str, size: int, engine: str, edits: list[list[tuple[int, str]]]
) -> None:
    settings.QUERY_ENGINE = engine
    with rolled_back():
        met, edited = [], set()
        page = read(client, cursor="", page_size=size, sort=sort, **({"q": "case"} if sort == "relevance" else {}))
        for changes in [*edits, *[[]] * 30]:
            met += slugs(page)
            if not page["next"]:
                break
            for number, change in changes:
                edited.add(f"case-{number}")
                edit(f"case-{number}", change)
            page = client.get(page["next"]).json()
        assert page["next"] is None
        assert set(met) == {f"case-{number}" for number in range(7)}
        if sort != "relevance":
            assert [slug for slug in met if met.count(slug) > 1 and slug not in edited] == []


def edit(slug: str, change: str) -> None:
    """Change a case as the API does."""
    case = Case.objects.whole().get(slug=slug)
    record = convert.to_primitive(convert.record_from_case(case))
    wanted = validate_record(record | EDITS[change](record), case)
    actions.change_case(case=case, record=wanted, by=None, version=case.version)


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_a_page_and_a_cursor_are_not_given_together(client: Client) -> None:
    assert mistakes(client, LIST, {"cursor": "", "page": 1}) == {"page": "Give a page or a cursor, not both."}


@pytest.mark.parametrize("door", ["/export/cases.csv", "/export/cases.jsonl", "/api/v1/facets/", "/api/v1/matrix/"])
def test_a_cursor_leads_only_through_the_list(client: Client, door: str) -> None:
    assert list(mistakes(client, door, {"cursor": "x"})) == ["cursor"]


@pytest.mark.parametrize("engine", ["bitmaps", "sql"])
def test_the_last_page_by_cursor_takes_the_queries_of_the_first(
    client: Client, engine: str, django_assert_num_queries: DjangoAssertNumQueries, settings: Any
) -> None:
    settings.QUERY_ENGINE = engine
    for number in (7, 8):
        make_case(f"case-{number}")
    pages = walked(client, page_size=2)  # the first one also indexes the catalogue
    queries = {"bitmaps": 5, "sql": 8}[engine]
    with django_assert_num_queries(queries):
        assert slugs(read(client, cursor="", page_size=2)) == ["case-0", "case-1"]
    with django_assert_num_queries(queries - 1 - (engine == "sql")):
        assert slugs(client.get(pages[-2]["next"]).json()) == ["case-8"]


# What holds of an answer as long as nothing is written


@pytest.mark.parametrize("door", DOORS)
def test_an_answer_is_named_by_its_question_and_the_version(client: Client, door: str) -> None:
    first = client.get(door)["ETag"]
    assert client.head(door)["ETag"] == first
    again = client.get(door, headers={"If-None-Match": f'"other", {first}'})
    assert (again.status_code, again.getvalue(), again["ETag"]) == (304, b"", first)
    assert {"Authorization", "Cookie"} <= set(again["Vary"].split(", "))
    assert client.get(door, {"sector": "health"})["ETag"] != first
    make_case("other")
    assert client.get(door, headers={"If-None-Match": first}).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_who_sees_drafts_has_another_answer(client: Client, door: str) -> None:
    first = client.get(door)["ETag"]
    client.force_login(make_curator())
    assert client.get(door, headers={"If-None-Match": first}).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_what_has_not_changed_is_not_looked_up(
    client: Client, door: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    tag = client.get(door)["ETag"]
    queries = 2 if door == LIST else 1
    with django_assert_num_queries(queries):
        assert client.get(door, headers={"If-None-Match": tag}).status_code == 304


# What nobody should send


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"q": "x" * 7_000}, {"q"}),
        ({"q": "a\0b"}, {"q"}),
        ({"year_min": "-1"}, {"year_min"}),
        ({"year_max": "9" * 5_000}, {"year_max"}),
        ({"sector": ["health"] * 400}, {"sector"}),
        ({"sector": "x" * 7_000}, {"sector"}),
        ({f"p{number}": "1" for number in range(1_000)}, {f"p{number}" for number in range(1_000)}),
    ],
)
def test_what_cannot_be_meant_is_refused(client: Client, door: str, query: Any, wrong: set[str]) -> None:
    named = set(mistakes(client, door, query))
    assert named == wrong or (len(wrong) > 100 and named and named < wrong), "each mistake is named, of very many some"


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ({"page": "1000000000"}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "1", "page_size": "-20"}, "page_size"),
        ({"page_size": "0"}, "page_size"),
        ({"page_size": "1e3"}, "page_size"),
        ({"cursor": "x" * 7_000}, "cursor"),
        ({"cursor": ["", ""]}, "cursor"),
    ],
)
def test_a_page_that_cannot_be_is_refused(client: Client, query: Any, wrong: str) -> None:
    assert list(mistakes(client, LIST, query)) == [wrong]


def test_a_page_far_beyond_the_last_is_not_found(client: Client) -> None:
    response = client.get(LIST, {"page": 10**6, "page_size": 200})
    assert (response.status_code, response.json()["detail"]) == (404, "There are not so many pages.")
