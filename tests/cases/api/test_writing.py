"""The machine doors that write: curators enter, change, publish and withdraw cases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from knox.models import AuthToken

from cases.models import Case
from tests.factories import (
    arrangement,
    claim,
    make_case,
    make_curator,
    make_record,
    make_source,
    make_terms,
    make_user,
    passage,
    unmarked,
)

pytestmark = pytest.mark.django_db

CASES = "/api/v1/cases/"
RECORD = make_record("apple", arrangements=[arrangement()], sectors=["health"], claims=[claim()])


@pytest.fixture
def curator(client: Client) -> Client:
    make_terms()
    make_source()
    client.force_login(make_curator())
    return client


def send(client: Client, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
    """Return the status and the document of an answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    response = client.generic(method, path, encoded(data), content_type="application/json", headers=names)
    return response.status_code, response.json()


def encoded(data: Any) -> bytes:
    return b"" if data is None else json.dumps(data).encode()


def etag(client: Client, slug: str) -> str:
    return client.get(f"{CASES}{slug}/")["ETag"]


def pointers(problem: dict[str, Any]) -> list[str]:
    return [mistake["pointer"] for mistake in problem["errors"]]


def test_a_curator_enters_a_case_as_a_draft(curator: Client) -> None:
    response = curator.post(CASES, RECORD, content_type="application/json")
    assert (response.status_code, response["Location"]) == (201, "http://testserver/api/v1/cases/apple/")
    assert response["ETag"] == etag(curator, "apple")
    case = Case.objects.get()
    assert (case.slug, case.state, str(case.updated_by)) == ("apple", "draft", "curator")


def test_what_was_read_can_be_sent_back(curator: Client) -> None:
    make_case(**RECORD)
    read = curator.get(f"{CASES}apple/").json()
    status, answer = send(curator, "PUT", f"{CASES}apple/", read, If_Match=etag(curator, "apple"))
    assert (status, answer) == (200, read)


def test_put_replaces_what_a_case_says(curator: Client) -> None:
    make_case(**RECORD)
    record = make_record("apple", title="Apple, again")
    status, answer = send(curator, "PUT", f"{CASES}apple/", record, If_Match=etag(curator, "apple"))
    assert (status, answer["title"], answer["arrangements"], answer["version"]) == (200, "Apple, again", [], 3)


def test_patch_replaces_the_keys_that_are_sent(curator: Client) -> None:
    make_case(**RECORD)
    before = curator.get(f"{CASES}apple/").json()
    sent = {"title": "Apple, again", "sectors": [], "places": []}
    status, after = send(curator, "PATCH", f"{CASES}apple/", sent, If_Match=etag(curator, "apple"))
    assert status == 200
    assert {name for name in before if before[name] != after[name]} == {
        "title",
        "sectors",
        "absent",
        "codings",
        "version",
        "updated_at",
    }
    assert (after["title"], after["absent"]["sectors"]) == ("Apple, again", "not-coded")


def test_patch_gives_what_was_absent(curator: Client) -> None:
    make_case("apple", absent={"sectors": "not-stated"})
    sent = {"sectors": ["health"], "arrangements": [arrangement("peer-support", ["user"], ["digital"])]}
    status, after = send(curator, "PATCH", f"{CASES}apple/", sent, If_Match=etag(curator, "apple"))
    assert (status, after["sectors"], len(after["arrangements"])) == (200, ["health"], 1)
    still = {"pathways", "public_input", "contribution", "places", "years", "findings", "evidence"}
    assert set(after["absent"]) == still


def test_patch_fills_what_an_entry_leaves_out(curator: Client) -> None:
    make_case("apple")
    entry = arrangement()
    sent = {
        "arrangements": [entry | {"mode": {"absent": "not-stated"}}],
        "years": {"start": 2006, "passage": passage()},
    }
    status, after = send(curator, "PATCH", f"{CASES}apple/", sent, If_Match=etag(curator, "apple"))
    assert status == 200
    assert unmarked(after["arrangements"]) == [entry]
    assert after["years"]["start_precision"] == "exact"


def test_every_mistake_is_named_by_its_place_and_nothing_is_stored(curator: Client) -> None:
    wrong = RECORD | {
        "title": "",
        "colour": "red",
        "sectors": ["heath"],
        "arrangements": [arrangement(), arrangement() | {"label": 7 * ["x"]}],
        "claims": [claim(value=None)],
    }
    status, problem = send(curator, "POST", CASES, wrong)
    assert status == 400
    assert sorted(pointers(problem)) == [
        "#/arrangements/1/label",
        "#/claims/0/value",
        "#/colour",
        "#/sectors/0",
        "#/title",
    ]
    assert not Case.objects.exists()


def test_a_change_without_its_version_is_refused(curator: Client) -> None:
    make_case("apple")
    for said in ({}, {"If_Match": "*"}):
        status, problem = send(curator, "PATCH", f"{CASES}apple/", {"title": "Other"}, **said)
        assert (status, problem["title"]) == (428, "Precondition Required")
    assert Case.objects.get().title == "Apple"


def test_a_change_from_an_older_version_is_refused(curator: Client) -> None:
    make_case("apple")
    read = etag(curator, "apple")
    assert send(curator, "PATCH", f"{CASES}apple/", {"title": "First"}, If_Match=read)[0] == 200
    status, problem = send(curator, "PATCH", f"{CASES}apple/", {"title": "Second"}, If_Match=read)
    assert (status, problem["title"]) == (412, "Precondition Failed")
    assert Case.objects.get().title == "First"


