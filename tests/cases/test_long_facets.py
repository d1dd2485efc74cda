"""A facet with more values than a list shows whole: its top, what is chosen, and a search for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import DjangoAssertNumQueries

from cases.models import Case, Catalogue, Citation, Source
from cases.query import facets
from cases.query.parameters import MAX_VALUES_LISTED, TOP_VALUES_SHOWN, CaseFilterSet
from tests.databases import standing
from tests.factories import make_case, make_curator

pytestmark = pytest.mark.django_db

MANY = MAX_VALUES_LISTED + 30


@pytest.fixture(autouse=True, params=["bitmaps of few cases", "bitmaps", "sql"])
def engine(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let each engine answer, and the bitmaps as they count in few cases and in many."""
    settings.QUERY_ENGINE = request.param.split()[0]
    if request.param == "bitmaps":
        monkeypatch.setattr("cases.query.bitmaps.MAX_CASES_READ_SINGLY", 0)
    return str(request.param)


def cite(case: Case, sources: list[Source], **said: Any) -> None:
    Citation.objects.bulk_create(Citation(case=case, source=source, **said) for source in sources)


@pytest.fixture(scope="module", autouse=True)
def sources(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[Source]]:
    """The sources, made once for all these tests."""
    with standing(django_db_blocker):
        with django_db_blocker.unblock():
            made = make_sources()
        yield made


def make_sources() -> list[Source]:
    """Return sources: all are cited once, of the last thirty each second thrice, by published cases."""
    made = Source.objects.bulk_create(
        Source(slug=f"source-{n:03}", authors=f"Author {MANY - n:03}", year=1900 + n) for n in range(MANY)
    )
    hidden = Source.objects.create(slug="source-hidden", authors="Author hidden")
    everything, few, twice = make_case("everything", sectors=["health"]), make_case("few"), make_case("twice")
    cite(everything, made)
    cite(few, made[-30::2])
    cite(twice, made[-30::2])
    cite(twice, made[-30:-15:2], locator="p. 2")
    cite(make_case("draft", state="draft"), [*made[:20], hidden])
    Catalogue.move(public=True)
    return made


def shown(query: str = "", reader: Any = None) -> facets.FacetList:
    return facets.build_facet(CaseFilterSet(QueryDict(query), reader), "source", facets.QueryLinks(QueryDict(query)))


def counts(facet: facets.FacetList) -> dict[str, int]:
    return {option.value: option.count for option in facet.options}


BEST = {f"source-{n}": 3 for n in range(100, 130, 2)}
NEXT = {f"source-{n:03}": 1 for n in range(10)}


def test_a_long_facet_shows_the_values_with_the_most_cases(sources: list[Source]) -> None:
    facet = shown()
    assert (facet.truncated, facet.number) == (True, MANY)
    assert counts(facet) == BEST | NEXT | {"none": 0}
    assert [option.count for option in facet.options] == [3] * 15 + [1] * 10 + [0]
    assert facet.options[0].value == "source-128", "of as many cases, in reading order"


def test_it_counts_within_a_question_and_leaves_its_own_choice_aside() -> None:
    assert counts(shown("sector=health")) == {f"source-{n:03}": 1 for n in range(TOP_VALUES_SHOWN)} | {"none": 0}
    assert counts(shown("source=source-050")) == counts(shown()) | {"source-050": 1}
    assert counts(shown("q=nothing&source=source-050")) == {"source-050": 0, "none": 0}


def test_whoever_sees_drafts_is_counted_theirs() -> None:
    facet = shown(reader=make_curator())
    assert facet.number == MANY + 1
    assert counts(facet) == BEST | {f"source-{n:03}": 2 for n in range(10)} | {"none": 0}


