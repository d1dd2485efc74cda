"""What documents of the W3C Web Annotation Data Model notes become."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine

from accounts.models import User
from annotations import w3c
from cases.models import Case
from tests.annotations.notes import STORY, make_group, make_note, make_reply, rewrite
from tests.annotations.programs import (
    CASE,
    CONTEXT,
    PRIVATE,
    PUBLIC,
    SITE,
    items,
    program,
)
from tests.factories import make_case, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
TERM = f"{SITE}/taxonomy/type/peer-support/"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORCID = "0000-0002-1825-0097"


@pytest.fixture
def case() -> Case:
    return make_case(narrative=STORY)


@pytest.fixture
def me(case: Case) -> User:
    return make_user("me", name="Mel Example")


# From notes to documents


def test_a_note_is_a_whole_annotation(case: Case, me: User) -> None:
    with time_machine.travel(NOW, tick=False):
        note = make_note(case, me, comment="*Why* so?", tags=["Trust"], codes=["type:peer-support"])
    document = program(me).get(note.get_absolute_url()).json()
    assert document.pop("creator").pop("id").startswith(f"{SITE}/annotations/#author-")
    assert document == {
        "@context": CONTEXT,
        "id": note.iri,
        "type": "Annotation",
        "motivation": ["commenting", "tagging", "classifying"],
        "created": "2026-03-01T12:00:00Z",
        "body": [
            {"type": "TextualBody", "value": "*Why* so?", "format": "text/markdown", "purpose": "commenting"},
            {"type": "TextualBody", "value": "Trust", "purpose": "tagging"},
            {"type": "SpecificResource", "source": TERM, "purpose": "classifying"},
        ],
        "target": {
            "type": "SpecificResource",
            "source": CASE,
            "selector": [
                {
                    "type": "TextQuoteSelector",
                    "exact": "began small",
                    "prefix": "It ",
                    "suffix": " 👍🏽 in one library.\nThen it grew",
                },
                {"type": "TextPositionSelector", "start": 3, "end": 14},
            ],
        },
        "audience": {"id": PRIVATE, "type": "schema:Audience", "schema:name": "only me"},
    }


def test_a_creator_has_names_and_an_orcid_where_there_is_one(case: Case, me: User) -> None:
    make_note(case, me, audience="public")
    User.objects.filter(pk=me.pk).update(orcid=ORCID)
    [item] = items(program().get("/annotations/"))
    assert item["creator"] == {
        "id": f"https://orcid.org/{ORCID}",
        "type": "Person",
        "name": "Mel Example",
        "nickname": "me",
    }


def test_a_note_whose_author_is_gone_has_no_creator(case: Case, me: User) -> None:
    note = make_note(case, me, audience="public")
    me.delete()
    assert "creator" not in program().get(note.get_absolute_url()).json()


MOTIVATIONS: list[tuple[dict[str, Any], Any]] = [
    ({}, "highlighting"),
    ({"comment": "Why?"}, "commenting"),
    ({"tags": ["a", "b"]}, "tagging"),
    ({"codes": ["type:peer-support"]}, "classifying"),
    ({"comment": "Why?", "codes": ["type:peer-support"]}, ["commenting", "classifying"]),
]


@pytest.mark.parametrize(("said", "motivation"), MOTIVATIONS)
def test_the_motivation_follows_what_a_note_holds(case: Case, me: User, said: dict[str, Any], motivation: Any) -> None:
    document = w3c.note_document(make_note(case, me, **said), me)
    assert document["motivation"] == motivation
    assert ("body" in document) == bool(said)


def test_an_answer_replies_to_its_note(case: Case, me: User) -> None:
    note = make_note(case, me)
    document = w3c.note_document(make_reply(note, me), me)
    assert (document["target"], document["motivation"]) == (note.iri, "replying")
    assert document["body"]["purpose"] == "replying"


def test_a_note_on_a_case_as_a_whole_has_the_case_as_target(case: Case, me: User) -> None:
    assert w3c.note_document(make_note(case, me, "", "On it all."), me)["target"] == CASE


def test_words_that_moved_or_changed_are_given_as_they_stand(case: Case, me: User) -> None:
    note = make_note(case, me, "every library has")
    rewrite(case, f"Long ago.\n\n{STORY.replace('every library', 'every town library')}")
    target = program(me).get(note.get_absolute_url()).json()["target"]
    quote, position = target["selector"]
    text_now = "Long ago.\nIt began small 👍🏽 in one library.\nThen it grew: every town library has one now.\n"
    assert quote["exact"] == "every town library has" == text_now[position["start"] : position["end"]]
    assert "state" not in target


def test_an_orphan_keeps_its_old_words_and_says_when_they_stood_there(case: Case, me: User) -> None:
    note = make_note(case, me, "one now")
    rewrite(case, "It is gone.")
    note.refresh_from_db()
    assert program(me).get(note.get_absolute_url()).json()["target"] == {
        "type": "SpecificResource",
        "source": CASE,
        "selector": [{"type": "TextQuoteSelector", "exact": "one now", "prefix": note.prefix, "suffix": note.suffix}],
        "state": {
            "type": "TimeState",
            "cached": f"{CASE}narrative/1/",
            "sourceDate": w3c.note_document(note, me)["target"]["state"]["sourceDate"],
        },
    }


def test_the_readers_of_a_note_are_its_audience(case: Case, me: User) -> None:
    group = make_group(me, name="Readers")
    notes = [make_note(case, me), make_note(case, me, audience="public"), make_note(case, me, group=group)]
    assert [w3c.note_document(note, me)["audience"] for note in notes] == [
        {"id": PRIVATE, "type": "schema:Audience", "schema:name": "only me"},
        {"id": PUBLIC, "type": "schema:Audience", "schema:name": "everyone"},
        {"id": f"{SITE}{group.get_absolute_url()}", "type": "schema:Audience", "schema:name": "Readers"},
    ]


def test_documents_are_put_together_as_a_collection(case: Case, me: User) -> None:
    documents = [w3c.note_document(make_note(case, me, comment=f"{n}"), me) for n in range(2)]
    iri = "https://example.org/export"
    whole = w3c.collection_document(documents, iri, "My annotations")
    first = whole.pop("first")
    assert whole == {
        "@context": CONTEXT,
        "id": iri,
        "type": "AnnotationCollection",
        "label": "My annotations",
        "total": 2,
    }
    assert [item["id"] for item in first.pop("items")] == [document["id"] for document in documents]
    assert first == {"id": f"{iri}?page=0", "type": "AnnotationPage", "partOf": iri, "startIndex": 0}
    assert "first" not in w3c.collection_document([], iri, "Nothing")
