"""Ranges that end before they begin are refused, with the name of what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from cases.models import Claim
from tests.cases.admin.pages import change_page, opened
from tests.factories import claim, make_case, make_curator, make_record, make_source, make_terms, passage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/api/v1/results/", "/api/v1/cases/", "/export/cases.csv", "/export/cases.json"])
def test_a_query_of_reversed_years_is_refused_by_machines(client: Client, path: str) -> None:
    response = client.get(path, {"year_min": 2020, "year_max": 2010})
    assert response.status_code == 400
    assert response.json()["errors"] == [
        {"parameter": "year_max", "detail": "It is below year_min, 2020: exchange the two."}
    ]


def test_a_page_says_what_is_reversed(client: Client) -> None:
    make_case()
    response = client.get("/cases/", {"year_min": 2020, "year_max": 2010})
    assert response.status_code == 400
    assert "It is below year_min, 2020: exchange the two." in response.content.decode()
    assert client.get("/cases/", {"year_min": 2010, "year_max": 2010}).status_code == 200


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"claims": [claim(value=None, value_from=9, value_to=3)]}, "#/claims/0/value_to"),
        ({"claims": [claim(year_from=2015, year_to=2012)]}, "#/claims/0/year_to"),
        ({"years": {"start": 2015, "end": 2012, "passage": passage()}}, "#/years/end"),
    ],
)
def test_a_record_with_a_reversed_range_is_refused(client: Client, fields: dict[str, Any], pointer: str) -> None:
    make_terms()
    make_source()
    client.force_login(make_curator())
    response = client.post("/api/v1/cases/", make_record(**fields), content_type="application/json")
    assert (response.status_code, [each["pointer"] for each in response.json()["errors"]]) == (400, [pointer])


def test_the_form_refuses_a_reversed_figure(client: Client) -> None:
    client.force_login(make_curator())
    case = make_case(state="draft", claims=[claim(value=None, value_from=3, value_to=9)])
    typed = opened(client, change_page(case)) | {"claims-0-value_from": "9", "claims-0-value_to": "3"}
    response = client.post(change_page(case), typed)
    assert response.status_code == 200
    assert "It is below the first, 9: exchange the two." in response.content.decode()
    assert Claim.objects.get().value_to == 9
