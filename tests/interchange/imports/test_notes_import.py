"""Bringing in files of annotations: whole or not at all, nothing twice, every mistake at once, threads together."""

from __future__ import annotations

import copy
import io
import json
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from hypothesis import given
from hypothesis import settings as depth
from hypothesis import strategies as st
from zeal import zeal_ignore

from accounts.models import User
from annotations.models import Annotation, OtherName
from annotations.records import term_code
from interchange.imports import notes, w3c
from interchange.imports.notes import NoteOutcome, NotesImportOptions, NotesImportResult
from tests.annotations.notes import STORY, make_group, make_note, make_reply, rewrite
from tests.factories import make_case, make_user

PAGE, EXPORT = "/import/annotations/", "/export/annotations.jsonld"
NEXT_YEAR = "2027-11-23T12:00:00Z"

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return make_user("ann")


@pytest.fixture
def bob() -> User:
    return make_user("bob")


@pytest.fixture(autouse=True)
def _case() -> None:
    make_case("libraries", narrative=STORY)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def annotation(number: int = 1, exact: str = "one library", **fields: Any) -> dict[str, Any]:
    """Return an annotation of another tool on words of the case."""
    source = f"{settings.BASE_URL}/cases/libraries/"
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": f"https://tool.example.org/{number}",
        "type": "Annotation",
        "body": {"type": "TextualBody", "value": f"Comment {number}.", "purpose": "commenting"},
        "target": {"source": source, "selector": {"type": "TextQuoteSelector", "exact": exact}},
        **fields,
    }


