"""A reader annotates a narrative in a real browser: with mouse, finger and keyboard, and without script."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_playwright import CreateContextCallback

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case
from tests.factories import make_case, make_user

from .notes import STORY, make_note

pytestmark = pytest.mark.django_db(transaction=True)

CASE = "/cases/library/"

ENDS = """(words) => {
    const text = document.getElementById("narrative").textContent;
    const at = (offset) => {
        const walk = document.createTreeWalker(document.getElementById("narrative"), NodeFilter.SHOW_TEXT);
        for (let node = walk.nextNode(), left = offset; node; node = walk.nextNode()) {
            if (left < node.length) return [node, left];
            left -= node.length;
        }
    };
    const box = (offset) => {
        const range = document.createRange();
        const [node, place] = at(offset);
        range.setStart(node, place);
        range.setEnd(node, place + 1);
        return range.getBoundingClientRect();
    };
    const start = text.indexOf(words);
    const [first, last] = [box(start), box(start + words.length - 1)];
    return [first.left, first.top + first.height / 2, last.right, last.top + last.height / 2];
}"""
"""Where on the screen some words of the narrative begin and end."""


@pytest.fixture
def ann() -> User:
    return make_user("ann", name="Ann Reader")


@pytest.fixture
def case() -> Case:
    return make_case("library", narrative=STORY)


def sign_in(context: BrowserContext, user: User, live_server: LiveServer) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"]
    context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])


@pytest.fixture
def reading(page: Page, context: BrowserContext, case: Case, ann: User, live_server: LiveServer) -> Page:
    """The case's page, open before someone signed in."""
    sign_in(context, ann, live_server)
    page.goto(CASE)
    return page


def drag_over(page: Page, words: str) -> None:
    """Select words of the narrative with the mouse."""
    left, top, right, bottom = page.evaluate(ENDS, words)
    page.mouse.move(left + 1, top)
    page.mouse.down()
    page.mouse.move(right, bottom, steps=5)
    page.mouse.up()


def kept() -> list[tuple[str, int, int, str, str]]:
    return list(Annotation.objects.values_list("exact", "start", "end", "comment", "audience"))


def marks(page: Page) -> list[str]:
    return page.locator("#narrative mark").all_text_contents()


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
    note = page.get_by_role("listitem").filter(has_text="Which one?")
    expect(note).to_be_focused()
    expect(page.get_by_role("status").filter(has_text="Your note is kept.")).to_have_count(1)
    assert kept() == [("library.\nThen it", 25, 41, "Which *one*?", "public")]
    assert marks(page) == ["library.", "Then it"]
    expect(page.get_by_label("Quoted words")).to_have_value("")

    note.get_by_role("link", name="Edit").click()
    place = page.locator(f"#note-{Annotation.objects.get().pk}")
    place.get_by_label("Comment").fill("That one.")
    place.get_by_label("only me").check()
    page.get_by_role("button", name="Keep the change").click()
    note = page.get_by_role("listitem").filter(has_text="That one.")
    expect(note).to_be_focused()
    assert kept() == [("library.\nThen it", 25, 41, "That one.", "private")]

    note.get_by_role("link", name="Delete").click()
    page.get_by_role("link", name="Leave it").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("No notes that you may read.")).to_be_visible()
    assert (kept(), marks(page)) == ([], [])


def test_words_are_annotated_with_the_keyboard_alone(reading: Page) -> None:
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
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem").filter(has_text="By keys")).to_be_focused()
    assert kept() == [("began", 3, 8, "By keys", "private")]


def test_words_are_annotated_with_a_finger(
    new_context: CreateContextCallback, case: Case, ann: User, live_server: LiveServer
) -> None:
    context = new_context(base_url=live_server.url, has_touch=True, viewport={"width": 390, "height": 844})
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
    Case.objects.filter(pk=case.pk).update(narrative=f"In the town, {STORY}")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("These words do not stand at this place of the narrative")).to_be_visible()
    expect(page.get_by_label("Comment")).to_have_value("A long thought")
    assert kept() == []
    page.get_by_role("button", name="Keep the note").click()  # now they are looked up by themselves
    expect(page.get_by_role("listitem").filter(has_text="A long thought")).to_be_focused()
    assert kept() == [("began small", 16, 27, "A long thought", "private")]


def test_words_changed_by_hand_are_looked_up_anew(reading: Page) -> None:
    drag_over(reading, "began small")
    reading.get_by_role("button", name="Annotate").click()
    reading.get_by_label("Quoted words").fill("it grew")
    reading.get_by_role("button", name="Keep the note").click()
    expect(reading.locator("#narrative mark")).to_have_text(["it ", "grew"])
    assert kept() == [("it grew", 39, 46, "", "private")]


def test_passage_and_note_lead_to_each_other(reading: Page, case: Case, ann: User) -> None:
    note = make_note(case, ann, "it grew", "Did it?")
    reading.reload()
    reading.locator("#narrative mark").first.click()
    expect(reading.locator(f"#note-{note.pk}")).to_be_focused()
    reading.get_by_role("link", name="Note 1: to its passage").click()
    expect(reading.get_by_role("link", name="Note 1", exact=True)).to_be_focused()
    reading.keyboard.press("Enter")
    assert reading.url.endswith(f"#note-{note.pk}")


def test_without_script_words_are_pasted_and_notes_are_read_changed_and_deleted(
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
    page.get_by_role("button", name="Keep the note").click()
    note = page.get_by_role("listitem").filter(has_text="Two of them")
    expect(note).to_be_visible()
    assert marks(page) == ["every library"]
    assert kept() == [("every library", 48, 61, "Two of them", "private")]

    page.get_by_role("link", name="Note 1", exact=True).press("Enter")
    assert page.url.endswith(f"#note-{Annotation.objects.get().pk}")
    note.get_by_role("link", name="Edit").click()
    page.get_by_label("Comment").fill("One of them")
    page.get_by_role("button", name="Keep the change").click()
    page.get_by_role("listitem").filter(has_text="One of them").get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_text("Your note is deleted.")).to_be_visible()
    assert (kept(), marks(page)) == ([], [])


@pytest.mark.every_screen
def test_notes_and_their_forms_are_accessible(reading: Page, case: Case, ann: User) -> None:
    bob = make_user("bob", name="Bob Other")
    for words in ("began small", "small 👍🏽 in one", "in one library", "it grew"):
        make_note(case, ann, words, "# Hm\n\nSaid *so* [here](https://example.org/).", audience="public")
    lost = make_note(case, bob, "every library", "Lost", audience="public")
    Annotation.objects.filter(pk=lost.pk).update(exact="all library", end=lost.end - 2)
    reading.reload()
    reading.get_by_text("Write a note").click()
    reading.get_by_role("link", name="Edit").first.click()
    expect(reading.get_by_role("button", name="Keep the change")).to_be_visible()
    assert violations(reading) == []
    first = Annotation.objects.order_by("pk")[0]
    for address in ("/annotations/mine/", f"/annotations/{first.pk}/edit/", f"/annotations/{first.pk}/delete/"):
        reading.goto(address)
        assert violations(reading) == []


def violations(page: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(page).response["violations"]
    return [(fault["id"], [node["html"] for node in fault["nodes"]]) for fault in found]
