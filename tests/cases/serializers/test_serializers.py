from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from cases import actions
from cases.models import Case
from cases.record import convert
from cases.schema import ABSENCE_COLUMNS
from cases.serializers import CaseSerializer
from tests.factories import (
    arrangement,
    claim,
    finding,
    make_case,
    make_organisation,
    make_passage,
    make_place,
    make_record,
    make_source,
    make_terms,
    passage,
    unmarked,
)

pytestmark = pytest.mark.django_db

WHOLE: dict[str, Any] = {
    "role": "example",
    "standing": {"basis": "explicit", "passage": passage()},
    "instance_of": "online-forums",
    "democratic_quality": {"judgement": "concern-raised", "reason": "Nobody asked them.", "passage": passage()},
    "arrangements": [arrangement(modes=["offline", "digital"]), arrangement("co-management", ["user", "community"])],
    "pathways": [{"pathway": "detect-early", "basis": "inferred", "passage": passage()}],
    "public_input": [{"input": "money", "basis": "explicit", "passage": passage()}],
    "contribution": [{"contribution": "time", "basis": "inferred", "passage": passage()}],
    "sectors": ["health", "education"],
    "sector_grounds": [{"sector": "health", "basis": "explicit", "passage": passage()}],
    "places": ["birmingham"],
    "place_grounds": [{"place": "birmingham", "basis": "inferred", "passage": None}],
    "years": {
        "start": 2006,
        "start_precision": "about",
        "end": 2014,
        "end_precision": "exact",
        "ongoing": False,
        "basis": "explicit",
        "passage": passage(),
    },
    "findings": [
        finding("evaluation", "positive", figure="two thirds"),
        finding("asserted", "negative", outcome="safety", beneficiary="community", counterfactual=True),
    ],
    "evidence": {"level": "evaluation", "direction": "mixed", "note": "By the provider.", "passage": passage()},
    "claims": [
        claim("two thirds", 2, out_of=3, qualifier="about"),
        claim("from 4 to 74.5%", None, value_from=4, value_to=74.5, year_from=2006, year_to=2014),
    ],
    "organisations": [{"organisation": "kings-fund", "part": "evaluator", "passage": passage()}],
    "sources": [{"source": "loeffler-2020", "locator": ""}, {"source": "hoehl-2016", "locator": "p. 3"}],
    "caveats": [{"kind": "limitation", "text": "One town only.", "passage": passage("only there", start=7, end=17)}],
    "absent": {},
}


def sent(case: Case) -> dict[str, Any]:
    """Return a case as it goes over the wire and comes back."""
    whole = Case.objects.whole().get(pk=case.pk)
    record: dict[str, Any] = json.loads(json.dumps(CaseSerializer(whole).data, default=str))
    return record


def mistakes(record: dict[str, Any], case: Case | None = None) -> dict[str, str]:
    serializer = CaseSerializer(case, data=record)
    assert not serializer.is_valid()
    return dict(convert.error_paths(serializer.errors))


def digital() -> dict[str, Any]:
    mode: dict[str, Any] = arrangement(modes=["digital"])["mode"]
    return mode


def with_mode(**mode: Any) -> dict[str, Any]:
    """Return the fields of a case with one arrangement of this mode."""
    return {"arrangements": [arrangement() | {"mode": mode}]}


@pytest.fixture
def registers() -> None:
    make_terms()
    make_source()


def test_a_whole_case_is_read_as_it_was_written() -> None:
    said = make_record("sharon", **WHOLE)
    read = sent(make_case("sharon", **WHOLE))
    assert {name: unmarked(read[name]) for name in said} == said
    assert {name: read[name] for name in read if name not in said} == {
        "state": "published",
        "codings": read["codings"],
        "version": 2,
        "created_at": read["created_at"],
        "updated_at": read["updated_at"],
        "published_at": read["published_at"],
        "url": "http://127.0.0.1:8000/cases/sharon/",
    }


