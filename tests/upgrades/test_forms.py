"""Records that were stored in an earlier form, read in the form of today."""

from __future__ import annotations

import csv
import doctest
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from cases.derived import refresh
from cases.models import Case, CurrentVersion, Proposal, Version
from cases.record import convert
from cases.schema import forms
from interchange.models import Batch, ImportRow, LoadedRecord
from tests.cases.review.reviewing import change, make_contributor, propose, reviewer, signed_in
from tests.factories import make_case, make_curator, make_terms
from tests.interchange.importing import bring_in, make_mapping, project, said, table
from tests.interchange.imports.test_import_admin import step, upload
from tests.interchange.loading.catalogue_files import Files, edit

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FORMS = Path(__file__).parent / "forms"
STORED = {
    "cases_currentversion": ("case_id", ["record"]),
    "cases_version": ("history_id", ["record"]),
    "cases_proposal": ("id", ["base", "record"]),
    "interchange_importrow": ("id", ["record"]),
    "interchange_loadedrecord": ("id", ["said"]),
}
"""By table: its key, and the columns in which records are stored."""


def frozen(form: int) -> dict[str, Any]:
    """Return the record that says something in every field, as its form told it."""
    record: dict[str, Any] = json.loads((FORMS / f"{form}.json").read_text("utf-8"))
    return record


EACH = pytest.mark.parametrize("form", range(1, forms.current_form() + 1))


# The frozen records: each form tells the same case


@EACH
def test_a_record_of_each_form_reads_as_one_of_today(form: int) -> None:
    assert forms.read_stored({**frozen(form), "form": form}) == frozen(forms.current_form())


def test_a_record_without_a_form_is_of_the_first() -> None:
    assert forms.read_stored(frozen(1)) == frozen(forms.current_form())


@EACH
def test_a_record_of_each_form_reads_alike_where_it_does_not_say_its_form(form: int) -> None:
    assert forms.read_stored(frozen(form)) == forms.read_stored({**frozen(form), "form": form})


def test_the_frozen_record_of_today_is_all_that_a_case_says() -> None:
    record = frozen(forms.current_form())
    make_case(**record)
    assert convert.record_checksum(said("every-field")) == convert.record_checksum(record)


def test_a_field_is_added_wherever_its_path_leads() -> None:
    assert forms.field_added("website", "")({"title": "T"}) == {"title": "T", "website": ""}
    assert forms.field_added("years.note", None)({"years": {"start": 2006}}) == {"years": {"start": 2006, "note": None}}
    assert doctest.testmod(forms) == (0, 1)


def test_a_field_that_was_declared_later_is_empty_in_records_from_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(forms.ADDED, 2, {"website": "", "claims[].currency": None})
    assert forms.to_stored({})["form"] == 2
    assert forms.read_stored({"title": "T", "claims": [{"unit": "people"}]}) == {
        "title": "T",
        "claims": [{"unit": "people", "currency": None}],
        "website": "",
    }


def test_a_dimension_that_was_declared_later_is_not_coded_in_records_from_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(forms.ADDED, 2, {"funding": None, "absent.funding": "not-coded"})
    assert forms.read_stored({"absent": {}}) == {"funding": None, "absent": {"funding": "not-coded"}}
    exported = {"funding": {"term": "donations"}, "absent": {}}
    assert forms.read_exported(exported) == exported


def test_what_is_no_record_of_ours_is_read_as_it_is() -> None:
    add = forms.field_added("claims[].note", "")
    for odd in ({}, {"claims": None}, {"claims": "none"}, {"claims": [7, {"note": 1}]}, {"claims": {"note": 1}}):
        assert add(odd) == odd


# A later form: as if the summary had been called abstract in form 1, and there had been no caveats


def form_2(record: dict[str, Any]) -> dict[str, Any]:
    called = {"summary" if name == "abstract" else name: said for name, said in record.items()}
    return forms.field_added("caveats", [])(called)