@pytest.mark.parametrize("said", ['"2"', 'W/"2"', '"2-00ff"'])
def test_the_version_alone_is_enough(curator: Client, said: str) -> None:
    make_case("apple")
    assert send(curator, "PATCH", f"{CASES}apple/", {"title": "Other"}, If_Match=said)[0] == 200


@pytest.mark.parametrize("said", ["2", '"nonsense"', '"1"', '"3"', f'"{10**30}"', '"-1"', '"2", "3"'])
def test_another_version_is_refused(curator: Client, said: str) -> None:
    make_case("apple")
    assert send(curator, "PATCH", f"{CASES}apple/", {"title": "Other"}, If_Match=said)[0] == 412


def test_the_address_of_a_case_never_changes(curator: Client) -> None:
    make_case("apple")
    status, problem = send(curator, "PATCH", f"{CASES}apple/", {"slug": "pear"}, If_Match=etag(curator, "apple"))
    assert (status, pointers(problem)) == (400, ["#/slug"])


def test_a_published_case_keeps_what_it_needs(curator: Client) -> None:
    make_case("apple")
    status, problem = send(curator, "PATCH", f"{CASES}apple/", {"summary": "", "eligibility": None}, If_Match='"2"')
    assert (status, sorted(pointers(problem))) == (
        400, ["#/eligibility/passage", "#/eligibility/reason", "#/eligibility/verdict", "#/summary"],
    )  # fmt: skip


def test_publishing_shows_a_case_and_withdrawing_takes_it_away(curator: Client) -> None:
    make_case("apple", state="draft")
    status, answer = send(curator, "POST", f"{CASES}apple/publish/")
    assert (status, answer["state"]) == (200, "published")
    assert Client().get(f"{CASES}apple/").status_code == 200
    status, answer = send(curator, "POST", f"{CASES}apple/withdraw/", {"reason": "It was counted twice."})
    assert (status, answer["state"]) == (200, "withdrawn")
    assert Client().get(f"{CASES}apple/").status_code == 410


def test_publishing_an_unfinished_case_says_what_is_lacking(curator: Client) -> None:
    make_case("apple", state="draft", summary="")
    status, problem = send(curator, "POST", f"{CASES}apple/publish/")
    assert (status, pointers(problem)) == (409, ["#/summary"])
    assert Case.objects.get().state == "draft"


def test_a_move_from_the_wrong_state_or_an_older_version_is_refused(curator: Client) -> None:
    make_case("apple")
    assert send(curator, "POST", f"{CASES}apple/publish/")[0] == 409
    assert send(curator, "POST", f"{CASES}apple/withdraw/", {"reason": "Wrong."}, If_Match='"1"')[0] == 412
    assert Case.objects.get().state == "published"


@pytest.mark.parametrize("reason", [None, "", "   ", 7 * [1], "x" * 2001])
def test_withdrawing_needs_its_reason(curator: Client, reason: Any) -> None:
    make_case("apple")
    status, problem = send(curator, "POST", f"{CASES}apple/withdraw/", {"reason": reason})
    assert (status, pointers(problem)) == (400, ["#/reason"])


WRITES = [
    ("POST", CASES),
    ("PUT", f"{CASES}apple/"),
    ("PATCH", f"{CASES}apple/"),
    ("POST", f"{CASES}apple/publish/"),
    ("POST", f"{CASES}apple/withdraw/"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_who_is_nobody_writes_nothing(client: Client, method: str, path: str) -> None:
    make_case("apple")
    status, problem = send(client, method, path, RECORD)
    assert (status, problem["title"]) == (401, "Unauthorized")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_readers_write_nothing(client: Client, method: str, path: str) -> None:
    make_case("apple")
    client.force_login(make_user())
    status, problem = send(client, method, path, RECORD)
    assert (status, problem["detail"]) == (403, "Only contributors and curators may write cases.")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_session_writes_nothing_without_its_csrf_token(method: str, path: str) -> None:
    make_case("apple")
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_curator())
    status, problem = send(client, method, path, RECORD)
    assert (status, problem["detail"]) == (403, "CSRF Failed: CSRF cookie not set.")


def test_a_curator_writes_with_a_token() -> None:
    make_case("apple")
    _, token = AuthToken.objects.create(make_curator())
    client = Client(enforce_csrf_checks=True)
    said = {"Authorization": f"Token {token}", "If_Match": '"2"'}
    assert send(client, "PATCH", f"{CASES}apple/", {"title": "Other"}, **said)[0] == 200


def test_an_unknown_token_is_refused_for_reading_too(client: Client) -> None:
    status, problem = send(client, "GET", CASES, Authorization="Token nonsense")
    assert (status, problem["detail"]) == (401, "Invalid token.")


def test_cases_are_not_deleted(curator: Client) -> None:
    make_case("apple")
    for client in (curator, Client()):
        response = client.delete(f"{CASES}apple/")
        assert (response.status_code, response["Content-Type"]) == (405, "application/problem+json")
        assert response["Allow"] == "GET, PUT, PATCH, HEAD, OPTIONS"
    assert Case.objects.count() == 1
