"""The W3C Web Annotation Protocol: changing and deleting notes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Placement, Wording
from annotations.records import content_of
from cases.models import Case
from tests.annotations.notes import STORY, make_group, make_note, make_reply, rewrite
from tests.annotations.programs import (
    CASE,
    LD,
    OF_CASE,
    PRIVATE,
    PUBLIC,
    ROOT,
    SITE,
    annotation,
    at,
    links,
    listed,
    mistakes,
    names,
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


@WAYS
def test_a_note_is_changed(case: Case, me: User, way: str) -> None:
    note, client = make_note(case, me, comment="Really?", tags=["a"]), program(me, way)
    read = client.get(note.get_absolute_url())
    document = {**read.json(), "body": [text("Really!", purpose="commenting"), text("b", purpose="tagging")]}
    response = put(client, document, read["ETag"])
    now = client.get(note.get_absolute_url())
    assert (response.status_code, response["Content-Type"]) == (200, LD)
    assert (response.json(), response["ETag"]) == (now.json(), now["ETag"])
    assert response["ETag"] != read["ETag"]
    assert ("http://www.w3.org/ns/ldp#Resource", "type") in links(response)
    assert {"PUT", "DELETE"} <= listed(response, "Allow")
    assert content_of(Annotation.objects.get())._replace(elsewhere=None) == content_of(note)._replace(
        comment="Really!", tags=("b",), elsewhere=None
    )
    assert "modified" in response.json()


def kinds(case: Case, me: User) -> list[Annotation]:
    """Return a note of every kind of one's own, whose documents are all different."""
    client, other = program(me), make_user("other")
    rich = {
        "motivation": "describing",
        "rights": "https://creativecommons.org/licenses/by/4.0/",
        "canonical": CANONICAL,
        "via": [VIA, f"{VIA}/2"],
        "audience": [PUBLIC, {"id": "https://example.org/students", "type": "schema:EducationalAudience"}],
        "body": [text("Bonjour.", language="fr"), "https://example.org/body", text("<b>Hi</b>", format="text/html")],
    }
    targets = [
        words(quoting()) | {"styleClass": "red"},
        {"source": CASE, "purpose": "describing"},
        "https://elsewhere.example/",
        ["https://elsewhere.example/1", {"id": "https://elsewhere.example/2", "type": "Image"}],
    ]
    made = [post(client, annotation(target, **rich)) for target in targets]
    assert [response.status_code for response in made] == [201] * 4
    thread = make_note(case, other, audience="public")
    orphan = make_note(case, me, "one now", "Where?", tags=["lost"], codes=["mode:digital"])
    changed = make_note(case, me, "every library", audience="group", group=make_group(me))
    rewrite(case, STORY.replace("every library has *one* now.", "each library is well."))
    assert Annotation.objects.get(pk=orphan.pk).placement == Placement.ORPHANED
    notes = [
        make_note(case, me),
        make_note(case, me, "", "On it all."),
        make_reply(thread, me),
        orphan,
        changed,
        *Annotation.objects.exclude(w3c_extra={}),
    ]
    return list(Annotation.objects.filter(pk__in=[note.pk for note in notes]))


def test_a_note_sent_back_as_it_was_read_stays_as_it_was(case: Case, me: User) -> None:
    client = program(me)
    for note in kinds(case, me):
        read = client.get(note.get_absolute_url())
        response = put(client, read.json(), read["ETag"])
        assert (response.status_code, response.json(), response["ETag"]) == (200, read.json(), read["ETag"])
    assert not Wording.objects.exists()


def test_words_of_a_note_change_and_its_place_stays(case: Case, me: User) -> None:
    client = program(me)
    before = {note.pk: (note.exact, note.placement, note.start, note.revision_id) for note in kinds(case, me)}
    for note in Annotation.objects.filter(pk__in=before):
        read = client.get(note.get_absolute_url())
        document = {**read.json(), "body": [text("Said anew.")]}
        assert put(client, document, read["ETag"]).status_code == 200
    now = Annotation.objects.filter(pk__in=before)
    assert {note.pk: (note.exact, note.placement, note.start, note.revision_id) for note in now} == before
    assert {note.comment for note in now} == {"Said anew."}


def test_what_another_makes_of_a_served_note_is_its_equal(case: Case, me: User) -> None:
    other = program(make_user("copyist"))
    shown = ("body", "motivation", "target", "canonical", "rights")
    for note in kinds(case, me):
        if note.placement == Placement.ORPHANED:
            continue
        document = program(me).get(note.get_absolute_url()).json()
        document.pop("audience")
        copy = post(other, document).json()
        assert {name: copy.get(name) for name in shown} == {name: document.get(name) for name in shown}
        assert note.iri in copy["via"]
        assert copy["creator"]["nickname"] == "copyist"


