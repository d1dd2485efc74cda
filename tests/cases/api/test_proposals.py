"""The machine doors to proposed revisions."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from cases import actions
from cases.models import Case, Proposal
from tests.cases.review.reviewing import change, make_contributor, propose, record, reviewer, signed_in
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db

DOOR = "/api/v1/proposals/"


def send(client: Client, method: str, path: str, data: Any = None, **headers: str) -> tuple[int, Any]:
    """Return the status and the document of an answer."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"" if data is None else json.dumps(data).encode()
    response = client.generic(method, path, body, content_type="application/json", headers=names)
    return response.status_code, response.json()


def tag(client: Client, proposal: Proposal) -> str:
    return client.get(f"{DOOR}{proposal.pk}/")["ETag"]


@pytest.fixture
def proposal() -> Proposal:
    return propose(make_case("sharon", title="As it was"), make_contributor(), title="As proposed", reason="So it is.")


def test_a_contributor_proposes_a_whole_record() -> None:
    case, client = make_case("sharon"), signed_in(make_contributor())
    sent = {"record": record(case, summary="Better said."), "reason": "So it is."}
    status, answer = send(client, "POST", "/api/v1/cases/sharon/proposals/", sent, If_Match='"2"')
    assert (status, answer["case"], answer["status"], answer["base_version"]) == (201, "sharon", "open", 2)
    assert [(c["path"], c["after"]) for c in answer["changes"]] == [("summary", "Better said.")]
    assert Case.objects.get().version == 2


def test_a_researcher_suggests_texts_and_no_codings() -> None:
    case, client = make_case("sharon"), signed_in(make_user())
    sent = {"case": "sharon", "summary": "Better said.", "reason": "So it is.", "about": "summary"}
    status, answer = send(client, "POST", DOOR, sent, If_Match='"2"')
    assert (status, answer["record"]["summary"], answer["about"]) == (201, "Better said.", "summary")
    whole = {"case": "sharon", "record": record(case, sectors=["health"], absent={}), "reason": "So."}
    status, problem = send(client, "POST", DOOR, whole, If_Match='"2"')
    assert (status, problem["detail"]) == (403, "Only contributors may propose a revision of a published case.")


def test_a_case_may_be_named_by_the_address_that_it_had() -> None:
    curator = reviewer()
    actions.rename_case(case=make_case("sharon"), to="rose-of-sharon", by=curator, reason="Its whole name.")
    sent = {"case": "sharon", "reason": "So it is."}
    status, answer = send(signed_in(make_user()), "POST", DOOR, sent, If_Match='"3"')
    assert (status, answer["case"]) == (201, "rose-of-sharon")


def test_a_case_that_another_one_tells_now_is_gone() -> None:
    case, into = make_case("sharon"), make_case("apple")
    actions.merge_case(case=case, into=into, by=reviewer(), reason="Told there.")
    status, problem = send(signed_in(make_user()), "POST", DOOR, {"case": "sharon", "reason": "So."}, If_Match='"2"')
    assert (status, problem["reason"]) == (410, "Told there.")


def test_mistakes_within_a_record_are_pointed_to_step_by_step() -> None:
    case = make_case("sharon")
    wrong = record(case) | {"claims": [{"as_stated": ""}]}
    sent = {"reason": "So.", "record": wrong}
    _, problem = send(signed_in(make_contributor()), "POST", "/api/v1/cases/sharon/proposals/", sent, If_Match='"2"')
    assert "#/claims/0/as_stated" in [mistake["pointer"] for mistake in problem["errors"]]


@pytest.mark.parametrize(("said", "status"), [({}, 428), ({"If_Match": '"1"'}, 412), ({"If_Match": "nonsense"}, 412)])
def test_a_proposal_names_the_version_that_it_was_made_from(said: dict[str, str], status: int) -> None:
    make_case("sharon")
    sent = {"summary": "Better said.", "reason": "So."}
    assert send(signed_in(make_user()), "POST", "/api/v1/cases/sharon/proposals/", sent, **said)[0] == status
    assert not Proposal.objects.exists()


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"summary": "x"}, "#/reason"),
        ({"reason": "So.", "about": "colour"}, "#/about"),
        ({"reason": "So.", "record": {"title": 7}, "title": "x"}, "#/record"),
        ({"reason": "So.", "title": ""}, "#/title"),
        ({"reason": "So.", "narrative": "x" * 200_001}, "#/narrative"),
        ({"reason": "So.", "eligibility": {"verdict": "co-delivery"}}, "#/eligibility"),
    ],
)
def test_mistakes_are_named_by_their_place(sent: dict[str, Any], pointer: str) -> None:
    make_case("sharon")
    client = signed_in(make_contributor())
    status, problem = send(client, "POST", "/api/v1/cases/sharon/proposals/", sent, If_Match='"2"')
    assert (status, pointer in [mistake["pointer"] for mistake in problem["errors"]]) == (400, True)


