"""The formats of the cases' exports: one list, and all that offers a download reads it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import Client
from openpyxl import load_workbook

from cases.query.export_formats import export_formats
from tests.factories import make_case

pytestmark = [pytest.mark.django_db, pytest.mark.once]

ROOT = Path(__file__).parents[2]
NAMES = [each.name for each in export_formats()]


def slugs_of_csv(body: bytes) -> list[str]:
    return [row["slug"] for row in csv.DictReader(io.StringIO(body.decode(), newline=""))]


def slugs_of_workbook(body: bytes) -> list[str]:
    return [str(cell.value) for (cell,) in load_workbook(io.BytesIO(body))["Cases"].iter_rows(min_row=2, max_col=1)]


SLUGS: dict[str, Callable[[bytes], list[str]]] = {
    "CSV": slugs_of_csv,
    "XLSX": slugs_of_workbook,
    "JSON": lambda body: [case["slug"] for case in json.loads(body)["results"]],
    "JSON Lines": lambda body: [json.loads(line)["slug"] for line in body.splitlines()],
}


def offered(page: str) -> dict[str, str]:
    """Return the downloads that a page of results offers: their addresses by their words."""
    (paragraph,) = re.findall(r'<p class="take".*?</p>', page, re.DOTALL)
    return {label: url.replace("&amp;", "&") for url, label in re.findall(r'<a href="([^"]+)">([^<]+)</a>', paragraph)}


def test_every_download_of_a_page_holds_exactly_its_cases(client: Client) -> None:
    for number in range(25):
        make_case(f"case-{number:02}", sectors=["health"])
    make_case("other")
    links = offered(client.get("/cases/?sector=health&sort=-title").content.decode())
    assert list(links) == [each.label for each in export_formats()]
    assert links.keys() == SLUGS.keys()
    expected = [f"case-{number:02}" for number in range(24, -1, -1)]
    for label, slugs in SLUGS.items():
        assert slugs(client.get(links[label]).getvalue()) == expected, label


@pytest.mark.parametrize("name", NAMES)
def test_the_parameter_format_leads_from_the_page_to_the_file(client: Client, name: str) -> None:
    make_case("apple", sectors=["health"])
    answer = client.get(f"/cases/?sector=health&sort=-title&page=1&format={name}")
    assert (answer.status_code, answer["Location"]) == (302, f"/export/cases.{name}?sector=health&sort=-title")


def test_the_index_of_the_api_and_the_page_about_the_data_name_every_format(client: Client) -> None:
    addresses = [f"/export/cases.{name}" for name in NAMES]
    index = [url.removeprefix("http://testserver") for url in client.get("/api/v1/").json().values()]
    assert [url for url in index if url.startswith("/export/cases.")] == addresses
    about = client.get("/about/").content.decode()
    assert re.findall(r'<li><a href="(/export/cases\.\w+)">All cases as', about) == addresses


def test_every_format_that_the_documents_name_is_there() -> None:
    for document in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        named = set(re.findall(r"/export/cases\.(\w+)", document.read_text()))
        assert named <= set(NAMES), document.name
