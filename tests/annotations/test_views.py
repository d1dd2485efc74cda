"""Notes on the pages, as a browser without script uses them; and what changes when htmx asks."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
import time_machine
from django.http import HttpResponse
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_note

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
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


def post(client: Client, **fields: Any) -> HttpResponse:
    said = {"case": "library", "exact": "began small", "audience": "private"} | fields
    return client.post("/annotations/", said)


def notes() -> list[tuple[str, str, str, int, int, str, str]]:
    columns = ("case__slug", "author__username", "exact", "start", "end", "comment", "audience")
    return list(Annotation.objects.values_list(*columns))


def text(response: HttpResponse) -> str:
    """Return what a page says, without its tags, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def listed(response: HttpResponse) -> list[int]:
    """Return the notes that a page lists, in its order."""
    return [int(pk) for pk in re.findall(r'<li class="note" id="note-(\d+)"', response.content.decode())]


def marked(response: HttpResponse) -> list[tuple[str, str]]:
    """Return the marks of a page: whose they are, and their words."""
    return re.findall(r'<mark data-notes="([\d ]+)" data-depth="\d">([^<]*)</mark>', response.content.decode())


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


# Reading


def test_the_case_page_shows_marks_in_the_text_and_notes_beside_it(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    second = make_note(case, ann, "it grew", "*Look* <b>here</b>")
    first = make_note(case, bob, "began small", "Was it?", audience="public")
    third = make_note(case, bob, "grew: every", audience="public")
    page = client.get("/cases/library/")
    assert listed(page) == [first.pk, second.pk, third.pk]
    assert marked(page) == [
        (f"{first.pk}", "began small"),
        (f"{second.pk}", "it "),
        (f"{second.pk} {third.pk}", "grew"),
        (f"{third.pk}", ": every"),
    ]
    html = page.content.decode()
    assert '<div class="comment"><p><em>Look</em> &lt;b&gt;here&lt;/b&gt;</p>' in html
    assert re.findall(r"<b>(You|[^<]*Other)</b> <span class=\"quiet\">(\w+) ·", html) == [
        ("Bob Other", "public"),
        ("You", "private"),
        ("Bob Other", "public"),
    ]
    assert re.findall(r'href="/annotations/(\d+)/edit/"', html) == [str(second.pk)], "only one's own can be edited"


def test_a_note_says_that_it_was_edited(client: Client, case: Case, ann: User) -> None:
    with time_machine.travel("2026-03-01 12:00", tick=True):
        note = make_note(case, ann)
        assert " · edited" not in text(client.get("/cases/library/"))
    with time_machine.travel("2026-03-02 12:00", tick=True):
        client.post(f"/annotations/{note.pk}/edit/", {"comment": "", "audience": "public"})
    assert "public · 1 March 2026, 12:00 · edited" in text(client.get("/cases/library/"))


def test_a_stranger_reads_public_notes_and_is_asked_to_sign_in_for_writing(case: Case, ann: User, bob: User) -> None:
    make_note(case, ann, "it grew", "secret thoughts")
    public = make_note(case, bob, "began small", audience="public")
    page = Client().get("/cases/library/")
    assert listed(page) == [public.pk]
    assert marked(page) == [(str(public.pk), "began small")]
    html = page.content.decode()
    assert ("secret" in html, "<textarea" in html) == (False, False)
    assert 'href="/accounts/login/?next=/cases/library/%23notes"' in html


def test_a_private_note_changes_nothing_that_others_get(client: Client, case: Case, ann: User, bob: User) -> None:
    make_note(case, bob, audience="public")
    other = Client()
    other.force_login(bob)
    addresses = ["/cases/library/", "/annotations/mine/"]

    def seen() -> list[tuple[int, str]]:
        answers = [reader.get(address) for reader in (Client(), other) for address in addresses]
        return [(got.status_code, re.sub(r'value="\w{64}"', "", got.content.decode())) for got in answers]

    before, tag = seen(), Client().get("/cases/library/")["ETag"]
    note = make_note(case, ann, "it grew", "secret thoughts")
    assert (seen(), Client().get("/cases/library/")["ETag"]) == (before, tag)
    for reader in (other, Client()):
        for address in (f"/annotations/{note.pk}/", f"/annotations/{note.pk + 1000}/"):
            assert reader.get(address).status_code == 404
            assert reader.get(address, headers=HTMX).status_code == 404
    for action in ("edit", "delete"):
        answers = [other.get(f"/annotations/{pk}/{action}/") for pk in (note.pk, note.pk + 1000)]
        answers += [
            other.post(f"/annotations/{pk}/{action}/", {"audience": "public"}) for pk in (note.pk, note.pk + 1000)
        ]
        assert [answer.status_code for answer in answers] == [404] * 4
        assert len({text(answer) for answer in answers}) == 1
    assert text(client.get("/cases/library/")).count("secret thoughts") == 1


def test_a_curator_does_not_read_private_notes(case: Case, ann: User) -> None:
    make_note(case, ann, "it grew", "secret thoughts")
    curator = Client()
    curator.force_login(make_curator())
    page = curator.get("/cases/library/")
    assert (listed(page), marked(page)) == ([], [])


def test_what_is_answered_to_someone_signed_in_is_not_kept_in_shared_caches(client: Client, case: Case) -> None:
    for address in ("/annotations/mine/", "/cases/library/"):
        response = client.get(address)
        assert "private" in response["Cache-Control"]
        assert "Cookie" in response["Vary"]


@pytest.mark.parametrize("number", [1, 3])
def test_the_text_and_the_list_ask_for_the_notes_together_once(
    case: Case, ann: User, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for words in ("began small", "it grew", "every")[:number]:
        make_note(case, bob, words, "Said.", audience="public")
        make_note(case, ann, words, "Said.")
    request = RequestFactory().get("/")
    request.user = User.objects.get(username="ann")
    template = Template("{% load notes %}{% annotated_narrative case %}{% notes_beside case %}")
    with django_assert_num_queries(3):  # the reader's and their groups' permissions, notes with their authors
        html = template.render(RequestContext(request, {"case": case}))
    assert (html.count("<mark"), html.count('class="note"')) == ({1: 1, 3: 4}[number], 2 * number)


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


# When the narrative changes


def test_a_note_follows_its_words_and_is_kept_where_they_are_lost(client: Client, case: Case, ann: User) -> None:
    follows = make_note(case, ann, "it grew", "Follows")
    lost = make_note(case, ann, "began small", "Lost")
    Case.objects.filter(pk=case.pk).update(narrative="# New\n\nIt started big.\n\nThen it **grew**: every library.")
    page = client.get("/cases/library/")
    assert marked(page) == [(str(follows.pk), "it "), (str(follows.pk), "grew")]
    assert listed(page) == [follows.pk, lost.pk]
    said = text(page)
    assert said.index("No longer placed") > said.index("Follows")
    assert said.index("No longer placed") < said.index("Lost")
    assert f"#mark-{lost.pk}" not in page.content.decode()
    assert "no longer placed" in text(client.get("/annotations/mine/"))
    assert [(note.start, note.exact) for note in Annotation.objects.order_by("pk")] == [
        (39, "it grew"),
        (3, "began small"),
    ]


def test_the_same_word_elsewhere_does_not_take_a_lost_note(client: Client, case: Case, ann: User) -> None:
    post(client, exact="library", start="25", end="32")
    Case.objects.filter(pk=case.pk).update(narrative="It began small.\n\nThe library came later.")
    page = client.get("/cases/library/")
    assert (marked(page), len(listed(page))) == ([], 1)


# My notes


@pytest.mark.parametrize("number", [1, 3])
def test_my_notes_are_all_of_ones_own_by_case_and_nobody_elses(
    client: Client, ann: User, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cases = [make_case(slug, narrative=STORY) for slug in ("c-case", "a-case", "b-case")[:number]]
    mine = [make_note(case, ann, words) for case in cases for words in ("it grew", "began small")]
    for case in cases:
        make_note(case, bob, audience="public")
    with django_assert_num_queries(6):  # session, user, their and their groups' permissions, count, notes
        page = client.get("/annotations/mine/")
    expected = sorted(mine, key=lambda note: (note.case.title, note.start))
    assert listed(page) == [note.pk for note in expected]
    assert f'id="notes-total">{2 * number}<' in page.content.decode()


def test_my_notes_come_in_pages(client: Client, case: Case, ann: User) -> None:
    for _ in range(51):
        make_note(case, ann)
    assert len(listed(client.get("/annotations/mine/"))) == 50
    assert len(listed(client.get("/annotations/mine/?page=2"))) == 1
    for page in ("3", "0", "x", "9" * 40, "-1"):
        assert client.get(f"/annotations/mine/?page={page}").status_code == 404


def test_without_notes_my_notes_say_how_to_write_one(client: Client) -> None:
    assert "You have written no notes yet." in text(client.get("/annotations/mine/"))
