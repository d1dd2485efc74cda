"""Merging two entries of a register and splitting one, by programs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.models import Organisation, Place, Source, Version
from tests.cases.api.test_writing import pointers, send
from tests.cases.api.test_writing_registers import contributor
from tests.factories import make_case, make_curator, make_organisation, make_place, make_source, make_terms

pytestmark = pytest.mark.django_db

API = "/api/v1/"


@pytest.fixture
def curator(client: Client) -> Client:
    """A curator, beside two cases that name the same entries, and a third entry of each register."""
    make_terms()
    make_source("wake-2013")
    make_organisation("old-fund")
    make_organisation("new-fund")
    make_place("bergen")
    parts = [{"organisation": "old-fund", "part": "funder", "passage": None}]
    for slug in ("apple", "pear"):
        make_case(slug, organisations=parts, places=["oslo"], sources=[{"source": "loeffler-2020"}])
    client.force_login(make_curator())
    return client


REGISTERS = pytest.mark.parametrize(
    ("register", "one", "other"),
    [
        ("sources", "loeffler-2020", "wake-2013"),
        ("organisations", "old-fund", "new-fund"),
        ("places", "oslo", "bergen"),
    ],
)
NEW: dict[str, dict[str, Any]] = {
    "sources": {"title": "Pears", "authors": "Wake", "year": 1999},
    "organisations": {"name": "Third fund"},
    "places": {"name": "Reading", "country": "GB"},
}
WRONG: dict[str, dict[str, Any]] = {
    "sources": {"title": "Pears", "authors": "Wake", "year": 0},
    "organisations": {"country": "GB"},
    "places": {"name": "Reading", "country": "XX"},
}


def numbers(client: Client, register: str, *slugs: str) -> list[int]:
    """The number of cases of each entry."""
    return [client.get(f"{API}{register}/{slug}/").json()["cases"] for slug in slugs]


def versions() -> int:
    number: int = Version.objects.count()
    return number


@REGISTERS
def test_a_merge_is_previewed_then_done_and_the_slug_leads_on(
    curator: Client, register: str, one: str, other: str
) -> None:
    address, said = f"{API}{register}/{one}/merge/", {"into": other, "reason": "They are one."}
    before, kept = versions(), numbers(curator, register, one, other)
    told = {"into": other, "url": f"http://testserver{API}{register}/{other}/", "number": 2, "cases": ["apple", "pear"]}
    assert send(curator, "POST", address, said | {"preview": True}) == (200, {"done": False, **told})
    assert (versions(), numbers(curator, register, one, other)) == (before, kept)
    assert send(curator, "POST", address, said) == (200, {"done": True, **told})
    assert (versions(), numbers(curator, register, other)) == (before + 2, [2])
    assert Version.objects.latest("pk").history_change_reason.endswith("They are one.")
    assert curator.get(f"{API}{register}/{one}/").status_code == 301
    assert curator.post(address, said, content_type="application/json").status_code == 308


@REGISTERS
def test_a_split_goes_to_one_that_stands_or_to_a_new_one(curator: Client, register: str, one: str, other: str) -> None:
    address, reason = f"{API}{register}/{one}/split/", {"reason": "They are two."}
    status, told = send(curator, "POST", address, reason | {"cases": ["pear"], "into": other})
    assert (status, told["into"], told["cases"]) == (200, other, ["pear"])
    assert numbers(curator, register, one, other) == [1, 1]
    before, new = versions(), reason | {"cases": ["apple"], "new": NEW[register]}
    preview = {"done": False, "into": None, "url": None, "number": 1, "cases": ["apple"]}
    assert send(curator, "POST", address, new | {"preview": True}) == (200, preview)
    model: Any = {"sources": Source, "organisations": Organisation, "places": Place}[register]
    assert (versions(), model.objects.filter(**NEW[register]).exists()) == (before, False)
    status, told = send(curator, "POST", address, new)
    assert (status, told["done"], numbers(curator, register, told["into"])) == (200, True, [1])
    assert numbers(curator, register, one) == [0]


@REGISTERS
def test_what_is_wrong_is_named_and_nothing_is_changed(curator: Client, register: str, one: str, other: str) -> None:
    why = {"reason": "So it is."}
    merges: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["#/reason", "#/into"]),
        (why | {"into": "nowhere"}, ["#/into"]),
        (why | {"into": "\0"}, ["#/into"]),
        (why | {"into": one}, ["#/into"]),
        ({"reason": " ", "into": other}, ["#/reason"]),
    ]
    splits: list[tuple[dict[str, Any], list[str]]] = [
        (why | {"cases": ["pear"]}, ["#/into"]),
        (why | {"cases": ["pear"], "into": other, "new": NEW[register]}, ["#/into"]),
        (why | {"cases": [], "into": other}, ["#/cases"]),
        (why | {"cases": ["pear", "nothing"], "into": other}, ["#/cases/1"]),
        (why | {"cases": ["pear", "\0"], "into": other}, ["#/cases/1"]),
    ]
    before = versions()
    for verb, tried in (("merge", merges), ("split", splits)):
        for body, places in tried:
            for preview in ({}, {"preview": True}):
                status, problem = send(curator, "POST", f"{API}{register}/{one}/{verb}/", body | preview)
                assert (status, pointers(problem)) == (400, places), (verb, body, problem)
    unnamed = send(curator, "POST", f"{API}{register}/{other}/split/", why | {"cases": ["pear"], "into": one})
    assert (unnamed[0], pointers(unnamed[1])) == (400, ["#/cases"])
    other_says = curator.get(f"{API}{register}/{other}/").json()
    stands = {name: other_says[name] for name in ("authors", "year", "title", "name", "country") if name in other_says}
    for new in (WRONG[register], stands):
        said = why | {"cases": ["pear"], "new": new}
        status, problem = send(curator, "POST", f"{API}{register}/{one}/split/", said)
        assert (status, {place.rpartition("/")[0] for place in pointers(problem)}) == (400, {"#/new"})
    assert (versions(), numbers(curator, register, one)) == (before, [2])


@REGISTERS
def test_only_curators_merge_and_split_and_only_what_they_read(
    curator: Client, register: str, one: str, other: str
) -> None:
    address, said = f"{API}{register}/{one}/merge/", {"into": other, "reason": "One."}
    assert send(Client(), "POST", address, said)[0] == 401
    enters = contributor()
    assert send(enters, "POST", address, said)[0] == 403
    assert send(enters, "POST", f"{API}{register}/{one}/split/", said)[0] == 403
    assert send(curator, "POST", address, said, If_Match='"0"')[0] == 412
    assert send(curator, "POST", f"{API}{register}/nowhere/merge/", said)[0] == 404
    assert curator.get(address).status_code == 405
    tag = curator.get(f"{API}{register}/{one}/")["ETag"]
    assert send(curator, "POST", address, said, If_Match=tag)[0] == 200
