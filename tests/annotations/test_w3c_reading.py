"""What notes become of documents of the W3C Web Annotation Data Model."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from rest_framework.exceptions import ValidationError

from accounts.models import User
from annotations import w3c
from annotations.models import Annotation
from cases.models import Case
from tests.annotations.notes import STORY, make_group
from tests.annotations.programs import (
    CASE,
    PRIVATE,
    PUBLIC,
    SITE,
    annotation,
    at,
    post,
    program,
    quoting,
    text,
    words,
)
from tests.factories import make_case, make_user

pytestmark = pytest.mark.django_db
TERM = f"{SITE}/taxonomy/type/peer-support/"


@pytest.fixture
def case() -> Case:
    return make_case(narrative=STORY)


@pytest.fixture
def me(case: Case) -> User:
    return make_user("me", name="Mel Example")


@pytest.fixture
def mine(me: User) -> Client:
    return program(me)


def sent(client: Client, target: Any = CASE, **more: Any) -> dict[str, Any]:
    """Return the document that becomes of one that is sent."""
    response = post(client, annotation(target, **more))
    assert response.status_code == 201
    document: dict[str, Any] = response.json()
    return document


TARGETS: dict[str, Any] = {
    "an IRI": CASE,
    "without the last slash": CASE[:-1],
    "a list of one": [CASE],
    "an object": {"id": CASE, "type": "Text", "format": "text/html"},
    "a source": {"type": "SpecificResource", "source": CASE},
    "a source that is an object": {"type": ["SpecificResource"], "source": {"id": CASE}},
    "without selectors": {"source": CASE, "selector": []},
}


@pytest.mark.parametrize("name", TARGETS)
def test_every_form_of_a_whole_case_is_the_case(mine: Client, name: str) -> None:
    assert sent(mine, TARGETS[name], body=text())["target"] == CASE
    assert Annotation.objects.get().case == Case.objects.get()


PASSAGES: dict[str, Any] = {
    "a quotation": quoting(),
    "in a list": [quoting()],
    "with context": quoting(prefix="It ", suffix=" "),
    "with a longer context": [quoting("grew", prefix="It began small 👍🏽 in one library.\nThen it ")],
    "offsets": at(3, 14),
    "both": [at(3, 14), quoting()],
    "beside what is not understood": [{"type": "RangeSelector"}, quoting(), {"type": "XPathSelector", "value": "/p"}],
    "a type in a list": {"type": ["TextQuoteSelector"], "exact": "began small"},
    "another white space": quoting("began\n small"),
    "across lines": quoting("library.\nThen"),
}


@pytest.mark.parametrize("name", PASSAGES)
def test_every_form_of_a_passage_is_its_words(mine: Client, name: str) -> None:
    target = sent(mine, {"source": CASE, "selector": PASSAGES[name]})["target"]
    note, story = (
        Annotation.objects.get(),
        "It began small 👍🏽 in one library.\nThen it grew: every library has one now.\n",
    )
    expected = {"with a longer context": "grew", "across lines": "library.\nThen"}.get(name, "began small")
    assert note.exact == story[note.start : note.end] == expected
    assert target["selector"][1] == at(note.start, note.end)
    assert note.prefix + note.exact + note.suffix in story


ELSEWHERE: dict[str, Any] = {
    "an IRI": "https://elsewhere.example/page#part",
    "a name": "urn:isbn:9783030537050",
    "an object": {"id": "https://elsewhere.example/image", "type": "Image", "format": "image/png"},
    "a passage": {
        "type": "SpecificResource",
        "source": "https://elsewhere.example/",
        "selector": {"type": "CssSelector", "value": "#a > p", "refinedBy": {"type": "SvgSelector", "value": "<svg/>"}},
        "state": {"type": "TimeState", "sourceDate": "2015-07-20T13:30:00Z"},
    },
    "several": ["https://elsewhere.example/1", CASE, {"source": "https://elsewhere.example/2"}],
    "a set": {"type": "Composite", "items": ["https://elsewhere.example/1", CASE]},
    "a page of ours that is no case": f"{SITE}/about/",
}


@pytest.mark.parametrize("name", ELSEWHERE)
def test_a_target_elsewhere_is_kept_as_it_came(mine: Client, name: str) -> None:
    assert sent(mine, ELSEWHERE[name], body=text())["target"] == ELSEWHERE[name]
    assert Annotation.objects.get().case is None


COMMENTS: dict[str, dict[str, Any]] = {
    "embedded": {"body": text()},
    "in a list": {"body": [text()]},
    "plain": {"body": text(format="text/plain")},
    "Markdown": {"body": text(format="text/markdown; charset=utf-8", purpose="commenting")},
    "a full name": {"body": text(purpose="http://www.w3.org/ns/oa#commenting")},
    "a short name": {"body": text(purpose=["oa:commenting"]), "motivation": "oa:commenting"},
    "a list of motivations": {"body": text(), "motivation": ["http://www.w3.org/ns/oa#commenting"]},
    "without a type": {"body": {"value": "I see."}},
    "bodyValue": {"bodyValue": "I see."},
}


@pytest.mark.parametrize("name", COMMENTS)
def test_every_form_of_a_comment_is_a_comment(mine: Client, name: str) -> None:
    document = sent(mine, **COMMENTS[name])
    assert document["body"] == [text(format="text/markdown", purpose="commenting")]
    assert document["motivation"] == "commenting"
    assert Annotation.objects.get().w3c_extra == {}


def test_what_a_comment_says_of_itself_is_kept(mine: Client) -> None:
    document = sent(mine, body=text("Bonjour.", language="fr", textDirection="ltr"))
    assert document["body"][0] == text(
        "Bonjour.", language="fr", textDirection="ltr", format="text/markdown", purpose="commenting"
    )


def test_line_ends_become_lf(mine: Client) -> None:
    assert sent(mine, body=text("a\r\nb\rc"))["body"][0]["value"] == "a\nb\nc"


TAGGED: dict[str, dict[str, Any]] = {
    "by purpose": {"body": [text("Trust", purpose="tagging"), text("to  check", purpose="tagging")]},
    "by motivation": {"body": [text("Trust"), text("to check")], "motivation": "tagging"},
    "twice": {
        "body": [text(tag, purpose="oa:tagging", format="text/plain") for tag in ("Trust", "trust ", "to check")]
    },
}


@pytest.mark.parametrize("name", TAGGED)
def test_tags_are_tags(mine: Client, name: str) -> None:
    document = sent(mine, **TAGGED[name])
    assert {body["value"] for body in document["body"]} == {"Trust", "to check"}
    assert document["motivation"] == "tagging"
    assert {tag.label for tag in Annotation.objects.get().tags.all()} == {"Trust", "to check"}


CODED: dict[str, dict[str, Any]] = {
    "by purpose": {"body": {"type": "SpecificResource", "source": TERM, "purpose": "classifying"}},
    "by motivation": {"body": TERM, "motivation": "classifying"},
    "by id": {"body": [{"id": TERM, "purpose": "oa:classifying"}, {"source": TERM, "purpose": ["classifying"]}]},
}


@pytest.mark.parametrize("name", CODED)
def test_terms_of_the_taxonomy_are_codes(mine: Client, name: str) -> None:
    document = sent(mine, **CODED[name])
    assert document["body"] == [{"type": "SpecificResource", "source": TERM, "purpose": "classifying"}]
    assert [term.slug for term in Annotation.objects.get().codes.all()] == ["peer-support"]


FOREIGN: list[Any] = [
    "https://elsewhere.example/body",
    TERM,
    text("<p>Hi</p>", format="text/html"),
    text("What next?", purpose="questioning"),
    text("I see, too."),
    {"id": "https://elsewhere.example/video", "type": "Video", "language": ["en", "fr"]},
    {"type": "Choice", "items": [text("One"), text("Eins", language="de")]},
    {"type": "SpecificResource", "source": "https://elsewhere.example/term", "purpose": "classifying"},
    {"type": "SpecificResource", "source": {"id": "https://elsewhere.example/page"}, "selector": at(0, 4)},
]


def test_all_other_bodies_are_kept_behind_ours_in_their_order(mine: Client) -> None:
    document = sent(mine, body=[FOREIGN[0], text("First."), *FOREIGN[1:]])
    assert document["body"] == [text("First.", format="text/markdown", purpose="commenting"), *FOREIGN]


def test_a_body_of_others_alone_has_no_motivation_of_ours(mine: Client) -> None:
    assert "motivation" not in sent(mine, body="https://elsewhere.example/body")


@pytest.mark.parametrize(
    "motivation", ["describing", ["commenting", "questioning"], "https://elsewhere.example/doubting", "highlighting"]
)
def test_a_motivation_that_was_sent_wins(mine: Client, motivation: Any) -> None:
    assert sent(mine, body=text(), motivation=motivation)["motivation"] == motivation


def test_what_has_no_column_here_is_kept_as_it_came(mine: Client) -> None:
    more = {
        "rights": "https://creativecommons.org/publicdomain/zero/1.0/",
        "generator": {"id": "https://elsewhere.example/client", "type": "Software", "name": "Client"},
        "generated": "2015-10-13T13:00:00Z",
        "stylesheet": {"type": "CssStylesheet", "value": ".red { color: red }"},
        "ex:anything": [None, 1, 2.5, True, {"deep": ["er"]}],
    }
    document = sent(mine, words(quoting()) | {"styleClass": "red", "renderedVia": "urn:x:y"}, **more)
    assert {name: document[name] for name in more} == more
    assert (document["target"]["styleClass"], document["target"]["renderedVia"]) == ("red", "urn:x:y")


def test_null_is_nothing(mine: Client) -> None:
    document = sent(mine, words(quoting()), body=None, via=None, motivation=None, rights=None)
    assert document["motivation"] == "highlighting"
    assert not {"body", "via", "rights"} & document.keys()


def test_without_a_context_it_is_read_as_one_of_the_recommendation(mine: Client) -> None:
    assert post(mine, {"type": ["Annotation"], "target": CASE, "bodyValue": "Short."}).status_code == 201


AUDIENCES: list[tuple[Any, str, Any]] = [
    (None, "private", PRIVATE),
    (PUBLIC, "public", PUBLIC),
    ({"id": PUBLIC, "type": "schema:Audience"}, "public", PUBLIC),
    ([{"id": PRIVATE}], "private", PRIVATE),
    ("https://elsewhere.example/students", "private", PRIVATE),
]


@pytest.mark.parametrize(("audience", "kept", "iri"), AUDIENCES)
def test_the_audience_says_who_may_read(mine: Client, audience: Any, kept: str, iri: str) -> None:
    served = sent(mine, body=text(), audience=audience)["audience"]
    assert Annotation.objects.get().audience == kept
    first = served[0] if isinstance(served, list) else served
    assert first["id"] == iri
    assert served == [first, audience] if kept == "private" and audience == AUDIENCES[4][0] else served == first


def test_a_group_of_ones_own_is_an_audience(me: User, mine: Client) -> None:
    group = make_group(me)
    iri = f"{SITE}{group.get_absolute_url()}"
    assert sent(mine, body=text(), audience=iri)["audience"]["id"] == iri
    assert Annotation.objects.get().group == group


def test_an_importer_reads_documents_and_is_told_the_place_of_a_mistake(case: Case, me: User) -> None:
    document = annotation(words(quoting(), at(3, 14)), body=text(), id="urn:a:1", canonical="urn:a:0")
    draft = w3c.read_annotation(document, by=me, case=case)
    assert (draft.case, draft.parent) == (case, None)
    assert draft.passage is not None
    assert (draft.passage.quotation.exact, draft.passage.span) == ("began small", (3, 14))
    assert [tuple(name) for name in draft.content.names] == [("canonical", "urn:a:0"), ("via", "urn:a:1")]
    with pytest.raises(ValidationError) as wrong:
        w3c.read_annotation(annotation(words({"type": "TextQuoteSelector", "exact": 7})), by=me)
    assert w3c.error_pointers(wrong.value) == [("#/target/selector/0/exact", "Give a string here.")]