def test_twenty_that_wait_are_enough() -> None:
    case, user = make_case("sharon"), make_user()
    for _ in range(20):
        actions.suggest_correction(case=case, texts={}, by=user, version=2, reason="Again.")
    path = "/api/v1/cases/sharon/proposals/"
    status, problem = send(signed_in(user), "POST", path, {"reason": "Once more."}, If_Match='"2"')
    assert (status, problem["errors"][0]["detail"]) == (
        400, "20 proposals of yours wait for review; wait until some of them are decided.",
    )  # fmt: skip


def test_accepting_makes_the_case_say_it(proposal: Proposal) -> None:
    client = signed_in(reviewer())
    path = f"{DOOR}{proposal.pk}/accept/"
    assert send(client, "POST", path)[0] == 428
    status, answer = send(client, "POST", path, If_Match=tag(client, proposal))
    assert (status, answer["status"], answer["accepted_as"]) == (200, "accepted", 3)
    assert Case.objects.get().title == "As proposed"
    status, problem = send(client, "POST", path, If_Match='"1-2"')
    assert (status, problem["current_version"]) == (412, 2)


def test_what_was_read_is_what_is_written(proposal: Proposal) -> None:
    client = signed_in(reviewer())
    read = tag(client, proposal)
    change(proposal.case, summary="Another summary.")
    status, problem = send(client, "POST", f"{DOOR}{proposal.pk}/accept/", If_Match=read)
    assert (status, [each["path"] for each in problem["changed"]]) == (412, ["summary"])
    assert send(client, "POST", f"{DOOR}{proposal.pk}/accept/", If_Match=tag(client, proposal))[0] == 200
    assert Case.objects.values_list("title", "summary").get() == ("As proposed", "Another summary.")


def test_what_was_changed_in_two_ways_is_a_conflict_until_it_is_amended(proposal: Proposal) -> None:
    client, author = signed_in(reviewer()), signed_in(proposal.by)  # type: ignore[arg-type]  # it has an author
    change(proposal.case, title="As it is")
    status, problem = send(client, "POST", f"{DOOR}{proposal.pk}/accept/", If_Match=tag(client, proposal))
    assert status == 409
    assert problem["conflicts"] == [
        {"path": "title", "name": "Title", "base": "As it was", "mine": "As proposed", "theirs": "As it is"}
    ]
    sent = {"record": record(proposal.case, title="Both ways")}
    status, answer = send(author, "PUT", f"{DOOR}{proposal.pk}/", sent, If_Match=tag(author, proposal))
    assert (status, answer["base_version"], answer["conflicts"], answer["reason"]) == (200, 3, [], "So it is.")
    assert send(client, "POST", f"{DOOR}{proposal.pk}/accept/", If_Match=tag(client, proposal))[0] == 200
    assert Case.objects.get().title == "Both ways"


def test_a_new_reason_alone_decides_no_conflict(proposal: Proposal) -> None:
    author = signed_in(proposal.by)  # type: ignore[arg-type]  # it has an author
    change(proposal.case, title="As it is")
    path = f"{DOOR}{proposal.pk}/"
    status, problem = send(author, "PUT", path, {"reason": "For sure."}, If_Match=tag(author, proposal))
    assert (status, [each["path"] for each in problem["conflicts"]]) == (409, ["title"])
    assert Proposal.objects.get().version == 1
    status, answer = send(author, "PUT", path, {"title": "Both ways"}, If_Match=tag(author, proposal))
    assert (status, answer["record"]["title"], answer["conflicts"]) == (200, "Both ways", [])


def test_whoever_writes_has_read_the_case_too(proposal: Proposal) -> None:
    client = signed_in(reviewer())
    for method, last, sent in (("POST", "accept/", None), ("PUT", "", {"title": "Both ways"})):
        status, problem = send(client, method, f"{DOOR}{proposal.pk}/{last}", sent, If_Match='"1"')
        assert (status, "whole ETag" in problem["detail"]) == (428, True)
    assert (Case.objects.get().version, Proposal.objects.get().version) == (2, 1)


def test_whoever_comes_too_late_is_told_nothing_of_a_draft() -> None:
    make_case("sharon", state="draft", title="Secret")
    case = change(Case.objects.get(), title="Sharon")
    case = actions.publish_case(case=case, by=None)
    client, path, sent = signed_in(make_user()), "/api/v1/cases/sharon/proposals/", {"reason": "So."}
    for version in (1, 2):
        status, problem = send(client, "POST", path, sent, If_Match=f'"{version}"')
        assert (status, problem["current_version"], problem["changed"]) == (412, 3, [])
    change(case, title="Rose of Sharon")
    problem = send(client, "POST", path, sent, If_Match='"3"')[1]
    assert [each["before"] for each in problem["changed"]] == ["Sharon"]


