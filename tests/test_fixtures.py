"""The catalogue's own files: every passage where it says, every vocabulary in use, and what the chapter tells."""

from __future__ import annotations

import json
import re
from collections import Counter
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from pytest_django import DjangoDbBlocker

from cases.models import Case, Version
from cases.serializers import CaseSerializer
from interchange.loading.files import (
    YamlDocument,
    bare_passages,
    passages_csv,
    read_passages_csv,
    read_yaml,
    sha256_of,
)
from interchange.loading.report import coding_report
from taxonomy.models import Term, TermExample

FIXTURES = settings.BASE_DIR / "fixtures"
EDITION = read_yaml(FIXTURES / "editions" / "2.yaml").data or {}
FILES = sorted((FIXTURES / "cases").glob("*.yaml"))
TEXTS = sorted((settings.BASE_DIR.parent / "shared" / "source").glob("*.txt"))

Cases = dict[str, dict[str, Any]]


class Loaded(NamedTuple):
    """What the files make of an empty database."""

    cases: Cases
    """Every case as the API shows it, by its slug."""
    terms: list[dict[str, Any]]
    """Every term in its order, with what its vocabulary notes."""
    examples: list[tuple[str, ...]]
    """Every example of the manual: vocabulary, term, what it is an example as, case, words."""
    reasons: dict[str, list[str]]
    """Why each version of a case was made, by its slug."""


