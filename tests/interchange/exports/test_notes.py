"""Notes as files: those of the question that the reader may read, each cell as documented, none that runs."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import time_machine
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.actions import create_token
from accounts.models import User
from annotations import actions
from annotations.models import Annotation
from annotations.query.flat import fetch_flat
from annotations.query.whole import fetch_whole
from annotations.w3c import note_document
from annotations.w3c.checking import as_list
from cases.actions import withdraw_case
from cases.derived.csv_columns import FORMULA_STARTS
from cases.markdown import narrative_text
from cases.models import Case
from interchange.exports import qda, sheet, table, texts
from interchange.views import notes
from plaintext.visibility import is_unseen_text, name_problem
from taxonomy.codebook import Codebook
from tests.annotations.notes import STORY, make_group, make_note, make_reply, rewrite, said
from tests.factories import make_case, make_curator, make_user

JSONLD, CSV, XLSX, QDPX = (f"/export/annotations.{ending}" for ending in ("jsonld", "csv", "xlsx", "qdpx"))
DOORS = [JSONLD, CSV, XLSX, QDPX]
DOCS = Path(__file__).parents[3] / "docs" / "annotations-exports.md"

pytestmark = pytest.mark.django_db


def body(client: Client, path: str, **query: Any) -> bytes:
    response = client.get(path, query)
    assert response.status_code == 200, response.getvalue()
    return bytes(response.getvalue())


def rows(client: Client, **query: Any) -> list[dict[str, str]]:
    """Return the rows of the CSV, each by its columns."""
    return list(csv.DictReader(io.StringIO(body(client, CSV, **query).decode(), newline="")))


def cells(client: Client, **query: Any) -> list[dict[str, Any]]:
    """Return the rows of the spreadsheet, each by its columns."""
    book = load_workbook(io.BytesIO(body(client, XLSX, **query)))
    head, *others = book["Annotations"].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in others]


def items(client: Client, **query: Any) -> list[dict[str, Any]]:
    """Return the annotations of the collection."""
    found: list[dict[str, Any]] = json.loads(body(client, JSONLD, **query)).get("first", {}).get("items", [])
    return found


@pytest.fixture
def ann() -> User:
    return make_user("ann", name="Ann Reader", orcid="0000-0002-1825-0097")


@pytest.fixture
def bob() -> User:
    return make_user("bob")


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# What is in it


def test_a_row_holds_the_note(ann: User, settings: Settings) -> None:
    settings.BASE_URL = "https://catalogue.example.org"
    case = make_case("libraries", narrative=STORY)
    group = make_group(ann)
    codes = ["type:peer-support", "sector:health"]
    with time_machine.travel("2026-11-23T12:00:00.5Z", tick=False):
        note = make_note(case, ann, "one library", "See **this**.", group=group, tags=["to check", "a;b"], codes=codes)
    assert rows(signed_in(ann)) == [
        {
            "uid": note.uid,
            "url": f"https://catalogue.example.org/annotations/{note.uid}/",
            "case": "libraries",
            "case_title": "Libraries",
            "author": "Ann Reader",
            "author_orcid": "0000-0002-1825-0097",
            "audience": "group",
            "group": "Readers of libraries",
            "kind": "passage",
            "in_reply_to": "",
            "thread": f"https://catalogue.example.org/annotations/{note.uid}/",
            "placement": "placed",
            "start": "21",
            "end": "32",
            "words": "one library",
            "words_now": "",
            "prefix": "It began small 👍🏽 in ",
            "suffix": ".\nThen it grew: every library ha",
            "comment": "See **this**.",
            "tags": "a\\;b;to check",
            "codes": "type:peer-support;sector:health",
            "code_labels": "Peer support | Health",
            "resolved": "false",
            "created": "2026-11-23T12:00:00+00:00",
            "edited": "",
            "revision": "1",
        }
    ]


def test_each_kind_of_note_and_what_became_of_its_words(ann: User, bob: User) -> None:
    case = make_case(narrative=STORY)
    note = make_note(case, ann, "every library has one now", "Really?", audience="public")
    reply = make_reply(note, bob)
    make_note(case, ann, "began small")
    make_note(case, ann, "", "On the case.")
    elsewhere = said("On a page.")._replace(elsewhere={"target": "https://example.org/page"})
    actions.create_note(case=None, passage=None, content=elsewhere, by=ann)
    actions.resolve_thread(note=note, by=ann)
    rewrite(
        case, STORY.replace("every library has *one* now", "each library has *one* now").replace("It began small", "")
    )
    found = rows(signed_in(ann), sort="created")
    assert [(row["kind"], row["placement"], row["words"], row["words_now"]) for row in found] == [
        ("passage", "changed", "every library has one now", "each library has one now"),
        ("reply", "", "", ""),
        ("passage", "orphaned", "began small", ""),
        ("case", "", "", ""),
        ("elsewhere", "", "", ""),
    ]
    assert [(row["in_reply_to"], row["thread"], row["resolved"]) for row in found[:3]] == [
        ("", note.iri, "true"),
        (note.iri, note.iri, "true"),
        ("", found[2]["url"], "false"),
    ]
    assert found[1]["uid"] == reply.uid
    assert (found[4]["case"], found[4]["revision"], found[4]["start"]) == ("", "", "")


def test_a_name_that_may_be_an_e_mail_address_is_not_told(bob: User) -> None:
    ann = make_user("ann@example.org")
    note = make_note(make_case(), ann, audience="public")
    assert (rows(Client())[0]["author"], cells(Client())[0]["author"]) == ("", None)
    User.objects.filter(pk=ann.pk).delete()
    assert [(row["uid"], row["author"]) for row in rows(Client())] == [(note.uid, "")]


def test_the_spreadsheet_has_dates_numbers_truth_values_and_says_what_it_is(ann: User) -> None:
    with time_machine.travel("2026-11-23T12:00:00Z", tick=False):
        note = make_note(make_case(), ann, "grew", "Note.")
    client = signed_in(ann)
    row = cells(client)[0]
    assert (row["created"], row["start"], row["resolved"]) == (datetime(2026, 11, 23, 12), 24, False)  # noqa: DTZ001 - a cell knows no zone
    assert list(row) == [*(column.name for column in table.NOTE_COLUMNS), "cut"]
    about = load_workbook(io.BytesIO(body(client, XLSX, tag=[])))["About"]
    told = {str(name): value for name, value in about.iter_rows(values_only=True) if name}
    assert told["asked for"] == "all annotations that you may read"
    assert told["start"] == "where its words begin in the narrative, in Unicode code points from 0"
    assert row["uid"] == note.uid


@time_machine.travel("2026-11-23T12:00:00Z", tick=False)
@pytest.mark.parametrize(
    ("path", "content_type"),
    [
        (JSONLD, 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'),
        (CSV, "text/csv; charset=utf-8; header=present"),
        (XLSX, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (QDPX, "application/zip"),
    ],
)
def test_it_is_a_dated_file(client: Client, path: str, content_type: str) -> None:
    response = client.get(path)
    assert response["Content-Disposition"] == f'attachment; filename="codelivery-annotations-2026-11-23{path[19:]}"'
    assert response["Content-Type"] == content_type
    assert client.get(path, headers={"Accept": content_type.partition(";")[0]}).status_code == 200
    head = client.head(path)
    assert (head.status_code, head["Content-Type"]) == (200, content_type)


def test_the_collection_holds_each_note_as_its_own_address_does(ann: User) -> None:
    case = make_case(narrative=STORY)
    made = [make_note(case, ann, "began small", "Why?", tags=["x"]), make_note(case, ann, "grew")]
    client = signed_in(ann)
    collection = json.loads(body(client, JSONLD, sort="created", author="ann"))
    assert (collection["type"], collection["total"]) == ("AnnotationCollection", 2)
    assert collection["label"] == "Annotations in the Co-delivery Case Catalogue (author: Ann Reader)"
    assert collection["id"].endswith("/export/annotations.jsonld?sort=created&author=ann")
    whole = Annotation.objects.with_related()
    documents = [note_document(whole.get(pk=note.pk), ann) for note in made]
    assert collection["first"]["items"] == [{k: v for k, v in each.items() if k != "@context"} for each in documents]
    assert json.loads(body(client, JSONLD, tag="x", q="{} why"))["total"] == 1
    assert json.loads(body(client, JSONLD, q="nothing {}")) == {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "id": f"{collection['id'].partition('?')[0]}?q=nothing+%7B%7D",
        "type": "AnnotationCollection",
        "label": "Annotations in the Co-delivery Case Catalogue (search: “nothing {}”)",
        "total": 0,
    }


# The one question


def test_every_file_has_the_notes_of_the_question_in_its_order(ann: User, bob: User) -> None:
    case, other = make_case("one", narrative=STORY), make_case("two")
    make_note(case, ann, "began small", "First.", audience="public", tags=["x"])
    make_note(other, bob, "began small", "Second.", audience="public", tags=["x"])
    make_note(case, ann, "", "Third.", audience="public", tags=["x"])
    make_note(case, ann, "", "Fourth.", audience="public")
    query = {"tag": "x", "author": "ann", "sort": "created"}
    assert [row["comment"] for row in rows(Client(), **query)] == ["First.", "Third."]
    assert [row["comment"] for row in cells(Client(), **query)] == ["First.", "Third."]
    assert [as_list(item["body"])[0]["value"] for item in items(Client(), **query)] == ["First.", "Third."]
    listed = Client().get("/annotations/", query, headers={"Accept": "text/html"}).content.decode()
    assert re.search(r'data-total="(\d+)"', listed)[1] == "2"  # type: ignore[index]  # it is there


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    ("query", "parameter", "said"),
    [
        ({"tagg": "x"}, "tagg", "There is no such parameter. Did you mean tag?"),
        ({"audience": "secret"}, "audience", "“secret” is not a value of it."),
        ({"page": "1"}, "page", "This answer has no pages: leave it out."),
        ({"format": "pdf"}, "format", "Only"),
        ({"case": "nowhere"}, "case", "There is no case “nowhere”."),
    ],
)
def test_a_wrong_question_has_no_rows(
    client: Client, path: str, query: dict[str, str], parameter: str, said: str
) -> None:
    make_note(make_case(), make_user(), audience="public")
    response = client.get(path, query)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    (error,) = response.json()["errors"]
    assert error["parameter"] == parameter
    assert error["detail"].startswith(said)


def test_the_format_of_the_file_itself_may_be_named(client: Client) -> None:
    assert [client.get(path, {"format": path[20:]}).status_code for path in DOORS] == [200] * 4


# Who reads what


@pytest.fixture
def secrets(ann: User, bob: User) -> dict[str, Annotation]:
    """One note of ann's for herself, one for a group of bob's, one public, one public that was hidden."""
    case = make_case(narrative=STORY)
    group = make_group(ann, bob)
    made = {
        "mine": make_note(case, ann, "began small", "Secret mine.", tags=["mine"]),
        "ours": make_note(case, ann, "grew", "Secret ours.", group=group, tags=["ours"]),
        "all": make_note(case, ann, "in one library", "For all.", audience="public"),
        "hidden": make_note(case, ann, "every library", "Secret hidden.", audience="public", tags=["hushed"]),
    }
    Annotation.objects.filter(pk=made["hidden"].pk).update(hidden_at=made["hidden"].created_at)
    return made


def test_each_reader_gets_what_they_may_read(secrets: dict[str, Annotation], ann: User, bob: User) -> None:
    readers = {"nobody": Client(), "bob": signed_in(bob), "eve": signed_in(make_user("eve")), "ann": signed_in(ann)}
    for read in (rows, cells):
        got = {name: {row["uid"] for row in read(client)} for name, client in readers.items()}
        assert got == {
            "nobody": {secrets["all"].uid},
            "bob": {secrets["all"].uid, secrets["ours"].uid},
            "eve": {secrets["all"].uid},
            "ann": {note.uid for note in secrets.values()},
        }
    assert {item["id"] for item in items(readers["bob"])} == {secrets["all"].iri, secrets["ours"].iri}


@pytest.mark.parametrize("path", DOORS)
def test_nothing_of_what_others_keep_to_themselves_is_in_a_file(
    secrets: dict[str, Annotation], path: str, client: Client
) -> None:
    texts = unpacked(body(client, path))
    assert "For all." in texts
    for note in (secrets["mine"], secrets["ours"], secrets["hidden"]):
        assert note.uid not in texts
    assert re.findall("Secret|Readers of libraries|mine|ours|hushed", texts) == []


def unpacked(content: bytes) -> str:
    """Return all that a file says, of a zip file every part."""
    if not content.startswith(b"PK"):
        return content.decode()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def test_a_token_reads_what_its_owner_may(secrets: dict[str, Annotation], bob: User, client: Client) -> None:
    response = client.get(CSV, headers={"Authorization": f"Token {create_token(by=bob)}"})
    assert response.getvalue().decode().count("Secret ours.") == 1
    assert "private" in response["Cache-Control"]
    assert client.get(CSV, headers={"Authorization": "Token nonsense"}).status_code == 401


@pytest.mark.parametrize("path", DOORS)
def test_no_cache_keeps_it(secrets: dict[str, Annotation], path: str, ann: User, client: Client) -> None:
    own, public = signed_in(ann).get(path), client.get(path)
    assert set(own["Cache-Control"].split(", ")) == {"no-cache", "private"}
    assert public["Cache-Control"] == "no-cache"
    assert {"Authorization", "Cookie"} <= set(own["Vary"].split(", "))
    assert own["ETag"] != public["ETag"]
    again = client.get(path, headers={"If-None-Match": public["ETag"]})
    assert (again.status_code, again.getvalue()) == (304, b"")
    make_note(make_case("another", narrative=STORY), ann, comment="New.", audience="public")
    assert client.get(path, headers={"If-None-Match": public["ETag"]}).status_code == 200


def test_the_text_of_a_withdrawn_case_is_told_to_nobody(ann: User) -> None:
    case = make_case(narrative=STORY)
    make_note(case, ann, "every library has one now", "Mine.")
    rewrite(case, STORY.replace("every library has *one* now", "each library has *one* now"))
    client = signed_in(ann)
    assert rows(client)[0]["words_now"] == "each library has one now"
    case.refresh_from_db()
    withdraw_case(case=case, by=make_curator(), reason="It was counted twice.")
    (row,) = rows(client)
    assert (row["comment"], row["words"], row["words_now"]) == ("Mine.", "every library has one now", "")
    assert "each library" not in unpacked(body(client, XLSX)) + unpacked(body(client, QDPX))


# Bad words


def test_no_cell_runs_in_a_spreadsheet(ann: User) -> None:
    make_note(make_case(), ann, "grew", "=HYPERLINK(1)", tags=["@SUM(A1)"])
    client = signed_in(ann)
    assert [(row["comment"], row["tags"]) for row in rows(client)] == [("'=HYPERLINK(1)", "'@SUM(A1)")]
    book = load_workbook(io.BytesIO(body(client, XLSX)))
    (cell,) = [cell for row in book["Annotations"].iter_rows() for cell in row if cell.value == "=HYPERLINK(1)"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_a_text_longer_than_a_cell_is_cut_and_that_is_said(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    note = make_note(make_case(), ann, "grew", "x" * 10_000)
    assert cells(signed_in(ann))[0]["cut"] is None
    monkeypatch.setattr(sheet, "MAX_CELL_UNITS", 9_999)
    row_ = cells(signed_in(ann))[0]
    assert (row_["comment"], row_["cut"]) == ("x" * 9_999, "comment")
    assert rows(signed_in(ann))[0]["comment"] == note.comment


def decoded(text: str) -> str:
    """Return what a spreadsheet shows for a text."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)


