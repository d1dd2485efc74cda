"""A reader annotates a narrative in a real browser: with mouse, finger and keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_playwright import CreateContextCallback

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case
from tests.conftest import watched

from .browsing import CASE, ENDS, drag_over, kept, marks, sign_in, tab_to
from .notes import STORY, rewrite

pytestmark = pytest.mark.django_db(transaction=True)


def test_words_are_selected_annotated_shown_changed_and_deleted_in_place(reading: Page) -> None:
    page = reading
    drag_over(page, "library.\nThen it")
    page.get_by_role("button", name="Annotate").click()
    comment = page.get_by_label("Comment")
    expect(comment).to_be_focused()
    expect(page.get_by_label("Quoted words")).to_have_value("library.\nThen it")
    comment.fill("Which *one*?")
    page.get_by_label("everyone").check()
    page.get_by_role("button", name="Keep the note").click()
    note = page.locator(".note").filter(has_text="Which one?")
    expect(note).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Your note is kept.")).to_have_count(1)
    assert kept() == [("library.\nThen it", 25, 41, "Which *one*?", "public")]
    assert marks(page) == ["library.", "Then it"]
    expect(page.get_by_label("Quoted words")).to_have_value("")

    note.get_by_role("link", name="Edit").click()
    place = page.locator(f"#note-{Annotation.objects.get().uid}")
    place.get_by_label("Comment").fill("That one.")
    place.get_by_label("only me").check()
    page.get_by_role("button", name="Keep the change").click()
    note = page.locator(".note").filter(has_text="That one.")
    expect(note).to_be_focused()
    assert kept() == [("library.\nThen it", 25, 41, "That one.", "private")]

    note.get_by_role("link", name="Delete").click()
    page.get_by_role("link", name="Leave it").click()
    expect(page.get_by_role("button", name="Delete it")).to_have_count(0)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No notes that you may read.")).to_be_visible()
    assert (kept(), marks(page)) == ([], [])


def test_words_are_annotated_in_caret_mode(reading: Page) -> None:
    page = reading
    # A browser's caret mode (F7) begins like this; then Shift and the arrows select.
    page.evaluate(
        "const text = document.querySelector('#narrative p').firstChild;"
        "getSelection().setBaseAndExtent(text, 3, text, 4)"
    )
    for _ in "egan":
        page.keyboard.press("Shift+ArrowRight")
    expect(page.get_by_role("status").filter(has_text="Words are selected.")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Annotate")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.type("By keys")
    page.get_by_role("button", name="Keep the note").press("Enter")
    expect(page.locator(".note").filter(has_text="By keys")).to_be_focused()
    assert kept() == [("began", 3, 8, "By keys", "private")]


def test_words_are_selected_and_annotated_with_the_keyboard_alone(reading: Page) -> None:
    page = reading
    said = page.get_by_role("status")
    tab_to(page, page.locator("#narrative"))
    expect(page.get_by_text("→ selects a word")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(said.filter(has_text="“It” selected. Enter writes a note on it.")).to_have_count(1)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")  # as far as the word after the emoji
    expect(said.filter(has_text="“began small 👍🏽 in” selected.")).to_have_count(1)
    page.keyboard.press("Shift+ArrowLeft")
    expect(said.filter(has_text="“began small” selected.")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Comment")).to_be_focused()
    page.keyboard.type("By keys")
    tab_to(page, page.get_by_role("button", name="Keep the note"))
    page.keyboard.press("Enter")
    expect(page.locator(".note").filter(has_text="By keys")).to_be_focused()
    assert kept() == [("began small", 3, 14, "By keys", "private")]


def test_sentences_are_selected_with_the_keyboard_and_backwards(reading: Page) -> None:
    page = reading
    tab_to(page, page.locator("#narrative"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    selected = "getSelection().toString().trim()"
    assert page.evaluate(selected) == "Then it grew: every library has one now."
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(selected) == "library"
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Escape")
    assert page.evaluate(selected) == ""
    expect(page.get_by_role("button", name="Annotate")).to_be_hidden()


def test_words_are_annotated_with_a_finger(
    new_context: CreateContextCallback, case: Case, ann: User, live_server: LiveServer
) -> None:
    context = new_context(base_url=live_server.url, has_touch=True, viewport={"width": 390, "height": 844})
    faults = watched(context, live_server.url)
    sign_in(context, ann, live_server)
    page = context.new_page()
    page.goto(CASE)
    # What a long press does: the page sees nothing but the selection.
    page.evaluate(
        "const [from, to] = ['strong', 'em'].map((name) => document.querySelector(`#narrative ${name}`).firstChild);"
        "getSelection().setBaseAndExtent(from, 0, to, 3)"
    )
    page.get_by_role("button", name="Annotate").tap()
    page.get_by_role("button", name="Keep the note").tap()
    expect(page.locator("#narrative mark")).to_have_text(["grew", ": every library has ", "one"])
    assert kept() == [("grew: every library has one", 42, 69, "", "private")]
    page.locator("#narrative mark").first.tap()
    expect(page.locator(".note")).to_be_focused()
    assert faults == []


def test_no_offer_stands_in_the_way_of_a_mouse_that_still_selects(reading: Page) -> None:
    left, top, right, bottom = reading.evaluate(ENDS, "library.\nThen it")
    reading.mouse.move(left + 1, top)
    reading.mouse.down()
    reading.mouse.move(left + 30, top)
    reading.wait_for_timeout(300)
    offer = reading.get_by_role("button", name="Annotate")
    expect(offer).to_be_hidden()
    reading.mouse.move(right, bottom)
    reading.mouse.up()
    expect(offer).to_be_visible()


def test_a_selection_beyond_the_narrative_counts_as_far_as_it_lies_in_it(reading: Page) -> None:
    reading.evaluate("getSelection().selectAllChildren(document.body)")
    reading.get_by_role("button", name="Annotate").click()
    words = "It began small 👍🏽 in one library.\nThen it grew: every library has one now."
    expect(reading.get_by_label("Quoted words")).to_have_value(words)
    reading.get_by_role("button", name="Keep the note").click()
    expect(reading.locator("#narrative mark").first).to_have_text("It began small 👍🏽 in one library.")
    assert kept() == [(words, 0, len(words), "", "private")]


def test_no_offer_stands_without_words_of_the_narrative(reading: Page) -> None:
    offer = reading.get_by_role("button", name="Annotate")
    reading.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    reading.wait_for_timeout(300)
    expect(offer).to_be_hidden()
    drag_over(reading, "small")
    expect(offer).to_be_visible()
    reading.keyboard.press("Escape")
    expect(offer).to_be_hidden()


def test_words_that_were_edited_meanwhile_are_refused_and_what_was_typed_stays(reading: Page, case: Case) -> None:
    page = reading
    drag_over(page, "began small")
    page.get_by_role("button", name="Annotate").click()
    page.get_by_label("Comment").fill("A long thought")
    rewrite(case, f"In the town, {STORY}")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("These words do not stand at this place of the narrative")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("A long thought")
    assert kept() == []
    page.get_by_role("button", name="Keep the note").click()  # now they are looked up by themselves
    expect(page.locator(".note").filter(has_text="A long thought")).to_be_focused()
    assert kept() == [("began small", 16, 27, "A long thought", "private")]


def test_words_changed_by_hand_are_looked_up_anew(reading: Page) -> None:
    drag_over(reading, "began small")
    reading.get_by_role("button", name="Annotate").click()
    reading.get_by_label("Quoted words").fill("it grew")
    reading.get_by_role("button", name="Keep the note").click()
    expect(reading.locator("#narrative mark")).to_have_text(["it ", "grew"])
    assert kept() == [("it grew", 39, 46, "", "private")]


def test_the_form_stands_beside_the_words_that_were_selected(reading: Page) -> None:
    drag_over(reading, "every library")
    top = reading.evaluate(ENDS, "every library")[1]
    reading.get_by_role("button", name="Annotate").click()
    box = reading.locator("#write").bounding_box()
    words = reading.locator("#narrative").bounding_box()
    assert box
    assert words
    assert abs(box["y"] + reading.evaluate("scrollY") - top) < 60
    assert box["x"] > words["x"] + words["width"]
    reading.keyboard.press("Escape")
    expect(reading.get_by_label("Comment")).to_be_hidden()
    expect(reading.locator("#narrative")).to_be_focused()


def test_codes_tags_and_readers_are_chosen_and_a_note_on_the_case_as_a_whole_written(reading: Page) -> None:
    page = reading
    page.get_by_text("Write a note").click()
    page.get_by_label("the case as a whole").check()
    expect(page.get_by_label("Quoted words")).to_be_hidden()
    page.get_by_label("Comment").fill("All of it")
    page.get_by_text("Codes").click()
    page.get_by_label("Peer support").check()
    page.get_by_label("Digital").check()
    expect(page.get_by_text("2 chosen")).to_be_visible()
    page.get_by_label("Tags").fill("to check, trust")
    page.get_by_role("button", name="Keep the note").click()
    note = page.locator(".note").filter(has_text="All of it")
    expect(note.locator(".labels a")).to_have_text(["PS Peer support", "Digital", "#to check", "#trust"])
    assert (kept(), marks(page)) == ([("", None, None, "All of it", "private")], [])
