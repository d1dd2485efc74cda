"""Every coding carries when it was made: the version and the day of the case, and the version of the codebook."""

from __future__ import annotations

from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from cases import actions
from cases.models import Case
from cases.record import convert
from cases.record.codings import find_codings, stamp_codings
from cases.serializers import validate_record
from taxonomy import actions as codebook
from taxonomy.models import Term
from tests.factories import arrangement, make_case, make_record, make_terms, passage

ONE, TWO = ({"version": n, "date": f"2026-01-0{n}", "codebook": n} for n in (1, 2))


def record(**fields: Any) -> dict[str, Any]:
    nothing: dict[str, list[Any]] = {name: [] for name in ("arrangements", "pathways", "sectors", "places")}
    return {"kind": "named-case", "absent": {}, **nothing, **fields}


def test_each_coding_has_a_path_of_its_own() -> None:
    said = record(
        eligibility={"verdict": "co-delivery"},
        arrangements=[arrangement(label="Desk"), arrangement(label="Desk")],
        pathways=[{"pathway": "detect-early"}],
        sectors=["health"],
        absent={"places": "not-stated", "years": "not-coded"},
    )
    assert set(find_codings(said)) == {
        *("kind", "eligibility", "pathways.detect-early", "sectors.health", "places", "years"),
        *(f"arrangements.{desk}.{each}" for desk in ("Desk", "Desk (2)") for each in ("type", "actor", "mode")),
    }


def test_a_coding_that_stays_keeps_its_stamp_and_one_that_changed_has_the_new_one() -> None:
    before = record(sectors=["health"], arrangements=[arrangement(label="Desk")])
    first = stamp_codings(before, None, {}, ONE)
    changed = arrangement(label="Desk")
    changed["type"] |= {"basis": "inferred"}
    after = stamp_codings(record(sectors=["health", "sport"], arrangements=[changed]), before, first, TWO)
    assert after["sectors.health"] == after["arrangements.Desk.actor"] == ONE
    assert after["sectors.sport"] == after["arrangements.Desk.type"] == TWO


SECTORS = st.lists(st.sampled_from(["health", "sport", "education"]), unique=True)


@given(SECTORS, SECTORS)
def test_what_is_coded_has_a_stamp_and_nothing_else_has(before: list[str], after: list[str]) -> None:
    old, new = record(sectors=before), record(sectors=after)
    stamps = stamp_codings(new, old, stamp_codings(old, None, {}, ONE), TWO)
    assert set(stamps) == set(find_codings(new))
    assert {path for path, stamp in stamps.items() if stamp == TWO} == {
        f"sectors.{s}" for s in set(after) - set(before)
    }


@pytest.mark.django_db
def test_a_case_says_of_each_coding_when_it_was_made() -> None:
    make_terms()
    with time_machine.travel("2026-01-05"):
        case = make_case("sharon", sectors=["health"])
    with time_machine.travel("2026-03-07"):
        said = convert.to_primitive(convert.record_from_case(Case.objects.whole().get()))
        said |= {"sectors": ["health", "sport"], "absent": said["absent"] | {"years": "not-stated"}}
        case = actions.change_case(case=case, record=validate_record(said, case), by=None, version=case.version)
    assert (case.version, case.coded["sectors.health"]["version"], case.coded["sectors.health"]["date"]) == (
        *(3, 1),
        "2026-01-05",
    )
    for path in ("sectors.sport", "years"):
        assert (case.coded[path]["version"], case.coded[path]["date"]) == (3, "2026-03-07")


@pytest.mark.django_db
def test_a_passage_corrected_elsewhere_is_another_version_of_what_quotes_it() -> None:
    make_terms()
    case = make_case("sharon", eligibility=make_record()["eligibility"] | {"passage": passage("they met")})
    quoted = case.verdict_passage
    assert quoted
    quoted.exact = "they met weekly"
    quoted.save()
    case = Case.objects.get()
    version = case.current_version.history.latest()
    assert (case.version, version.number, version.act) == (3, 3, "quoted")
    assert version.record["eligibility"]["passage"]["exact"] == "they met weekly"
    stamp = case.coded["eligibility"]
    assert (stamp["version"], [mark["why"] for mark in stamp["out_of_step"]]) == (1, ["passage"])


@pytest.mark.django_db
def test_a_term_with_another_short_name_is_no_coding_made_anew() -> None:
    make_terms()
    with time_machine.travel("2026-01-05"):
        case = make_case("sharon", sectors=["sport"], pathways=[])
    with time_machine.travel("2026-03-07"):
        sport = Term.objects.get(vocabulary__slug="sector", slug="sport")
        codebook.rename_term(term=sport, slug="sports", by=None, reason="Usage.")
    case.refresh_from_db()
    assert (case.version, case.coded["sectors.sports"]["date"], "sectors.sport" in case.coded) == (
        3,
        "2026-01-05",
        False,
    )
