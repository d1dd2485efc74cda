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
from tests.annotations.notes import STORY, make_group, rewrite
from tests.annotations.programs import (
    CASE,
    PRIVATE,
    PUBLIC,
    SITE,
    annotation,
    at,
    path_of,
    post,
    program,
    put,
    quoting,
    text,
    words,
)
from tests.factories import make_case, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
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
    assert document["body"] == text(format="text/markdown", purpose="commenting")
    assert document["motivation"] == "commenting"
    assert Annotation.objects.get().w3c_extra == {}


def test_what_a_comment_says_of_itself_is_kept(mine: Client) -> None:
    document = sent(mine, body=text("Bonjour.", language="fr", textDirection="ltr"))
    assert document["body"] == text(
        "Bonjour.", language="fr", textDirection="ltr", format="text/markdown", purpose="commenting"
    )


def test_line_ends_become_lf(mine: Client) -> None:
    assert sent(mine, body=text("a\r\nb\rc"))["body"]["value"] == "a\nb\nc"


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
    assert document["body"] == {"type": "SpecificResource", "source": TERM, "purpose": "classifying"}
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


PAGE: Any = "https://elsewhere.example/page"
WRITTEN_ELSEWHERE: list[tuple[Any, Any]] = [
    ("https://elsewhere.example/body", PAGE),
    (["https://elsewhere.example/1", "https://elsewhere.example/2"], PAGE),
    (text("<p>Hi</p>", format="text/html"), [PAGE, f"{PAGE}/2"]),
    (
        {"type": "Choice", "items": [text("One"), text("Eins", language="de")]},
        {"source": PAGE, "selector": "urn:a"},
    ),
    (
        {"source": "https://elsewhere.example/", "selector": {"type": "XPathSelector", "value": "/a"}},
        {
            "source": PAGE,
            "selector": [{"type": "CssSelector", "value": "#a"}, {"type": "NewSelector", "value": 1}],
        },
    ),
]


@pytest.mark.parametrize(("body", "target"), WRITTEN_ELSEWHERE)
def test_what_was_written_elsewhere_is_served_in_the_form_in_which_it_came(
    mine: Client, body: Any, target: Any
) -> None:
    document = post(mine, annotation(target, body=body)).json()
    assert (document["body"], document["target"]) == (body, target)


@pytest.mark.parametrize("body", ["https://elsewhere.example/body", text("What?", purpose="questioning")])
def test_a_single_body_in_a_list_is_served_bare(mine: Client, body: Any) -> None:
    assert sent(mine, body=[body])["body"] == body


OTHER_SELECTORS: list[Any] = [
    {"type": "XPathSelector", "value": "/p"},
    {"type": "NewSelector", "colour": ["red"]},
    "https://elsewhere.example/selector",
]


def test_selectors_that_are_not_understood_are_kept_beside_ours_while_the_words_stand(case: Case, mine: Client) -> None:
    made = post(mine, annotation(words(quoting(), *OTHER_SELECTORS)))
    served = made.json()["target"]["selector"]
    assert served == [*served[:2], *OTHER_SELECTORS]
    assert put(mine, made.json(), made["ETag"]).json() == made.json()
    rewrite(case, f"Long ago.\n\n{STORY}")
    moved = mine.get(path_of(made))
    assert [each["type"] for each in moved.json()["target"]["selector"]] == [
        "TextQuoteSelector",
        "TextPositionSelector",
    ]
    assert put(mine, moved.json(), moved["ETag"]).status_code == 200
    assert Annotation.objects.get().w3c_extra["target"]["selector"] == OTHER_SELECTORS


CREATORS: dict[str, tuple[Any, list[Any]]] = {
    "an IRI": ("https://elsewhere.example/ann", ["https://elsewhere.example/ann"]),
    "an agent": ({"type": "Person", "name": "Ann"}, [{"type": "Person", "name": "Ann"}]),
    "a name": ("Ann", [{"name": "Ann"}]),
    "several": (["https://orcid.org/1", {"name": "Bo"}], ["https://orcid.org/1", {"name": "Bo"}]),
    "somebody of this site": (f"{SITE}/annotations/#author-0123456789", []),
    "an agent of this site": ([{"id": f"{SITE}/annotations/#author-1", "name": "Ann"}, "urn:x:1"], ["urn:x:1"]),
    "nobody": ([], []),
}


@pytest.mark.parametrize("name", CREATORS)
def test_a_creator_elsewhere_is_kept_behind_ours(mine: Client, name: str) -> None:
    given, kept = CREATORS[name]
    made = post(mine, annotation(CASE, body=text(), creator=given))
    ours, *others = made.json()["creator"] if kept else [made.json()["creator"]]
    assert (ours["nickname"], others) == ("me", kept)
    assert put(mine, made.json(), made["ETag"]).json() == made.json()
    without = {name: value for name, value in made.json().items() if name != "creator"}
    changed = put(mine, {**without, "body": text("Else.")}, made["ETag"])
    assert changed.json()["creator"] == made.json()["creator"]
    assert put(mine, {**changed.json(), "creator": []}, changed["ETag"]).json()["creator"] == ours


def test_a_creator_says_nothing_by_itself(mine: Client) -> None:
    assert post(mine, annotation(CASE, creator="https://elsewhere.example/ann")).status_code == 400
