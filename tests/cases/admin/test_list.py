from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from cases.models import Case
from tests.cases.admin.pages import LIST, change_page, rows
from tests.factories import arrangement, claim, make_case, passage

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_list_says_how_each_case_stands(client: Client, curator: User) -> None:
    case = make_case("sharon", arrangements=[arrangement(), arrangement()], by=curator)
    Case.objects.filter(pk=case.pk).update(updated_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    saved = "2026-03-04 05:06 Cora Curator"
    assert rows(client.get(LIST)) == [["Sharon", "Named case", "published", "Co delivery", "2", "7 of 17", saved]]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_as_often_for_three_cases_as_for_one(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        make_case(f"case-{n}", arrangements=[arrangement()] * n, sources=[{"source": "loeffler-2020"}])
    with django_assert_num_queries(12):
        assert len(rows(client.get(LIST))) == number


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_often_for_three_parts_of_a_kind_as_for_one(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    kinds = ["prevention", "treatment", "rehabilitation"][:number]
    names = [f"o-{n}" for n in range(number)]
    case = make_case(
        arrangements=[arrangement(modes=["digital"]), arrangement(), arrangement()][:number],
        claims=[claim(f"{n} people", n) for n in range(1, number + 1)],
        pathways=[{"pathway": kind, "basis": "section", "passage": passage(kind)} for kind in kinds],
        caveats=[{"kind": "limitation", "text": kind, "passage": passage(kind)} for kind in kinds],
        organisations=[{"organisation": name, "part": "funder", "passage": passage(name)} for name in names],
        sources=[{"source": name} for name in names],
        places=names,
        sectors=["health"],
    )
    ContentType.objects.clear_cache()  # kept for the life of a process
    with django_assert_num_queries(42):
        client.get(change_page(case))


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", ["coded", "draft", "plain"]),
        ("?q=coded", ["coded"]),
        ("?q=%00", ["coded", "draft", "plain"]),
        ("?state__exact=draft", ["draft"]),
        ("?sector=health", ["coded"]),
        ("?sector=public-health", ["coded"]),
        ("?sector=sport", []),
        ("?uncoded=arrangements", ["draft", "plain"]),
        ("?uncoded=sectors", ["draft", "plain"]),
        ("?uncoded=any", ["coded", "draft", "plain"]),
        ("?state__exact=%00", ["coded", "draft", "plain"]),
        ("?kind__id__exact=%00", ["coded", "draft", "plain"]),
        ("?sector=nothing", []),
        ("?uncoded=nothing", []),
        ("?p=99", ["coded", "draft", "plain"]),
        ("?%00=1", ["coded", "draft", "plain"]),
        ("?kind__id__exact=99999999999999999999999999", []),
    ],
)
def test_the_list_is_searched_and_filtered(client: Client, query: str, slugs: list[str]) -> None:
    make_case("coded", arrangements=[arrangement()], sectors=["public-health"])
    make_case("draft", state="draft")
    make_case("plain")
    response = client.get(LIST + query, follow=True)
    assert response.status_code == 200
    assert [row[0] for row in rows(response)] == [slug.capitalize() for slug in slugs]
