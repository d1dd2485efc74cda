"""Whatever a program sends: a mistake is named by its place, nothing is stored, and nothing breaks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from annotations.actions import MAX_COMMENT_LENGTH, MAX_QUOTE_LENGTH, MAX_TAGS
from annotations.models import MAX_TAG_LENGTH, Annotation, OtherName, Tag
from tests.annotations.notes import STORY, make_group, make_note
from tests.annotations.programs import (
    CASE,
    LD,
    OF_CASE,
    PRIVATE,
    PUBLIC,
    ROOT,
    SITE,
    annotation,
    at,
    mistakes,
    post,
    program,
    put,
    quoting,
    statements,
    text,
    words,
)
from tests.factories import make_case, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def me() -> User:
    make_case(narrative=STORY)
    return make_user("me")


@pytest.fixture
def mine(me: User) -> Client:
    return program(me)


TERM = f"{SITE}/taxonomy/type/no-such-term/"
SELECTOR = "#/target/selector/0"
WRONG: dict[str, tuple[Any, str]] = {
    # the whole
    "a list": ([annotation(CASE)], "#"),
    "a string": ("annotation", "#"),
    "null": (None, "#"),
    "no type": ({"target": CASE}, "#/type"),
    "another type": ({"type": "Note", "target": CASE}, "#/type"),
    "a type that is a number": ({"type": 7, "target": CASE}, "#/type"),
    "another context": (annotation(CASE, **{"@context": "https://example.org/context"}), "#/@context"),
    "a context of its own": (annotation(CASE, **{"@context": [{"id": "@type"}]}), "#/@context"),
    "a keyword of JSON-LD": (annotation(CASE, **{"@graph": []}), "#/@graph"),
    "an id that is a number": (annotation(CASE, id=1), "#/id"),
    "a canonical that is no IRI": (annotation(CASE, canonical="1"), "#/canonical"),
    "a canonical that runs": (annotation(CASE, canonical="javascript:alert(1)"), "#/canonical"),
    "two canonicals": (annotation(CASE, canonical=["urn:a:1", "urn:a:2"]), "#/canonical"),
    "a via that is an object": (annotation(CASE, via={"id": "urn:a:1"}), "#/via"),
    "a via as long as a page": (annotation(CASE, via=f"urn:a:{'x' * 500}"), "#/via"),
    "an id as long as a page": (annotation(CASE, id=f"urn:a:{'x' * 500}", body=text()), "#/id"),
    "a motivation that is an object": (annotation(CASE, motivation={"id": "oa:commenting"}), "#/motivation"),
    "a motivation that is a number": (annotation(CASE, motivation=["tagging", 1]), "#/motivation/1"),
    "an audience that is a number": (annotation(CASE, audience=3), "#/audience"),
    "two audiences": (annotation(CASE, body=text(), audience=[PUBLIC, PRIVATE]), "#/audience"),
    "an audience of ours that is none": (annotation(CASE, audience=f"{SITE}/annotations/mine/"), "#/audience"),
    "a group that is none": (annotation(CASE, audience=f"{SITE}/annotations/groups/none/"), "#/audience"),
    # the target
    "no target": ({"type": "Annotation", "body": text()}, "#/target"),
    "a target of null": (annotation(None), "#/target"),
    "an empty list": (annotation([]), "#/target"),
    "a target that is a number": (annotation(7), "#/target"),
    "a target that is no IRI": (annotation("page 7"), "#/target"),
    "a target without an IRI": (annotation({"type": "Image"}), "#/target"),
    "a target whose id is a number": (annotation({"id": 7}), "#/target/id"),
    "a target whose type is a number": (annotation({"id": CASE, "type": 7}), "#/target/type"),
    "a source that is no IRI": (annotation({"source": "page"}), "#/target/source"),
    "a source without id": (annotation({"source": {"type": "Text"}}), "#/target/source/id"),
    "one of several targets": (annotation([CASE, 7]), "#/target/1"),
    "a case that is not there": (annotation(f"{SITE}/cases/none/", body=text()), "#/target"),
    "a note that is not there": (annotation(f"{SITE}/annotations/none/", body=text()), "#/target"),
    "a fragment of a case": (annotation(f"{CASE}#char=0,5", body=text()), "#/target"),
    # selectors
    "a selector that is the name of one": (annotation(words("urn:a:1")), "#/target/selector"),
    "a selector that is a word": (annotation(words("there")), SELECTOR),
    "a selector without type": (annotation(words({"exact": "It"})), "#/target/selector"),
    "a path": (annotation(words({"type": "XPathSelector", "value": "/p"})), "#/target/selector"),
    "a fragment": (annotation(words({"type": "FragmentSelector", "value": "x"})), "#/target/selector"),
    "no exact words": (annotation(words({"type": "TextQuoteSelector"})), f"{SELECTOR}/exact"),
    "words of white space": (annotation(words(quoting(" \n"))), f"{SELECTOR}/exact"),
    "words that are a number": (annotation(words({"type": "TextQuoteSelector", "exact": 1})), f"{SELECTOR}/exact"),
    "a prefix that is a list": (annotation(words({**quoting(), "prefix": ["It"]})), f"{SELECTOR}/prefix"),
    "half a book": (annotation(words(quoting("x" * (MAX_QUOTE_LENGTH + 1)))), "#/target/selector"),
    "a selector in another": (annotation(words({**quoting(), "refinedBy": at(0, 1)})), f"{SELECTOR}/refinedBy"),
    "no start": (annotation(words({"type": "TextPositionSelector", "end": 4})), f"{SELECTOR}/start"),
    "a negative offset": (annotation(words(at(-1, 4))), f"{SELECTOR}/start"),
    "reversed offsets": (annotation(words(at(9, 4))), f"{SELECTOR}/end"),
    "an empty span": (annotation(words(at(4, 4))), f"{SELECTOR}/end"),
    "an offset that is a string": (annotation(words(at("3", 14))), f"{SELECTOR}/start"),
    "an offset that is true": (annotation(words(at(start=True, end=14))), f"{SELECTOR}/start"),
    "an offset with a fraction": (annotation(words(at(3, 14.5))), f"{SELECTOR}/end"),
    "offsets outside": (annotation(words(at(3, 10**30))), "#/target/selector"),
    "offsets of a line end": (annotation(words(at(33, 34))), "#/target/selector"),
    "an old state": (annotation({"source": CASE, "state": {"type": "TimeState"}}), "#/target/state"),
    # bodies
    "nothing said of a case": (annotation(CASE), "#/body"),
    "only white space said": (annotation(CASE, body=text(" ")), "#/body"),
    "a body that is a number": (annotation(CASE, body=7), "#/body"),
    "a body in a list that is a list": (annotation(CASE, body=[text(), []]), "#/body/1"),
    "an empty body": (annotation(CASE, body={}), "#/body"),
    "a body that is no IRI": (annotation(CASE, body=["I like it"]), "#/body/0"),
    "a text without value": (annotation(CASE, body={"type": "TextualBody"}), "#/body/value"),
    "a value that is a number": (annotation(CASE, body=[{"value": 7}]), "#/body/0/value"),
    "a purpose that is a number": (annotation(CASE, body=text(purpose=7)), "#/body/purpose"),
    "a format that is an object": (annotation(CASE, body=text(format={})), "#/body/format"),
    "a language in a list that is a number": (annotation(CASE, body=text(language=["fr", 1])), "#/body/language/1"),
    "a source of a body": (annotation(CASE, body={"source": 7}), "#/body/source"),
    "a code that is not there": (annotation(CASE, body=[{"source": TERM, "purpose": "classifying"}]), "#/body/0"),
    "a text both ways": (annotation(CASE, body=text(), bodyValue="Twice."), "#/bodyValue"),
    "a plain text that is a list": (annotation(CASE, bodyValue=["One."]), "#/bodyValue"),
    "a long comment": (annotation(CASE, body=text("x" * (MAX_COMMENT_LENGTH + 1))), "#/body"),
    "a long tag": (annotation(CASE, body=text("x" * (MAX_TAG_LENGTH + 1), purpose="tagging")), "#/body"),
    "many tags": (annotation(CASE, body=[text(f"{n}", purpose="tagging") for n in range(MAX_TAGS + 1)]), "#/body"),
    # characters
    "NUL in a comment": (annotation(CASE, body=text("\0")), "#/body/value"),
    "NUL in a tag": (annotation(CASE, body=[text("\0", purpose="tagging")]), "#/body/0/value"),
    "NUL in words": (annotation(words(quoting("\0"))), f"{SELECTOR}/exact"),
    "NUL where nobody looks": (annotation(CASE, body=text(), rights=[{"a/b": "\0"}]), "#/rights/0/a~1b"),
    "NUL in a name": (annotation(CASE, body=text(), more={"\0": 1}), "#/more"),
    "half a character": (annotation(CASE, body=text("\ud83d")), "#/body/value"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_is_named_by_its_place(mine: Client, name: str) -> None:
    document, place = WRONG[name]
    for address in (ROOT, OF_CASE):
        response = post(mine, document, address)
        assert (response.status_code, mistakes(response)) == (400, [place])
    assert [model.objects.count() for model in (Annotation, Tag, OtherName)] == [0, 0, 0]


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_leaves_a_note_as_it_is(me: User, mine: Client, name: str) -> None:
    document, _ = WRONG[name]
    note = make_note(make_case("b-case", narrative=STORY), me, "", "Here.", audience="public")
    read = mine.get(note.get_absolute_url())
    response = put(mine, document, read["ETag"], note.get_absolute_url())
    assert response.status_code in {400, 409}
    assert mine.get(note.get_absolute_url())["ETag"] == read["ETag"]


BYTES = {
    "white space": b" ",
    "half an object": b'{"type": "Annotation"',
    "not JSON": b"type=Annotation",
    "not a number": b'{"type": "Annotation", "rights": NaN}',
    "infinity": b'{"type": "Annotation", "rights": -Infinity}',
    "a number too large": b'{"type": "Annotation", "rights": 1e999}',
    "a number of many digits": b'{"rights": ' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"type": "Annotation\xff"}',
    "UTF-16": '{"type": "Annotation"}'.encode("utf-16"),
    "nested too deeply": json.dumps(annotation(CASE, body=text())).encode()[:-1]
    + b', "x": '
    + b"[" * 40
    + b"]" * 40
    + b"}",
    "nested without end": b"[" * 100_000 + b"]" * 100_000,
    "objects without end": b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
}


@pytest.mark.parametrize("name", BYTES)
def test_what_is_no_json_is_refused_as_a_whole(mine: Client, name: str) -> None:
    response = post(mine, BYTES[name])
    assert (response.status_code, mistakes(response)) == (400, ["#"])
    assert not Annotation.objects.exists()


def test_a_megabyte_is_too_large(me: User, mine: Client) -> None:
    note = make_note(make_case("b-case"), me, "", "Here.")
    for size in (256 * 1024 + 1, 1_000_000, 3_000_000):
        assert post(mine, b" " * size).status_code == 413
        response = mine.put(note.get_absolute_url(), b" " * size, content_type=LD, headers={"If-Match": '"x"'})
        assert response.status_code == 413
    assert Annotation.objects.count() == 1


def test_two_hundred_kilobytes_of_what_is_kept_elsewhere_are_kept(mine: Client) -> None:
    made = post(mine, annotation(CASE, body=text("<p>", format="text/html"), rights=["x" * 1000] * 200))
    assert made.json()["rights"] == ["x" * 1000] * 200


def test_a_script_in_markdown_is_text_to_a_program_and_harmless_to_a_reader(mine: Client) -> None:
    script = "<script>alert(1)</script> [x](javascript:alert(2))"
    made = post(mine, annotation(words(quoting()), body=text(script), audience=PUBLIC))
    assert made.json()["body"]["value"] == script
    assert "X-Content-Type-Options" in made
    page = Client().get("/cases/a-case/").content.decode()
    assert "<script>alert(1)" not in page
    assert 'href="javascript:' not in page


def test_html_is_kept_for_other_programs_and_never_shown(mine: Client) -> None:
    body = text("<img src=x onerror=alert(1)>", format="text/html", purpose="commenting")
    made = post(mine, annotation(words(quoting()), body=body, audience=PUBLIC))
    assert made.json()["body"] == body
    assert Annotation.objects.get().comment == ""
    assert "onerror" not in Client().get("/cases/a-case/").content.decode()


def test_the_audience_of_a_group_is_for_its_members(me: User, mine: Client) -> None:
    group = make_group(make_user("owner"))
    iri = f"{SITE}{group.get_absolute_url()}"
    refused, none = (post(mine, annotation(CASE, body=text(), audience=a)) for a in (iri, iri[:-5] + "none/"))
    assert (refused.status_code, mistakes(refused)) == (400, ["#/audience"])
    assert refused.json() == none.json()
    assert not Annotation.objects.exists()


IRIS = [CASE, f"{SITE}/annotations/none/", f"{SITE}/taxonomy/type/peer-support/", PUBLIC, "urn:x:y", "page", SITE, ""]
WORDS = ["Annotation", "TextualBody", "SpecificResource", "TextQuoteSelector", "TextPositionSelector", "Choice"]
WORDS += ["tagging", "classifying", "oa:commenting", "text/html", "text/plain", "It", "library", "\0", "\ud800"]
NAMES = ["type", "id", "body", "bodyValue", "target", "source", "selector", "exact", "prefix", "start", "end", "value"]
NAMES += ["purpose", "motivation", "audience", "canonical", "via", "format", "language", "items", "@context", "x"]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.sampled_from(IRIS + WORDS)
)
ANYTHING: st.SearchStrategy[Any] = st.deferred(
    lambda: (
        LEAVES
        | st.lists(ANYTHING, max_size=3)
        | st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=3), ANYTHING, max_size=5)
    )
)
SELECTORS = st.fixed_dictionaries(
    {"type": st.sampled_from(["TextQuoteSelector", "TextPositionSelector"]) | ANYTHING},
    optional={"exact": ANYTHING, "start": st.integers(-2, 70), "end": st.integers(-2, 70), "prefix": ANYTHING},
)
TARGETS = ANYTHING | st.fixed_dictionaries({"source": st.just(CASE)}, optional={"selector": SELECTORS | ANYTHING})
ANNOTATIONS = st.fixed_dictionaries(
    {"type": st.just("Annotation"), "target": TARGETS},
    optional=dict.fromkeys(("body", "bodyValue", "motivation", "audience", "canonical", "via", "id", "x"), ANYTHING),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=ANYTHING | ANNOTATIONS)
def test_whatever_is_sent_is_made_or_refused_and_never_breaks(mine: Client, document: Any) -> None:
    before = Annotation.objects.count()
    response = post(mine, json.dumps(document).encode())
    assert response.status_code in {201, 400, 409}
    assert Annotation.objects.count() == before + (response.status_code == 201)
    if response.status_code != 201:
        assert response["Content-Type"] == "application/problem+json"
        assert all(error["pointer"].startswith("#") for error in response.json()["errors"])
        return
    made = response.json()
    address = made["id"].removeprefix(SITE)
    assert statements(mine.get(address, headers={"Accept": "text/turtle"}))
    again = put(mine, made, response["ETag"], address)
    assert (again.status_code, again.json(), again["ETag"]) == (200, made, response["ETag"])


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=ANNOTATIONS)
def test_whatever_is_put_changes_a_note_or_leaves_it(mine: Client, document: Any) -> None:
    made = post(mine, annotation(words(quoting()), body=text(), via="urn:a:1"))
    address = made.json()["id"].removeprefix(SITE)
    response = put(mine, document, made["ETag"], address)
    assert response.status_code in {200, 400, 409}
    now = mine.get(address)
    assert now["ETag"] == (response if response.status_code == 200 else made)["ETag"]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(min_size=1, max_size=40))
def test_whatever_bytes_are_sent_are_refused(mine: Client, body: bytes) -> None:
    assert post(mine, body).status_code == 400


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["Accept", "Prefer", "If-None-Match", "If-Match", "Slug"]),
    value=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40),
)
def test_whatever_a_header_says_it_is_answered(mine: Client, name: str, value: str) -> None:
    assert mine.get(ROOT, headers={name: value}).status_code in {200, 304, 404, 406}
