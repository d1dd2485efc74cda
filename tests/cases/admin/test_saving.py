from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from zeal import zeal_ignore

from cases import actions
from cases.models import Case
from tests.cases.admin.pages import LIST, Typed, change_page, form_of, messages_on, mistakes, opened
from tests.factories import arrangement, claim, make_case, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_stale_save_is_refused_and_keeps_what_was_typed(client: Client) -> None:
    case = make_case(arrangements=[arrangement(label="First"), arrangement(label="Second")], claims=[claim()])
    typed = opened(client, change_page(case))
    typed |= {"summary": "What I typed.", "arrangements-1-label": "My own words", "claims-0-unit": "souls"}
    someone_rewrites(case)
    response = client.post(change_page(case), typed)
    (said,) = mistakes(response)[""]
    now = Case.objects.get(pk=case.pk)
    on = f"{now.updated_at.day} {now.updated_at:%B %Y} at {now.updated_at:%H:%M}"
    assert said.startswith(f"Olga Other saved this case meanwhile, on {on} (version 3; you began from version 2).")
    page = response.content.decode()
    assert f'<a href="{change_page(case)}" target="_blank">' in page
    kept = form_of(response)
    assert [kept[name] for name in ("summary", "opened", "claims-0-unit")] == ["What I typed.", "2", "souls"]
    assert [kept[f"arrangements-{n}-label"] for n in (0, 1)] == ["First", "My own words"]
    assert page.count("My own words") == 1
    assert (now.summary, now.version) == ("Rewritten.", 3)
    assert not now.arrangements.exists()


def someone_rewrites(case: Case) -> None:
    """Save a case with another summary and without parts, by another curator's hand, as the API does."""
    other = make_user("olga", name="Olga Other")
    other.user_permissions.add(Permission.objects.get(codename="change_case"))
    Case.objects.filter(pk=case.pk).update(summary="Rewritten.")
    case.arrangements.all().delete()
    actions.finalise_case(case=Case.objects.get(pk=case.pk), by=other)


def test_a_narrative_that_nobody_touched_stays_to_its_last_line_break(client: Client) -> None:
    case = make_case(narrative="They meet on Mondays.\n")
    typed = opened(client, change_page(case)) | {"summary": "Rewritten.", "narrative": "They meet on Mondays.\r\n"}
    assert client.post(change_page(case), typed).status_code == 302
    assert Case.objects.values_list("summary", "narrative").get() == ("Rewritten.", "They meet on Mondays.\n")


def test_the_history_of_a_case_is_that_of_its_versions(client: Client) -> None:
    case = make_case("sharon")
    opened(client, change_page(case))
    response = client.get(change_page(case).replace("/change/", "/history/"))
    assert (response.status_code, response["Location"]) == (302, "/cases/sharon/history/")


def test_a_page_sent_back_without_its_version_is_refused(client: Client) -> None:
    case = make_case()
    typed = opened(client, change_page(case)) | {"summary": "Rewritten.", "opened": ""}
    assert list(mistakes(client.post(change_page(case), typed))) == [""]
    assert Case.objects.get().summary == "Citizens and staff do it together."


def test_a_save_that_another_overtakes_at_the_last_moment_is_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = make_case()
    typed = opened(client, change_page(case)) | {"summary": "Rewritten."}
    settle = actions.finalise_case

    def late(**known: Any) -> Case:
        Case.objects.filter(pk=case.pk).update(version=9)
        return settle(**known)

    monkeypatch.setattr(actions, "finalise_case", late)
    with zeal_ignore([{"model": "cases.Case", "field": "get()"}]):  # it is read again once all is undone
        assert list(mistakes(client.post(change_page(case), typed))) == [""]
    assert Case.objects.values_list("summary", "version").get() == ("Citizens and staff do it together.", 2)


def test_withdrawing_asks_for_the_reason_and_tells_readers(client: Client) -> None:
    case = make_case("sharon")
    withdraw = f"/admin/cases/case/{case.pk}/withdraw/"
    assert f'<a href="{withdraw}">Withdraw …</a>' in client.get(change_page(case)).content.decode()
    asked = client.post(withdraw, {"opened": case.version, "reason": "  "})
    assert asked.context["form"].errors == {"reason": ["Say why it is withdrawn; readers who look for it are told."]}
    assert Case.objects.get().state == "published"
    done = client.post(withdraw, {"opened": case.version, "reason": "Counted twice."}, follow=True)
    assert messages_on(done) == ["Withdrawn: readers are told why."]
    page = Client().get("/cases/sharon/")
    assert (page.status_code, "Counted twice." in page.content.decode()) == (410, True)


@pytest.mark.parametrize(
    "sent", [{}, {"opened": "x"}, {"opened": "1", "reason": "Twice."}, {"opened": "2", "reason": "\0"}]
)
def test_withdrawing_refuses_what_is_stale_or_unreadable(client: Client, sent: Typed) -> None:
    case = make_case()
    response = client.post(f"/admin/cases/case/{case.pk}/withdraw/", sent)
    assert response.status_code == 200
    assert response.context["form"].errors
    assert Case.objects.get().state == "published"


def test_a_draft_cannot_be_withdrawn(client: Client) -> None:
    case = make_case(state="draft")
    response = client.post(f"/admin/cases/case/{case.pk}/withdraw/", {"opened": case.version, "reason": "Twice."})
    said = "Only a published case can become withdrawn; this one is draft."
    assert response.context["form"].non_field_errors() == [said]


def test_withdrawing_what_is_not_there_leads_back(client: Client) -> None:
    assert client.get("/admin/cases/case/999/withdraw/").status_code == 302
    assert client.get("/admin/cases/case/nothing/withdraw/").status_code == 302


def test_a_withdrawn_case_is_taken_back_to_draft_with_what_was_typed(client: Client) -> None:
    case = make_case(state="withdrawn")
    typed = opened(client, change_page(case)) | {"summary": "Better.", "_redraft": "1"}
    response = client.post(change_page(case), typed, follow=True)
    assert messages_on(response) == ["A draft again: readers do not see it."]
    assert Case.objects.values_list("state", "withdrawn_reason", "summary").get() == ("draft", "", "Better.")


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        ("draft", ["_save", "_addanother", "_continue", "_submit", "_publish"]),
        ("published", ["_save", "_addanother", "_continue", "_propose"]),
        ("withdrawn", ["_save", "_addanother", "_continue", "_publish", "_redraft"]),
    ],
)
def test_a_page_offers_the_moves_that_its_state_allows(client: Client, state: str, buttons: list[str]) -> None:
    page = client.get(change_page(make_case(state=state))).content.decode()
    assert re.findall(r'<input type="submit"[^>]* name="(_\w+)"', page) == buttons


def test_the_list_publishes_selected_drafts_and_reports_each_refusal(client: Client) -> None:
    drafts = [make_case(slug, state="draft") for slug in ("one", "two")]
    bare = make_case("bare", state="draft", summary="")
    withdrawn = make_case("gone", state="withdrawn")
    chosen = [case.pk for case in [*drafts, bare, withdrawn]]
    with zeal_ignore([{"model": "cases.Case", "field": "get()"}]):  # each is taken and published by itself
        response = client.post(LIST, {"action": "publish_selected", "_selected_action": chosen}, follow=True)
    assert messages_on(response) == [
        "Not published: Bare. A published case has a summary of one or two sentences.",
        "Published: One, Two.",
        "1 of the selected are no drafts and were left as they are.",
    ]
    states = {"one": "published", "two": "published", "bare": "draft", "gone": "withdrawn"}
    assert dict(Case.objects.values_list("slug", "state")) == states
