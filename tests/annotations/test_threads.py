"""Threads on the pages: answered, settled, flagged, attached again; and what changes in place when htmx asks."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Flag
from cases.models import Case

from .notes import make_group, make_note, make_reply, rewrite
from .pages import HTMX, WRITE, change, columns, listed, marked, place, referred, text, total

pytestmark = pytest.mark.django_db

NOWHERE = "These words do not stand in the narrative. Copy them from it as they are, without leaving any out."
TWICE = "These words stand in the narrative 2 times. Copy some of the words around them, too."


@pytest.fixture
def client(client: Client, ann: User) -> Client:
    client.force_login(ann)
    return client


# Answering, settling, flagging


def test_a_note_is_answered_before_its_readers(client: Client, case: Case, ann: User, bob: User) -> None:
    group = make_group(bob, ann)
    note = make_note(case, bob, "it grew", "Really?", group=group)
    page = client.get(f"/annotations/{note.uid}/reply/")
    assert "Answer a note “" not in text(page)
    assert ("it grew" in text(page), "Really?" in text(page)) == (True, True)
    response = client.post(f"/annotations/{note.uid}/reply/", {"comment": "Yes,\r\n*really*"})
    reply = Annotation.objects.get(thread=note)
    assert (response.status_code, response["Location"]) == (302, place(reply))
    assert (reply.comment, reply.audience, reply.group, reply.parent) == ("Yes,\n*really*", "group", group, note)


@pytest.mark.parametrize("comment", ["", " \n", "x" * 10_001, "\0"])
@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_a_wrong_answer_is_400_and_nothing_is_kept(
    client: Client, case: Case, bob: User, comment: str, headers: dict[str, str]
) -> None:
    note = make_note(case, bob, audience="public")
    response = client.post(f"/annotations/{note.uid}/reply/", {"comment": comment}, headers=headers)
    assert (response.status_code, 'class="errorlist' in response.content.decode()) == (400, True)
    assert len(columns()) == 1


def test_in_a_closed_group_nothing_is_answered_and_what_was_typed_stays(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    group = make_group(bob, ann)
    note = make_note(case, bob, group=group)
    actions.close_group(group=group, by=bob)
    response = client.post(f"/annotations/{note.uid}/reply/", {"comment": "Too late"})
    assert (response.status_code, "This group is closed" in text(response)) == (400, True)
    assert "\nToo late</textarea>" in response.content.decode()


def test_a_thread_is_resolved_and_opened_again(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann)
    response = client.post(f"/annotations/{note.uid}/resolve/", {"resolved": "yes"})
    assert (response.status_code, response["Location"]) == (302, place(note))
    assert Annotation.objects.get().resolved_by == ann
    assert ">Reopen<" in client.get("/cases/library/").content.decode()
    client.post(f"/annotations/{note.uid}/resolve/", {"resolved": "no"})
    assert Annotation.objects.get().resolved_at is None
    assert client.get(f"/annotations/{note.uid}/resolve/")["Location"] == f"/annotations/{note.uid}/"


def test_somebody_elses_note_is_flagged_with_a_reason(client: Client, case: Case, ann: User, bob: User) -> None:
    note = make_note(case, bob, "it grew", "Rude words", audience="public")
    assert "Only moderators read this." in text(client.get(f"/annotations/{note.uid}/flag/"))
    for reason in ("", " ", "x" * 501, "\0"):
        assert client.post(f"/annotations/{note.uid}/flag/", {"reason": reason}).status_code == 400
    assert Flag.objects.count() == 0
    response = client.post(f"/annotations/{note.uid}/flag/", {"reason": "It is rude."})
    assert (response.status_code, response["Location"]) == (302, place(note))
    assert list(Flag.objects.values_list("annotation", "by", "reason")) == [(note.pk, ann.pk, "It is rude.")]
    assert "A moderator will look at this note." in text(client.get("/cases/library/"))
    own = make_note(case, ann, audience="public")
    assert client.post(f"/annotations/{own.uid}/flag/", {"reason": "Mine"}).status_code == 404


# Attaching again


def lose(case: Case, note: Annotation) -> Annotation:
    rewrite(case, "All is new.\n\nThere was a beginning, and it was tiny. It was tiny.")
    note.refresh_from_db()
    assert note.placement == "orphaned"
    return note


def test_a_note_that_lost_its_words_is_attached_to_others_with_its_thread(
    client: Client, case: Case, ann: User, bob: User
) -> None:
    note = make_note(case, ann, "every library has one", "Here!", audience="public")
    reply = make_reply(note, bob, "Where?")
    note = lose(case, note)
    page = client.get(f"/annotations/{note.uid}/reattach/")
    assert "every library has one" in text(page)
    fields = {"exact": "a beginning", "version": note.version}
    response = client.post(f"/annotations/{note.uid}/reattach/", fields)
    assert (response.status_code, response["Location"]) == (302, place(note))
    page = client.get("/cases/library/")
    assert (listed(page), referred(page)) == ([note.uid, reply.uid], {note.uid: "a beginning"})
    assert "No longer placed" not in text(page)


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "htmx"])
def test_words_for_a_lost_note_that_have_no_certain_place_are_409(
    client: Client, case: Case, ann: User, headers: dict[str, str]
) -> None:
    note = lose(case, make_note(case, ann, "every library has one"))
    for exact, why in (("nowhere", NOWHERE), ("was tiny", TWICE)):
        fields = {"exact": exact, "version": note.version}
        response = client.post(f"/annotations/{note.uid}/reattach/", fields, headers=headers)
        assert (response.status_code, why in text(response)) == (409, True)
        assert f"\n{exact}</textarea>" in response.content.decode()
    late = {"exact": "a beginning", "version": note.version - 1}
    response = client.post(f"/annotations/{note.uid}/reattach/", late, headers=headers)
    assert (response.status_code, "This note was changed meanwhile." in text(response)) == (409, True)
    for wrong in ({"exact": ""}, {"exact": "new", "start": "3"}, {"exact": "\0"}):
        fields = {"version": str(note.version), **wrong}
        assert client.post(f"/annotations/{note.uid}/reattach/", fields, headers=headers).status_code == 400
    note.refresh_from_db()
    assert note.placement == "orphaned"


# In place, with htmx


def test_with_htmx_a_new_note_comes_with_the_list_the_narrative_and_an_empty_form(client: Client, case: Case) -> None:
    typed = {"case": "library", "exact": "began small", "audience": "private", "comment": "Hm"}
    response = client.post(WRITE, typed, headers=HTMX)
    note = Annotation.objects.get()
    html = response.content.decode()
    assert (response.status_code, listed(response)) == (200, [note.uid])
    assert referred(response) == {note.uid: "began small"}
    assert re.findall(r'id="([\w-]+)"[^>]* hx-swap-oob="(\w+)"', html) == [
        ("narrative", "true"),
        ("write", "true"),
        ("notes-said", "innerHTML"),
    ]
    assert f'<article class="note" id="note-{note.uid}" tabindex="-1" autofocus>' in html
    assert "Your note is kept." in html
    assert re.findall(r"<textarea[^>]*>\n([^<]*)<", html) == ["", ""]


def test_with_htmx_the_list_stays_narrowed_as_it_was_unless_that_leaves_the_note_out(
    client: Client, case: Case, ann: User
) -> None:
    first = make_note(case, ann, "it grew", tags=["x"])
    other = make_note(case, ann, "every")
    narrowed = HTMX | {"HX-Current-URL": "http://testserver/cases/library/?tag=x"}
    kept = client.post(f"/annotations/{first.uid}/reply/", {"comment": "So"}, headers=narrowed)
    assert (listed(kept), total(kept)) == ([first.uid, Annotation.objects.get(thread=first).uid], 1)
    changed = change(client, other, narrowed)
    assert (len(listed(changed)), total(changed)) == (3, 3)
    elsewhere = HTMX | {"HX-Current-URL": "http://testserver/annotations/mine/?tag=x"}
    assert total(change(client, first, elsewhere, comment="Again", tags="x")) == 3


def test_with_htmx_a_note_is_changed_and_deleted_in_its_place(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann, "it grew", "Before")
    other = make_note(case, ann)
    form = client.get(f"/annotations/{note.uid}/edit/", headers=HTMX)
    assert ("<html" in form.content.decode(), 'hx-target="#notes-list"' in form.content.decode()) == (False, True)
    away = client.get(f"/annotations/{note.uid}/", headers=HTMX | {"Accept": "text/html"})
    assert listed(away) == [note.uid]
    assert 'aria-label="Note 2: to its passage"' in away.content.decode()
    changed = change(client, note, HTMX)
    assert (listed(changed), "After" in text(changed)) == ([other.uid, note.uid], True)
    assert 'id="write"' not in changed.content.decode(), "a note that is being written meanwhile stays"
    asked = client.get(f"/annotations/{note.uid}/delete/", headers=HTMX)
    assert ("<html" in asked.content.decode(), "Delete this note for good?" in text(asked)) == (False, True)
    gone = client.post(f"/annotations/{note.uid}/delete/", headers=HTMX)
    assert (listed(gone), marked(gone)) == ([other.uid], [("1", "began small")])


def test_with_htmx_the_last_note_of_a_page_is_deleted_and_another_page_shown(
    client: Client, case: Case, ann: User
) -> None:
    first, *_, last = [make_note(case, ann, "it grew") for _ in range(51)]
    second = HTMX | {"HX-Current-URL": "http://testserver/cases/library/?notes=2"}
    gone = client.post(f"/annotations/{last.uid}/delete/", headers=second)
    assert (listed(gone)[0], len(listed(gone)), total(gone)) == (first.uid, 50, 50)


def test_with_htmx_a_form_with_mistakes_takes_the_place_of_the_form(client: Client, case: Case, ann: User) -> None:
    note = make_note(case, ann)
    new = client.post(WRITE, {"case": "library", "exact": "nowhere", "audience": "private"}, headers=HTMX)
    assert (new.status_code, new["HX-Retarget"], new["HX-Reswap"]) == (409, "#write", "outerHTML")
    old = change(client, note, HTMX, audience="")
    assert (old.status_code, old["HX-Retarget"], old["HX-Reswap"]) == (400, f"#note-{note.uid}", "innerHTML")
    answer = client.post(f"/annotations/{note.uid}/reply/", {"comment": ""}, headers=HTMX)
    assert (answer.status_code, answer["HX-Retarget"], answer["HX-Reswap"]) == (400, f"#below-{note.uid}", "innerHTML")
