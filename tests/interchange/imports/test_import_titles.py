"""Rows that only their title names: the same cases whatever their order, and a question where that is not sure."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from cases.models import Case
from interchange.imports import batches
from interchange.imports.planning import Planner, choose_spec
from interchange.imports.reading.files import open_table
from interchange.models import Batch, Mapping
from tests.factories import make_terms
from tests.interchange.importing import said

pytestmark = pytest.mark.django_db

COLUMNS = {
    "title": ["title"],
    "summary": ["summary"],
    "place": ["place_name"],
    "country": ["place_country"],
    "year": ["year_start"],
    "authors": ["source_authors"],
    "source": ["source_title"],
    "grant": ["figure:GBP:grant"],
}
LEEDS = {"summary": "In Leeds.", "place": "Leeds", "country": "GB", "year": "2010"}
YORK = {"summary": "In York.", "place": "York", "country": "GB", "year": "2015"}
HULL = {"summary": "In Hull.", "place": "Hull", "country": "GB", "year": "2018"}
FUNDS = [{"grant": str(grant)} for grant in (100, 200, 300)]


@pytest.fixture(autouse=True)
def _mapping() -> None:
    make_terms()
    Mapping.objects.create(name="titles", spec={"columns": COLUMNS, "constants": {"kind": "named-case"}})


def plan(rows: list[dict[str, str]], title: str = "Community garden", by: int = 500) -> Batch:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(COLUMNS), restval="")
    writer.writeheader()
    writer.writerows({"title": title, "authors": "Lee", "source": "A report", **row} for row in rows)
    table = open_table(io.BytesIO(text.getvalue().encode()), "table.csv")
    spec = choose_spec(table, "titles")
    batch = batches.create_batch(table=table, name="table.csv", sha256="", mapping=(spec.name, spec.plain()), by=None)
    return plan_again(batch, by)


def plan_again(batch: Batch, by: int = 500) -> Batch:
    while batches.plan_next_rows(batch=batch, plan=Planner(batch).plan, by=None, number=by):
        pass
    batch.refresh_from_db()
    return batch


def decide(batch: Batch, **decisions: tuple[str, str]) -> None:
    rows = {int(name.removeprefix("row")): decision for name, decision in decisions.items()}
    keys = dict(batch.rows.filter(number__in=rows).values_list("number", "pk"))
    again = batches.decide_duplicates(
        batch=batch, decisions={keys[number]: decision for number, decision in rows.items()}, by=None
    )
    batches.save_plan(batch=batch, rows=Planner(batch, again).plan(again), by=None)


def enter(rows: list[dict[str, str]], **options: Any) -> None:
    batch = plan(rows, **options)
    decide(batch, **{f"row{row.number}": ("create", "") for row in batch.rows.all() if row.candidates})
    batches.apply_batch(batch=batch, by=None)


def outcomes(batch: Batch) -> list[str]:
    return list(batch.rows.order_by("number").values_list("outcome", flat=True))


def cases() -> dict[str, Any]:
    return {slug: said(slug) for slug in Case.objects.values_list("slug", flat=True)}


@pytest.mark.parametrize("by", [1, 500])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([LEEDS, YORK], [YORK, LEEDS]),
        ([LEEDS, YORK, HULL], [HULL, LEEDS]),
        ([LEEDS, YORK, HULL], [YORK]),
        ([LEEDS, LEEDS, YORK], [YORK, LEEDS, LEEDS]),
        (FUNDS, FUNDS[1:]),
        (FUNDS, [*reversed(FUNDS)]),
    ],
)
def test_rows_of_one_title_are_the_same_cases_in_any_order_and_with_one_gone(
    before: list[dict[str, str]], after: list[dict[str, str]], by: int
) -> None:
    enter(before)
    said_before = cases()
    assert len(said_before) == len(before)
    batch = plan(after, by=by)
    assert outcomes(batch) == ["same"] * len(after)
    assert batch.rows.earliest("number").recognised[0]["why"] == "its title, and all else in its row"
    assert cases() == said_before


def test_a_cell_that_was_edited_changes_its_case_and_no_other() -> None:
    enter([LEEDS, YORK, HULL])
    before = cases()
    changed = plan([HULL, YORK | {"summary": "In York, too."}, LEEDS])
    assert outcomes(changed) == ["same", "change", "same"]
    why = changed.rows.get(number=3).recognised[0]["why"]
    assert why == "its title, and 2 of the 3 cells that tell its rows apart"
    batches.apply_batch(batch=changed, by=None)
    york = next(slug for slug, record in before.items() if record["places"] == ["york"])
    assert {slug for slug, record in cases().items() if record != before[slug]} == {york}
    assert said(york)["summary"] == "In York, too."
    again = plan([LEEDS, YORK | {"summary": "In York, too."}, HULL])
    assert outcomes(again) == ["same", "same", "same"]


def test_a_row_that_may_be_several_cases_is_asked_about_and_changes_none() -> None:
    enter(FUNDS)
    before = cases()
    batch = plan([{"grant": "250"}, {"grant": "300"}])
    assert outcomes(batch) == ["duplicate", "same"]
    row = batch.rows.get(number=2)
    slugs = [each["slug"] for each in row.candidates]
    assert len(slugs) == 3
    batches.apply_batch(batch=batch, by=None)
    assert cases() == before


@pytest.mark.parametrize(("decision", "number"), [("change", 3), ("create", 4)])
def test_what_was_decided_holds_when_the_rows_come_again(decision: str, number: int) -> None:
    enter(FUNDS)
    batch = plan([{"grant": "250"}, {"grant": "300"}])
    slug = next(slug for slug, record in cases().items() if record["claims"][0]["value"] == 200)
    decide(batch, row2=(decision, slug))
    batches.apply_batch(batch=plan_again(batches.reset_plan(batch=batch, by=None)), by=None)
    assert Case.objects.count() == number
    assert outcomes(plan([{"grant": "300"}, {"grant": "250"}])) == ["same", "same"]


def test_a_single_row_of_a_title_is_its_case_unless_nothing_else_agrees() -> None:
    enter([LEEDS | {"country": ""}])
    assert outcomes(plan([LEEDS | {"country": "", "summary": "Anew."}])) == ["change"]
    other = plan([YORK | {"country": "", "authors": "Kim", "source": "Another report"}])
    assert outcomes(other) == ["duplicate"]
    assert [each["slug"] for each in other.rows.get().candidates] == ["community-garden"]


def test_rows_of_one_title_that_are_new_among_known_ones_are_asked_about() -> None:
    enter([LEEDS])
    batch = plan([YORK, LEEDS])
    assert outcomes(batch) == ["duplicate", "same"]
