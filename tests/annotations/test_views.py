"""Notes on the pages, as a browser without script uses them; written, changed and deleted."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from annotations.records import content_of, term_code
from cases.models import Case
from taxonomy.models import Term
from tests.factories import make_case, make_curator

from .notes import STORY, make_group, make_note, make_reply, said
from .pages import HTMX, WRITE, change, columns, listed, place, post, text, total

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NOWHERE = "These words do not stand in the narrative. Copy them from it as they are, without leaving any out."
TWICE = "These words stand in the narrative 2 times. Copy some of the words around them, too."


@pytest.fixture
def client(client: Client, ann: User) -> Client:
    client.force_login(ann)
    return client


# Writing


def test_selected_words_are_kept_with_their_offsets_and_context(client: Client, case: Case) -> None:
    response = post(
        client,
        exact="library",
        start="25",
        end="32",
        prefix="in one ",
        suffix=".\r\nThen it",
        comment="A place\r\nto be",
    )
    note = Annotation.objects.get()
    assert (response.status_code, response["Location"]) == (302, place(note))
    assert columns() == [("library", "ann", "library", 25, 32, "A place\nto be", "private")]
    assert (note.prefix, note.suffix) == ("It began small 👍🏽 in one ", ".\nThen it grew: every library ha")


def test_pasted_words_are_kept_where_they_stand(client: Client, case: Case) -> None:
    response = post(client, exact=" one\r\nlibrary. Then it grew ", comment="", audience="public")
    assert response.status_code == 302
    assert columns() == [("library", "ann", "one library.\nThen it grew", 21, 46, "", "public")]


def test_a_note_is_kept_with_codes_and_tags(client: Client, case: Case) -> None:
    codes = ["type:peer-support", "mode:digital", "type:peer-support"]
    assert post(client, codes=codes, tags=" to  check, Trust,trust, ,").status_code == 302
    kept = content_of(Annotation.objects.get())
    assert ([term_code(term) for term in kept.codes], kept.tags) == (
        ["type:peer-support", "mode:digital"],
        ("Trust", "to check"),
    )


def test_a_note_is_written_on_the_case_as_a_whole(client: Client, case: Case) -> None:
    assert post(client, about="case", exact="", comment="All of it").status_code == 302
    assert columns() == [("library", "ann", "", None, None, "All of it", "private")]
    assert post(client, about="case", exact="", comment=" ").status_code == 400
    assert post(client, about="words", exact="", comment="Forgot them").status_code == 400
    assert len(columns()) == 1


def test_a_note_is_written_for_a_group(client: Client, case: Case, ann: User) -> None:
    group = make_group(ann, name="The circle")
    offered = re.findall(r'name="audience" value="([^"]*)"', client.get("/cases/library/").content.decode())
    assert offered == ["private", f"group:{group.uid}", "public"]
    assert post(client, audience=f"group:{group.uid}").status_code == 302
    note = Annotation.objects.get()
    assert (note.audience, note.group) == ("group", group)


def test_a_group_that_one_does_not_belong_to_or_that_is_closed_is_no_choice(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    closed, others = make_group(ann, name="Closed circle"), make_group(bob, name="Other circle")
    actions.close_group(group=closed, by=ann)
    assert "circle" not in text(client.get("/cases/library/"))
    for group in (closed, others):
        assert post(client, audience=f"group:{group.uid}").status_code == 400
    assert columns() == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"exact": "ended small"}, NOWHERE),
        ({"exact": "library"}, TWICE),
        ({"exact": "library", "start": "24", "end": "31"}, "These words do not stand at this place"),
        ({"exact": "library", "start": "25", "end": "31"}, "These words do not stand at this place"),
        (
            {"exact": "library", "start": "25", "end": "32", "prefix": "in no "},
            "These words do not stand at this place",
        ),
        ({"exact": "library", "start": "2000000000", "end": "2000000007"}, "These words do not stand at this place"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_words_without_a_certain_place_are_409_and_what_was_typed_stays(
    client: Client, case: Case, fields: dict[str, str], why: str, headers: dict[str, str]
) -> None:
    typed = {"case": "library", "audience": "public", "comment": "A <long> thought", "tags": "x, y"} | fields
    response = client.post(WRITE, typed | {"codes": ["mode:digital"]}, headers=headers)
    assert response.status_code == 409
    assert columns() == []
    assert why in text(response)
    kept = response.content.decode()
    assert f">\n{fields['exact']}</textarea>" in kept
    assert ">\nA &lt;long&gt; thought</textarea>" in kept
    assert 'name="tags" value="x, y"' in kept
    checked = [re.findall(r'value="([\w:-]+)"', box)[0] for box in re.findall(r"<input[^>]* checked[^>]*>", kept)]
    assert checked == ["mode:digital", "public"]
    assert 'name="start" autocomplete="off" id="note-start"' in kept, "where the words were thought to stand is dropped"


@pytest.mark.parametrize(
    "fields",
    [
        {"exact": ""},
        {"exact": " \r\n\t"},
        {"exact": "began\0small"},
        {"exact": "x" * 10_001},
        {"comment": "x" * 10_001},
        {"comment": "\0"},
        {"tags": "x" * 61},
        {"tags": ",".join(map(str, range(21)))},
        {"tags": "\0"},
        {"tags": "x" * 10_000},
        {"codes": ["type:nothing"]},
        {"codes": ["peer-support"]},
        {"codes": ["type:peer-support", "\0"]},
        {"about": "nothing"},
        {"audience": "friends"},
        {"audience": ""},
        {"audience": "group"},
        {"audience": "group:"},
        {"audience": "group:\0"},
        {"start": "-1", "end": "4"},
        {"start": "9", "end": "3"},
        {"start": "3", "end": "3"},
        {"start": "3"},
        {"end": "14"},
        {"start": "three", "end": "14"},
        {"start": "9" * 50, "end": "9" * 51},
        {"prefix": "x" * 33},
    ],
    ids=str,
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_form_with_mistakes_is_400_and_nothing_is_kept(
    client: Client, case: Case, fields: dict[str, str], headers: dict[str, str]
) -> None:
    typed = {"case": "library", "exact": "began small", "audience": "private"} | fields
    response = client.post(WRITE, typed, headers=headers)
    assert response.status_code == 400
    assert 'class="errorlist' in response.content.decode()
    assert columns() == []


def test_a_comment_may_have_ten_thousand_characters_however_its_lines_end(client: Client, case: Case) -> None:
    assert post(client, comment="\r\n".join("abcd" for _ in range(2000)) + "\r\n").status_code == 302
    assert len(Annotation.objects.get().comment) == 10_000


@pytest.mark.parametrize("slug", ["no-such-case", "draft", "withdrawn", "", "li\0brary", "x" * 500])
def test_a_note_on_a_case_that_one_may_not_see_is_404(client: Client, case: Case, slug: str) -> None:
    make_case("draft", state="draft", narrative=STORY)
    make_case("withdrawn", state="withdrawn", narrative=STORY)
    assert post(client, case=slug).status_code == 404
    assert columns() == []


def test_a_curator_annotates_a_draft(client: Client, case: Case) -> None:
    make_case("draft", state="draft", narrative=STORY)
    client.force_login(make_curator())
    assert post(client, case="draft").status_code == 302


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(case: Case) -> None:
    stranger = Client()
    make_case("draft", state="draft")
    back = {
        "library": "/accounts/login/?next=/cases/library/%23notes",
        "draft": "/accounts/login/?next=/cases/",
        "no-such": "/accounts/login/?next=/cases/",
        "li\0brary": "/accounts/login/?next=/cases/library/%23notes",
    }
    assert {slug: post(stranger, case=slug)["Location"] for slug in back} == back
    in_place = stranger.post(WRITE, {"case": "library"}, headers=HTMX)
    assert in_place["HX-Redirect"] == back["library"]
    for verb in ("edit/", "delete/", "reply/", "resolve/", "reattach/", "flag/", "history/"):
        response = stranger.get(f"/annotations/x/{verb}")
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next=/annotations/x/{verb}")
    assert columns() == []


def test_the_address_for_writing_is_not_read(client: Client) -> None:
    assert client.get(WRITE).status_code == 405


# Changing and deleting


def test_a_note_is_changed_by_its_author(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann, "it grew", "Before", tags=["a, b", "c"], codes=["mode:digital"])
    page = client.get(f"/annotations/{note.uid}/edit/").content.decode()
    assert ">\nBefore</textarea>" in page
    assert re.findall(r'name="(?:tags|version)" value="([^"]*)"', page) == ["1", "a, b, c"]
    assert re.findall(r'value="([\w:-]+)"[^>]* checked', page) == ["mode:digital", "private"]
    response = change(client, note, audience="public", tags="a, b, c", codes=["type:peer-support"])
    assert (response.status_code, response["Location"]) == (302, place(note))
    assert columns() == [("library", "ann", "it grew", 39, 46, "After", "public")]
    kept = content_of(Annotation.objects.get())
    assert (kept.tags, kept.codes) == (("a, b", "c"), (Term.objects.get(slug="peer-support"),))
    assert "Your note is changed." in text(client.get("/cases/library/"))


def test_what_the_form_does_not_show_of_a_note_stays(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann, "it grew", "Before")
    elsewhere = {"rights": "https://example.org/"}
    Annotation.objects.filter(pk=note.pk).update(w3c_extra=elsewhere)
    note.names.create(relation="via", iri="https://example.org/1")
    assert change(client, note).status_code == 302
    note.refresh_from_db()
    assert (note.comment, note.w3c_extra, note.names.count()) == ("After", elsewhere, 1)


def test_a_note_in_a_group_that_was_closed_or_left_is_changed_and_stays_in_it(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    group = make_group(bob, ann)
    note = make_note(case, ann, "it grew", "Before", group=group)
    actions.close_group(group=group, by=bob)
    actions.leave_group(group=group, by=ann)
    assert change(client, note, audience=f"group:{group.uid}").status_code == 302
    note.refresh_from_db()
    assert (note.comment, note.group) == ("After", group)
    other = make_group(bob)
    assert change(client, note, audience=f"group:{other.uid}").status_code == 400


def test_an_answer_is_changed_and_keeps_the_readers_of_its_thread(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    reply = make_reply(make_note(case, bob, audience="public"), ann, "Before")
    assert 'name="audience"' not in client.get(f"/annotations/{reply.uid}/edit/").content.decode()
    assert change(client, reply, audience="private").status_code == 302
    reply.refresh_from_db()
    assert (reply.comment, reply.audience) == ("After", "public")


def test_the_readers_of_a_note_that_others_have_answered_stay(client: Client, case: Case, ann: User, bob: User) -> None:
    note = make_note(case, ann, audience="public")
    make_reply(note, bob)
    response = change(client, note)
    assert (response.status_code, "Others have answered before these readers" in text(response)) == (400, True)


@pytest.mark.parametrize(
    "fields",
    [
        {"comment": "x" * 10_001},
        {"comment": "\0"},
        {"audience": "friends"},
        {"tags": "x" * 61},
        {"codes": ["type:nothing"]},
        {"version": ""},
        {"version": "x"},
        {"version": "0"},
    ],
    ids=str,
)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_wrong_change_changes_nothing(
    client: Client, case: Case, ann: User, fields: dict[str, Any], headers: dict[str, str]
) -> None:
    note = make_note(case, ann, "it grew", "Before")
    response = change(client, note, headers, **fields)
    assert (response.status_code, 'class="errorlist' in response.content.decode()) == (400, True)
    assert columns() == [("library", "ann", "it grew", 39, 46, "Before", "private")]


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_change_of_what_has_changed_meanwhile_is_409_and_shows_both(
    client: Client, case: Case, ann: User, headers: dict[str, str]
) -> None:
    note = make_note(case, ann, "it grew", "Before")
    actions.revise_note(note=note, content=said("From my other *window*", tags=["there"]), by=ann)
    response = change(client, note, headers, comment="Typed here")
    assert response.status_code == 409
    assert "This note was changed meanwhile." in text(response)
    html = response.content.decode()
    assert ("From my other <em>window</em>" in html, ">#there</a>" in html) == (True, True)
    assert ">\nTyped here</textarea>" in html
    assert re.findall(r'name="version" value="(\d+)"', html) == ["2"]
    assert Annotation.objects.get().comment == "From my other *window*"
    note.refresh_from_db()
    assert change(client, note, headers, comment="Both").status_code == (200 if headers else 302)
    assert Annotation.objects.get().comment == "Both"


def test_a_note_is_deleted_after_asking(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann)
    page = client.get(f"/annotations/{note.uid}/delete/")
    assert "Delete this note for good?" in text(page)
    assert total(client.get("/cases/library/")) == 1
    response = client.post(f"/annotations/{note.uid}/delete/")
    assert (response.status_code, response["Location"]) == (302, "/cases/library/#notes")
    assert listed(client.get("/cases/library/")) == []
    assert client.post(f"/annotations/{note.uid}/delete/").status_code == 404


def test_a_public_note_is_left_to_its_author(client: Client, case: Case, bob: User) -> None:
    note = make_note(case, bob, audience="public")
    for verb in ("edit", "delete", "reattach", "history"):
        assert client.get(f"/annotations/{note.uid}/{verb}/").status_code == 404
    for verb in ("edit", "delete", "reattach", "resolve"):
        fields = {"audience": "private", "version": "1", "exact": "it grew"}
        assert client.post(f"/annotations/{note.uid}/{verb}/", fields).status_code == 404
    assert columns() == [("library", "bob", "began small", 3, 14, "", "public")]
    assert Annotation.objects.get().resolved_at is None
