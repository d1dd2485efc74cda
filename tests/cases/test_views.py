"""The reading pages, by their addresses."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from pytest_django.fixtures import DjangoAssertNumQueries

from cases import actions
from tests.factories import arrangement, claim, make_case, make_curator, passage

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def total(html: str) -> int:
    found = re.search(r'id="result-total" data-total="(\d+)"', html)
    assert found
    return int(found[1])


def titles(html: str) -> list[str]:
    return re.findall(r'<h3><a href="/cases/([^/]+)/">', html)


def whole_case(slug: str = "sharon", **fields: Any) -> None:
    make_case(
        slug,
        arrangements=[arrangement("peer-support", ["user"], ["digital"]), arrangement("behaviour-change", ["user"])],
        pathways=[
            {"pathway": "promote-behaviour-change", "basis": "section", "passage": passage("in order to change")}
        ],
        sectors=["health"],
        places=["berkshire"],
        years={"start": 2008, "ongoing": True, "passage": passage("since 2008")},
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage("was evaluated")},
        claims=[claim("over 400 members", 400, qualifier="over")],
        organisations=[{"organisation": "berkshire-nhs", "part": "funder", "passage": passage("is funded")}],
        sources=[{"source": "loeffler-2020"}, {"source": "sharon-2020", "locator": "p. 3"}],
        caveats=[{"kind": "limitation", "text": "Few were asked.", "passage": passage("few took part")}],
        **fields,
    )


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_shows_what_answers_with_a_literal_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for i in range(number):
        whole_case(f"case-{i}")
    make_case("other")
    make_case("draft", state="draft", sectors=["health"])
    client.get("/cases/?sector=education")
    with django_assert_num_queries(4):  # the version thrice, because in a test no snapshot is opened; the cards
        html = client.get("/cases/?sector=health").text
    assert (total(html), titles(html)) == (number, [f"case-{i}" for i in range(number)])


@pytest.mark.parametrize("number", [1, 3])
def test_the_front_page_shows_table_and_pathways_with_a_literal_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for i in range(number):
        whole_case(f"case-{i}")
    make_case("draft", state="draft", arrangements=[arrangement("peer-support", ["user"], ["digital"])])
    client.get("/cases/")
    with django_assert_num_queries(7):  # the version six times, the day of the last change
        html = client.get("/").text
    cell = r'href="/cases/\?type=peer-support&amp;actor=user&amp;mode=digital".*?data-count="(\d+)"'
    assert re.findall(cell, html, re.DOTALL) == [str(number)]


def test_a_case_page_says_everything_and_shows_the_words_behind_it(client: Client) -> None:
    whole_case()
    html = client.get("/cases/sharon/").text
    quoted = [
        "citizens took part",
        "in order to change",
        "since 2008",
        "was evaluated",
        "over 400 members",
        "is funded",
        "few took part",
    ]
    for words in (*quoted, "Berkshire", "Health", "over 400", "Few were asked.", "p. 3", "A public body pays for it."):
        assert words in html, words


def test_a_case_page_tells_the_kinds_of_nothing_apart(client: Client) -> None:
    make_case("london", absent={"arrangements": "not-stated", "pathways": "explicit-no", "years": "not-applicable"})
    html = client.get("/cases/london/").text
    assert "No arrangement: not stated by the source." in html
    assert "No pathway to outcomes: explicitly none." in html
    assert '<dt>When</dt><dd><span class="quiet">not applicable</span></dd>' in html
    assert '<dt>Sector</dt><dd><span class="quiet">not coded</span></dd>' in html


@pytest.mark.parametrize("number", [1, 3])
def test_the_case_page_asks_a_literal_number_of_queries(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    whole_case("long")
    case = make_case(
        "more", arrangements=[arrangement()] * number, claims=[claim(f"{i} people") for i in range(number)]
    )
    with django_assert_num_queries(8):
        assert client.get(case.get_absolute_url()).status_code == 200


def test_a_draft_is_unknown_to_readers_and_shown_to_curators(client: Client) -> None:
    make_case("secret", state="draft", title="Unfinished")
    answer = client.get("/cases/secret/")
    assert (answer.status_code, "Unfinished" in answer.text) == (404, False)
    client.force_login(make_curator())
    assert client.get("/cases/secret/").status_code == 200
    assert titles(client.get("/cases/?status=draft").text) == ["secret"]


def test_a_draft_stands_in_no_count_of_the_pages(client: Client) -> None:
    make_case("shown", sectors=["health"])
    before = [client.get(url).text for url in ("/cases/", "/", "/taxonomy/sector/health/")]
    make_case("secret", state="draft", sectors=["health"], arrangements=[arrangement()])
    assert [client.get(url).text for url in ("/cases/", "/", "/taxonomy/sector/health/")] == before


def test_an_unknown_case_is_answered_with_near_matches(client: Client) -> None:
    make_case("gesundes-kinzigtal")
    make_case("gesundes-draft", state="draft")
    answer = client.get("/cases/gesundes-kinzigtall/")
    assert answer.status_code == 404
    assert re.findall(r'<li><a href="/cases/([^"]+)/">', answer.text) == ["gesundes-kinzigtal"]


def test_a_withdrawn_case_is_gone_and_says_why(client: Client) -> None:
    make_case("gone", state="withdrawn")
    answer = client.get("/cases/gone/")
    assert (answer.status_code, "It was counted twice." in answer.text) == (410, True)


def test_a_wrong_question_shows_the_error_and_no_rows(client: Client) -> None:
    make_case()
    answer = client.get("/cases/?type=peer-suport&colour=red")
    assert (answer.status_code, total(answer.text), titles(answer.text)) == (400, 0, [])
    assert "Did you mean peer-support?" in answer.text
    assert "There is no such parameter." in answer.text


@pytest.mark.parametrize(
    "query",
    ["q=%00", "q=" + "a" * 10_000, "page=99999999999999999999", "%00=1", "type=%ff", "q=%22%20OR%201=1--", "page=7"],
)
def test_no_question_is_a_server_error(client: Client, query: str) -> None:
    make_case()
    assert client.get(f"/cases/?{query}").status_code in {200, 400, 404}


def test_pages_follow_one_another_and_keep_the_question(client: Client) -> None:
    for i in range(5):
        make_case(f"case-{i}", sectors=["health"])
    html = client.get("/cases/?sector=health&page_size=2&page=2").text
    assert (total(html), titles(html)) == (5, ["case-2", "case-3"])
    assert '<a href="/cases/?sector=health&amp;page_size=2&amp;page=1" rel="prev">' in html
    assert '<a href="/cases/?sector=health&amp;page_size=2&amp;page=3" rel="next">' in html


@pytest.mark.parametrize(("format_", "door"), [("json", "/export/cases.json"), ("csv", "/export/cases.csv")])
def test_another_format_is_the_same_question_at_another_door(client: Client, format_: str, door: str) -> None:
    make_case()
    answer = client.get(f"/cases/?sector=health&format={format_}")
    assert (answer.status_code, answer["Location"]) == (302, f"{door}?sector=health")


SCRIPT = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def test_script_in_any_text_is_shown_as_text(client: Client) -> None:
    make_case("bad", title=f"T {SCRIPT}", summary=f"S {SCRIPT}", narrative=f"N {SCRIPT}\n\n[x](javascript:alert(3))")
    for url in ("/cases/bad/", "/cases/", f"/cases/?q={SCRIPT}", f"/cases/{SCRIPT}/"):
        html = client.get(url).text
        assert "<script>alert" not in html, url
        assert "<img" not in html, url
        assert "javascript:" not in html.replace("[x](javascript:alert(3))", ""), url


def test_the_same_page_is_not_sent_twice(client: Client) -> None:
    make_case()
    first = client.get("/cases/")
    assert client.get("/cases/", headers={"if-none-match": first["ETag"]}).status_code == 304


def test_a_published_change_moves_the_version_that_the_citation_names(client: Client) -> None:
    case = make_case("sharon")
    assert f"version {case.version} of" in client.get("/cases/sharon/").text
    actions.finalise_case(case=case, by=None)
    assert f"version {case.version + 1} of" in client.get("/cases/sharon/").text
