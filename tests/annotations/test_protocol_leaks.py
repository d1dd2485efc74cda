"""What a reader may not see leaves no trace at the doors of the protocol: each test puts something there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from cases.models import Case
from tests.annotations.notes import STORY, make_group, make_note, make_reply, rewrite, unpublish
from tests.annotations.programs import (
    CASE,
    LD,
    OF_CASE,
    PREFER_IRIS,
    PREFER_MINIMAL,
    PUBLIC,
    ROOT,
    SITE,
    annotation,
    listed,
    names,
    post,
    prefer,
    program,
    put,
    text,
)
from tests.factories import make_case, make_curator, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]  # which notes one reads, test_filters.py asks on each database
SECRET = "Nobody else reads this."


@pytest.fixture
def case() -> Case:
    case = make_case(narrative=STORY)
    make_note(case, make_user("seen"), comment="Everyone reads this.", audience="public")
    return case


@pytest.fixture
def author(case: Case) -> User:
    return make_user("author", name="Ada Author")


def moderator() -> User:
    user = make_user("moderator", is_superuser=True)
    return User.objects.get(pk=user.pk)


def private(case: Case, author: User) -> Annotation:
    return make_note(case, author, comment=SECRET, tags=["secret"])


def of_a_group(case: Case, author: User) -> Annotation:
    return make_note(case, author, comment=SECRET, group=make_group(author, name="Secret society"))


def hidden(case: Case, author: User) -> Annotation:
    note = make_note(case, author, comment=SECRET, audience="public")
    actions.hide_note(note=note, reason="It is rude.", by=moderator())
    return note


def private_answer(case: Case, author: User) -> Annotation:
    return make_reply(make_note(case, author), author, SECRET)


def on_a_draft(case: Case, author: User) -> Annotation:
    draft = make_case("draft-case", narrative=STORY)
    note = make_note(draft, author, comment=SECRET, audience="public")
    unpublish(draft)
    return note


def elsewhere(case: Case, author: User) -> Annotation:
    made = post(program(author), annotation("https://elsewhere.example/", body=text(SECRET)))
    return Annotation.objects.get(uid=made.json()["id"].rpartition("/annotations/")[2].strip("/"))


KINDS = [private, of_a_group, hidden, private_answer, on_a_draft, elsewhere]
EACH_KIND = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
Kind = Callable[[Case, User], Annotation]


def readers() -> list[Client]:
    """Return everyone who must not see anything: nobody, and somebody signed in."""
    return [program(), program(make_user(f"stranger-{User.objects.count()}"))]


def seen(client: Client) -> list[Any]:
    """Return all that the containers tell a reader."""
    told: list[Any] = []
    for address in (ROOT, OF_CASE):
        for header in ({}, prefer(PREFER_IRIS), prefer(PREFER_MINIMAL)):
            response = client.get(address, headers=header)
            told.append((response.status_code, response["ETag"], response.content))
        for query in ({"page": "0"}, {"page": "0", "iris": "1"}, {"page": "1"}):
            response = client.get(address, query)
            told.append((response.status_code, response["ETag"], response.content))
    return told


@EACH_KIND
def test_containers_are_the_same_without_it(case: Case, author: User, kind: Kind) -> None:
    clients = readers()
    before = [seen(client) for client in clients]
    note = kind(case, author)
    assert [seen(client) for client in clients] == before
    Annotation.objects.filter(pk=note.pk).update(comment="Changed.", version=7)
    assert [seen(client) for client in clients] == before
    assert note.iri in names(program(author).get(ROOT)) or kind is on_a_draft


def without_address(response: Any) -> Any:
    """Return an answer without what is made of its own address, which stands in a problem."""
    headers = {name: value for name, value in response.headers.items() if name not in {"Content-Length", "ETag"}}
    problem = response.json() if response.status_code >= 400 and response.content else {}
    return response.status_code, headers, {name: value for name, value in problem.items() if name != "instance"}


def asked(client: Client, address: str) -> list[Any]:
    """Ask for a note in every way."""
    return [
        client.get(address),
        client.get(address, headers={"If-None-Match": "*"}),
        client.head(address),
        client.options(address),
        client.delete(address),
        put(client, annotation(CASE, body=text()), '"x"', address),
    ]


@EACH_KIND
def test_its_address_answers_as_one_where_nothing_stands(case: Case, author: User, kind: Kind) -> None:
    note = kind(case, author)
    for client in readers():
        there, none = (
            asked(client, address) for address in (note.get_absolute_url(), "/annotations/AAAAAAAAAAAAAAAA/")
        )
        assert [without_address(answer) for answer in there] == [without_address(answer) for answer in none]
        assert [answer.status_code for answer in there][:4] == [404, 404, 404, 200]


@EACH_KIND
def test_it_cannot_be_answered(case: Case, author: User, kind: Kind) -> None:
    note, client = kind(case, author), program(make_user("stranger"))
    there = post(client, annotation(note.iri, body=text()))
    none = post(client, annotation(f"{SITE}/annotations/AAAAAAAAAAAAAAAA/", body=text()))
    assert (there.status_code, there.content) == (none.status_code, none.content) == (400, none.content)


@EACH_KIND
def test_deleted_it_is_gone_for_its_author_and_was_never_there_for_others(case: Case, author: User, kind: Kind) -> None:
    note = kind(case, author)
    actions.delete_note(note=note, by=author)
    if kind is not on_a_draft:
        assert program(author).get(note.get_absolute_url()).status_code == 410
    assert [client.get(note.get_absolute_url()).status_code for client in readers()] == [404, 404]


def test_an_etag_of_what_one_no_longer_sees_is_worth_nothing(case: Case, author: User) -> None:
    note, client = make_note(case, author, audience="public"), program()
    tag = client.get(note.get_absolute_url())["ETag"]
    Annotation.objects.filter(pk=note.pk).update(audience="private")
    assert client.get(note.get_absolute_url(), headers={"If-None-Match": tag}).status_code == 404


def test_members_see_the_notes_of_their_group_and_others_do_not(case: Case, author: User) -> None:
    member = make_user("member")
    group = make_group(author, member)
    note = make_note(case, author, comment="Ours.", group=group)
    assert note.iri in names(program(member).get(ROOT))
    actions.leave_group(group=group, by=member)
    client = program(member)
    assert note.iri not in names(client.get(ROOT))
    assert client.get(note.get_absolute_url()).status_code == 404


def test_a_case_that_is_not_shown_has_no_container() -> None:
    make_note(make_case("draft-case", state="draft", narrative=STORY), make_curator(), audience="public")
    for client in readers():
        there, none = client.get("/annotations/cases/draft-case/"), client.get("/annotations/cases/no-such-case/")
        assert without_address(there) == without_address(none)
        assert there.status_code == 404


def test_a_case_that_is_not_shown_is_no_target() -> None:
    make_case("draft-case", state="draft", narrative=STORY)
    writer = program(make_user("writer"))
    slugs = ("draft-case", "no-such-case")
    there, none = (post(writer, annotation(f"{SITE}/cases/{slug}/", body=text())) for slug in slugs)
    assert (there.status_code, there.content) == (400, none.content)


def test_the_container_of_a_withdrawn_case_is_gone_and_keeps_its_notes_to_itself() -> None:
    case = make_case("a-case", narrative=STORY)
    note = make_note(case, make_user("other"), comment=SECRET, audience="public")
    Case.objects.filter(pk=case.pk).update(state="withdrawn", withdrawn_reason="Twice.")
    for client in readers():
        response = client.get(OF_CASE)
        assert response.status_code == 410
        assert SECRET not in response.content.decode()
        assert client.get(note.get_absolute_url()).status_code == 404
        assert names(client.get(ROOT)) == []


def test_an_answer_for_one_reader_is_not_kept_for_another(case: Case, author: User) -> None:
    note = private(case, author)
    for way in ("token", "session"):
        client = program(author, way)
        for address in (note.get_absolute_url(), ROOT, OF_CASE):
            response = client.get(address)
            assert {"private", "no-cache"} <= listed(response, "Cache-Control")
            assert {"Authorization", "Cookie"} <= listed(response, "Vary")


def test_a_page_for_people_is_told_apart_from_a_document(case: Case) -> None:
    for address in (ROOT, OF_CASE):
        response = Client(headers={"Accept": f"text/html, {LD};q=0.5"}).get(address)
        assert "Accept" in listed(response, "Vary")


def test_no_document_holds_an_e_mail_address(case: Case) -> None:
    author = make_user("someone@example.org")
    made = post(program(author), annotation(CASE, body=text(), audience=PUBLIC))
    assert set(made.json()["creator"]) == {"id", "type"}
    assert "@example.org" not in made.content.decode()
    assert "@example.org" not in program().get(ROOT).content.decode()


def test_the_old_text_of_an_orphan_is_named_to_who_may_read_it(author: User) -> None:
    case = make_case("b-case", state="draft", narrative=STORY)
    curator = make_curator()
    note = make_note(case, curator, "one library", audience="public")
    rewrite(case, "It is gone.")
    Case.objects.filter(pk=case.pk).update(state="published")
    assert Annotation.objects.get(pk=note.pk).placement == "orphaned"
    states = [program(user).get(note.get_absolute_url()).json()["target"]["state"] for user in (curator, author)]
    assert "cached" in states[0]
    assert "cached" not in states[1]
