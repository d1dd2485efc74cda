"""The machine door to the vocabularies."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from taxonomy.models import Alignment, Term, Vocabulary
from tests.factories import arrangement, make_case, make_curator, make_terms, passage

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def read(client: Client, path: str) -> Any:
    response = client.get(f"/api/v1/taxonomy/{path}")
    assert response.status_code == 200, response.content.decode()
    return response.json()


def test_a_vocabulary_has_its_terms_in_order_with_what_stands_above_and_below(client: Client) -> None:
    make_terms()
    vocabulary = read(client, "pathway/")
    assert [term["slug"] for term in vocabulary["terms"]][:3] == [
        "prevention", "reduce-adverse-social-conditions", "promote-behaviour-change",
    ]  # fmt: skip
    assert vocabulary["terms"][0]["narrower"] == ["reduce-adverse-social-conditions", "promote-behaviour-change"]
    assert vocabulary["terms"][1]["broader"] == "prevention"
    assert client.get(vocabulary["url"]).json() == vocabulary


def test_the_list_holds_every_vocabulary_whole(client: Client) -> None:
    make_terms()
    vocabularies = read(client, "")
    assert len(vocabularies) == Vocabulary.objects.count()
    assert vocabularies[0] == read(client, f"{vocabularies[0]['slug']}/")


def test_a_term_says_what_it_means_and_where_it_is_elsewhere(client: Client) -> None:
    make_terms()
    health = Term.objects.get(slug="health")
    Alignment.objects.create(term=health, relation="exactMatch", iri="http://example.org/07", label="Health")
    term = read(client, "sector/health/")
    assert (term["label"], term["definition"], term["narrower"]) == ("Health", "What health is.", ["public-health"])
    assert term["alignments"] == [{"relation": "exactMatch", "iri": "http://example.org/07", "label": "Health"}]
    assert client.get(term["url"]).json() == term


def test_a_term_counts_the_cases_that_its_link_holds_drafts_for_curators_only(client: Client) -> None:
    make_case("apple", sectors=["public-health"])
    make_case("berry", sectors=["health"])
    make_case("draft", state="draft", sectors=["health"])
    term = read(client, "sector/health/")
    assert term["cases"] == client.get(term["cases_url"]).json()["count"] == 2
    assert read(client, "sector/public-health/")["cases"] == 1
    client.force_login(make_curator())
    assert read(client, "sector/health/")["cases"] == 3


def test_a_term_that_no_parameter_asks_for_counts_its_cases_too(client: Client) -> None:
    make_case(
        "apple",
        caveats=[{"kind": "barrier", "text": text, "passage": passage()} for text in ("It was dear.", "It was far.")],
        organisations=[{"organisation": "kings-fund", "part": "funder", "passage": None}],
        democratic_quality={"judgement": "concern-raised", "reason": "Few were asked.", "passage": passage()},
    )
    for path in ("caveat/barrier/", "part/funder/", "democratic-quality/concern-raised/"):
        assert (read(client, path)["cases"], read(client, path)["cases_url"]) == (1, None)
    assert read(client, "caveat/limitation/")["cases"] == 0


@pytest.mark.parametrize("axis", ["type/peer-support/", "actor/user/", "mode/digital/"])
def test_an_axis_of_the_table_counts_its_cases(client: Client, axis: str) -> None:
    make_case("apple", arrangements=[arrangement("peer-support", ["user"], ["digital"])])
    assert read(client, axis)["cases"] == 1


@pytest.mark.parametrize("path", ["colour/", "sector/red/", "colour/red/", "sector/peer-support/"])
def test_what_there_is_not_is_a_problem(client: Client, path: str) -> None:
    make_terms()
    response = client.get(f"/api/v1/taxonomy/{path}")
    assert (response.status_code, response["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_takes_the_same_queries_for_one_vocabulary_and_for_three(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        vocabulary = Vocabulary.objects.create(slug=f"v{place}", label="V", definition="A vocabulary.")
        broad = Term.objects.create(vocabulary=vocabulary, slug="broad", label="Broad", definition="Broad.")
        for slug in ("a", "b"):
            Term.objects.create(vocabulary=vocabulary, slug=slug, label=slug, definition=slug, broader=broad)
    with django_assert_num_queries(7):
        assert len(read(client, "")) == number
