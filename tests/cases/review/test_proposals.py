"""A proposal beside its case: what it changes, what changed meanwhile, what accepting writes, conflicts decided."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import actions
from cases.history.diff import MergeConflict, MergedRecord, merge_records
from cases.models import Case
from cases.review.proposals import Review, changes_since, field_name_at, resolve_conflicts
from tests.cases.review.reviewing import change, make_contributor, propose, reviewer
from tests.factories import arrangement, make_case, make_record, make_user

BASE = make_record(
    absent=dict.fromkeys(["arrangements", "pathways", "sectors", "places", "years", "evidence"], "not-coded")
)


def decided(mine: dict[str, Any], theirs: dict[str, Any], side: str, base: dict[str, Any] = BASE) -> dict[str, Any]:
    made = merge_records(base, base | mine, base | theirs)
    return resolve_conflicts(made, {conflict.path: side for conflict in made.conflicts})


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(mine=texts, theirs=texts, side=st.sampled_from(["mine", "theirs"]))
def test_what_is_chosen_is_what_is_written(mine: str, theirs: str, side: str) -> None:
    one, other = {"title": f"Mine {mine}"}, {"title": f"Theirs {theirs}"}
    assert decided(one, other, side)["title"] == (one if side == "mine" else other)["title"]


def test_fields_of_parts_are_decided_one_by_one() -> None:
    first, second = arrangement(label="One"), arrangement(label="Two")
    base = BASE | {"arrangements": [first, second]}
    mine = [first, second | {"actor": second["actor"] | {"basis": "explicit"}}]
    theirs = [first, second | {"actor": second["actor"] | {"basis": "section"}}]
    for side, basis in (("mine", "explicit"), ("theirs", "section")):
        made = decided({"arrangements": mine}, {"arrangements": theirs}, side, base)
        assert [part["actor"]["basis"] for part in made["arrangements"]] == ["inferred", basis]


@pytest.mark.parametrize(("side", "labels"), [("mine", ["One"]), ("theirs", ["One", "Two, again"])])
def test_a_part_that_one_removed_and_the_other_changed_is_kept_or_taken_out(side: str, labels: list[str]) -> None:
    first, second = arrangement(label="One"), arrangement("behaviour-change", label="Two")
    base = BASE | {"arrangements": [first, second]}
    changed = second | {"label": "Two, again"}
    made = decided({"arrangements": [first]}, {"arrangements": [first, changed]}, side, base)
    assert [part["label"] for part in made["arrangements"]] == labels


def test_taking_parts_out_never_moves_another_that_is_to_go() -> None:
    conflicts = [MergeConflict(f"caveats[{n}]", "a", None, "b") for n in (0, 2, 10)]
    made = MergedRecord(BASE | {"caveats": [{"text": str(n)} for n in range(11)]}, conflicts)
    left = resolve_conflicts(made, {conflict.path: "mine" for conflict in conflicts})["caveats"]
    assert [caveat["text"] for caveat in left] == ["1", *map(str, range(3, 10))]


def test_a_dimension_that_is_chosen_away_says_its_kind_of_nothing() -> None:
    base = BASE | {"sectors": ["health"], "absent": {}}
    made = MergedRecord(base, [MergeConflict("sectors", ["health"], ["health"], [])])
    assert resolve_conflicts(made, {"sectors": "theirs"})["absent"]["sectors"] == "not-coded"
    assert "sectors" not in resolve_conflicts(made, {"sectors": "mine"})["absent"]


def test_a_path_is_named_for_people() -> None:
    assert (field_name_at("arrangements[1].type.basis"), field_name_at("title"), field_name_at("")) == (
        "Arrangement 2, type: basis", "Title", "",
    )  # fmt: skip


# Beside the case


@pytest.mark.django_db
def test_a_proposal_keeps_what_was_changed_meanwhile() -> None:
    case, author = make_case(), make_contributor()
    proposal = propose(case, author, summary="Better said.")
    assert not Review.of(proposal, author).moved_on
    change(case, title="Another title")
    review = Review.of(proposal, author)
    assert (review.moved_on, review.choices) == (True, [])
    assert [change.path for change in review.meanwhile.changes] == ["title"]
    assert [change.path for change in review.written.changes] == ["summary"]
    assert (review.merged.record["title"], review.merged.record["summary"]) == ("Another title", "Better said.")


@pytest.mark.django_db
def test_a_conflict_is_told_with_its_three_values() -> None:
    case, author = make_case(title="As it was"), make_contributor()
    proposal = propose(case, author, title="As proposed")
    change(case, title="As it is")
    assert [tuple(choice) for choice in Review.of(proposal, author).choices] == [
        ("title", "Title", "As it was", "As proposed", "As it is")
    ]


@pytest.mark.django_db
def test_a_case_that_was_only_renamed_has_not_moved_on() -> None:
    case, author = make_case("old"), make_contributor()
    proposal = propose(case, author, summary="Better said.")
    actions.rename_case(case=case, to="new", by=None, reason="Its name.")
    review = Review.of(proposal, author)
    assert (review.moved_on, review.merged.record["slug"], review.choices) == (False, "new", [])


@pytest.mark.django_db
def test_checks_that_a_proposal_brings_are_told_from_those_before() -> None:
    case, author = make_case(narrative="See [here](http://example.org)."), make_contributor()
    proposal = propose(case, author, summary="TODO: say it better.")
    findings = Review.of(proposal, author).findings
    assert {each.check.path for each in findings.new} == {"summary"}
    assert "narrative" in {each.check.path for each in findings.old}


@pytest.mark.django_db
def test_what_changed_since_a_draft_version_is_told_to_nobody_who_could_not_read_it() -> None:
    case = make_case(summary="First words, never shown.", state="draft")
    change(case, summary="Shown words.")
    actions.publish_case(case=Case.objects.get(pk=case.pk), by=None)
    case = change(case, summary="Later words.")
    assert changes_since(case, 1, make_user()) is None
    since = changes_since(case, 3, make_user("other"))
    assert since is not None
    assert [change.path for change in since.difference.changes] == ["summary"]
    assert changes_since(case, 1, reviewer()) is not None
