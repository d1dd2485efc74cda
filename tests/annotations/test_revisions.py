"""The revisions of a narrative, and what becomes of notes when it changes by the doors at which curators write."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import User
from annotations import actions
from annotations.anchoring.selectors import Quotation
from annotations.models import Annotation
from annotations.records import QuotedPassage
from cases.actions import publish_case, withdraw_case
from cases.derived.refresh import current_revision
from cases.markdown import narrative_text
from cases.models import Case, Revision
from tests.cases.admin.pages import change_page, opened
from tests.factories import make_case, make_curator, make_user

from .notes import STORY, make_note, make_reply, rewrite

pytestmark = pytest.mark.django_db


@pytest.fixture
def library() -> Case:
    return make_case("library", narrative=STORY)


@pytest.fixture
def ann() -> User:
    return make_user("ann")


def revisions(case: Case) -> list[tuple[int, str, bool]]:
    return list(Revision.objects.filter(case=case).order_by("number").values_list("number", "narrative", "shown"))


def standing(note: Annotation) -> tuple[str, str | None]:
    """Return how a note stands, and the words that it stands on now."""
    now = Annotation.objects.select_related("case").get(pk=note.pk)
    assert now.case is not None
    text = narrative_text(Case.objects.get(pk=now.case.pk).narrative)
    return str(now.placement), None if now.start is None else text[now.start : now.end]


# Revisions


def test_each_narrative_of_a_case_is_a_revision_numbered_from_one(library: Case) -> None:
    make_case("other", narrative="Its own.")
    rewrite(library, "Second.")
    rewrite(library, "Second.")
    rewrite(library, STORY)
    assert revisions(library) == [(1, STORY, True), (2, "Second.", True), (3, STORY, True)]
    assert current_revision(Case.objects.get(pk=library.pk)).number == 3


def test_what_changes_elsewhere_in_a_case_makes_no_revision(library: Case) -> None:
    withdraw_case(case=Case.objects.get(pk=library.pk), by=None, reason="It was counted twice.")
    assert revisions(library) == [(1, STORY, True)]


def test_of_a_draft_only_what_is_published_is_shown() -> None:
    draft = make_case("draft", state="draft", narrative="First thoughts.")
    rewrite(draft, "Second thoughts.")
    assert revisions(draft) == [(1, "First thoughts.", False), (2, "Second thoughts.", False)]
    publish_case(case=Case.objects.get(pk=draft.pk), by=None)
    rewrite(draft, "Third thoughts.")
    assert [(number, shown) for number, _, shown in revisions(draft)] == [(1, False), (2, True), (3, True)]


def test_a_revision_is_never_changed(library: Case) -> None:
    revision = Revision.objects.get(case=library)
    revision.narrative = "Rewritten history."
    with pytest.raises(TypeError):
        revision.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        Revision.objects.create(case=library, number=1, narrative="Another first.")
    assert revisions(library) == [(1, STORY, True)]


def test_readers_are_shown_what_was_published_and_never_the_text_of_drafts() -> None:
    draft = make_case("draft", state="draft", narrative="Secret first thoughts.")
    rewrite(draft, "Fit to be read.")
    reader, curator = Client(), Client()
    curator.force_login(make_curator())
    first, second = (f"/cases/draft/narrative/{number}/" for number in (1, 2))
    assert [client.get(first).status_code for client in (reader, curator)] == [404, 200]
    publish_case(case=Case.objects.get(pk=draft.pk), by=None)
    assert [client.get(first).status_code for client in (reader, curator)] == [404, 200]
    assert "Fit to be read." in reader.get(second).content.decode()
    case = withdraw_case(case=Case.objects.get(pk=draft.pk), by=None, reason="It was counted twice.")
    assert [reader.get(address).status_code for address in (first, second, "/cases/draft/narrative/3/")] == [410] * 3
    assert Revision.objects.visible_to(None).filter(case=case).count() == 0


# Notes follow


def changed_by(door: str, case: Case, narrative: str) -> None:
    """Give a case another narrative by the API or in the admin."""
    curator = make_curator()
    client = Client()
    client.force_login(curator)
    if door == "API":
        address = f"/api/v1/cases/{case.slug}/"
        tag = {"If-Match": client.get(address)["ETag"]}
        sent = client.patch(address, {"narrative": narrative}, content_type="application/json", headers=tag)
        assert sent.status_code == 200, sent.content
    else:
        typed = opened(client, change_page(case)) | {"narrative": narrative}
        assert client.post(change_page(case), typed).status_code == 302


@pytest.mark.parametrize("door", ["API", "admin"])
def test_notes_follow_a_narrative_that_is_changed_by(door: str, library: Case, ann: User) -> None:
    placed, lost = make_note(library, ann, "it grew"), make_note(library, ann, "👍🏽 in one library")
    whole = make_note(library, ann, "", "On it all.")
    reply = make_reply(placed, ann)
    changed_by(
        door,
        library,
        "Nobody knows any more how this came about at first.\n\nThen it **grew**: every library has *one* now.",
    )
    assert (standing(placed), standing(lost)) == (("placed", "it grew"), ("orphaned", None))
    assert [standing(note) for note in (whole, reply)] == [("", None), ("", None)]
    assert [Annotation.objects.get(pk=note.pk).version for note in (placed, lost, whole, reply)] == [2, 2, 1, 1]
    assert [number for number, _, _ in revisions(library)] == [1, 2]


def test_words_that_are_reworded_in_place_are_changed_and_their_quotation_stays(library: Case, ann: User) -> None:
    note = make_note(library, ann, "every library has one now")
    rewrite(library, STORY.replace("every library", "every single library"))
    assert standing(note) == ("changed", "every single library has one now")
    now = Annotation.objects.get(pk=note.pk)
    assert (now.exact, now.revision and now.revision.number, now.version) == ("every library has one now", 1, 2)


def test_words_that_are_moved_elsewhere_are_found_there(library: Case, ann: User) -> None:
    first, second = STORY.split("\n\n")
    other = "Between them stands a paragraph which was written by somebody else, and which is a good deal longer."
    rewrite(library, f"{first}\n\n{other}\n\n{second}")
    note = make_note(library, ann, "It began small 👍🏽 in one library.")
    rewrite(library, f"{other}\n\n{second}\n\n{first}")
    state, words = standing(note)
    assert (state in {"placed", "moved"}, words) == (True, "It began small 👍🏽 in one library.")


def test_a_note_whose_words_go_is_an_orphan_and_found_again_when_they_come_back(library: Case, ann: User) -> None:
    note = make_note(library, ann, "it grew", "A comment.")
    rewrite(library, "Quite another text stands here, of which nobody has ever heard before.")
    assert standing(note) == ("orphaned", None)
    rewrite(library, "And once more, something else that has got nothing to do with any of this.")
    assert standing(note) == ("orphaned", None)
    rewrite(library, STORY)
    state, words = standing(note)
    assert (state in {"placed", "moved"}, words) == (True, "it grew")
    now = Annotation.objects.get(pk=note.pk)
    assert (now.comment, now.exact, now.version) == ("A comment.", "it grew", 3)


def test_an_orphan_is_attached_again_by_hand_with_its_thread(library: Case, ann: User) -> None:
    note = make_note(library, ann, "it grew")
    reply = make_reply(note, ann)
    rewrite(library, "Quite another text stands here, of which nobody has ever heard before.")
    actions.reattach_note(note=note, passage=QuotedPassage(Quotation("another text")), by=ann)
    assert standing(note) == ("placed", "another text")
    now = Annotation.objects.get(pk=note.pk)
    assert (now.revision and now.revision.number, list(now.members.all()), now.wordings.get().exact) == (
        2,
        [reply],
        "it grew",
    )
    with pytest.raises(PermissionDenied):
        actions.reattach_note(note=note, passage=QuotedPassage(Quotation("nobody")), by=make_user("bob"))


def test_a_change_that_is_refused_moves_no_note(library: Case, ann: User) -> None:
    note = make_note(library, ann, "it grew")
    client = Client()
    client.force_login(make_curator())
    old: Any = {"If-Match": '"stale"'}
    sent = client.patch("/api/v1/cases/library/", {"narrative": "Gone."}, content_type="application/json", headers=old)
    assert (sent.status_code, standing(note), len(revisions(library))) == (412, ("placed", "it grew"), 1)


def test_a_tombstone_that_answers_hang_on_follows_too(library: Case, ann: User) -> None:
    note = make_note(library, ann, "it grew", audience="public")
    make_reply(note, make_user("bob"))
    actions.delete_note(note=note, by=ann)
    rewrite(library, "Before it all. " + STORY)
    assert standing(note) == ("placed", "it grew")
