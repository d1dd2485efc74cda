"""The loader, through its commands: a small folder of files, loaded, changed, broken."""

from __future__ import annotations

import csv

import pytest
from django.core.management import CommandError

from accounts.models import User
from cases import actions
from cases.models import Case, Passage, Place, Source, State
from cases.serializers import CaseSerializer
from interchange.loading.entries import LOADED_MODELS
from interchange.models import LoadedRecord
from taxonomy.models import Term, Vocabulary
from tests.factories import TERMS

from .catalogue_files import BARE, SOURCES, TERM_COUNT, TEXT, VOCABULARIES, Files, edit, vocabulary

pytestmark = pytest.mark.django_db

UNPLACED = "These words have no place in passages.csv; run manage.py place_passages."
KINDS = "chapter, article, book, report, case-study, news, web, other"


def test_everything_the_files_say_stands_in_the_catalogue(files: Files) -> None:
    said = files.load()
    assert said["cases"] == "1 created, 0 same"
    case = Case.objects.whole().get()
    assert (case.state, case.version, case.verdict_passage and case.verdict_passage.start) == ("published", 1, 5)
    record = CaseSerializer(case).data
    assert record["claims"][0]["value"] == 100.5
    assert record["years"] == {
        "start": 2006,
        "start_precision": "exact",
        "end": None,
        "end_precision": None,
        "ongoing": True,
        "basis": None,
        "passage": {"source": "loeffler-2020", "exact": "It went on.", "start": 82, "end": 93, "locator": ""}
        | {"section": "", "checked": True},
    }
    later = dict.fromkeys(["public_input", "contribution", "findings"], "not-coded")
    assert record["absent"] == {"pathways": "not-stated", "evidence": "explicit-no", **later}
    assert TEXT[82:93] == "It went on."
    narrower = Term.objects.get(vocabulary__slug="type", slug="joint-action-outcomes")
    assert narrower.broader == Term.objects.get(slug="joint-action")


def test_loading_twice_changes_nothing(files: Files) -> None:
    files.load()
    before = Case.objects.values().get(), list(LoadedRecord.objects.order_by("pk").values())
    said = files.load()
    assert said == {
        "vocabularies": f"{VOCABULARIES} same",
        "terms": f"{TERM_COUNT} same",
        **dict.fromkeys(["sources", "organisations", "places", "cases"], "1 same"),
    }
    assert (Case.objects.values().get(), list(LoadedRecord.objects.order_by("pk").values())) == before


def test_what_changed_in_the_files_changes_in_the_catalogue(files: Files) -> None:
    files.load()
    files.change("cases/sharon.yaml", "title: SHaRON", "title: Sharon")
    files.change("places.yaml", "name: Reading", "name: Reading upon Thames")
    files.change("vocabularies/kind.yaml", "definition: D.\nord", "definition: Other.\nord")
    said = files.load()
    assert (said["cases"], said["places"], said["sources"]) == ("1 changed, 0 same", "1 changed, 0 same", "1 same")
    assert Case.objects.get().title == "Sharon"
    assert Place.objects.get().name == "Reading upon Thames"
    assert Vocabulary.objects.get(slug="kind").definition == "Other."
    assert files.load()["cases"] == "1 same"


def test_a_case_that_a_person_edited_is_kept(files: Files, curator: User) -> None:
    files.load()
    edit("sharon", curator, title="By hand")
    files.change("cases/sharon.yaml", "title: SHaRON", "title: From the file")
    assert files.load()["cases"] == "0 same, 1 kept as edited"
    assert Case.objects.get().title == "By hand"


def test_a_case_that_a_person_withdrew_is_kept_withdrawn(files: Files, curator: User) -> None:
    files.load()
    actions.withdraw_case(case=Case.objects.get(), by=curator, reason="Why.")
    assert files.load()["cases"] == "0 same, 1 kept as edited"
    assert Case.objects.get().state == State.WITHDRAWN


