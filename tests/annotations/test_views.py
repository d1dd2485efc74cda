"""Notes on the pages, as a browser without script uses them; and what changes when htmx asks."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_note
from .pages import HTMX, listed, marked, post, text

pytestmark = pytest.mark.django_db

NOWHERE = "These words do not stand in the narrative. Copy them from it as they are, without leaving any out."
TWICE = "These words stand in the narrative 2 times. Copy some of the words around them, too."


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
def client(client: Client, ann: User) -> Client:
    client.force_login(ann)
    return client


def notes() -> list[tuple[str, str, str, int, int, str, str]]:
    columns = ("case__slug", "author__username", "exact", "start", "end", "comment", "audience")
    return list(Annotation.objects.values_list(*columns))


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
    assert (response.status_code, response["Location"]) == (302, f"/cases/library/#note-{note.pk}")
    assert notes() == [("library", "ann", "library", 25, 32, "A place\nto be", "private")]
    assert (note.prefix, note.suffix) == ("It began small 👍🏽 in one ", ".\nThen it grew: every library ha")


def test_pasted_words_are_kept_where_they_stand(client: Client, case: Case) -> None:
    response = post(client, exact=" one\r\nlibrary. Then it grew ", comment="", audience="public")
    assert response.status_code == 302
    assert notes() == [("library", "ann", "one library.\nThen it grew", 21, 46, "", "public")]


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
    said = {"case": "library", "audience": "public", "comment": "A <long> thought"} | fields
    response = client.post("/annotations/", said, headers=headers)
    assert response.status_code == 409
    assert notes() == []
    assert why in text(response)
    kept = response.content.decode()
    assert f">\n{fields['exact']}</textarea>" in kept
    assert ">\nA &lt;long&gt; thought</textarea>" in kept
    assert re.findall(r'value="(\w+)"[^>]* checked', kept) == ["public"]
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
        {"audience": "friends"},
        {"audience": ""},
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
    said = {"case": "library", "exact": "began small", "audience": "private"} | fields
    response = client.post("/annotations/", said, headers=headers)
    assert response.status_code == 400
    assert 'class="errorlist' in response.content.decode()
    assert notes() == []


def test_a_comment_may_have_ten_thousand_characters_however_its_lines_end(client: Client, case: Case) -> None:
    assert post(client, comment="\r\n".join("abcd" for _ in range(2000)) + "\r\n").status_code == 302
    assert len(Annotation.objects.get().comment) == 10_000


@pytest.mark.parametrize("slug", ["no-such-case", "draft", "withdrawn", "", "li\0brary", "x" * 500])
def test_a_note_on_a_case_that_one_may_not_see_is_404(client: Client, case: Case, slug: str) -> None:
    make_case("draft", state="draft", narrative=STORY)
    make_case("withdrawn", state="withdrawn", narrative=STORY)
    assert post(client, case=slug).status_code == 404
    assert notes() == []


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
    }
    assert {slug: post(stranger, case=slug)["Location"] for slug in back} == back
    in_place = stranger.post("/annotations/", {"case": "library"}, headers=HTMX)
    assert in_place["HX-Redirect"] == back["library"]
    for page in ("mine/", "1/edit/", "1/delete/"):
        response = stranger.get(f"/annotations/{page}")
        assert (response.status_code, response["Location"]) == (302, f"/accounts/login/?next=/annotations/{page}")
    assert notes() == []


def test_the_address_for_writing_is_not_read(client: Client) -> None:
    assert client.get("/annotations/").status_code == 405


# Changing and deleting


def test_a_note_is_changed_by_its_author(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann, "it grew", "Before")
    page = client.get(f"/annotations/{note.pk}/edit/")
    assert ">\nBefore</textarea>" in page.content.decode()
    response = client.post(f"/annotations/{note.pk}/edit/", {"comment": "After", "audience": "public"})
    assert (response.status_code, response["Location"]) == (302, f"/cases/library/#note-{note.pk}")
    assert notes() == [("library", "ann", "it grew", 39, 46, "After", "public")]
    assert "Your note is changed." in text(client.get("/cases/library/"))


@pytest.mark.parametrize("said", [{"comment": "x" * 10_001}, {"comment": "\0"}, {"audience": "friends"}], ids=str)
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_wrong_change_changes_nothing(
    client: Client, case: Case, ann: User, said: dict[str, str], headers: dict[str, str]
) -> None:
    note = make_note(case, ann, "it grew", "Before")
    address = f"/annotations/{note.pk}/edit/"
    response = client.post(address, {"comment": "", "audience": "private"} | said, headers=headers)
    assert (response.status_code, 'class="errorlist' in response.content.decode()) == (400, True)
    assert notes() == [("library", "ann", "it grew", 39, 46, "Before", "private")]


def test_a_note_is_deleted_after_asking(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann)
    page = client.get(f"/annotations/{note.pk}/delete/")
    assert "Delete this note for good?" in text(page)
    assert Annotation.objects.count() == 1
    response = client.post(f"/annotations/{note.pk}/delete/")
    assert (response.status_code, response["Location"]) == (302, "/cases/library/#notes")
    assert notes() == []
    assert client.post(f"/annotations/{note.pk}/delete/").status_code == 404


def test_a_public_note_is_left_to_its_author(client: Client, case: Case, bob: User) -> None:
    note = make_note(case, bob, audience="public")
    for action in ("edit", "delete"):
        assert client.get(f"/annotations/{note.pk}/{action}/").status_code == 404
        assert client.post(f"/annotations/{note.pk}/{action}/", {"audience": "private"}).status_code == 404
    assert notes() == [("library", "bob", "began small", 3, 14, "", "public")]


@pytest.mark.parametrize("pk", ["0", "9" * 40])
def test_a_note_that_never_was_is_404(client: Client, pk: str) -> None:
    assert [client.get(f"/annotations/{pk}/{page}").status_code for page in ("", "edit/", "delete/")] == [404] * 3


def test_a_note_has_an_address_that_leads_to_its_place(client: Client, case: Case, bob: User) -> None:
    note = make_note(case, bob, audience="public")
    for reader in (client, Client()):
        assert reader.get(f"/annotations/{note.pk}/")["Location"] == f"/cases/library/#note-{note.pk}"


# In place, with htmx


def test_with_htmx_a_new_note_comes_with_the_list_the_narrative_and_an_empty_form(client: Client, case: Case) -> None:
    said = {"case": "library", "exact": "began small", "audience": "private", "comment": "Hm"}
    response = client.post("/annotations/", said, headers=HTMX)
    note = Annotation.objects.get()
    html = response.content.decode()
    assert (response.status_code, listed(response)) == (200, [note.pk])
    assert marked(response) == [(str(note.pk), "began small")]
    assert re.findall(r'id="([\w-]+)"[^>]* hx-swap-oob="(\w+)"', html) == [
        ("narrative", "true"),
        ("write", "true"),
        ("notes-said", "innerHTML"),
    ]
    assert f'<li class="note" id="note-{note.pk}" tabindex="-1" autofocus>' in html
    assert "Your note is kept." in html
    assert re.findall(r"<textarea[^>]*>\n([^<]*)<", html) == ["", ""]


def test_with_htmx_a_note_is_changed_and_deleted_in_its_place(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann, "it grew", "Before")
    other = make_note(case, ann)
    form = client.get(f"/annotations/{note.pk}/edit/", headers=HTMX)
    assert ("<html" in form.content.decode(), 'hx-target="#notes-list"' in form.content.decode()) == (False, True)
    away = client.get(f"/annotations/{note.pk}/", headers=HTMX)
    assert listed(away) == [note.pk]
    assert 'aria-label="Note 2: to its passage"' in away.content.decode()
    changed = client.post(f"/annotations/{note.pk}/edit/", {"comment": "After", "audience": "public"}, headers=HTMX)
    assert (listed(changed), "After" in text(changed)) == ([other.pk, note.pk], True)
    assert 'id="write"' not in changed.content.decode(), "a note that is being written meanwhile stays"
    asked = client.get(f"/annotations/{note.pk}/delete/", headers=HTMX)
    assert ("<html" in asked.content.decode(), "Delete this note for good?" in text(asked)) == (False, True)
    gone = client.post(f"/annotations/{note.pk}/delete/", headers=HTMX)
    assert (listed(gone), marked(gone)) == ([other.pk], [(str(other.pk), "began small")])


def test_with_htmx_a_form_with_mistakes_takes_the_place_of_the_form(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann)
    new = client.post("/annotations/", {"case": "library", "exact": "nowhere", "audience": "private"}, headers=HTMX)
    assert (new.status_code, new["HX-Retarget"], new["HX-Reswap"]) == (409, "#write", "outerHTML")
    old = client.post(f"/annotations/{note.pk}/edit/", {"audience": ""}, headers=HTMX)
    assert (old.status_code, old["HX-Retarget"], old["HX-Reswap"]) == (400, f"#note-{note.pk}", "innerHTML")
