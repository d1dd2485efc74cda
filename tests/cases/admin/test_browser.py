from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from cases.models import Case
from tests.accessibility import faults
from tests.cases.admin.pages import ADD, LIST, change_page, signed_in
from tests.factories import arrangement, claim, make_case, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def _signed_in(page: Page, live_server: LiveServer) -> None:
    make_case("sharon", state="draft", summary="", arrangements=[arrangement()], claims=[claim()], places=["paris"])
    user = make_user("cora", name="Cora Curator", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    session = signed_in(user).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


ADDRESSES = (
    *("/admin/", LIST, ADD, "/admin/cases/passage/", "/admin/cases/passage/add/"),
    *("/admin/taxonomy/term/", "/admin/taxonomy/term/add/"),
)


def faults_at(page: Page, address: str) -> list[object]:
    page.goto(address, wait_until="networkidle")
    return faults(page)


@pytest.mark.every_screen
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_signed_in")
def test_the_pages_are_accessible_fit_their_window_and_keep_to_their_policy(page: Page) -> None:
    case = Case.objects.get()
    addresses = (*ADDRESSES, change_page(case), f"/admin/cases/case/{case.pk}/withdraw/")
    assert {address: faults_at(page, address) for address in addresses} == {address: [] for address in addresses}


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_signed_in")
def test_a_curator_adds_a_part_finds_its_words_and_publishes(page: Page) -> None:
    page.goto(change_page(Case.objects.get()))
    page.get_by_label("Summary").fill("An online forum.")
    page.locator("#citations-group .add-row a").click()
    page.locator("#citations-0 .select2-selection").click()
    page.locator(".select2-dropdown .select2-search__field").fill("loeff")
    page.get_by_role("option", name="Loeffler (2020)").click()
    page.get_by_role("button", name="Save and publish").click()
    expect(page.locator(".messagelist")).to_contain_text("Published: every reader sees it.")
    case = Case.objects.get()
    assert (case.state, [source.slug for source in case.sources.all()]) == ("published", ["loeffler-2020"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_signed_in")
def test_a_passage_is_added_while_the_case_is_being_written(page: Page) -> None:
    page.goto(change_page(Case.objects.get()))
    with page.expect_popup() as opening:
        page.locator("#add_id_evidence_passage").click()
    popup = opening.value
    popup.locator(".field-source .select2-selection").click()
    popup.get_by_role("option", name="Loeffler (2020)").click()
    popup.get_by_label("Quoted words").fill("was evaluated twice")
    popup.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#select2-id_evidence_passage-container")).to_contain_text("was evaluated twice")


def colours(sheet: str) -> dict[str, str]:
    """Return the custom properties of a style sheet, as they are first set."""
    text = (Path(settings.BASE_DIR) / "static" / sheet).read_text()
    return dict(reversed(re.findall(r"(--[\w-]+): ([^;]*);", text)))


def test_the_admin_has_the_colours_of_the_catalogue() -> None:
    house, admin = colours("catalogue.css"), colours("admin.css")
    shared = ["paper", "sheet", "ink", "quiet", "rule", "edge", "accent", "mark", "warn", "serif", "sans", "mono"]
    assert {name: admin[f"--{name}"] for name in shared} == {name: house[f"--{name}"] for name in shared}
