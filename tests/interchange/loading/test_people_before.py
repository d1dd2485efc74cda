"""The loader where people renamed, merged, retired or deleted what it brought: it never stops for that."""

from __future__ import annotations

import pytest

from accounts.models import User
from cases import actions
from cases.models import Case, Organisation, Place, Source
from cases.serializers import CaseSerializer
from taxonomy import actions as codebook
from taxonomy.models import Term
from tests.factories import TERMS, make_case

from .catalogue_files import BARE, CASE, TERM_COUNT, Files, vocabulary

pytestmark = pytest.mark.django_db

KEPT = "0 same, 1 kept as edited"


def add_case(files: Files, slug: str, old: str = "", new: str = "") -> None:
    """Add a file of a case that says what the first one says, but for one thing."""
    assert old in CASE
    files.write(f"cases/{slug}.yaml", CASE.replace("slug: sharon", f"slug: {slug}").replace(old, new))
    files.place()


def rename(to: str, by: User) -> Case:
    return actions.rename_case(case=Case.objects.get(slug="sharon"), to=to, by=by, reason="Why.")


def term(slug: str) -> Term:
    return Term.objects.get(vocabulary__slug="sector", slug=slug)


def test_a_case_that_a_person_renamed_is_kept(files: Files, curator: User) -> None:
    files.load()
    rename("forum", curator)
    assert files.load()["cases"] == KEPT
    files.change("cases/sharon.yaml", "title: SHaRON", "title: From the file")
    assert files.load()["cases"] == KEPT
    assert list(Case.objects.values_list("slug", "title")) == [("forum", "SHaRON")]


def test_a_case_that_a_person_renamed_to_an_address_of_the_files_is_kept(files: Files, curator: User) -> None:
    files.load()
    rename("forum", curator)
    add_case(files, "forum")
    assert files.load()["cases"] == "0 same, 2 kept as edited"
    assert Case.objects.count() == 1


def test_a_renamed_case_that_a_person_deleted_is_left_deleted(files: Files, curator: User) -> None:
    files.load()
    rename("forum", curator).delete()
    assert files.load()["cases"] == "0 same, 1 left deleted"


def test_a_case_that_a_person_merged_into_another_is_kept_withdrawn(files: Files, curator: User) -> None:
    files.load()
    actions.merge_case(case=Case.objects.get(), into=make_case("other"), by=curator, reason="Why.")
    files.change("cases/sharon.yaml", "title: SHaRON", "title: From the file")
    assert files.load()["cases"] == KEPT
    assert Case.objects.get(slug="sharon").state == "withdrawn"


@pytest.mark.parametrize(
    ("model", "register", "old", "new"),
    [
        (Source, "sources", "loeffler-2020", "loeffler-and-bovaird-2020"),
        (Organisation, "organisations", "kings-fund", "the-kings-fund"),
        (Place, "places", "reading", "reading-berkshire"),
    ],
)
def test_what_a_person_gave_another_slug_is_kept_and_named_by_the_old_one(
    files: Files, model: type[Source | Organisation | Place], register: str, old: str, new: str
) -> None:
    files.load()
    thing = model.objects.get(slug=old)
    thing.slug = new
    thing.save()
    add_case(files, "other", "title: SHaRON", "title: Other")
    said = files.load()
    assert (said[register], said["cases"]) == (KEPT, "1 created, 0 same, 1 kept as edited")
    assert list(model.objects.values_list("slug", flat=True)) == [new]
    record = CaseSerializer(Case.objects.whole().get(slug="other")).data
    assert (
        new
        in {
            "sources": [each["source"] for each in record["sources"]],
            "organisations": [each["organisation"] for each in record["organisations"]],
            "places": record["places"],
        }[register]
    )


def test_a_slug_that_a_person_gave_to_something_else_is_kept_as_theirs(files: Files) -> None:
    files.load()
    Organisation.objects.filter(slug="kings-fund").update(slug="the-kings-fund")
    Organisation.objects.create(slug="kings-fund", name="Another fund")
    assert files.load()["organisations"] == KEPT
    assert Organisation.objects.get(slug="kings-fund").name == "Another fund"


