"""Notes on the pages, read: by their author, by others, after an edit, all of one's own."""

from __future__ import annotations

import re

import pytest
import time_machine
from django.template import RequestContext, Template
from django.test import Client, RequestFactory
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_note
from .pages import HTMX, listed, marked, post, text

pytestmark = pytest.mark.django_db


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
