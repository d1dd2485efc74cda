"""What is sent of each case: typed cells, chosen fields, labels beside slugs; and nothing where there is nothing."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from cases.derived.csv_columns import CSV_COLUMNS
from cases.derived.selection import KNOWN_COLUMNS, LABELLED_KEYS
from tests.factories import arrangement, make_case, make_curator, make_place, passage

pytestmark = [pytest.mark.django_db, pytest.mark.once]

LIST = "/api/v1/cases/"
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def three() -> None:
    """A case that is running, one that ended, one without years."""
    make_place("oslo", name="Oslo", country="NO")
    make_case(
        "apple",
        sectors=["health", "sport"],
        places=["oslo"],
        years={"start": 2006, "start_precision": "about", "ongoing": True, "passage": passage()},
        organisations=[{"organisation": "kings-fund", "part": "partner", "passage": None}],
        sources=[{"source": "loeffler-2020", "locator": ""}],
    )
    make_case("berry", years={"end": 2010, "end_precision": "by", "passage": passage()})
    make_case("cherry", absent={"years": "not-stated"})


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(f"/export/cases.csv{query}").getvalue().decode(), newline="")))


def sheet(client: Client, query: str = "") -> list[dict[str, Any]]:
    book = load_workbook(io.BytesIO(client.get(f"/export/cases.xlsx{query}").getvalue()))
    names, *rows = book["Cases"].iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def lines(client: Client, query: str = "") -> list[dict[str, Any]]:
    return [json.loads(line) for line in client.get(f"/export/cases.jsonl{query}").getvalue().splitlines()]


def whole(client: Client, query: str = "") -> list[dict[str, Any]]:
    return list(json.loads(client.get(f"/export/cases.json{query}").getvalue())["results"])


def listed(client: Client, query: str = "") -> list[dict[str, Any]]:
    return list(client.get(f"{LIST}{query}").json()["results"])


# Nothing where there is nothing


@pytest.mark.usefixtures("three")
def test_what_qualifies_a_value_that_is_not_there_is_empty_in_every_format(client: Client) -> None:
    names = ("ongoing", "year_start_precision", "year_end_precision")
    said = [["true", "about", ""], ["false", "", "by"], ["", "", ""]]
    assert [[row[name] for name in names] for row in table(client)] == said
    typed = {"true": True, "false": False, "": None}
    assert [[row[name] for name in names] for row in sheet(client)] == [
        [typed.get(value, value) for value in row] for row in said
    ]
    for read in (lines, whole, listed):
        years = [case["years"] for case in read(client)]
        assert years[2] is None
        assert [[y["ongoing"], y["start_precision"], y["end_precision"]] for y in years[:2]] == [
            [True, "about", None],
            [False, None, "by"],
        ]
    assert client.get(f"{LIST}berry/").json()["years"]["start_precision"] is None


@pytest.mark.usefixtures("three")
def test_a_case_as_it_was_read_can_be_sent_back_and_makes_no_version(client: Client) -> None:
    client.force_login(make_curator())
    for slug in ("apple", "berry", "cherry"):
        read = client.get(f"{LIST}{slug}/")
        sent = client.put(f"{LIST}{slug}/", read.json(), "application/json", headers={"If-Match": read["ETag"]})
        assert (sent.status_code, sent.json()["version"]) == (200, read.json()["version"]), sent.content


# Types


@pytest.mark.usefixtures("three")
def test_a_spreadsheet_has_real_moments_truth_values_numbers_and_links(client: Client) -> None:
    row = sheet(client)[0]
    assert (row["ongoing"], row["year_start"], row["version"]) == (True, 2006, 2)
    assert isinstance(row["updated"], datetime)
    assert isinstance(row["published"], datetime)
    book = load_workbook(io.BytesIO(client.get("/export/cases.xlsx").getvalue()))
    (cell,) = (cell for cell in book["Cases"][2] if str(cell.value).startswith("http"))
    assert cell.hyperlink is not None
    assert cell.hyperlink.target == cell.value


PARSERS: dict[str, Any] = {
    "integer": int,
    "boolean": {"true": True, "false": False}.__getitem__,
    "datetime": lambda text: datetime.fromisoformat(text).utcoffset() is not None or pytest.fail(text),
    "json": json.loads,
    "url": lambda text: text.startswith("http") or pytest.fail(text),
    "slug": lambda text: re.fullmatch(r"[-\w]+", text) or pytest.fail(text),
    "slugs": lambda text: re.fullmatch(r"[-\w/+;| ]+", text) or pytest.fail(text),
    "text": str,
}


@pytest.mark.usefixtures("three")
def test_every_cell_is_of_the_type_that_its_column_has(client: Client) -> None:
    for row in table(client):
        for name, text in row.items():
            if text:
                PARSERS[KNOWN_COLUMNS[name].type](text)


def test_the_documents_list_every_column_with_its_type_and_meaning() -> None:
    table = (DOCS / "data.md").read_text().partition("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", table, re.MULTILINE)
    assert told == [(column.name, column.type, column.meaning) for column in CSV_COLUMNS]
    for name in {column.labelled for column in CSV_COLUMNS} - {""} | {key.name for key in LABELLED_KEYS.values()}:
        assert f"`{name}`" in (DOCS / "data.md").read_text(), name


# Codings

NOT_SAID = ("pathways", "public_input", "contribution", "places", "years", "findings", "evidence")


def test_codings_are_a_list_whose_keys_do_not_depend_on_labels(client: Client) -> None:
    make_case(
        "apple",
        arrangements=[
            arrangement("peer-support", ["user", "community"], ["digital"], label="Some. Thing (2)"),
            arrangement("joint-action", ["user"], [], label="Some. Thing (2)"),
        ],
        sectors=["health"],
    )
    (found,) = (each["codings"] for each in listed(client))
    assert {tuple(coding) for coding in found} == {
        (
            *("path", "dimension", "arrangement", "term", "absent", "version", "date", "codebook"),
            *("origin", "affirmed", "unaffirmed", "out_of_step"),
        )
    }
    said = [(each["dimension"], each["arrangement"], each["term"], each["absent"]) for each in found]
    assert said == [
        ("kind", None, "named-case", None),
        ("eligibility", None, "co-delivery", None),
        ("type", 0, "peer-support", None),
        ("actor", 0, "user", None),
        ("actor", 0, "community", None),
        ("mode", 0, "digital", None),
        ("type", 1, "joint-action", None),
        ("actor", 1, "user", None),
        ("mode", 1, None, "not-stated"),
        ("sectors", None, "health", None),
        *((name, None, None, "not-coded") for name in NOT_SAID),
    ]
    assert {each["version"] for each in found} == {1}


# Fields and labels


@pytest.mark.usefixtures("three")
def test_columns_and_keys_are_chosen_in_every_format(client: Client) -> None:
    expected = {"title": "Apple", "slug": "apple"}
    for read in (table, sheet, lines, whole, listed):
        assert list(read(client, "?fields=title,slug")[0].items()) == list(expected.items()), read


@pytest.mark.parametrize("left_out", ["record", "record,-summary", "url"])
@pytest.mark.usefixtures("three")
def test_a_column_can_be_left_out(client: Client, left_out: str) -> None:
    names = [column.name for column in CSV_COLUMNS if column.name not in left_out.replace("-", "").split(",")]
    assert list(table(client, f"?fields=-{left_out}")[0]) == names
    assert list(sheet(client, f"?fields=-{left_out}")[0]) == names


@pytest.mark.usefixtures("three")
def test_labels_stand_beside_slugs_where_they_are_asked_for(client: Client) -> None:
    query = "?fields=kind,sectors,countries,sources,years_absent&labels=yes"
    expected = {
        "kind": "named-case",
        "kind_label": "Named case",
        "sectors": "health;sport",
        "sectors_labels": "Health | Sport",
        "countries": "NO",
        "countries_labels": "Norway",
        "sources": "loeffler-2020",
        "sources_labels": "Loeffler (2020)",
    }
    assert {**table(client, query)[0], "years_absent": None, "years_absent_label": None} == {
        **expected,
        "years_absent": None,
        "years_absent_label": None,
    }
    assert table(client, query)[2]["years_absent_label"] == "not stated by the source"
    assert {name: sheet(client, query)[0][name] for name in expected} == expected
    query = "?fields=kind_label,sectors,sectors_labels,places_labels,organisations_labels,eligibility_label"
    for read in (lines, whole, listed):
        assert read(client, query)[0] == {
            "kind_label": "Named case",
            "sectors": ["health", "sport"],
            "sectors_labels": ["Health", "Sport"],
            "places_labels": ["Oslo"],
            "organisations_labels": ["Kings Fund"],
            "eligibility_label": "Co delivery",
        }


@pytest.mark.usefixtures("three")
def test_organisations_and_places_have_slugs_beside_their_names(client: Client) -> None:
    row = table(client)[0]
    assert (row["places"], row["place_slugs"]) == ("Oslo", "oslo")
    assert (row["organisations"], row["organisation_slugs"]) == ("Kings Fund (Partner)", "kings-fund")


@pytest.mark.parametrize("door", [LIST, *(f"/export/cases.{name}" for name in ("csv", "xlsx", "json", "jsonl"))])
@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ("fields=title,sumary", "fields", "There is no field “sumary” here. Did you mean summary?"),
        ("fields=-titel", "fields", "There is no field “titel” here. Did you mean title?"),
        ("fields=sectors_label", "fields", "There is no field “sectors_label” here. Did you mean sectors_labels?"),
        ("labels=maybe", "labels", None),
    ],
)
def test_a_field_that_is_not_there_is_named(
    client: Client, door: str, query: str, parameter: str, said: str | None
) -> None:
    response = client.get(f"{door}?{query}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    (mistake,) = response.json()["errors"]
    assert (mistake["parameter"], mistake["detail"]) == (parameter, said or mistake["detail"])


@pytest.mark.parametrize("door", ["/api/v1/results/", "/api/v1/facets/", "/api/v1/matrix/"])
def test_where_nothing_is_chosen_choosing_is_a_mistake(client: Client, door: str) -> None:
    assert {each["parameter"] for each in client.get(f"{door}?fields=slug&labels=yes").json()["errors"]} == {
        "fields",
        "labels",
    }
