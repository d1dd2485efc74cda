from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from cases.admin import CaseAdmin
from cases.forms import curating as forms
from cases.models import Arrangement, Case, Claim, Passage, PathwayLink, Place
from tests.cases.admin.pages import ADD, LIST, Typed, change_page, mistakes, opened, says, term, whole_case, with_parts
from tests.factories import make_case, make_passage

pytestmark = [pytest.mark.django_db, pytest.mark.once]


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
    "a year no calendar has": (
        {"year_start": "99999"},
        {"year_start": ["Ensure this value is less than or equal to 9999."]},
    ),
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
    assert mistakes(response) == {"slug": ["Another case has this address; choose another, or change that case."]}


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


FORMS: dict[Any, Any] = {
    Case: forms.CaseForm,
    **{inline.model: inline.form for inline in CaseAdmin.inlines},
    Passage: forms.PassageForm,
    Place: forms.PlaceForm,
}


@pytest.mark.parametrize("model", FORMS, ids=lambda model: model.__name__)
def test_every_constraint_has_a_field_beside_which_it_speaks(model: type[Model]) -> None:
    names = {constraint.name for constraint in model._meta.constraints}
    fields_by_constraint = FORMS[model].fields_by_constraint
    assert set(fields_by_constraint) == names
    assert {field for fields in fields_by_constraint.values() for field in fields} <= {
        field.name for field in model._meta.get_fields()
    }
