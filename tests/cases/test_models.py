"""What must always hold is refused by the database itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from cases.models import Arrangement, Case, Claim, Passage, Place
from taxonomy.models import Term
from tests.factories import arrangement, claim, make_case, make_passage, make_place, make_source

pytestmark = pytest.mark.django_db


def a_case() -> Case:
    return make_case(arrangements=[arrangement("peer-support", ["user"], ["digital"])], claims=[claim()])


WRONG: dict[str, Callable[[], object]] = {
    "arrangement_has_co_producer": lambda: Arrangement.objects.update(user=False, community=False),
    "arrangement_mode_or_why_none (mode and nothing)": lambda: Arrangement.objects.update(mode_absent="not-stated"),
    "arrangement_mode_or_why_none (neither)": lambda: Arrangement.objects.update(digital=False),
    "arrangement_mode_or_why_none (no basis)": lambda: Arrangement.objects.update(mode_basis=""),
    "case_published_has_title_and_summary (title)": lambda: Case.objects.update(title=""),
    "case_published_has_title_and_summary (summary)": lambda: Case.objects.update(summary=""),
    "case_published_has_verdict_reason_passage (verdict)": lambda: Case.objects.update(verdict=None),
    "case_published_has_verdict_reason_passage (reason)": lambda: Case.objects.update(verdict_reason=""),
    "case_published_has_verdict_reason_passage (passage)": lambda: Case.objects.update(verdict_passage=None),
    "case_withdrawn_has_reason": lambda: Case.objects.update(state="withdrawn"),
    "case_earlier_verdict_has_year": lambda: Case.objects.update(
        verdict_before=Term.objects.get(slug="user-self-help")
    ),
    "case_end_not_before_start": lambda: Case.objects.update(
        year_start=2006, year_end=2005, years_absent="", years_passage=Passage.objects.first()
    ),
    "case_running_has_no_end": lambda: Case.objects.update(
        year_start=2006, year_end=2008, ongoing=True, years_absent="", years_passage=Passage.objects.first()
    ),
    "case_years_or_why_none (years without passage)": lambda: Case.objects.update(year_start=2006, years_absent=""),
    "case_years_or_why_none (neither)": lambda: Case.objects.update(years_absent=""),
    "case_evidence_or_why_none (neither)": lambda: Case.objects.update(evidence_absent=""),
    "case_democratic_judgement_has_reason": lambda: Case.objects.update(
        democratic_quality=Term.objects.get(slug="concern-raised")
    ),
    "claim_value_or_from_to (both)": lambda: Claim.objects.update(value_from=1, value_to=2),
    "claim_value_or_from_to (neither)": lambda: Claim.objects.update(value=None),
    "claim_denominator_positive": lambda: Claim.objects.update(out_of=0),
    "claim_period_in_order": lambda: Claim.objects.update(year_from=2014, year_to=2006),
    "passage_has_words": lambda: make_passage(""),
    "passage_offsets_span_its_words": lambda: make_passage("five!", start=10, end=14),
    "passage_offsets_span_its_words (one)": lambda: make_passage("five!", start=10),
    "place_coordinates_both_and_on_earth (half)": lambda: Place.objects.create(slug="x", name="X", latitude=1),
    "place_coordinates_both_and_on_earth (off)": lambda: make_place("y", latitude=91, longitude=0),
    "term_not_broader_than_itself": lambda: [
        Term.objects.filter(pk=term.pk).update(broader=term) for term in Term.objects.filter(slug="co-delivery")
    ],
    "term_slug_once_in_vocabulary": lambda: Term.objects.filter(slug="co-delivery").update(slug="conditional"),
}


@pytest.mark.parametrize("rule", WRONG)
def test_the_database_refuses_what_must_not_be(rule: str) -> None:
    a_case()
    with pytest.raises(IntegrityError), transaction.atomic():
        WRONG[rule]()


def test_offsets_count_code_points_and_not_bytes() -> None:
    assert make_passage("Mehrgenerationenhäuser 👵", start=0, end=24).pk


def test_a_passage_stands_once_at_its_offsets() -> None:
    make_passage("five!", make_source(), start=10, end=15)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_passage("fives", make_source(), start=10, end=15)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"value": 70000}, "70,000"),
        ({"value": 16.9, "unit": "%"}, "16.9%"),
        ({"value": 90, "unit": "%", "qualifier": "over"}, "over 90%"),
        ({"value": None, "value_from": 875, "value_to": 10190}, "875 to 10,190"),
        ({"value": 2, "out_of": 3}, "2 of 3"),
        ({"value": 2_000_000_000, "unit": "GBP", "qualifier": "about"}, "about £2,000,000,000"),
    ],
)
def test_a_figure_is_printed_as_it_is_read(fields: dict[str, Any], words: str) -> None:
    case = make_case(claims=[claim(**{"unit": "people", **fields})])
    assert [claim.figure for claim in case.claims.all()] == [words]


@pytest.mark.parametrize(
    ("years", "words"),
    [
        ({"start": 2012, "end": 2012}, "2012"),
        ({"start": 2004, "end": 2007}, "2004 to 2007"),
        ({"start": 2006, "ongoing": True}, "since 2006"),
        ({"start": 2006, "start_precision": "by", "ongoing": True}, "since 2006 or earlier"),
        ({"start": 1990, "start_precision": "decade"}, "the 1990s"),
        ({"start": 1994, "start_precision": "decade"}, "the 1990s"),
        ({"start": 2009, "start_precision": "decade", "ongoing": True}, "since the 2000s"),
        (
            {"start": 1994, "start_precision": "decade", "end": 2017, "end_precision": "decade"},
            "the 1990s to the 2010s",
        ),
        ({"start": 1994, "start_precision": "decade", "end": 1999, "end_precision": "decade"}, "the 1990s"),
        ({"end": 2000, "end_precision": "about"}, "until about 2000"),
    ],
)
def test_years_are_said_with_their_precision(years: dict[str, Any], words: str) -> None:
    case = make_case(years={**years, "passage": {"source": "loeffler-2020", "exact": "since then"}})
    assert case.years == words