def test_a_case_that_names_what_a_person_deleted_is_left_out_and_said_to_be(files: Files) -> None:
    files.load()
    Case.objects.get().delete()
    Organisation.objects.get().delete()
    add_case(files, "other")
    files.write("cases/third.yaml", BARE.format(slug="third"))
    files.place()
    said = files.load()
    assert said["cases"] == "1 created, 0 same, 1 left deleted, 1 left out"
    what = "“kings-fund” was deleted here by hand; enter it again, or leave it out."
    assert said["left out"] == f"cases/other.yaml:27: organisations[0].organisation: {what}"
    Organisation.objects.create(slug="kings-fund", name="The King's Fund", country="GB")
    assert files.load()["cases"] == "1 created, 1 same, 1 left deleted"


def test_a_change_of_a_case_that_names_a_retired_term_is_left_out(files: Files, curator: User) -> None:
    files.load()
    codebook.retire_term(term=term("education"), by=curator, reason="Why.")
    files.change("cases/sharon.yaml", "sectors: [health]", "sectors: [education]")
    said = files.load()
    assert said["cases"] == "0 same, 1 left out"
    assert said["left out"].startswith("cases/sharon.yaml:16: sectors[0]: “education” is retired")


def test_a_mistake_of_a_file_is_one_where_its_case_was_renamed_too(files: Files, curator: User) -> None:
    files.load()
    rename("forum", curator)
    files.change("cases/sharon.yaml", "kind: named-case", "kind: named-cases\nstate: published")
    assert files.mistakes() == [
        "cases/sharon.yaml:3: kind: There is no “named-cases” here. Did you mean named-case?",
        "cases/sharon.yaml:4: state: Leave it out: the cases of the files are published.",
    ]


def put_below(files: Files, broader: str, narrower: str) -> None:
    """Let the files have a term below another one of theirs."""
    terms = TERMS["sector"].replace(f" {narrower}", "")
    files.write(
        "vocabularies/sector.yaml", vocabulary("sector", terms.replace(broader, f"{broader} {broader}>{narrower}"))
    )


def test_a_new_term_goes_under_the_term_that_a_person_renamed(files: Files, curator: User) -> None:
    files.load()
    codebook.rename_term(term=term("education"), slug="learning", by=curator, reason="Why.")
    put_below(files, "education", "new")
    assert files.load()["terms"] == f"1 created, 1 changed, {TERM_COUNT - 2} same, 1 kept as edited"
    assert term("new").broader == term("learning")
    assert files.load()["terms"] == f"{TERM_COUNT} same, 1 kept as edited"


def test_a_new_term_under_one_that_a_person_retired_is_left_out(files: Files, curator: User) -> None:
    files.load()
    codebook.retire_term(term=term("education"), by=curator, reason="Why.")
    put_below(files, "education", "new")
    said = files.load()
    assert said["terms"].endswith("1 kept as edited, 1 left out")
    assert said["left out"] == (
        "vocabularies/sector.yaml:20: terms[2].narrower[0]: “education” is retired here, and takes no narrower terms."
    )


def test_a_term_that_the_files_put_under_one_that_a_person_deleted_stays_where_it_is(files: Files) -> None:
    files.load()
    term("education").delete()
    put_below(files, "education", "sport")
    said = files.load()
    assert said["terms"].endswith("1 left deleted, 1 left out")
    assert said["left out"].endswith("“education” was deleted here by hand; enter it again.")
    assert term("sport").broader is None


def test_a_term_that_the_files_put_under_one_that_a_person_put_below_it_stays_where_it_is(files: Files) -> None:
    files.load()
    Term.objects.filter(pk=term("education").pk).update(broader=term("sport"))
    put_below(files, "education", "sport")
    said = files.load()
    assert said["terms"].endswith("1 kept as edited, 1 left out")
    assert said["left out"].endswith("“education” is narrower than this term here.")
    assert term("sport").broader is None


def test_two_terms_change_places_where_the_files_say_so(files: Files) -> None:
    put_below(files, "education", "sport")
    files.load()
    put_below(files, "sport", "education")
    assert files.load()["terms"] == f"2 changed, {TERM_COUNT - 2} same"
    assert term("education").broader == term("sport")
