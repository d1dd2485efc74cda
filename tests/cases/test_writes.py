"""What follows from a write, at every door: the catalogue's version moves, and what is kept of the cases follows."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import transaction
from django.db.models import Model
from django.test import Client

from accounts.models import User
from cases import actions
from cases.derived import refresh
from cases.models import CachedRepresentation, Case, Catalogue, Passage
from cases.record.convert import record_from_case
from cases.search.engine import SearchQuery, ranked_keys
from cases.serializers import CaseSerializer
from taxonomy import actions as codebook
from taxonomy.models import Alignment, Term, TermExample, TermNeighbour, Vocabulary
from tests.cases.admin.pages import ADD, change_page, opened, signed_in, whole_case
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
    make_user,
    passage,
)
from tests.interchange.loading.catalogue_files import Files

pytestmark = pytest.mark.django_db


def version() -> str:
    return Catalogue.objects.get().version


def valid(record: dict[str, Any], case: Case | None = None) -> dict[str, Any]:
    serializer = CaseSerializer(case, data=record)
    serializer.is_valid(raise_exception=True)
    matter: dict[str, Any] = serializer.validated_data
    return matter


def document(case: Case) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(CachedRepresentation.objects.get(case=case).document.replace("\x1f", ""))
    return said


def line(case: Case) -> str:
    return CachedRepresentation.objects.get(case=case).line


@pytest.fixture
def case() -> Case:
    """A case with something in every part."""
    make_terms()
    return make_case(
        "sharon",
        arrangements=[arrangement("peer-support", ["user"], ["digital"])],
        pathways=[{"pathway": "detect-early", "basis": "section", "passage": passage("early")}],
        sectors=["health"],
        places=["reading"],
        years={"start": 2009, "ongoing": True, "passage": passage("since 2009")},
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage("evaluated")},
        public_input=[{"input": "money", "basis": "explicit", "passage": passage("paid")}],
        contribution=[{"contribution": "time", "basis": "explicit", "passage": passage("hours")}],
        sector_grounds=[{"sector": "health", "basis": "explicit", "passage": passage("healthy")}],
        place_grounds=[{"place": "reading", "basis": "explicit", "passage": None}],
        findings=[finding()],
        claims=[claim("over 100 people")],
        organisations=[{"organisation": "kings-fund", "part": "partner", "passage": passage("a partner")}],
        sources=[{"source": "loeffler-2020", "locator": "p. 13"}],
        caveats=[{"kind": "limitation", "text": "Few were asked.", "passage": passage("few")}],
    )


@pytest.fixture
def root() -> Client:
    """Someone who may do everything."""
    return signed_in(User.objects.create_superuser("root", "root@example.org", "password"))


VERBS: dict[str, Callable[[Case], object]] = {
    "create": lambda _: actions.create_case(record=valid(make_record("other")), by=None),
    "change": lambda case: actions.change_case(
        case=case, record=valid(make_record("sharon"), case), by=None, version=case.version
    ),
    "settle": lambda case: actions.finalise_case(case=case, by=None),
    "withdraw": lambda case: actions.withdraw_case(case=case, by=None, reason="Why."),
    "refresh": lambda _: refresh.refresh_cases(cases=Case.objects.all()),
}


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_moves_the_version(case: Case, verb: str) -> None:
    before = version()
    VERBS[verb](case)
    assert version() != before


def test_every_move_moves_the_version_and_what_is_kept_follows(case: Case) -> None:
    seen = [version()]
    withdrawn = actions.withdraw_case(case=case, by=None, reason="Why.")
    states = [document(case)["state"]]
    seen.append(version())
    again = actions.redraft_case(case=withdrawn, by=None)
    states.append(document(case)["state"])
    seen.append(version())
    published = actions.publish_case(case=again, by=None)
    states.append(document(case)["state"])
    seen.append(version())
    assert states == ["withdrawn", "draft", "published"]
    assert len(set(seen)) == 4
    assert document(case)["version"] == published.version


@pytest.mark.parametrize("verb", VERBS)
def test_a_write_that_is_undone_moves_nothing(case: Case, verb: str) -> None:
    before, kept = version(), list(CachedRepresentation.objects.order_by("pk").values())
    with transaction.atomic():
        VERBS[verb](case)
        transaction.set_rollback(True)
    assert (version(), list(CachedRepresentation.objects.order_by("pk").values())) == (before, kept)


def test_a_change_that_changes_nothing_moves_nothing(case: Case) -> None:
    before = version()
    whole = Case.objects.whole().get(pk=case.pk)
    actions.change_case(case=case, record=record_from_case(whole), by=None, version=case.version)
    assert version() == before


def test_what_an_interface_writes_moves_the_version(case: Case, root: Client) -> None:
    seen = {version()}
    address = "/api/v1/cases/sharon/"
    tag = root.get(address)["ETag"]
    new = root.post("/api/v1/cases/", make_record("other"), content_type="application/json")
    seen.add(version())
    patched = root.patch(address, {"title": "SHaRON"}, content_type="application/json", headers={"If-Match": tag})
    seen.add(version())
    moved = root.post(f"{address}withdraw/", {"reason": "Why."}, content_type="application/json")
    seen.add(version())
    assert [answer.status_code for answer in (new, patched, moved)] == [201, 200, 200]
    assert len(seen) == 4
    assert patched.json()["title"] == "SHaRON"
    assert moved.json() == root.get(address).json() == document(case) | {"url": "http://127.0.0.1:8000/cases/sharon/"}


def test_what_is_typed_into_the_page_of_a_case_is_kept_and_moves_the_version(root: Client) -> None:
    make_terms()
    make_source()
    before = version()
    assert root.post(ADD, whole_case(opened(root, ADD))).status_code == 302
    made, case = version(), Case.objects.get()
    assert (before != made, document(case)["claims"][0]["value"]) == (True, 400)
    page = change_page(case)
    assert root.post(page, opened(root, page) | {"title": "Renamed"}).status_code == 302
    assert (version() != made, document(case)["title"], line(case).split(",")[1]) == (True, "Renamed", "Renamed")


def test_a_draft_that_is_deleted_moves_the_version(root: Client) -> None:
    case = make_case("secret", state="draft")
    before = version()
    root.post(f"/admin/cases/case/{case.pk}/delete/", {"post": "yes"})
    assert (version() != before, CachedRepresentation.objects.count()) == (True, 0)


UNUSED: dict[str, Callable[[], Model]] = {
    "source": lambda: make_source("unused-2019"),
    "organisation": lambda: make_organisation("unused"),
    "place": lambda: make_place("unused"),
    "passage": lambda: make_passage("unused"),
    "term": lambda: Term.objects.create(
        vocabulary=Vocabulary.objects.get(slug="sector"), slug="unused", label="Unused", definition="None."
    ),
    "vocabulary": lambda: Vocabulary.objects.create(slug="unused", label="Unused", definition="None."),
}


@pytest.mark.parametrize("name", UNUSED)
def test_what_is_made_or_deleted_in_a_register_moves_the_version(case: Case, root: Client, name: str) -> None:
    seen = {version()}
    thing = UNUSED[name]()
    seen.add(version())
    deleted = root.post(f"/admin/{thing._meta.app_label}/{name}/{thing.pk}/delete/", {"post": "yes"})
    seen.add(version())
    assert (deleted.status_code, len(seen)) == (302, 3)


def test_an_alignment_that_is_made_or_deleted_moves_the_version(case: Case) -> None:
    seen = {version()}
    term = Term.objects.get(slug="health")
    aligned = Alignment.objects.create(term=term, relation="exactMatch", iri="https://example.org/1", label="One")
    seen.add(version())
    aligned.delete()
    seen.add(version())
    assert len(seen) == 3


def renamed(root: Client, thing: Model, **fields: Any) -> None:
    """Change a thing on its own page."""
    page = f"/admin/{thing._meta.app_label}/{thing._meta.model_name}/{thing.pk}/change/"
    response = root.post(page, opened(root, page) | {"reason": "So it is called."} | fields)
    assert response.status_code == 302, response.content.decode()


def found(words: str) -> list[int]:
    return list(ranked_keys(SearchQuery.read(words)))


def test_a_place_renamed_is_renamed_wherever_it_shows(case: Case, root: Client) -> None:
    before = version()
    renamed(root, case.places.get(), name="Slough")
    assert version() != before
    assert json.loads(CachedRepresentation.objects.get().card.replace("\x1f", ""))["places"] == [
        {"name": "Slough", "slug": "reading", "country": "GB"}
    ]
    assert (",Slough,reading,GB," in line(case), found("slough"), found("reading")) == (True, [case.pk], [])


def test_an_organisation_renamed_is_renamed_wherever_it_shows(case: Case, root: Client) -> None:
    renamed(root, case.organisations.get(), name="The Hospital")
    assert ("The Hospital (Partner)" in line(case), found("hospital")) == (True, [case.pk])


def test_a_source_retitled_is_found_by_its_new_title(case: Case, root: Client) -> None:
    before = version()
    renamed(root, case.sources.get(), title="Together")
    assert (version() != before, found("together")) == (True, [case.pk])


@pytest.mark.parametrize(("slug", "shown"), [("peer-support", "(Renamed; user"), ("partner", "Kings Fund (Renamed)")])
def test_a_term_renamed_is_renamed_wherever_it_shows(case: Case, slug: str, shown: str) -> None:
    codebook.rename_term(term=Term.objects.get(slug=slug), label="Renamed", by=None, reason="So it is called.")
    assert shown in line(case)


def test_a_vocabulary_renamed_moves_the_version(case: Case, root: Client) -> None:
    before = version()
    renamed(root, Vocabulary.objects.get(slug="sector"), label="Branch")
    assert version() != before


def test_a_passage_corrected_is_corrected_wherever_it_is_quoted(case: Case) -> None:
    for words in Passage.objects.all():
        words.locator = "p. 99"
        words.save()
    text = CachedRepresentation.objects.get().document
    assert (text.count('"locator":"p. 99"'), '"locator":""' in text) == (text.count('"exact":'), False)


def test_the_loader_moves_the_version_only_when_it_writes(tmp_path: Path) -> None:
    files, before = Files(tmp_path), version()
    files.load()
    loaded = version()
    assert (loaded != before, CachedRepresentation.objects.count()) == (True, Case.objects.count())
    files.load()
    assert version() == loaded


def test_reading_moves_nothing(case: Case, root: Client) -> None:
    before = version()
    for address in ("/", "/cases/", "/api/v1/cases/", "/api/v1/facets/", "/export/cases.csv", change_page(case)):
        assert root.get(address).status_code == 200
    assert version() == before


def test_a_reader_who_signs_up_moves_nothing(case: Case) -> None:
    before = version()
    make_user("new")
    assert version() == before


DERIVED = {
    *("Catalogue", "CachedRepresentation", "Revision", "SearchRow", "Word", "CurrentVersion", "Version"),
    *("CodingDoubt", "CodingOrigin"),
}
ASIDE = {"OldAddress", "Proposal", "Remark", "Recoding", "CodebookChange"}
"""What shows on no page that is answered from the version."""


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize("app", ["cases", "taxonomy"])
def test_saving_anything_that_answers_are_made_of_moves_the_version(app: str) -> None:
    term, other = Term.objects.all()[:2]
    Alignment.objects.create(term=term, relation="exactMatch", iri="https://example.org/1", label="1")
    TermNeighbour.objects.create(term=term, neighbour=other, difference="D.")
    TermExample.objects.create(term=term, fit="typical", case="apple", why="W.")
    silent = []
    for model in apps.get_app_config(app).get_models():
        before = version()
        if model.__name__ not in DERIVED | ASIDE and not model.__name__.startswith("Historical"):
            model._default_manager.all()[0].save()
            silent += [model.__name__] if version() == before else []
    assert silent == []


def test_a_list_of_a_case_that_changes_moves_the_version(case: Case) -> None:
    seen = {version()}
    case.sectors.add(Term.objects.get(slug="sport"))
    seen.add(version())
    case.places.clear()
    seen.add(version())
    assert len(seen) == 3


# Renewing all of them


def spoilt() -> None:
    CachedRepresentation.objects.update(card="{}", document="{}", line="")


def test_refreshing_does_nothing_while_the_form_is_that_of_the_code(
    case: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    before = version()
    call_command("refresh")
    assert capsys.readouterr().out == "Nothing to do: every case is in the form of today.\n"
    assert version() == before


def test_refreshing_all_renews_every_case(case: Case, capsys: pytest.CaptureFixture[str]) -> None:
    kept, before = CachedRepresentation.objects.values().get(), version()
    spoilt()
    call_command("refresh", all=True)
    assert capsys.readouterr().out == "Cases in the form of today: 1.\n"
    assert (CachedRepresentation.objects.values().get(), version() != before) == (kept, True)


@pytest.mark.parametrize("command", ["refresh", "migrate"])
def test_cases_of_an_older_form_are_renewed_once(case: Case, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    kept = CachedRepresentation.objects.values().get()
    spoilt()
    Catalogue.objects.update(rendering=0)
    call_command(command)
    assert "Cases in the form of today: 1." in capsys.readouterr().out
    renewed = version()
    assert CachedRepresentation.objects.values().get() == kept
    call_command(command)
    assert version() == renewed
