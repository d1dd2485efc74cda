"""The loader where the files have two editions: a new catalogue, one that has the first, and one that people edited."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from cases import actions
from cases.actions import decline_proposal
from cases.history.reading import readable_versions
from cases.models import Case, Organisation, Proposal
from cases.review.proposals import Review
from interchange.models import LoadedRecord
from taxonomy import actions as codebook
from taxonomy.models import CodebookChange, Term
from tests.factories import TERMS

from .catalogue_files import BARE, TERM_COUNT, Files, edit, vocabulary

pytestmark = pytest.mark.django_db

EDITION = """\
title: The second codebook
reason: All was read anew.
codebook:
  sector/education: It means less now.
cases:
  sharon: Its title was mistaken.
merged:
  twin: {into: sharon, reason: The source speaks of one under two names.}
"""
SECTOR = vocabulary("sector", TERMS["sector"])
MANUAL = """\
  - slug: education
    label: education
    definition: D2.
    include_when: I.
    leave_out_when: L.
    history_note: H.
    neighbours:
      - {term: sport, difference: No ball.}
    examples:
      - {as: typical, case: sharon, why: W., passage: citizens took part}
"""


@pytest.fixture
def two(files: Files) -> Files:
    """A folder whose first edition has `sharon`, `twin` and `third`; `second(files)` makes the second one."""
    files.write("cases/twin.yaml", BARE.format(slug="twin"))
    files.write("cases/third.yaml", BARE.format(slug="third"))
    files.place()
    return files


def second(files: Files) -> None:
    """Keep what stands as the first edition, and say otherwise in the second."""
    first = files.folder / "editions" / "1"
    names = ["cases", "vocabularies", "sources.yaml", "organisations.yaml", "places.yaml", "passages.csv"]
    first.mkdir(parents=True)
    for name in names:
        path = files.folder / name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, first / name)
    (files.folder / "cases" / "twin.yaml").unlink()
    files.change("cases/sharon.yaml", "title: SHaRON", "title: Sharon")
    old = "  - slug: education\n    label: education\n    definition: D.\n"
    assert old in SECTOR
    sector = SECTOR.replace(old, MANUAL).replace("definition: D.\norder", "definition: D.\nrules: R.\norder")
    files.write("vocabularies/sector.yaml", f"{sector}\n  - {{slug: new, label: New, definition: N.}}\n")
    retired = "  - slug: concern-raised\n    label: concern-raised\n    definition: D."
    files.change("vocabularies/democratic-quality.yaml", retired, f"{retired}\n    retired: true")
    files.write("organisations.yaml", "- {slug: kings-fund, name: The King's Fund, country: GB, unnamed: true}\n")
    files.write("editions/2.yaml", EDITION)
    files.place()


def versions(slug: str) -> list[tuple[int, str, str]]:
    case = Case.objects.get(slug=slug)
    return [(each.number, each.act, each.history_change_reason) for each in reversed(readable_versions(case, None))]


FIRST = (1, "entered", "From the catalogue’s own files.")
CHANGED = (2, "changed", "Its title was mistaken.")


def test_a_new_catalogue_gets_both_editions_one_after_the_other(two: Files) -> None:
    second(two)
    two.load()
    assert versions("sharon") == [FIRST, CHANGED]
    assert versions("third") == [FIRST]
    assert versions("twin") == [FIRST, (2, "merged", "The source speaks of one under two names.")]
    twin = Case.objects.select_related("merged_into").get(slug="twin")
    assert (twin.state, twin.merged_into and twin.merged_into.slug) == ("withdrawn", "sharon")
    assert Organisation.objects.get().unnamed
    assert set(LoadedRecord.objects.values_list("edition", flat=True)) == {2}


def test_the_codebook_gets_one_version_of_all_that_the_edition_changed(two: Files) -> None:
    second(two)
    two.load()
    first, revision = CodebookChange.objects.versions().order_by("number")
    assert (first.kind, revision.number, revision.kind) == ("loaded", 2, "revised")
    assert (revision.title, revision.reason) == ("The second codebook", "All was read anew.")
    parts = {(str(each.what), each.kind, each.reason): each.number for each in revision.parts.all()}
    assert parts == {
        ("sector", "redefined", ""): 2,
        ("education", "redefined", "It means less now."): 2,
        ("New", "added", ""): 2,
        ("concern-raised", "retired", ""): 2,
    }
    [education] = [each for each in revision.parts.all() if str(each.what) == "education"]
    assert education.differences == [
        ("definition", "D.", "D2."),
        ("include when", "", "I."),
        ("leave out when", "", "L."),
        ("history note", "", "H."),
        ("neighbours", "", "sport: No ball."),
        ("examples", "", "typical: sharon. W. “citizens took part”"),
    ]
    retired = Term.objects.get(slug="concern-raised")
    assert (retired.version, retired.retired_at is not None, Term.objects.get(slug="sport").version) == (2, True, 1)
    assert {each["codebook"] for each in Case.objects.get(slug="sharon").coded.values()} == {2}


def test_a_catalogue_that_has_the_first_edition_comes_to_the_same(two: Files) -> None:
    two.load()
    second(two)
    two.load()
    assert (versions("sharon"), versions("third"), len(versions("twin"))) == ([FIRST, CHANGED], [FIRST], 2)
    assert CodebookChange.objects.number() == 2


def test_loading_both_editions_again_changes_nothing(two: Files) -> None:
    second(two)
    two.load()
    before = [list(model.objects.order_by("pk").values()) for model in (Case, Term, CodebookChange, LoadedRecord)]
    said = two.load()
    assert (said["cases"], said["terms"], "edition" in said) == ("2 same", f"{TERM_COUNT + 1} same", False)
    assert [
        list(model.objects.order_by("pk").values()) for model in (Case, Term, CodebookChange, LoadedRecord)
    ] == before


def test_a_dry_run_says_what_both_editions_would_do_and_does_nothing(two: Files) -> None:
    second(two)
    said = two.load(dry_run=True)
    assert said["cases"] == "1 changed, 1 merged, 1 same"
    assert [model.objects.count() for model in (Case, CodebookChange, LoadedRecord)] == [0, 0, 0]


def test_a_mistake_of_the_second_edition_leaves_a_new_catalogue_empty(two: Files) -> None:
    second(two)
    two.change("cases/sharon.yaml", "kind: named-case", "kind: named-cases")
    two.change("editions/2.yaml", "sharon: Its", "sharong: Its")
    assert two.mistakes() == [
        "cases/sharon.yaml:3: kind: There is no “named-cases” here. Did you mean named-case?",
        "editions/2.yaml:6: cases.sharong: There is no such case in this edition; take it out.",
    ]
    assert not Case.objects.exists()


# What people edited --------------------------------------------------------------------------------------------------


def test_a_case_that_people_edited_is_proposed_merged_with_what_they_did(two: Files, curator: User) -> None:
    two.load()
    edit("sharon", curator, summary="A better summary.")
    second(two)
    assert two.load()["cases"] == "1 merged, 1 proposed, 1 same"
    [proposal] = Proposal.objects.all()
    assert (proposal.author, proposal.reason) == ("the catalogue itself", "Its title was mistaken.")
    assert (proposal.base_version, Case.objects.get(slug="sharon").title) == (1, "SHaRON")
    review = Review.of(proposal, curator)
    assert review.merged.conflicts == []
    assert [review.merged.record[name] for name in ("title", "summary")] == ["Sharon", "A better summary."]
    assert [change.path for section in review.written.sections for change in section.changes] == ["title"]


@pytest.mark.parametrize("decided", [0, 1])
def test_it_is_proposed_once_also_where_it_was_declined(two: Files, curator: User, decided: int) -> None:
    two.load()
    edit("sharon", curator, summary="A better summary.")
    second(two)
    two.load()
    if decided:
        decline_proposal(proposal=Proposal.objects.get(), by=curator, version=1, text="No.")
    assert two.load()["cases"] == "1 same, 1 kept as edited"
    assert Proposal.objects.count() == 1


def test_where_both_changed_the_same_field_the_reviewer_decides(two: Files, curator: User) -> None:
    two.load()
    edit("sharon", curator, title="The forum")
    second(two)
    two.load()
    [conflict] = Review.of(Proposal.objects.get(), curator).merged.conflicts
    assert conflict == ("title", "SHaRON", "Sharon", "The forum")


def test_nothing_is_proposed_where_people_did_the_same_or_the_edition_changes_nothing(
    two: Files, curator: User
) -> None:
    two.load()
    edit("sharon", curator, title="Sharon")
    edit("third", curator, summary="Another.")
    second(two)
    assert two.load()["cases"] == "1 merged, 0 same, 2 kept as edited"
    assert not Proposal.objects.exists()


def test_a_case_is_proposed_at_the_address_that_people_gave_it(two: Files, curator: User) -> None:
    two.load()
    actions.rename_case(case=Case.objects.get(slug="sharon"), to="forum", by=curator, reason="Why.")
    second(two)
    two.load()
    proposal = Proposal.objects.get()
    assert (proposal.case.slug, proposal.record["slug"], proposal.record["title"]) == ("forum", "forum", "Sharon")


def test_what_people_deleted_withdrew_or_retired_stays_so(two: Files, curator: User) -> None:
    two.load()
    Case.objects.get(slug="third").delete()
    actions.withdraw_case(case=Case.objects.get(slug="sharon"), by=curator, reason="Why.")
    edit("twin", curator, summary="Another.")
    codebook.retire_term(term=Term.objects.get(slug="concern-raised"), by=curator, reason="Why.")
    second(two)
    said = two.load()
    assert said["cases"] == "0 same, 2 kept as edited, 1 left deleted"
    assert not Proposal.objects.exists()
    assert sorted(Case.objects.values_list("slug", "state")) == [("sharon", "withdrawn"), ("twin", "published")]


def test_a_term_that_people_redefined_is_kept_and_said_to_be(two: Files, curator: User) -> None:
    two.load()
    education = Term.objects.get(slug="education")
    codebook.redefine_term(term=education, to={"definition": "Ours."}, by=curator, reason="Why.")
    second(two)
    said = two.load()
    assert said["kept as edited"] == "terms sector/education: the edition says otherwise."
    education.refresh_from_db()
    assert (education.definition, education.version, CodebookChange.objects.number()) == ("Ours.", 2, 3)
    assert "kept as edited" not in two.load()


def test_a_case_that_cannot_be_changed_yet_is_changed_with_its_reason_later(two: Files) -> None:
    two.load()
    two.change("cases/third.yaml", "absent:", "organisations: [{organisation: new, part: funder}]\nabsent:")
    second(two)
    two.change("editions/2.yaml", "merged:", "  third: It has a funder.\nmerged:")
    new = "- {slug: new, name: New}\n"
    two.write("organisations.yaml", (two.folder / "organisations.yaml").read_text() + new)
    LoadedRecord.objects.create(register="organisations", slug="new", said={})
    assert two.load()["cases"] == "1 changed, 1 merged, 0 same, 1 left out"
    Organisation.objects.create(slug="new", name="New")
    assert two.load()["cases"] == "1 changed, 1 same"
    assert versions("third") == [FIRST, (2, "changed", "It has a funder.")]


def test_later_changes_of_the_files_within_an_edition_are_changes_as_before(two: Files) -> None:
    second(two)
    two.load()
    two.change("cases/sharon.yaml", "title: Sharon", "title: SHARON")
    two.change("vocabularies/sector.yaml", "definition: N.", "definition: N2.")
    two.load()
    assert versions("sharon")[2:] == [(3, "changed", "From the catalogue’s own files.")]
    last = CodebookChange.objects.versions()[0]
    assert (last.number, last.kind, str(last.what)) == (3, "redefined", "New")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("- 1", "editions/2.yaml:1: Write an edition: a mapping with title, reason, codebook, cases and merged."),
        ("title: [1]", "editions/2.yaml:1: title: Write a text here."),
        ("cases: {sharon: [1]}", "editions/2.yaml:1: cases: Write a reason for each slug."),
        (
            "merged: {twin: {into: sharon}}",
            "editions/2.yaml:1: merged: Write for each slug a mapping with into and reason.",
        ),
        (
            "say: x",
            "editions/2.yaml:1: say: There is no such field; there are: title, reason, codebook, cases, merged.",
        ),
        (
            "merged: {third: {into: sharon, reason: R.}}",
            "editions/2.yaml:1: merged.third: This edition has a file of it; take one of them out.",
        ),
    ],
)  # fmt: skip
def test_mistakes_of_an_edition_say_what_to_do(two: Files, text: str, what: Any) -> None:
    second(two)
    two.write("editions/2.yaml", text)
    assert two.mistakes() == [what]


def test_mistakes_of_neighbours_and_examples_say_what_to_do(files: Files) -> None:
    files.change(
        "vocabularies/sector.yaml",
        "label: education",
        "label: education\n    neighbours: [{term: nowhere, difference: D.}, {term: sport}]\n"
        "    examples: [{as: best, case: sharon, why: W.}, {as: typical, where: x}]\n"
        "    retired: perhaps\n    aligned: [x]",
    )  # fmt: skip
    assert [each.partition(": terms[2].")[2] for each in files.mistakes()] == [
        "neighbours[0].term: There is no other term “nowhere” in the files.",
        "neighbours[1].difference: This field cannot be blank.",
        "examples[0].as: Value 'best' is not a valid choice. It is one of: typical, borderline, near-miss.",
        "examples[1].case: This field cannot be blank.",
        "examples[1].where: There is no such field; there are: as, case, why, passage.",
        "examples[1].why: This field cannot be blank.",
        "retired: Write true or false here.",
        "aligned: Write a list of mappings.",
    ]


EDUCATION = "definition, include when, leave out when, history note, neighbours and examples"


def test_the_coding_report_says_what_the_edition_changed_and_why(two: Files) -> None:
    second(two)
    report = two.folder / "report.md"
    call_command("coding_report", folder=two.folder, to=report)
    text = report.read_text("utf-8")
    for line in (
        "The second codebook. All was read anew.",
        "| dimension | before (3 entries) | after (2 entries) |",
        "| arrangements | 1 | 1 |",
        f"- **education**: other {EDUCATION}. It means less now.",
        "- **New**: new.",
        "- **concern-raised**: retired.",
        "Merged into `sharon`. The source speaks of one under two names.",
        "`sharon`. Its title was mistaken.",
        "- Title: SHaRON → Sharon",
        "The other 1 entries say the same as before.",
    ):
        assert line in text.splitlines(), line
    assert not Case.objects.exists()


def test_the_coding_report_of_files_with_mistakes_names_them(two: Files) -> None:
    second(two)
    two.change("cases/sharon.yaml", "kind: named-case", "kind: named-cases")
    with pytest.raises(CommandError, match="kind: There is no “named-cases” here"):
        call_command("coding_report", folder=two.folder, to=two.folder / "report.md")
