"""A form that does not arrive says so beside its button, keeps what was typed, and can be sent again."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.test import Client
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from annotations.models import Annotation
from cases.models import Case, Proposal
from tests.accessibility import faults
from tests.annotations.browsing import sign_in
from tests.cases.admin.pages import change_page
from tests.factories import arrangement, make_case, make_terms, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long enough phrase"


@pytest.fixture
def case() -> Case:
    make_terms()
    return make_case(
        "library", title="The library", narrative="It began small.", arrangements=[arrangement()], places=["paris"]
    )


@pytest.fixture
def ann(case: Case, page: Page, live_server: LiveServer) -> User:
    user = make_user("ann", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    user.set_password(PASSWORD)
    user.save()
    sign_in(page.context, user, live_server)
    return user


def annotate(page: Page) -> None:
    page.goto("/cases/library/")
    page.get_by_text("Write a note", exact=True).click()
    page.get_by_label("the case as a whole").check()
    page.get_by_label("Comment").fill("Typed with care.")


def suggest(page: Page) -> None:
    page.goto("/cases/library/suggest/")
    page.get_by_label("Title").fill("Typed with care.")
    page.locator("[name=reason]").fill("So it is.")


def curate(page: Page) -> None:
    page.goto(change_page(Case.objects.get()))
    page.get_by_label("Summary").fill("Typed with care.")
    page.locator("#id_reason").fill("So it is.")
    page.locator("#caveats-group .add-row a").click()


FORMS: dict[str, tuple[Callable[[Page], None], str, str]] = {
    "note": (annotate, "Keep the note", "[name=comment]"),
    "suggestion": (suggest, "Send it to the curators", "[name=title]"),
    "case": (curate, "Save", "[name=summary]"),
}


def counts() -> tuple[int, int, int]:
    version = Case.objects.get().version
    return Annotation.objects.count(), Proposal.objects.count(), version


def aborts(route: Route) -> None:
    route.abort() if route.request.method == "POST" else route.continue_()


def fails(route: Route) -> None:
    route.fulfill(status=500, body="no") if route.request.method == "POST" else route.continue_()


def arrives_without_answer(route: Route) -> None:
    """The request reaches the server, but its answer is lost."""
    if route.request.method != "POST":
        return route.continue_()
    route.fetch(max_redirects=0)
    return route.abort()


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.every_screen
def test_a_form_that_does_not_arrive_says_so_and_is_sent_again_once(page: Page, ann: User, kind: str) -> None:
    fill, button, field = FORMS[kind]
    fill(page)
    before = counts()
    said = page.locator(".not-sent")
    press = page.get_by_role("button", name=button, exact=True).click
    for way, words in [
        (aborts, "The catalogue cannot be reached. What you typed is still here: try again."),
        (fails, "The catalogue failed to answer. What you typed is still here: try again."),
        (arrives_without_answer, "The catalogue cannot be reached. What you typed is still here: try again."),
    ]:
        page.route("**/*", way)
        press()
        expect(said).to_have_text(words)
        expect(page.locator(field)).to_have_value("Typed with care.")
        page.unroute("**/*", way)
    assert faults(page) == []
    with page.expect_response(lambda response: response.request.method == "POST"):
        press()
    expect(page.get_by_text(re.compile("Your note is kept|Thank you|was changed successfully"))).to_be_visible()
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [
        int(kind == each) for each in ("note", "suggestion", "case")
    ]


def test_a_question_that_is_not_answered_says_so(page: Page, case: Case) -> None:
    page.goto("/cases/")
    page.context.set_offline(True)
    page.locator("#catalogue a[href*='type=']").first.click()
    expect(page.locator(".not-sent")).to_have_text("The catalogue cannot be reached. Try again.")
    page.context.set_offline(False)
    page.locator("#catalogue a[href*='type=']").first.click()
    expect(page).to_have_url(re.compile("type="))
    expect(page.locator(".not-sent")).to_have_count(0)


def sign_in_elsewhere(page: Page, user: User) -> None:
    """In another tab, on the page for it."""
    Session.objects.all().delete()
    tab = page.context.new_page()
    tab.goto("/accounts/login/")
    tab.get_by_label("User name").fill(user.username)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.get_by_role("link", name=user.username, exact=True)).to_be_visible()
    tab.close()


@pytest.mark.parametrize("kind", FORMS)
def test_after_signing_in_anew_in_another_tab_the_button_is_pressed_again(page: Page, ann: User, kind: str) -> None:
    fill, button, field = FORMS[kind]
    fill(page)
    before = counts()
    sign_in_elsewhere(page, ann)
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.locator(".not-sent")).to_contain_text("You have signed in anew")
    expect(page.locator(field)).to_have_value("Typed with care.")
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_text(re.compile("Your note is kept|Thank you|was changed successfully"))).to_be_visible()
    assert sum(counts()) == sum(before) + 1


def test_as_somebody_else_in_another_tab_nothing_is_sent(page: Page, ann: User) -> None:
    suggest(page)
    bob = make_user("bob")
    bob.set_password(PASSWORD)
    bob.save()
    sign_in_elsewhere(page, bob)
    page.get_by_role("button", name="Send it to the curators").click()
    expect(page.locator(".not-sent")).to_contain_text("perhaps in another tab")
    expect(page.get_by_label("Title")).to_have_value("Typed with care.")
    assert Proposal.objects.count() == 0


@pytest.mark.parametrize("kind", FORMS)
def test_after_the_session_has_ended_the_form_comes_back_filled(page: Page, ann: User, kind: str) -> None:
    fill, button, field = FORMS[kind]
    fill(page)
    Session.objects.all().delete()
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_label("User name").fill("ann")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Nothing was sent yet.")).to_be_visible()
    expect(page.locator(field)).to_have_value("Typed with care.")
    page.get_by_role("button", name=button, exact=True).click()
    expect(page.get_by_text(re.compile("Your note is kept|Thank you|was changed successfully"))).to_be_visible()


def test_a_form_with_mistakes_shows_them(page: Page, ann: User) -> None:
    curate(page)
    page.get_by_label("Title").first.fill("x" * 400)
    page.evaluate("document.querySelectorAll('[maxlength]').forEach(e => e.removeAttribute('maxlength'))")
    page.get_by_label("Title").first.fill("x" * 400)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".errorlist").first).to_contain_text("at most")
    expect(page.locator("[name=summary]")).to_have_value("Typed with care.")


def test_the_same_form_is_answered_once(case: Case) -> None:
    client, user = Client(), make_user("eve")
    client.force_login(user)
    typed = {"case": "library", "about": "case", "comment": "Once.", "audience": "private", "once": "k" * 20}
    sent = {"data": urlencode(typed), "content_type": "application/x-www-form-urlencoded"}
    answers: list[Any] = [client.post("/annotations/write/", **sent) for _ in range(3)]  # type: ignore[arg-type]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, answers[0]["Location"])}
    client.force_login(make_user("eva"))
    client.post("/annotations/write/", **sent)  # type: ignore[arg-type]
    assert sorted(Annotation.objects.values_list("author__username", flat=True)) == ["eva", "eve"]