def test_ones_words_can_be_put_right_where_nothing_new_could_be_written(case: Case, me: User) -> None:
    other, client = make_user("other"), program(me)
    thread = make_note(case, other, audience="public")
    notes = [make_reply(thread, me), make_note(case, me, comment="Wrogn.")]
    actions.delete_note(note=thread, by=other)
    Case.objects.filter(pk=case.pk).update(state="withdrawn", withdrawn_reason="Twice.")
    for note in notes:
        read = client.get(note.get_absolute_url())
        response = put(client, {**read.json(), "body": [text("Right.")]}, read["ETag"])
        assert (response.status_code, response.json()["target"]) == (200, read.json()["target"])


def test_a_note_can_be_pinned_to_other_words_of_its_case(case: Case, me: User) -> None:
    note, client = make_note(case, me, comment="Here."), program(me)
    read = client.get(note.get_absolute_url())
    response = put(client, {**read.json(), "target": words(quoting("library", prefix="every "))}, read["ETag"])
    note.refresh_from_db()
    assert response.status_code == 200
    assert (note.exact, note.start, note.prefix) == ("library", 54, "ne library.\nThen it grew: every ")
    assert response.json()["target"]["selector"][1] == at(54, 61)
    assert note.comment == "Here."


def test_an_orphan_is_attached_again_by_hand(case: Case, me: User) -> None:
    note, client = make_note(case, me, "one now", "Where?"), program(me)
    rewrite(case, "It is gone.")
    read = client.get(note.get_absolute_url())
    response = put(client, {**read.json(), "target": words(quoting("gone"))}, read["ETag"])
    note.refresh_from_db()
    assert (response.status_code, note.exact, note.placement) == (200, "gone", Placement.PLACED)


def test_words_that_do_not_stand_there_leave_a_note_as_it_is(case: Case, me: User) -> None:
    note, client = make_note(case, me, comment="Here."), program(me)
    read = client.get(note.get_absolute_url())
    response = put(client, {**read.json(), "target": words(quoting("nowhere")), "body": text("No.")}, read["ETag"])
    assert (response.status_code, mistakes(response)) == (409, ["#/target/selector"])
    assert client.get(note.get_absolute_url())["ETag"] == read["ETag"]


@pytest.mark.parametrize(
    "target",
    [f"{SITE}/cases/b-case/", "https://elsewhere.example/", CASE, words(quoting("It"), source=f"{SITE}/cases/b-case/")],
)
def test_a_note_stays_with_what_it_is_about(case: Case, me: User, target: Any) -> None:
    make_case("b-case")
    note, client = make_note(case, me), program(me)
    read = client.get(note.get_absolute_url())
    response = put(client, {**read.json(), "target": target}, read["ETag"])
    assert (response.status_code, mistakes(response)) == (409, ["#/target"])
    assert client.get(note.get_absolute_url())["ETag"] == read["ETag"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", f"{SITE}/annotations/another/"),
        ("canonical", f"{CANONICAL}0"),
        ("via", [VIA, f"{VIA}0"]),
        ("via", VIA + "0"),
    ],
)
def test_the_names_of_a_note_stay(mine: Client, name: str, value: Any) -> None:
    made = post(mine, annotation(CASE, body=text(), canonical=CANONICAL, via=VIA))
    response = put(mine, {**made.json(), name: value}, made["ETag"], path_of(made))
    assert (response.status_code, mistakes(response)) == (409, [f"#/{name}"])
    assert mine.get(path_of(made)).json() == made.json()


def test_what_a_client_leaves_out_of_names_and_audience_stays(mine: Client) -> None:
    sent = annotation(CASE, body=text(), canonical=CANONICAL, via=VIA, audience=PUBLIC)
    made = post(mine, sent)
    bare = {name: made.json()[name] for name in ("type", "target")}
    document = put(mine, {**bare, "body": text("New.")}, made["ETag"], path_of(made)).json()
    assert (document["canonical"], document["via"], document["audience"]["id"]) == (CANONICAL, VIA, PUBLIC)


def test_a_note_without_canonical_can_be_given_one(mine: Client) -> None:
    made = post(mine, annotation(CASE, body=text()))
    response = put(mine, {**made.json(), "canonical": CANONICAL, "via": VIA}, made["ETag"])
    assert (response.json()["canonical"], response.json()["via"]) == (CANONICAL, VIA)


@pytest.mark.parametrize("tag", [None, "*"])
def test_a_change_of_which_it_cannot_be_told_what_it_was_made_from_is_refused(
    case: Case, me: User, tag: str | None
) -> None:
    note, client = make_note(case, me), program(me)
    first = client.get(note.get_absolute_url()).json()
    second = put(client, {**first, "body": text("Second.")}, tag).json()
    put(client, {**second, "body": text("Third.")}, tag)
    unknown = [
        first,
        second,
        {**second, "modified": None},
        {**second, "modified": first["created"]},
        {**second, "modified": 7},
    ]
    assert [put(client, {**document, "body": text()}, tag).status_code for document in unknown] == [428] * 5
    assert client.get(note.get_absolute_url()).json()["body"]["value"] == "Third."


