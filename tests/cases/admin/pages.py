"""The curators' pages as a browser sends them back and a reader sees them."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Model
from django.forms import ModelMultipleChoiceField
from django.test import Client

from accounts.models import User
from cases.models import Case
from taxonomy.models import Term
from tests.factories import make_organisation, make_passage, make_place, make_source

LIST = "/admin/cases/case/"
ADD = "/admin/cases/case/add/"

Typed = dict[str, Any]


def change_page(case: Case) -> str:
    return f"/admin/cases/case/{case.pk}/change/"


def term(vocabulary: str, slug: str) -> int:
    return int(Term.objects.get(vocabulary__slug=vocabulary, slug=slug).pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form_of(response: Any) -> Typed:
    """Return what a browser would send back of a form that nobody touched."""
    typed: Typed = {}
    blocks = [part.formset for part in response.context["inline_admin_formsets"]]
    for form in [
        response.context["adminform"].form,
        *(form for block in blocks for form in [block.management_form, *block]),
    ]:
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
    for form in [
        response.context["adminform"].form,
        *(f for p in response.context["inline_admin_formsets"] for f in p.formset),
    ]:
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
    parts: dict[str, Typed] = {
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
        "participations": {
            "organisation": make_organisation("nhs").pk,
            "part": term("part", "funder"),
            "passage": words,
        },
        "citations": {"source": make_source().pk, "locator": "p. 3"},
    }
    for kind, row in parts.items():
        typed = with_parts(typed, kind, row)
    return typed


def rows(response: Any) -> list[list[str]]:
    """Return the list as a reader sees it."""
    table = response.content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[re.sub("<[^>]*>", "", cell) for cell in row if "action-select" not in cell] for row in cells]


def says(model: type[Model], name: str) -> list[str]:
    """Return what a constraint says of a row that breaks it."""
    (constraint,) = [each for each in model._meta.constraints if each.name == name]
    return [str(constraint.get_violation_error_message())]