def test_a_proposal_to_a_case_that_is_revised_as_a_draft_tells_nothing_of_that() -> None:
    case, user = make_case("sharon", title="Sharon"), make_user()
    made = actions.suggest_correction(case=case, texts={"title": "Sharon now"}, by=user, version=2, reason="So.")
    actions.redraft_case(case=actions.withdraw_case(case=case, by=None, reason="Counted twice."), by=None)
    change(case, title="Secret title", summary="Secret words.")
    client = signed_in(user)
    answer = client.get(f"{DOOR}{made.pk}/")
    assert ("Secret" in answer.text, answer.json()["meanwhile"], answer.json()["conflicts"]) == (False, [], [])
    for read in ('"1-2"', answer["ETag"]):
        status, problem = send(client, "PUT", f"{DOOR}{made.pk}/", {"title": "Sharon today"}, If_Match=read)
        assert (status in {400, 412}, "Secret" in json.dumps(problem)) == (True, False)
    assert Proposal.objects.get().version == 1


def test_returning_and_declining_say_why(proposal: Proposal) -> None:
    client = signed_in(reviewer())
    path = f"{DOOR}{proposal.pk}/return/"
    assert send(client, "POST", path, {"reason": " "}, If_Match=tag(client, proposal))[0] == 400
    status, answer = send(client, "POST", path, {"reason": "Mind the spelling."}, If_Match=tag(client, proposal))
    assert (status, answer["status"], answer["remarks"][0]["text"]) == (200, "returned", "Mind the spelling.")
    declined = send(client, "POST", f"{DOOR}{proposal.pk}/decline/", {"reason": "No."}, If_Match=tag(client, proposal))
    assert declined[1]["status"] == "declined"


def test_an_author_says_something_and_takes_it_back_and_decides_nothing(proposal: Proposal) -> None:
    author = signed_in(proposal.by)  # type: ignore[arg-type]  # it has an author
    said = {"path": "title", "text": "Look here."}
    status, answer = send(author, "POST", f"{DOOR}{proposal.pk}/remarks/", said)
    assert (status, answer["path"], answer["by"]) == (201, "title", "con")
    for verb in ("accept", "return", "decline"):
        answer = send(author, "POST", f"{DOOR}{proposal.pk}/{verb}/", {"reason": "x"}, If_Match='"1"')
        assert answer[0] == 403
    assert send(author, "POST", f"{DOOR}{proposal.pk}/retract/", If_Match='"1"')[1]["status"] == "retracted"


def test_a_suggestion_is_amended_by_whoever_made_it() -> None:
    case, user = make_case("sharon"), make_user()
    made = actions.suggest_correction(case=case, texts={"summary": "Bettr said."}, by=user, version=2, reason="So.")
    client = signed_in(user)
    status, answer = send(client, "PUT", f"{DOOR}{made.pk}/", {"summary": "Better said."}, If_Match='"1-2"')
    assert (status, answer["record"]["summary"], answer["version"]) == (200, "Better said.", 2)
    coded = {"record": record(case, sectors=["health"], absent={})}
    status, problem = send(client, "PUT", f"{DOOR}{made.pk}/", coded, If_Match='"2-2"')
    assert (status, "sectors" in str(problem["errors"])) == (400, True)


def test_one_lists_ones_own_and_reviewers_all(proposal: Proposal) -> None:
    propose(make_case("other"), make_contributor("second"), summary="Better said.")
    assert signed_in(proposal.by).get(DOOR).json()["count"] == 1  # type: ignore[arg-type]  # it has an author
    curator = signed_in(reviewer())
    answer = curator.get(f"{DOOR}?page_size=1").json()
    assert (answer["count"], [each["case"] for each in answer["results"]]) == (2, ["sharon"])
    assert curator.get(answer["next"]).json()["next"] is None
    assert curator.get(f"{DOOR}?case=other&status=open").json()["count"] == 1
    assert curator.get(f"{DOOR}?status=nothing").status_code == 400


DOORS = [
    ("GET", ""),
    ("PUT", ""),
    *(("POST", f"{verb}/") for verb in ("accept", "return", "decline", "retract", "remarks")),
]


@pytest.mark.parametrize(("method", "last"), DOORS)
def test_others_cannot_tell_a_proposal_from_none(proposal: Proposal, method: str, last: str) -> None:
    sent = {"reason": "x", "text": "x", "summary": "x"}
    for pk in (proposal.pk, proposal.pk + 999):
        status, _ = send(Client(), method, f"{DOOR}{pk}/{last}", sent, If_Match='"1"')
        assert status == 401
        for user in (make_user(f"u{pk}"), make_contributor(f"c{pk}")):
            answer = send(signed_in(user), method, f"{DOOR}{pk}/{last}", sent, If_Match='"1"')
            assert (answer[0], answer[1]["detail"]) == (404, "There is no such proposal of yours.")
    assert signed_in(make_user("third")).get(DOOR).json()["count"] == 0


def test_drafts_are_not_proposed_to() -> None:
    make_case("draft", state="draft")
    for client in (signed_in(make_user()), signed_in(make_contributor())):
        for path, sent in (
            (DOOR, {"case": "draft", "reason": "x"}),
            ("/api/v1/cases/draft/proposals/", {"reason": "x"}),
        ):
            assert send(client, "POST", path, sent, If_Match='"1"')[0] == 404
