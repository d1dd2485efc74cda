"""A page of results as JSON, and bad input at the doors that answer questions."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from tests.factories import arrangement, claim, make_case, make_curator, passage

pytestmark = pytest.mark.django_db

PATH = "/api/v1/results/"


def read(client: Client, **query: Any) -> dict[str, Any]:
    response = client.get(PATH, query)
    assert response.status_code == 200, response.content
    answer: dict[str, Any] = response.json()
    return answer


@pytest.fixture
def _three() -> None:
    make_case(
        "sharon",
        summary="Members talk online.",
        narrative="It began with <b>volunteers</b> & neighbours.",
        arrangements=[arrangement("peer-support", ["user"], ["digital"])],
        sectors=["health", "sport"],
        places=["reading"],
        years={"start": 2009, "ongoing": True, "passage": passage()},
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage()},
        claims=[claim()],
    )
    make_case("bare", absent={"arrangements": "not-stated"})
    make_case("hidden", state="draft", sectors=["health"])


@pytest.mark.usefixtures("_three")
def test_a_card_says_what_the_page_says(client: Client) -> None:
    bare, sharon = read(client)["results"]
    assert sharon == {
        "slug": "sharon",
        "title": "Sharon",
        "kind": "named-case",
        "role": None,
        "state": "published",
        "summary": "Members talk online.",
        "eligibility": "co-delivery",
        "years": "since 2009",
        "places": [{"name": "Reading", "slug": "reading", "country": "GB"}],
        "sectors": ["health", "sport"],
        "evidence": {"level": "evaluation", "direction": "positive"},
        "arrangements": [{"type": "peer-support", "actor": ["user"], "mode": ["digital"], "absent": None}],
        "arrangements_absent": "",
        "url": "http://127.0.0.1:8000/cases/sharon/",
    }
    assert (bare["arrangements"], bare["arrangements_absent"], bare["evidence"]) == ([], "not-stated", None)


@pytest.mark.usefixtures("_three")
def test_the_numbers_are_those_of_the_facets_and_the_table(client: Client) -> None:
    query = {"sector": ["health", "none"], "year_max": "2020"}
    answer = read(client, **query)
    for facet in client.get("/api/v1/facets/", query).json():
        counts = {option["value"]: option["count"] for option in facet["options"] if option["count"]}
        assert answer["facets"][facet["name"]] == counts
    table = client.get("/api/v1/matrix/", query).json()
    cells = {(c["type"], c["actor"], c["mode"]): (c["count"], c["evident"]) for c in answer["matrix"]}
    for row in table["rows"]:
        assert cells.pop((row["type"], "", ""))[0] == row["total"]
        for cell in row["cells"]:
            assert cells.pop((row["type"], cell["actor"], cell["mode"])) == (cell["count"], cell["evident"])
    assert cells == {}


@pytest.mark.usefixtures("_three")
def test_the_state_of_cases_is_counted_for_curators_alone(client: Client) -> None:
    assert "status" not in read(client)["facets"]
    client.force_login(make_curator())
    assert read(client)["facets"]["status"] == {"published": 2, "draft": 1}


@pytest.mark.usefixtures("_three")
def test_results_come_in_pages(client: Client) -> None:
    first = read(client, page_size=1, sort="-title")
    assert (first["count"], [card["slug"] for card in first["results"]], first["previous"]) == (2, ["sharon"], None)
    second = client.get(first["next"]).json()
    assert ([card["slug"] for card in second["results"]], second["next"]) == (["bare"], None)
    assert client.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.usefixtures("_three")
def test_what_was_searched_for_is_marked_and_what_was_meant_is_suggested(client: Client) -> None:
    found = read(client, q="volunteers")
    [snippet] = found["snippets"]
    assert [text for text, hit in snippet[1] if hit] == ["volunteers"]
    assert found["suggestion"] is None
    nothing = read(client, q="voluntears")
    assert (nothing["count"], nothing["snippets"], nothing["suggestion"]) == (0, [], "volunteers")
    page = client.get("/cases/?q=voluntears").text
    assert '<a href="/cases/?q=volunteers">volunteers</a>' in page


@pytest.mark.usefixtures("_three")
def test_the_words_of_a_case_are_text_on_the_page_and_never_markup(client: Client) -> None:
    make_case("hostile", title='<script>alert("peers")</script>', summary="<img src=x> & 'peers'")
    page = client.get("/cases/").text
    assert "&lt;script&gt;alert(&quot;peers&quot;)&lt;/script&gt;" in page
    assert "&lt;img src=x&gt; &amp; &#x27;peers&#x27;" in page
    marked = client.get("/cases/?q=peers").text
    assert "&quot;<mark>peers</mark>&quot;" in marked
    assert "<script>alert" not in page + marked
    assert "<img src=x>" not in page + marked
    assert "&lt;b&gt;<mark>volunteers</mark>&lt;/b&gt; &amp; neighbours" in client.get("/cases/?q=volunteers").text


BAD = {
    "a thousand parameters": urlencode({f"p{number}": number for number in range(1000)}),
    "a page that is not there": "page=1000000",
    "a page beyond counting": "page=1000000000",
    "a negative size": "page_size=-5",
    "a size of nothing": "page_size=0",
    "a text of 100 kB": "q=" + "a" * 100_000,
    "a thousand values": "&".join(f"type=t{number}" for number in range(1000)),
    "the same value a thousand times": "&".join(["type=peer-support"] * 1000),
    "NUL": "q=%00&type=%00",
    "a year beyond counting": "year_min=99999999999999999999",
    "no UTF-8": "q=%ff%fe&sector=%c3%28",
    "half an escape": "q=%&type=%zz",
    "a cursor": "cursor=x",
}


@pytest.mark.usefixtures("_three")
@pytest.mark.parametrize("query", BAD.values(), ids=BAD)
@pytest.mark.parametrize("door", [PATH, "/cases/", "/api/v1/facets/", "/api/v1/matrix/"])
def test_bad_input_is_refused_and_named_or_honestly_empty(client: Client, door: str, query: str) -> None:
    response = client.get(f"{door}?{query}")
    assert response.status_code in {200, 400, 404, 414}
    if door != "/cases/" and response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"
        assert len(response.content) < 300_000
    if response.status_code == 200:
        assert b'"count":0' in response.content or b'data-total="0"' in response.content or "%" in query


@pytest.mark.usefixtures("_three")
def test_of_very_many_mistakes_the_first_are_said(client: Client) -> None:
    answer = client.get(f"{PATH}?{urlencode({f'p{number}': number for number in range(500)})}").json()
    assert [error["parameter"] for error in answer["errors"]] == [f"p{number}" for number in range(20)]