def test_a_case_that_a_person_entered_under_the_same_address_is_kept(files: Files, curator: User) -> None:
    files.write("cases/other.yaml", BARE.format(slug="other"))
    (files.folder / "cases/sharon.yaml").rename(files.folder / "sharon.yaml")
    files.place()
    files.load()
    edit("other", curator)
    files.write("cases/third.yaml", BARE.format(slug="third"))
    files.place()
    Case.objects.filter(slug="other").update(slug="third")
    assert files.load()["cases"] == "0 same, 1 kept as edited, 1 left deleted"
    assert Case.objects.get().title == "other"


def test_what_a_person_deleted_is_not_brought_back(files: Files) -> None:
    files.load()
    Case.objects.get().delete()
    Place.objects.get().delete()
    said = files.load()
    assert (said["cases"], said["places"]) == ("0 same, 1 left deleted", "0 same, 1 left deleted")
    assert (Case.objects.count(), Place.objects.count()) == (0, 0)


def test_terms_of_a_vocabulary_that_a_person_deleted_are_not_brought_back_by_a_new_term(files: Files) -> None:
    files.load()
    Case.objects.get().delete()
    Vocabulary.objects.get(slug="caveat").terms.all().delete()
    Vocabulary.objects.get(slug="caveat").delete()
    files.write("vocabularies/caveat.yaml", vocabulary("caveat", "limitation new-term"))
    said = files.load()
    assert (said["vocabularies"], said["terms"]) == (
        f"{VOCABULARIES - 1} same, 1 left deleted",
        f"{TERM_COUNT - 4} same, 2 left deleted",
    )
    assert not Term.objects.filter(vocabulary__slug="caveat").exists()


def test_a_dry_run_says_what_it_would_do_and_does_nothing(files: Files) -> None:
    assert files.load(dry_run=True)["cases"] == "1 created, 0 same"
    assert (Case.objects.count(), Vocabulary.objects.count(), LoadedRecord.objects.count()) == (0, 0, 0)


def test_all_mistakes_of_all_files_are_listed_and_nothing_is_loaded(files: Files) -> None:
    files.change("cases/sharon.yaml", "term: peer-support", "term: peer-suport")
    files.change("cases/sharon.yaml", "  evidence: explicit-no\n", "")
    files.change("cases/sharon.yaml", "passage: over 100 people came", "passage: over 200 people came")
    files.change("sources.yaml", "kind: chapter", "kind: chapters\n  pages: 3")
    files.change("places.yaml", "51.5", "151.5")
    files.write("organisations.yaml", "- {slug: kings-fund, name: A}\n- {slug: kings-fund, name: B}\n")
    files.write("cases/other.yaml", "slug: another\nslug: other\n")
    files.write("cases/third.yaml", "a: [\n")
    files.write("vocabularies/caveat.yaml", vocabulary("caveats", TERMS["caveat"]))
    assert files.mistakes() == [
        "cases/other.yaml:1: arrangements: Give it, or say under absent which kind of nothing it is.",
        "cases/other.yaml:1: evidence: Give it, or say under absent which kind of nothing it is.",
        "cases/other.yaml:1: kind: This field is required.",
        "cases/other.yaml:1: pathways: Give it, or say under absent which kind of nothing it is.",
        "cases/other.yaml:1: places: Give it, or say under absent which kind of nothing it is.",
        "cases/other.yaml:1: sectors: Give it, or say under absent which kind of nothing it is.",
        "cases/other.yaml:1: slug: This key stands twice, here on line 2; keep one.",
        "cases/other.yaml:1: title: This field is required.",
        "cases/other.yaml:1: years: Give it, or say under absent which kind of nothing it is.",
        "cases/sharon.yaml:1: evidence: Give it, or say under absent which kind of nothing it is.",
        "cases/sharon.yaml:13: arrangements[0].type.term: There is no “peer-suport” here. Did you mean peer-support?",
        f"cases/sharon.yaml:25: claims[0].passage: {UNPLACED}",
        "cases/third.yaml:2: This is no YAML: did not find expected node content.",
        "organisations.yaml:2: [1].slug: “kings-fund” stands here twice; keep one.",
        "places.yaml:1: [0]: Give latitude (-90 to 90) and longitude (-180 to 180), or neither.",
        f"sources.yaml:2: [0].kind: Value 'chapters' is not a valid choice. It is one of: {KINDS}.",
        f"sources.yaml:3: [0].pages: There is no such field; there are: {', '.join(LOADED_MODELS['sources'][1])}.",
        "vocabularies/caveat.yaml:1: slug: Give the slug that the file is named after.",
    ]
    assert (Vocabulary.objects.count(), Source.objects.count(), Case.objects.count()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("name", "text", "mistake"),
    [
        ("cases/sharon.yaml", "a: &x [b]\nc: *x\n", "1: c: Write it out again instead of pointing to an anchor."),
        ("cases/sharon.yaml", "", "1: Write a case: a mapping with slug, title, kind and so on."),
        ("cases/sharon.yaml", "- a\n", "1: Write a case: a mapping with slug, title, kind and so on."),
        ("sources.yaml", "a: b\n", "1: Write a list of sources, each a mapping."),
        ("sources.yaml", "- a\n", "1: Write a list of sources, each a mapping."),
        ("vocabularies/kind.yaml", "- a\n", "1: Write a vocabulary: a mapping with slug, label, definition and terms."),
        ("passages.csv", "a\n1\n", "1: Write it anew with manage.py place_passages; it cannot be read: 'start'."),
    ],
)
def test_a_file_of_the_wrong_form_is_said_to_be_so(files: Files, name: str, text: str, mistake: str) -> None:
    files.write(name, text)
    assert f"{name}:{mistake}" in files.mistakes()
    assert Source.objects.count() == 0


