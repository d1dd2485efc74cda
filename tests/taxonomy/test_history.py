"""What readers see of a codebook that changes: its version, its history, addresses and questions that keep meaning."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from taxonomy import actions
from taxonomy.models import CodebookChange, Term
from tests.factories import make_case, make_curator

pytestmark = pytest.mark.django_db

WHY = "Two readers took them for one."


def term(slug: str) -> Term:
    return Term.objects.select_related("vocabulary").get(slug=slug, replaced_by=None)


@pytest.fixture(autouse=True)
def _codebook() -> None:
    """Sport was renamed to sports, then merged into education; a draft and a published case have it."""
    make_case("apple", sectors=["sport"])
    make_case("secret-draft", state="draft", sectors=["sport"])
    by = make_curator("cora", name="Cora Curator")
    actions.rename_term(term=term("sport"), slug="sports", label="Sports", by=by, reason="As people say.")
    actions.merge_terms(term=term("sports"), into=term("education"), by=by, reason=WHY)


FORMER = ["sport", "sports"]


@pytest.mark.parametrize("slug", FORMER)
def test_the_page_of_a_former_slug_leads_to_the_term_for_good(client: Client, slug: str) -> None:
    answer = client.get(f"/taxonomy/sector/{slug}/")
    assert (answer.status_code, answer["Location"]) == (301, "/taxonomy/sector/education/")
    assert answer["Cache-Control"] == "no-cache"  # a merged term may be restored


@pytest.mark.parametrize("slug", FORMER)
def test_a_former_slug_asks_for_the_term_everywhere(client: Client, slug: str) -> None:
    query = f"sector={slug}"
    assert client.get(f"/api/v1/cases/?{query}").json()["count"] == 1
    assert client.get(f"/api/v1/results/?{query}").json()["count"] == 1
    assert len(b"".join(client.get(f"/export/cases.csv?{query}")).splitlines()) == 2
    assert re.findall(r'<h3><a href="/cases/([^/]+)/">', client.get(f"/cases/?{query}").text) == ["apple"]
    assert client.get(f"/api/v1/taxonomy/sector/{slug}/").json()["slug"] == "education"


def test_a_choice_by_a_former_slug_is_taken_away_again(client: Client) -> None:
    html = client.get("/cases/?sector=sport&kind=named-case").text
    chosen = re.search(r'id="sector-education" href="([^"]+)"[^>]*aria-current="true"', html)
    assert chosen
    assert parse_qs(urlsplit(chosen[1].replace("&amp;", "&")).query) == {"kind": ["named-case"]}


def test_a_former_slug_is_offered_nowhere(client: Client) -> None:
    slugs = [each["slug"] for each in client.get("/api/v1/taxonomy/sector/").json()["terms"]]
    assert slugs == ["health", "public-health", "social-protection", "education"]
    assert 'id="sector-sport' not in client.get("/cases/").text
    assert "/taxonomy/sector/sport" not in client.get("/taxonomy/").text


def test_the_codebook_says_its_version_and_day(client: Client) -> None:
    html = client.get("/taxonomy/").text
    assert re.search(r"Version 2, <time datetime=\"[^\"]+\">\d+ \w+ \d{4}</time>", html)
    assert '<a href="/taxonomy/history/">' in html


def test_the_history_says_what_was_said_before_who_and_why_each_under_its_anchor(client: Client) -> None:
    html = client.get("/taxonomy/history/").text
    entries = dict(re.findall(r'<li id="v(\d)">(.*?)</li>', html, re.DOTALL))
    assert list(entries) == ["2", "1"]
    renamed, merged = entries["1"], entries["2"]
    for words in ("<del>Sport</del>", "<ins>Sports</ins>", "<del>sport</del>", "As people say.", "Cora Curator"):
        assert words in renamed, words
    assert 'href="/taxonomy/history/#v1"' in renamed
    assert WHY in merged
    assert re.search(r'merged into\s*<a href="/taxonomy/sector/education/">Education</a>', merged)


@pytest.mark.parametrize("number", [1, 3])
def test_the_history_asks_as_often_for_three_as_for_one(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        actions.redefine_term(term=term("health"), to={"definition": f"Health {place}."}, by=None, reason=WHY)
    with django_assert_num_queries(4):
        client.get("/taxonomy/history/")


def test_a_retired_term_says_since_when_and_why_and_is_a_value_while_a_case_has_it(client: Client) -> None:
    make_case("berry", sectors=["social-protection"])
    actions.retire_term(term=term("social-protection"), by=None, reason="Nobody could tell it from health.")
    page = client.get("/taxonomy/sector/social-protection/")
    assert page.status_code == 200
    assert re.search(r"<strong>Retired</strong> since <time[^>]*>[^<]+</time>.*Nobody could tell it from h", page.text)
    assert re.findall(r'<h3><a href="/cases/([^/]+)/">', page.text) == ["berry"]
    assert 'id="sector-social-protection"' in client.get("/cases/").text
    assert client.get("/api/v1/taxonomy/sector/social-protection/").json()["retired_at"] is not None


def test_a_retired_term_that_no_case_has_is_not_offered_and_may_be_asked_for(client: Client) -> None:
    actions.retire_term(term=term("public-health"), by=None, reason=WHY)
    assert 'id="sector-public-health"' not in client.get("/cases/").text
    assert client.get("/api/v1/cases/?sector=public-health").json()["count"] == 0


def test_a_split_term_names_what_stands_in_its_place(client: Client) -> None:
    new = [Term(slug=slug, label=slug.title(), definition="New.") for slug in ("pupils", "schools")]
    actions.split_term(term=term("education"), into=new, by=None, reason=WHY)
    note = re.search(r'<p role="note">(.*?)</p>', client.get("/taxonomy/sector/education/").text, re.DOTALL)
    assert note
    assert re.findall(r'href="([^"]+)"', note[1]) == ["/taxonomy/sector/pupils/", "/taxonomy/sector/schools/"]


def test_no_page_of_the_codebook_tells_of_a_draft(client: Client) -> None:
    actions.retire_term(term=term("education"), by=None, reason=WHY)
    for path in ("/taxonomy/", "/taxonomy/history/", "/taxonomy/sector/education/", "/api/v1/taxonomy/"):
        answer = client.get(path).text
        assert [word for word in ("Secret draft", "secret-draft", "2 cases") if word in answer] == []


def test_an_empty_history_is_a_page(client: Client) -> None:
    CodebookChange.objects.all().delete()
    assert "Nothing has changed yet." in client.get("/taxonomy/history/").text
