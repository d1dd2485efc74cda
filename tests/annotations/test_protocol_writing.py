"""The W3C Web Annotation Protocol: making notes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case
from tests.annotations.notes import STORY, make_note
from tests.annotations.programs import (
    CASE,
    CONTEXT,
    LD,
    OF_CASE,
    PRIVATE,
    PUBLIC,
    ROOT,
    SITE,
    annotation,
    at,
    many,
    mistakes,
    path_of,
    post,
    program,
    put,
    quoting,
    text,
    words,
)
from tests.factories import make_case, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
WAYS = pytest.mark.parametrize("way", ["token", "session"])
CANONICAL, VIA = "https://notes.example/1", "https://notes.example/copy/1"


@pytest.fixture
def case() -> Case:
    return make_case(narrative=STORY)


# Making


@WAYS
@pytest.mark.parametrize("address", [ROOT, OF_CASE])
def test_a_note_is_made(me: User, way: str, address: str) -> None:
    client = program(me, way)
    response = post(client, annotation(words(quoting(), at(3, 14)), body=text()), address)
    note = Annotation.objects.get()
    assert response.status_code == 201
    assert response["Location"] == response.json()["id"] == note.iri
    assert response["Content-Type"] == LD
    assert (note.author, note.exact, note.start, note.end, note.comment) == (me, "began small", 3, 14, "I see.")
    read = client.get(path_of(response))
    assert (read.json(), read["ETag"]) == (response.json(), response["ETag"])


def test_the_server_names_the_note_below_its_container(mine: Client) -> None:
    response = post(mine, annotation(CASE, body=text()), Slug="my-note")
    rest = response["Location"].removeprefix(f"{SITE}{ROOT}")
    assert rest == f"{Annotation.objects.get().uid}/"


def test_what_a_client_called_it_becomes_a_via_and_canonical_stays(mine: Client) -> None:
    sent = annotation(CASE, body=text(), id=f"{VIA}/new", canonical=CANONICAL, via=[VIA])
    document = post(mine, sent).json()
    assert document["id"] == Annotation.objects.get().iri
    assert document["canonical"] == CANONICAL
    assert document["via"] == [VIA, f"{VIA}/new"]


@pytest.mark.parametrize("name", ["#1", "_:b0", "anno1", ""])
def test_a_name_that_means_nothing_elsewhere_is_let_go(mine: Client, name: str) -> None:
    assert "via" not in post(mine, annotation(CASE, body=text(), id=name)).json()


def test_who_made_it_and_when_is_for_the_server_to_say(mine: Client) -> None:
    sent = annotation(CASE, body=text(), creator="https://example.org/someone", created="1999-01-01T00:00:00Z")
    document = post(mine, sent).json()
    assert document["creator"][0]["nickname"] == "me"
    assert document["created"] > "2000"


@pytest.mark.parametrize(
    "content_type", [LD, "application/ld+json", "application/json", "application/json; charset=utf-8"]
)
def test_json_by_any_of_its_names_is_taken(mine: Client, content_type: str) -> None:
    assert post(mine, annotation(CASE, body=text()), content_type=content_type).status_code == 201


@pytest.mark.parametrize("content_type", ["text/turtle", "text/plain", "application/x-www-form-urlencoded", ""])
@WAYS
def test_anything_else_is_not(me: User, content_type: str, way: str) -> None:
    response = post(program(me, way), annotation(CASE, body=text()), content_type=content_type)
    assert (response.status_code, response["Content-Type"]) == (415, "application/problem+json")
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("address", [ROOT, OF_CASE])
def test_who_is_not_signed_in_is_told_how_to(case: Case, address: str) -> None:
    response = post(program(), annotation(CASE, body=text()), address)
    assert (response.status_code, response["WWW-Authenticate"]) == (401, "Token, Bearer")
    assert not Annotation.objects.exists()


def test_a_wrong_token_is_not_a_reader(case: Case) -> None:
    client = Client(headers={"Accept": LD, "Authorization": "Token wrong"})
    assert client.get(ROOT).status_code == 401


def test_a_session_alone_writes_nothing_for_another_site(me: User) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Accept": LD})
    client.force_login(me)
    response = post(client, annotation(CASE, body=text()))
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert not Annotation.objects.exists()


@pytest.mark.parametrize("address", [ROOT, OF_CASE])
@pytest.mark.parametrize(
    "selectors",
    [
        [quoting(), at(4, 15)],
        [quoting("began smaller")],
        [quoting("library")],
        [quoting(), at(3, 999)],
        [quoting(prefix="Then "), at(3, 14)],
    ],
)
def test_words_that_do_not_stand_there_are_refused(mine: Client, address: str, selectors: list[Any]) -> None:
    response = post(mine, annotation(words(*selectors)), address)
    assert (response.status_code, mistakes(response)) == (409, ["#/target/selector"])
    assert not Annotation.objects.exists()


ASIDE = ["https://elsewhere.example/page", f"{SITE}/cases/b-case/", [CASE, "https://elsewhere.example/page"]]


@pytest.mark.parametrize("target", ASIDE)
def test_the_container_of_a_case_insists_on_its_case(mine: Client, target: Any) -> None:
    make_case("b-case")
    refused = post(mine, annotation(target, body=text()), OF_CASE)
    assert (refused.status_code, mistakes(refused)) == (400, ["#/target"])
    assert not Annotation.objects.exists()
    assert post(mine, annotation(target, body=text()), ROOT).status_code == 201


def test_an_answer_is_aimed_at_the_note_and_has_its_readers(case: Case, mine: Client) -> None:
    note = make_note(case, make_user("other"), audience="public")
    for address in (ROOT, OF_CASE):
        document = post(mine, annotation(note.iri, body=text()), address).json()
        assert (document["target"], document["motivation"]) == (note.iri, "replying")
        assert document["audience"]["id"] == PUBLIC
        assert document["body"] == text(format="text/markdown", purpose="replying")
    assert [answer.parent for answer in Annotation.objects.exclude(pk=note.pk)] == [note, note]


def test_an_answer_before_other_readers_is_refused(case: Case, mine: Client) -> None:
    note = make_note(case, make_user("other"), audience="public")
    response = post(mine, annotation(note.iri, body=text(), audience=PRIVATE))
    assert (response.status_code, mistakes(response)) == (400, ["#/audience"])


def test_an_answer_to_a_note_elsewhere_does_not_belong_to_a_case(mine: Client) -> None:
    first = post(mine, annotation("https://elsewhere.example/", body=text())).json()["id"]
    refused = post(mine, annotation(first, body=text()), OF_CASE)
    assert (refused.status_code, mistakes(refused)) == (400, ["#/target"])
    assert post(mine, annotation(first, body=text()), ROOT).status_code == 201


def test_a_plain_client_reads_writes_changes_and_deletes(case: Case, me: User) -> None:
    """As a client does that sends no preference and no ETag, and takes each link for an address."""
    many(case, 101)
    client = program(me)
    container = client.get(ROOT)
    first = client.get(container.json()["first"].removeprefix(SITE)).json()
    last = client.get(container.json()["last"].removeprefix(SITE)).json()
    assert container["Content-Location"] == container.json()["id"] == first["partOf"]["id"]
    assert (first["next"], last["prev"]) == (last["id"], first["id"])
    assert {item["@context"] for item in [*first["items"], *last["items"]]} == {CONTEXT}
    made = post(client, annotation("http://www.example.com/index.html", body=text("I like this page!")))
    document = made.json()
    assert document["body"] == text("I like this page!", format="text/markdown", purpose="commenting")
    changed = put(client, {**document, "target": "http://other.example/"}, None)
    assert (changed.status_code, changed.json()["target"]) == (200, "http://other.example/")
    assert client.delete(path_of(made)).status_code == 204
