"""Notes beside a case: narrowed, and page by page."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from cases.models import Case

from .notes import make_group, make_note, make_reply, said
from .pages import listed, marked, place, referred, text, total

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client: Client, ann: User) -> Client:
    client.force_login(ann)
    return client


PAGE = "/cases/library/"


def test_the_list_is_narrowed_and_other_notes_are_not_marked(client: Client, case: Case, ann: User, bob: User) -> None:
    group = make_group(ann, name="The circle")
    first = make_note(case, ann, "began small", "Alpha", tags=["x"], codes=["type:joint-action-services"])
    second = make_note(case, bob, "it grew", "Beta", tags=["x", "y"], audience="public")
    third = make_note(case, ann, "every", "Gamma", group=group)
    expected = {
        "audience=private": [first],
        "audience=public": [second],
        "audience=private&audience=group": [first, third],
        f"group={group.uid}": [third],
        "author=bob": [second],
        "author=ann": [first, third],
        "tag=x": [first, second],
        "tag=x&author=ann": [first],
        "code=type:joint-action": [first],
        "code=none": [second, third],
        "q=gamma": [third],
        "q=grew": [second],
        "q=nothing": [],
        "placement=placed": [first, second, third],
        "": [first, second, third],
        "tag=&q=": [first, second, third],
    }
    for query, notes in expected.items():
        page = client.get(f"{PAGE}?{query}")
        uids = [note.uid for note in notes]
        assert (listed(page), list(referred(page)), total(page)) == (uids, uids, len(uids)), query
        assert re.findall(r'class="number" href="#mark-([\w-]+)" aria-label="Note (\d)', page.content.decode()) == [
            (note.uid, str([first, second, third].index(note) + 1)) for note in notes
        ], "a note keeps its number"


def test_a_thread_is_shown_whole_where_one_of_its_notes_answers(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    note = make_note(case, bob, comment="One?", audience="public")
    answer = make_reply(note, ann, "Two.")
    make_note(case, bob, "it grew", audience="public")
    page = client.get(f"{PAGE}?author=ann")
    assert (listed(page), list(referred(page)), total(page)) == ([note.uid, answer.uid], [note.uid], 1)
    assert "1 of 3 notes" in text(page)


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("audience=friends", "“friends” is not a value of it."),
        ("author=nobody", "Nobody “nobody” has written a note that you may read."),
        ("code=type:nothing", "There is no code “type:nothing”."),
        ("tag=%00", "has the tag"),
        ("notes=2", "There are not so many pages of notes."),
        ("notes=0", "There are not so many pages of notes."),
        ("notes=x", "There are not so many pages of notes."),
        ("notes=99999999999999999999", "There are not so many pages of notes."),
        ("notes=%C2%B2", "There are not so many pages of notes."),
    ],
)
def test_a_wrong_question_says_so_and_has_no_notes(client: Client, case: Case, ann: User, query: str, why: str) -> None:
    make_note(case, ann, audience="public")
    page = client.get(f"{PAGE}?{query}")
    assert (page.status_code, listed(page), marked(page)) == (200, [], [])
    assert why in text(page)
    assert '<a href="/cases/library/#notes">All notes</a>' in page.content.decode()


def test_fifty_threads_make_a_page_and_every_note_is_marked_on_each(client: Client, case: Case, ann: User) -> None:
    notes = [make_note(case, ann, "it grew", tags=["odd"] if at % 2 else []) for at in range(101)]
    lost = make_note(case, ann, "", "The last of all")
    reply = make_reply(notes[60], ann)
    pages = [client.get(PAGE), client.get(f"{PAGE}?notes=2"), client.get(f"{PAGE}?notes=3")]
    shown = [[note.uid for note in notes[:50]], [note.uid for note in notes[50:100]], [notes[100].uid, lost.uid]]
    shown[1].insert(11, reply.uid)
    assert [listed(page) for page in pages] == shown
    assert [total(page) for page in pages] == [103] * 3
    assert [list(referred(page)) for page in pages] == [[note.uid for note in notes]] * 3
    hrefs = re.findall(r'id="mark-[\w-]+" href="([^"]+)"', pages[1].content.decode())
    assert hrefs == [
        *(f"/annotations/{note.uid}/" for note in notes[:50]),
        *(f"#note-{note.uid}" for note in notes[50:100]),
        f"/annotations/{notes[100].uid}/",
    ]
    assert 'href="/cases/library/#notes" rel="prev"' in pages[1].content.decode()
    assert 'href="/cases/library/?notes=3#notes" rel="next"' in pages[1].content.decode()
    assert '<a href="/cases/library/?notes=3#whole">1 on the case as a whole</a>' in pages[0].content.decode()
    assert 'href="/cases/library/?author=ann&amp;notes=2#notes"' in client.get(f"{PAGE}?author=ann").content.decode()
    assert 'rel="next"' not in client.get(f"{PAGE}?tag=odd").content.decode()


def test_a_note_has_an_address_that_leads_to_its_place_and_page(client: Client, case: Case, ann: User) -> None:
    notes = [make_note(case, ann, "it grew", audience="public") for _ in range(51)]
    reply = make_reply(notes[50], ann)
    stranger = Client(headers={"Accept": "text/html"})
    expected = {notes[0]: place(notes[0]), notes[50]: place(notes[50], 2), reply: place(reply, 2)}
    for note, address in expected.items():
        answer = stranger.get(f"/annotations/{note.uid}/")
        assert (answer.status_code, answer["Location"]) == (302, address)
    assert listed(stranger.get("/cases/library/?notes=2"))[-1] == reply.uid


def test_ones_own_notes_on_a_withdrawn_case_stay_readable_where_their_address_leads(
    case: Case, ann: User, bob: User
) -> None:
    note = make_note(case, ann, "it grew", "Mine", audience="public")
    reply = make_reply(note, ann, "Mine, too")
    make_reply(note, bob, "Others'")
    Case.objects.filter(pk=case.pk).update(state="withdrawn", withdrawn_reason="Counted twice.")
    mine, other = Client(headers={"Accept": "text/html"}), Client(headers={"Accept": "text/html"})
    mine.force_login(ann)
    other.force_login(bob)
    page = mine.get(f"/annotations/{reply.uid}/")
    assert (page.status_code, listed(page)) == (200, [note.uid, reply.uid])
    assert ("Mine, too" in text(page), "Others'" in text(page)) == (True, False)
    assert other.get(f"/annotations/{note.uid}/").status_code == 404


def test_a_note_on_something_elsewhere_is_read_answered_and_deleted_where_its_address_leads(
    client: Client, case: Case, ann: User
) -> None:
    elsewhere = said("On a picture", audience="public")._replace(elsewhere={"target": "https://example.org/a.png"})
    note = actions.create_note(case=None, passage=None, content=elsewhere, by=ann)
    here = f"/annotations/{note.uid}/"
    assert client.post(f"{here}reply/", {"comment": "Which?"})["Location"].startswith("/annotations/")
    reply = Annotation.objects.get(thread=note)
    page = client.get(here, headers={"Accept": "text/html"})
    assert (page.status_code, listed(page)) == (200, [note.uid, reply.uid])
    assert "It speaks of something outside the catalogue." in text(page)
    assert client.get(f"{here}reattach/").status_code == 404
    assert client.post(f"/annotations/{reply.uid}/delete/")["Location"] == "/annotations/mine/"


@pytest.mark.parametrize("number", [1, 3])
def test_a_narrowed_list_asks_three_queries_more(
    case: Case, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for words in ("began small", "it grew", "every")[:number]:
        make_reply(make_note(case, bob, words, "Said.", tags=["a"], codes=["mode:digital"], audience="public"), bob)
    client = Client()
    with django_assert_num_queries(NARROWED - 3):
        client.get(PAGE)
    with django_assert_num_queries(NARROWED):  # the case, the tag, what answers
        page = client.get(f"{PAGE}?tag=a")
    assert (len(listed(page)), total(page)) == (2 * number, number)


NARROWED = 13
