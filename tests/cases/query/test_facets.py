"""Counts, links and Table 20.1: every number is a promise."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import QueryDict
from pytest_django.fixtures import DjangoAssertNumQueries

from cases.query import facets, matrix
from cases.query.parameters import CaseFilterSet
from tests.factories import arrangement, make_case

pytestmark = pytest.mark.django_db


def asked(query: str = "") -> tuple[CaseFilterSet, facets.QueryLinks]:
    return CaseFilterSet(QueryDict(query), None), facets.QueryLinks(QueryDict(query))


def counts(name: str, query: str = "") -> dict[str, int]:
    shown = facets.build_facet(asked(query)[0], name, asked(query)[1])
    return {option.value: option.count for option in shown.options if option.count}


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    make_case(
        "peers", arrangements=[arrangement("peer-support", ["user", "community"], ["digital"])], sectors=["health"]
    )
    make_case(
        "both",
        arrangements=[
            arrangement("peer-support", ["user"], ["offline"]),
            arrangement("joint-action-outcomes", ["community"], ["offline", "digital"]),
        ],
        sectors=["public-health", "education"],
    )
    make_case("silent", absent={"arrangements": "not-stated", "sectors": "not-coded"})
    make_case("draft", state="draft", arrangements=[arrangement("co-management", ["user"], ["offline"])])


def test_a_facet_counts_each_case_once_and_leaves_its_own_choice_aside() -> None:
    expected = {"peer-support": 2, "joint-action": 1, "joint-action-outcomes": 1, "none": 1, "not-stated": 1}
    assert counts("type") == counts("type", "type=joint-action") == expected


def test_a_facet_keeps_the_choices_of_the_others_on_the_same_arrangement() -> None:
    assert counts("type", "mode=digital") == {"peer-support": 1, "joint-action": 1, "joint-action-outcomes": 1}
    assert counts("mode", "type=peer-support") == {"offline": 1, "digital": 1}


def test_a_broader_sector_counts_the_cases_of_its_narrower_ones() -> None:
    assert counts("sector") == {"health": 2, "public-health": 1, "education": 1, "none": 1, "not-coded": 1}


def test_zero_is_shown_and_an_empty_choice_stays_removable() -> None:
    question, links = asked("sector=sport&q=peers")
    sport = {option.value: option for option in facets.build_facet(question, "sector", links).options}["sport"]
    assert (sport.count, sport.chosen, sport.url) == (0, True, "/cases/?q=peers")
    assert [(pill.words, pill.url) for pill in facets.filter_pills(question, links)] == [
        ("“peers”", "/cases/?sector=sport"),
        ("Sport", "/cases/?q=peers"),
    ]


def test_the_link_of_an_option_adds_it_and_begins_at_the_first_page() -> None:
    question, links = asked("type=peer-support&page=3")
    options = {option.value: option for option in facets.build_facet(question, "type", links).options}
    assert options["co-management"].url == "/cases/?type=peer-support&type=co-management"
    assert options["peer-support"].url == "/cases/"


def test_the_table_counts_a_case_in_every_cell_of_its_arrangements_and_leaves_its_axes_aside() -> None:
    for query in ("", "type=co-management", "mode=digital&match=case"):
        rows = matrix.build_matrix(*asked(query)).rows
        table = {row.type: ([cell.count for cell in row.cells], row.total) for row in rows}
        assert table == {
            "co-implementation": ([0, 0, 0, 0, 0, 0], 0),
            "co-management": ([0, 0, 0, 0, 0, 0], 0),
            "peer-support": ([1, 1, 0, 0, 1, 0], 2),
            "behaviour-change": ([0, 0, 0, 0, 0, 0], 0),
            "joint-action": ([0, 0, 0, 1, 1, 0], 1),
            "joint-action-services": ([0, 0, 0, 0, 0, 0], 0),
            "joint-action-outcomes": ([0, 0, 0, 1, 1, 0], 1),
        }


def test_the_link_of_a_cell_asks_for_exactly_its_cases() -> None:
    for row in matrix.build_matrix(*asked("sector=health&type=co-management")).rows:
        for cell in row.cells:
            query = parse_qs(urlsplit(cell.url).query)
            assert query == {"sector": ["health"], "type": [row.type], "actor": [cell.actor], "mode": [cell.mode]}
            assert asked(urlsplit(cell.url).query)[0].qs.count() == cell.count


def test_the_table_says_how_many_have_no_arrangement() -> None:
    table = matrix.build_matrix(*asked())
    assert (table.coded, table.uncoded, table.uncoded_url) == (2, 1, "/cases/?type=none")


def test_a_question_says_itself_in_words() -> None:
    question, _ = asked("type=peer-support&type=none&sector=health&q=recovery&year_min=2004&match=case&sort=year")
    assert facets.query_in_words(question) == (
        "search: “recovery”; type of co-delivery: Peer support or none recorded; "
        "type, co-producers and mode: anywhere in the case; sector: Health; active from: 2004"
    )


def test_the_number_of_queries_of_facets_and_table_does_not_grow(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for extra in range(3):
        facets.build_facets(*asked("q=peer&sector=sport"))
        with django_assert_num_queries(2):  # the version, and what the search finds
            question, links = asked("q=support&sector=health")
            facets.build_facets(question, links)
            matrix.build_matrix(question, links)
        make_case(f"more-{extra}", arrangements=[arrangement()], sectors=["health"])
