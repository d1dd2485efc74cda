"""The codebook and its terms."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from taxonomy.models import Alignment, Term
from tests.factories import arrangement, make_case, make_terms
from tests.html import one_line

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_the_codebook_holds_every_term_under_its_broader_one(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_terms()
    with django_assert_num_queries(4):
        html = client.get("/taxonomy/").text
    printed = re.findall(r'<dt><a href="/taxonomy/([^"]+)/">', html)
    assert sorted(printed) == sorted(f"{term.vocabulary.slug}/{term.slug}" for term in Term.objects.all())
    assert printed.index("type/joint-action") < printed.index("type/joint-action-services")


def test_a_term_page_says_what_it_means_and_lists_its_cases(client: Client) -> None:
    make_terms()
    term = Term.objects.get(slug="peer-support")
    Term.objects.filter(pk=term.pk).update(
        scope_note="Staff stand behind it.", example="Pairs of jobseekers.", notation="T3"
    )
    Alignment.objects.create(term=term, relation="closeMatch", iri="https://example.org/peer", label="Peer work")
    make_case("pairs", arrangements=[arrangement("peer-support")])
    make_case("libraries", arrangements=[arrangement("co-management")])
    html = client.get("/taxonomy/type/peer-support/").text
    for words in (term.definition, "Staff stand behind it.", "Pairs of jobseekers.", "T3", "Peer work", "Close match"):
        assert words in html, words
    assert re.findall(r'<h3><a href="/cases/([^/]+)/">', html) == ["pairs"]


def test_a_broader_term_lists_the_cases_of_its_narrower_ones(client: Client) -> None:
    make_case("outcomes", arrangements=[arrangement("joint-action-outcomes")])
    html = client.get("/taxonomy/type/joint-action/").text
    assert re.findall(r'<h3><a href="/cases/([^/]+)/">', html) == ["outcomes"]
    assert '<a href="/taxonomy/type/joint-action-outcomes/">' in html


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("type/peer-suport", ["type/peer-support"]),
        ("typ/peer-support", ["type/peer-support"]),
        ("sector/zzzzzzzzzzzzzzzzzzzzzzz", []),
    ],
)
def test_an_unknown_term_is_answered_with_near_matches(client: Client, path: str, near: list[str]) -> None:
    make_terms()
    answer = client.get(f"/taxonomy/{path}/")
    assert answer.status_code == 404
    assert re.findall(r'<li><a href="/taxonomy/([^"]+)/">', one_line(answer.text))[:1] == near


@pytest.mark.parametrize("number", [1, 3])
def test_a_term_page_asks_a_literal_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for i in range(number):
        make_case(f"case-{i}", arrangements=[arrangement("peer-support")], sectors=["health"], places=["leeds"])
    client.get("/taxonomy/type/co-management/")  # from here on there is an index
    with django_assert_num_queries(9):
        client.get("/taxonomy/type/peer-support/")
