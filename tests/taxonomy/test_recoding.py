"""What becomes of cases and of readers' notes when the codebook changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model

from annotations.models import Annotation, Code
from cases import actions as cases
from cases.actions import recoding
from cases.models import Case, Recoding, Version
from cases.record import convert
from cases.record.recoding import TERM_LOOKUPS, cases_coded_with
from cases.record.rows import PART_ROWS
from cases.serializers import CaseSerializer
from taxonomy import actions
from taxonomy.models import CodebookChangeKind, Term
from tests.factories import arrangement, make_case, make_curator, make_record, make_terms, make_user, passage

pytestmark = pytest.mark.django_db

WHY = "Two readers took them for one."


def term(slug: str) -> Term:
    return Term.objects.select_related("vocabulary").get(slug=slug, replaced_by=None)


def plain(case: Case) -> Any:
    return convert.to_primitive(convert.record_from_case(Case.objects.whole().get(pk=case.pk)))


def coded(case: Case) -> list[str]:
    return sorted(plain(case)["sectors"])


def changed(case: Case, **fields: Any) -> Case:
    """Make a case say something else, as whoever edits it does."""
    now = Case.objects.get(pk=case.pk)
    serializer = CaseSerializer(now, data={**plain(now), **fields})
    serializer.is_valid(raise_exception=True)
    return cases.change_case(case=now, record=serializer.validated_data, by=None, version=now.version)


def test_every_column_that_a_case_is_coded_in_is_known_as_a_way_to_it() -> None:
    own = {f"{field.name}" for field in terms_of(Case) if not through_a_part(field)}
    parts = {f"{rows.accessor}__{field.name}" for rows in PART_ROWS.values() for field in terms_of(rows.model)}
    assert {way for several in TERM_LOOKUPS.values() for way in several} == own | parts


def terms_of(model: type[Model]) -> list[Any]:
    return [field for field in [*model._meta.fields, *model._meta.many_to_many] if field.related_model is Term]


def through_a_part(field: Any) -> bool:
    """Whether a relation of a case runs over the rows of one of its parts."""
    return field.many_to_many and not field.remote_field.through._meta.auto_created


WHOLE: dict[str, Any] = {
    "arrangements": [arrangement("joint-action-services"), arrangement("peer-support")],
    "pathways": [
        {"pathway": slug, "basis": "section", "passage": passage(words)}
        for slug, words in (("detect-early", "early words"), ("find-appropriate-treatment", "other words"))
    ],
    "sectors": ["sport", "education"],
    "democratic_quality": {"judgement": "concern-raised", "reason": "Nobody asked them.", "passage": passage()},
    "caveats": [{"kind": "barrier", "text": "It was far.", "passage": passage()}],
    "organisations": [{"organisation": "kings-fund", "part": "partner", "passage": None}],
}


@pytest.mark.parametrize(
    ("slug", "into", "says"),
    [
        ("sport", "education", {"sectors": ["education"]}),
        ("barrier", "limitation", {"caveats": [{**WHOLE["caveats"][0], "kind": "limitation"}]}),
        ("partner", "funder", {"organisations": [{**WHOLE["organisations"][0], "part": "funder"}]}),
        (
            "concern-raised",
            "undesirable-result",
            {"democratic_quality": {**WHOLE["democratic_quality"], "judgement": "undesirable-result"}},
        ),
        (
            "joint-action-services",
            "joint-action-outcomes",
            {"arrangements": [arrangement("joint-action-outcomes"), arrangement("peer-support")]},
        ),
        ("detect-early", "find-appropriate-treatment", {"pathways": [WHOLE["pathways"][1]]}),
    ],
)
def test_a_merge_codes_with_the_other_term_once_and_changes_nothing_else(
    slug: str, into: str, says: dict[str, Any]
) -> None:
    case = make_case("apple", **WHOLE)
    before = plain(case)
    actions.merge_terms(term=term(slug), into=term(into), by=None, reason=WHY)
    assert plain(case) == {**before, **says}
    assert not cases_coded_with(Term.objects.get(slug=slug)).exists()


def test_each_case_that_a_merge_changes_is_at_a_version_that_says_so() -> None:
    by = make_curator()
    with_it, without = make_case("apple", sectors=["sport"]), make_case("berry", sectors=["health"])
    draft = make_case("cherry", state="draft", sectors=["sport"])
    actions.merge_terms(term=term("sport"), into=term("education"), by=by, reason=WHY)
    for case in (with_it, draft):
        last = Version.objects.filter(case=case).order_by("-number").first()
        assert (last.act, last.history_user, last.record["sectors"]) == ("recoded", by, ["education"])
        assert last.history_change_reason == f"“Sport” was merged into “Education”, in version 1 of the codebook. {WHY}"
        assert last.number == case.version + 1
    without.refresh_from_db()
    assert without.version == Version.objects.filter(case=without).count() == 2


def test_a_new_slug_stands_in_every_case_that_is_coded_with_it_and_in_what_is_sent() -> None:
    case = make_case("apple", sectors=["sport"])
    actions.rename_term(term=term("sport"), slug="sports", by=None, reason=WHY)
    record = Case.objects.get(pk=case.pk).representation
    assert coded(case) == ["sports"]
    assert ('"sports"' in record.card, '"sport"' in record.card) == (True, False)


def test_a_retired_term_is_kept_where_it_is_and_put_nowhere_new() -> None:
    had, other = make_case("apple", sectors=["sport"]), make_case("berry", sectors=["health"])
    actions.retire_term(term=term("sport"), by=None, reason=WHY)
    assert changed(had, title="Apples").title == "Apples"
    with pytest.raises(cases.RuleViolation, match="“Sport” is retired"):
        changed(other, sectors=["health", "sport"])
    with pytest.raises(cases.RuleViolation, match="“Sport” is retired"):
        make_case("cherry", state="draft", sectors=["sport"])
    assert (coded(had), coded(other)) == (["sport"], ["health"])


def test_a_merged_slug_in_a_file_means_the_other_term_also_beside_it() -> None:
    make_terms()
    actions.merge_terms(term=term("sport"), into=term("education"), by=None, reason=WHY)
    assert coded(make_case("apple", sectors=["sport"])) == ["education"]
    assert coded(make_case("berry", sectors=["sport", "education"])) == ["education"]
    serializer = CaseSerializer(data=make_record("cherry", sectors=["sprot"]))
    assert not serializer.is_valid()
    assert "sport" not in str(serializer.errors).replace("sprot", "")


def test_what_was_split_or_retired_waits_until_it_is_coded_anew() -> None:
    by = make_curator()
    case, draft = make_case("apple", sectors=["sport"]), make_case("berry", state="draft", sectors=["sport"])
    new = [Term(slug=slug, label=slug, definition="New.") for slug in ("play", "games")]
    actions.split_term(term=term("sport"), into=new, by=by, reason=WHY)
    assert {each.case for each in Recoding.objects.waiting()} == {case, draft}
    assert coded(case) == ["sport"]
    changed(case, sectors=["games"])
    settled = Recoding.objects.get(case=case)
    assert (settled.outcome, settled.settled_at is None) == ("recoded", False)
    assert [each.case for each in Recoding.objects.waiting()] == [draft]


def test_a_case_is_settled_as_still_right_with_a_note_and_only_once() -> None:
    by = make_curator()
    make_case("apple", sectors=["sport"])
    actions.redefine_term(term=term("sport"), to={"definition": "Games."}, by=by, reason=WHY, recode=True)
    entry = Recoding.objects.get()
    with pytest.raises(cases.RuleViolation) as refused:
        recoding.confirm_coding(entry=entry, by=by, note=" ")
    assert list(refused.value.message_dict) == ["note"]
    recoding.confirm_coding(entry=entry, by=by, note="Games are what it is about.")
    entry.refresh_from_db()
    assert (entry.outcome, entry.settled_by, entry.note) == ("still-right", by, "Games are what it is about.")
    with pytest.raises(cases.RuleViolation, match="settled meanwhile"):
        recoding.confirm_coding(entry=entry, by=by, note="Again.")


def test_to_redefine_without_asking_leaves_the_queue_empty_and_a_case_waits_once_for_a_term() -> None:
    make_case("apple", sectors=["sport"])
    actions.redefine_term(term=term("sport"), to={"definition": "Games."}, by=None, reason=WHY)
    assert not Recoding.objects.exists()
    for words in ("Games of all kinds.", "All kinds of games."):
        actions.redefine_term(term=term("sport"), to={"definition": words}, by=None, reason=WHY, recode=True)
    assert Recoding.objects.waiting().count() == 1


def test_nothing_waits_for_a_term_that_is_restored_or_merged() -> None:
    make_case("apple", sectors=["sport"])
    actions.retire_term(term=term("sport"), by=None, reason=WHY)
    actions.restore_term(term=term("sport"), by=None, reason=WHY)
    assert Recoding.objects.get().outcome == "restored"
    actions.retire_term(term=term("sport"), by=None, reason=WHY)
    actions.merge_terms(term=term("sport"), into=term("education"), by=None, reason=WHY)
    assert sorted(Recoding.objects.values_list("outcome", flat=True)) == ["recoded", "restored"]


def test_what_is_foreseen_is_what_happens_and_foreseeing_writes_nothing() -> None:
    by = make_curator()
    make_case("apple", sectors=["sport", "education"])
    make_case("berry", state="draft", sectors=["sport"])
    make_case("cherry", sectors=["health"])
    ask = actions.PlannedChange(CodebookChangeKind.MERGED, term("sport"), by, [term("education")])
    seen = actions.preview_change(ask)
    said = {each.name: [tuple(line) for line in each.lines] for each in seen.effects}
    assert said == {
        "Apple": [("sectors", "Education, Sport", "Education")],
        "Berry": [("sectors", "Sport", "Education")],
    } or said["Apple"] == [("sectors", "Sport, Education", "Education")]
    assert [tuple(each) for each in seen.states] == [("published", 1), ("draft", 1)]
    assert Case.objects.get(slug="berry").version == 1
    changed(Case.objects.get(slug="cherry"), sectors=["sport"])
    with pytest.raises(actions.PreviewOutdated) as outdated:
        actions.merge_terms(term=term("sport"), into=term("education"), by=by, reason=WHY, token=seen.token)
    assert {each.name for each in outdated.value.preview.effects} == {"Apple", "Berry", "Cherry"}
    actions.merge_terms(
        term=term("sport"), into=term("education"), by=by, reason=WHY, token=outdated.value.preview.token
    )
    assert [coded(case) for case in Case.objects.order_by("slug")] == [["education"]] * 3


def note(codes: list[str]) -> Annotation:
    author = make_user(f"reader-{Annotation.objects.count()}")
    made = Annotation.objects.create(case=Case.objects.first(), author=author)
    Code.objects.bulk_create(Code(annotation=made, term=term(slug)) for slug in codes)
    return made


def test_the_codes_of_notes_follow_a_merge_and_stand_once() -> None:
    by = make_curator()
    make_case("apple")
    notes = [note(codes) for codes in (["sport"], ["sport", "education"], ["health"])]
    ask = actions.PlannedChange(CodebookChangeKind.MERGED, term("sport"), by, [term("education")])
    assert [tuple(each) for each in actions.preview_change(ask).tallies] == [("notes of readers with this code", 2)]
    actions.merge_terms(term=term("sport"), into=term("education"), by=by, reason=WHY)
    found = [[code.slug for code in each.codes.all()] for each in notes]
    assert found == [["education"], ["education"], ["health"]]
    assert list(Annotation.objects.order_by("pk").values_list("version", flat=True)) == [2, 2, 1]