def brought(document: object, by: User, **choice: bool) -> NotesImportResult:
    """Bring in a document, as both doors do."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return notes.import_notes(body=body, by=by, choice=NotesImportOptions(**choice))


def counts(result: NotesImportResult) -> tuple[int, int, int]:
    assert result.mistakes == []
    return result.outcomes[NoteOutcome.CREATED], result.outcomes[NoteOutcome.CHANGED], result.outcomes[NoteOutcome.SAME]


def mistakes(result: NotesImportResult) -> list[tuple[int, str, str]]:
    return [(mistake.number, mistake.place, mistake.what) for mistake in result.mistakes]


def told(note: Annotation) -> dict[str, Any]:
    """Return what a note says and where it stands."""
    return {
        "words": (note.exact, note.prefix, note.suffix, note.start, note.end, note.placement),
        "comment": note.comment,
        "tags": [tag.label for tag in note.tags.all()],
        "codes": [term_code(term) for term in note.codes.all()],
        "audience": note.audience,
        "answers": note.parent and note.parent.comment,
        "elsewhere": note.w3c_extra,
    }


def notes_of(user: User) -> list[Annotation]:
    return list(Annotation.objects.with_related().filter(author=user).order_by("created_at", "pk"))


# What goes out comes in


def test_what_one_exported_another_can_bring_in(ann: User, bob: User) -> None:
    case = make_case("second", narrative="שלום עולם\n\n| a |\n|---|\n| b 👍🏽 c |\n")
    root = make_note(
        case, ann, "b 👍🏽 c", "Why **this**?\n\nSo.", tags=["to check", "x;y"], codes=["type:peer-support"]
    )
    make_reply(make_reply(root, ann, "Because."), ann, "I see.")
    make_note(case, ann, "עולם")
    make_note(case, ann, "", "On the case.", codes=["sector:health"])
    exported = signed_in(ann).get(EXPORT, {"author": "ann"}).getvalue()
    assert counts(brought(exported, bob)) == (5, 0, 0)
    by_words = sorted(map(told, notes_of(ann)), key=str)
    assert sorted(map(told, notes_of(bob)), key=str) == by_words
    assert {note.audience for note in notes_of(bob)} == {"private"}
    (answer, last) = (note for note in notes_of(bob) if note.parent)
    assert {answer.parent.author, last.thread.author} == {bob}  # type: ignore[union-attr]  # an answer has both
    assert counts(brought(exported, bob)) == (0, 0, 5)
    assert counts(brought(exported, ann)) == (0, 0, 5)
    assert (len(notes_of(ann)), len(notes_of(bob))) == (5, 5)


def test_words_that_stand_elsewhere_by_now_are_found_again(ann: User, bob: User) -> None:
    case = make_case("second", narrative=STORY)
    make_note(case, ann, "one library", "Here.")
    exported = signed_in(ann).get(EXPORT).getvalue()
    rewrite(case, "Before it all.\n\n" + STORY)
    assert counts(brought(exported, bob)) == (1, 0, 0)
    (note,) = notes_of(bob)
    assert (note.exact, note.start, note.placement) == ("one library", 36, "placed")


@pytest.mark.parametrize(
    "form",
    [
        lambda items: {"type": "AnnotationCollection", "total": 2, "first": {"type": "AnnotationPage", "items": items}},
        lambda items: {"type": ["BasicContainer", "AnnotationCollection"], "items": items},
        lambda items: {"type": "AnnotationPage", "next": "https://example.org/2", "items": items},
        lambda items: items,
        lambda items: b"\n".join(json.dumps(item).encode() for item in items) + b"\n\n",
        lambda items: b"\xef\xbb\xbf" + json.dumps(items, indent=1).encode(),
    ],
)
def test_every_form_of_a_file_is_read(ann: User, form: Any) -> None:
    items = [annotation(1), annotation(2, "began small")]
    assert counts(brought(form(items), ann)) == (2, 0, 0)
    assert [note.exact for note in notes_of(ann)] == ["one library", "began small"]
    assert counts(brought(annotation(3, "grew"), ann)) == (1, 0, 0)


# Nothing twice


def test_a_file_brought_in_again_makes_nothing_twice(ann: User, bob: User) -> None:
    items = [annotation(1), annotation(2, canonical="urn:note:2"), annotation(3, via=["https://origin.example.org/3"])]
    assert counts(brought(items, ann)) == (3, 0, 0)
    moved = [
        annotation(1),
        annotation(20, canonical="urn:note:2"),
        annotation(30, id="https://copy.example.org/3", via="https://origin.example.org/3"),
    ]
    assert counts(brought(moved, ann)) == (0, 0, 3)
    assert counts(brought(items, bob)) == (3, 0, 0)
    assert len(notes_of(ann)) == 3
    assert list(OtherName.objects.filter(annotation__author=ann).values_list("relation", "iri")) == [
        ("via", "https://tool.example.org/1"),
        ("canonical", "urn:note:2"),
        ("via", "https://tool.example.org/2"),
        ("via", "https://origin.example.org/3"),
        ("via", "https://tool.example.org/3"),
    ]


def test_a_way_that_many_came_by_names_none_of_them(ann: User) -> None:
    assert counts(brought(annotation(5, via="https://tool.example.org/"), ann)) == (1, 0, 0)
    items = [annotation(number, via="https://tool.example.org/") for number in (1, 2)]
    assert counts(brought(items, ann)) == (2, 0, 0)
    assert counts(brought(annotation(3, via="https://tool.example.org/"), ann)) == (1, 0, 0)
    other = annotation(4, via="https://tool.example.org/1", canonical="urn:one")
    OtherName.objects.create(annotation=notes_of(ann)[1], relation="canonical", iri="urn:another")
    assert counts(brought(other, ann)) == (1, 0, 0)


def test_a_note_that_was_deleted_here_comes_back_as_a_new_one(ann: User) -> None:
    note = make_note(make_case("second", narrative=STORY), ann, "one library", "Here.")
    exported = signed_in(ann).get(EXPORT).getvalue()
    signed_in(ann).post(f"/annotations/{note.uid}/delete/")
    assert counts(brought(exported, ann)) == (1, 0, 0)
    assert [known.uid == note.uid for known in notes_of(ann)] == [True, False]


def test_a_newer_annotation_changes_its_note_and_an_older_one_does_not(ann: User) -> None:
    brought([annotation(1), annotation(2, "began small")], ann)
    (note, other) = notes_of(ann)
    body = {"type": "TextualBody", "value": "Better.", "purpose": "commenting"}
    for modified in (None, "2020-01-01T00:00:00Z", "no date", "2099-13-45T00:00:00Z", NEXT_YEAR[:-1]):
        assert counts(brought(annotation(1, body=body, modified=modified), ann)) == (0, 0, 1)
    newer = annotation(1, body=body, modified=NEXT_YEAR)
    assert counts(brought([newer, annotation(2, "began small", modified=NEXT_YEAR)], ann)) == (0, 1, 1)
    note.refresh_from_db()
    assert (note.comment, note.exact, note.version) == ("Better.", "one library", 2)
    assert [wording.comment for wording in note.wordings.all()] == ["Comment 1."]
    moved = annotation(1, "began small", body=body, modified=NEXT_YEAR)
    assert counts(brought(moved, ann)) == (0, 1, 0)
    note.refresh_from_db()
    assert (note.exact, note.start) == ("began small", 3)
    with time_machine.travel("2028-01-01T00:00:00Z"):
        brought(annotation(1, body={**body, "value": "Last."}, modified="2028-01-01T00:00:00Z"), ann)
        assert counts(brought(newer, ann)) == (0, 0, 1)
    other.refresh_from_db()
    assert other.version == 1


def test_an_annotation_that_stands_twice_is_one(ann: User) -> None:
    assert counts(brought([annotation(1), annotation(1)], ann)) == (1, 0, 1)
    twice = brought([annotation(5), annotation(5, "began small")], ann)
    assert mistakes(twice) == [(2, "#/1/id", "This is a name of annotation 1 of the file, too.")]


# Threads


def reply(number: int, to: int, **fields: Any) -> dict[str, Any]:
    return annotation(number, target=f"https://tool.example.org/{to}", **fields)


def test_answers_hang_on_what_they_answer_whatever_their_order(ann: User) -> None:
    assert counts(brought([reply(3, 2), reply(2, 1), annotation(1)], ann)) == (3, 0, 0)
    notes = {note.comment: note for note in notes_of(ann)}
    assert notes["Comment 3."].parent == notes["Comment 2."]
    assert notes["Comment 3."].thread == notes["Comment 2."].parent == notes["Comment 1."]
    late = [annotation(1), annotation(4, target=[{"id": "https://tool.example.org/1"}])]
    assert counts(brought(late, ann)) == (1, 0, 1)
    assert Annotation.objects.get(comment="Comment 4.").parent == notes["Comment 1."]


def test_answers_in_a_circle_and_to_what_is_refused_are_refused(ann: User) -> None:
    result = brought([reply(1, 2), reply(2, 1), annotation(3, "not there"), reply(4, 3), reply(5, 5)], ann)
    assert [(number, place) for number, place, _ in mistakes(result)] == [
        (1, "#/0/target"),
        (2, "#/1/target"),
        (3, "#/2/target/selector"),
        (4, "#/3/target"),
        (5, "#/4/target"),
    ]
    what = "It answers annotation 3 of the file, which is refused or answers this one."
    assert mistakes(result)[3][2] == what
    assert notes_of(ann) == []


def test_one_can_answer_a_note_of_somebody_else_that_one_reads(ann: User, bob: User) -> None:
    case = make_case("second", narrative=STORY)
    public, secret = make_note(case, bob, audience="public"), make_note(case, bob, "grew", "Secret.")
    assert counts(brought(annotation(1, target=public.iri), ann, private=True)) == (1, 0, 0)
    (answer,) = notes_of(ann)
    assert (answer.parent, answer.audience) == (public, "public")
    assert mistakes(brought(annotation(2, target=secret.iri), ann)) == [
        (1, "#/target", "There is no such annotation here.")
    ]


# Who reads them


def test_the_audience_is_the_one_named_or_oneself(ann: User, bob: User) -> None:
    group, other = make_group(ann), make_group(bob)
    public = f"{settings.BASE_URL}/annotations/#public"
    items = [
        annotation(1, audience=public),
        annotation(2, audience={"id": f"{settings.BASE_URL}{group.get_absolute_url()}"}),
        annotation(3),
        reply(4, 1, audience=public),
    ]
    assert counts(brought(items, ann, dry_run=True)) == (4, 0, 0)
    assert notes_of(ann) == []
    assert counts(brought(items, ann, private=True)) == (4, 0, 0)
    assert {note.audience for note in notes_of(ann)} == {"private"}
    assert counts(brought(copy.deepcopy(items[:1]), bob)) == (1, 0, 0)
    assert [note.audience for note in notes_of(bob)] == ["public"]
    foreign = annotation(9, audience=f"{settings.BASE_URL}{other.get_absolute_url()}")
    assert [place for _, place, _ in mistakes(brought(foreign, ann))] == ["#/audience"]


def test_a_case_that_one_may_not_see_is_as_one_that_is_not_there(ann: User) -> None:
    make_case("draft", state="draft", narrative=STORY)
    said = {
        slug: mistakes(brought(annotation(1, target=f"{settings.BASE_URL}/cases/{slug}/"), ann))
        for slug in ("draft", "nowhere")
    }
    assert said["draft"] == said["nowhere"] == [(1, "#/target", "There is no such case here.")]


# Bad input


def test_every_mistake_is_named_with_its_place_and_nothing_is_stored(ann: User) -> None:
    items: list[Any] = [
        annotation(1),
        annotation(2, "library"),
        annotation(3, target=None),
        "https://example.org/only-an-address",
        annotation(5, body={"type": "TextualBody", "value": 7}),
        annotation(6, body={"type": "TextualBody", "value": "x" * 10_001}),
        annotation(7, "x" * 10_001),
        annotation(8, more="x" * 300_000),
        annotation(9, body={"source": f"{settings.BASE_URL}/taxonomy/type/nowhere/", "purpose": "classifying"}),
    ]
    result = brought({"type": "AnnotationPage", "items": items}, ann)
    assert [(number, place) for number, place, _ in mistakes(result)] == [
        (2, "#/items/1/target/selector"),
        (3, "#/items/2/target"),
        (4, "#/items/3"),
        (5, "#/items/4/body/value"),
        (6, "#/items/5/body"),
        (7, "#/items/6/target/selector"),
        (8, "#/items/7"),
        (9, "#/items/8/body"),
    ]
    assert not result.stored
    assert notes_of(ann) == []
    where = "annotation 2 (https://tool.example.org/2), #/items/1/target/selector: "
    assert str(result.mistakes[0]).startswith(f"{where}These words stand in the narrative 2 times.")
    taken = brought({"type": "AnnotationPage", "items": items}, ann, skip_refused=True)
    assert (taken.stored, taken.outcomes[NoteOutcome.CREATED], len(taken.mistakes)) == (True, 1, 8)
    assert [note.comment for note in notes_of(ann)] == ["Comment 1."]


@pytest.mark.parametrize(
    ("body", "place", "said"),
    [
        (b"", "#", "It is not JSON"),
        (b"\xff\xfe{}", "#", "It is not written in UTF-8."),
        (b"[]", "#", "It holds no annotations."),
        (b'{"type": "AnnotationPage"}', "#", "It holds no annotations."),
        (b'{"type": "AnnotationPage", "items": {}}', "#/items", "Give a list here."),
        (
            b'{"type": "AnnotationCollection", "first": "https://example.org/1"}',
            "#/first",
            "The pages are not in the file",
        ),
        (
            b'{"type": "AnnotationCollection", "total": 9, "first": {"items": [1]}}',
            "#/first",
            "The collection has 9 annotations, the file 1",
        ),
        (b'{"type": "Annotation"}\n{"type": "Annota', "line 2 #", "It is not JSON"),
        (b'{"a": "\\u0000"}', "#/a", "The character NUL cannot be stored"),
        (b"[" * 50 + b"]" * 50, "#", "It is nested too deeply"),
        (b"[1" + b",1" * 10_000 + b"]", "#", "It holds 10,001 annotations, and may hold 10,000"),
    ],
)
def test_a_file_that_will_not_do_says_why(ann: User, body: bytes, place: str, said: str) -> None:
    ((number, where, what),) = mistakes(brought(body, ann))
    assert what.startswith(said)
    assert where == place
    assert number == (2 if place.startswith("line") else 0)


def test_a_file_that_is_too_large_is_not_read(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(w3c, "MAX_NOTES_FILE_BYTES", 1024 * 1024)
    ((_, _, what),) = mistakes(brought(b" " * (1024 * 1024 + 1), ann))
    assert what == "It has more than 1 MB: split it."


LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
JSON: st.SearchStrategy[Any] = st.deferred(
    lambda: LEAVES | st.lists(JSON, max_size=3) | st.dictionaries(st.text(max_size=8), JSON, max_size=3)
)


@depth(max_examples=60)
@given(
    replaced=st.dictionaries(
        st.sampled_from(
            ["id", "type", "body", "target", "canonical", "via", "audience", "motivation", "modified", "first"]
        ),
        JSON,
        max_size=4,
    ),
    whole=JSON,
)
def test_no_file_breaks_it(replaced: dict[str, Any], whole: Any) -> None:
    by = User.objects.filter(username="ann").first() or make_user("ann")
    for document in (whole, [annotation(1) | replaced, reply(2, 1)], annotation(1) | replaced):
        result = brought(document, by, dry_run=True)
        assert result.mistakes or sum(result.outcomes.values())
    assert notes_of(by) == []


# The doors


def posted(client: Client, document: object, **fields: str) -> Any:
    """Send a file as the page does; each annotation is written by its verb, one after the other."""
    with zeal_ignore():
        response: Any = client.post(PAGE, {"file": uploaded(document), **fields})
    return response


def uploaded(document: object) -> SimpleUploadedFile:
    return SimpleUploadedFile("notes.jsonld", json.dumps(document).encode())


def test_the_page_brings_a_file_in(ann: User) -> None:
    client = signed_in(ann)
    assert 'name="private" class="' not in client.get(PAGE).content.decode()
    response = client.post(PAGE, {"file": uploaded([annotation(1)]), "private": "on"}, follow=True)
    assert response.redirect_chain == [("/annotations/mine/", 302)]
    assert "The file is brought in: 1 created, 0 changed, 0 same." in response.content.decode()
    assert [note.comment for note in notes_of(ann)] == ["Comment 1."]


def test_the_page_tries_a_file_and_stores_nothing(ann: User) -> None:
    response = posted(signed_in(ann), [annotation(1), annotation(2)], **{"try": "1"})
    assert response.status_code == 200
    assert "<p>2 created, 0 changed, 0 same.</p>" in response.content.decode()
    assert notes_of(ann) == []


def test_the_page_names_every_mistake(ann: User) -> None:
    items = [
        annotation(1),
        annotation(2, "not there", id="https://tool.example.org/<script>"),
        annotation(3, target=None),
    ]
    client = signed_in(ann)
    response = posted(client, items)
    page = response.content.decode()
    assert response.status_code == 400
    assert ("Nothing is brought in" in page, "The file has 2 mistakes." in page) == (True, True)
    assert "<code>#/1/target/selector</code>" in page
    assert "<script>" not in page.partition("<main")[2]
    taken = posted(client, items, skip_refused="on")
    assert (taken.status_code, len(notes_of(ann))) == (200, 1)


def test_the_page_takes_fewer_at_a_time_than_the_command(ann: User) -> None:
    response = signed_in(ann).post(PAGE, {"file": uploaded([1] * 2_001)})
    assert response.status_code == 400
    assert "It holds 2,001 annotations, and may hold 2,000: split it." in response.content.decode()


def test_the_page_is_for_those_who_are_signed_in(client: Client) -> None:
    response = client.post(PAGE, {"file": uploaded([annotation(1)])})
    assert response["Location"] == f"/accounts/login/?next={PAGE}"
    assert Annotation.objects.count() == 0


def test_the_page_takes_nothing_without_its_own_form(ann: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ann)
    assert client.post(PAGE, {"file": uploaded([annotation(1)])}).status_code == 403
    assert notes_of(ann) == []


def test_the_page_refuses_what_is_too_large_before_it_is_read(ann: User) -> None:
    client = signed_in(ann)
    response = client.post(PAGE, b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH=str(30 * 1024**2))
    assert response.status_code == 413
    assert "This file is larger than 20 MB." in response.content.decode()
    assert client.post(PAGE, {}).status_code == 400
    assert client.post(PAGE, {"file": SimpleUploadedFile("empty.json", b"")}).status_code == 400


def command(file: Path, *options: str) -> str:
    out = io.StringIO()
    call_command("import_annotations", file, "--as", "ann", *options, stdout=out, stderr=out)
    return out.getvalue()


def test_the_command_brings_a_file_in(ann: User, tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_text("\n".join(json.dumps(annotation(number)) for number in (1, 2)), "utf-8")
    assert command(file, "--dry-run") == "2 created, 0 changed, 0 same\nNothing was imported: this was a dry run.\n"
    assert notes_of(ann) == []
    assert command(file) == "2 created, 0 changed, 0 same\n"
    assert command(file, "--private") == "0 created, 0 changed, 2 same\n"
    assert len(notes_of(ann)) == 2


def test_the_command_names_every_mistake(ann: User, tmp_path: Path) -> None:
    file = tmp_path / "notes.json"
    file.write_text(json.dumps([annotation(1), annotation(2, "not there"), annotation(3, target=7)]), "utf-8")
    with pytest.raises(CommandError) as refused:
        command(file)
    lines = str(refused.value).splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "annotation 2 (https",
        "annotation 3 (https",
        "Nothing was imported. 2 to correct in " + str(file) + ".",
    ]
    assert notes_of(ann) == []
    assert command(file, "--skip-refused").endswith("1 created, 0 changed, 0 same\n")
    for wrong in (["--as", "nobody"], ["--as", "ann"]):
        with pytest.raises(CommandError):
            call_command("import_annotations", tmp_path / "none", *wrong)
