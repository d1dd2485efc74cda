"""Contributors in the admin, proposing on the form of the case, stale saves, and what is asked before a case moves."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from zeal import zeal_ignore

from accounts.models import User
from cases import actions
from cases.models import Case, Proposal, Version
from tests.cases.admin.pages import (
    ADD,
    LIST,
    Typed,
    change_page,
    form_of,
    messages_on,
    mistakes,
    opened,
    rows,
    signed_in,
    whole_case,
)
from tests.cases.review.reviewing import change, make_contributor, propose
from tests.factories import arrangement, claim, make_case, make_source, make_terms, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def contributor() -> User:
    make_terms()
    make_source()
    return make_contributor()


def propose_page(case: Case) -> str:
    return f"/admin/cases/case/{case.pk}/propose/"


def whole(**changes: Any) -> Case:
    return make_case(
        arrangements=[arrangement(label="First"), arrangement(label="Second")],
        claims=[claim()],
        sectors=["health"],
        places=["berkshire"],
        **changes,
    )


# Contributors


def test_a_contributor_enters_edits_and_submits_a_draft_and_no_more(contributor: User) -> None:
    client = signed_in(contributor)
    client.post(ADD, whole_case(opened(client, ADD)) | {"reason": "Found in the annual report."})
    case = Case.objects.get()
    assert (case.created_by, case.state) == (contributor, "draft")
    assert Version.objects.get().history_change_reason == "Found in the annual report."
    assert client.post(change_page(case), opened(client, change_page(case)) | {"_publish": "1"}).status_code == 403
    typed = opened(client, change_page(case)) | {"summary": "Better said.", "_submit": "1"}
    assert messages_on(client.post(change_page(case), typed, follow=True)) == ["Submitted: it waits for a reviewer."]
    case.refresh_from_db()
    assert (case.summary, case.state) == ("Better said.", "in-review")
    assert client.post(change_page(case), typed).status_code == 403


def test_a_contributor_sees_what_is_published_and_the_own_drafts(contributor: User) -> None:
    client = signed_in(contributor)
    other = make_case("other", state="draft", summary="Not yours.")
    make_case("mine", state="draft", by=contributor)
    published = make_case("published")
    assert [row[0] for row in rows(client.get(LIST))] == ["Mine", "Published"]
    assert client.get(change_page(other)).status_code == 302
    assert client.get("/admin/cases/case/autocomplete/?term=other").status_code in {302, 403, 404}
    page = client.get(change_page(published)).content.decode()
    assert ('name="_save"' in page, propose_page(published) in page) == (False, True)
    assert client.post(change_page(published), {"opened": 2, "title": "Mine"}).status_code == 403


# Proposing on the form


def test_proposing_leaves_the_case_as_it_is_and_keeps_every_part(contributor: User) -> None:
    case, client = whole(), signed_in(contributor)
    typed = opened(client, propose_page(case))
    typed |= {"summary": "Better said.", "arrangements-1-label": "Neighbours help", "claims-0-unit": "souls"}
    response = client.post(propose_page(case), typed | {"reason": "As the report has it."})
    proposal = Proposal.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/proposals/{proposal.pk}/")
    assert {key for key in proposal.record if proposal.record[key] != proposal.base[key]} == {
        "summary", "arrangements", "claims",
    }  # fmt: skip
    assert [part["label"] for part in proposal.record["arrangements"]] == ["First", "Neighbours help"]
    now = Case.objects.get()
    assert (now.version, now.summary, now.claims.get().unit) == (2, "Citizens and staff do it together.", "people")
    assert Version.objects.count() == 2


def test_a_proposal_that_is_refused_keeps_what_was_typed(contributor: User) -> None:
    case, client = whole(), signed_in(contributor)
    typed = opened(client, propose_page(case)) | {"summary": "Better said."}
    with zeal_ignore([{"model": "cases.Case", "field": "get()"}]):  # it is read again once all is undone
        response = client.post(propose_page(case), typed)
    assert mistakes(response) == {"reason": ["Say what changes, and why; the reviewer reads it first."]}
    assert form_of(response)["summary"] == "Better said."
    wrong = typed | {"reason": "So.", "claims-0-value": "", "arrangements-0-user": ""}
    assert set(mistakes(client.post(propose_page(case), wrong))) == {"claims-0-value", "arrangements-0-user"}
    assert (Proposal.objects.count(), Case.objects.get().arrangements.count()) == (0, 2)


def test_a_form_that_nobody_touched_proposes_nothing(contributor: User) -> None:
    case, client = whole(), signed_in(contributor)
    with zeal_ignore([{"model": "cases.Case", "field": "get()"}]):
        response = client.post(propose_page(case), opened(client, propose_page(case)) | {"reason": "So."})
    assert mistakes(response) == {"": ["It says what the case says already: change what should be different."]}


def test_a_stale_proposal_is_told_what_changed_and_keeps_what_was_typed(contributor: User) -> None:
    case, client = whole(), signed_in(contributor)
    typed = opened(client, propose_page(case)) | {"summary": "Better said.", "reason": "So."}
    change(case, title="Another title")
    response = client.post(propose_page(case), typed)
    assert [c.path for c in response.context["meanwhile"].difference.changes] == ["title"]
    assert (form_of(response)["summary"], Proposal.objects.count()) == ("Better said.", 0)


def test_a_curator_proposes_instead_of_saving(client: Client) -> None:
    case = whole()
    typed = opened(client, change_page(case)) | {
        "summary": "Better said.",
        "reason": "Ask the others.",
        "_propose": "1",
    }
    client.post(change_page(case), typed)
    assert (Proposal.objects.get().record["summary"], Case.objects.get().version) == ("Better said.", 2)


def test_a_proposal_is_amended_in_step_with_the_case(contributor: User) -> None:
    case, client = whole(), signed_in(contributor)
    proposal = propose(case, contributor, summary="Bettr said.")
    change(case, title="Another title")
    edit = f"/admin/cases/proposal/{proposal.pk}/edit/"
    page = client.get(edit)
    typed = form_of(page) | {"proposal_version": "1"}
    assert [typed[name] for name in ("title", "summary", "opened", "reason")] == [
        "Another title", "Bettr said.", 3, "It is said better.",
    ]  # fmt: skip
    assert client.post(edit, typed | {"summary": "Better said."}).status_code == 302
    proposal.refresh_from_db()
    assert (proposal.base_version, proposal.version, proposal.record["title"], proposal.record["summary"]) == (
        3, 2, "Another title", "Better said.",
    )  # fmt: skip
    with zeal_ignore([{"model": "cases.Case", "field": "get()"}, {"model": "cases.Proposal", "field": "get()"}]):
        stale = client.post(edit, typed | {"summary": "Once more."})
    assert "it is now version 2" in mistakes(stale)[""][0]
    assert (Case.objects.get().version, Case.objects.get().summary) == (3, "Citizens and staff do it together.")


def test_drafts_and_other_peoples_proposals_are_not_revised(contributor: User) -> None:
    client = signed_in(contributor)
    draft = make_case("draft", state="draft", by=contributor)
    for address in (propose_page(draft), "/admin/cases/case/nothing/propose/", f"/admin/cases/case/{10**30}/propose/"):
        assert (client.get(address).status_code, client.post(address).status_code) == (302, 302)
    proposal = propose(make_case("case"), make_contributor("other"), summary="Better said.")
    for address in (f"/admin/cases/proposal/{proposal.pk}/edit/", "/admin/cases/proposal/999/edit/"):
        assert (client.get(address).status_code, client.post(address).status_code) == (404, 404)


def test_who_may_only_look_proposes_nothing_here() -> None:
    case, user = make_case(), make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_case"))
    client = signed_in(user)
    assert (client.get(propose_page(case)).status_code, client.post(propose_page(case)).status_code) == (403, 403)


# Stale saves


def test_a_stale_save_shows_what_changed_above_what_was_typed(client: Client) -> None:
    case = whole()
    typed = opened(client, change_page(case)) | {"summary": "What I typed."}
    change(case, title="Another title")
    response = client.post(change_page(case), typed)
    assert [c.path for c in response.context["meanwhile"].difference.changes] == ["title"]
    page = response.content.decode()
    assert page.index("What changed meanwhile") < page.index("What I typed.")
    assert Case.objects.get().summary == "Citizens and staff do it together."


def test_the_reason_stands_in_the_history_and_alone_makes_no_version(client: Client) -> None:
    case = make_case()
    typed = opened(client, change_page(case)) | {"reason": "The report was corrected."}
    client.post(change_page(case), typed)
    assert Case.objects.get().version == 2
    client.post(change_page(case), typed | {"summary": "Better said."})
    assert Version.objects.get(number=3).history_change_reason == "The report was corrected."


# Asked before


def ask(client: Client, case: Case, verb: str, **typed: Any) -> Any:
    return client.post(f"/admin/cases/case/{case.pk}/{verb}/", {"opened": case.version, **typed}, follow=True)


def test_a_case_is_renamed_with_a_reason(client: Client) -> None:
    case = make_case("old")
    assert ask(client, case, "rename", slug="new").context["form"].errors == {
        "reason": ["Say why the address changes; the history of the case keeps it."]
    }
    assert "slug" in ask(client, case, "rename", slug="Not So", reason="Its name.").context["form"].errors
    ask(client, case, "rename", slug="new", reason="Its name.")
    assert Case.objects.get().slug == "new"


def test_a_case_is_merged_into_another(client: Client) -> None:
    case, other = make_case("twin"), make_case("case")
    assert "into" in ask(client, case, "merge", into="nothing", reason="The same.").context["form"].errors
    assert "into" in ask(client, case, "merge", into="twin", reason="The same.").context["form"].errors
    ask(client, case, "merge", into="case", reason="The same.")
    assert Case.objects.get(pk=case.pk).merged_into == other


def test_a_stale_question_shows_what_changed(client: Client) -> None:
    case = make_case("old")
    change(case, title="Another title")
    response = ask(client, case, "rename", slug="new", reason="Its name.")
    assert [c.path for c in response.context["meanwhile"].difference.changes] == ["title"]
    assert Case.objects.get().slug == "old"


@pytest.mark.parametrize("verb", ["withdraw", "rename", "merge"])
def test_contributors_are_not_asked(contributor: User, verb: str) -> None:
    case, client = make_case("case"), signed_in(contributor)
    address = f"/admin/cases/case/{case.pk}/{verb}/"
    sent: Typed = {"opened": 2, "reason": "x", "slug": "new", "into": "case"}
    assert (client.get(address).status_code, client.post(address, sent).status_code) == (403, 403)


def test_a_draft_that_was_deleted_is_told_of_in_its_history() -> None:
    root = User.objects.create_superuser("root", "root@example.org", "password")
    case = make_case(state="draft")
    signed_in(root).post(f"/admin/cases/case/{case.pk}/delete/", {"post": "yes"})
    assert not Case.objects.exists()
    assert Version.objects.get(history_type="-").history_user == root


def test_a_case_in_review_is_returned_with_the_reason(client: Client, contributor: User) -> None:
    case = actions.submit_case(case=make_case(state="draft", by=contributor), by=contributor)
    typed = opened(client, change_page(case)) | {"_return": "1"}
    with zeal_ignore([{"model": "cases.Case", "field": "get()"}]):
        assert list(mistakes(client.post(change_page(case), typed))) == ["reason"]
    client.post(change_page(case), typed | {"reason": "Name the source."})
    case.refresh_from_db()
    assert (case.state, case.remarks.get().text) == ("draft", "Name the source.")
