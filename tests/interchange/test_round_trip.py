"""What is exported comes back: export, an empty catalogue, import, the same export; as CSV, XLSX and JSON."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.test import Client
from django.utils import timezone

from cases import actions
from cases.models import Case, Organisation, Passage, Place, Source
from cases.serializers import validate_record
from taxonomy.models import Term
from tests.factories import (
    arrangement,
    claim,
    make_case,
    make_curator,
    make_organisation,
    make_place,
    make_source,
    passage,
)
from tests.interchange.importing import bring_in, refused, said

pytestmark = pytest.mark.django_db

FORMATS = ["csv", "xlsx", "json"]
LONG = "Word and “word” \\ 😀, _x0041_\n" * 2_000
"""More than a cell of a spreadsheet holds, with what CSV, JSON and XML have to escape."""


@pytest.fixture
def curator(client: Client) -> Client:
    client.force_login(make_curator())
    return client


def exported(client: Client, kind: str) -> bytes:
    response: Any = client.get(f"/export/cases.{kind}")
    assert response.status_code == 200
    return bytes(response.getvalue())


def records(client: Client) -> list[Any]:
    """Return all that the catalogue says, without what it keeps itself."""
    found: list[Any] = json.loads(exported(client, "json"))["results"]
    return found


def empty_the_catalogue() -> None:
    for model in (Case, Passage, Source, Organisation, Place):
        model.objects.all().delete()


def fill_the_catalogue() -> None:
    make_case(
        "whole",
        title="=SUM(A1), and “more”",
        summary="'=1+1\nwith a line",
        narrative=LONG,
        eligibility={
            "verdict": "conditional", "reason": "@since", "since": 2006, "before": "user-self-help",
            "passage": passage("federal money", start=100, end=113, locator="p. 3"),
        },
        democratic_quality={"judgement": "concern-raised", "reason": "Few come.", "passage": passage("few")},
        arrangements=[arrangement("peer-support", ["user"], ["digital", "offline"]), arrangement(absent="explicit-no")],
        pathways=[{"pathway": "detect-early", "basis": "section", "passage": passage()}],
        sectors=["health", "sport"],
        places=["oslo", "birmingham"],
        years={"start": 2009, "start_precision": "about", "end": 2012, "end_precision": "by", "passage": passage()},
        evidence={"level": "evaluation", "direction": "mixed", "note": "Small.", "passage": passage("evaluated")},
        claims=[claim(qualifier="over", year_from=2009), claim("2 of 3", 2.5, out_of=3, source="wake-2013")],
        organisations=[{"organisation": "kings-fund", "part": "funder", "passage": passage("paid")}],
        sources=[{"source": "loeffler-2020", "locator": "p. 1"}, {"source": "wake-2013", "locator": ""}],
        caveats=[{"kind": "limitation", "text": "Only one town.", "passage": passage("one town")}],
    )  # fmt: skip
    make_case("bare", state="draft", eligibility=None, summary="", narrative="", absent={"places": "not-stated"})
    make_case("twin", title="Whole")


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_fills_an_empty_catalogue_with_the_same(curator: Client, tmp_path: Path, kind: str) -> None:
    fill_the_catalogue()
    before, file = records(curator), exported(curator, kind)
    empty_the_catalogue()
    assert records(curator) == []
    bring_in(tmp_path, file, name=f"cases.{kind}", publish=True)
    assert records(curator) == before
    assert [case["state"] for case in before] == ["published", "draft", "published"]


@pytest.mark.parametrize("kind", [*FORMATS, "jsonl"])
def test_an_export_that_is_brought_in_where_it_came_from_changes_nothing(
    curator: Client, tmp_path: Path, kind: str
) -> None:
    fill_the_catalogue()
    out = io.StringIO()
    assert bring_in(tmp_path, exported(curator, kind), name=f"cases.{kind}", publish=True, out=out) is None
    assert "3 the same already, 0 probable duplicate, 0 refused" in out.getvalue()


def test_a_case_coded_with_a_term_that_is_retired_is_the_same_here_and_refused_where_it_would_be_new(
    curator: Client, tmp_path: Path
) -> None:
    make_case("apple", sectors=["sport"])
    file, out = exported(curator, "json"), io.StringIO()
    Term.objects.filter(slug="sport").update(retired_at=timezone.now())
    assert bring_in(tmp_path, file, name="a.json", out=out) is None
    assert "1 the same already" in out.getvalue()
    empty_the_catalogue()
    code, words = refused(tmp_path, file, name="a.json")
    assert (code, Case.objects.count()) == (1, 0)
    assert "row 1, sectors[0]: “Sport” is retired: nothing is newly coded with it. Choose a term in use." in words


def test_cells_that_a_person_edited_count_and_the_others_stay(curator: Client, tmp_path: Path) -> None:
    fill_the_catalogue()
    before = said("whole")
    book = openpyxl.load_workbook(io.BytesIO(exported(curator, "xlsx")))
    sheet = book["Cases"]
    columns = {cell.value: number for number, cell in enumerate(sheet[1], start=1)}
    row = next(row[0].row for row in sheet.iter_rows(min_row=2) if row[0].value == "whole")
    edited: dict[str, Any] = {"title": "Called anew", "year_end": 2014, "sectors": "health", "places": "Oslo"}
    for name, value in edited.items():
        sheet.cell(row, columns[name]).value = value
    out = io.BytesIO()
    book.save(out)
    batch = bring_in(tmp_path, out.getvalue(), name="cases.xlsx")
    assert batch is not None
    assert batch.counts()["change"] == 1
    after = said("whole")
    assert (after["title"], after["sectors"], after["places"]) == ("Called anew", ["health"], ["oslo"])
    assert after["years"] == {**before["years"], "end": 2014}
    changed = {"title", "sectors", "places", "years"}
    assert {key: value for key, value in after.items() if key not in changed} == {
        key: value for key, value in before.items() if key not in changed
    }


def test_an_emptied_cell_of_an_export_empties_what_it_stood_for(curator: Client, tmp_path: Path) -> None:
    fill_the_catalogue()
    rows = list(csv.DictReader(io.StringIO(exported(curator, "csv").decode(), newline="")))
    for row in rows:
        row["sectors"] = row["year_start"] = row["year_end"] = ""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    bring_in(tmp_path, text.getvalue().encode(), name="cases.csv")
    assert (said("whole")["sectors"], said("whole")["years"]) == ([], None)


def test_a_record_that_a_spreadsheet_cut_is_refused_and_says_so(curator: Client, tmp_path: Path) -> None:
    make_case("apple")
    cut = exported(curator, "csv").decode().rstrip()[:-20] + '"\r\n'
    code, words = refused(tmp_path, cut.encode(), name="cases.csv")
    assert code == 1
    assert "row 2, record" in words
    assert "probably cut it" in words


def test_a_draft_is_not_published_and_a_published_one_only_when_asked(curator: Client, tmp_path: Path) -> None:
    fill_the_catalogue()
    file = exported(curator, "json")
    empty_the_catalogue()
    bring_in(tmp_path, file, name="cases.json")
    assert set(Case.objects.values_list("state", flat=True)) == {"draft"}


def test_a_file_says_what_its_case_said_so_an_older_one_is_seen_as_a_change(curator: Client, tmp_path: Path) -> None:
    make_case("apple", summary="Before.")
    file = exported(curator, "json")
    case = Case.objects.get()
    whole = {**said("apple"), "summary": "After."}
    actions.change_case(case=case, record=validate_record(whole, case), by=None, version=case.version)
    bring_in(tmp_path, file, name="cases.json")
    assert said("apple")["summary"] == "Before."


def test_templates_are_tables_that_can_be_filled_in(client: Client, tmp_path: Path) -> None:
    make_case("apple")
    header = client.get("/import/cases/template.csv").content.decode().strip().split(",")
    book = openpyxl.load_workbook(io.BytesIO(client.get("/import/cases/template.xlsx").content))
    sheet = book["Cases"]
    assert [cell.value for cell in sheet[1]] == header
    assert "health: Health" in [row[list(next(book["Words"].values)).index("sectors")] for row in book["Words"].values]
    filled = {
        "title": "A new one", "kind": "Named case", "summary": "Short.", "sectors": "Health; Sport",
        "sources": "loeffler-2020", "year_start": 2001, "years_passage": "since 2001", "place_name": "Wien",
        "place_country": "Österreich", "eligibility": "co-delivery", "eligibility_reason": "Paid for.",
        "eligibility_passage": "the city pays",
    }  # fmt: skip
    sheet.append([filled.get(name) for name in header])
    out = io.BytesIO()
    book.save(out)
    bring_in(tmp_path, out.getvalue(), name="cases.xlsx")
    found = said("a-new-one")
    assert (found["kind"], found["sectors"], found["places"]) == ("named-case", ["health", "sport"], ["wien"])
    assert found["years"]["passage"] == passage("since 2001")
    assert found["eligibility"]["passage"] == passage("the city pays")
    assert bring_in(tmp_path, out.getvalue(), name="cases.xlsx") is None


def test_what_lacks_a_verdict_stays_a_draft_and_the_plan_says_why(curator: Client, tmp_path: Path) -> None:
    case = make_case("apple")
    file = json.dumps([{**said("apple"), "slug": "pear", "title": "Pear", "eligibility": None, "state": "published"}])
    batch = bring_in(tmp_path, file.encode(), name="a.json", publish=True)
    assert batch is not None
    assert [problem["message"][:20] for problem in batch.rows.get().problems] == ["It stays a draft. A "]
    assert list(Case.objects.exclude(pk=case.pk).values_list("slug", "state")) == [("pear", "draft")]


def test_a_document_may_leave_out_what_it_does_not_say(curator: Client, tmp_path: Path) -> None:
    make_case("apple")
    document = {name: said("apple")[name] for name in ("title", "kind", "summary", "eligibility")} | {"slug": "pear"}
    bring_in(tmp_path, json.dumps([document | {"title": "Pear"}]).encode(), name="a.json")
    assert said("pear")["eligibility"] == said("apple")["eligibility"]
    assert said("pear")["absent"]["years"] == "not-coded"


READ_ONLY = {
    "democratic_quality": "undesirable-result",
    "arrangement_codes": "peer-support/community/digital",
    "pathways": "prevention",
    "place_slugs": "oslo",
    "organisation_slugs": "another-fund",
    "claims": "7",
}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_edit_of_a_column_that_only_tells_the_record_is_said_to_be_left_out(
    curator: Client, tmp_path: Path, kind: str
) -> None:
    fill_the_catalogue()
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(exported(curator, kind).decode(), newline="")))
        next(row for row in rows if row["slug"] == "whole").update(READ_ONLY)
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        file = text.getvalue().encode()
    else:
        book = openpyxl.load_workbook(io.BytesIO(exported(curator, kind)))
        sheet = book["Cases"]
        columns = {cell.value: number for number, cell in enumerate(sheet[1], start=1)}
        row = next(row[0].row for row in sheet.iter_rows(min_row=2) if row[0].value == "whole")
        for name, value in READ_ONLY.items():
            sheet.cell(row, columns[name]).value = int(value) if value.isdigit() else value
        saved = io.BytesIO()
        book.save(saved)
        file = saved.getvalue()
    before, out = said("whole"), io.StringIO()
    bring_in(tmp_path, file, name=f"cases.{kind}", err=out)
    noted = [line.partition(": [noted] This column only tells")[0] for line in out.getvalue().splitlines() if line]
    assert noted == [f"row 2, {name} (“{value}”)" for name, value in READ_ONLY.items()]
    assert said("whole") == before


def test_what_stands_already_under_a_slug_that_is_reserved_now_is_brought_in(curator: Client, tmp_path: Path) -> None:
    make_source("none", title="None of it", authors="Wake")
    make_organisation("not-coded", name="Not coded")
    make_place("explicit-no", name="Explicit")
    make_case(
        "apple",
        sources=[{"source": "none", "locator": ""}],
        organisations=[{"organisation": "not-coded", "part": "funder", "passage": None}],
        places=["explicit-no"],
    )
    for kind in FORMATS:
        out = io.StringIO()
        assert bring_in(tmp_path, exported(curator, kind), name=f"cases.{kind}", out=out) is None, out.getvalue()
        assert "1 the same already, 0 probable duplicate, 0 refused" in out.getvalue()
    file = json.loads(exported(curator, "json"))
    file["results"][0]["summary"] = "Otherwise."
    bring_in(tmp_path, json.dumps(file).encode(), name="cases.json")
    assert (said("apple")["summary"], said("apple")["places"]) == ("Otherwise.", ["explicit-no"])