@settings(max_examples=50)
@given(
    comment=STORABLE.filter(lambda words: not is_unseen_text(words)),
    tag=STORABLE.filter(lambda words: words.strip() and not name_problem(words)),
)
def test_any_text_goes_into_every_file_and_comes_out(comment: str, tag: str) -> None:
    case = Case.objects.filter(slug="a-case").first() or make_case()
    ann = User.objects.filter(username="ann").first() or make_user("ann")
    note = make_note(case, ann, "grew", comment, tags=[tag])
    row = table.NoteTableRow(fetch_flat([note.pk], Codebook.load())[0], "")
    [whole] = fetch_whole([note.pk], Codebook.load())

    out = io.BytesIO()
    sheet.write_notes_workbook([row], {}, out)
    head, written = load_workbook(out)["Annotations"].iter_rows(values_only=True)
    found = dict(zip(head, written, strict=True))
    assert (decoded(str(found["comment"] or "")), decoded(str(found["tags"]))) == (comment, table.join_tags([tag]))

    lines = csv.reader(io.StringIO(table.notes_csv_header() + "".join(table.notes_csv_lines([row])), newline=""))
    told = dict(zip(*lines, strict=True))
    assert told["comment"] in {comment.replace("\x1f", " "), "'" + comment.replace("\x1f", " ")}
    assert not told["comment"].startswith(FORMULA_STARTS)

    item = json.loads(json.dumps(note_document(whole, ann)))
    assert [body["value"] for body in as_list(item["body"]) if body["purpose"] == "commenting"] == [comment] * bool(
        comment
    )

    out = io.BytesIO()
    named = qda.named_in(Annotation.objects.filter(pk=note.pk))
    with qda.Project(out, Codebook.load(), named, "", note.created_at) as project:
        project.add_case([qda.NoteWithText(whole, narrative_text(case.narrative))])
    with zipfile.ZipFile(out) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    selection = next(ET.fromstring(files["project.qde"]).iter("{urn:QDA-XML:project:1.0}PlainTextSelection"))  # noqa: S314 - our own
    source = next(text.decode() for name, text in files.items() if name.startswith("sources/"))
    assert source[int(selection.attrib["startPosition"]) : int(selection.attrib["endPosition"])] == "grew"
    note.delete()


