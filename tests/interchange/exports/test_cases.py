"""The cases as files: every case of the question, each cell as documented, none that runs in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from threading import Thread
from typing import Any

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from cases.derived.csv_columns import CSV_COLUMNS, Echo, csv_cell
from cases.models import ORIGIN_PLACEHOLDER, CachedRepresentation, Case, Place
from interchange import views
from tests.factories import (
    arrangement,
    claim,
    make_case,
    make_curator,
    make_organisation,
    make_place,
    passage,
)

PATH = "/export/cases.csv"
LINES = "/export/cases.jsonl"
DOORS = {PATH: views.CasesCsv, LINES: views.CasesJsonLines}


def rows(client: Client, **query: Any) -> list[dict[str, str]]:
    """Return what is exported, each row by its columns."""
    response = client.get(PATH, query)
    assert response.status_code == 200, response.content
    return list(csv.DictReader(io.StringIO(response.getvalue().decode(), newline="")))


@pytest.mark.django_db
def test_every_case_of_the_question_is_a_row_in_the_order_asked_for_without_pages(client: Client) -> None:
    for number in range(25):
        make_case(f"case-{number:02}", sectors=["health"])
    make_case("other")
    assert [row["slug"] for row in rows(client, sector="health", sort="-title")] == [
        f"case-{n:02}" for n in range(24, -1, -1)
    ]


@pytest.mark.django_db
def test_a_row_holds_the_case(client: Client, settings: Settings) -> None:
    settings.BASE_URL = "https://catalogue.example.org"
    make_place("reading", country="GB")
    make_place("oslo", country="NO")
    make_organisation("kings-fund")
    make_case(
        "sharon",
        arrangements=[
            arrangement("peer-support", ["user"], ["digital"], label="Members talk"),
            arrangement("joint-action-services", ["user", "community"], label="All act"),
        ],
        pathways=[{"pathway": "detect-early", "basis": "section", "passage": passage()}],
        sectors=["health", "sport"],
        places=["reading", "oslo"],
        years={"start": 2009, "start_precision": "about", "ongoing": True, "passage": passage()},
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage()},
        claims=[claim(), claim("about 7 people", 7)],
        organisations=[{"organisation": "kings-fund", "part": "partner", "passage": None}],
        sources=[{"source": "loeffler-2020", "locator": page} for page in ("p. 1", "p. 2")],
    )
    row = rows(client)[0]
    assert json.loads(row["record"])["narrative"] == "It began small.\n\nThen it **grew**."
    assert {name: row[name] for name in row if name not in {"published", "updated", "record"}} == {
        "slug": "sharon",
        "title": "Sharon",
        "url": "https://catalogue.example.org/cases/sharon/",
        "kind": "named-case",
        "role": "",
        "standing_basis": "",
        "instance_of": "",
        "state": "published",
        "summary": "Citizens and staff do it together.",
        "eligibility": "co-delivery",
        "eligibility_reason": "A public body pays for it.",
        "eligibility_basis": "",
        "eligibility_since": "",
        "eligibility_before": "",
        "democratic_quality": "",
        "arrangements": "Members talk (Peer support; user; digital) | "
        "All act (Joint action services; user and community; mode not stated by the source)",
        "arrangement_codes": "peer-support/user/digital | joint-action-services/user+community/not-stated",
        "arrangements_absent": "",
        "pathways": "detect-early",
        "pathways_absent": "",
        **dict.fromkeys(("public_input", "contribution", "findings", "outcomes", "beneficiaries"), ""),
        **dict.fromkeys(("public_input_absent", "contribution_absent", "findings_absent"), "not-coded"),
        "sectors": "health;sport",
        "sectors_absent": "",
        "places": "Oslo | Reading",
        "place_slugs": "oslo;reading",
        "countries": "NO;GB",
        "places_absent": "",
        "year_start": "2009",
        "year_start_precision": "about",
        "year_end": "",
        "year_end_precision": "",
        "ongoing": "true",
        "years_basis": "",
        "years_absent": "",
        "evidence_level": "evaluation",
        "evidence_direction": "positive",
        "evidence_absent": "",
        "organisations": "Kings Fund (Partner)",
        "organisation_slugs": "kings-fund",
        "sources": "loeffler-2020",
        "claims": "2",
        "version": "2",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00", row["updated"])


@pytest.mark.django_db
@time_machine.travel("2026-11-23T12:00:00Z", tick=False)
def test_it_is_a_dated_file_of_rfc_4180(client: Client) -> None:
    make_case("apple", title='An "apple", cut', summary="Two\nlines.")
    response = client.get(PATH)
    assert response.streaming
    assert response["Content-Disposition"] == 'attachment; filename="codelivery-cases-2026-11-23.csv"'
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"
    text = response.getvalue().decode()
    assert text.startswith("slug,title,url,")
    assert text.endswith("\r\n")
    assert '\r\napple,"An ""apple"", cut",http' in text
    assert '"Two\nlines."' in text


@pytest.mark.django_db
def test_no_cell_runs_in_a_spreadsheet(client: Client) -> None:
    make_case("apple", title="=HYPERLINK(1)", summary="@SUM(A1)")
    row = rows(client)[0]
    assert (row["title"], row["summary"]) == ("'=HYPERLINK(1)", "'@SUM(A1)")


@given(st.text() | st.integers())
def test_text_never_begins_as_a_formula_and_numbers_stay_numbers(value: str | int) -> None:
    written = csv_cell(value)
    if isinstance(value, int):
        assert written == value
    else:
        assert not str(written).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
        text = value.replace(ORIGIN_PLACEHOLDER, " ")
        assert written in {text, f"'{text}"}


@given(st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=2))
def test_what_is_written_is_read_back(values: list[str]) -> None:
    line = csv.writer(Echo()).writerow(values)
    assert list(csv.reader(io.StringIO(str(line), newline=""))) == [values]


@pytest.mark.django_db
def test_drafts_are_exported_for_curators_only(client: Client) -> None:
    make_case("apple")
    make_case("secret", state="draft")
    assert [row["slug"] for row in rows(client)] == ["apple"]
    client.force_login(make_curator())
    response = client.get(PATH)
    assert response["Cache-Control"] == "private"
    assert [(row["slug"], row["state"]) for row in rows(client)] == [("apple", "published"), ("secret", "draft")]


@pytest.mark.django_db
def test_a_wrong_question_is_refused_before_the_first_byte(client: Client) -> None:
    make_case("apple")
    response = client.get(f"{PATH}?type=peer-suport&colour=red&page=1&page_size=5&format=json")
    assert (response.status_code, response.streaming, response["Content-Type"]) == (
        400,
        False,
        "application/problem+json",
    )
    assert {mistake["parameter"] for mistake in response.json()["errors"]} == {
        "type",
        "colour",
        "page",
        "page_size",
        "format",
    }


@pytest.mark.django_db
def test_an_export_of_nothing_is_its_header(client: Client) -> None:
    assert rows(client) == []
    assert client.get(PATH, {"format": "csv"}).getvalue().decode().count("\r\n") == 1


@pytest.mark.django_db
def test_a_head_has_the_headers_alone(client: Client) -> None:
    make_case("apple")
    response = client.head(PATH)
    assert (response.status_code, response.getvalue()) == (200, b"")
    assert response["Content-Type"] == "text/csv; charset=utf-8; header=present"


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_it_takes_the_same_queries_for_one_case_and_for_three(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for place in range(number):
        make_case(
            f"case-{place}",
            arrangements=[arrangement()],
            sectors=["sport"],
            places=[f"town-{place}"],
            claims=[claim()],
            organisations=[{"organisation": f"body-{place}", "part": "partner", "passage": None}],
            sources=[{"source": f"book-{place}", "locator": ""}],
        )
    rows(client)  # the first one also indexes the catalogue
    with django_assert_num_queries(4):
        assert len(rows(client)) == number


# As JSON Lines


def documents(client: Client, **query: Any) -> list[dict[str, Any]]:
    response = client.get(LINES, query)
    assert (response.status_code, response["Content-Type"]) == (200, "application/jsonl")
    return [json.loads(line) for line in response.getvalue().splitlines()]


@pytest.mark.django_db
def test_every_case_of_the_question_is_a_line_as_the_api_sends_it(client: Client) -> None:
    for number in range(25):
        make_case(f"case-{number:02}", sectors=["health"], summary="Two\nlines.", narrative="a\u2028b\x1fc\x85d")
    make_case("other")
    query = {"sector": "health", "sort": "-title"}
    listed = client.get("/api/v1/cases/", query | {"page_size": 200}).json()["results"]
    assert documents(client, **query) == listed
    assert client.get(LINES).getvalue().count(b"\n") == 26


@pytest.mark.django_db
@time_machine.travel("2026-11-23T12:00:00Z", tick=False)
def test_json_lines_are_a_dated_file(client: Client) -> None:
    assert documents(client) == []
    assert documents(client, format="jsonl") == []
    response = client.get(LINES)
    assert response["Content-Disposition"] == 'attachment; filename="codelivery-cases-2026-11-23.jsonl"'
    head = client.head(LINES)
    assert (head.status_code, head.getvalue(), head["Content-Type"]) == (200, b"", "application/jsonl")
    assert client.get(LINES, headers={"Accept": "application/jsonl"}).status_code == 200


# However long it is


@pytest.mark.django_db
@pytest.mark.parametrize("path", [PATH, LINES])
def test_a_long_file_comes_in_pieces_of_the_same_size(
    client: Client, monkeypatch: pytest.MonkeyPatch, path: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(7):
        make_case(f"case-{number}")
    whole = client.get(path).getvalue()
    monkeypatch.setattr(DOORS[path], "chunk", 2)
    pieces = list(client.get(path))
    assert b"".join(pieces) == whole
    assert [piece.count(b"case-") // whole.count(b"case-0") for piece in pieces if b"case-" in piece] == [2, 2, 2, 1]
    with django_assert_num_queries(7):  # the version twice, the snapshot, a query a piece
        client.get(path).getvalue()


@pytest.mark.django_db
@pytest.mark.parametrize("path", [PATH, LINES])
def test_a_case_without_a_record_is_not_left_out(client: Client, path: str) -> None:
    for slug in ("apple", "berry"):
        make_case(slug, places=["oslo"])
    whole = client.get(path).getvalue()
    CachedRepresentation.objects.filter(case__slug="apple").delete()
    assert client.get(path).getvalue() == whole


def elsewhere(act: Callable[[], object]) -> None:
    """Do something in a thread, and so through a connection of its own."""

    def alone() -> None:
        act()
        connection.close()

    thread = Thread(target=alone)
    thread.start()
    thread.join()


@pytest.fixture
def rewritten() -> Callable[[], None]:
    """Three cases, and what changes every one of them and adds one."""
    for slug in ("apple", "berry", "cherry"):
        make_case(slug, places=["oslo"])

    def rewrite() -> None:
        place = Place.objects.get()
        place.name = "Bergen"
        place.save()
        make_case("zebra")

    return rewrite


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("engine", ["bitmaps", "sql"])
def test_a_download_never_mixes_two_states_of_the_catalogue(
    client: Client, rewritten: Callable[[], None], monkeypatch: pytest.MonkeyPatch, settings: Settings, engine: str
) -> None:
    settings.QUERY_ENGINE = engine
    monkeypatch.setattr(views.CasesCsv, "chunk", 1)
    pieces = iter(client.get(PATH))
    begun = [next(pieces), next(pieces)]
    elsewhere(rewritten)
    assert [b"Oslo" in piece for piece in [*begun, *pieces]] == [False, True, True, True]
    assert client.get(PATH).getvalue().count(b",Bergen,") == 3


@pytest.mark.django_db(transaction=True)
def test_a_reader_who_leaves_lets_go_of_the_database(
    client: Client, rewritten: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views.CasesCsv, "chunk", 1)
    response = client.get(PATH)
    pieces = iter(response)
    assert b"apple" in b"".join([next(pieces), next(pieces)])
    elsewhere(rewritten)
    assert Case.objects.count() == 3, "still what the download reads"
    response.close()
    assert Case.objects.count() == 4
    assert list(pieces) == []


@pytest.mark.django_db
def test_the_workbook_says_what_stands_in_every_column(client: Client) -> None:
    make_case("sharon")
    book = openpyxl.load_workbook(io.BytesIO(client.get("/export/cases.xlsx").getvalue()))
    explained = list(book["About"].iter_rows(values_only=True))
    told = explained[explained.index(("column", "what stands in it")) + 1 :]
    assert told == [(column.name, f"{column.meaning} ({column.type})") for column in CSV_COLUMNS]
    assert [cell.value for cell in book["Cases"][1]] == [column.name for column in CSV_COLUMNS]
