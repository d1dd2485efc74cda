"""Notes as rows at the machine door."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from annotations.query.filters import note_parameters
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_group, make_note, make_reply, rewrite, said

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOTES = "/api/v1/annotations/"


class Api:
    """A program that reads as one user, by token; or as nobody."""

    def __init__(self, user: User | None = None) -> None:
        key = AuthToken.objects.create(user=user)[1] if user else ""
        self.client = Client(headers={"Authorization": f"Token {key}"} if key else {})

    def __call__(self, address: str = NOTES, method: str = "GET") -> tuple[int, Any]:
        response = self.client.generic(method, address)
        if response.status_code >= 400:
            assert response["Content-Type"] == "application/problem+json"
        return response.status_code, response.json()

    def listed(self, query: str = "") -> list[str]:
        status, page = self(f"{NOTES}{query}")
        assert (status, page["count"]) == (200, len(page["results"]))
        return [note["uid"] for note in page["results"]]


@pytest.fixture
def case() -> Case:
    return make_case("library", narrative=STORY)


@pytest.fixture
def ann() -> User:
    return make_user("ann", name="Ann Reader", orcid="0000-0002-1825-0097")


@pytest.fixture
def bob() -> User:
    return make_user("bob", name="Bob Other")


def z(at: Any) -> str:
    return str(at.isoformat().replace("+00:00", "Z"))


# A row


def test_a_note_is_a_flat_row(case: Case, ann: User, bob: User) -> None:
    group = make_group(ann, bob)
    note = make_note(
        case, ann, "began small", "*Which?*", group=group, tags=["b", "a"], codes=["type:peer-support", "mode:digital"]
    )
    note = actions.revise_note(note=note, content=said("So?", tags=["a"], codes=["mode:digital"], group=group), by=ann)
    status, row = Api(bob)(f"{NOTES}{note.uid}/")
    assert status == 200
    assert row == {
        "uid": note.uid,
        "url": f"{settings.BASE_URL}/annotations/{note.uid}/",
        "case": "library",
        "author": "Ann Reader",
        "author_orcid": "0000-0002-1825-0097",
        "audience": "group",
        "group": group.uid,
        "group_name": "Readers of libraries",
        "kind": "passage",
        "parent": None,
        "thread": None,
        "placement": "placed",
        "start": 3,
        "end": 14,
        "exact": "began small",
        "prefix": "It ",
        "suffix": " 👍🏽 in one library.\nThen it grew",
        "comment": "So?",
        "tags": ["a"],
        "codes": ["mode:digital"],
        "resolved": False,
        "created_at": z(note.created_at),
        "edited_at": z(note.edited_at),
        "updated_at": z(note.updated_at),
        "revision": 1,
    }
    assert Api(bob)() == (200, {"count": 1, "next": None, "previous": None, "results": [row]})


def test_an_answer_names_the_notes_above_it(case: Case, ann: User, bob: User) -> None:
    note = make_note(case, ann, "", "One", audience="public")
    first = make_reply(note, bob)
    second = make_reply(first, ann)
    actions.resolve_thread(note=note, by=ann)
    row = Api()(f"{NOTES}{second.uid}/")[1]
    names = ("kind", "parent", "thread", "case", "resolved", "author", "revision", "placement")
    assert [row[name] for name in names] == [
        "reply", first.iri, note.iri, "library", True, "Ann Reader", None, "",
    ]  # fmt: skip


def test_what_there_is_not_is_null_or_empty(ann: User) -> None:
    note = actions.create_note(case=None, passage=None, content=said("A book", audience="public"), by=ann)
    ann.delete()
    row = Api()(f"{NOTES}{note.uid}/")[1]
    empty = ("case", "author", "author_orcid", "group", "group_name", "start", "exact", "tags", "codes", "edited_at")
    assert [row[name] for name in ("kind", *empty)] == ["elsewhere", None, None, "", None, "", None, "", [], [], None]


def test_words_that_lost_their_place_have_no_offsets(case: Case, ann: User) -> None:
    note = make_note(case, ann, audience="public")
    rewrite(case, "Other words altogether, nothing of it is left.")
    row = Api()(f"{NOTES}{note.uid}/")[1]
    assert [row[name] for name in ("placement", "start", "end", "exact", "revision")] == [
        "orphaned", None, None, "began small", 1,
    ]  # fmt: skip


# Reading only


def test_it_is_read_only(case: Case, ann: User) -> None:
    note = make_note(case, ann, audience="public")
    for reader in (Api(), Api(ann)):
        for address in (NOTES, f"{NOTES}{note.uid}/"):
            answers = {method: reader(address, method)[0] for method in ("POST", "PUT", "PATCH", "DELETE")}
            assert set(answers.values()) == {405}
    assert Annotation.objects.count() == 1


def test_a_session_reads_as_well_as_a_token(case: Case, ann: User) -> None:
    note = make_note(case, ann)
    client = Client()
    client.force_login(ann)
    assert client.get(NOTES).json()["results"][0]["uid"] == note.uid
    assert Api(ann).listed() == [note.uid]


# Who reads what


def test_what_one_may_not_read_is_404_as_what_never_was(case: Case, ann: User, bob: User) -> None:
    group, hidden = make_group(bob), make_case("hidden", narrative=STORY)
    unseen = [
        make_note(case, bob, comment="secret"),
        make_note(case, bob, group=group),
        make_note(case, bob, "", "Rude", audience="public"),
        make_note(case, bob, "", "Gone", audience="public"),
        make_note(hidden, bob, audience="public"),
    ]
    public = make_note(case, bob, "it grew", audience="public")
    Annotation.objects.filter(pk=unseen[2].pk).update(hidden_at=timezone.now())
    actions.delete_note(note=unseen[3], by=bob)
    Case.objects.filter(pk=hidden.pk).update(state="draft")
    for reader in (Api(ann), Api()):
        assert reader.listed() == [public.uid]
        never = reader(f"{NOTES}aaaaaaaaaaaaaaaa/")
        for note in unseen:
            found = reader(f"{NOTES}{note.uid}/")
            assert (found[0], found[1] | {"instance": ""}) == (404, never[1] | {"instance": ""})
    assert Api(make_curator()).listed() == [public.uid, unseen[4].uid]


def test_a_private_note_changes_no_etag_of_others(case: Case, ann: User, bob: User) -> None:
    make_note(case, bob, audience="public", tags=["trust"])
    readers = [Client(), Api(bob).client]

    def tags() -> list[str]:
        addresses = (NOTES, f"{NOTES}?case=library", f"{NOTES}?tag=trust", f"{NOTES}?q=began")
        return [reader.get(address)["ETag"] for reader in readers for address in addresses]

    before = tags()
    make_note(case, ann, tags=["trust"])
    assert tags() == before
    assert readers[0].get(NOTES, headers={"If-None-Match": before[0]}).status_code == 304


def test_what_somebody_reads_is_in_no_shared_cache(case: Case, ann: User) -> None:
    client = Client()
    client.force_login(ann)
    response = client.get(NOTES)
    assert "private" in response["Cache-Control"]
    assert {"Authorization", "Cookie"} <= set(response["Vary"].split(", "))


# Pages and parameters


def test_the_list_comes_in_pages(case: Case, ann: User) -> None:
    made = [make_note(case, ann).uid for _ in range(3)]
    reader = Api(ann)
    status, page = reader(f"{NOTES}?page_size=2&sort=created&author=ann")
    assert (status, page["count"], [note["uid"] for note in page["results"]], page["previous"]) == (
        200,
        3,
        made[:2],
        None,
    )
    assert [note["uid"] for note in reader(page["next"])[1]["results"]] == made[2:]
    assert reader(f"{NOTES}?page=2")[0] == 404


@pytest.mark.parametrize("format_", ["csv", "html", "xlsx", "xml"])
def test_only_json_is_sent_from_here(case: Case, format_: str) -> None:
    status, problem = Api()(f"{NOTES}?format={format_}")
    assert (status, [mistake["parameter"] for mistake in problem["errors"]]) == (400, ["format"])
    assert Api()(f"{NOTES}?format=json")[0] == 200


def test_every_mistake_is_said_by_parameter(case: Case, ann: User) -> None:
    status, problem = Api(ann)(f"{NOTES}?tag=nowhere&colour=red&page=0&kind=note")
    assert (status, problem["detail"]) == (400, "The query has mistakes; nothing was looked up.")
    assert {mistake["parameter"]: mistake["detail"] for mistake in problem["errors"]} == {
        "tag": "No note that you may read has the tag “nowhere”.",
        "colour": "There is no such parameter.",
        "page": "Ensure this value is greater than or equal to 1.",
        "kind": "“note” is not a value of it. It is one of: passage, highlight, case, reply, elsewhere.",
    }


def test_a_single_note_has_no_parameters(case: Case, bob: User) -> None:
    note = make_note(case, bob, audience="public")
    assert Api()(f"{NOTES}{note.uid}/?case=library")[0] == 400


def test_the_schema_describes_every_parameter_and_leaks_no_value(case: Case, ann: User) -> None:
    make_note(case, ann, audience="public", tags=["trust"])
    document = Client().get("/api/v1/schema/").json()
    described = {each["name"]: each for each in document["paths"][NOTES]["get"]["parameters"]}
    assert set(described) == set(note_parameters())
    assert described["placement"]["schema"]["items"]["enum"] == ["placed", "moved", "changed", "orphaned", "none"]
    assert described["format"]["schema"]["enum"] == ["json"]
    assert {name for name in described if "enum" in described[name]["schema"].get("items", {})} == {
        "audience", "kind", "placement", "resolved",
    }  # fmt: skip
    assert [list(document["paths"][path]) for path in (NOTES, f"{NOTES}{{uid}}/")] == [["get"], ["get"]]


# What it costs


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_as_often_however_many_notes_there_are(
    ann: User, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    group = make_group(ann, bob)
    for slug in ("a", "b", "c")[:number]:
        case = make_case(slug, narrative=STORY)
        note = make_note(case, bob, group=group, tags=["trust", slug], codes=["type:joint-action-services"])
        make_reply(note, ann)
    reader = Api(ann)
    with django_assert_num_queries(11):
        assert len(reader.listed()) == 2 * number
