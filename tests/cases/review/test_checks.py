"""Each automatic check finds what it is for, and nothing in a case that is whole."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from cases import actions
from cases.models import Case, Source
from cases.record.convert import record_from_case, to_primitive
from cases.review.checks import RULES, RULES_BY_CODE, run_checks
from cases.review.checks.context import CheckContext
from cases.review.checks.duplicates import CaseTitle, TitleIndex
from cases.review.checks.failing import find_failing_cases
from cases.review.checks.figures import numbers_in
from taxonomy.actions import retire_term
from taxonomy.models import Term
from tests.factories import arrangement, claim, finding, make_case, make_curator, make_record, make_source, passage

TEXT = "In Berkshire citizens took part. There are over 400 members, and it was evaluated. Citizens took it over."
QUOTED = passage("citizens took part", start=13, end=31)


def whole(**changes: Any) -> dict[str, Any]:
    """Return a record in which there is nothing to find, but for `changes`."""
    record = make_record(
        "sharon",
        title="SHaRON, an online forum",
        role="example",
        standing={"basis": "explicit", "passage": passage()},
        instance_of="online-forums",
        eligibility=make_record()["eligibility"] | {"basis": "inferred"},
        summary="Members write to one another. Staff look in.",
        narrative="Members [write to one another](https://example.org/forum), or [to staff](mailto:staff@example.org).",
        arrangements=[arrangement("peer-support", ["user"], ["digital"])],
        pathways=[{"pathway": "prevention", "basis": "section", "passage": passage()}],
        public_input=[{"input": "money", "basis": "explicit", "passage": passage()}],
        contribution=[{"contribution": "time", "basis": "explicit", "passage": passage()}],
        sectors=["health"],
        sector_grounds=[{"sector": "health", "basis": "inferred", "passage": passage()}],
        places=["berkshire"],
        place_grounds=[{"place": "berkshire", "basis": "explicit", "passage": passage()}],
        years={"start": 2008, "end": None, "ongoing": True, "basis": "explicit", "passage": passage()},
        findings=[finding(passage=passage("it was evaluated"))],
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage("it was evaluated")},
        claims=[claim("over 400 members", 400, year_from=2012)],
        organisations=[{"organisation": "nhs", "part": "funder", "passage": passage()}],
        sources=[{"source": "loeffler-2020", "locator": ""}],
        caveats=[{"kind": "limitation", "text": "Few were asked.", "passage": QUOTED}],
    )
    return record | changes


OTHERS = [
    CaseTitle.of("mind", "Mind: the garden of Leeds", ["GB"]),
    CaseTitle.of("sharon", "SHaRON, an online forum", ["GB"]),
    CaseTitle.of("jardin", "Le jardin partagé de Lyon", ["FR"]),
]
AROUND = CheckContext(
    year=2026,
    titles=TitleIndex.among(OTHERS),
    texts={"loeffler-2020": TEXT},
    retired={("sector", "welfare"): "Social protection", ("part", "patron"): "", ("kind", "negative-example"): ""},
    countries={"berkshire": "GB"},
    practices=frozenset({"online-forums"}),
    own=frozenset({"sharon"}),
)


def found(record: Mapping[str, Any], context: CheckContext = AROUND) -> dict[str, list[str]]:
    """Return the paths of what is found, by code."""
    listed: dict[str, list[str]] = {}
    for rule in RULES:
        for check in rule.of(record, context):
            assert (check.severity, check.code) == (rule.severity, rule.code)
            listed.setdefault(check.code, []).append(check.path)
    return listed


def verdict(**changes: Any) -> dict[str, Any]:
    return {**whole()["eligibility"], **changes}


def left_in(text: str) -> dict[str, Any]:
    return whole(caveats=[{"kind": "limitation", "text": text, "passage": QUOTED}])


def narrated(text: str) -> dict[str, Any]:
    return whole(narrative=text)


NARRATIVE, CAVEAT = ["narrative"], ["caveats[0].text"]

FINDS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("title-missing", whole(title=" "), ["title"]),
    ("title-twice", whole(title="MIND – the garden of Leeds"), ["title"]),
    ("title-alike", whole(title="Mind, the gardens of Leeds"), ["title"]),
    ("title-alike", whole(title="Leeds: the Mind garden of", places=[]), ["title"]),
    ("summary-missing", whole(summary=""), ["summary"]),
    ("summary-long", whole(summary="One. Two (see there). Three! Four?"), ["summary"]),
    ("summary-is-title", whole(summary="SHaRON: an online forum."), ["summary"]),
    ("narrative-missing", narrated("\n"), NARRATIVE),
    ("narrative-is-summary", narrated("**Members** write to one another.\n\nStaff look in."), NARRATIVE),
    ("link-words", narrated("[](https://example.org/)"), NARRATIVE),
    ("link-words", narrated("See [here](https://example.org/)."), NARRATIVE),
    ("link-words", narrated("See [https://example.org/](https://example.org/)."), NARRATIVE),
    ("link-words", narrated("It stands at https://example.org/forum today."), NARRATIVE),
    ("link-address", narrated("[The forum](example.org)"), NARRATIVE),
    ("link-address", narrated("[The forum](/cases/sharon/)"), NARRATIVE),
    ("link-address", narrated("[The forum](#how)"), NARRATIVE),
    ("link-address", narrated("[The forum](http:///forum)"), NARRATIVE),
    ("link-address", narrated("[The forum](https://[forum/)"), NARRATIVE),
    ("link-address", narrated("[The forum](ftp://example.org/)"), NARRATIVE),
    ("link-address", narrated("[The forum](mailto:nobody)"), NARRATIVE),
    ("link-address", narrated("[The forum](example.org/a forum)"), NARRATIVE),
    ("link-address", narrated("|a|\n|-|\n|[The forum]()|\n"), NARRATIVE),
    ("image", narrated("![](https://example.org/forum.png) Members."), NARRATIVE),
    ("left-behind", left_in("Few&nbsp;were asked."), CAVEAT),
    ("left-behind", left_in("<p>Few were asked.</p>"), CAVEAT),
    ("left-behind", left_in("N/A"), CAVEAT),
    ("left-behind", left_in("TODO: ask more."), CAVEAT),
    ("left-behind", left_in('{citizens,"public officials"}'), CAVEAT),
    ("left-behind", left_in("SHaRONâ€™s members."), CAVEAT),
    ("left-behind", whole(eligibility=verdict(reason="nan")), ["eligibility.reason"]),
    ("verdict-missing", whole(eligibility=None), ["eligibility.verdict"]),
    ("verdict-reason", whole(eligibility=verdict(reason="")), ["eligibility.reason"]),
    ("verdict-passage", whole(eligibility=verdict(passage=None)), ["eligibility.passage"]),
    ("uncoded-arrangements", whole(arrangements=[]), ["arrangements"]),
    ("uncoded-pathways", whole(pathways=[], absent={"pathways": "not-coded"}), ["pathways"]),
    ("uncoded-sectors", whole(sectors=[], absent={}), ["sectors"]),
    ("uncoded-places", whole(places=[]), ["places"]),
    ("uncoded-years", whole(years=None), ["years"]),
    ("uncoded-evidence", whole(evidence=None), ["evidence"]),
    ("uncoded-public_input", whole(public_input=[]), ["public_input"]),
    ("uncoded-contribution", whole(contribution=[]), ["contribution"]),
    ("uncoded-findings", whole(findings=[]), ["findings"]),
    ("basis-missing", whole(eligibility=verdict(basis=None), standing=None), ["eligibility.basis", "standing.basis"]),
    ("ungrounded", whole(sectors=["education", "health"]), ["sectors[0]"]),
    ("result-without-finding", whole(findings=[], absent={"findings": "not-stated"}), ["findings"]),
    (
        "direction-without-result",
        whole(evidence={"level": "none-named", "direction": "positive", "passage": None}),
        ["evidence.direction"],
    ),
    ("instance-unknown", whole(instance_of="online-fora"), ["instance_of"]),
    ("evidence-passage", whole(evidence=whole()["evidence"] | {"passage": None}), ["evidence.passage"]),
    (
        "label-twice",
        whole(arrangements=[arrangement(), arrangement(label="members support one another.")]),
        ["arrangements[0].label", "arrangements[1].label"],
    ),
    (
        "organisation-part",
        whole(organisations=[{"organisation": "nhs", "part": None, "passage": passage()}]),
        ["organisations[0].part"],
    ),
    (
        "organisation-passage",
        whole(organisations=[{"organisation": "nhs", "part": "funder", "passage": None}]),
        ["organisations[0].passage"],
    ),
    ("retired-term", whole(sectors=["health", "welfare"]), ["sectors[1]"]),
    ("retired-term", whole(kind="negative-example"), ["kind"]),
    (
        "retired-term",
        whole(organisations=[{"organisation": "nhs", "part": "patron", "passage": passage()}]),
        ["organisations[0].part"],
    ),
    ("years-order", whole(years={"start": 2012, "end": 2008, "passage": passage()}), ["years.end"]),
    ("years-future", whole(eligibility=verdict(since=2027)), ["eligibility.since"]),
    ("years-early", whole(eligibility=verdict(since=1799)), ["eligibility.since"]),
    ("years-apart", whole(claims=[claim(year_from=1992)]), ["claims[0].year_from"]),
    ("figure-words", whole(claims=[claim("over 400 members", 40)]), ["claims[0].value"]),
    (
        "figure-words",
        whole(claims=[claim("from 4 to 74%", None, value_from=4, value_to=75)]),
        ["claims[0].value_to"],
    ),
    ("figure-source", whole(claims=[claim("over 400 members", 400, source="ward-2011")]), ["claims[0].source"]),
    ("figure-source", whole(claims=[claim("over 400 members", 400, source=None)]), ["claims[0].source"]),
    (
        "passage-source",
        whole(eligibility=verdict(passage=passage(source="ward-2011"))),
        ["eligibility.passage"],
    ),
    (
        "passage-words",
        whole(eligibility=verdict(passage=passage("citizens took over"))),
        ["eligibility.passage"],
    ),
    (
        "passage-words",
        whole(eligibility=verdict(passage=passage("citizens took part", start=12, end=30))),
        ["eligibility.passage"],
    ),
]


@pytest.mark.parametrize(("code", "record", "paths"), FINDS)
def test_a_check_finds_what_it_is_for(code: str, record: dict[str, Any], paths: list[str]) -> None:
    assert found(record).get(code) == paths


def test_nothing_is_found_in_a_case_that_is_whole() -> None:
    assert found(whole(claims=[claim("over 400 members", 400, year_from=2012)])) == {}


def test_where_no_source_is_cited_or_no_text_held_it_is_said_once() -> None:
    assert found(whole(sources=[]))["uncited"] == ["sources"]
    assert found(whole(instance_of=""), CheckContext(year=2026)) == {"passage-unchecked": ["sources"]}


def test_every_check_is_shown_to_find_something() -> None:
    assert {code for code, _, _ in FINDS} | {"uncited", "passage-unchecked"} == set(RULES_BY_CODE)


NOT_FOUND = {
    "a title is only alike in the same country": whole(title="Le jardin partagé de Lyons"),
    "a source’s own words are as they are": whole(claims=[claim("400 <p> members", 400)]),
    "an earlier verdict is no contradiction": whole(eligibility=verdict(since=2006, before="user-self-help")),
    "a kind of nothing is a judgement": whole(sectors=[], sector_grounds=[], absent={"sectors": "not-stated"}),
    "no evidence needs no passage": whole(
        findings=[],
        absent={"findings": "not-stated"},
        evidence={"level": "none-named", "direction": "not-stated", "note": "", "passage": None},
    ),
    "signs of mathematics are no tags": left_in("n < 5 & p > 3"),
    "three sentences with names": whole(summary="Wake et al. 2012 tell of it. It grew (cf. p. 3). It ended."),
}


@pytest.mark.parametrize("record", NOT_FOUND.values(), ids=NOT_FOUND)
def test_what_is_right_is_left_alone(record: dict[str, Any]) -> None:
    codes = set(found(record)) - {"passage-words"}  # its own words do not matter here
    assert codes == set()


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("more than 1.4 million citizens", [1_400_000]),
        ("over 100,000 volunteers", [100_000]),
        ("100 000 people", [100_000]),
        ("über 100.000 Menschen", [100_000]),
        ("growing from 875 patients in 2006 to 10,190 patients in 2014", [875, 10_190]),
        ("a saving of 16.9% in one area", [Decimal("16.9")]),
        ("the eight-week course", [8]),
        ("twenty-five houses", [25]),
        ("three hundred people", [300]),
        ("£2bn a year", [2_000_000_000]),
        ("an hour a day", [1]),
    ],
)
def test_words_hold_the_figures_that_they_say(words: str, numbers: list[Any]) -> None:
    assert {Decimal(number) for number in numbers} <= numbers_in(words)


@given(st.integers(0, 10**12))
def test_a_number_in_digits_is_held_however_its_thousands_are_parted(number: int) -> None:
    for written in (f"{number}", f"{number:,}", f"{number:_}".replace("_", " ")):
        assert Decimal(number) in numbers_in(f"about {written} people")


@given(st.text(max_size=60), st.text(max_size=200))
def test_whatever_somebody_wrote_is_checked(title: str, narrative: str) -> None:
    record = whole(title=title, narrative=narrative)
    assert set(found(record)) <= set(RULES_BY_CODE)


# In the catalogue ----------------------------------------------------------------------------------------------------


def record_of(case: Case) -> dict[str, Any]:
    record: dict[str, Any] = to_primitive(record_from_case(Case.objects.whole().get(pk=case.pk)))
    return record


def codes(case: Case, **options: Any) -> set[str]:
    return {check.code for check in run_checks(record_of(case), case, **options)}


@pytest.mark.django_db
def test_a_new_case_is_compared_with_those_that_its_reader_may_read() -> None:
    case = make_case("sharon", title="SHaRON, the forum", places=["reading"])
    make_case("secret", title="SHaRON: the forum", state="draft")
    assert "title-twice" not in codes(case)
    assert "title-twice" in codes(case, reader=make_curator())
    again = run_checks(make_record(title="Sharon – the forum"), None)
    assert [check.path for check in again if check.code == "title-twice"] == ["title"]


@pytest.mark.django_db
def test_the_words_of_a_passage_are_looked_up_where_the_text_is_held(settings: Settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    case = make_case(sources=[{"source": "loeffler-2020"}])
    assert "passage-unchecked" in codes(case)
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "loeffler-2020.txt").write_text("Only citizens took it.", encoding="utf-8")
    assert "passage-unchecked" in codes(case), "no checksum is recorded"
    Source.objects.update(text_sha256=sha256(b"Only citizens took it.").hexdigest())
    assert codes(case) & {"passage-unchecked", "passage-words"} == {"passage-words"}
    Source.objects.update(text_sha256=sha256(b"Another text.").hexdigest())
    assert codes(case) & {"passage-unchecked", "passage-words"} == {"passage-unchecked"}


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_as_many_queries_for_three_others_as_for_one(
    number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for n in range(number):
        case = make_case(f"case-{n}", places=[f"place-{n}"], claims=[claim()] * number)
    record = record_of(case)
    with django_assert_num_queries(6):
        run_checks(record, case)


@pytest.mark.django_db
def test_what_is_found_in_the_catalogue_is_what_is_found_in_each_case() -> None:
    curator = make_curator()
    make_source("ward-2011")
    listed = [
        make_case("bare"),
        make_case("forum", title="The forum", narrative="[here](x)", sectors=["sport"]),
        make_case("draft", title="The forum", state="draft", claims=[claim("some", 3, source="ward-2011")]),
    ]
    make_case("gone", title="The forum", state="withdrawn")

    def each() -> dict[str, set[int]]:
        one = [(code, case.pk) for case in listed for code in codes(case, reader=curator)]
        return {code: {key for other, key in one if other == code} for code, _ in one}

    def all_() -> dict[str, set[int]]:
        return {code: set(keys) for code, keys in find_failing_cases().items()}

    assert all_() == each()
    changed = record_from_case(Case.objects.whole().get(pk=listed[1].pk)) | {
        "title": "The meeting",
        "narrative": "It met.",
    }
    actions.change_case(case=listed[1], record=changed, by=curator, version=Case.objects.get(pk=listed[1].pk).version)
    assert all_() == each()
    retire_term(term=Term.objects.get(slug="sport"), by=curator, reason="Nobody used it.")
    assert all_() == each()
    assert set(all_()["retired-term"]) == {listed[1].pk}
    actions.withdraw_case(case=listed.pop(0), by=curator, reason="It was counted twice.")
    assert all_() == each()


@pytest.mark.django_db
def test_cases_that_did_not_change_are_not_read_again(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_case("one")
    find_failing_cases()
    with django_assert_num_queries(4):
        find_failing_cases()
