"""Where an address of a case leads for good: renamed (301), merged into another (301), withdrawn (410)."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils.formats import date_format
from django.utils.timezone import localdate

from accounts.models import User
from cases import actions
from cases.models import Case
from tests.factories import make_case, make_curator, make_user

pytestmark = pytest.mark.django_db

PAGES = ["", "history/", "versions/2/", "narrative/1/", "compare/?from=2&to=2"]
DOORS = ["", "versions/", "versions/2/", "versions/2/difference/?with=2"]


@pytest.fixture
def curator() -> User:
    return make_curator()


@pytest.fixture
def case(curator: User) -> Case:
    return make_case("sharon", by=curator)


def led(client: Client, address: str) -> tuple[int, str]:
    answer = client.get(address)
    return answer.status_code, answer.get("Location", "").removeprefix("http://testserver")


def test_every_former_address_leads_to_the_present_one_with_its_query(
    client: Client, case: Case, curator: User
) -> None:
    for name in ("forum", "forum-for-all"):
        case = actions.rename_case(case=case, to=name, by=curator, reason="Its name.")
    for former in ("sharon", "forum"):
        for page in [*PAGES, "?note=3"]:
            assert led(client, f"/cases/{former}/{page}") == (301, f"/cases/forum-for-all/{page}")
        for door in DOORS:
            assert led(client, f"/api/v1/cases/{former}/{door}") == (301, f"/api/v1/cases/forum-for-all/{door}")
    for page in PAGES:
        assert client.get(f"/cases/forum-for-all/{page}").status_code == 200, page
    for door in DOORS:
        assert client.get(f"/api/v1/cases/forum-for-all/{door}").status_code == 200, door


def test_an_address_that_is_taken_back_is_the_case_again(client: Client, case: Case, curator: User) -> None:
    case = actions.rename_case(case=case, to="forum", by=curator, reason="Its name.")
    assert client.get("/cases/sharon/")["Cache-Control"] == "no-cache"
    assert client.get("/api/v1/cases/sharon/")["Cache-Control"] == "no-cache"
    actions.rename_case(case=case, to="sharon", by=curator, reason="The other name was wrong.")
    assert led(client, "/cases/sharon/") == (200, "")
    assert led(client, "/cases/forum/") == (301, "/cases/sharon/")


def test_a_write_at_a_former_address_is_led_on_as_it_is(client: Client, case: Case, curator: User) -> None:
    actions.rename_case(case=case, to="forum", by=curator, reason="Its name.")
    client.force_login(curator)
    answer = client.patch("/api/v1/cases/sharon/", {"title": "Other"}, content_type="application/json")
    assert (answer.status_code, answer["Location"]) == (308, "http://testserver/api/v1/cases/forum/")


def test_a_withdrawn_case_is_gone_from_every_address_with_reason_and_date(
    client: Client, case: Case, curator: User
) -> None:
    actions.withdraw_case(case=case, by=curator, reason="It was counted twice.")
    for page in PAGES:
        answer = client.get(f"/cases/sharon/{page}")
        assert answer.status_code == 410, page
        assert "It was counted twice." in answer.text
        assert date_format(localdate(), "j F Y") in answer.text
    for door in DOORS:
        answer = client.get(f"/api/v1/cases/sharon/{door}")
        problem = answer.json()
        assert (answer.status_code, answer["Content-Type"]) == (410, "application/problem+json"), door
        assert problem["detail"] == "This case was withdrawn: It was counted twice."
        assert (problem["reason"], problem["withdrawn_at"][:4]) == ("It was counted twice.", str(localdate().year))


def test_a_case_that_is_revised_after_it_was_withdrawn_is_gone_and_nothing_of_the_draft_is_told(
    client: Client, case: Case, curator: User
) -> None:
    case = actions.redraft_case(case=actions.withdraw_case(case=case, by=curator, reason="Counted twice."), by=curator)
    actions.rename_case(case=case, to="secret-plan", by=curator, reason="Its name.")
    addresses = [f"/cases/sharon/{page}" for page in PAGES] + [f"/api/v1/cases/sharon/{door}" for door in DOORS]
    for address in addresses:
        answer = client.get(address)
        assert (answer.status_code, "This case is being revised" in answer.text) == (410, True), address
        assert ("secret-plan" in answer.text, case.title in answer.text) == (False, False), address


def test_a_case_that_was_renamed_and_then_withdrawn_is_led_on_and_gone(
    client: Client, case: Case, curator: User
) -> None:
    case = actions.rename_case(case=case, to="forum", by=curator, reason="Its name.")
    actions.withdraw_case(case=case, by=curator, reason="It was counted twice.")
    assert led(client, "/cases/sharon/history/") == (301, "/cases/forum/history/")
    assert led(client, "/cases/forum/history/") == (410, "")
    assert led(client, "/api/v1/cases/sharon/") == (301, "/api/v1/cases/forum/")
    assert led(client, "/api/v1/cases/forum/") == (410, "")


def test_a_merged_case_leads_to_the_other_one_which_says_so(client: Client, case: Case, curator: User) -> None:
    old = make_case("oldest", title="The oldest one")
    old = actions.rename_case(case=old, to="older", by=curator, reason="Its name.")
    middle = make_case("middle")
    actions.merge_case(case=old, into=middle, by=curator, reason="They are one.")
    middle.refresh_from_db()
    actions.merge_case(case=middle, into=case, by=curator, reason="These, too.")
    for former in ("oldest", "older", "middle"):
        assert led(client, f"/cases/{former}/") == (301, "/cases/sharon/")
        assert led(client, f"/api/v1/cases/{former}/") == (301, "/api/v1/cases/sharon/")
    for page in PAGES[1:]:
        assert led(client, f"/cases/older/{page}") == (410, ""), page
    assert led(client, "/api/v1/cases/older/versions/") == (410, "")
    html = client.get("/cases/sharon/").text
    assert "Includes the former case “The oldest one”." in html
    assert 'told now by <a href="/cases/sharon/">' in client.get("/cases/older/history/").text


def test_a_case_merged_into_one_that_was_withdrawn_since_is_gone_with_its_own_reason(
    client: Client, case: Case, curator: User
) -> None:
    actions.merge_case(case=make_case("other"), into=case, by=curator, reason="They are one.")
    case.refresh_from_db()
    actions.withdraw_case(case=case, by=curator, reason="It was counted twice.")
    for address in ("/cases/other/", "/api/v1/cases/other/"):
        answer = client.get(address)
        assert (answer.status_code, "They are one." in answer.text) == (410, True)


def test_a_former_address_of_a_draft_tells_nobody_of_it(client: Client, curator: User) -> None:
    draft = make_case("plan", state="draft", by=curator)
    actions.rename_case(case=draft, to="secret-plan", by=curator, reason="Its name.")
    for reader in (None, make_user()):
        if reader:
            client.force_login(reader)
        for address in ("/cases/plan/", "/cases/plan/history/", "/api/v1/cases/plan/", "/cases/secret-plan/compare/"):
            answer = client.get(address)
            assert (answer.status_code, "secret-plan</a>" in answer.text, answer.get("Location")) == (404, False, None)
    client.force_login(curator)
    assert led(client, "/cases/plan/") == (301, "/cases/secret-plan/")


def test_curators_read_a_withdrawn_case_under_a_banner(client: Client, case: Case, curator: User) -> None:
    actions.merge_case(case=make_case("other"), into=case, by=curator, reason="They are one.")
    client.force_login(curator)
    html = client.get("/cases/other/").text
    assert 'merged into <a href="/cases/sharon/">Sharon</a>: only curators see this page' in html
    assert client.get("/cases/other/history/").status_code == 200
