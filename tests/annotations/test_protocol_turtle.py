"""Notes and containers as Turtle, for programs that like it better than JSON-LD."""

from __future__ import annotations

import pytest

from accounts.models import User
from cases.models import Case
from tests.annotations.notes import STORY, make_note, make_reply
from tests.annotations.programs import (
    CASE,
    LD,
    OF_CASE,
    PUBLIC,
    ROOT,
    SITE,
    annotation,
    listed,
    post,
    prefer,
    program,
    put,
    quoting,
    statements,
    text,
    words,
)
from tests.annotations.programs import PREFER_IRIS as IRIS
from tests.factories import make_case

pytestmark = [pytest.mark.django_db, pytest.mark.once]
OA, RDF, AS = (
    "http://www.w3.org/ns/oa#",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/ns/activitystreams#",
)
TYPE = f"<{RDF}type>"


@pytest.fixture
def case() -> Case:
    return make_case(narrative=STORY)


def test_a_note_states_in_turtle_what_it_says_in_json(case: Case, me: User) -> None:
    note = make_note(case, me, "in one library.\nThen", 'He said "no" \\ yes.', audience="public", tags=["a"])
    response = program().get(note.get_absolute_url(), headers={"Accept": "text/turtle"})
    stated = statements(response)
    subject = f"<{note.iri}>"
    of_note = {(name, value) for thing, name, value in stated if thing == subject and not value.startswith("_:")}
    creator = program().get(note.get_absolute_url()).json()["creator"]["id"]
    created = note.created_at.isoformat().replace("+00:00", "Z")
    assert of_note == {
        (TYPE, f"<{OA}Annotation>"),
        (f"<{OA}motivatedBy>", f"<{OA}commenting>"),
        (f"<{OA}motivatedBy>", f"<{OA}tagging>"),
        ("<http://purl.org/dc/terms/created>", f'"{created}"^^<http://www.w3.org/2001/XMLSchema#dateTime>'),
        ("<http://purl.org/dc/terms/creator>", f"<{creator}>"),
        ("<http://schema.org/audience>", f"<{PUBLIC}>"),
    }
    spoken = {(name, value) for _, name, value in stated}
    assert (f"<{RDF}value>", r'"He said \"no\" \\ yes."') in spoken
    assert (f"<{OA}exact>", r'"in one library.\nThen"') in spoken
    assert (f"<{OA}hasSource>", f"<{CASE}>") in spoken
    assert (f"<{OA}start>", f'"{note.start}"^^<http://www.w3.org/2001/XMLSchema#nonNegativeInteger>') in spoken
    assert ("<http://schema.org/name>", '"everyone"') in spoken


@pytest.mark.parametrize("address", [ROOT, OF_CASE])
def test_a_container_lists_its_notes_in_turtle_in_their_order(case: Case, me: User, address: str) -> None:
    notes = [make_note(case, me, audience="public")]
    notes.append(make_reply(notes[0], me))
    response = program().get(address, headers={"Accept": "text/turtle", **prefer(IRIS)})
    stated = {(thing, name): value for thing, name, value in statements(response)}
    page, container = f"<{SITE}{address}?iris=1&page=0>", f"<{SITE}{address}?iris=1>"
    first = stated[page, f"<{AS}items>"]
    second = stated[first, f"<{RDF}rest>"]
    assert [stated[cell, f"<{RDF}first>"] for cell in (first, second)] == [f"<{note.iri}>" for note in notes]
    assert stated[second, f"<{RDF}rest>"] == f"<{RDF}nil>"
    assert (container, TYPE, "<http://www.w3.org/ns/ldp#BasicContainer>") in statements(response)
    assert (container, TYPE, f"<{AS}OrderedCollection>") in statements(response)
    assert {"Accept", "Prefer"} <= listed(response, "Vary")


def test_what_has_no_meaning_in_the_context_is_left_out(me: User) -> None:
    client = program(me)
    said = {"rights": "https://example.org/rights", "nonsense": "x", "urn:x:y": [1, 2.5, True, None, {"label": "\x07"}]}
    made = post(client, annotation(words(quoting()) | {"scope": "relative"}, body=["urn:a:b", text()], **said))
    stated = {
        (name, value) for _, name, value in statements(client.get(made["Location"], headers={"Accept": "text/turtle"}))
    }
    values = {value.partition("^^")[0] for name, value in stated if name == "<urn:x:y>"}
    assert {'"1"', '"2.5"', '"true"'} <= values
    assert ("<http://purl.org/dc/terms/rights>", "<https://example.org/rights>") in stated
    assert ("<http://www.w3.org/2000/01/rdf-schema#label>", r'"\u0007"') in stated
    assert not any("nonsense" in name or "Scope" in name for name, _ in stated)


def test_each_media_type_has_its_etag_and_either_is_good_for_a_change(case: Case, me: User) -> None:
    note, client = make_note(case, me), program(me)
    address = note.get_absolute_url()
    document = client.get(address).json()
    tags = {client.get(address, headers={"Accept": accept})["ETag"] for accept in (LD, "text/turtle")}
    assert len(tags) == 2
    for tag in sorted(tags):
        assert put(client, document, tag).status_code == 200
    known = client.get(address, headers={"Accept": "text/turtle", "If-None-Match": client.get(address)["ETag"]})
    assert known.status_code == 200


@pytest.mark.parametrize(
    "accept", ["text/turtle", "text/turtle, application/ld+json;q=0.5", "text/turtle, text/html;q=0.5"]
)
def test_turtle_is_for_whoever_likes_it_best(case: Case, me: User, accept: str) -> None:
    make_note(case, me, audience="public")
    assert statements(program().get(ROOT, headers={"Accept": accept}))