def test_what_was_read_may_be_written_back_and_changes_nothing() -> None:
    case = make_case(**WHOLE)
    serializer = CaseSerializer(case, data=sent(case))
    assert serializer.is_valid(), serializer.errors
    assert actions.change_case(case=case, record=serializer.validated_data, by=None, version=2).version == 2


def test_a_case_with_the_least_is_read_with_every_key() -> None:
    assert sent(make_case("least", state="draft", eligibility=None, summary="", narrative="")) | {
        "codings": {},
        "created_at": "",
        "updated_at": "",
    } == {
        "slug": "least",
        "title": "Least",
        "kind": "named-case",
        "role": None,
        "standing": None,
        "instance_of": "",
        "state": "draft",
        "summary": "",
        "narrative": "",
        "eligibility": None,
        "democratic_quality": None,
        **{name: [] for name in ("arrangements", "pathways", "public_input", "contribution")},
        **{name: [] for name in ("sectors", "sector_grounds", "places", "place_grounds", "findings")},
        "years": None,
        "evidence": None,
        **{name: [] for name in ("claims", "organisations", "sources", "caveats")},
        "absent": dict.fromkeys(ABSENCE_COLUMNS, "not-coded"),
        "codings": {},
        "version": 1,
        "created_at": "",
        "updated_at": "",
        "published_at": None,
        "url": "http://127.0.0.1:8000/cases/least/",
    }


