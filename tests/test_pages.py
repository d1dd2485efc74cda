"""Every page in a real browser, wide and narrow, light and dark: accessible, in its window, whole without scripts."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable

import pytest
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer
from pytest_playwright import CreateContextCallback

from cases import actions
from cases.models import Proposal
from tests.accessibility import faults
from tests.annotations.notes import make_note
from tests.factories import arrangement, claim, make_case, make_curator, make_user, passage

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = {
    "home": "/",
    "list": "/cases/",
    "asked": "/cases/?type=peer-support&sector=health&q=forum",
    "empty": "/cases/?q=nothinglikeit",
    "wrong": "/cases/?type=peer-suport&colour=red",
    "case": "/cases/sharon/",
    "history": "/cases/sharon/history/",
    "version": "/cases/sharon/versions/2/",
    "compare": "/cases/sharon/compare/?from=2&to=2",
    "wrong compare": "/cases/sharon/compare/?from=x",
    "bare case": "/cases/london-2012/",
    "unknown case": "/cases/sharron/",
    "codebook": "/taxonomy/",
    "term": "/taxonomy/type/peer-support/",
    "annotations": "/annotations/",
    "no annotations": "/annotations/?kind=reply",
    "wrong annotations": "/annotations/?tag=nowhere",
    "about": "/about/",
    "components": "/components/",
    "nothing here": "/nowhere/",
    "sign in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "password reset": "/accounts/password/reset/",
}
SIGNED_IN = [
    *("/accounts/", "/accounts/password/change/", "/cases/sharon/", "/cases/a-draft/", "/cases/sharon/history/"),
    *("/annotations/mine/", "/annotations/groups/", "/import/annotations/", "/curation/"),
    *("/cases/sharon/suggest/", "/cases/a-draft/review/", "/contributions/", "/proposals/"),
]


@pytest.fixture
def _catalogue(db: None) -> None:
    sharon = make_case(
        "sharon",
        title="SHaRON, an online forum in which people with health conditions support one another",
        narrative="## How it works\n\nMembers *write* to one another.\n\n- day\n- night\n\n|a|b|\n|-|-|\n|1|2|\n",
        arrangements=[arrangement("peer-support", ["user"], ["digital"]), arrangement("behaviour-change", ["user"])],
        pathways=[{"pathway": "promote-behaviour-change", "basis": "section", "passage": passage("to change")}],
        sectors=["health"],
        places=["berkshire"],
        years={"start": 2008, "ongoing": True, "passage": passage("since 2008")},
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage("was evaluated")},
        claims=[claim("over 400 members", 400, qualifier="over"), claim("two thirds", 2, out_of=3)],
        organisations=[{"organisation": "berkshire-nhs", "part": "funder", "passage": passage("is funded")}],
        sources=[{"source": "loeffler-2020"}, {"source": "sharon-2020", "locator": "p. 3"}],
        caveats=[{"kind": "limitation", "text": "Few were asked.", "passage": passage("few took part")}],
    )
    make_case("london-2012", absent={"arrangements": "not-stated"})
    make_case("a-draft", state="draft")
    actions.suggest_correction(
        case=sharon, texts={"summary": "Members help."}, by=make_user("ina"), version=sharon.version, reason="Shorter."
    )
    make_note(
        sharon,
        make_user(),
        "Members write",
        "Who else?",
        audience="public",
        codes=["type:peer-support"],
        tags=["to check"],
    )


def faults_by_address(page: Page, addresses: Iterable[str]) -> dict[str, list[object]]:
    """Return what is wrong at each address, light and dark; addresses without a fault are left out."""
    found = {}
    for address in addresses:
        page.goto(address)
        found[address] = faults(page)
    return {address: some for address, some in found.items() if some}


@pytest.mark.every_screen
@pytest.mark.usefixtures("_catalogue")
def test_every_page_is_accessible_and_fits_its_window(page: Page) -> None:
    assert faults_by_address(page, PAGES.values()) == {}


@pytest.mark.every_screen
@pytest.mark.usefixtures("_catalogue")
def test_pages_of_someone_signed_in_are_accessible_and_fit(page: Page, live_server: LiveServer) -> None:
    sign_in(page, live_server)
    assert faults_by_address(page, [*SIGNED_IN, Proposal.objects.get().get_absolute_url()]) == {}


def sign_in(page: Page, live_server: LiveServer) -> None:
    client = Client()
    client.force_login(make_curator())
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )


@pytest.mark.usefixtures("_catalogue")
def test_a_facet_changes_the_results_in_place_and_back_goes_back(page: Page) -> None:
    page.goto("/cases/")
    page.evaluate("window.here = true")
    page.get_by_role("link", name="Peer support").click()
    expect(page.locator("#result-total")).to_have_text("1 case")
    expect(page).to_have_url(re.compile(r"/cases/\?type=peer-support$"))
    expect(page).to_have_title(re.compile("type of co-delivery: Peer support"))
    assert page.evaluate("window.here"), "the page was loaded anew"
    assert page.evaluate("document.activeElement.id") == "type-peer-support"
    page.go_back()
    expect(page.locator("#result-total")).to_have_text("2 cases")


@pytest.mark.usefixtures("_catalogue")
def test_searching_keeps_the_choices_and_leaves_empty_fields_out_of_the_address(page: Page) -> None:
    page.goto("/cases/?sector=health")
    page.get_by_role("searchbox").fill("forum")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url(re.compile(r"/cases/\?sector=health&q=forum&sort=title$"))
    page.get_by_label("Order").select_option("-year")
    expect(page).to_have_url(re.compile(r"q=forum&sort=-year$"))
    expect(page.locator("#result-total")).to_have_text("1 case")


@pytest.mark.usefixtures("_catalogue")
def test_everything_is_reached_without_scripts(new_context: CreateContextCallback, live_server: LiveServer) -> None:
    page = new_context(base_url=live_server.url, java_script_enabled=False).new_page()
    page.goto("/")
    page.locator("td.user a").filter(has_text="digital").nth(2).click()
    expect(page.locator("#result-total")).to_have_text("1 case")
    page.get_by_role("link", name="(remove)").first.click()
    page.get_by_role("searchbox").fill("forum")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="SHaRON").click()
    page.get_by_text("over 400", exact=True).click()
    expect(page.get_by_text("over 400 members")).to_be_visible()


@pytest.mark.usefixtures("_catalogue")
def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/cases/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.usefixtures("_catalogue")
@pytest.mark.parametrize("name", ["home", "list", "case", "codebook"])
def test_a_page_with_its_style_and_scripts_stays_under_100_kb_compressed(
    page: Page, live_server: LiveServer, name: str
) -> None:
    sizes: dict[str, int] = {}
    page.on("response", lambda response: sizes.update({response.url: len(gzip.compress(response.body()))}))
    page.goto(PAGES[name], wait_until="networkidle")
    assert len(sizes) >= 4
    assert sum(sizes.values()) < 100_000, sizes
