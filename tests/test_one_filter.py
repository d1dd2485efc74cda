"""One question, one number: the page, the API, the export, the facets and Table 20.1 agree, whoever asks whatever."""

from __future__ import annotations

import csv
import io
import random
import re
from collections.abc import Iterator

import pytest
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoDbBlocker

from accounts.models import User
from cases.models import Case
from cases.query.parameters import CaseFilterSet
from tests.catalogues import QUERIES, VALUES, Query, make_catalogue
from tests.databases import standing
from tests.factories import make_curator

pytestmark = pytest.mark.django_db

Asker = tuple[Client, User | None]


@pytest.fixture(scope="module", autouse=True)
def catalogue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Three dozen cases, the same in each run, made once for all these tests; every third is a draft or withdrawn."""
    with standing(django_db_blocker):
        with django_db_blocker.unblock():
            make_catalogue(36, random.Random(20))  # noqa: S311 - nothing has to stay secret
        yield


@pytest.fixture
def askers() -> list[Asker]:
    """Someone unknown, and a curator."""
    curator, client = make_curator(), Client()
    client.force_login(curator)
    return [(Client(), None), (client, curator)]


def total_on_the_page(client: Client, query: Query) -> int:
    text = client.get("/cases/", query).content.decode()
    found = re.findall(r'id="result-total" data-total="(\d+)"', text)
    assert len(found) == 1, "one total on the page"
    return int(found[0])


def exported(client: Client, query: Query) -> list[str]:
    text = client.get("/export/cases.csv", query).getvalue().decode()
    return [row["slug"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def count(user: User | None, query: Query) -> int:
    asked = QueryDict(mutable=True)
    for name, value in query.items():
        asked.setlist(name, value if isinstance(value, list) else [value])
    answer = CaseFilterSet(asked, user)
    assert answer.problems == {}
    return answer.qs.count()


ASKER = st.integers(0, 1)
MANY = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


@MANY
@example(query={"source": ["loeffler-2020", "none"]}, asker=0)  # a join counted a case once for each of its sources
@given(query=QUERIES, asker=ASKER)
def test_page_api_and_export_hold_the_same_cases_in_the_same_order(
    askers: list[Asker], query: Query, asker: int
) -> None:
    client, user = askers[asker]
    answer = client.get("/api/v1/cases/", query | {"page_size": 200}).json()
    assert "results" in answer, (query, answer)
    slugs = [case["slug"] for case in answer["results"]]
    assert exported(client, query) == slugs
    assert total_on_the_page(client, query) == answer["count"] == len(slugs) == len(set(slugs)) == count(user, query)
    if user is None:
        published = set(Case.objects.published().values_list("slug", flat=True))
        assert set(slugs) <= published, "a draft is shown to nobody but curators"


@MANY
@example(query={}, asker=0, name="direction")  # has a term that is called like a kind of nothing
@given(query=QUERIES, asker=ASKER, name=st.sampled_from(list(VALUES)))
def test_a_facet_promises_the_total_of_the_question_with_that_value_alone(
    askers: list[Asker], query: Query, asker: int, name: str
) -> None:
    client, user = askers[asker]
    facets = {facet["name"]: facet for facet in client.get("/api/v1/facets/", query).json()}
    if name not in facets:
        assert (name, user) == ("status", None), "only curators are shown the states"
        return
    options = facets[name]["options"]
    promised = {option["value"]: option["count"] for option in options}
    assert promised == {value: count(user, query | {name: [value]}) for value in promised}
    for option in options[:2]:
        chosen = [value for value in query.get(name, []) if value != option["value"]]
        toggled = chosen if option["chosen"] else [*chosen, option["value"]]
        assert client.get(option["url"]).json()["count"] == count(user, query | {name: toggled})


@MANY
@given(query=QUERIES, asker=ASKER, row=st.integers(0, 6))
def test_a_cell_counts_the_question_with_its_type_co_producer_and_mode(
    askers: list[Asker], query: Query, asker: int, row: int
) -> None:
    client, user = askers[asker]
    table = client.get("/api/v1/matrix/", query).json()
    aside = {name: value for name, value in query.items() if name not in {"type", "actor", "mode", "match"}}
    shown = table["rows"][row]
    cells = {(cell["actor"], cell["mode"]): cell["count"] for cell in shown["cells"]}
    assert cells == {
        (actor, mode): count(user, aside | {"type": [shown["type"]], "actor": [actor], "mode": [mode]})
        for actor, mode in cells
    }
    assert shown["total"] == count(user, aside | {"type": [shown["type"]]})
    assert table["coded"] + table["uncoded"] == count(user, aside)


def test_the_catalogue_of_these_tests_has_what_could_leak_and_could_be_miscounted(askers: list[Asker]) -> None:
    (reader, _), (curator, _) = askers
    assert {state: Case.objects.filter(state=state).count() for state in VALUES["status"]} == {
        "draft": 8, "published": 21, "withdrawn": 7,
    }  # fmt: skip
    assert reader.get("/api/v1/cases/").json()["count"] == 21
    assert curator.get("/api/v1/cases/").json()["count"] == 36
    counts = {facet["name"]: [o["count"] for o in facet["options"]] for facet in curator.get("/api/v1/facets/").json()}
    assert [name for name, numbers in counts.items() if not any(numbers)] == []
