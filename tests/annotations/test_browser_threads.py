"""A reader follows, answers and narrows notes in a real browser, without script too."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_playwright import CreateContextCallback

from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from cases.models import Case
from tests.accessibility import violations
from tests.factories import make_user

from .browsing import CASE, drag_over, kept, marks, sign_in
from .notes import STORY, make_note, make_reply, rewrite, said

pytestmark = pytest.mark.django_db(transaction=True)


def test_passage_and_note_lead_to_each_other_and_say_so(reading: Page, case: Case, ann: User) -> None:
    page = reading
    note = make_note(case, ann, "it grew", "Did it?")
    page.reload()
    page.locator("#narrative mark").first.click()
    expect(page.locator(f"#note-{note.uid}")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Note 1, by You.")).to_have_count(1)
    page.get_by_role("link", name="Note 1: to its passage").click()
    expect(page.get_by_role("link", name="Note 1", exact=True)).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Note 1: at its passage, “it grew”.")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(f"#note-{note.uid}")).to_be_focused()
    assert page.url.endswith(f"#note-{note.uid}")


def test_words_of_several_notes_lead_to_one_after_the_other(reading: Page, case: Case, ann: User) -> None:
    page = reading
    wide, narrow = make_note(case, ann, "Then it grew: every"), make_note(case, ann, "grew")
    page.reload()
    for note in (narrow, wide, narrow):
        page.locator("#narrative strong mark").click()
        expect(page.locator(f"#note-{note.uid}")).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="One of 2 on these words")).to_have_count(1)


def test_a_note_on_another_page_of_notes_is_reached_from_its_words(reading: Page, case: Case, ann: User) -> None:
    for _ in range(50):
        make_note(case, ann)
    last = make_note(case, ann, "it grew", "The last")
    reading.reload()
    reading.locator("#narrative strong mark").click()
    expect(reading.locator(f"#note-{last.uid}")).to_be_focused()
    assert reading.url.endswith(f"{CASE}?notes=2#note-{last.uid}")


def test_a_thread_is_answered_resolved_and_opened_in_place(reading: Page, case: Case, ann: User) -> None:
    page = reading
    make_note(case, ann, "it grew", "Did it?", audience="public")
    page.reload()
    page.evaluate("window.here = true")
    page.get_by_role("link", name="Reply").click()
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.keyboard.type("It did.")
    page.get_by_role("button", name="Keep the answer").click()
    expect(page.locator(".replies .note")).to_be_focused()
    page.get_by_role("button", name="Resolve").click()
    expect(page.get_by_role("status").filter(has_text="The thread is resolved.")).to_have_count(1)
    page.get_by_role("button", name="Reopen").click()
    expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    assert page.evaluate("window.here"), "the page was not loaded anew"


def test_a_note_that_lost_its_words_is_attached_to_selected_ones(reading: Page, case: Case, ann: User) -> None:
    page = reading
    make_note(case, ann, "every library has one", "Here!")
    rewrite(case, "All is new.\n\nThere was a beginning, and it was tiny.")
    page.reload()
    expect(page.get_by_role("heading", name="No longer placed")).to_be_visible()
    page.get_by_role("link", name="Attach to other words").click()
    expect(page.get_by_text("Select the words that it belongs to")).to_be_focused()
    drag_over(page, "a beginning")
    page.get_by_role("button", name="Attach the note here").click()
    page.get_by_role("button", name="Attach it to these words").click()
    expect(page.locator(".note").filter(has_text="Here!")).to_be_focused()
    assert (kept(), marks(page)) == ([("a beginning", 22, 33, "Here!", "private")], ["a beginning"])


def test_notes_are_narrowed_in_place_and_their_marks_with_them(reading: Page, case: Case, ann: User) -> None:
    page = reading
    make_note(case, ann, "began small", "Alpha", tags=["x"])
    make_note(case, ann, "it grew", "Beta")
    page.reload()
    page.evaluate("window.here = true")
    page.get_by_text("Narrow the notes").click()
    page.get_by_label("Tag", exact=True).select_option("x")
    expect(page.locator("#notes-total")).to_have_text("1 of 2 notes")
    assert marks(page) == ["began small"]
    assert page.url.endswith("/cases/library/?tag=x")
    page.get_by_label("Words in them").fill("beta")
    page.get_by_role("button", name="Narrow").click()
    expect(page.get_by_text("None of the notes that you may read answers.")).to_be_visible()
    assert page.evaluate("window.here"), "the page was not loaded anew"
    page.get_by_role("link", name="show all").click()
    expect(page.locator("#notes-total")).to_have_text("2 notes")


def test_a_change_that_came_too_late_shows_both_and_is_kept_then(reading: Page, case: Case, ann: User) -> None:
    page = reading
    note = make_note(case, ann, "it grew", "Before")
    page.reload()
    place = page.locator(f"#note-{note.uid}")
    page.get_by_role("link", name="Edit").click()
    expect(place.get_by_label("Comment")).to_have_value("Before")
    actions.revise_note(note=note, content=said("From elsewhere"), by=ann)
    place.get_by_label("Comment").fill("Typed here")
    page.get_by_role("button", name="Keep the change").click()
    expect(place.get_by_role("alert")).to_contain_text("From elsewhere")
    expect(place.get_by_label("Comment")).to_have_value("Typed here")
    page.get_by_role("button", name="Keep the change").click()
    expect(page.locator(".note").filter(has_text="Typed here")).to_be_focused()


def test_without_script_everything_is_read_and_written(
    new_context: CreateContextCallback, case: Case, ann: User, live_server: LiveServer
) -> None:
    context = new_context(base_url=live_server.url, java_script_enabled=False)
    sign_in(context, ann, live_server)
    page = context.new_page()
    page.goto(CASE)
    page.get_by_text("Write a note").click()
    page.get_by_label("Quoted words").fill("library")
    page.get_by_label("Comment").fill("Two of them")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("The note was not kept")
    expect(page.get_by_text("These words stand in the narrative 2 times.")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("Two of them")
    page.get_by_label("Quoted words").fill("every library")
    page.get_by_text("Codes").click()
    page.get_by_label("Peer support").check()
    page.get_by_role("button", name="Keep the note").click()
    note = page.locator(".note").filter(has_text="Two of them")
    expect(note).to_be_visible()
    assert marks(page) == ["every library"]
    assert kept() == [("every library", 48, 61, "Two of them", "private")]

    page.get_by_role("link", name="Note 1, coded Peer support").press("Enter")
    assert page.url.endswith(f"#note-{Annotation.objects.get().uid}")
    note.get_by_role("link", name="Reply").click()
    page.get_by_label("Your answer").fill("Indeed")
    page.get_by_role("button", name="Keep the answer").click()
    expect(page.locator(".replies .note")).to_contain_text("Indeed")
    page.get_by_role("button", name="Resolve").click()
    folded = page.get_by_text("Resolved “every library” 2 notes")
    expect(folded).to_be_visible()
    page.get_by_text("Narrow the notes").click()
    page.get_by_label("Words in them").fill("indeed")
    page.get_by_role("button", name="Narrow").click()
    expect(page.locator("#notes-total")).to_have_text("1 of 2 notes")
    folded.click()
    note.get_by_role("link", name="Edit").click()
    page.get_by_label("Comment").fill("One of them")
    page.get_by_role("button", name="Keep the change").click()
    note = page.locator(".note").filter(has_text="One of them")  # the fold opens for whoever is led to a note in it
    note.get_by_role("link", name="Earlier wordings").click()
    expect(page.get_by_text("Two of them")).to_be_visible()
    page.get_by_role("link", name="Back to the note").click()
    note.get_by_role("button", name="Reopen").click()
    for words in ("One of them", "Indeed"):
        page.locator(".note").filter(has_text=words).get_by_role("link", name="Delete").click()
        page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Your note is deleted.")).to_be_visible()
    expect(page.get_by_text("No notes that you may read.")).to_be_visible()
    assert marks(page) == []


@pytest.mark.every_screen
def test_notes_and_their_forms_are_accessible(reading: Page, case: Case, ann: User) -> None:
    bob = make_user("bob", name="Bob Other")
    codes = ["type:peer-support", "type:co-management", "type:behaviour-change", "type:joint-action", "mode:digital"]
    for at, words in enumerate(("began small", "small 👍🏽 in one", "in one library", "it grew")):
        make_note(
            case, ann, words, "# Hm\n\nSaid *so* [here](https://example.org/).", audience="public", codes=codes[:at]
        )
    lost = make_note(case, bob, "has one now", "Lost", audience="public", tags=["far"])
    make_reply(lost, ann)
    make_note(case, ann, "", "On all of it", codes=codes[:1])
    actions.resolve_thread(note=make_note(case, ann, "every library", "Done", codes=codes[2:3]), by=ann)
    rewrite(case, STORY.replace("every library has *one* now", "every library closed"))
    first = Annotation.objects.order_by("pk")[0]
    actions.revise_note(note=first, content=said("After", audience="public"), by=ann)
    reading.reload()
    reading.get_by_text("Write a note").click()
    reading.get_by_text("Narrow the notes").click()
    reading.locator("#write").get_by_text("Codes").click()
    reading.get_by_text("Resolved “every library” 1 note").click()
    for name, button in (("Edit", "Keep the change"), ("Reply", "Keep the answer"), ("Flag", "Ask a moderator")):
        reading.get_by_role("link", name=name).last.click()
        expect(reading.get_by_role("button", name=button)).to_be_visible()
    assert violations(reading) == []
    assert reading.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it fits the window"
    for verb in ("edit", "delete", "reply", "history"):
        reading.goto(f"/annotations/{first.uid}/{verb}/")
        assert violations(reading) == []
    for address in (f"/annotations/{lost.uid}/flag/", "/cases/library/narrative/1/", f"{CASE}?tag=nothing"):
        reading.goto(address)
        assert violations(reading) == []


@pytest.mark.every_screen
def test_what_is_handled_is_large_enough_to_be_hit(reading: Page, case: Case, ann: User) -> None:
    make_reply(make_note(case, ann, "it grew", "Hm", tags=["x"], codes=["mode:digital"]), ann)
    reading.reload()
    reading.get_by_text("Write a note").click()
    small = reading.locator("#notes :is(a, button, summary, input, select):visible").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().height < 24"
        " && !['checkbox', 'radio'].includes(one.type) && !one.closest('.who .quiet')).map(one => one.outerHTML)"
    )
    assert small == []