def form_1(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record as it was stored when there was no other form."""
    called = {"abstract" if name == "summary" else name: said for name, said in record.items()}
    return {name: said for name, said in called.items() if name not in {"form", "caveats"}}


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(forms.UPGRADES, 2, form_2)


def store_as_form_1() -> None:
    """Store every record anew as in form 1."""
    with connection.cursor() as cursor:
        for name, (key, columns) in STORED.items():
            for column in columns:
                cursor.execute(f"SELECT {key}, {column} FROM {name} WHERE {column} IS NOT NULL")  # noqa: S608 - names of ours
                for row, kept in cursor.fetchall():
                    if record := json.loads(kept):
                        older = json.dumps(form_1(record))
                        cursor.execute(f"UPDATE {name} SET {column} = %s WHERE {key} = %s", [older, row])  # noqa: S608 - as above


def stored() -> list[Any]:
    """Return the records that are stored, as they are stored."""
    found = []
    with connection.cursor() as cursor:
        for name, (key, columns) in STORED.items():
            cursor.execute(f"SELECT {', '.join(columns)} FROM {name} ORDER BY {key}")  # noqa: S608 - names of ours
            found += [json.loads(kept) for row in cursor.fetchall() for kept in row]
    return [record for record in found if record]


@pytest.fixture
def case(later: None) -> Case:
    """A case of three versions, of which the first two were stored in form 1."""
    case = make_case("sharon", title="As it was")
    change(case, make_curator(), title="As it is")
    store_as_form_1()
    return Case.objects.get()


def test_records_are_stored_with_their_form_and_read_without_it(tmp_path: Path) -> None:
    case = make_case("sharon")
    proposal = propose(case, make_contributor(), title="Better")
    make_mapping()
    bring_in(tmp_path, table([project(1, "Repair hall")]), mapping="projects")
    assert len(stored()) == 2 + 1 + 2 + 2 + 1 + 1 - 1
    assert {record["form"] for record in stored()} == {forms.current_form()}
    read = [
        CurrentVersion.objects.get(case=case).record,
        proposal.record,
        proposal.base,
        ImportRow.objects.get().record,
    ]
    read += [
        *Version.objects.values_list("record", flat=True),
        *(row["record"] for row in CurrentVersion.objects.values()),
    ]
    assert not [record for record in read if "form" in record]


def test_what_is_saved_again_is_stored_in_the_form_of_today(case: Case) -> None:
    assert not [record for record in stored() if "form" in record]
    change(case, title="Once more")
    CurrentVersion.objects.bulk_update(CurrentVersion.objects.all(), ["record"])
    newest = Version.objects.order_by("-history_id")[:1]
    assert [record.get("form") for record in stored()].count(2) == 2
    assert newest[0].record["title"] == "Once more"


@pytest.mark.parametrize(
    "address",
    [
        "/cases/sharon/versions/2/",
        "/cases/sharon/history/",
        "/cases/sharon/compare/?from=1&to=3",
        "/api/v1/cases/sharon/versions/",
        "/api/v1/cases/sharon/versions/2/",
        "/api/v1/cases/sharon/versions/3/difference/",
    ],
)
def test_earlier_versions_and_differences_answer(case: Case, address: str) -> None:
    assert signed_in(reviewer()).get(address).status_code == 200


def test_an_earlier_version_says_what_it_said_in_the_form_of_today(case: Case) -> None:
    answer = Client().get("/api/v1/cases/sharon/versions/2/").json()
    assert (answer["record"]["title"], answer["record"]["caveats"], "form" in answer["record"]) == (
        "As it was",
        [],
        False,
    )
    changes = Client().get("/api/v1/cases/sharon/versions/3/difference/").json()
    assert [each["path"] for each in changes] == ["title"]


def test_a_case_is_brought_back_to_a_version_of_an_earlier_form(case: Case) -> None:
    sent = {"to": 2, "reason": "As it was."}
    path = "/api/v1/cases/sharon/"
    client = signed_in(reviewer())
    headers = {"If-Match": client.get(path)["ETag"]}
    assert client.post(f"{path}revert/", sent, content_type="application/json", headers=headers).status_code == 200
    assert (said("sharon")["title"], said("sharon")["summary"]) == ("As it was", "Citizens and staff do it together.")


def test_a_change_of_form_makes_no_version_and_moves_no_date(case: Case) -> None:
    def state() -> Any:
        versions = list(Version.objects.order_by("pk").values("number", "history_date", "act"))
        return (
            Case.objects.values("version", "updated_at", "coded").get(),
            versions,
            Client().get("/api/v1/cases/sharon/")["ETag"],
        )

    before = state()
    refresh.refresh_all()
    assert state() == before


def test_a_proposal_of_an_earlier_form_is_looked_at_and_accepted(later: None) -> None:
    curator = reviewer()
    proposal = propose(make_case("sharon"), make_contributor(), title="As proposed")
    store_as_form_1()
    client = signed_in(curator)
    assert client.get(f"/proposals/{proposal.pk}/").status_code == 200
    path = f"/api/v1/proposals/{proposal.pk}/"
    read = client.get(path)
    assert [each["path"] for each in read.json()["changes"]] == ["title"]
    headers = {"If-Match": read["ETag"]}
    assert client.post(f"{path}accept/", {}, content_type="application/json", headers=headers).status_code == 200
    assert (said("sharon")["title"], said("sharon")["summary"]) == ("As proposed", "Citizens and staff do it together.")
    assert Proposal.objects.get().status == "accepted"


def test_what_only_the_form_changed_is_nothing_that_a_case_said_meanwhile(later: None) -> None:
    proposal = propose(make_case("sharon"), make_contributor(), title="As proposed")
    store_as_form_1()
    page = signed_in(reviewer()).get(f"/proposals/{proposal.pk}/").content.decode()
    assert "Citizens and staff do it together." not in page


def test_an_import_that_was_planned_in_an_earlier_form_is_applied_and_undone(later: None, tmp_path: Path) -> None:
    make_terms()
    make_mapping()
    client = signed_in(make_curator())
    bring_in(tmp_path, table([project(1, "Repair hall")]), mapping="projects")
    Batch.objects.all().delete()
    shown = upload(client, table([project(1, "Repair hall", About="They mend bikes."), project(2, "Seed bank")]))
    assert "They mend bikes." in shown.content.decode()
    store_as_form_1()
    assert "They mend bikes." in client.get(Batch.objects.get().get_absolute_url()).content.decode()
    assert "The import is applied" in step(client, "apply")
    assert (said("repair-hall")["summary"], said("seed-bank")["caveats"]) == ("They mend bikes.", [])
    assert said("seed-bank")["summary"] == "What Seed bank does."
    store_as_form_1()
    assert "The import is undone" in step(client, "undo")
    assert said("repair-hall")["summary"] == "What Repair hall does."


@pytest.mark.parametrize("form", [{}, {"form": "nonsense"}, {"form": 99}])
def test_what_was_exported_in_an_earlier_form_comes_back_as_the_same(
    later: None, tmp_path: Path, form: dict[str, Any]
) -> None:
    make_case("sharon")
    text = signed_in(reviewer()).get("/export/cases.csv").getvalue().decode()
    header, row = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    row[header.index("record")] = json.dumps(form_1(json.loads(row[header.index("record")])) | form)
    older = io.StringIO(newline="")
    csv.writer(older).writerows([header, row])
    assert bring_in(tmp_path, older.getvalue().encode(), name="cases.csv") is None


# What the catalogue's own files loaded


def test_what_was_loaded_in_an_earlier_form_is_the_same(later: None, tmp_path: Path) -> None:
    files = Files(tmp_path)
    before = files.load()
    store_as_form_1()
    assert files.load() == {name: words.split(" created")[0] + " same" for name, words in before.items()}


def test_what_was_loaded_in_an_earlier_form_is_changed_by_the_files(later: None, tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.load()
    store_as_form_1()
    files.change("cases/sharon.yaml", "title: SHaRON", "title: Sharon")
    assert files.load()["cases"] == "1 changed, 0 same"


def test_what_was_edited_since_it_was_loaded_in_an_earlier_form_is_kept(later: None, tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.load()
    edit("sharon", make_curator(), title="Mine")
    store_as_form_1()
    files.change("cases/sharon.yaml", "title: SHaRON", "title: Sharon")
    assert files.load()["cases"] == "0 same, 1 kept as edited"
    assert said("sharon")["title"] == "Mine"


def test_a_column_that_a_register_had_not_when_it_was_loaded_makes_nothing_edited(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.load()
    for row in LoadedRecord.objects.filter(register__in=["sources", "terms"]):
        row.said = {name: value for name, value in (row.said or {}).items() if name not in {"publisher", "notation"}}
        row.save()
    again = files.load()
    assert (again["sources"], again["terms"]) == ("1 same", "91 same")