def test_what_is_chosen_is_named_and_may_be_taken_away() -> None:
    question, links = (
        CaseFilterSet(QueryDict("source=source-050&source=none"), None),
        facets.QueryLinks(QueryDict("source=source-050&source=none")),
    )
    assert question.problems == {}
    assert [(pill.words, pill.url) for pill in facets.filter_pills(question, links)] == [
        ("Author 080 (1950)", "/cases/?source=none"),
        ("none recorded", "/cases/?source=source-050"),
    ]
    assert question.total == 1


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("source=source-O50", "“source-O50” is not a value of it. Did you mean source-050 or"),
        ("source=source-hidden", "“source-hidden” is not a value of it. "),
        ("source=zzz", "“zzz” is not a value of it. Search for it among the values of this parameter."),
        ("source=a%00b", "“a\0b” is not a value of it. "),
        ("&".join(["source=source-050"] * 101), "Give at most 100 values."),
    ],
)
def test_a_value_that_readers_cannot_ask_for_is_refused(query: str, said: str) -> None:
    problem = CaseFilterSet(QueryDict(query), None).problems["source"][0]
    assert problem.startswith(said)
    assert "hidden" not in problem.removeprefix(said)


def test_the_page_searches_for_the_rest(client: Client) -> None:
    page = client.get("/cases/?q=citizens&sector=health").text
    assert page.count('id="source-source-') == TOP_VALUES_SHOWN
    form = re.findall(r'<form class="find" action="/cases/facets/source/".*?</form>', page, re.DOTALL)[0]
    assert re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form) == [
        ("within", "citizens"),
        ("sector", "health"),
    ]
    assert f"of {MANY}" in form
    found = client.get("/cases/facets/source/?q=author 071&within=citizens&sector=health").text
    assert re.findall(r'id="source-(source-\d+)"', found) == ["source-071", "source-059"]
    assert 'href="/cases/?sector=health&amp;q=citizens&amp;source=source-071"' in found


def test_the_api_says_what_is_not_there_and_searches_for_it(client: Client) -> None:
    facet = next(each for each in client.get("/api/v1/facets/?sector=health").json() if each["name"] == "source")
    assert (facet["truncated"], facet["number"], len(facet["options"])) == (True, MANY, TOP_VALUES_SHOWN + 1)
    assert facet["find"] == "http://127.0.0.1:8000/api/v1/facets/source/?sector=health"
    found = client.get("/api/v1/facets/source/?q=1950&sector=health").json()
    assert [(option["value"], option["count"]) for option in found["options"]] == [("source-050", 1)]
    assert found["options"][0]["url"] == "http://127.0.0.1:8000/api/v1/cases/?sector=health&source=source-050"
    assert "truncated" not in found
    results = client.get("/api/v1/results/").json()
    assert results["truncated"] == ["source"]
    assert results["facets"]["source"] == BEST | NEXT


def test_a_search_finds_at_most_fifty_and_says_so(client: Client) -> None:
    found = client.get("/api/v1/facets/source/?q=author").json()
    assert (len(found["options"]), found["truncated"]) == (50, True)


def test_a_search_finds_nothing_that_readers_cannot_see(client: Client) -> None:
    assert client.get("/api/v1/facets/source/?q=hidden").json()["options"] == []
    client.force_login(make_curator())
    assert len(client.get("/api/v1/facets/source/?q=hidden").json()["options"]) == 1


def test_values_of_a_short_facet_are_searched_for_too(client: Client) -> None:
    found = client.get("/api/v1/facets/sector/?q=heal").json()["options"]
    assert [(option["value"], option["count"]) for option in found] == [("health", 1), ("public-health", 0)]


@pytest.mark.parametrize("path", ["/cases/facets/nothing/", "/cases/facets/status/", "/api/v1/facets/nothing/"])
def test_what_is_no_facet_has_no_values(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("query", ["q=a%00b", "q=" + "a+" * 200, "q=%ff", "q=%2525", "q="])
@pytest.mark.parametrize("path", ["/cases/facets/source/", "/api/v1/facets/source/"])
def test_any_words_may_be_searched_for(client: Client, path: str, query: str) -> None:
    assert client.get(f"{path}?{query}").status_code == 200


@pytest.mark.parametrize("path", ["/cases/facets/source/", "/api/v1/facets/source/"])
def test_a_wrong_question_is_refused_there_too(client: Client, path: str) -> None:
    assert client.get(f"{path}?q=a&colour=red").status_code == 400


def test_a_page_asks_few_questions_however_many_sources_there_are(
    client: Client, engine: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/cases/")
    with django_assert_max_num_queries(14):
        client.get("/cases/?sector=health")
