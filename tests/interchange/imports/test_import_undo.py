"""Imports that are undone as one: what they brought goes, what they changed is as it was before."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from cases import actions as cases_actions
from cases.models import Act, Case, Organisation, Place, Source, Version
from interchange.imports import batches
from interchange.models import Batch, ImportedRecord
from tests.factories import make_case, make_curator, make_terms
from tests.interchange.importing import bring_in, make_mapping, project, refused, said, table
from tests.interchange.imports.test_import_cases import planned

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mapping() -> None:
    make_terms()
    make_mapping()


def test_an_import_is_undone_as_one(tmp_path: Path) -> None:
    bring_in(tmp_path, table([project(1, "Stays", Lead="Us")]), mapping="projects")
    before = said("stays")
    rows = [project(1, "Stays", About="Other.", Lead="Us"), project(2, "Goes", Town="Lund", Lead="Them")]
    bring_in(tmp_path, table(rows), mapping="projects")
    assert batches.undo_batch(batch=Batch.objects.latest("pk"), by=make_curator()).status == Batch.Status.UNDONE
    assert said("stays") == before
    assert list(Case.objects.values_list("slug", flat=True)) == ["stays"]
    assert list(Organisation.objects.values_list("name", flat=True)) == ["Us"]
    assert (Place.objects.count(), Source.objects.count()) == (0, 1)
    assert Version.objects.filter(case__slug="stays").first().act == Act.UNDONE
    known = ImportedRecord.objects.get()
    assert (known.external_id, known.batch) == ("1", Batch.objects.earliest("pk"))
    assert planned(rows).counts()["create"] == 1


def test_an_import_that_published_a_case_under_review_is_undone(tmp_path: Path) -> None:
    case = make_case("apple", state="draft", eligibility=None)
    cases_actions.submit_case(case=case, by=None)
    before = said("apple")
    make_case("judged")
    file = json.dumps([{**before, "eligibility": said("judged")["eligibility"], "state": "published"}]).encode()
    batch = bring_in(tmp_path, file, name="a.json", publish=True)
    assert batch is not None
    assert Case.objects.get(slug="apple").state == "published"
    batches.undo_batch(batch=batch, by=make_curator())
    assert (said("apple"), Case.objects.get(slug="apple").state) == (before, "in-review")


def test_an_undo_that_needs_what_was_deleted_since_is_refused_and_names_the_case(tmp_path: Path) -> None:
    make_case("apple", title="The apple", places=["oslo"])
    batch = bring_in(tmp_path, json.dumps([{**said("apple"), "places": []}]).encode(), name="a.json")
    assert batch is not None
    Place.objects.all().delete()
    with pytest.raises(CommandError, match=r"“The apple”, places\[0\]: ") as refusal:
        call_command("import_cases", undo=batch.pk)
    assert refusal.value.returncode == 1


def test_a_file_whose_import_was_undone_tells_which_of_its_cases_are_withdrawn(tmp_path: Path) -> None:
    make_case("seen")
    file = json.dumps([{**said("seen"), "slug": "pear", "title": "The pear", "state": "published"}]).encode()
    batch = bring_in(tmp_path, file, name="a.json", publish=True)
    assert batch is not None
    batches.undo_batch(batch=batch, by=None)
    assert "“The pear” is withdrawn; take it up again first" in refused(tmp_path, file, name="a.json")[1]


def test_what_readers_saw_is_withdrawn_when_its_import_is_undone(tmp_path: Path) -> None:
    make_case("seen")
    file = json.dumps([{**said("seen"), "slug": "seen-too", "title": "Another", "state": "published"}]).encode()
    batch = bring_in(tmp_path, file, name="a.json", publish=True)
    assert batch is not None
    assert Case.objects.get(slug="seen-too").state == "published"
    call_command("import_cases", undo=batch.pk, stdout=io.StringIO())
    case = Case.objects.get(slug="seen-too")
    assert (case.state, case.withdrawn_reason) == ("withdrawn", f"Import {batch.pk} was undone.")
    with pytest.raises(CommandError, match="This import is undone"):
        call_command("import_cases", undo=batch.pk)


def test_an_import_is_not_undone_over_what_somebody_changed_since(tmp_path: Path) -> None:
    bring_in(tmp_path, table([project(1, "First"), project(2, "Second one")]), mapping="projects")
    case = Case.objects.get(slug="first")
    cases_actions.submit_case(case=case, by=None)
    with pytest.raises(batches.CasesEdited, match="“First”") as refusal:
        batches.undo_batch(batch=Batch.objects.latest("pk"), by=None)
    assert [each.slug for each in refusal.value.cases] == ["first"]
    assert Case.objects.count() == 2