@pytest.fixture(scope="module")
def loaded(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Loaded:
    """The files, loaded once for all these tests."""
    names = ("vocabulary__slug", "vocabulary__source_note", "slug", "scope_note", "broader__slug")
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_catalogue", stdout=StringIO())
        cases = json.loads(json.dumps(CaseSerializer(Case.objects.published().whole(), many=True).data, default=str))
        terms = list(Term.objects.values(*names))
        told = ("term__vocabulary__slug", "term__slug", "fit", "case", "passage")
        examples = list(TermExample.objects.values_list(*told))
        reasons: dict[str, list[str]] = {}
        for slug, reason in Version.objects.order_by("number").values_list("case__slug", "history_change_reason"):
            reasons.setdefault(slug, []).append(reason)
        transaction.set_rollback(True)
    return Loaded({case["slug"]: case for case in cases}, terms, examples, reasons)


@pytest.fixture
def catalogue(loaded: Loaded) -> Cases:
    return loaded.cases


@pytest.fixture(scope="module")
def documents() -> list[YamlDocument]:
    return [read_yaml(path, f"cases/{path.name}") for path in FILES]


def quoted(documents: list[YamlDocument]) -> set[tuple[str, str]]:
    """Return (checksum, case) of every quotation of the files."""
    return {
        (sha256_of(words), Path(document.name).stem)
        for document in documents
        for _, _, words in bare_passages(document)
    }


def figures(case: dict[str, Any]) -> set[tuple[Any, ...]]:
    """Return what a case's figures say: value, or from and to, of what unit, in which years."""
    names = ("qualifier", "value", "value_from", "value_to", "unit", "year_from", "year_to")
    return {tuple(claim[name] for name in names if claim[name] is not None) for claim in case["claims"]}


def coded(case: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return type, co-producers and modes of each arrangement."""
    return [
        (each["type"]["term"], "+".join(each["actor"]["terms"]), "+".join(each["mode"]["terms"]))
        for each in case["arrangements"]
    ]


# Passages ------------------------------------------------------------------------------------------------------------


def test_every_quotation_has_its_place_and_every_place_its_quotation(documents: list[YamlDocument]) -> None:
    rows = read_passages_csv(FIXTURES / "passages.csv")
    assert {(row.sha256, row.case) for row in rows} == quoted(documents)
    assert passages_csv(set(rows)) == (FIXTURES / "passages.csv").read_text("utf-8")


def test_every_quotation_is_as_long_as_its_offsets_say(documents: list[YamlDocument]) -> None:
    lengths = {sha256_of(words): len(words) for document in documents for _, _, words in bare_passages(document)}
    assert [
        row for row in read_passages_csv(FIXTURES / "passages.csv") if row.end - row.start != lengths[row.sha256]
    ] == []


@pytest.mark.skipif(not TEXTS, reason="the chapter's text (../shared/source/) is not here; its checksums were checked")
def test_every_quotation_stands_in_the_chapter_at_its_offsets() -> None:
    text = TEXTS[0].read_bytes().decode()
    rows = read_passages_csv(FIXTURES / "passages.csv")
    assert [row for row in rows if sha256_of(text[row.start : row.end]) != row.sha256] == []
    recorded = [row for row in read_yaml(FIXTURES / "sources.yaml").data if row["slug"] == "loeffler-2020"]
    assert [row["text_sha256"] for row in recorded] == [sha256_of(text)]


def test_quotations_are_short() -> None:
    """The chapter is quoted, not copied: a passage is a sentence or a part of one."""
    assert max(row.end - row.start for row in read_passages_csv(FIXTURES / "passages.csv")) <= 300


# The whole -----------------------------------------------------------------------------------------------------------


def test_the_files_load_without_a_mistake_and_every_case_is_published(catalogue: Cases) -> None:
    assert sorted(catalogue) == [path.stem for path in FILES]
    assert {case["state"] for case in catalogue.values()} == {"published"}


def test_every_case_has_a_verdict_with_reason_and_passage(catalogue: Cases) -> None:
    bare = [
        slug
        for slug, case in catalogue.items()
        if not all(case["eligibility"][name] for name in ("verdict", "reason", "passage"))
    ]
    assert bare == []


def test_nothing_is_left_uncoded_in_the_catalogues_own_cases(catalogue: Cases) -> None:
    """They were all read for every dimension: what is not there is not stated, not applicable or explicitly none."""
    assert [slug for slug, case in catalogue.items() if "not-coded" in case["absent"].values()] == []


def test_summaries_are_short_and_narratives_are_there(catalogue: Cases) -> None:
    assert [slug for slug, case in catalogue.items() if not 40 <= len(case["summary"]) <= 320] == []
    assert [slug for slug, case in catalogue.items() if len(case["narrative"].split()) < 55] == []


def test_every_case_cites_the_chapter_first(catalogue: Cases) -> None:
    assert {case["sources"][0]["source"] for case in catalogue.values()} == {"loeffler-2020"}


def test_every_vocabulary_is_in_use(catalogue: Cases) -> None:
    text = json.dumps(list(catalogue.values()))
    words = set(re.findall(r'"([a-z-]+)"', text))
    unused = []
    for path in sorted((FIXTURES / "vocabularies").glob("*.yaml")):
        slugs = set(re.findall(r"- slug: (\S+)", path.read_text("utf-8")))
        if not slugs & words:
            unused.append(path.stem)
    assert unused == []


def test_every_source_organisation_and_place_is_named_by_some_case(catalogue: Cases) -> None:
    text = json.dumps(list(catalogue.values()))
    for name in ("sources", "organisations", "places"):
        rows = read_yaml(FIXTURES / f"{name}.yaml").data
        slugs = [row["slug"] for row in rows]
        assert slugs == sorted(set(slugs))
        assert [slug for slug in slugs if f'"{slug}"' not in text] == []


SAID_IN = {
    "kind": ["standing"],
    "role": ["standing"],
    "eligibility": ["eligibility"],
    "sector": ["sector_grounds"],
    "pathway": ["pathways"],
    "caveat": ["caveats"],
    "part": ["organisations"],
    "mode": ["arrangements.mode"],
    "type": ["arrangements.type"],
    "actor": ["arrangements.actor"],
    "public-input": ["public_input"],
    "evidence": ["findings", "evidence"],
    "direction": ["findings", "evidence"],
    "outcome": ["findings"],
    "beneficiary": ["findings"],
    "contribution": ["contribution"],
    "democratic-quality": ["democratic_quality"],
}
"""Where a case says the terms of each vocabulary; those of others are said of any coding."""


def quotations(value: Any) -> set[str]:
    """Return the words of every passage in a part of a case."""
    if isinstance(value, list):
        return {words for each in value for words in quotations(each)}
    if not isinstance(value, dict):
        return set()
    own = {value["exact"]} if "exact" in value else set()
    return own | {words for each in value.values() for words in quotations(each)}


def coded_in(case: dict[str, Any], vocabulary: str) -> set[str]:
    """Return the words that a case's codings by a vocabulary rest on."""
    found: set[str] = set()
    for path in SAID_IN.get(vocabulary, [""]):
        outer, _, inner = path.partition(".")
        value = case.get(outer) if outer else case
        found |= quotations([each[inner] for each in case[outer]] if inner else value)
    return found


def test_every_example_of_the_manual_is_a_coding_that_there_is(loaded: Loaded, catalogue: Cases) -> None:
    """A near miss is not coded with the term: it has its words from any coding."""
    mistaken = []
    for vocabulary, term, fit, slug, words in loaded.examples:
        case = catalogue.get(slug, {})
        known = quotations(case) if fit == "near-miss" else coded_in(case, vocabulary)
        if not any(words in each for each in known):
            mistaken.append((vocabulary, term, fit, slug, words))
    assert mistaken == []


def test_every_reason_of_the_edition_is_of_a_case_that_it_changes_and_every_change_has_one(loaded: Loaded) -> None:
    assert [slug for slug, reasons in loaded.reasons.items() if len(reasons) != 2] == []
    assert [slug for slug, (_, reason) in loaded.reasons.items() if reason == EDITION["reason"]] == []


@pytest.mark.django_db
def test_the_coding_report_is_up_to_date() -> None:
    """`python manage.py coding_report` writes it."""
    assert coding_report(FIXTURES) == (settings.BASE_DIR / "docs" / "coding-report.md").read_text("utf-8")


def test_terms_say_what_they_mean_and_when_to_use_them(loaded: Loaded) -> None:
    silent = [term["slug"] for term in loaded.terms if not (term["scope_note"] and term["vocabulary__source_note"])]
    assert silent == []
    types = [term for term in loaded.terms if term["vocabulary__slug"] == "type"]
    assert [(term["slug"], term["broader__slug"]) for term in types] == [
        ("co-implementation", None),
        ("co-management", None),
        ("peer-support", None),
        ("behaviour-change", None),
        ("joint-action", None),
        ("joint-action-services", "joint-action"),
        ("joint-action-outcomes", "joint-action"),
    ]
    pathways = [term["broader__slug"] for term in loaded.terms if term["vocabulary__slug"] == "pathway"]
    assert Counter(pathways) == {None: 3, "prevention": 2, "treatment": 2, "rehabilitation": 2}


# What the chapter tells, written down by hand ------------------------------------------------------------------------


def test_gesundes_kinzigtal_grew_from_875_to_10190_patients_and_has_no_type(catalogue: Cases) -> None:
    case = catalogue["gesundes-kinzigtal"]
    assert (875, 10_190, "patients", 2006, 2014) in figures(case)
    assert ("about", 71_000, "people") in figures(case)
    assert (coded(case), case["absent"]["arrangements"]) == ([], "not-stated")
    assert (case["evidence"]["level"], case["evidence"]["direction"]) == ("multiple-evaluations", "positive")


def test_digitalkoot_had_over_100000_volunteers_who_gave_over_400000_minutes(catalogue: Cases) -> None:
    case = catalogue["digitalkoot"]
    assert {figure[:2] for figure in figures(case)} == {("over", 100_000), ("over", 400_000), ("over", 99)}
    assert coded(case) == [("joint-action-services", "community", "digital")]


def test_sharon_stands_under_two_types_both_digital(catalogue: Cases) -> None:
    assert coded(catalogue["sharon"]) == [("peer-support", "user", "digital"), ("behaviour-change", "user", "digital")]


def test_mosaic_clubhouse_stands_under_two_types(catalogue: Cases) -> None:
    assert {kind for kind, _, _ in coded(catalogue["mosaic-clubhouse"])} == {"co-implementation", "peer-support"}


def test_london_2012_had_70000_volunteers_and_is_given_no_type(catalogue: Cases) -> None:
    case = catalogue["london-2012-olympic-volunteers"]
    assert {figure[0] for figure in figures(case)} == {70_000, 50_000}
    assert (coded(case), case["absent"]["arrangements"]) == ([], "not-stated")


def test_multigeneration_houses_are_co_delivery_since_2006(catalogue: Cases) -> None:
    case = catalogue["multigeneration-houses-germany"]
    judged = case["eligibility"]
    assert (judged["verdict"], judged["since"], judged["before"]) == ("co-delivery", 2006, "community-self-organising")
    assert {(540, "houses", 2017), ("over", 61_000, "people", 2017)} == figures(case)


def test_kenyas_volunteers_improved_from_4_to_74_per_cent(catalogue: Cases) -> None:
    assert {(4, 74, "%"), (2, 31, "%")} <= figures(catalogue["kenya-community-health-volunteers"])


def test_keyring_returned_120_per_cent(catalogue: Cases) -> None:
    case = catalogue["keyring"]
    assert (120, "%") in figures(case)
    assert case["evidence"]["level"] == "evaluation"


def test_all_six_jobseekers_of_offenbach_found_a_place(catalogue: Cases) -> None:
    case = catalogue["offenbach-jobseeker-peer-support"]
    assert (6, 6) in {(claim["value"], claim["out_of"]) for claim in case["claims"]}
    assert [kind for kind, _, _ in coded(case)] == ["peer-support"]


def test_witton_lodge_has_eight_resident_directors_since_1994(catalogue: Cases) -> None:
    case = catalogue["witton-lodge-community-association"]
    assert 8 in {claim["value"] for claim in case["claims"]}
    assert (case["years"]["start"], coded(case)[0][0]) == (1994, "co-management")


def test_nhs_volunteer_responders_were_750000_with_20000_tasks(catalogue: Cases) -> None:
    figured = {claim["value"] for claim in catalogue["nhs-volunteer-responders"]["claims"]}
    assert {750_000, 20_000} <= figured


def test_burgernet_has_1_4_million_members_and_no_type(catalogue: Cases) -> None:
    case = catalogue["burgernet"]
    assert {1_400_000, 9, 600, 11} <= {claim["value"] for claim in case["claims"]}
    assert coded(case) == []


def test_the_chapters_negative_examples_are_marked(catalogue: Cases) -> None:
    judged = {slug: (catalogue[slug]["democratic_quality"] or {}).get("judgement") for slug in catalogue}
    assert {slug for slug, judgement in judged.items() if judgement == "undesirable-result"} == {
        "stasi-informants",
        "vigilantes-and-stalkers",
    }


def test_a_members_sports_club_is_no_co_delivery(catalogue: Cases) -> None:
    case = catalogue["member-financed-sports-clubs"]
    assert (case["kind"], case["eligibility"]["verdict"]) == ("boundary-example", "community-self-organising")
    assert case["absent"]["arrangements"] == "not-applicable"
