from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db.models import Model
from django.forms import ModelMultipleChoiceField
from django.http import HttpResponse
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django import DjangoAssertNumQueries
from pytest_django.live_server_helper import LiveServer
from zeal import zeal_ignore

from accounts.models import User
from cases import actions, forms
from cases.admin import CaseAdmin
from cases.models import Arrangement, Case, Claim, Organisation, Passage, PathwayLink, Place, Source
from cases.models.case import State
from taxonomy.models import Term
from tests.factories import (
    arrangement,
    claim,
    make_case,
    make_organisation,
    make_passage,
    make_place,
    make_source,
    make_terms,
    make_user,
    passage,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/cases/case/"
ADD = "/admin/cases/case/add/"
PARTS = ("arrangements", "pathway_links", "claims", "caveats", "participations", "citations")

Typed = dict[str, Any]


def change_page(case: Case) -> str:
    return f"/admin/cases/case/{case.pk}/change/"


def term(vocabulary: str, slug: str) -> int:
    return int(Term.objects.get(vocabulary__slug=vocabulary, slug=slug).pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def curator() -> User:
    """A curator as there are: staff, in the group of that name, and nothing more."""
    make_terms()
    make_source()
    user = make_user("cora", name="Cora Curator", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    return user


@pytest.fixture
def client(curator: User) -> Client:
    return signed_in(curator)


def form_of(response: Any) -> Typed:
    """Return what a browser would send back of a form that nobody touched."""
    typed: Typed = {}
    blocks = [part.formset for part in response.context["inline_admin_formsets"]]
    for form in [response.context["adminform"].form, *(form for block in blocks for form in [block.management_form, *block])]:
        for field in form:
            value = field.value()
            if isinstance(value, list):
                typed[field.html_name] = [getattr(each, "pk", each) for each in value]
            elif value is True:
                typed[field.html_name] = "on"
            elif value is not False and not isinstance(field.field, ModelMultipleChoiceField):
                typed[field.html_name] = "" if value is None else getattr(value, "pk", value)
    return typed


def opened(client: Client, address: str) -> Typed:
    return form_of(client.get(address))


def with_parts(typed: Typed, kind: str, *rows: Typed) -> Typed:
    """Return the form with rows added to one kind of part, as "Add another" does."""
    start = int(typed[f"{kind}-TOTAL_FORMS"])
    added = {f"{kind}-{start + n}-{name}": value for n, row in enumerate(rows) for name, value in row.items()}
    return typed | added | {f"{kind}-TOTAL_FORMS": start + len(rows)}


def mistakes(response: Any) -> dict[str, list[str]]:
    """Return every mistake that a page shows, by the name of its field; "" is the page itself."""
    assert response.status_code == 200
    found: dict[str, list[str]] = {}
    for form in [response.context["adminform"].form, *(f for p in response.context["inline_admin_formsets"] for f in p.formset)]:
        for name, messages in form.errors.items():
            shown = "" if name == "__all__" else form.add_prefix(name)
            found[shown] = [re.sub("<[^>]*>", "", str(message)) for message in messages]
    return found


def messages_on(response: Any) -> list[str]:
    return [re.sub("<[^>]*>", "", str(message)) for message in response.context["messages"]]


def whole_case(typed: Typed) -> Typed:
    """Fill in the form of a new case, with a part of every kind."""
    words = make_passage().pk
    typed |= {
        "title": "SHaRON",
        "slug": "sharon",
        "kind": term("kind", "named-case"),
        "summary": "An online forum.",
        "narrative": "## How it works\r\n\r\nMembers *write*.",
        "verdict": term("eligibility", "co-delivery"),
        "verdict_reason": "A public body pays for it.",
        "verdict_passage": words,
        "year_start": "2008",
        "ongoing": "on",
        "years_passage": words,
        "evidence_level": term("evidence", "evaluation"),
        "evidence_direction": term("direction", "positive"),
        "evidence_passage": words,
        "sectors": [term("sector", "health")],
        "places": [make_place("berkshire").pk],
    }
    typed = with_parts(
        typed,
        "arrangements",
        {
            "label": "Members support one another",
            "type": term("type", "peer-support"),
            "type_basis": "explicit",
            "type_passage": words,
            "user": "on",
            "actor_basis": "inferred",
            "actor_passage": words,
            "digital": "on",
            "mode_absent": "not-coded",
            "mode_basis": "explicit",
            "mode_passage": words,
        },
    )
    rows = {
        "pathway_links": {"pathway": term("pathway", "prevention"), "basis": "section", "passage": words},
        "claims": {
            "as_stated": "over 400 members",
            "qualifier": "over",
            "value": "400",
            "unit": "people",
            "measures": "members",
            "source": make_source().pk,
            "passage": words,
        },
        "caveats": {"kind": term("caveat", "limitation"), "text": "Few were asked.", "passage": words},
        "participations": {"organisation": make_organisation("nhs").pk, "part": term("part", "funder"), "passage": words},
        "citations": {"source": make_source().pk, "locator": "p. 3"},
    }
    for kind, row in rows.items():
        typed = with_parts(typed, kind, row)
    return typed


# Entering and publishing


def test_a_curator_enters_a_whole_case_on_one_page_and_publishes_it(client: Client) -> None:
    response = client.post(ADD, whole_case(opened(client, ADD)) | {"_publish": "1"}, follow=True)
    case = Case.objects.get()
    assert response.redirect_chain == [(change_page(case), 302)]
    assert messages_on(response) == ["Published: every reader sees it."]
    assert (case.state, case.version, str(case.updated_by)) == ("published", 2, "Cora Curator")
    page = Client().get("/cases/sharon/")
    assert page.status_code == 200
    record = Client().get("/api/v1/cases/sharon/").json()
    words = {"source": "loeffler-2020", "exact": "citizens took part", "start": None, "end": None, "locator": ""}
    assert record["narrative"] == "## How it works\n\nMembers *write*."
    assert record["arrangements"] == [
        {
            "label": "Members support one another",
            "type": {"term": "peer-support", "basis": "explicit", "passage": words},
            "actor": {"terms": ["user"], "basis": "inferred", "passage": words},
            "mode": {"terms": ["digital"], "absent": None, "basis": "explicit", "passage": words},
        }
    ]
    assert record["pathways"] == [{"pathway": "prevention", "basis": "section", "passage": words}]
    assert (record["sectors"], record["places"], record["absent"]) == (["health"], ["berkshire"], {})
    assert [(figure["qualifier"], figure["value"]) for figure in record["claims"]] == [("over", 400)]
    assert record["caveats"] == [{"kind": "limitation", "text": "Few were asked.", "passage": words}]
    assert record["organisations"] == [{"organisation": "nhs", "part": "funder", "passage": words}]
    assert record["sources"] == [{"source": "loeffler-2020", "locator": "p. 3"}]
    assert (record["years"]["start"], record["years"]["ongoing"]) == (2008, True)
    found = Client().get("/api/v1/cases/", {"q": "members", "type": "peer-support"}).json()
    assert [row["slug"] for row in found["results"]] == ["sharon"]


def test_a_new_case_is_a_draft_that_only_curators_see(client: Client) -> None:
    client.post(ADD, whole_case(opened(client, ADD)))
    case = Case.objects.get()
    assert (case.state, case.version, str(case.updated_by)) == ("draft", 1, "Cora Curator")
    assert (Client().get("/cases/sharon/").status_code, client.get("/cases/sharon/").status_code) == (404, 200)


def test_the_title_alone_makes_a_draft_and_says_what_is_missing(client: Client) -> None:
    typed = opened(client, ADD) | {"title": "SHaRON", "slug": "sharon", "kind": term("kind", "named-case")}
    response = client.post(ADD, typed | {"_continue": "1"}, follow=True)
    assert [words for words, _, _ in response.context["missing"]] == [
        *("summary", "eligibility: verdict", "eligibility: reason", "eligibility: passage", "narrative", "sources"),
        *("arrangements", "pathways", "sectors", "places", "years", "evidence"),
    ]
    page = response.content.decode()
    assert '<a href="#id_verdict_reason">Eligibility: reason</a>: A verdict says its reason.' in page
    assert "12 of 13 things" in page


def test_saving_a_page_untouched_makes_no_new_version(client: Client) -> None:
    case = make_case(narrative="One.\n\nTwo.", arrangements=[arrangement()], claims=[claim()], sectors=["health"])
    typed = opened(client, change_page(case)) | {"narrative": "One.\r\n\r\nTwo."}
    assert client.post(change_page(case), typed).status_code == 302
    assert Case.objects.values_list("version", "updated_by", "updated_at").get() == (case.version, None, case.updated_at)


def test_a_changed_part_makes_a_new_version_in_the_curators_name(client: Client, curator: User) -> None:
    case = make_case(arrangements=[arrangement()])
    typed = opened(client, change_page(case)) | {"arrangements-0-label": "Neighbours help"}
    client.post(change_page(case), typed)
    case.refresh_from_db()
    assert (case.version, case.updated_by) == (3, curator)
    assert [part.label for part in case.arrangements.all()] == ["Neighbours help"]
    assert "neighbours help" in case.search_text


def test_a_curator_takes_parts_away_and_the_kind_of_nothing_follows(client: Client) -> None:
    case = make_case(arrangements=[arrangement()])
    client.post(change_page(case), opened(client, change_page(case)) | {"arrangements-0-DELETE": "on"})
    case.refresh_from_db()
    assert (case.arrangements.count(), case.arrangements_absent) == (0, "not-coded")


def test_parts_stand_in_the_order_of_their_numbers_and_without_one_last(client: Client) -> None:
    case = make_case(claims=[claim("one", 1), claim("two", 2)])
    row = {"as_stated": "three", "value": 3, "unit": "people", "measures": "people"}
    row |= {"source": make_source().pk, "passage": make_passage().pk, "order": ""}
    typed = with_parts(opened(client, change_page(case)), "claims", row) | {"claims-0-order": "5", "claims-1-order": "2"}
    client.post(change_page(case), typed)
    assert list(case.claims.values_list("as_stated", "order")) == [("two", 0), ("one", 1), ("three", 2)]


# Wrong input


def test_publishing_what_is_not_whole_says_what_is_missing_beside_its_fields_and_saves_nothing(client: Client) -> None:
    typed = opened(client, ADD) | {"title": "SHaRON", "slug": "sharon", "kind": term("kind", "named-case")}
    assert mistakes(client.post(ADD, typed | {"_publish": "1"})) == {
        "summary": ["A published case has a summary of one or two sentences."],
        "verdict": ["A published case has a verdict on its eligibility."],
        "verdict_reason": ["A verdict says its reason."],
        "verdict_passage": ["A verdict rests on a passage of a source."],
    }
    assert not Case.objects.exists()


YEARS = {"year_start": "2010", "year_end": "2006", "ongoing": ""}


def says(model: type[Model], name: str) -> list[str]:
    """Return what a constraint says of a row that breaks it."""
    (constraint,) = [each for each in model._meta.constraints if each.name == name]
    return [str(constraint.get_violation_error_message())]


MODE = says(Arrangement, "arrangement_mode_or_why_none")
WRONG: dict[str, tuple[Typed, dict[str, list[str]]]] = {
    "end before start": (YEARS, {"year_end": says(Case, "case_end_not_before_start")}),
    "running and ended": ({"year_end": "2012"}, {"year_end": says(Case, "case_running_has_no_end")}),
    "years without passage": (
        {"years_passage": ""},
        {"years_passage": says(Case, "case_years_or_why_none")},
    ),
    "running since nobody knows when": (
        {"year_start": ""},
        {"year_start": ["Give the first year, or take the passage and “running” away."]},
    ),
    "a level without direction": (
        {"evidence_direction": ""},
        {"evidence_direction": says(Case, "case_evidence_or_why_none")},
    ),
    "a judgement without reason": (
        {"democratic_quality": "concern-raised"},
        {"democratic_reason": says(Case, "case_democratic_judgement_has_reason")},
    ),
    "an earlier verdict without year": (
        {"verdict_before": "conditional"},
        {"verdict_since": says(Case, "case_earlier_verdict_has_year")},
    ),
    "no co-producer": (
        {"arrangements-0-user": ""},
        {"arrangements-0-user": says(Arrangement, "arrangement_has_co_producer")},
    ),
    "a mode without passage": ({"arrangements-0-mode_passage": ""}, {"arrangements-0-mode_passage": MODE}),
    "a passage without mode": ({"arrangements-0-digital": ""}, {"arrangements-0-mode_passage": MODE}),
    "a figure without number": ({"claims-0-value": ""}, {"claims-0-value": says(Claim, "claim_value_or_from_to")}),
    "a figure of none": ({"claims-0-out_of": "0"}, {"claims-0-out_of": ["It is more than nothing."]}),
    "a period without beginning": (
        {"claims-0-year_to": "2010"},
        {"claims-0-year_from": says(Claim, "claim_period_in_order")},
    ),
    "NUL": ({"title": "SHa\0RON"}, {"title": ["Null characters are not allowed."]}),
    "NUL in a part": ({"caveats-0-text": "\0"}, {"caveats-0-text": ["Null characters are not allowed."]}),
    "a slug of 10,000 characters": (
        {"slug": "s" * 10_000},
        {"slug": ["Ensure this value has at most 120 characters (it has 10000)."]},
    ),
    "a year no calendar has": ({"year_start": "99999"}, {"year_start": ["Ensure this value is less than or equal to 9999."]}),
    "an order beyond all": (
        {"claims-0-order": str(10**30)},
        {"claims-0-order": ["Ensure this value is less than or equal to 32767."]},
    ),
    "words for a passage": (
        {"verdict_passage": "loeffler"},
        {"verdict_passage": ["Select a valid choice. That choice is not one of the available choices."]},
    ),
    "a passage that no database can count to": (
        {"verdict_passage": str(10**30)},
        {"verdict_passage": ["Select a valid choice. That choice is not one of the available choices."]},
    ),
    "a place that no database can count to": (
        {"places": [str(10**30)]},
        {"places": [f"Select a valid choice. {10**30} is not one of the available choices."]},
    ),
    "NUL for a sector": ({"sectors": ["\0"]}, {"sectors": ["Null characters are not allowed."]}),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_said_beside_its_field_and_changes_nothing(client: Client, name: str) -> None:
    wrong, said = WRONG[name]
    wrong = {field: terms_for(field, value) for field, value in wrong.items()}
    typed = {field: value for field, value in (whole_case(opened(client, ADD)) | wrong).items() if value != ""}
    response = client.post(ADD, typed)
    assert mistakes(response) == said
    assert not Case.objects.exists()
    assert response.context["adminform"].form["summary"].value() == "An online forum."


def terms_for(field: str, value: Any) -> Any:
    vocabulary = {"democratic_quality": "democratic-quality", "verdict_before": "eligibility"}.get(field)
    return term(vocabulary, value) if vocabulary else value


def test_a_published_case_stays_whole(client: Client) -> None:
    case = make_case()
    typed = opened(client, change_page(case)) | {"summary": "", "verdict_reason": ""}
    assert mistakes(client.post(change_page(case), typed)) == {
        "summary": says(Case, "case_published_has_title_and_summary"),
        "verdict_reason": says(Case, "case_published_has_verdict_reason_passage"),
    }
    assert Case.objects.values_list("summary", "version").get() == ("Citizens and staff do it together.", 2)


def test_two_cases_never_share_an_address(client: Client) -> None:
    make_case("sharon")
    response = client.post(ADD, whole_case(opened(client, ADD)))
    assert mistakes(response) == {"slug": ["Case with this Slug already exists."]}


def test_one_pathway_stands_once(client: Client) -> None:
    typed = whole_case(opened(client, ADD))
    row = {"pathway": term("pathway", "prevention"), "basis": "explicit", "passage": make_passage("again").pk}
    response = client.post(ADD, with_parts(typed, "pathway_links", row))
    blocks = {part.formset.prefix: part.formset.non_form_errors() for part in response.context["inline_admin_formsets"]}
    assert blocks["pathway_links"] == ["Please correct the duplicate data for pathway."]
    assert not PathwayLink.objects.exists()


def test_a_type_is_chosen_from_the_types_only(client: Client) -> None:
    typed = whole_case(opened(client, ADD)) | {"arrangements-0-type": term("sector", "health")}
    said = ["Select a valid choice. That choice is not one of the available choices."]
    assert mistakes(client.post(ADD, typed)) == {"arrangements-0-type": said}


def test_script_in_a_title_is_shown_as_text(client: Client) -> None:
    case = make_case(title="<script>alert(1)</script>")
    for address in (LIST, change_page(case), f"/admin/cases/case/{case.pk}/withdraw/"):
        assert "<script>alert" not in client.get(address).content.decode()


FORMS = {
    Case: forms.CaseForm,
    **{inline.model: inline.form for inline in CaseAdmin.inlines},
    Passage: forms.PassageForm,
    Place: forms.PlaceForm,
}


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_every_constraint_has_a_field_beside_which_it_speaks(model: type[Model]) -> None:
    names = {constraint.name for constraint in model._meta.constraints}
    beside = FORMS[model].beside
    assert set(beside) == names
    assert {field for fields in beside.values() for field in fields} <= {field.name for field in model._meta.get_fields()}


# Stale saves


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
    actions.settle(case=Case.objects.get(pk=case.pk), by=other)


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
    settle = actions.settle

    def late(**known: Any) -> Case:
        Case.objects.filter(pk=case.pk).update(version=9)
        return settle(**known)

    monkeypatch.setattr(actions, "settle", late)
    with zeal_ignore([{"model": "cases.Case", "field": "get()"}]):  # it is read again once all is undone
        assert list(mistakes(client.post(change_page(case), typed))) == [""]
    assert Case.objects.values_list("summary", "version").get() == ("Citizens and staff do it together.", 2)


# Moving


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


@pytest.mark.parametrize("sent", [{}, {"opened": "x"}, {"opened": "1", "reason": "Twice."}, {"opened": "2", "reason": "\0"}])
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
        ("draft", ["_save", "_addanother", "_continue", "_publish"]),
        ("published", ["_save", "_addanother", "_continue"]),
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


# Who may


def test_readers_are_asked_to_sign_in_as_someone_else() -> None:
    case = make_case()
    client = signed_in(make_user())
    for address in (LIST, ADD, change_page(case), f"/admin/cases/case/{case.pk}/withdraw/", "/admin/"):
        assert client.get(address).status_code in (302, 403)
        assert client.post(address, {"opened": 2, "reason": "x"}).status_code in (302, 403)
    assert Case.objects.get().state == State.PUBLISHED


def test_staff_without_permission_have_nothing_to_curate() -> None:
    case = make_case()
    client = signed_in(make_user(is_staff=True))
    for address in (LIST, ADD, change_page(case), f"/admin/cases/case/{case.pk}/withdraw/", "/admin/cases/passage/"):
        assert (client.get(address).status_code, client.post(address).status_code) == (403, 403)


def test_who_may_only_look_sees_the_page_and_saves_nothing() -> None:
    case = make_case(state="draft", arrangements=[arrangement()], sectors=["health"])
    user = make_user(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_case"))
    client = signed_in(user)
    assert client.get(LIST).status_code == 200
    page = client.get(change_page(case)).content.decode()
    assert ("Members support one another" in page, 'name="_save"' in page, "Withdraw …" in page) == (True, False, False)
    assert client.post(change_page(case), {"opened": case.version, "title": "Mine"}).status_code == 403
    client.post(LIST, {"action": "publish_selected", "_selected_action": [case.pk]})
    assert Case.objects.values_list("title", "state").get() == ("A case", "draft")


def test_only_drafts_that_readers_never_saw_are_deleted() -> None:
    client = signed_in(User.objects.create_superuser("root", "root@example.org", "password"))
    draft, published, withdrawn = (make_case(state, state=state) for state in ("draft", "published", "withdrawn"))
    for case in (draft, published, withdrawn):
        client.post(f"/admin/cases/case/{case.pk}/delete/", {"post": "yes"})
    assert set(Case.objects.values_list("slug", flat=True)) == {"published", "withdrawn"}
    response = client.post(LIST, {"action": "delete_selected", "_selected_action": [published.pk], "post": "yes"})
    assert (response.status_code, Case.objects.count()) == (302, 2)


def test_curators_delete_no_case(client: Client) -> None:
    case = make_case(state="draft")
    assert client.post(f"/admin/cases/case/{case.pk}/delete/", {"post": "yes"}).status_code == 403


# The list


def rows(response: Any) -> list[list[str]]:
    """Return the list as a reader sees it."""
    table = response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub("<[^>]*>", "", cell) for cell in row if "action-select" not in cell] for row in cells]


def test_the_list_says_how_each_case_stands(client: Client, curator: User) -> None:
    case = make_case("sharon", arrangements=[arrangement(), arrangement()], by=curator)
    Case.objects.filter(pk=case.pk).update(updated_at=datetime(2026, 3, 4, 5, 6, tzinfo=UTC))
    saved = "2026-03-04 05:06 Cora Curator"
    assert rows(client.get(LIST)) == [["Sharon", "Named case", "published", "Co delivery", "2", "7 of 13", saved]]


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_asks_as_often_for_three_cases_as_for_one(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        make_case(f"case-{n}", arrangements=[arrangement()] * n, sources=[{"source": "loeffler-2020"}])
    with django_assert_num_queries(11):
        assert len(rows(client.get(LIST))) == number


@pytest.mark.parametrize("number", [1, 3])
def test_the_page_asks_as_often_for_three_parts_of_a_kind_as_for_one(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    kinds = ["prevention", "treatment", "rehabilitation"][:number]
    names = [f"o-{n}" for n in range(number)]
    case = make_case(
        arrangements=[arrangement(modes=["digital"]), arrangement(), arrangement()][:number],
        claims=[claim(f"{n} people", n) for n in range(1, number + 1)],
        pathways=[{"pathway": kind, "basis": "section", "passage": passage(kind)} for kind in kinds],
        caveats=[{"kind": "limitation", "text": kind, "passage": passage(kind)} for kind in kinds],
        organisations=[{"organisation": name, "part": "funder", "passage": passage(name)} for name in names],
        sources=[{"source": name} for name in names],
        places=names,
        sectors=["health"],
    )
    with django_assert_num_queries(21):
        client.get(change_page(case))


@pytest.mark.parametrize(
    ("query", "slugs"),
    [
        ("", ["coded", "draft", "plain"]),
        ("?q=coded", ["coded"]),
        ("?q=%00", ["coded", "draft", "plain"]),
        ("?state__exact=draft", ["draft"]),
        ("?sector=health", ["coded"]),
        ("?sector=public-health", ["coded"]),
        ("?sector=sport", []),
        ("?uncoded=arrangements", ["draft", "plain"]),
        ("?uncoded=sectors", ["draft", "plain"]),
        ("?uncoded=any", ["coded", "draft", "plain"]),
        ("?state__exact=%00", ["coded", "draft", "plain"]),
        ("?kind__id__exact=%00", ["coded", "draft", "plain"]),
        ("?sector=nothing", []),
        ("?uncoded=nothing", []),
        ("?p=99", ["coded", "draft", "plain"]),
        ("?%00=1", ["coded", "draft", "plain"]),
        ("?kind__id__exact=99999999999999999999999999", []),
    ],
)
def test_the_list_is_searched_and_filtered(client: Client, query: str, slugs: list[str]) -> None:
    make_case("coded", arrangements=[arrangement()], sectors=["public-health"])
    make_case("draft", state="draft")
    make_case("plain")
    response = client.get(LIST + query, follow=True)
    assert response.status_code == 200
    assert [row[0] for row in rows(response)] == [slug.capitalize() for slug in slugs]


# The page


def test_the_codebook_stands_beside_the_fields(client: Client) -> None:
    Term.objects.filter(slug="conditional").update(definition="Only if <somebody> pays.")
    page = client.get(ADD).content.decode()
    assert "Only if &lt;somebody&gt; pays." in page
    assert page.count("What peer-support is.") == 1


def test_a_subtype_stands_below_its_type(client: Client) -> None:
    field = client.get(ADD).context["inline_admin_formsets"][0].formset.empty_form.fields["type"]
    assert [label for _, label in field.choices][-3:] == [
        "Joint action",
        "– Joint action services",
        "– Joint action outcomes",
    ]


def test_a_draft_is_previewed_and_a_published_case_seen(client: Client) -> None:
    draft, case = make_case("draft", state="draft"), make_case("case")
    preview = '<a href="/cases/draft/" target="_blank">Preview as readers will see it</a>'
    assert preview in client.get(change_page(draft)).content.decode()
    assert '<a href="/cases/case/" target="_blank">See it on the site</a>' in client.get(change_page(case)).content.decode()


def test_an_unknown_case_leads_back_with_a_word(client: Client) -> None:
    for pk in ("999", "x", "9" * 30):
        assert messages_on(client.get(f"/admin/cases/case/{pk}/change/", follow=True)) != []


# The registers

REGISTERS: dict[str, Callable[[int], Any]] = {
    "source": lambda n: make_source(f"source-{n}"),
    "passage": lambda n: make_passage(f"words {n}", make_source(f"source-{n}")),
    "organisation": lambda n: make_organisation(f"organisation-{n}"),
    "place": lambda n: make_place(f"place-{n}"),
}


@pytest.mark.parametrize("number", [1, 3])
@pytest.mark.parametrize(("register", "queries"), [("source", 7), ("passage", 8), ("organisation", 7), ("place", 7)])
def test_a_register_asks_as_often_for_three_things_as_for_one(
    curator: User, register: str, queries: int, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    Source.objects.all().delete()
    for n in range(number):
        REGISTERS[register](n)
    client = signed_in(curator)
    with django_assert_num_queries(queries):
        assert len(rows(client.get(f"/admin/cases/{register}/"))) == number


def test_a_register_counts_how_often_each_thing_is_in_use(client: Client) -> None:
    make_case(
        arrangements=[arrangement()],
        claims=[claim("ten", 10)],
        places=["birmingham"],
        organisations=[{"organisation": "kings-fund", "part": "funder", "passage": passage("ten")}],
        sources=[{"source": "loeffler-2020"}],
    )
    make_place("paris")
    assert {row[0]: row[-1] for row in rows(client.get("/admin/cases/place/"))} == {"Birmingham": "1×", "Paris": "–"}
    assert [row[-1] for row in rows(client.get("/admin/cases/organisation/"))] == ["1×"]
    # two passages, a figure, a citation
    assert [row[-1] for row in rows(client.get("/admin/cases/source/"))] == ["4×"]
    # the verdict, the type and the co-producers; the figure and the organisation
    passages = {row[0]: row[-1] for row in rows(client.get("/admin/cases/passage/"))}
    assert passages == {"citizens took part": "3×", "ten": "2×"}


@pytest.mark.parametrize("register", ["source", "passage", "organisation", "place"])
@pytest.mark.parametrize("many", [False, True])
def test_what_is_in_use_is_not_deleted_and_says_where(register: str, many: bool) -> None:  # noqa: FBT001 - both ways
    case = make_case(
        "sharon", places=["birmingham"], organisations=[{"organisation": "kings-fund", "part": "funder", "passage": None}]
    )
    client = signed_in(User.objects.create_superuser("root", "root@example.org", "password"))
    thing = {"source": Source, "passage": Passage, "organisation": Organisation, "place": Place}[register].objects.get()
    chosen = {"action": "delete_selected", "_selected_action": [thing.pk], "post": "yes"}
    address = f"/admin/cases/{register}/" if many else f"/admin/cases/{register}/{thing.pk}/delete/"
    response = client.post(address, chosen)
    assert response.status_code == 200
    assert "Sharon" in re.sub("<[^>]*>", "", response.content.decode()) or register == "source"
    assert (type(thing).objects.count(), case.places.count(), case.organisations.count()) == (1, 1, 1)


def test_what_is_not_in_use_is_deleted() -> None:
    client = signed_in(User.objects.create_superuser("root", "root@example.org", "password"))
    place = make_place()
    client.post(f"/admin/cases/place/{place.pk}/delete/", {"post": "yes"})
    assert not Place.objects.exists()


def test_a_slug_is_given_once(client: Client) -> None:
    place = make_place("paris")
    client.post(f"/admin/cases/place/{place.pk}/change/", {"name": "Lutetia", "slug": "lutetia"})
    assert Place.objects.values_list("slug", "name").get() == ("paris", "Lutetia")


def test_a_case_is_found_by_the_new_name_of_its_place(client: Client) -> None:
    case = make_case(places=["paris"])
    client.post(f"/admin/cases/place/{Place.objects.get().pk}/change/", {"name": "Lutetia", "slug": "paris"})
    found = Client().get("/api/v1/cases/", {"q": "lutetia"}).json()
    assert [row["slug"] for row in found["results"]] == [case.slug]
    assert Case.objects.get().version == case.version


OFFSETS = says(Passage, "passage_offsets_span_its_words")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"exact": ""}, {"exact": ["This field is required."]}),
        ({"start": "3", "end": "4"}, {"end": OFFSETS}),
        ({"start": "", "end": "4"}, {"start": OFFSETS}),
        ({"start": str(10**20)}, {"start": ["Ensure this value is less than or equal to 2147483647."]}),
        ({"source": "x"}, {"source": ["Select a valid choice. That choice is not one of the available choices."]}),
        ({"source": str(10**30)}, {"source": ["Select a valid choice. That choice is not one of the available choices."]}),
        ({"exact": "a\0b"}, {"exact": ["Null characters are not allowed."]}),
    ],
)
def test_a_wrong_passage_is_refused(client: Client, wrong: Typed, said: dict[str, list[str]]) -> None:
    typed = {"source": make_source().pk, "exact": "took part", "start": "", "end": ""} | wrong
    assert mistakes(client.post("/admin/cases/passage/add/", typed)) == said
    assert not Passage.objects.exists()


def test_the_end_of_a_passage_follows_from_its_start(client: Client) -> None:
    client.post("/admin/cases/passage/add/", {"source": make_source().pk, "exact": "took part", "start": "12"})
    assert Passage.objects.values_list("exact", "start", "end").get() == ("took part", 12, 21)


def test_coordinates_are_both_given_and_on_earth(client: Client) -> None:
    said = says(Place, "place_coordinates_both_and_on_earth")
    typed = {"name": "Paris", "slug": "paris", "latitude": "48.9", "longitude": ""}
    assert mistakes(client.post("/admin/cases/place/add/", typed)) == {"longitude": said}


@pytest.mark.parametrize(
    ("term", "found"),
    [("forum", ["words of a forum"]), ("loeffler", ["words of a forum"]), ("\0", ["words of a forum"]), ("none", [])],
)
def test_a_passage_is_found_by_its_words_and_its_source(client: Client, term: str, found: list[str]) -> None:
    make_passage("words of a forum")
    asked = {"app_label": "cases", "model_name": "arrangement", "field_name": "type_passage", "term": term}
    results = client.get("/admin/autocomplete/", asked).json()["results"]
    assert [result["text"] for result in results] == found


# In a browser


@pytest.fixture
def _signed_in(page: Page, live_server: LiveServer) -> Iterator[None]:
    make_case("sharon", state="draft", summary="", arrangements=[arrangement()], claims=[claim()], places=["paris"])
    user = make_user("cora", name="Cora Curator", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    session = signed_in(user).cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield


ADDRESSES = ("/admin/", LIST, ADD, "/admin/cases/passage/", "/admin/cases/passage/add/", "/admin/taxonomy/term/")


@pytest.mark.every_screen
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_signed_in")
def test_the_pages_fit_their_window_and_keep_to_their_policy(page: Page) -> None:
    for address in (*ADDRESSES, change_page(Case.objects.get())):
        page.goto(address)
        assert (address, page.evaluate("document.documentElement.scrollWidth - window.innerWidth")) == (address, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_signed_in")
def test_a_curator_adds_a_part_finds_its_words_and_publishes(page: Page) -> None:
    page.goto(change_page(Case.objects.get()))
    page.get_by_label("Summary").fill("An online forum.")
    page.get_by_role("link", name="Add another Source").click()
    page.locator(".field-source .select2-selection").last.click()
    page.locator(".select2-search__field").last.fill("loeff")
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
