"""The moderators' queue in the admin: what is shown to whom, deciding on one note and on several, the log."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from zeal import zeal_ignore

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Decision
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_group, make_moderator, make_note, make_reply
from .pages import text

pytestmark = [pytest.mark.django_db, pytest.mark.once]

QUEUE = "/admin/annotations/annotation/"
ALL = f"{QUEUE}?standing=all"
LOG = "/admin/annotations/decision/"


@pytest.fixture
def library() -> Case:
    return make_case("library", narrative=STORY)


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.fixture
def bob() -> User:
    return make_user("bob")


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(make_moderator())
    return client


def page_of(note: Annotation, verb: str = "change") -> str:
    return f"{QUEUE}{note.pk}/{verb}/"


def shown(page: Any) -> list[str]:
    """Return the notes that a list shows, by what it says of their words."""
    return re.findall(r'<th class="field-excerpt"><a href="[^"]*">([^<]*)</a>', page.content.decode())


def flagged(case: Case, by: User, flagger: User, comment: str, **options: Any) -> Annotation:
    note = make_note(case, by, "", comment, **({"audience": "public"} | options))
    actions.flag_note(note=note, reason=f"About {comment}.", by=flagger)
    return note


def is_hidden(note: Annotation) -> bool:
    return Annotation.objects.get(pk=note.pk).hidden_at is not None


def log() -> list[tuple[str, str, str]]:
    return list(Decision.objects.order_by("pk").values_list("verb", "reason", "by__username"))


def test_the_queue_shows_what_was_flagged_and_waits_and_says_why(
    client: Client, library: Case, ann: User, bob: User
) -> None:
    flagged(library, ann, bob, "waiting")
    make_note(library, ann, "", "nobody minds", audience="public")
    actions.approve_note(note=flagged(library, ann, bob, "approved"), by=User.objects.get(username="moderator"))
    page = client.get(QUEUE)
    assert shown(page) == ["waiting"]
    assert "1: About waiting." in text(page)
    assert shown(client.get(ALL)) == ["approved", "nobody minds", "waiting"]
    assert shown(client.get(f"{QUEUE}?standing=decided")) == ["approved"]
    assert shown(client.get(f"{QUEUE}?standing=hidden")) == []
    assert shown(client.get(f"{QUEUE}?standing=everything")) == []


def test_even_an_administrator_does_not_read_private_notes_nor_those_of_groups(
    client: Client, library: Case, ann: User, bob: User
) -> None:
    group = make_group(ann, bob)
    private = make_note(library, ann, "", "secret thoughts")
    of_group = make_note(library, ann, "", "secret talk", group=group)
    reply = make_reply(of_group, bob, "flagged talk")
    actions.flag_note(note=reply, reason="Rude.", by=ann)
    root = Client()
    root.force_login(User.objects.create_superuser("root", "root@example.org", "password"))
    for door in (client, root):
        assert (shown(door.get(ALL)), shown(door.get(f"{ALL}&q=secret"))) == (["flagged talk"], [])
        assert "secret" not in text(door.get(page_of(reply)))
        assert door.get(f"{ALL}&q=secret").context["cl"].full_result_count == 1
        for note in (private, of_group):
            for verb in ("change", "history", "decide"):
                assert door.get(page_of(note, verb)).status_code == 302
            assert door.post(page_of(note, "decide"), {"hide": "yes", "reason": "Curiosity."}).status_code == 302
    assert log() == []


def test_whoever_may_not_decide_sees_no_queue(library: Case, ann: User, bob: User) -> None:
    note = flagged(library, ann, bob, "waiting")
    viewer = make_user("viewer", is_staff=True)
    viewer.user_permissions.set(
        Permission.objects.filter(content_type__app_label="annotations").exclude(codename="moderate_annotation")
    )
    for user in (make_user("staff", is_staff=True), make_curator(), viewer):
        door = Client()
        door.force_login(user)
        assert "annotations/" not in door.get("/admin/").content.decode().replace('href="/annotations/', "")
        assert [door.get(address).status_code for address in (QUEUE, LOG, page_of(note), page_of(note, "decide"))] == [
            403
        ] * 4
        assert door.post(page_of(note, "decide"), {"hide": "yes", "reason": "So be it."}).status_code == 403
        posted = {"action": "hide_selected", "_selected_action": note.pk, "hide": "yes", "reason": "So be it."}
        assert door.post(QUEUE, posted).status_code == 403
    assert (is_hidden(note), log()) == (False, [])


def test_nothing_is_written_changed_or_deleted_there(client: Client, library: Case, ann: User, bob: User) -> None:
    note = flagged(library, ann, bob, "waiting")
    decision = actions.approve_note(note=note, by=User.objects.get(username="moderator"))
    assert client.get(f"{QUEUE}add/").status_code == 403
    assert client.post(page_of(note), {"comment": "Mine now"}).status_code == 403
    assert client.post(page_of(note, "delete"), {"post": "yes"}).status_code == 403
    assert client.post(QUEUE, {"action": "delete_selected", "_selected_action": note.pk}).status_code in {200, 302}
    for verb in ("change", "delete"):
        assert client.post(f"{LOG}{decision.pk}/{verb}/", {"reason": "Another"}).status_code == 403
    assert list(Annotation.objects.values_list("comment", flat=True)) == ["waiting"]
    assert log() == [("approve", "", "moderator")]


def test_the_page_of_a_note_says_what_it_needs_to_decide(client: Client, library: Case, ann: User, bob: User) -> None:
    root = make_note(
        library, ann, "began small", "What began it?", audience="public", tags=["origins"], codes=["type:peer-support"]
    )
    reply = make_reply(root, bob, "A *reader* did.")
    actions.flag_note(note=reply, reason="It names somebody.", by=ann)
    said = text(client.get(page_of(reply)))
    for words in (
        "A *reader* did.",
        "Library",
        "bob",
        "everyone",
        "It names somebody.",
        "What began it?",
        "waiting",
        "None yet.",
    ):
        assert words in said
    said = text(client.get(page_of(root)))
    for words in ("began small", "origins, Peer support", "Nobody flagged it.", "A *reader* did."):
        assert words in said


def test_a_moderator_hides_a_note_with_a_reason_and_gives_it_back(
    client: Client, library: Case, ann: User, bob: User
) -> None:
    note = flagged(library, ann, bob, "waiting")
    without = client.post(page_of(note, "decide"), {"hide": "yes", "reason": " "})
    assert ("Give a reason of up to 500 characters." in text(without), is_hidden(note)) == (True, False)
    hidden = client.post(page_of(note, "decide"), {"hide": "yes", "reason": "It names a patient."}, follow=True)
    assert (hidden.redirect_chain, "1 note hidden from readers." in text(hidden)) == ([(QUEUE, 302)], True)
    assert (is_hidden(note), shown(hidden), shown(client.get(f"{QUEUE}?standing=hidden"))) == (True, [], ["waiting"])
    client.post(page_of(note, "decide"), {"approve": "yes", "reason": ""})
    assert is_hidden(note) is False
    assert log() == [("hide", "It names a patient.", "moderator"), ("approve", "", "moderator")]
    assert client.post(page_of(note, "decide"), {"delete": "yes", "reason": "x"}).status_code == 302
    assert len(log()) == 2


def test_several_are_decided_on_with_one_reason(client: Client, library: Case, ann: User, bob: User) -> None:
    notes = [flagged(library, ann, bob, word) for word in ("one", "two", "three")]
    chosen: dict[str, Any] = {"action": "hide_selected", "_selected_action": [note.pk for note in notes[:2]]}
    asked = client.post(QUEUE, chosen)
    assert (asked.status_code, "Hide notes" in text(asked), log()) == (200, True, [])
    carried = re.findall(r'name="_selected_action" value="(\d+)"', asked.content.decode())
    assert carried == [str(notes[1].pk), str(notes[0].pk)]
    without = client.post(QUEUE, chosen | {"reason": ""})
    assert ("Give a reason" in text(without), log()) == (True, [])
    with zeal_ignore([{"model": "annotations.Annotation", "field": "get()"}]):  # each is taken and decided on by itself
        done = client.post(QUEUE, chosen | {"reason": "Off topic."}, follow=True)
    assert ("2 notes hidden from readers." in text(done), shown(done)) == (True, ["three"])
    assert [is_hidden(note) for note in notes] == [True, True, False]
    chosen = {"action": "approve_selected", "_selected_action": notes[2].pk, "reason": ""}
    assert shown(client.post(QUEUE, chosen, follow=True)) == []
    assert [verb for verb, _, _ in log()] == ["hide", "hide", "approve"]


def test_the_action_decides_not_what_else_was_sent(client: Client, library: Case, ann: User, bob: User) -> None:
    note = flagged(library, ann, bob, "waiting")
    chosen = {"action": "approve_selected", "_selected_action": note.pk, "hide": "yes", "reason": "Mixed up."}
    client.post(QUEUE, chosen)
    assert is_hidden(note) is False


def test_the_log_says_who_decided_what_when_and_why(client: Client, library: Case, ann: User, bob: User) -> None:
    note = flagged(library, ann, bob, "waiting")
    client.post(page_of(note, "decide"), {"hide": "yes", "reason": "It names a patient."})
    User.objects.get(username="moderator").delete()
    client.force_login(make_moderator("another"))
    said = text(client.get(LOG))
    for words in ("deleted account", "hidden from readers", f"note {note.uid}", "It names a patient."):
        assert words in said
    assert "waiting" not in said


def test_what_was_written_is_no_markup_there(client: Client, library: Case, ann: User, bob: User) -> None:
    note = make_note(library, ann, "", "<script>alert(1)</script>", audience="public")
    actions.flag_note(note=note, reason="<img src=x>", by=bob)
    chosen = {"action": "hide_selected", "_selected_action": note.pk}
    for page in (client.get(QUEUE), client.get(page_of(note)), client.post(QUEUE, chosen)):
        assert [part in page.content.decode() for part in ("<script>alert", "<img src=x", "&lt;script&gt;alert")] == [
            False,
            False,
            True,
        ]


@pytest.mark.parametrize("number", [1, 3])
def test_the_lists_need_as_many_queries_for_three_as_for_one(
    client: Client, library: Case, ann: User, bob: User, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    notes = [flagged(library, ann, bob, f"note {each}") for each in range(number)]
    with django_assert_num_queries(8):  # session, user, what the user may (twice), two counts, notes, flags
        client.get(QUEUE)
    for note in notes:
        actions.approve_note(note=note, by=User.objects.get(username="moderator"))
    with django_assert_num_queries(7):  # session, user, what the user may (twice), two counts, decisions
        client.get(LOG)
