"""Reviewing in a real browser: from a proposal to the page that says it and back, and two curators at one case."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from playwright.sync_api import BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_playwright import CreateContextCallback

from accounts.models import User
from cases.models import Case
from tests.cases.admin.pages import change_page
from tests.cases.review.reviewing import make_contributor, signed_in
from tests.factories import arrangement, make_case, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def curator(username: str, name: str) -> User:
    user = make_user(username, name=name, is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    return user


def page_of(user: User, context: BrowserContext, live_server: LiveServer) -> Page:
    """Return a page of somebody who is signed in."""
    session = signed_in(user).cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    return context.new_page()


def test_a_revision_is_proposed_reviewed_as_a_difference_accepted_and_brought_back(
    new_context: CreateContextCallback, live_server: LiveServer
) -> None:
    case = make_case("sharon", summary="Members help one another by day.", arrangements=[arrangement()])
    author = page_of(make_contributor("con", name="Connie"), new_context(base_url=live_server.url), live_server)
    author.goto(change_page(case))
    author.get_by_role("link", name="Propose a revision").click()
    author.get_by_label("Summary").fill("Members help one another by day and night.")
    author.get_by_label("What changed, and why").fill("The report says so on p. 4.")
    author.get_by_role("button", name="Propose it").click()
    expect(author.locator(".standing")).to_contain_text("Waits for review")

    reviewer = page_of(curator("rita", "Rita Reviewer"), new_context(base_url=live_server.url), live_server)
    reviewer.goto("/proposals/")
    reviewer.get_by_role("link", name="Sharon").click()
    expect(reviewer.locator(".difference ins")).to_contain_text("and night")
    expect(reviewer.locator(".difference del")).to_have_count(0)
    reviewer.get_by_role("button", name="Accept").click()
    expect(reviewer.locator(".messages")).to_contain_text("the case says it now")
    reviewer.goto("/cases/sharon/")
    expect(reviewer.locator("h1 + .definition")).to_have_text("Members help one another by day and night.")

    reviewer.goto("/cases/sharon/history/")
    expect(reviewer.get_by_text("The report says so on p. 4.")).to_be_visible()
    reviewer.goto("/cases/sharon/versions/2/revert/")
    reviewer.get_by_role("button", name="Bring it back").click()
    expect(reviewer.get_by_role("button", name="Bring it back")).to_have_count(0)
    reviewer.goto("/cases/sharon/")
    expect(reviewer.locator("h1 + .definition")).to_have_text("Members help one another by day.")
    assert Case.objects.values_list("version", "state").get() == (4, "published")


def test_of_two_curators_the_second_is_told_what_changed_and_keeps_what_they_typed(
    new_context: CreateContextCallback, live_server: LiveServer
) -> None:
    case = make_case("sharon", title="The forum", summary="As it was.")
    first, second = (
        page_of(curator(name, name.title()), new_context(base_url=live_server.url), live_server)
        for name in ("anna", "bert")
    )
    for page in (first, second):
        page.goto(change_page(case))
    first.get_by_label("Title").fill("The online forum")
    first.get_by_role("button", name="Save", exact=True).click()
    expect(first.locator(".messagelist")).to_contain_text("was changed successfully")
    second.get_by_label("Summary").fill("What Bert typed.")
    second.get_by_role("button", name="Save", exact=True).click()
    expect(second.locator(".errornote + .errorlist, .errorlist.nonfield")).to_contain_text(
        "Anna saved this case meanwhile"
    )
    expect(second.locator(".meanwhile .difference")).to_contain_text("online")
    expect(second.get_by_label("Summary")).to_have_value("What Bert typed.")
    assert Case.objects.values_list("title", "summary").get() == ("The online forum", "As it was.")
