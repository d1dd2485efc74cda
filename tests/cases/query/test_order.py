"""The order of titles: by letters, then accents, case and signs; the same of both engines, and at every place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoDbBlocker, Settings

from cases import actions
from cases.models import Case
from cases.query.build import index_cache
from cases.record.convert import record_from_case
from plaintext.collation import collate
from tests.databases import standing
from tests.factories import make_case, make_organisation, make_place, make_source

pytestmark = pytest.mark.django_db

TITLES = [
    *("10 ways", "2 ways", "Älpler", "apple circle", "Co-operation", "Élan", "Élan", "L’hôpital", "Łódź", "Østerbro"),
    *("“Quoted”", "Straße", "strasse 2", "¿Y tú?", "Zebra circle", "еж", "Ёлка", "أمل", "日本"),
]
"""In the order that is right; two are the same but for their address."""


@pytest.fixture(scope="module", autouse=True)
def titled(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with standing(django_db_blocker), django_db_blocker.unblock():
        for number, title in reversed(list(enumerate(TITLES))):
            make_case(f"case-{number:02}", title=title)
        yield


@pytest.fixture(params=["bitmaps", "sql"])
def engine(request: pytest.FixtureRequest, settings: Settings) -> str:
    settings.QUERY_ENGINE = request.param
    index_cache.index = None
    return str(request.param)


def titles(client: Client, **query: Any) -> list[str]:
    found: list[str] = []
    page = client.get("/api/v1/cases/", {"page_size": 3, "cursor": "", **query}).json()
    while True:
        found += [case["title"] for case in page["results"]]
        if not page["next"]:
            return found
        page = client.get(page["next"]).json()


def test_a_walk_by_title_is_by_letters_forwards_and_backwards(client: Client, engine: str) -> None:
    assert titles(client, sort="title") == TITLES
    assert titles(client, sort="-title") == TITLES[::-1]
    assert titles(client, sort="year") == TITLES, "where nothing else tells them apart"


def test_a_changed_title_finds_its_new_place(client: Client, engine: str) -> None:
    case = Case.objects.get(title="Zebra circle")
    record = record_from_case(Case.objects.whole().get(pk=case.pk)) | {"title": "“alpine”"}
    actions.change_case(case=case, record=record, by=None, version=case.version)
    found = titles(client, sort="title")
    assert found[2:4] == ["“alpine”", "Älpler"]
    assert bytes(Case.objects.get(pk=case.pk).sort_key) == collate("“alpine”")


def test_registers_are_listed_in_the_same_order(client: Client) -> None:
    names = ["Älpler", "apple", "“Quoted”", "Zebra", "Ёлка"]
    for number, name in reversed(list(enumerate(names))):
        make_source(f"source-{number}", authors=name)
        make_organisation(f"body-{number}", name=name)
        make_place(f"place-{number}", name=name)
    part = {"part": "partner", "passage": None}
    make_case(
        "all",
        sources=[{"source": f"source-{number}", "locator": ""} for number in range(5)],
        organisations=[{"organisation": f"body-{number}", **part} for number in (3, 1, 4, 0, 2)],
        places=[f"place-{number}" for number in range(5)],
    )
    for register, column in (("sources", "authors"), ("organisations", "name"), ("places", "name")):
        entries = client.get(f"/api/v1/{register}/").json()["results"]
        assert [entry[column] for entry in entries if entry["slug"][-2] == "-"] == names, register