def test_a_missing_file_and_one_that_is_not_utf8_are_said_to_be_so(files: Files) -> None:
    (files.folder / "places.yaml").unlink()
    (files.folder / "sources.yaml").write_bytes(b"- \xff\n")
    found = files.mistakes()
    assert "places.yaml:1: There is no such file; add it." in found
    assert "sources.yaml:1: Save it as UTF-8; byte 2 is not." in found


def test_a_quotation_that_stands_nowhere_or_twice_is_not_placed(files: Files) -> None:
    before = (files.folder / "passages.csv").read_bytes()
    files.change("cases/sharon.yaml", "  passage: citizens took part\narr", "  passage: citizens took parts\narr")
    files.write("cases/other.yaml", BARE.format(slug="other").replace("citizens took part", "a"))
    with pytest.raises(CommandError) as error:
        files.place()
    other, sharon, end = str(error.value).splitlines()
    assert other == (
        "cases/other.yaml:6: eligibility.passage: These words stand 7 times in the text; "
        "quote more of it, so that they stand once."
    )
    assert sharon == (
        "cases/sharon.yaml:10: eligibility.passage: These words do not stand in the text; "
        "quote it character for character: “citizens took parts”."
    )
    assert end == "Nothing was written."
    assert (files.folder / "passages.csv").read_bytes() == before


def test_a_quotation_in_another_form_is_told_how_its_words_stand(files: Files) -> None:
    files.change(
        "cases/sharon.yaml", "  passage: citizens took part\narr", "  passage: citizens\u00a0took\u00adpart\narr"
    )
    with pytest.raises(
        CommandError, match="The text has these words in another form; quote them so: “citizens took part”"
    ):
        files.place()


def test_passages_are_placed_once_a_case_in_the_order_of_the_text(files: Files) -> None:
    lines = (files.folder / "passages.csv").read_text("utf-8").splitlines()
    assert [row["start"] + row["case"] for row in csv.DictReader(lines)] == [
        "5sharon",
        "37sharon",
        "65sharon",
        "82sharon",
    ]


def test_passages_are_not_placed_in_another_text_than_the_one_recorded(files: Files) -> None:
    files.text.write_text(f"{TEXT} ", "utf-8")
    with pytest.raises(CommandError, match="This is another text than the one recorded"):
        files.place()


def test_a_passage_of_another_source_is_given_whole(files: Files) -> None:
    files.write("sources.yaml", f"{SOURCES}- {{slug: lga-2018, kind: report, authors: LGA}}\n")
    files.change(
        "cases/sharon.yaml",
        "passage: naïve 😀 and all",
        "passage: {source: lga-2018, exact: It helps., locator: p. 3}",
    )
    files.place()
    files.load()
    found = Passage.objects.get(source__slug="lga-2018")
    assert (found.exact, found.start, found.locator) == ("It helps.", None, "p. 3")
    assert files.load()["cases"] == "1 same"
