"""The API's description of itself: whole, true, and for people too."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.conf import settings as settings_of_the_site
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django_countries import countries
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from cases.query.parameters import CaseFilterSet
from cases.serializers.fields import term_component
from tests.factories import arrangement, claim, make_case, make_terms

pytestmark = [pytest.mark.django_db, pytest.mark.once]

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
QUESTIONS = ["/api/v1/cases/", "/api/v1/facets/", "/api/v1/matrix/", "/export/cases.csv"]


@pytest.fixture
def schema(client: Client) -> dict[str, Any]:
    make_case(
        "apple", arrangements=[arrangement()], places=["oslo"], claims=[claim()], sources=[{"source": "loeffler-2020"}]
    )
    make_case("draft", state="draft", sources=[{"source": "hidden-2019"}])
    document: dict[str, Any] = client.get("/api/v1/schema/").json()
    return document


def parameters(schema: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    return {each["name"]: each for each in schema["paths"][path]["get"]["parameters"] if each["in"] == "query"}


def test_the_schema_is_valid_and_nothing_in_it_is_guessed() -> None:
    make_terms()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=io.StringIO())


def test_it_is_openapi_3_1_as_json_and_as_yaml(client: Client, schema: dict[str, Any]) -> None:
    assert schema["openapi"] == "3.1.0"
    yaml = client.get("/api/v1/schema/", headers={"Accept": "application/yaml"})
    assert yaml.content.startswith(b"openapi: 3.1.0\n")


@pytest.mark.parametrize("path", QUESTIONS)
def test_every_parameter_of_the_filter_is_described(schema: dict[str, Any], path: str) -> None:
    described = parameters(schema, path)
    paging = set() if path == "/api/v1/cases/" else {"page", "page_size", "cursor"}
    paging |= set() if path.startswith(("/api/v1/cases/", "/export/")) else {"fields", "labels"}
    assert set(described) == set(CaseFilterSet.base_filters) - paging
    assert [name for name, each in described.items() if len(each.get("description", "")) < 5] == []


def test_closed_lists_are_given_whole_and_open_ones_are_not(schema: dict[str, Any]) -> None:
    described = {name: each["schema"] for name, each in parameters(schema, "/api/v1/cases/").items()}
    nothing = ["none", "not-coded", "not-stated", "not-applicable", "explicit-no"]
    assert described["actor"]["items"]["enum"] == ["user", "community", *nothing]
    assert described["country"]["items"]["enum"] == [*(code for code, _ in countries), *nothing]
    assert described["match"]["enum"] == ["arrangement", "case"]
    assert described["format"]["enum"] == ["json"]
    assert (described["year_min"]["minimum"], described["page_size"]["maximum"]) == (1, 200)
    assert described["q"]["maxLength"] == 500
    assert "enum" not in described["source"]["items"]


def test_it_says_where_it_is_whose_it_is_and_what_it_costs_nobody_to_ask(schema: dict[str, Any]) -> None:
    assert [server["url"] for server in schema["servers"]] == ["http://testserver"]
    assert schema["info"]["contact"]["url"].startswith(settings_of_the_site.BASE_URL)
    assert schema["info"]["license"]["name"]
    assert schema["info"]["version"].count(".") == 2
    assert schema["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_terms_are_listed_wherever_a_term_stands(client: Client, schema: dict[str, Any]) -> None:
    components = schema["components"]["schemas"]
    for vocabulary in client.get("/api/v1/taxonomy/").json():
        name = term_component(vocabulary["slug"])
        if name in components:
            assert set(components[name]["enum"]) >= {term["slug"] for term in vocabulary["terms"]}
    for part, field, name in [
        ("Case", "kind", "KindTerm"),
        ("CaseRequest", "kind", "KindTerm"),
        ("Eligibility", "verdict", "EligibilityTerm"),
        ("Evidence", "direction", "DirectionTerm"),
        ("Caveat", "kind", "CaveatTerm"),
        ("Pathway", "pathway", "PathwayTerm"),
    ]:
        assert f"#/components/schemas/{name}" in str(components[part]["properties"][field]), part
    assert "#/components/schemas/SectorTerm" in str(components["Case"]["properties"]["sectors"]["items"])


def test_questions_and_errors_have_examples(client: Client, schema: dict[str, Any]) -> None:
    examples = {
        name: each["example"] for name, each in parameters(schema, "/api/v1/cases/").items() if "example" in each
    }
    assert {"q", "year_min"} <= set(examples)
    assert client.get("/api/v1/cases/", examples).status_code == 200
    answers = schema["paths"]["/api/v1/cases/"]["get"]["responses"]["default"]["content"]
    assert answers["application/problem+json"]["example"]["status"] == 400


def test_drafts_leave_no_trace_in_it(client: Client, schema: dict[str, Any]) -> None:
    assert "hidden-2019" not in client.get("/api/v1/schema/").content.decode()


def test_every_operation_says_what_its_errors_are(schema: dict[str, Any]) -> None:
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    answers = {tuple(operation["responses"]["default"]["content"]) for operation in operations}
    assert answers == {("application/problem+json",)}
    assert [operation["operationId"] for operation in operations if not operation.get("description")] == []


def test_every_door_under_the_root_is_in_it(client: Client, schema: dict[str, Any]) -> None:
    doors = client.get("/api/v1/").json()
    described = {f"http://testserver{path}" for path in schema["paths"]}
    assert {name for name, url in doors.items() if url not in described} == {"schema", "docs", "web-annotations"}


# What it says is so


@pytest.fixture
def described(schema: dict[str, Any]) -> Iterator[Any]:
    """The schema with the application behind it, whose requests leave the test's connection open."""
    loaded = schemathesis.openapi.from_dict(schema)
    loaded.app = WSGIHandler()
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield loaded
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@settings(max_examples=30, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_is_as_described(described: Any, data: st.DataObject) -> None:
    operations = [operation.ok() for operation in described.get_all_operations()]
    operation = data.draw(st.sampled_from(operations))
    case = data.draw(operation.as_strategy())
    case.call_and_validate(checks=CHECKS, headers={"Accept-Encoding": "identity"})


# For people


@pytest.mark.django_db(transaction=True)
def test_the_documentation_for_people_works_under_our_content_security_policy(page: Page) -> None:
    make_case("apple")
    page.goto("/api/v1/docs/")
    page.get_by_text("/api/v1/cases/{slug}/publish/").wait_for()
    page.locator("#operations-cases-cases_retrieve").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_placeholder("slug").fill("apple")
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
