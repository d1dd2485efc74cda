"""The machine doors that read: the list, one case, facets, Table 20.1, the registers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from tests.factories import arrangement, claim, make_case, make_curator, make_place, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

PROBLEM = "application/problem+json"


def read(client: Client, path: str, **query: Any) -> Any:
    """Return what a door under /api/v1/ answers."""
    response = client.get(f"/api/v1/{path}", query)
    assert response.status_code == 200, response.content.decode()
    return response.json()


def refused(client: Client, path: str, **query: Any) -> dict[str, Any]:
    """Return the problem document with which a door refuses."""
    response = client.get(f"/api/v1/{path}", query)
    assert response["Content-Type"] == PROBLEM
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code
    return problem


def slugs(answer: dict[str, Any]) -> list[str]:
    return [case["slug"] for case in answer["results"]]


@pytest.fixture
def rich() -> None:
    """A case with something in every part."""
    make_case(
        "sharon",
        arrangements=[arrangement("peer-support", ["user"], ["digital"])],
        pathways=[{"pathway": "detect-early", "basis": "section", "passage": claim()["passage"]}],
        sectors=["health"],
        places=["reading"],
        claims=[claim("over 100 people")],
        organisations=[{"organisation": "kings-fund", "part": "partner", "passage": None}],
        sources=[{"source": "loeffler-2020", "locator": "p. 13"}],
        caveats=[{"kind": "limitation", "text": "Few were asked.", "passage": claim()["passage"]}],
    )


def test_the_list_answers_the_question_in_the_order_asked_for(client: Client) -> None:
    make_case("apple", sectors=["health"])
    make_case("berry", sectors=["education"])
    make_case("cherry", sectors=["health"])
    answer = read(client, "cases/", sector="health", sort="-title")
    assert (answer["count"], answer["next"], answer["previous"], slugs(answer)) == (2, None, None, ["cherry", "apple"])


def test_the_pages_of_the_list_hold_every_case_once(client: Client) -> None:
    for slug in ("apple", "berry", "cherry"):
        make_case(slug)
    first = read(client, "cases/", page_size=2)
    second = client.get(first["next"]).json()
    assert slugs(first) + slugs(second) == ["apple", "berry", "cherry"]
    assert (second["count"], second["next"]) == (3, None)
    assert client.get(second["previous"]).json() == first


def test_a_page_beyond_the_last_is_not_found(client: Client) -> None:
    problem = refused(client, "cases/", page=2)
    assert (problem["status"], problem["detail"]) == (404, "There are not so many pages.")
    assert read(client, "cases/", page=1)["results"] == []


def test_a_wrong_question_is_refused_with_every_mistake(client: Client) -> None:
    make_case("apple")
    problem = refused(
        client, "cases/", type="peer-suport", colour="red", page_size=201, format="csv", sort=["title", "year"]
    )
    assert problem["status"] == 400
    assert {mistake["parameter"] for mistake in problem["errors"]} == {"type", "colour", "page_size", "format", "sort"}
    assert [m["detail"] for m in problem["errors"] if m["parameter"] == "type"] == [
        "“peer-suport” is not a value of it. Did you mean peer-support?"
    ]


@pytest.mark.usefixtures("rich")
def test_a_case_in_the_list_is_the_whole_case(client: Client) -> None:
    whole = read(client, "cases/sharon/")
    assert read(client, "cases/")["results"] == [whole]
    assert whole["arrangements"][0]["type"] == {
        "term": "peer-support",
        "basis": "section",
        "passage": {
            "source": "loeffler-2020",
            "exact": "citizens took part",
            "start": None,
            "end": None,
            "locator": "",
            "section": "",
            "checked": False,
        },
    }
    assert (whole["claims"][0]["value"], whole["state"], whole["version"]) == (100, "published", 2)


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.usefixtures("rich")
def test_the_list_takes_the_same_queries_for_one_case_and_for_three(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number - 1):
        make_case(
            f"case-{place}", arrangements=[arrangement()], sectors=["sport"], places=[f"town-{place}"], claims=[claim()]
        )
    read(client, "cases/")  # the first one also indexes the catalogue
    with django_assert_num_queries(3):
        assert read(client, "cases/")["count"] == number


@pytest.mark.usefixtures("rich")
def test_one_case_takes_one_query(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        read(client, "cases/sharon/")


def test_a_draft_does_not_exist_for_readers(client: Client) -> None:
    make_case("secret", state="draft")
    hidden, unknown = refused(client, "cases/secret/"), refused(client, "cases/nothing/")
    assert (hidden["status"], hidden["detail"]) == (404, unknown["detail"].replace("nothing", "secret"))
    client.force_login(make_user())
    assert refused(client, "cases/secret/")["status"] == 404
    assert read(client, "cases/")["count"] == 0


def test_a_curator_reads_drafts(client: Client) -> None:
    make_case("secret", state="draft")
    client.force_login(make_curator())
    assert read(client, "cases/secret/")["state"] == "draft"
    assert slugs(read(client, "cases/", status="draft")) == ["secret"]


def test_a_withdrawn_case_is_gone_and_says_why(client: Client) -> None:
    make_case("twice", state="withdrawn")
    problem = refused(client, "cases/twice/")
    assert (problem["status"], problem["detail"]) == (410, "This case was withdrawn: It was counted twice.")


def test_an_unknown_case_names_its_neighbours_but_no_draft(client: Client) -> None:
    make_case("mosaic-clubhouse")
    make_case("mosaic-club", state="draft")
    assert refused(client, "cases/mosaic-club-house/")["detail"] == (
        "There is no case “mosaic-club-house”. Did you mean mosaic-clubhouse?"
    )


@pytest.mark.parametrize(
    "path", ["", "cases/sharon/", "taxonomy/", "taxonomy/type/", "taxonomy/type/peer-support/", "schema/"]
)
@pytest.mark.usefixtures("rich")
def test_a_door_without_parameters_refuses_one(client: Client, path: str) -> None:
    assert refused(client, path, colour="red")["errors"] == [
        {"parameter": "colour", "detail": "There is no such parameter here."}
    ]


# What has not changed is not sent again


@pytest.mark.parametrize(
    "path",
    [
        "",
        "cases/",
        "cases/sharon/",
        "facets/",
        "matrix/",
        "taxonomy/",
        "sources/",
        "organisations/",
        "places/",
        "schema/",
    ],
)
@pytest.mark.usefixtures("rich")
def test_an_answer_that_has_not_changed_is_not_sent_again(client: Client, path: str) -> None:
    first = client.get(f"/api/v1/{path}")
    again = client.get(f"/api/v1/{path}", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    head = client.head(f"/api/v1/{path}")
    assert (head.status_code, head.content, head["Content-Type"]) == (200, b"", first["Content-Type"])
    assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))


@pytest.mark.usefixtures("rich")
def test_an_answer_to_someone_signed_in_is_theirs_alone(client: Client) -> None:
    assert "Cache-Control" not in client.get("/api/v1/cases/").headers
    client.force_login(make_user())
    assert client.get("/api/v1/cases/")["Cache-Control"] == "private"


@pytest.mark.usefixtures("rich")
def test_the_etag_of_a_case_begins_with_its_version_and_follows_what_it_refers_to(client: Client) -> None:
    before = client.get("/api/v1/cases/sharon/")["ETag"]
    assert before.startswith('"2-')
    assert client.head("/api/v1/cases/sharon/")["ETag"] == before


# Facets and Table 20.1


def test_a_facet_promises_what_its_link_holds(client: Client) -> None:
    make_case("apple", sectors=["health"])
    make_case("berry", sectors=["public-health", "education"])
    make_case("draft", state="draft", sectors=["health"])
    found = {facet["name"]: facet for facet in read(client, "facets/", sector="education")}
    options = {option["value"]: option for option in found["sector"]["options"]}
    assert {value: option["count"] for value, option in options.items()} == {
        "health": 2, "public-health": 1, "social-protection": 0, "education": 1, "sport": 0, "none": 0,
    }  # fmt: skip
    assert client.get(options["health"]["url"]).json()["count"] == 2
    assert (options["education"]["chosen"], options["public-health"]["depth"]) == (True, 1)
    assert client.get(options["education"]["url"]).json()["count"] == 2, "its link takes the choice away"


def test_only_curators_are_shown_the_state(client: Client) -> None:
    assert "status" not in {facet["name"] for facet in read(client, "facets/")}
    client.force_login(make_curator())
    assert "status" in {facet["name"] for facet in read(client, "facets/")}


def test_each_cell_of_the_matrix_counts_the_cases_at_its_link(client: Client) -> None:
    make_case("both", arrangements=[arrangement("joint-action-services", ["user", "community"], ["digital"])])
    make_case("silent", arrangements=[arrangement("peer-support", ["user"])])
    make_case("uncoded")
    make_case("draft", state="draft", arrangements=[arrangement("peer-support", ["user"])])
    table = read(client, "matrix/", type="peer-support")
    counted = {
        (row["type"], cell["actor"], cell["mode"]): cell["count"]
        for row in table["rows"]
        for cell in row["cells"]
        if cell["count"]
    }
    assert counted == {
        ("joint-action", "user", "digital"): 1,
        ("joint-action", "community", "digital"): 1,
        ("joint-action-services", "user", "digital"): 1,
        ("joint-action-services", "community", "digital"): 1,
        ("peer-support", "user", "none"): 1,
    }
    assert (table["coded"], table["uncoded"]) == (2, 1)
    assert slugs(client.get(table["uncoded_url"]).json()) == ["uncoded"]
    for row in table["rows"]:
        assert client.get(row["url"]).json()["count"] == row["total"]
        assert [client.get(cell["url"]).json()["count"] for cell in row["cells"]] == [
            cell["count"] for cell in row["cells"]
        ]


@pytest.mark.parametrize("door", ["facets/", "matrix/"])
def test_what_surrounds_an_answer_has_no_pages(client: Client, door: str) -> None:
    assert refused(client, door, page=1, page_size=5)["errors"] == [
        {"parameter": "page", "detail": "This answer has no pages: leave it out."},
        {"parameter": "page_size", "detail": "This answer has no pages: leave it out."},
    ]


@pytest.mark.parametrize(("door", "queries"), [("results/", 4), ("facets/", 3), ("matrix/", 3)])
@pytest.mark.parametrize("number", [1, 3])
def test_what_surrounds_an_answer_asks_for_the_version_and_the_cards(
    client: Client, door: str, queries: int, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_case(f"case-{place}", arrangements=[arrangement()], sectors=["sport"], places=[f"town-{place}"])
    read(client, "results/", sector="none")  # from here on there is an index
    with django_assert_num_queries(queries):  # the version thrice, because in a test no snapshot is opened
        read(client, door)


@pytest.mark.parametrize("number", [1, 3])
def test_without_an_index_results_take_the_same_queries_for_one_case_and_for_three(
    client: Client, number: int, settings: Settings, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    settings.QUERY_ENGINE = "sql"
    for place in range(number):
        make_case(f"case-{place}", arrangements=[arrangement()], sectors=["sport"], places=[f"town-{place}"])
    read(client, "results/", sector="none")  # from here on the codebook is known
    with django_assert_num_queries(10):  # versions, total, keys, facets, axes with table, groups, cards
        assert read(client, "results/")["count"] == number


# Registers


@pytest.mark.usefixtures("rich")
def test_the_registers_hold_what_visible_cases_refer_to_with_their_number(client: Client) -> None:
    make_case(
        "draft",
        state="draft",
        places=["oslo", "reading"],
        sources=[{"source": "hidden-2019", "locator": ""}, {"source": "loeffler-2020", "locator": ""}],
        organisations=[{"organisation": "hidden-body", "part": "funder", "passage": None}],
    )
    sources, organisations, places = (
        read(client, f"{name}/")["results"] for name in ("sources", "organisations", "places")
    )
    assert [(source["slug"], source["cases"]) for source in sources] == [("loeffler-2020", 1)]
    assert [(body["slug"], body["cases"], body["case_slugs"]) for body in organisations] == [
        ("kings-fund", 1, ["sharon"])
    ]
    assert [(place["slug"], place["cases"], place["case_slugs"]) for place in places] == [("reading", 1, ["sharon"])]
    for hidden in ("sources/hidden-2019/", "organisations/hidden-body/", "places/oslo/"):
        assert refused(client, hidden)["status"] == 404
    client.force_login(make_curator())
    assert read(client, "places/oslo/")["case_slugs"] == ["draft"]
    assert read(client, "places/reading/")["cases"] == 2


@pytest.mark.usefixtures("rich")
def test_a_source_leads_to_its_cases(client: Client) -> None:
    source = read(client, "sources/loeffler-2020/")
    assert client.get(source["cases_url"]).json()["count"] == source["cases"] == 1


def test_a_source_cited_twice_by_a_case_counts_it_once(client: Client) -> None:
    cited = [{"source": "loeffler-2020", "locator": page} for page in ("p. 1", "p. 2")]
    parts = [{"organisation": "kings-fund", "part": part, "passage": None} for part in ("partner", "funder")]
    make_case("apple", sources=cited, organisations=parts)
    assert read(client, "sources/loeffler-2020/")["cases"] == 1
    body = read(client, "organisations/kings-fund/")
    assert (body["cases"], body["case_slugs"]) == (1, ["apple"])


def test_a_place_has_its_country_and_coordinates(client: Client) -> None:
    make_place("reading", latitude="51.5000", longitude="-1.0000", country="GB")
    make_case("apple", places=["reading"])
    place = read(client, "places/reading/")
    assert (place["country"], place["latitude"], place["longitude"]) == ("GB", 51.5, -1.0)


def test_the_registers_come_in_pages_and_refuse_what_they_do_not_know(client: Client) -> None:
    make_case("apple", places=["oslo", "bergen", "tromso"])
    first = read(client, "places/", page_size=2)
    assert [place["slug"] for place in first["results"]] == ["bergen", "oslo"]
    assert [place["slug"] for place in client.get(first["next"]).json()["results"]] == ["tromso"]
    mistakes = refused(client, "places/", page="first", page_size=0, country="NO")["errors"]
    assert {mistake["parameter"] for mistake in mistakes} == {"page", "page_size", "country"}


@pytest.mark.parametrize(("door", "queries"), [("sources/", 2), ("organisations/", 3), ("places/", 3)])
@pytest.mark.parametrize("number", [1, 3])
def test_a_register_takes_the_same_queries_for_one_entry_and_for_three(
    client: Client, door: str, queries: int, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_case(
            f"case-{place}",
            places=[f"town-{place}"],
            sources=[{"source": f"book-{place}", "locator": ""}],
            organisations=[{"organisation": f"body-{place}", "part": "partner", "passage": None}],
        )
    with django_assert_num_queries(queries):
        assert read(client, door)["count"] == number
