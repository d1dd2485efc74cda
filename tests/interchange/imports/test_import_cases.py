"""Tables of other people, brought in by the command: read, planned, applied as one, and the same twice."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases import actions as cases_actions
from cases.models import Act, Case, Catalogue, Organisation, Place, Source, Version
from cases.serializers import validate_record
from interchange.imports import batches
from interchange.imports.planning import Planner, choose_spec
from interchange.imports.reading.bounds import FileRefused
from interchange.imports.reading.files import open_table
from interchange.models import Batch, ImportRow, RowOutcome
from tests.factories import make_case, make_curator, make_terms, make_user
from tests.interchange.importing import HEADER, bring_in, make_mapping, project, refused, said, table

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mapping() -> None:
    make_terms()
    make_mapping()


def test_a_row_becomes_a_draft_that_quotes_the_table_it_comes_from(tmp_path: Path) -> None:
    row = project(
        7,
        "Garden Neighbours",
        Text="<p>They <b>dig</b>.</p><script>x()</script>",
        Town="Torino",
        Country="Italia",
        Where="45.07, 7.69",
        Began="March 2014",
        Ended="still running",
        Fields="Wellbeing; sport",
        Lead="Comune di Torino",
        People="160.0",
    )
    batch = bring_in(tmp_path, table([row]), mapping="projects")
    assert batch is not None
    found = said("garden-neighbours")
    words = {"source": "projects-7", "start": None, "end": None, "locator": ""}
    assert (found["kind"], found["eligibility"], found["summary"]) == (
        "named-case",
        None,
        "What Garden Neighbours does.",
    )
    assert found["narrative"] == "They **dig**."
    assert (found["places"], found["sectors"]) == (["torino"], ["health", "sport"])
    assert found["years"] == {
        "start": 2014,
        "start_precision": "exact",
        "end": None,
        "end_precision": "exact",
        "ongoing": False,
        "basis": None,
        "passage": {**words, "exact": "Began: March 2014"},
    }
    assert [(claim["value"], claim["unit"], claim["passage"]) for claim in found["claims"]] == [
        (160, "people", {**words, "exact": "People: 160.0"})
    ]
    assert found["organisations"] == [
        {"organisation": "comune-di-torino", "part": "lead-organisation", "passage": None}
    ]
    assert found["sources"] == [{"source": "projects-7", "locator": ""}]
    place, source = Place.objects.get(), Source.objects.get()
    assert (place.name, str(place.country), float(place.latitude or 0)) == ("Torino", "IT", 45.07)
    assert (source.authors, source.title, source.kind) == ("The makers of the table", "Garden Neighbours", "web")
    version = Version.objects.get()
    assert (version.act, version.history_change_reason, version.state) == (Act.IMPORTED, f"Import {batch.pk}", "draft")


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    rows = [
        project(number, f"Kitchen of street {number}", Country="UK", Began="2001", Lead="Us") for number in range(3)
    ]
    bring_in(tmp_path, table(rows), mapping="projects", duplicates="create")
    before = list(Version.objects.values_list("case", "number"))
    assert len(before) == 3
    out = io.StringIO()
    assert bring_in(tmp_path, table(rows), mapping="projects", out=out) is None
    assert "3 the same already" in out.getvalue()
    assert list(Version.objects.values_list("case", "number")) == before


def test_a_changed_cell_changes_its_field_and_leaves_what_people_coded(tmp_path: Path) -> None:
    bring_in(tmp_path, table([project(1, "Repair hall", Town="Oslo", Country="Norway")]), mapping="projects")
    case = Case.objects.get()
    record = {**said("repair-hall"), "sectors": ["education"]}
    del record["absent"]["sectors"]
    cases_actions.change_case(case=case, record=validate_record(record, case), by=None, version=case.version)
    changed = project(1, "Repair hall", About="They mend things.", Town="Oslo", Country="Norway")
    batch = bring_in(tmp_path, table([changed]), mapping="projects")
    assert batch is not None
    assert batch.counts()["change"] == 1
    found = said("repair-hall")
    assert (found["summary"], found["sectors"], found["places"]) == ("They mend things.", ["education"], ["oslo"])


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    rows = [
        project(1, "Good one"),
        project(2, "Ends early", Began="2010", Ended="2008"),
        project(3, "Two wrongs", Country="Atlantos", People="about 200"),
        project(4, "Strange field", Fields="helth"),
        project(5, ""),
    ]
    code, words = refused(tmp_path, table(rows), mapping="projects")
    assert code == 1
    assert "row 3, Ended" in words
    assert "is before the start (2010, in “Began”)" in words
    assert "row 4, Country (“Atlantos”)" in words
    assert "row 4, People (“about 200”)" in words
    assert "row 5, Fields (“helth”): There is no “helth” here. Did you mean health or" in words
    assert "row 6, title: " in words
    assert (Case.objects.count(), Place.objects.count(), Source.objects.count(), Batch.objects.count()) == (0, 0, 0, 0)
    bring_in(tmp_path, table(rows), mapping="projects", skip_refused=True)
    assert list(Case.objects.values_list("slug", flat=True)) == ["good-one"]


COUNTRIES = {
    "Italia": "IT",
    "Türkiye": "TR",
    "中国": "CN",
    "Deutschland": "DE",
    "UK": "GB",
    "U.S.A.": "US",
    "España": "ES",
    "Côte d'Ivoire": "CI",
    "Czech Republic": "CZ",
    "The Netherlands": "NL",
    "Россия": "RU",
    "日本": "JP",
    "Polska": "PL",
    "Österreich": "AT",
    "Sverige": "SE",
    "Suomi": "FI",
    "Ελλάδα": "GR",
    "Brasil": "BR",
    "South Korea": "KR",
    "Schweiz": "CH",
}
NOTHING = ("N/A", "-", "null", "{}")


def test_dirt_of_every_kind_is_survived(tmp_path: Path) -> None:
    rows = [project(number, f"Project in {name}", Country=name) for number, name in enumerate(COUNTRIES)]
    rows += [
        project(100, "Null island", Town="Nowhere", Country="FR", Where="0° 0' 0\" N"),
        *(project(101 + n, f"Empty {word}", Country=word, Began=word) for n, word in enumerate(NOTHING)),
        project(110, "Array", Fields='{health,"sport"}'),
        project(111, "Tuple", Lead="(1, 'The lead', 'http://x.example')"),
        project(112, "=cmd()", About="'=1+1"),
    ]
    bring_in(tmp_path, table(rows, end="\r\n", encoding="utf-8-sig"), mapping="projects", duplicates="create")
    where = {case.title: [str(place.country) for place in case.places.all()] for case in Case.objects.whole()}
    assert {name: where[f"Project in {name}"] for name in COUNTRIES} == {
        name: [code] for name, code in COUNTRIES.items()
    }
    assert Place.objects.get(name="Nowhere").latitude is None
    assert [where[f"Empty {word}"] for word in NOTHING] == [[], [], [], []]
    assert said("array")["sectors"] == ["health", "sport"]
    assert Organisation.objects.filter(name="The lead").exists()
    assert (said("cmd")["title"], said("cmd")["summary"]) == ("=cmd()", "=1+1")


def test_latin_1_semicolons_repeated_empty_and_shifted_columns(tmp_path: Path) -> None:
    header = [*HEADER, "About", ""]
    text = table([project(1, "Café à côté")], header=header, delimiter=";", encoding="latin-1", end="\n")
    shifted = text + b"2;Shifted;one;cell;too;many;;;;;;;;;;x;y\n"
    code, words = refused(tmp_path, shifted, mapping="projects")
    assert code == 1
    assert "row 3" in words
    assert "wrong columns" in words
    assert "Two columns are called “About”" in words
    bring_in(tmp_path, shifted, mapping="projects", skip_refused=True)
    assert Case.objects.get().title == "Café à côté"


def test_a_text_cut_by_a_spreadsheet_is_taken_and_noted(tmp_path: Path) -> None:
    code, words = refused(tmp_path, table([project(1, "Long", Text="x" * 32_766)]), mapping="projects")
    assert (code, len(said("long")["narrative"])) == (0, 32_766)
    assert "probably cut by a spreadsheet" in words


def test_identical_titles_and_cases_that_stand_wait_for_a_decision(tmp_path: Path) -> None:
    make_case("mosaic-clubhouse", title="Mosaic Clubhouse")
    rows = [project(1, "Mosaic clubhouse!"), project(2, "Twin town"), project(3, "Twin town")]
    _, words = refused(tmp_path, table(rows), mapping="projects")
    assert "row 2: “Mosaic clubhouse!” is probably “Mosaic Clubhouse” (mosaic-clubhouse, 100 of 100)" in words
    assert "row 4: “Twin town” is probably “Twin town”" in words
    assert set(Case.objects.values_list("slug", flat=True)) == {"mosaic-clubhouse", "twin-town"}


def test_a_decision_to_change_the_case_that_stands_is_planned_on_it(tmp_path: Path) -> None:
    case = make_case("mosaic-clubhouse", title="Mosaic Clubhouse", sectors=["health"])
    batch = planned([project(1, "Mosaic Clubhouse", About="Said anew.")])
    row = batch.rows.get()
    assert (row.outcome, row.candidates[0]["slug"]) == (RowOutcome.DUPLICATE, case.slug)
    decide(batch, {row.pk: ("change", case.slug)})
    row.refresh_from_db()
    assert row.outcome == RowOutcome.CHANGE
    batches.apply_batch(batch=batch, by=None)
    assert (said(case.slug)["summary"], said(case.slug)["sectors"]) == ("Said anew.", ["health"])
    assert planned([project(1, "Mosaic Clubhouse", About="Said anew.")]).rows.get().outcome == RowOutcome.SAME


def test_a_plan_is_refused_when_the_catalogue_moved_under_it_and_can_be_planned_again() -> None:
    batch = planned([project(1, "Late")])
    make_case("meanwhile")
    with pytest.raises(batches.CatalogueChanged):
        batches.apply_batch(batch=batch, by=None)
    assert not Case.objects.filter(slug="late").exists()
    again = plan(batches.reset_plan(batch=batch, by=None))
    assert batches.apply_batch(batch=again, by=None).status == Batch.Status.APPLIED


def test_planned_again_a_decision_stands_as_long_as_the_row_is_like_the_same_cases() -> None:
    make_case("mosaic-clubhouse", title="Mosaic Clubhouse")
    batch = planned([project(1, "Mosaic Clubhouse")])
    decide(batch, {batch.rows.get().pk: ("create", "")})
    make_case("meanwhile")
    assert plan(batches.reset_plan(batch=batch, by=None)).rows.get().decision == "create"
    make_case("mosaic", title="Mosaic Clubhouse")
    assert plan(batches.reset_plan(batch=batch, by=None)).rows.get().decision == ""


def test_only_who_may_import_does() -> None:
    with pytest.raises(PermissionDenied):
        planned([project(1, "Mine")], by=make_user())
    assert planned([project(1, "Mine")], by=make_curator()).status == Batch.Status.PLANNED


def test_a_row_about_a_case_that_was_merged_tells_into_which(tmp_path: Path) -> None:
    cases_actions.merge_case(case=make_case("pear"), into=make_case("apple"), by=None, reason="One orchard.")
    file = json.dumps([said("pear")]).encode()
    assert "“Pear” was merged into “apple”" in refused(tmp_path, file, name="a.json")[1]


def test_a_row_that_empties_what_a_published_case_needs_is_refused(tmp_path: Path) -> None:
    make_case("apple")
    code, words = refused(tmp_path, json.dumps([{**said("apple"), "summary": ""}]).encode(), name="a.json")
    assert code == 1
    assert "row 1, summary: A published case has a summary" in words


@pytest.mark.parametrize(
    "refusal",
    [
        cases_actions.RuleViolation({"slug": "Another case has it."}),
        cases_actions.StaleCase(Case(version=3), 2),
        IntegrityError("UNIQUE constraint failed: cases_case.slug"),
    ],
    ids=["refused", "stale", "integrity"],
)
def test_whatever_stands_against_applying_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: Exception
) -> None:
    def refuse(**_: Any) -> None:
        raise refusal

    monkeypatch.setattr(cases_actions, "create_cases", refuse)
    code, words = refused(tmp_path, table([project(1, "Late")]), mapping="projects")
    assert (code, Batch.objects.count()) == (1, 0)
    assert words.endswith("Nothing was imported.")


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite locks no rows")
def test_cases_are_taken_before_the_catalogue_as_editors_take_them() -> None:
    batch = planned([project(1, "Stays")])
    batches.apply_batch(batch=batch, by=None)
    again = planned([project(1, "Stays", About="Other.")])
    for verb in (batches.apply_batch, batches.undo_batch):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            verb(batch=again, by=None)
        locks = [each["sql"] for each in asked if "FOR UPDATE" in each["sql"]]
        names = [next(name for name in ("_batch", "_catalogue", "_case") if f'{name}"' in sql) for sql in locks]
        assert names[:3] == ["_batch", "_case", "_catalogue"]


def test_of_two_rows_with_one_number_the_second_is_refused() -> None:
    batch = planned([project(1, "Apple"), project(1, "Music hall")])
    assert [(row.outcome, [each["column"] for each in row.problems]) for row in batch.rows.all()] == [
        (RowOutcome.CREATE, []),
        (RowOutcome.REFUSE, ["Number"]),
    ]


def test_two_who_plan_one_file_at_once_see_what_the_other_planned() -> None:
    batch = received(table([project(1, "Apple"), project(2, "Apple")]))
    here, there = Planner(batch), Planner(batch)
    batches.plan_next_rows(batch=batch, plan=here.plan, by=None, number=1)
    batches.plan_next_rows(batch=batch, plan=there.plan, by=None, number=1)
    assert list(batch.rows.values_list("outcome", flat=True)) == [RowOutcome.CREATE, RowOutcome.DUPLICATE]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=12) | st.sampled_from(["2010", "UK", "health", "160.0"]), max_size=14)))
def test_whatever_stands_in_a_file_a_plan_writes_nothing(rows: list[list[str]]) -> None:
    before = Catalogue.objects.values_list("version", flat=True).get()
    content = table([dict(zip(HEADER, row, strict=False)) for row in rows], encoding="utf-16")
    try:
        batch = planned_from(content)
    except FileRefused:
        return
    assert RowOutcome.WAITING not in set(batch.rows.values_list("outcome", flat=True))
    assert sum(batch.counts().values()) == batch.total
    assert (Case.objects.count(), Source.objects.count(), Organisation.objects.count()) == (0, 0, 0)
    assert Catalogue.objects.values_list("version", flat=True).get() == before
    batches.delete_batch(batch=batch, by=None)


def test_a_dry_run_tells_and_writes_nothing(tmp_path: Path) -> None:
    out = io.StringIO()
    assert bring_in(tmp_path, table([project(1, "Only tried")]), mapping="projects", dry_run=True, out=out) is None
    assert "1 new case" in out.getvalue()
    assert (Case.objects.count(), Batch.objects.count(), ImportRow.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("content", "name", "options", "words"),
    [
        (b"", "a.csv", {}, "empty"),
        (b"%PDF-1.7", "a.csv", {}, "PDF"),
        (b"a,b\n1,2\n", "a.csv", {}, "not known here"),
        (b"a,b\n1,2\n", "a.csv", {"mapping": "nobody's"}, "There is no mapping “nobody's”; there are: this catalogue"),
    ],
)
def test_what_cannot_be_read_is_another_exit_code(
    tmp_path: Path, content: bytes, name: str, options: dict[str, Any], words: str
) -> None:
    code, told = refused(tmp_path, content, name=name, **options)
    assert code == 2
    assert words in told


def test_an_export_of_participedia_is_known_by_its_columns(tmp_path: Path) -> None:
    header = "id,title,description,body,original_language,url,city,country,latitude,longitude,start_date,ongoing,photos"
    row = " 5,Street forum,Short., <p>Long</p>,en,https://p.example/case/5,Lyon,France,45.7,4.8,2010-01-02,1,762"
    _, words = refused(tmp_path, f"{header}\r\n{row}\r\n".encode())
    found = said("street-forum")
    assert (found["narrative"], found["years"]["ongoing"], found["eligibility"]) == ("Long", True, None)
    assert Source.objects.get().url == "https://p.example/case/5"
    assert "left out: original_language, photos" in words


def test_json_of_ones_own_making_is_read_by_a_mapping(tmp_path: Path) -> None:
    rows = [{"Number": 1, "Name": "As JSON", "Fields": ["health", "sport"], "Began": 2004}]
    bring_in(tmp_path, json.dumps(rows).encode(), name="a.json", mapping="projects")
    assert (said("as-json")["sectors"], said("as-json")["years"]["start"]) == (["health", "sport"], 2004)


# Ways to plan without the command


def planned(rows: list[dict[str, Any]], by: Any = None) -> Batch:
    return planned_from(table(rows), by)


def planned_from(content: bytes, by: Any = None) -> Batch:
    return plan(received(content, by), by)


def received(content: bytes, by: Any = None) -> Batch:
    read_table = open_table(io.BytesIO(content), "table.csv")
    spec = choose_spec(read_table, "projects")
    return batches.create_batch(table=read_table, name="table.csv", sha256="", mapping=(spec.name, spec.plain()), by=by)


def plan(batch: Batch, by: Any = None) -> Batch:
    planner = Planner(batch)
    while batches.plan_next_rows(batch=batch, plan=planner.plan, by=by):
        pass
    batch.refresh_from_db()
    return batch


def decide(batch: Batch, decisions: dict[int, tuple[str, str]]) -> None:
    again = batches.decide_duplicates(batch=batch, decisions=decisions, by=None)
    batches.save_plan(batch=batch, rows=Planner(batch, again).plan(again), by=None)