# However many there are


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize("number", [1, 3])
def test_a_file_takes_as_many_queries_for_three_notes_as_for_one(
    ann: User, path: str, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for each in range(number):
        case = make_case(f"case-{each}")
        note = make_note(case, ann, "grew", audience="public", tags=["x"], codes=["type:peer-support"])
        make_reply(note, ann)
    expected = {JSONLD: 14, CSV: 7, XLSX: 7, QDPX: 21}[path]
    with django_assert_num_queries(expected + 3):  # what the ETag is made of
        body(Client(), path)


def test_a_long_file_comes_in_pieces(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    case = make_case()
    for each in range(7):
        make_note(case, ann, "", f"Note {each}.", audience="public")
    whole = {path: body(Client(), path) for path in (CSV, JSONLD)}
    monkeypatch.setattr(notes.NotesExport, "chunk", 2)
    assert {path: body(Client(), path) for path in (CSV, JSONLD)} == whole
    assert Client().get(CSV).streaming


@pytest.mark.parametrize("path", DOORS)
def test_head_makes_no_file(ann: User, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make_note(make_case(), ann, "grew", audience="public")
    monkeypatch.setattr(notes.NotesExport, "keys", None)  # without which no file can be made
    head = Client().head(path)
    assert (head.status_code, head.getvalue()) == (200, b"")
    assert {"ETag", "Content-Disposition"} <= head.headers.keys()


def test_texts_are_rendered_once_however_the_notes_are_ordered(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make_case(f"case-{each}", narrative=f"{STORY} {each}") for each in range(3)]
    for exact in ("grew", "began small", "one library"):
        for case in made:
            make_note(case, ann, exact, audience="public")
    monkeypatch.setattr(notes.NotesExport, "chunk", 2)
    rendered: list[str] = []

    def noted(narrative: str) -> str:
        rendered.append(narrative)
        return narrative_text(narrative)

    monkeypatch.setattr(texts, "narrative_text", noted)
    for path in (JSONLD, QDPX):
        body(Client(), path)
        assert len(rendered) == len(set(rendered)) == 3
        rendered.clear()
    body(Client(), CSV)
    assert rendered == []


def test_the_documentation_names_every_column_in_order() -> None:
    documented = re.findall(r"^\| `(\w+)` \| (.+?) \|$", DOCS.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert documented == [*((column.name, column.meaning) for column in table.NOTE_COLUMNS), sheet.CUT_COLUMN]
