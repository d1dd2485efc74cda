"""The overview of the catalogue: each number leads to exactly the cases that it counts."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from cases import actions
from cases.models import Case, Proposal, State
from cases.record.completeness import completeness
from cases.record.convert import record_from_case
from cases.review.overview import CASE_GROUPS, MISSING_CONDITIONS, build_overview, filter_by_group
from taxonomy.actions import retire_term
from taxonomy.models import Term
from tests.factories import (
    arrangement,
    claim,
    make_case,
    make_curator,
    make_place,
    make_terms,
    make_user,
    passage,
)

pytestmark = pytest.mark.django_db

ADDRESS = "/curation/"


@pytest.fixture
def curator() -> User:
    """A curator as there are: staff, in the group of that name, and nothing more."""
    make_terms()
    user = make_user("cora", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    return user


@pytest.fixture
def client(curator: User) -> Client:
    client = Client()
    client.force_login(curator)
    return client


def years(start: int, **more: Any) -> dict[str, Any]:
    return {"start": start, "passage": passage("then"), **more}


def make_catalogue(curator: User) -> None:
    """Make cases that differ in everything that is counted."""
    make_place("lyon", country="FR")
    make_place("nowhere", country="")
    make_case(
        "whole",
        arrangements=[arrangement()],
        pathways=[{"pathway": "prevention", "basis": "section", "passage": passage("prevents")}],
        sectors=["public-health", "sport"],
        places=["birmingham", "lyon"],
        years=years(1994, end=2006),
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage("evaluated")},
        claims=[claim()],
        sources=[{"source": "loeffler-2020"}],
    )
    make_case("running", years=years(2008, ongoing=True), sectors=["health"], places=["nowhere"], claims=[claim()])
    make_case("ancient", years=years(1790), narrative="See [here](there).", absent={"sectors": "not-applicable"})
    make_case("silent", narrative="", absent={"sectors": "not-stated", "places": "not-stated", "years": "not-stated"})
    make_case("mine", state="draft", by=curator, title="Mine")
    make_case("theirs", state="draft", title="Mine", summary="")
    make_case("gone", state="withdrawn")
    in_review = make_case("submitted", state="draft", by=curator)
    actions.submit_case(case=in_review, by=curator)
    returned = actions.submit_case(case=make_case("returned", state="draft", by=curator), by=curator)
    actions.return_case(case=returned, by=None, reason="Which year?")
    old = timezone.now() - timedelta(days=800)
    Case.objects.filter(slug__in=["silent", "theirs"]).update(updated_at=old)
    propose(Case.objects.get(slug="whole"), curator)
    Proposal.objects.update(updated_at=old)
    propose(Case.objects.get(slug="running"), curator)
    given = propose(Case.objects.get(slug="ancient"), curator)
    actions.return_proposal(proposal=given, by=make_curator(), version=given.version, text="Which year?")
    retire_term(term=Term.objects.get(slug="sport"), by=curator, reason="Nobody used it.")


def propose(case: Case, by: User) -> Proposal:
    record = record_from_case(Case.objects.whole().get(pk=case.pk)) | {"title": f"{case.title}, anew"}
    return actions.propose_revision(case=case, record=record, by=by, version=case.version, reason="It is called so.")


def numbers_on(page: str) -> list[tuple[str, int]]:
    """Return each number of the page with the address that it leads to."""
    found = re.findall(r'<a[^>]* href="([^"]+)"[^>]*?>?(?:<span class="n")? data-count="(\d+)"', page)
    assert len(found) == page.count("data-count="), "a number leads nowhere"
    return [(unescape(address), int(number)) for address, number in found]


def listed(client: Client, address: str) -> int:
    """Return how many cases, or proposals, an address lists."""
    response = client.get(address)
    assert response.status_code == 200, address
    page = response.content.decode()
    if address.startswith("/admin/"):
        return int(response.context["cl"].result_count)
    return int(re.findall(r'data-total="(\d+)"', page)[0])


def test_each_number_leads_to_as_many_cases(client: Client, curator: User) -> None:
    make_catalogue(curator)
    numbers = numbers_on(client.get(ADDRESS).content.decode())
    assert len(numbers) > 80
    assert [(address, listed(client, address)) for address, _ in numbers] == numbers


def test_it_counts_what_there_is(curator: User) -> None:
    make_catalogue(curator)
    seen = build_overview(curator)
    assert (seen.total.count, [number.count for number in seen.waiting]) == (8, [2, 1, 1, 2, 1, 1, 1, 0])
    assert {field.label: (field.filled.count, field.lacking.count) for field in seen.fields} == {
        "title": (8, 0),
        "summary": (7, 1),
        "verdict": (8, 0),
        "reason of the verdict": (8, 0),
        "passage behind the verdict": (8, 0),
        "role": (0, 8),
        "narrative": (7, 1),
        "sources": (1, 7),
        "arrangements": (1, 7),
        "pathways": (1, 7),
        "public_input": (0, 8),
        "contribution": (0, 8),
        "findings": (0, 8),
        "sectors": (4, 4),
        "places": (3, 5),
        "years": (4, 4),
        "evidence": (1, 7),
    }
    sectors = next(dimension for dimension in seen.dimensions if dimension.label == "sectors")
    assert (sectors.label, [number.count for number in sectors.numbers]) == ("sectors", [2, 4, 1, 1, 0])
    assert [number.count for number in seen.gaps] == [7, 6, 1, 1, 1, 1]


def test_it_counts_published_cases_by_country_sector_and_decade(curator: User) -> None:
    make_catalogue(curator)
    country, sector, decade = build_overview(curator).charts
    assert [(bar.number.label, bar.number.count) for bar in country.bars] == [("France", 1), ("United Kingdom", 1)]
    assert {number.label: number.count for number in country.nothing} == {
        "not coded": 2,
        "not stated by the source": 1,
        "not applicable": 0,
        "explicitly none": 0,
    }
    assert {bar.number.label: bar.number.count for bar in sector.bars if bar.number.count} == {
        "Health": 2,
        "Public health": 1,
        "Sport": 1,
    }
    assert {bar.number.label: bar.number.count for bar in decade.bars if bar.number.count} == {
        "before 1880": 1,
        "1990–1999": 1,
        "2000–2009": 2,
        "2010–2019": 1,
        "2020–2029": 1,
    }
    assert [number.count for number in decade.nothing] == [0, 1, 0, 0]


def test_small_numbers_are_marked_in_words(client: Client) -> None:
    for number in range(5):
        make_case(f"case-{number}", sectors=["health"] if number else ["health", "education"])
    page = client.get(ADDRESS).content.decode()
    chart = page.partition('id="chart-sector"')[2].partition('class="without"')[0]
    rows = re.findall(r'<th scope="row"[^>]*>([^<]*)</th>.*?data-count="(\d+)".*?<td>(.*?)</td>', chart, re.DOTALL)
    said = {label: (count, re.sub("<[^>]*>", "", words).strip()) for label, count, words in rows}
    assert said == {
        "Health": ("5", ""),
        "Public health": ("0", "no case yet"),
        "Social protection": ("0", "no case yet"),
        "Education": ("1", "too few to compare"),
        "Sport": ("0", "no case yet"),
    }


def test_what_a_field_lacks_is_said_alike_of_one_case_and_of_all(curator: User) -> None:
    make_catalogue(curator)
    cases = Case.objects.exclude(state=State.WITHDRAWN)
    each = {name: {case.slug for case in cases if name in _lacks(case)} for name in MISSING_CONDITIONS}
    lacking = {
        name: {case.slug for case in filter_by_group(f"lacks-{name}", curator, cases)} for name in MISSING_CONDITIONS
    }
    assert lacking == each
    having = {
        name: {case.slug for case in filter_by_group(f"has-{name}", curator, cases)} for name in MISSING_CONDITIONS
    }
    assert having == {name: {case.slug for case in cases} - each[name] for name in MISSING_CONDITIONS}


def _lacks(case: Case) -> set[str]:
    return {field.field for field in completeness(case) if not field.filled}


def test_every_field_of_a_good_record_is_counted() -> None:
    case = make_case()
    assert [each.field for each in completeness(case)] == list(MISSING_CONDITIONS)


@pytest.mark.parametrize("query", ["stands=nothing", "check=nothing", "stands="])
def test_what_is_no_group_lists_nothing(client: Client, query: str) -> None:
    make_case()
    assert listed(client, f"/admin/cases/case/?{query}") == 0


def test_every_group_is_listed_under_its_name(client: Client) -> None:
    page = client.get("/admin/cases/case/?stands=lacks-sources").content.decode()
    assert CASE_GROUPS["lacks-sources"].label in page
    assert CASE_GROUPS["has-sources"].label not in page


def test_only_curators_see_it(client: Client) -> None:
    assert client.get(ADDRESS).status_code == 200
    assert f'href="{ADDRESS}"' in client.get("/about/").content.decode()
    anyone = Client()
    assert anyone.get(ADDRESS).headers["Location"] == f"/accounts/login/?next={ADDRESS}"
    for name in ("reader", "contributor"):
        user = make_user(name, is_staff=name == "contributor")
        if user.is_staff:
            user.groups.add(Group.objects.get(name="Contributors"))
        anyone.force_login(user)
        assert anyone.get(ADDRESS).status_code == 403
        assert f'href="{ADDRESS}"' not in anyone.get("/about/").content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_it_asks_as_often_for_three_cases_as_for_one(
    client: Client, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        make_case(f"case-{n}", years=years(1990 + 10 * n), sectors=["health"], places=[f"place-{n}"])
    client.get(ADDRESS)  # the index of this version is made, and what the checks find is kept
    with django_assert_num_queries(15):
        client.get(ADDRESS)


def test_an_empty_catalogue_has_an_overview(client: Client) -> None:
    page = client.get(ADDRESS).content.decode()
    assert "Nothing is found in any case." in page
    assert {number for _, number in numbers_on(page)} == {0}
