"""Notes at the machine door."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from knox.models import AuthToken
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_note

pytestmark = pytest.mark.django_db

NOTES = "/api/v1/annotations/"


class Api:
    """A program that reads and writes JSON as one user, by token; or as nobody."""

    def __init__(self, user: User | None = None) -> None:
        key = AuthToken.objects.create(user=user)[1] if user else ""
        self.client = Client(headers={"Authorization": f"Token {key}"} if key else {})

    def __call__(self, method: str, address: str = NOTES, body: Any = None) -> tuple[int, Any]:
        response = self.client.generic(method, address, json.dumps(body), content_type="application/json")
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
        return response.status_code, json.loads(response.content) if response.content else None

    def listed(self, query: str = "") -> list[int]:
        status, page = self("GET", f"{NOTES}{query}")
        assert (status, page["count"]) == (200, len(page["results"]))
        return [note["id"] for note in page["results"]]


@pytest.fixture
def case() -> Case:
    return make_case("library", narrative=STORY)


@pytest.fixture
def ann() -> User:
    return make_user("ann", name="Ann Reader")


@pytest.fixture
def bob() -> User:
    return make_user("bob", name="Bob Other")


@pytest.fixture
def api(ann: User) -> Api:
    return Api(ann)


def wrong(answer: tuple[int, Any]) -> tuple[int, list[str]]:
    """Return the status of a refusal, and the fields that it names."""
    status, problem = answer
    assert all(mistake["detail"] for mistake in problem["errors"])
    return status, [mistake["pointer"] for mistake in problem["errors"]]


NEW = {"case": "library", "exact": "library", "start": 25, "end": 32}


def test_a_note_is_made_and_read_again(api: Api, case: Case) -> None:
    status, made = api("POST", body=NEW | {"comment": "*Which?*\r\n", "audience": "public"})
    note = Annotation.objects.get()
    assert status == 201
    assert made == {
        "id": note.pk,
        "case": "library",
        "author": "Ann Reader",
        "audience": "public",
        "exact": "library",
        "prefix": "It began small 👍🏽 in one ",
        "suffix": ".\nThen it grew: every library ha",
        "start": 25,
        "end": 32,
        "comment": "*Which?*\n",
        "created_at": note.created_at.isoformat().replace("+00:00", "Z"),
        "updated_at": note.updated_at.isoformat().replace("+00:00", "Z"),
        "url": f"{settings.BASE_URL}/cases/library/#note-{note.pk}",
    }
    assert api("GET", f"{NOTES}{note.pk}/") == (200, made)
    assert Api()("GET")[1] == {"count": 1, "next": None, "previous": None, "results": [made]}


def test_a_session_writes_as_well_as_a_token(case: Case, ann: User) -> None:
    client = Client()
    client.force_login(ann)
    response = client.post(NOTES, NEW, content_type="application/json")
    assert (response.status_code, response["Location"]) == (
        201,
        f"http://testserver{NOTES}{Annotation.objects.get().pk}/",
    )


def test_a_note_is_private_unless_it_says_otherwise(api: Api, case: Case) -> None:
    assert api("POST", body={"case": "library", "exact": "it grew"})[1]["audience"] == "private"


def test_words_without_offsets_are_placed_where_they_stand_once(api: Api, case: Case) -> None:
    made = api("POST", body={"case": "library", "exact": "library", "prefix": "every "})[1]
    assert (made["start"], made["end"]) == (54, 61)
    assert api("POST", body={"case": "library", "exact": "library", "start": None, "end": None})[0] == 409


@pytest.mark.parametrize(
    "said",
    [
        {"exact": "Library"},
        {"start": 24, "end": 31},
        {"start": 25, "end": 31},
        {"start": 26, "end": 33, "prefix": "It began small 👍🏽 in one "},
        {"start": 2_000_000_000, "end": 2_000_000_007},
        {"prefix": "in every "},
        {"start": None, "end": None},
        {"start": None, "end": None, "exact": "nowhere"},
    ],
    ids=str,
)
def test_words_that_do_not_stand_there_are_409_and_nothing_is_stored(
    api: Api, case: Case, said: dict[str, Any]
) -> None:
    assert wrong(api("POST", body=NEW | said)) == (409, ["#/exact"])
    assert Annotation.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"exact": ""}, ["#/exact"]),
        ({"exact": " \n"}, ["#/exact"]),
        ({"exact": None}, ["#/exact"]),
        ({"exact": ["library"]}, ["#/exact"]),
        ({"exact": "a\0b"}, ["#/exact"]),
        ({"exact": "\ud800"}, ["#/exact"]),
        ({"exact": "x" * 10_001}, ["#/exact"]),
        ({"comment": "x" * 10_001}, ["#/comment"]),
        ({"comment": "\0"}, ["#/comment"]),
        ({"comment": None}, ["#/comment"]),
        ({"prefix": "x" * 33}, ["#/prefix"]),
        ({"audience": "friends"}, ["#/audience"]),
        ({"audience": {}}, ["#/audience"]),
        ({"start": -1}, ["#/start"]),
        ({"start": 32, "end": 25}, ["#/end"]),
        ({"start": 25, "end": 25}, ["#/end"]),
        ({"start": None}, ["#/start"]),
        ({"end": None}, ["#/start"]),
        ({"start": "three"}, ["#/start"]),
        ({"start": True}, ["#/start"]),
        ({"start": 10**40, "end": 10**41}, ["#/start", "#/end"]),
        ({"case": "no-such"}, ["#/case"]),
        ({"case": "draft"}, ["#/case"]),
        ({"case": "a\0b"}, ["#/case"]),
        ({"case": ["library"]}, ["#/case"]),
        ({"case": None}, ["#/case"]),
        ({"author": "bob"}, ["#/author"]),
        ({"id": 7}, ["#/id"]),
        ({"coment": "typo"}, ["#/coment"]),
        ({"exact": "", "audience": "x", "start": -1}, ["#/exact", "#/start", "#/audience"]),
    ],
    ids=str,
)
def test_mistakes_are_400_named_by_field_and_nothing_is_stored(
    api: Api, case: Case, said: dict[str, Any], fields: list[str]
) -> None:
    make_case("draft", state="draft", narrative=STORY)
    assert wrong(api("POST", body=NEW | said)) == (400, fields)
    assert Annotation.objects.count() == 0


@pytest.mark.parametrize("body", [None, [], [NEW], "library", 7, {}], ids=str)
def test_what_is_no_note_is_400(api: Api, case: Case, body: Any) -> None:
    assert api("POST", body=body)[0] == 400


def test_a_hidden_case_cannot_be_told_from_one_that_never_was(api: Api, case: Case) -> None:
    make_case("draft", state="draft", narrative=STORY)
    answers = [api("POST", body=NEW | {"case": slug}) for slug in ("draft", "never")]
    said = [(status, problem["errors"][0]["detail"].replace("never", "draft")) for status, problem in answers]
    assert said[0] == said[1]
    assert Api(make_curator())("POST", body=NEW | {"case": "draft"})[0] == 201


def test_who_is_not_signed_in_writes_nothing(case: Case, bob: User) -> None:
    note = make_note(case, bob, audience="public")
    nobody = Api()
    assert nobody("POST", body=NEW)[0] == 401
    for pk in (note.pk, note.pk + 1000):
        assert [nobody(method, f"{NOTES}{pk}/", {})[0] for method in ("PATCH", "DELETE")] == [401, 401]
    assert Annotation.objects.count() == 1


def test_a_note_is_changed_and_deleted_by_its_author(api: Api, case: Case, ann: User) -> None:
    note = make_note(case, ann, comment="Before")
    address = f"{NOTES}{note.pk}/"
    status, changed = api("PATCH", address, {"comment": "After"})
    assert (status, changed["comment"], changed["audience"], changed["exact"]) == (
        200,
        "After",
        "private",
        "began small",
    )
    assert api("PATCH", address, {"audience": "public"})[1]["comment"] == "After"
    assert api("PATCH", address, {})[0] == 200
    assert api("DELETE", address) == (204, None)
    assert [api(method, address, {})[0] for method in ("GET", "PATCH", "DELETE")] == [404, 404, 404]


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"exact": "other"}, ["#/exact"]),
        ({"start": 3, "end": 14}, ["#/start", "#/end"]),
        ({"case": "library"}, ["#/case"]),
        ({"audience": "friends"}, ["#/audience"]),
        ({"comment": "\0"}, ["#/comment"]),
    ],
    ids=str,
)
def test_a_wrong_change_is_400_and_changes_nothing(
    api: Api, case: Case, ann: User, said: dict[str, Any], fields: list[str]
) -> None:
    note = make_note(case, ann, comment="Before")
    assert wrong(api("PATCH", f"{NOTES}{note.pk}/", said | {"comment": said.get("comment", "After")})) == (400, fields)
    assert Annotation.objects.get().comment == "Before"


def test_a_public_note_is_read_by_all_and_changed_by_its_author_alone(api: Api, case: Case, bob: User) -> None:
    note = make_note(case, bob, comment="Mine", audience="public")
    assert api("GET", f"{NOTES}{note.pk}/")[0] == 200
    assert [api(method, f"{NOTES}{note.pk}/", {"comment": ""})[0] for method in ("PATCH", "DELETE")] == [403, 403]
    assert Annotation.objects.get().comment == "Mine"


def test_private_notes_and_notes_on_hidden_cases_never_leak(api: Api, case: Case, ann: User, bob: User) -> None:
    hidden = make_case("hidden", narrative=STORY)
    private = make_note(case, bob, comment="secret thoughts")
    on_hidden = make_note(hidden, bob, audience="public")
    public = make_note(case, bob, "it grew", audience="public")
    Case.objects.filter(pk=hidden.pk).update(state="draft")
    for reader in (api, Api(), Api(make_curator("curator"))):
        assert private.pk not in reader.listed()
        never = reader("GET", f"{NOTES}{private.pk + 1000}/")
        found = reader("GET", f"{NOTES}{private.pk}/")
        assert found[0] == never[0] == 404
        assert found[1] | {"instance": ""} == never[1] | {"instance": ""}
    assert (api.listed(), Api().listed("?case=library")) == ([public.pk], [public.pk])
    for pk in (private.pk, on_hidden.pk, private.pk + 1000):
        assert [api(method, f"{NOTES}{pk}/", {})[0] for method in ("GET", "PATCH", "DELETE")] == [404, 404, 404]
    assert Annotation.objects.count() == 3


def test_a_private_note_changes_no_etag_of_others(case: Case, ann: User, bob: User) -> None:
    make_note(case, bob, audience="public")
    readers = [Client(), Api(bob).client]

    def tags() -> list[str]:
        return [reader.get(address)["ETag"] for reader in readers for address in (NOTES, f"{NOTES}?case=library")]

    before = tags()
    make_note(case, ann)
    assert tags() == before
    assert readers[0].get(NOTES, headers={"If-None-Match": before[0]}).status_code == 304
    assert readers[1].get(NOTES)["Vary"].split(", ").count("Authorization") == 1


def test_notes_are_listed_by_case_and_in_the_order_of_the_text(api: Api, case: Case, ann: User, bob: User) -> None:
    other = make_case("a-case", narrative=STORY)
    later, first = make_note(case, ann, "it grew"), make_note(case, bob, audience="public")
    elsewhere = make_note(other, ann)
    assert api.listed() == [elsewhere.pk, first.pk, later.pk]
    assert api.listed("?case=library") == [first.pk, later.pk]
    assert api.listed("?case=a-case") == [elsewhere.pk]


def test_the_list_comes_in_pages(api: Api, case: Case, ann: User) -> None:
    made = [make_note(case, ann).pk for _ in range(3)]
    status, page = api("GET", f"{NOTES}?page_size=2")
    assert (status, page["count"], [note["id"] for note in page["results"]], page["previous"]) == (
        200,
        3,
        made[:2],
        None,
    )
    assert api("GET", page["next"])[1]["results"][0]["id"] == made[2]


@pytest.mark.parametrize(
    ("query", "parameters"),
    [
        ("case=never", ["case"]),
        ("case=hidden", ["case"]),
        ("case=%00", ["case"]),
        (f"case={'x' * 10_000}", ["case"]),
        ("author=bob", ["author"]),
        ("page=0", ["page"]),
        ("page=x", ["page"]),
        ("page_size=201", ["page_size"]),
        ("page_size=0", ["page_size"]),
        ("case=library&case=library", ["case"]),
    ],
)
def test_a_wrong_question_is_400_and_never_widens(case: Case, bob: User, query: str, parameters: list[str]) -> None:
    make_note(case, bob, audience="public")
    make_case("hidden", state="draft")
    status, problem = Api()("GET", f"{NOTES}?{query}")
    assert (status, [mistake["parameter"] for mistake in problem["errors"]]) == (400, parameters)


def test_a_single_note_has_no_parameters(case: Case, bob: User) -> None:
    note = make_note(case, bob, audience="public")
    assert Api()("GET", f"{NOTES}{note.pk}/?case=library")[0] == 400


def test_an_address_beyond_all_numbers_is_404() -> None:
    assert Api()("GET", f"{NOTES}{'9' * 40}/")[0] == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_twice_however_many_notes_there_are(
    ann: User, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in ("a-case", "b-case", "c-case")[:number]:
        make_note(make_case(slug, narrative=STORY), ann)
        make_note(make_case(slug + "-too", narrative=STORY), bob, audience="public")
    reader = Api(ann)
    with django_assert_num_queries(6):  # the token (twice), its owner's and their groups' permissions, count, notes
        assert len(reader.listed()) == 2 * number


def test_a_note_says_where_its_words_stand_now_or_that_they_are_lost(api: Api, case: Case, ann: User) -> None:
    moved, lost = make_note(case, ann, "it grew"), make_note(case, ann, "began small")
    Case.objects.filter(pk=case.pk).update(narrative="# New\n\nIt started big.\n\nThen it **grew**: every library.")
    page = api("GET")[1]["results"]
    assert {note["id"]: (note["start"], note["end"], note["exact"]) for note in page} == {
        moved.pk: (25, 32, "it grew"),
        lost.pk: (None, None, "began small"),
    }
