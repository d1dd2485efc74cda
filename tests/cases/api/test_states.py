"""The machine doors that move a case and tell its history, and what each role may do there."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from cases import actions
from cases.models import Case, Version
from tests.cases.api.test_writing import CASES, pointers, send
from tests.factories import make_case, make_curator, make_record, make_source, make_terms, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    make_terms()
    make_source()
    return make_curator(name="Cora")


@pytest.fixture
def contributor() -> User:
    user = make_user("contributor")
    user.user_permissions.add(Permission.objects.get(codename="add_case"))
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def last(slug: str) -> Any:
    return Version.objects.filter(case__slug=slug).order_by("-number").first()


def test_a_contributor_enters_changes_and_submits_an_own_draft_and_no_more(curator: User, contributor: User) -> None:
    client, address = signed_in(contributor), f"{CASES}apple/"
    assert send(client, "POST", CASES, make_record("apple"), Change_Reason="Read about it.")[0] == 201
    assert last("apple").history_change_reason == "Read about it."
    assert send(client, "PATCH", address, {"title": "Apple tree"}, If_Match='"1"')[0] == 200
    status, problem = send(client, "POST", f"{address}publish/")
    assert (status, problem["detail"]) == (403, "Only curators may publish, withdraw, take up again.")
    status, answer = send(client, "POST", f"{address}submit/", {"reason": "Please look."})
    assert (status, answer["state"], last("apple").history_change_reason) == (200, "in-review", "Please look.")
    assert send(client, "PATCH", address, {"title": "Other"}, If_Match='"3"')[0] == 403
    assert client.get(address).json()["title"] == "Apple tree"
    assert signed_in(make_user()).get(address).status_code == 404


@pytest.mark.parametrize("state", ["draft", "published"])
def test_a_contributor_moves_no_case_of_another(curator: User, contributor: User, state: str) -> None:
    make_case("apple", state=state, by=curator)
    client, nothing = signed_in(contributor), 404 if state == "draft" else 403
    for verb in ("submit", "return", "publish", "withdraw", "redraft", "rename", "merge", "revert"):
        assert send(client, "POST", f"{CASES}apple/{verb}/", {}, If_Match='"1"')[0] == nothing, verb
    assert send(client, "PATCH", f"{CASES}apple/", {"title": "Other"}, If_Match='"1"')[0] == nothing
    assert Case.objects.get().title == "Apple"


def test_a_case_goes_through_its_states_with_reasons(curator: User) -> None:
    make_case("apple", state="draft")
    client = signed_in(curator)
    way = [
        ("submit", {}, "in-review"),
        ("return", {"reason": "Name the source."}, "draft"),
        ("publish", {"reason": "It is whole."}, "published"),
        ("withdraw", {"reason": "Counted twice."}, "withdrawn"),
        ("redraft", {"reason": "It was not."}, "draft"),
    ]
    for verb, said, state in way:
        status, answer = send(client, "POST", f"{CASES}apple/{verb}/", said)
        assert (status, answer["state"]) == (200, state), verb
        assert last("apple").history_change_reason == said.get("reason", ""), verb
    assert send(client, "POST", f"{CASES}apple/return/", {"reason": "Again."})[0] == 409
    assert pointers(send(client, "POST", f"{CASES}apple/return/", {})[1]) == ["#/reason"]


def test_renaming_and_merging(curator: User) -> None:
    make_case("apple")
    make_case("pear")
    client, said = signed_in(curator), {"reason": "Its name."}
    assert send(client, "POST", f"{CASES}apple/rename/", said | {"slug": "pear"})[0] == 409
    assert pointers(send(client, "POST", f"{CASES}apple/rename/", said | {"slug": "a b"})[1]) == ["#/slug"]
    status, answer = send(client, "POST", f"{CASES}apple/rename/", said | {"slug": "quince"})
    assert (status, answer["slug"], answer["version"]) == (200, "quince", 3)
    assert pointers(send(client, "POST", f"{CASES}quince/merge/", said | {"into": "nowhere"})[1]) == ["#/into"]
    assert pointers(send(client, "POST", f"{CASES}quince/merge/", said | {"into": "quince"})[1]) == ["#/into"]
    status, answer = send(client, "POST", f"{CASES}quince/merge/", said | {"into": "pear"})
    assert (status, answer["state"]) == (200, "withdrawn")
    assert Client().get(f"{CASES}apple/")["Location"] == f"http://testserver{CASES}pear/"


def test_going_back_needs_the_version_that_was_read(curator: User) -> None:
    make_case("apple")
    client, said = signed_in(curator), {"to": 2, "reason": "Too much."}
    send(client, "PATCH", f"{CASES}apple/", {"title": "Other"}, If_Match='"2"')
    assert send(client, "POST", f"{CASES}apple/revert/", said)[0] == 428
    assert send(client, "POST", f"{CASES}apple/revert/", said, If_Match='"2"')[0] == 412
    assert pointers(send(client, "POST", f"{CASES}apple/revert/", {"to": 9}, If_Match='"3"')[1]) == ["#/to"]
    status, answer = send(client, "POST", f"{CASES}apple/revert/", said, If_Match='"3"')
    assert (status, answer["title"], answer["version"]) == (200, "Apple", 4)
    assert last("apple").history_change_reason == "As in version 2. Too much."
    assert send(client, "POST", f"{CASES}apple/revert/", said, If_Match='"4"')[0] == 409


def test_whoever_comes_too_late_is_told_what_changed_meanwhile(curator: User) -> None:
    make_case("apple", sectors=["health"])
    client = signed_in(curator)
    send(client, "PATCH", f"{CASES}apple/", {"title": "Pear", "sectors": ["sport"]}, If_Match='"2"')
    status, problem = send(client, "PATCH", f"{CASES}apple/", {"title": "Quince"}, If_Match='"2"')
    assert (status, problem["current_version"]) == (412, 3)
    assert [[each[name] for name in ("path", "kind", "before", "after")] for each in problem["changed"]] == [
        ["title", "changed", "Apple", "Pear"],
        ["sectors[0]", "added", "", "Sport"],
        ["sectors[0]", "removed", "Health", ""],
    ]
    status, problem = send(client, "PATCH", f"{CASES}apple/", {"title": "Quince"}, If_Match='"99"')
    assert (status, problem["current_version"], problem["changed"]) == (412, 3, [])


def test_a_change_carries_its_reason_in_a_header(curator: User) -> None:
    make_case("apple")
    client = signed_in(curator)
    as_sent = "Zürich’s own figures".encode().decode("latin-1")  # as a server hands UTF-8 over
    send(client, "PATCH", f"{CASES}apple/", {"title": "Pear"}, If_Match='"2"', Change_Reason=as_sent)
    assert last("apple").history_change_reason == "Zürich’s own figures"
    long = {"If_Match": '"3"', "Change_Reason": "x" * 2001}
    assert send(client, "PATCH", f"{CASES}apple/", {"title": "Quince"}, **long)[0] == 400


def test_the_versions_are_listed_read_and_compared(curator: User) -> None:
    make_case("apple")
    client, reader = signed_in(curator), Client()
    for number, title in ((2, "Pear"), (3, "Quince")):
        send(client, "PATCH", f"{CASES}apple/", {"title": title}, If_Match=f'"{number}"', Change_Reason=title)
    first = reader.get(f"{CASES}apple/versions/?page_size=2").json()
    told = [(each["number"], each["by"], each["act"], each["state"], each["reason"]) for each in first["results"]]
    assert told == [(4, "Cora", "changed", "published", "Quince"), (3, "Cora", "changed", "published", "Pear")]
    assert (first["count"], first["previous"]) == (3, None)
    second = reader.get(first["next"]).json()
    assert ([each["number"] for each in second["results"]], second["next"]) == ([2], None)
    whole = reader.get(first["results"][1]["url"]).json()
    assert (whole["number"], whole["record"]["title"], whole["record"]["slug"]) == (3, "Pear", "apple")
    for query, before in (("", "Pear"), ("?with=2", "Apple")):
        changes = reader.get(f"{CASES}apple/versions/4/difference/{query}").json()
        said = {"path": "title", "name": "Title", "kind": "changed", "before": before, "after": "Quince"}
        assert changes == [said]


WRONG = {
    "versions/?page=9": 404,
    "versions/?page=x": 400,
    "versions/?colour=red": 400,
    "versions/2/?colour=red": 400,
    f"versions/{10**30}/": 404,
    "versions/2/difference/?with=x": 400,
    "versions/2/difference/?with=1": 404,
}


def test_a_wrong_question_about_versions_is_a_problem(client: Client) -> None:
    make_case("apple")
    answers = {door: client.get(f"{CASES}apple/{door}") for door in WRONG}
    assert {door: answer.status_code for door, answer in answers.items()} == WRONG
    assert {answer["Content-Type"] for answer in answers.values()} == {"application/problem+json"}


def test_a_record_of_the_history_can_be_sent_back(curator: User) -> None:
    case = make_case("apple", sectors=["health"])
    actions.rename_case(case=case, to="pear", by=curator, reason="Its name.")
    client = signed_in(curator)
    record = client.get(f"{CASES}pear/versions/2/").json()["record"] | {"slug": "pear", "title": "As it was"}
    status, answer = send(client, "PUT", f"{CASES}pear/", record, If_Match='"3"')
    assert (status, answer["title"], answer["sectors"]) == (200, "As it was", ["health"])