@pytest.mark.parametrize("tag", [None, "*"])
def test_a_change_that_overwrites_nothing_unseen_needs_no_if_match(case: Case, me: User, tag: str | None) -> None:
    note, client = make_note(case, me, "", "On it all."), program(me)
    bare = annotation(CASE, id=note.iri, body=text("Second."))
    second = put(client, bare, tag)
    third = put(client, {**second.json(), "body": text("Third.")}, tag)
    stored = Annotation.objects.get()
    assert (second.status_code, third.status_code, stored.version, stored.comment) == (200, 200, 3, "Third.")


@pytest.mark.parametrize("tag", ['"other"', "rubbish", 'W/"other"'])
@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_change_of_something_older_is_refused(case: Case, me: User, tag: str, method: str) -> None:
    note, client = make_note(case, me), program(me)
    document = client.get(note.get_absolute_url()).json()
    if method == "put":
        response = put(client, {**document, "body": text()}, tag)
    else:
        response = client.delete(note.get_absolute_url(), headers={"If-Match": tag})
    assert response.status_code == 412
    assert client.get(note.get_absolute_url()).json() == document


def test_of_two_writers_the_second_is_told(case: Case, me: User) -> None:
    note, one, two = make_note(case, me), program(me), program(me)
    first, second = one.get(note.get_absolute_url()), two.get(note.get_absolute_url())
    assert put(one, {**first.json(), "body": text("One.")}, first["ETag"]).status_code == 200
    assert put(two, {**second.json(), "body": text("Two.")}, second["ETag"]).status_code == 412
    assert Annotation.objects.get().comment == "One."


def test_a_writer_that_comes_between_reading_and_writing_is_noticed(
    case: Case, me: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    note, client = make_note(case, me, comment="Here."), program(me)
    read = client.get(note.get_absolute_url())
    revise = actions.revise_note

    def late(**asked: Any) -> Annotation:
        Annotation.objects.filter(pk=note.pk).update(version=9)
        return revise(**asked)

    monkeypatch.setattr(actions, "revise_note", late)
    assert put(client, {**read.json(), "body": text("Late.")}, read["ETag"]).status_code == 412
    note.refresh_from_db()
    assert (note.comment, note.version) == ("Here.", 1)


def test_an_audience_is_changed_by_name(case: Case, me: User) -> None:
    note, client, group = make_note(case, me), program(me), make_group(me)
    for iri in (PUBLIC, f"{SITE}{group.get_absolute_url()}", PRIVATE):
        read = client.get(note.get_absolute_url())
        response = put(client, {**read.json(), "audience": iri}, read["ETag"])
        assert (response.status_code, response.json()["audience"]["id"]) == (200, iri)


def test_who_left_a_group_may_still_put_a_note_in_it_right(case: Case, me: User) -> None:
    group = make_group(make_user("owner"), me)
    note, client = make_note(case, me, group=group, comment="Wrogn."), program(me)
    actions.leave_group(group=group, by=me)
    read = client.get(note.get_absolute_url())
    assert put(client, {**read.json(), "body": text("Right.")}, read["ETag"]).status_code == 200
    note.refresh_from_db()
    assert (note.comment, note.group) == ("Right.", group)


# Deleting


@WAYS
def test_a_note_is_deleted_and_then_gone(case: Case, me: User, way: str) -> None:
    note, client = make_note(case, me, audience="public"), program(me, way)
    tag = client.get(note.get_absolute_url())["ETag"]
    response = client.delete(note.get_absolute_url(), headers={"If-Match": tag})
    assert (response.status_code, response.content) == (204, b"")
    for method in (client.get, client.head, client.delete, program().get):
        assert method(note.get_absolute_url()).status_code == 410
    assert names(client.get(ROOT)) == names(client.get(OF_CASE)) == []


def test_a_note_can_be_deleted_whatever_it_says(case: Case, me: User) -> None:
    note = make_note(case, me)
    assert program(me).delete(note.get_absolute_url()).status_code == 204


@pytest.mark.parametrize("method", ["put", "delete"])
def test_a_note_of_somebody_else_is_only_read(case: Case, me: User, method: str) -> None:
    note = make_note(case, make_user("other"), audience="public")
    address = note.get_absolute_url()
    for client, status in ((program(me), 403), (program(me, "session"), 403), (program(), 401)):
        read = client.get(address)
        if method == "put":
            response = put(client, {**read.json(), "body": text()}, read["ETag"])
        else:
            response = client.delete(address)
        assert response.status_code == status
        assert client.get(address)["ETag"] == read["ETag"]


@pytest.mark.parametrize("method", ["post", "patch"])
def test_a_note_is_not_changed_in_part(case: Case, me: User, method: str) -> None:
    response = getattr(program(me), method)(make_note(case, me).get_absolute_url())
    assert (response.status_code, listed(response, "Allow")) == (405, {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