@pytest.mark.parametrize("number", [1, 3])
def test_reading_asks_nothing_beyond_what_whole_fetched(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for each in range(number):
        make_case(f"case-{each}", **WHOLE)
    with django_assert_num_queries(15 if number == 1 else 14):  # which lists of a single case are empty is asked before
        cases = list(Case.objects.whole())
    with django_assert_num_queries(0):
        assert len(CaseSerializer(cases, many=True).data) == number


def test_empty_lists_of_a_single_case_are_not_asked_for_and_may_be_filled(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_case(sectors=["health"], sources=[{"source": "loeffler-2020"}])
    with django_assert_num_queries(4):  # the case, which lists are empty, the sectors, the sources
        case = Case.objects.whole().get()
    with django_assert_num_queries(0):
        assert [len(getattr(case, name).all()) for name in ("sectors", "citations", "places", "claims")] == [1, 1, 0, 0]
    case.places.add(make_place())
    assert [place.slug for place in case.places.all()] == ["birmingham"]
    assert not Case.objects.whole().get(slug="a-case").places.filter(slug="oslo").exists()


@pytest.mark.usefixtures("registers")
@pytest.mark.parametrize("times", [1, 3])
def test_validating_takes_the_same_number_of_queries_however_long_the_record(
    times: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    places = ["birmingham", "lambeth", "london"][:times]
    for slug in places:
        make_place(slug)
    record = make_record(claims=[claim(passage=passage("only there", start=7, end=17))] * times, places=places)
    serializer = CaseSerializer(data=record)
    with django_assert_num_queries(6):
        assert serializer.is_valid(), serializer.errors


@pytest.mark.usefixtures("registers")
def test_all_mistakes_are_said_at_once_each_under_its_field() -> None:
    bad = passage("ab", "loefler-2020", start=1, end=9)
    record = make_record(
        kind="named",
        colour="red",
        arrangements=[arrangement(), arrangement("peer-suport", [], ["digitl"]) | {"label": ""}],
        years={"start": 2010, "end": 2000, "passage": bad},
        claims=[claim(value=None)],
        sectors=["health", "health"],
        absent={"sectors": "not-stated"},
    )
    assert mistakes(record) == {
        "kind": "There is no “named” here. Did you mean named-case?",
        "arrangements[1].label": "This field may not be blank.",
        "arrangements[1].type.term": "There is no “peer-suport” here. Did you mean peer-support?",
        "arrangements[1].actor.terms": "This list may not be empty.",
        "arrangements[1].mode.terms[0]": "“digitl” cannot stand here. Did you mean digital?",
        "sectors": "“health” stands here twice; give it once.",
        "years.passage.source": "There is no “loefler-2020” here. Did you mean loeffler-2020?",
        "years.passage.end": "It should be 3: start plus the 2 characters quoted.",
        "years.end": "The last year is before the first, 2010.",
        "claims[0].value": "Give a value, or a from and a to.",
        "colour": "There is no such field here. There are: slug, title, kind, state, role, standing, instance_of, "
        "summary, narrative, eligibility, democratic_quality, arrangements, pathways, public_input, contribution, "
        "sectors, sector_grounds, places, place_grounds, years, findings, evidence, claims, organisations, sources, "
        "caveats, absent, codings, version, created_at, updated_at, published_at, url.",
    }


@pytest.mark.usefixtures("registers")
@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"sectors": ["health"], "absent": {"sectors": "not-stated"}}, {"sectors"}),
        ({"absent": {"sectors": "nothing"}}, {"absent.sectors"}),
        ({"absent": {"claims": "not-stated"}}, {"absent.claims"}),
        ({"eligibility": {"verdict": "co-delivery", "before": "conditional"}}, {"eligibility.since"}),
        ({"evidence": {"level": "evaluation", "direction": "mixed"}}, {"evidence.passage"}),
        ({"years": {"passage": passage()}}, {"years.start"}),
        ({"years": {"start": 2000, "end": 2001, "ongoing": True, "passage": passage()}}, {"years.ongoing"}),
        ({"years": {"start": 10**30, "passage": passage()}}, {"years.start"}),
        ({"claims": [claim(out_of=0)]}, {"claims[0].out_of"}),
        ({"claims": [claim(value_from=1, value_to=2)]}, {"claims[0].value"}),
        ({"claims": [claim(year_to=2000)]}, {"claims[0].year_to"}),
        ({"claims": [claim() | {"value": "many"}]}, {"claims[0].value"}),
        ({"claims": [claim(unit="u" * 61)]}, {"claims[0].unit"}),
        ({"sources": [{"source": "loeffler-2020"}] * 2}, {"sources"}),
        ({"pathways": [{"pathway": "treatment", "basis": "explicit", "passage": passage()}] * 2}, {"pathways"}),
        ({"organisations": [{"organisation": "nobody", "part": "funder"}]}, {"organisations[0].organisation"}),
        ({"places": ["atlantis"]}, {"places[0]"}),
        ({"places": "atlantis"}, {"places"}),
        ({"places": [["atlantis"]]}, {"places[0]"}),
        ({"arrangements": {"label": "x"}}, {"arrangements"}),
        ({"arrangements": ["x"]}, {"arrangements[0]"}),
        (with_mode(absent="not-stated", basis="explicit"), {"arrangements[0].mode.terms"}),
        (with_mode(terms=["digital"], passage=passage()), {"arrangements[0].mode.basis"}),
        (with_mode(terms=["digital"], basis="explicit"), {"arrangements[0].mode.passage"}),
        (with_mode(**digital() | {"absent": "not-stated"}), {"arrangements[0].mode.absent"}),
        ({"eligibility": {"passage": passage(start=3)}}, {"eligibility.passage.end"}),
        ({"eligibility": {"passage": "words"}}, {"eligibility.passage"}),
        ({"title": "nul\0"}, {"title"}),
        ({"title": "t" * 201}, {"title"}),
        ({"kind": "\ud800"}, {"kind"}),
        ({"kind": None}, {"kind"}),
        ({"slug": "no address"}, {"slug"}),
        ({"state": "finished"}, {"state"}),
    ],
)  # fmt: skip
def test_a_wrong_record_is_answered_at_its_field(fields: dict[str, Any], found: set[str]) -> None:
    answer = mistakes(make_record(**fields))
    assert set(answer) == found
    assert json.dumps(answer, ensure_ascii=False).encode()


