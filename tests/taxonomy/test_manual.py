"""The manual: the page, its table and its text; what a term's page and the API say of it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from cases import actions as case_actions
from cases.models import Case
from taxonomy import actions
from taxonomy.models import CodebookChange, Term, TermExample, TermNeighbour, Vocabulary
from tests.factories import make_case, make_curator, make_terms

pytestmark = [pytest.mark.django_db]


def term(slug: str, vocabulary: str = "type") -> Term:
    return Term.objects.get(vocabulary__slug=vocabulary, slug=slug)


@pytest.fixture(autouse=True)
def _manual() -> None:
    make_terms()
    make_case("apple", title="Apple pickers")
    make_case("secret", title="Secret draft", state="draft")
    Vocabulary.objects.filter(slug="type").update(rules="### The order\n\nMechanism *first*.")
    held = term("peer-support")
    held.include_when, held.leave_out_when, held.history_note = "They share it.", "They do not.", "Once wider."
    held.save()
    TermNeighbour.objects.create(term=held, neighbour=term("behaviour-change"), difference="It has an aim.")
    TermNeighbour.objects.create(term=held, neighbour=term("sport", "sector"), difference="That is a sector.")
    TermExample.objects.create(term=held, fit="typical", case="apple", why="They are peers.", passage="side by side")
    TermExample.objects.create(term=held, fit="near-miss", case="secret", why="Not yet.", passage="alone")
    TermExample.objects.create(term=held, fit="borderline", case="nowhere", why="Gone.")


SAID = (
    *("They share it.", "They do not.", "Once wider.", "It has an aim.", "That is a sector."),
    *("They are peers.", "side by side"),
)
PLACES = ["/taxonomy/manual/", "/taxonomy/manual.csv", "/taxonomy/manual.md", "/taxonomy/type/peer-support/"]
PLACES += ["/api/v1/taxonomy/", "/api/v1/taxonomy/type/", "/api/v1/taxonomy/type/peer-support/", "/export/codebook.qdc"]


@pytest.mark.parametrize("address", PLACES)
def test_the_manual_says_the_same_everywhere_without_cases_that_are_not_published(client: Client, address: str) -> None:
    text = client.get(address).content.decode()
    assert [words for words in SAID if words not in text] == []
    assert not {"secret", "nowhere", "Gone.", "Not yet."} & set(re.findall(r"secret|nowhere|Gone\.|Not yet\.", text))


def test_a_curator_sees_the_examples_that_are_drafts(client: Client) -> None:
    client.force_login(make_curator())
    assert "Secret draft" in client.get("/taxonomy/manual/").text


def test_the_page_has_the_rules_and_an_entry_for_each_term(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(12):
        html = client.get("/taxonomy/manual/").text
    assert "<h3>The order</h3>" in html
    assert "Mechanism <em>first</em>." in html
    entries = re.findall(r'<h3 id="([^"]+)">', html)
    assert sorted(entries) == sorted(f"{each.vocabulary.slug}.{each.slug}" for each in Term.objects.current())
    assert set(re.findall(r'href="#([^"]+)"', html)) - {"main"} == {*re.findall(r'id="([a-z.-]+)"', html)} - {"main"}


def test_the_page_is_answered_from_the_cache_until_the_codebook_changes(client: Client) -> None:
    etag = client.get("/taxonomy/manual/")["ETag"]
    assert client.get("/taxonomy/manual/", headers={"If-None-Match": etag}).status_code == 304
    actions.redefine_term(term=term("peer-support"), to={"include_when": "Anew."}, by=None, reason="Why.")
    assert "Anew." in client.get("/taxonomy/manual/", headers={"If-None-Match": etag}).text


def test_the_table_has_a_row_for_each_vocabulary_and_each_term(client: Client) -> None:
    rows = list(csv.DictReader(io.StringIO(client.get("/taxonomy/manual.csv").text)))
    assert len(rows) == Vocabulary.objects.count() + Term.objects.count()
    [rules] = [row["rules"] for row in rows if (row["vocabulary"], row["term"]) == ("type", "")]
    assert rules == "### The order\n\nMechanism *first*."
    [row] = [row for row in rows if row["term"] == "peer-support"]
    assert row["neighbours"] == "behaviour-change: It has an aim.\nsector/sport: That is a sector."
    assert row["examples"] == "typical: apple. They are peers. “side by side”"
    [narrower] = [row for row in rows if row["term"] == "joint-action-services"]
    assert (narrower["broader"], narrower["retired"]) == ("joint-action", "false")


def test_an_example_is_found_at_the_address_that_its_case_has_now(client: Client) -> None:
    case_actions.rename_case(case=Case.objects.get(slug="apple"), to="pear", by=None, reason="Why.")
    assert '<a href="/cases/pear/">Apple pickers</a>' in client.get("/taxonomy/manual/").text


def test_a_neighbour_that_was_merged_is_the_term_that_it_leads_to(client: Client) -> None:
    actions.merge_terms(term=term("sport", "sector"), into=term("education", "sector"), by=None, reason="Why.")
    html = client.get("/taxonomy/type/peer-support/").text
    assert '<a href="/taxonomy/sector/education/">Education</a' in html


def test_a_revision_is_one_version_with_its_changes_under_it(client: Client) -> None:
    revision = actions.begin_revision(title="The second codebook", by=None, reason="Read anew.")
    for slug, reason in (("peer-support", "It was wide."), ("behaviour-change", "")):
        held = term(slug)
        before = actions.begin_term_change(term=held, by=None)
        Term.objects.filter(pk=held.pk).update(definition="Anew.")
        actions.finish_term_change(term=held, before=before, by=None, reason=reason, under=revision)
    assert actions.finish_revision(revision)
    html = client.get("/taxonomy/history/").text
    assert re.findall(r'<li id="(v\d+)">', html) == ["v1"]
    assert [
        words for words in ("The second codebook", "Read anew.", "It was wide.", "Anew.") if words not in html
    ] == []
    assert "Read anew." in client.get("/taxonomy/type/behaviour-change/").text
    assert {term(slug).version for slug in ("peer-support", "behaviour-change")} == {1}
    actions.redefine_term(term=term("peer-support"), to={"definition": "Again."}, by=None, reason="Why.")
    assert list(CodebookChange.objects.versions().values_list("number", flat=True)) == [2, 1]


def test_a_revision_that_changes_nothing_is_none() -> None:
    assert actions.finish_revision(actions.begin_revision(title="T", by=None, reason="R.")) is None
    assert CodebookChange.objects.number() == 0
