from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from rest_framework.exceptions import ValidationError as DRFValidationError

from accounts.models import User
from cases import actions
from cases.models import Arrangement, Case, Passage, State
from cases.permissions import has_perm
from cases.record import convert
from cases.record.completeness import completeness
from cases.schema import ABSENCE_COLUMNS
from cases.search.engine import SearchQuery, ranked_keys
from cases.serializers import CaseSerializer
from taxonomy.models import Term
from tests.factories import (
    arrangement,
    claim,
    make_case,
    make_curator,
    make_passage,
    make_record,
    make_source,
    make_terms,
    make_user,
    passage,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    make_terms()
    make_source()
    return make_curator()


def valid(record: dict[str, Any], case: Case | None = None) -> dict[str, Any]:
    serializer = CaseSerializer(case, data=record)
    serializer.is_valid(raise_exception=True)
    matter: dict[str, Any] = serializer.validated_data
    return matter


def fresh(case: Case) -> Case:
    return Case.objects.whole().get(pk=case.pk)


def test_a_new_case_is_a_draft_in_its_first_version(curator: User) -> None:
    case = actions.create_case(record=valid(make_record("sharon")), by=curator)
    assert (case.state, case.version, case.updated_by, case.published_at) == ("draft", 1, curator, None)


def test_two_new_cases_never_share_an_address(curator: User) -> None:
    first, second = valid(make_record("sharon")), valid(make_record("sharon"))
    actions.create_case(record=first, by=curator)
    with pytest.raises(actions.RuleViolation) as refused:
        actions.create_case(record=second, by=curator)
    assert refused.value.message_dict == {
        "slug": ["Another case has this address; choose another, or change that case."]
    }
    assert Case.objects.count() == 1


def test_a_change_moves_the_version_and_says_what_the_record_says(curator: User) -> None:
    case = make_case("sharon", arrangements=[arrangement()], claims=[claim()])
    wanted = valid(make_record("sharon", title="SHaRON", arrangements=[arrangement(modes=["digital"])]), case)
    changed = actions.change_case(case=case, record=wanted, by=curator, version=case.version)
    assert (changed.version, changed.updated_by, changed.state) == (case.version + 1, curator, "published")
    assert convert.to_primitive(convert.record_from_case(fresh(case))) == convert.to_primitive(wanted) | {
        "absent": dict.fromkeys(
            ["pathways", "public_input", "contribution", "sectors", "places", "years", "findings", "evidence"],
            "not-coded",
        )
    }


def test_a_change_leaves_the_rows_of_unchanged_parts_alone(curator: User) -> None:
    case = make_case("sharon", arrangements=[arrangement()])
    row = Arrangement.objects.get()
    wanted = valid(make_record("sharon", title="SHaRON", arrangements=[arrangement()]), case)
    actions.change_case(case=case, record=wanted, by=curator, version=case.version)
    assert Arrangement.objects.get() == row


def test_a_change_from_an_older_version_is_refused_and_changes_nothing(curator: User) -> None:
    case = make_case("sharon")
    first = valid(make_record("sharon", title="First"), case)
    second = valid(make_record("sharon", title="Second"), case)
    actions.change_case(case=case, record=first, by=curator, version=case.version)
    with pytest.raises(actions.StaleCase) as stale:
        actions.change_case(case=case, record=second, by=curator, version=case.version)
    assert str(stale.value) == (
        "This case was saved by someone else meanwhile: you started from version 2, it is now version 3. "
        "Look at what changed and try again."
    )
    assert fresh(case).title == "First"


def test_a_published_case_keeps_what_it_needs(curator: User) -> None:
    case = make_case("sharon")
    wanted = valid(make_record("sharon", summary="", eligibility={"verdict": "co-delivery"}), case)
    with pytest.raises(actions.RuleViolation) as refused:
        actions.change_case(case=case, record=wanted, by=curator, version=case.version)
    assert set(refused.value.message_dict) == {"summary", "eligibility.reason", "eligibility.passage"}
    assert fresh(case).summary == "Citizens and staff do it together."


def test_publishing_says_all_that_is_missing_at_once(curator: User) -> None:
    case = actions.create_case(record=valid(make_record("sharon", summary="  ", eligibility=None)), by=curator)
    with pytest.raises(actions.RuleViolation) as refused:
        actions.publish_case(case=case, by=curator)
    assert set(refused.value.message_dict) == {
        "summary",
        "eligibility.verdict",
        "eligibility.reason",
        "eligibility.passage",
    }
    assert fresh(case).state == State.DRAFT


def test_a_case_goes_from_draft_to_readers_and_back(curator: User) -> None:
    draft = make_case("sharon", state="draft")
    published = actions.publish_case(case=draft, by=curator)
    first = published.published_at
    withdrawn = actions.withdraw_case(case=published, by=curator, reason=" Counted twice. ")
    assert (withdrawn.state, withdrawn.withdrawn_reason) == ("withdrawn", "Counted twice.")
    again = actions.redraft_case(case=withdrawn, by=curator)
    assert (again.state, again.withdrawn_reason) == ("draft", "")
    assert actions.publish_case(case=again, by=curator).published_at == first
    assert fresh(draft).version == draft.version + 4


def test_withdrawing_needs_a_reason(curator: User) -> None:
    case = make_case("sharon")
    with pytest.raises(actions.RuleViolation) as refused:
        actions.withdraw_case(case=case, by=curator, reason=" ")
    assert set(refused.value.message_dict) == {"reason"}
    assert fresh(case).state == State.PUBLISHED


@pytest.mark.parametrize(
    ("state", "move"),
    [("published", "publish"), ("draft", "redraft"), ("published", "redraft"), ("draft", "withdraw")],
)
def test_a_move_from_the_wrong_state_is_refused(curator: User, state: str, move: str) -> None:
    case = make_case("sharon", state=state)
    reason = {"reason": "Why."} if move == "withdraw" else {}
    with pytest.raises(actions.RuleViolation) as refused:
        getattr(actions, f"{move}_case")(case=case, by=curator, **reason)
    assert set(refused.value.message_dict) == {"state"}
    assert fresh(case).version == case.version


def test_a_move_of_a_case_that_someone_else_saved_meanwhile_is_refused(curator: User) -> None:
    case = make_case("sharon")
    seen = Case.objects.get(pk=case.pk)
    actions.change_case(
        case=case, record=valid(make_record("sharon", title="T"), case), by=curator, version=case.version
    )
    with pytest.raises(actions.StaleCase):
        actions.withdraw_case(case=seen, by=curator, reason="Why.")


def test_who_is_no_curator_writes_nothing(curator: User) -> None:
    case, reader = make_case("sharon"), make_user()
    record = valid(make_record("other"))
    changed = valid(make_record("sharon", title="T"), case)
    acts: list[Callable[[], object]] = [
        lambda: actions.create_case(record=record, by=reader),
        lambda: actions.change_case(case=case, record=changed, by=reader, version=case.version),
        lambda: actions.finalise_case(case=case, by=reader),
        lambda: actions.publish_case(case=case, by=reader),
        lambda: actions.withdraw_case(case=case, by=reader, reason="Why."),
        lambda: actions.redraft_case(case=case, by=reader),
    ]
    for act in acts:
        with pytest.raises(PermissionDenied):
            act()
    assert (Case.objects.get().title, Case.objects.get().version) == ("Sharon", case.version)
    assert has_perm(curator, "edit")
    curator.is_active = False
    assert not has_perm(curator, "edit")


def test_settling_puts_the_kinds_of_nothing_in_step_with_what_is_there(curator: User) -> None:
    case = make_case("sharon", arrangements=[arrangement()], absent={"sectors": "not-applicable"})
    case.arrangements.all().delete()
    case.places.create(slug="reading", name="Reading", country="GB")
    settled = actions.finalise_case(case=case, by=curator)
    assert {name: getattr(settled, column) for name, column in ABSENCE_COLUMNS.items()} == {
        "arrangements": "not-coded",
        "pathways": "not-coded",
        "sectors": "not-applicable",
        "places": "",
        **dict.fromkeys(("public_input", "contribution", "years", "findings", "evidence"), "not-coded"),
    }


def test_settling_lets_the_search_find_what_is_said_now(curator: User) -> None:
    case = make_case("sharon")
    case.places.create(slug="reading", name="Réading", country="GB")
    actions.finalise_case(case=case, by=curator)
    assert list(ranked_keys(SearchQuery.read('sharon "reading united kingdom"'))) == [case.pk]


def test_settling_refuses_what_contradicts_itself_and_names_the_field(curator: User) -> None:
    case = make_case("sharon")
    Case.objects.filter(pk=case.pk).update(evidence_note="Nothing.", ongoing=True, democratic_reason="Hm.")
    with pytest.raises(actions.RuleViolation) as refused:
        actions.finalise_case(case=case, by=curator)
    assert set(refused.value.message_dict) == {"evidence.level", "years.start", "democratic_quality.judgement"}


def test_settling_a_case_that_moved_on_is_refused(curator: User) -> None:
    case = make_case("sharon")
    stale = Case.objects.get(pk=case.pk)
    actions.finalise_case(case=case, by=curator)
    with pytest.raises(actions.StaleCase):
        actions.finalise_case(case=stale, by=curator)


def test_the_same_words_at_the_same_place_are_one_passage(curator: User) -> None:
    placed = make_passage("took part", start=9, end=18)
    quotes = [passage("took part"), passage("took part", start=9, end=18), passage("took part", start=90, end=99)]
    caveats = [{"kind": "limitation", "text": "T", "passage": quote} for quote in quotes]
    case = make_case("sharon", caveats=caveats)
    assert [caveat.passage == placed for caveat in case.caveats.all()] == [True, True, False]
    assert [row.start for row in Passage.objects.filter(exact="took part").order_by("start")] == [9, 90]


def test_a_write_that_fails_halfway_leaves_nothing_behind(curator: User) -> None:
    record = valid(make_record("sharon", claims=[claim()]))
    record["claims"][0]["out_of"] = -1
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.create_case(record=record, by=curator)
    assert (Case.objects.count(), Passage.objects.count()) == (0, 0)


def test_completeness_tells_what_is_filled_and_what_was_judged(curator: User) -> None:
    case = make_case("sharon", state="draft", summary="", sectors=["health"], absent={"years": "not-stated"})
    assert {entry.field: entry.filled for entry in completeness(fresh(case))} == {
        "title": True,
        "summary": False,
        "eligibility.verdict": True,
        "eligibility.reason": True,
        "eligibility.passage": True,
        "narrative": True,
        "sources": False,
        "arrangements": False,
        "pathways": False,
        "sectors": True,
        "places": False,
        "years": True,
        "evidence": False,
        **dict.fromkeys(["role", "public_input", "contribution", "findings"], False),
    }


def test_an_old_address_is_never_given_to_another_case(curator: User) -> None:
    actions.rename_case(case=make_case("sharon"), to="the-forum", by=curator, reason="So it is called.")
    with pytest.raises(DRFValidationError, match="had this address"):
        make_case("sharon")
    with pytest.raises(actions.RuleViolation, match="had this address"):
        settled_alone("sharon", curator)
    assert Case.objects.at("sharon") == Case.objects.get(slug="the-forum")


def settled_alone(slug: str, by: User) -> Case:
    """Enter a case as the admin does: its row first, then the rest."""
    with transaction.atomic():
        row = Case.objects.create(slug=slug, kind=Term.objects.get(vocabulary__slug="kind", slug="named-case"))
        return actions.finalise_case(case=row, by=by)


def test_an_author_answers_while_the_case_is_in_review_and_edits_it_no_more(curator: User) -> None:
    author = make_user("con")
    author.groups.add(Group.objects.get(name="Contributors"))
    author = User.objects.get(pk=author.pk)
    case = actions.submit_case(case=make_case("sharon", state="draft", by=author), by=author)
    actions.add_remark(about=case, text="It is on p. 4.", by=author)
    with pytest.raises(PermissionDenied):
        actions.change_case(
            case=case, record=valid(make_record("sharon", title="T"), case), by=author, version=case.version
        )
    case = actions.publish_case(case=case, by=curator)
    with pytest.raises(PermissionDenied):
        actions.add_remark(about=case, text="Thank you.", by=author)


def test_a_proposal_rests_while_its_case_is_no_longer_published(curator: User) -> None:
    case = make_case("sharon")
    record = valid(make_record("sharon", title="T"), case)
    proposal = actions.propose_revision(case=case, record=record, by=curator, version=case.version, reason="So.")
    case = actions.redraft_case(case=actions.withdraw_case(case=case, by=curator, reason="Twice."), by=curator)
    with pytest.raises(actions.RuleViolation, match="only a published one"):
        actions.amend_proposal(proposal=proposal, record=record, by=curator, version=1)
    with pytest.raises(actions.RuleViolation, match="only a published one"):
        actions.accept_proposal(proposal=proposal, record=record, by=curator, version=1, case_version=case.version)
