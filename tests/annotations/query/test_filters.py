"""What notes may be asked for, what is no question, and what a question never tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Group, Membership
from annotations.query.filters import NoteFilterSet, note_parameters
from cases.models import Case
from tests.factories import make_case, make_user

from ..asking import BROWSER, PAGE, ROWS, client_of, make_notes, make_people, on_page, options
from ..notes import STORY, make_group, make_note, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> dict[str, User]:
    return make_people()


@pytest.fixture
def group(people: dict[str, User]) -> Group:
    """Ann and Bob read each other; Cid does not."""
    return make_group(people["ann"], people["bob"])


@pytest.fixture
def notes(people: dict[str, User], group: Group) -> list[Annotation]:
    return make_notes(people, group)


def test_the_notes_of_these_tests_have_what_could_leak(notes: list[Annotation], people: dict[str, User]) -> None:
    assert {name: NoteFilterSet(QueryDict(), people.get(name)).total for name in ("", *people)} == {
        "": 6, "ann": 11, "bob": 9, "cid": 8,
    }  # fmt: skip
    assert Annotation.objects.count() == 14


# Each parameter

FOUND_BY: dict[str, list[str]] = {
    "audience=private": ["Too *small* to see"],
    "audience=group&audience=private": ["Thanks", "Indeed", "Crème brûlée", "Too *small* to see"],
    "author=cid": ["Yes", "Of a book"],
    "case=park": ["On the whole", "Too *small* to see"],
    "case=park&case=gone": ["Before it went", "On the whole", "Too *small* to see"],
    "tag=trust": ["Too *small* to see"],
    "tag=trust&tag=Trust": ["Crème brûlée", "Too *small* to see"],
    "code=type:joint-action": ["On the whole", "It moves"],
    "code=type:joint-action-services": ["It moves"],
    "code=sector:health&code=type:joint-action-services": ["On the whole", "It moves"],
    "code=none&case=park": ["Too *small* to see"],
    "placement=moved": ["Crème brûlée", ""],
    "placement=orphaned": ["Too *small* to see"],
    "placement=none&author=bob": ["Settled", "Thanks", "On the whole"],
    "kind=highlight": [""],
    "kind=passage": ["Crème brûlée", "Too *small* to see", "", "It moves"],
    "kind=case": ["Settled", "Before it went", "On the whole"],
    "kind=reply": ["Yes", "Thanks", "Indeed"],
    "kind=elsewhere": ["Of a book"],
    "resolved=yes": ["Yes", "Settled"],
    "resolved=no&kind=reply": ["Thanks", "Indeed"],
    "q=CREME": ["Crème brûlée"],
    "q=small -creme": ["Too *small* to see", ""],
    'q="small to see"': ["Too *small* to see"],
    'q="to small"': [],
    "q=brul*": ["Crème brûlée"],
    "q=see trust": ["Too *small* to see"],
    "q=-small&kind=passage": ["It moves"],
    "sort=position&case=library": ["It moves", "", "Crème brûlée", "Indeed", "Thanks", "Settled", "Yes"],
    "sort=created&case=park": ["Too *small* to see", "On the whole"],
}


@pytest.mark.usefixtures("notes")
def test_each_parameter_narrows(people: dict[str, User]) -> None:
    found = {query: NoteFilterSet(QueryDict(query), people["ann"]).notes for query in FOUND_BY}
    assert {query: [note.comment for note in notes] for query, notes in found.items()} == FOUND_BY


def test_a_group_is_asked_for_by_its_members_and_by_those_who_wrote_in_it(
    notes: list[Annotation], people: dict[str, User], group: Group
) -> None:
    def total(name: str) -> int | dict[str, list[str]]:
        asked = NoteFilterSet(QueryDict(f"group={group.uid}"), people[name])
        return asked.problems or asked.total

    refused = {"group": [f"You have no group “{group.uid}”."]}
    assert [total(name) for name in people] == [3, 3, refused]
    Membership.objects.all().delete()
    assert [total(name) for name in people] == [1, 2, refused]


def test_changed_notes_come_last_or_first_by_when_they_changed(
    notes: list[Annotation], people: dict[str, User]
) -> None:
    first = notes[1]
    actions.revise_note(note=first, content=said("New", audience="public"), by=people["ann"])
    for order, at in (("updated", -1), ("-updated", 0)):
        assert list(NoteFilterSet(QueryDict(f"sort={order}"), None).notes)[at] == first


@pytest.mark.usefixtures("notes")
def test_a_question_says_itself_in_words(people: dict[str, User]) -> None:
    query = QueryDict("tag=trust&author=ann&code=type:joint-action&code=none&resolved=no&q=small&sort=position&page=1")
    assert NoteFilterSet(query, people["ann"]).words() == (
        "author: Ann Reader; code: Joint action or without codes; tag: trust; thread: open; search: “small”"
    )
    assert NoteFilterSet(QueryDict("sort=updated"), None).words() == ""


# Nothing widens by mistake

WRONG = {
    "colour=red": ["colour"],
    "auhtor=ann": ["auhtor"],
    "audience=friends": ["audience"],
    "audience=": ["audience"],
    "author=nobody": ["author"],
    "author=Ann": ["author"],
    "case=never": ["case"],
    "case=library&case=never": ["case"],
    "case=%00": ["case"],
    "tag=%00": ["tag"],
    "tag=nowhere": ["tag"],
    f"tag={'x' * 5000}": ["tag"],
    "&".join(["tag=trust"] * 51): ["tag"],
    "group=x": ["group"],
    "code=type:nothing": ["code"],
    "code=peer-support": ["code"],
    "code=:": ["code"],
    "kind=note": ["kind"],
    "placement=gone": ["placement"],
    "resolved=maybe": ["resolved"],
    "q=...": ["q"],
    "q=%00": ["q"],
    f"q={'x ' * 300}": ["q"],
    "q=a&q=b": ["q"],
    "sort=size": ["sort"],
    "page=0": ["page"],
    "page=two": ["page"],
    "page_size=201": ["page_size"],
    "format=pdf": ["format"],
    "format=pdf&tag=nowhere&page=0": ["format", "tag", "page"],
}


@pytest.mark.usefixtures("notes")
def test_a_wrong_question_has_no_rows_and_says_why(people: dict[str, User]) -> None:
    asked = {query: NoteFilterSet(QueryDict(query), people["ann"]) for query in WRONG}
    assert {query: (list(each.problems), list(each.notes), each.total) for query, each in asked.items()} == {
        query: (names, [], 0) for query, names in WRONG.items()
    }


@pytest.mark.usefixtures("notes")
def test_a_wrong_question_is_400_at_every_door(people: dict[str, User]) -> None:
    client = client_of(people["ann"])
    for query, names in WRONG.items():
        page, rows = client.get(f"{PAGE}?{query}", headers=BROWSER), client.get(f"{ROWS}?{query}")
        assert (page.status_code, on_page(page)) == (400, (0, []))
        assert (rows.status_code, rows["Content-Type"]) == (400, "application/problem+json")
        assert [mistake["parameter"] for mistake in rows.json()["errors"]] == names


# Nothing leaks


HIDDEN = {
    "tag=secret": ("", "ann", "bob"),
    "tag=rude": ("", "ann", "bob"),
    "tag=never": ("", "ann", "bob", "cid"),
    "tag=withdrawn": ("", "bob", "cid"),
    "tag=Trust": ("", "cid"),
    "author=dan": ("", "ann", "bob", "cid"),
    "case=gone": ("", "bob", "cid"),
    "case=draft": ("", "ann", "bob", "cid"),
    "group=uid": ("", "cid"),
}
"""Values that only notes have which these readers may not see."""


@pytest.mark.usefixtures("notes")
def test_what_only_notes_of_others_have_is_answered_as_what_never_was(people: dict[str, User], group: Group) -> None:
    dan, draft = make_user("dan"), make_case("draft", narrative=STORY)
    make_note(draft, dan, audience="public")
    make_note(Case.objects.get(slug="library"), dan, "", "Hush")
    Case.objects.filter(pk=draft.pk).update(state="draft")
    for query, readers in HIDDEN.items():
        name, value = query.replace("uid", group.uid).split("=")
        never = "x" * len(value)
        for client in (client_of(people.get(reader)) for reader in readers):
            for address, headers in ((PAGE, BROWSER), (ROWS, {})):
                answers = [client.get(address, {name: each}, headers=headers) for each in (value, never)]
                assert [answer.status_code for answer in answers] == [400, 400], query
                there, nowhere = (answer.content.decode() for answer in answers)
                assert there.replace(value, never) == nowhere.replace(value, never), query


@pytest.mark.usefixtures("notes")
def test_no_facet_names_what_a_reader_may_not_see(people: dict[str, User]) -> None:
    shown = {name: list(values) for name, values in options(client_of(None).get(PAGE, headers=BROWSER)).items()}
    assert {name: shown.get(name) for name in ("group", "author", "case", "tag", "code")} == {
        "group": None,
        "author": ["Ann Reader", "Bob Reader", "Cid Reader"],
        "case": ["Library", "Park"],
        "tag": None,
        "code": ["Joint action", "Joint action services", "Health", "without codes"],
    }
    own = options(client_of(people["cid"]).get(PAGE, headers=BROWSER))
    assert list(own["tag"]) == ["rude", "secret"]


def test_a_chosen_value_without_notes_is_shown_and_can_be_removed(
    notes: list[Annotation], people: dict[str, User]
) -> None:
    page = client_of(people["ann"]).get(f"{PAGE}?tag=trust&author=bob&case=park", headers=BROWSER)
    facets = options(page)
    assert facets["tag"] == {"trust": (0, "/annotations/?author=bob&case=park")}
    assert facets["author"]["Bob Reader"] == (0, "/annotations/?tag=trust&case=park")
    assert facets["case"] == {"Park": (0, "/annotations/?tag=trust&author=bob")}


@pytest.mark.usefixtures("notes")
def test_a_facet_leaves_its_own_choice_aside(people: dict[str, User]) -> None:
    facets = options(client_of(people["ann"]).get(f"{PAGE}?author=ann&resolved=no", headers=BROWSER))
    assert facets["author"] == {
        "Ann Reader": (5, "/annotations/?resolved=no"),
        "Bob Reader": (3, "/annotations/?resolved=no&author=ann&author=bob"),
        "Cid Reader": (1, "/annotations/?resolved=no&author=ann&author=cid"),
    }
    assert {words: number for words, (number, _) in facets["resolved"].items()} == {"resolved": 0, "open": 5}


# What it costs


@pytest.mark.parametrize("number", [1, 3])
def test_a_question_asks_as_often_however_many_notes_answer(
    people: dict[str, User], number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for slug in ("a", "b", "c")[:number]:
        make_note(
            make_case(slug, narrative=STORY), people["ann"], comment="Words", tags=["trust"], codes=["mode:digital"]
        )
    query = QueryDict("tag=trust&author=ann&code=mode:digital&q=words")
    with django_assert_num_queries(7):  # tag, author, codes (twice), the texts (twice), the notes
        question = NoteFilterSet(query, people["ann"])
        assert len(question.notes) == number


def test_every_parameter_has_a_meaning_and_can_be_described_without_a_database(
    django_assert_num_queries: Callable[[int], Any],
) -> None:
    with django_assert_num_queries(0):
        fields = note_parameters()
    assert [name for name, field in fields.items() if not field.label] == []
    assert set(NoteFilterSet.FACETS) < set(fields)