@pytest.mark.usefixtures("registers")
@pytest.mark.parametrize("record", [None, [], "case", 5])
def test_what_is_no_record_is_refused(record: Any) -> None:
    assert not CaseSerializer(data=record).is_valid()


def test_an_address_is_given_once_and_stays() -> None:
    case = make_case("sharon")
    assert mistakes(make_record("sharon")) == {
        "slug": "Another case has this address; choose another, or change that case."
    }
    assert mistakes(make_record("other"), case) == {"slug": "An address never changes: it is sharon."}


@pytest.mark.usefixtures("registers")
def test_a_passage_may_not_say_other_words_than_stand_at_its_offsets() -> None:
    make_passage("took part", start=9, end=18, locator="p. 1")
    quoted = {"source": "loeffler-2020", "start": 9, "end": 18}
    assert mistakes(make_record(eligibility={"passage": quoted | {"exact": "took pari"}})) == {
        "eligibility.passage.exact": "Other words are recorded at these offsets; quote the source character for "
        "character."
    }
    assert mistakes(make_record(eligibility={"passage": quoted | {"exact": "took part", "locator": "p. 2"}})) == {
        "eligibility.passage.locator": "This passage is recorded with the locator “p. 1”; give that or none."
    }


def test_figures_are_json_numbers() -> None:
    read = sent(make_case(claims=[claim(value=16.9), claim(value=2_000_000_000, unit="GBP"), claim(value=0.0001)]))
    assert [entry["value"] for entry in read["claims"]] == [16.9, 2_000_000_000, 0.0001]


FIGURES = st.decimals(min_value=-(10**9), max_value=10**9, places=4).map(float)
YEARS = st.none() | st.integers(1, 9999)


@st.composite
def arrangements(draw: st.DrawFn) -> dict[str, Any]:
    return arrangement(
        draw(st.sampled_from(["peer-support", "joint-action", "joint-action-outcomes"])),
        draw(st.sampled_from([["user"], ["community"], ["user", "community"]])),
        draw(st.sampled_from([[], ["offline"], ["digital"], ["offline", "digital"]])),
        absent=draw(st.sampled_from(["not-coded", "not-stated", "not-applicable", "explicit-no"])),
    )


@given(
    st.lists(arrangements(), max_size=3),
    st.lists(FIGURES, max_size=3),
    st.lists(st.sampled_from(["health", "public-health", "sport"]), unique=True),
    YEARS,
)
@pytest.mark.usefixtures("registers")
def test_whatever_is_written_is_read_again(
    entries: list[dict[str, Any]], figures: list[float], sectors: list[str], since: int | None
) -> None:
    record = make_record("any", arrangements=entries, claims=[claim(value=each) for each in figures], sectors=sectors)
    record["eligibility"]["since"] = since
    serializer = CaseSerializer(data=record)
    assert serializer.is_valid(), serializer.errors
    wanted = convert.to_primitive(serializer.validated_data)
    with transaction.atomic():
        case = actions.create_case(record=serializer.validated_data, by=None)
        stored = convert.to_primitive(convert.record_from_case(Case.objects.whole().get(pk=case.pk)))
        transaction.set_rollback(True)
    assert stored | {"absent": {}, "sectors": []} == wanted | {"absent": {}, "sectors": []}
    assert set(stored["sectors"]) == set(sectors)
    assert set(stored["absent"]) == {name for name in ABSENCE_COLUMNS if not stored[name]}


@pytest.mark.usefixtures("registers")
def test_an_organisation_with_two_parts_and_a_source_with_two_locators_stand() -> None:
    make_organisation()
    record = make_record(
        organisations=[{"organisation": "kings-fund", "part": part} for part in ("funder", "evaluator")],
        sources=[{"source": "loeffler-2020", "locator": page} for page in ("p. 1", "p. 2")],
    )
    assert CaseSerializer(data=record).is_valid()
