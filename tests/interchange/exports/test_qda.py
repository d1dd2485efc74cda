"""Notes and the codebook for QDA software: valid, whole, and every selection on the very words of its note."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from django.test import Client

from accounts.models import User
from annotations import actions
from annotations.anchoring.selectors import Quotation, TextSpan
from annotations.models import Tag
from annotations.records import QuotedPassage
from cases.models import Case
from interchange.exports.refi import UniqueNames, guid
from taxonomy.models import Term
from tests.annotations.notes import STORY, make_group, make_note, make_reply, rewrite, said, unpublish
from tests.factories import make_case, make_terms, make_user

QDPX, QDC = "/export/annotations.qdpx", "/export/codebook.qdc"
SCHEMA = xmlschema.XMLSchema(Path(__file__).parent / "refi-subset.xsd")
Q = {"q": "urn:QDA-XML:project:1.0"}
HARD = (
    "# Plan 👍🏽\n\nA flag 🇳🇴 and é written twice: é.\n\nשלום עולם\n\n"  # noqa: RUF001 - Hebrew, meant
    "| a | b |\n|---|---|\n| one cell | another |\n\n"
    "- first\n- second\n\n```\ncode here\n```\n"
)
"""A narrative with emoji, combining marks, text from right to left, a table, a list and code."""

pytestmark = [pytest.mark.django_db, pytest.mark.once]


class Project(NamedTuple):
    """An exported project: its XML, and its texts by file name."""

    root: ET.Element
    texts: dict[str, str]

    def find(self, path: str) -> list[ET.Element]:
        return self.root.findall(path, Q)

    def text(self, element: ET.Element) -> str:
        """Return the text of a source or a note."""
        return self.texts[element.attrib["plainTextPath"].removeprefix("internal://")]

    def codes(self, element: ET.Element) -> list[str]:
        """Return the names of the codes on an element itself."""
        names = {code.attrib["guid"]: code.attrib["name"] for code in self.root.iter(f"{{{Q['q']}}}Code")}
        return [names[ref.attrib["targetGUID"]] for ref in element.findall("q:Coding/q:CodeRef", Q)]

    def notes(self, element: ET.Element) -> list[str]:
        """Return the texts of the notes that an element refers to."""
        notes = {note.attrib["guid"]: self.text(note) for note in self.find("q:Notes/q:Note")}
        return [notes[ref.attrib["targetGUID"]] for ref in element.findall("q:NoteRef", Q)]


def exported(user: User | None = None, **query: str) -> Project:
    """Return the project of a reader's notes; it is valid, and holds together."""
    client = Client()
    if user:
        client.force_login(user)
    with zipfile.ZipFile(io.BytesIO(client.get(QDPX, query).getvalue())) as archive:
        assert archive.testzip() is None
        files = {name: archive.read(name).decode() for name in archive.namelist()}
    xml = files.pop("project.qde")
    texts = {name.removeprefix("sources/"): text for name, text in files.items()}
    SCHEMA.validate(xml)
    project = Project(ET.fromstring(xml), texts)  # noqa: S314 - our own
    assert_whole(project)
    return project


def assert_whole(project: Project) -> None:
    """Every GUID once, every reference to what is there, every text named once, every selection on its words."""
    elements = list(project.root.iter())
    guids = [element.attrib["guid"] for element in elements if "guid" in element.attrib]
    assert len(guids) == len(set(guids))
    targets = {
        element.attrib[name]
        for element in elements
        for name in ("targetGUID", "creatingUser")
        if name in element.attrib
    }
    assert targets <= set(guids)
    named = [element.attrib["plainTextPath"] for element in elements if "plainTextPath" in element.attrib]
    assert sorted(named) == sorted(f"internal://{name}" for name in project.texts)
    for source in project.find("q:Sources/q:TextSource"):
        for selection in source.findall("q:PlainTextSelection", Q):
            start, end = int(selection.attrib["startPosition"]), int(selection.attrib["endPosition"])
            words = " ".join(project.text(source)[start:end].split())
            assert words
            assert selection.attrib["name"] in {words, f"{words[:99]}…"}


@pytest.fixture
def ann() -> User:
    return make_user("ann", name="Ann Reader")


def test_a_note_on_words_is_a_selection_with_its_comment_codes_and_tags(ann: User) -> None:
    case = make_case("libraries", narrative=STORY)
    note = make_note(
        case, ann, "one library", "See **this**.", tags=["to check"], codes=["type:peer-support", "sector:health"]
    )
    project = exported(ann)
    (source,) = project.find("q:Sources/q:TextSource")
    (selection,) = source.findall("q:PlainTextSelection", Q)
    assert project.text(source) == "It began small 👍🏽 in one library.\nThen it grew: every library has one now.\n"
    assert (source.attrib["name"], selection.attrib["name"]) == ("Libraries", "one library")
    assert (selection.attrib["startPosition"], selection.attrib["endPosition"]) == ("21", "32")
    assert selection.findtext("q:Description", namespaces=Q) == "See **this**."
    assert project.codes(selection) == ["Peer support", "Health", "to check"]
    assert [user.attrib["name"] for user in project.find("q:Users/q:User")] == ["Ann Reader"]
    assert selection.attrib["guid"] == guid(note.iri)
    assert project.texts.keys() == {f"{source.attrib['guid']}.txt"}


def test_every_selection_stands_on_the_words_of_its_note_whatever_the_text(ann: User) -> None:
    case = make_case(narrative=HARD)
    words = ["Plan 👍🏽", "🇳🇴 and", "é written", "עולם", "one cell", "another", "second", "code here"]
    for exact in words:
        make_note(case, ann, exact, tags=[f"on {exact.strip()}"])
    project = exported(ann)
    (source,) = project.find("q:Sources/q:TextSource")
    text = project.text(source)
    found = {
        text[int(each.attrib["startPosition"]) : int(each.attrib["endPosition"])]: project.codes(each)
        for each in source.findall("q:PlainTextSelection", Q)
    }
    assert found == {exact: [f"on {exact.strip()}"] for exact in words}


def test_notes_follow_the_text_as_it_is_now(ann: User) -> None:
    case = make_case(narrative=STORY)
    make_note(case, ann, "every library has one now", "Kept.")
    make_note(case, ann, "began small", "Lost.", codes=["type:peer-support"])
    rewrite(case, "Before it all.\n\n" + STORY.replace("It began small 👍🏽 in one library.\n\n", ""))
    project = exported(ann)
    (source,) = project.find("q:Sources/q:TextSource")
    (selection,) = source.findall("q:PlainTextSelection", Q)
    start, end = int(selection.attrib["startPosition"]), int(selection.attrib["endPosition"])
    assert project.text(source)[start:end] == "every library has one now"
    (lost,) = project.find("q:Notes/q:Note")
    assert project.notes(source) == ["“began small”\n\nLost."]
    assert project.codes(lost) == ["Peer support"]


def test_notes_that_stand_on_no_words_come_along(ann: User) -> None:
    case = make_case("libraries", narrative=STORY)
    bob = make_user("bob")
    root = make_note(case, ann, "one library", audience="public")
    make_reply(make_reply(root, bob, "Why?"), ann, "Because.")
    make_reply(make_note(case, ann, "", "On the case.", codes=["sector:health"], audience="public"), bob, "Is it?")
    there = said("Elsewhere.", tags=["away"])._replace(elsewhere={"target": {"source": "https://example.org/page"}})
    actions.create_note(case=None, passage=None, content=there, by=ann)
    project = exported(ann, sort="created")
    (source,) = project.find("q:Sources/q:TextSource")
    (selection,) = source.findall("q:PlainTextSelection", Q)
    assert project.notes(selection) == ["Why?", "Because."]
    assert (project.codes(source), project.notes(source)) == (["Health"], ["On the case.", "Is it?"])
    assert project.notes(project.root) == ["https://example.org/page\n\nElsewhere."]
    assert [project.codes(note) for note in project.find("q:Notes/q:Note") if project.codes(note)] == [["away"]]
    assert exported(ann, author="bob").notes(exported(ann, author="bob").find("q:Sources/q:TextSource")[0]) == [
        "Is it?",
        "Why?",
    ]


def test_overlapping_notes_of_several_cases_and_authors_stay_apart(ann: User) -> None:
    bob = make_user("bob@example.org")
    for slug in ("one", "two"):
        case = make_case(slug, title="The same title", narrative=STORY)
        make_note(case, ann, "small 👍🏽 in one", audience="public", codes=["type:peer-support"], tags=["Trust"])
        make_note(case, bob, "in one library", audience="public", codes=["type:peer-support"], tags=["trust"])
    project = exported(sort="created")
    assert len({source.attrib["name"] for source in project.find("q:Sources/q:TextSource")}) == 2
    codes = [project.codes(each) for each in project.find("q:Sources/q:TextSource/q:PlainTextSelection")]
    assert codes == [["Peer support", "Trust"]] * 4
    names = [user.attrib["name"] for user in project.find("q:Users/q:User")]
    assert names[0] == "Ann Reader"
    assert re.fullmatch("reader [0-9A-F]{8}", names[1])


def test_a_project_never_holds_what_its_reader_may_not_read(ann: User) -> None:
    bob, case = make_user("bob"), make_case("libraries", narrative=STORY)
    draft = make_case("in-the-making", narrative="A secret narrative, unwritten.")
    make_note(case, ann, "one library", "Public.", audience="public", tags=["open"])
    make_note(case, ann, "began small", "Secret mine.", tags=["secret tag"])
    make_note(case, ann, "grew", "Secret ours.", group=make_group(ann))
    make_note(draft, ann, "secret narrative", "Secret draft.", audience="public")
    unpublish(draft)
    for reader in (bob, None):
        project = exported(reader)
        everything = ET.tostring(project.root, encoding="unicode") + "".join(project.texts.values())
        assert "Public." in everything
        assert re.findall("(?i)secret|Readers of libraries", everything) == []
        assert [tag.attrib["name"] for tag in project.find("q:CodeBook/q:Codes/q:Code[@name='Tags']/q:Code")] == [
            "open"
        ]


def test_characters_that_xml_cannot_hold_become_a_sign_for_that(ann: User) -> None:
    make_note(make_case(), ann, "grew", "a\x0bb\x00c\ufffed\r\ne <&>".replace("\x00", ""), tags=["bell"])
    Tag.objects.update(label="\x08bell")  # as one of before may stand
    project = exported(ann)
    (selection,) = project.find("q:Sources/q:TextSource/q:PlainTextSelection")
    assert selection.findtext("q:Description", namespaces=Q) == "a\ufffdbc\ufffdd\ne <&>"
    assert project.codes(selection) == ["\ufffdbell"]


def test_a_project_without_notes_is_one_too() -> None:
    assert [element.tag.partition("}")[2] for element in exported().root] == ["Description"]
    make_terms()
    assert [element.tag.partition("}")[2] for element in exported().root] == ["CodeBook", "Description"]


def test_offsets_past_the_text_are_never_selected(ann: User) -> None:
    note = make_note(make_case(narrative=STORY), ann, "one library", "Here.")
    Case.objects.update(narrative="Short.")  # past every verb
    project = exported(ann)
    assert project.find("q:Sources/q:TextSource/q:PlainTextSelection") == []
    assert project.notes(project.find("q:Sources/q:TextSource")[0]) == ["“one library”\n\nHere."]
    assert note.end == 32


def test_highlights_alone_are_selections_without_codes(ann: User) -> None:
    case = make_case(narrative=STORY)
    actions.create_note(
        case=case, passage=QuotedPassage(Quotation("library"), TextSpan(25, 32)), content=said(), by=ann
    )
    (selection,) = exported(ann).find("q:Sources/q:TextSource/q:PlainTextSelection")
    assert (selection.attrib["name"], list(selection)) == ("library", [])


# The codebook


def codebook(client: Client) -> ET.Element:
    response = client.get(QDC)
    assert (response.status_code, response["Content-Type"]) == (200, "application/xml")
    xml = response.content.decode()
    SCHEMA.validate(
        f'<Project xmlns="{Q["q"]}" name="" origin="" creationDateTime="2026-11-23T12:00:00Z">{bare(xml)}'
        "<Description/></Project>"
    )
    return ET.fromstring(xml)  # noqa: S314 - our own


def bare(xml: str) -> str:
    """Return a codebook as it stands in a project."""
    return re.sub("<CodeBook [^>]*>", "<CodeBook>", xml.partition("?>")[2])


def test_the_codebook_has_every_term_once_below_its_broader_one(client: Client) -> None:
    make_terms()
    root = codebook(client)
    space = "{urn:QDA-XML:codebook:1.0}"
    assert (root.tag, root.attrib["origin"]) == (f"{space}CodeBook", "Co-delivery Case Catalogue")
    folders = list(root[0])
    assert [folder.attrib["isCodable"] for folder in folders] == ["false"] * len(folders)
    codes = [code for code in root.iter(f"{space}Code") if code.attrib["isCodable"] == "true"]
    assert len(codes) == Term.objects.count()
    names = [code.attrib["name"].casefold() for code in root.iter(f"{space}Code")]
    assert len(names) == len(set(names))
    (action,) = [code for code in codes if code.attrib["name"] == "Joint action"]
    assert [code.attrib["name"] for code in action.findall(f"{space}Code")] == [
        "Joint action services",
        "Joint action outcomes",
    ]
    assert action.findtext(f"{space}Description") == "What joint-action is."
    assert client.get(QDC).content == client.get(QDC).content
    assert client.get(QDC, {"q": "x"}).status_code == 400


def test_without_a_codebook_there_is_no_file(client: Client) -> None:
    assert client.get(QDC).status_code == 404


def test_names_are_told_apart() -> None:
    names = UniqueNames(["Health", "health", "Sport", "Health (sector)"])
    given = [
        names.give(*name)
        for name in (("Health", "sector"), ("health", "tag"), ("Sport", "tag"), ("Health (sector)", "tag"))
    ]
    assert given == ["Health (sector)", "health (tag)", "Sport", "Health (sector) (tag 2)"]


def test_notes_of_one_author_on_the_same_words_are_one_selection_with_each_code_once() -> None:
    make_terms()
    ann, ben = make_user("ann"), make_user("ben")
    case = make_case("sharon", narrative=STORY)
    for user, comment, tags in [
        (ann, "First.", ["a"]),
        (ann, "", ["b", "a"]),
        (ann, "Third.", []),
        (ben, "Mine.", ["a"]),
    ]:
        make_note(case, user, comment=comment, audience="public", tags=tags)
    project = exported(ann)
    selections = project.find("q:Sources/q:TextSource/q:PlainTextSelection")
    described = {selection.findtext("q:Description", "", Q): project.codes(selection) for selection in selections}
    assert described == {"Third.\n\nFirst.": ["a", "b"], "Mine.": ["a"]}


def test_a_program_that_knows_users_by_name_meets_no_two_selections_of_one_name_on_the_same_words() -> None:
    """QualCoder keeps one uncoded selection for a text, a range and a name, and calls nobody `default`."""
    case = make_case("sharon", narrative=STORY)
    for name in ("Kim", "Kim", "kim", "default", "Default", ""):
        reader = make_user(f"reader-{User.objects.count()}")
        User.objects.filter(pk=reader.pk).update(name=name)  # as accounts of before may be called
        reader.refresh_from_db()
        make_note(case, reader, comment="Seen.", audience="public")
    gone = make_user("gone")
    for _ in range(2):
        make_note(case, gone, comment="Mine.", audience="public")
    gone.delete()
    project = exported()
    names = {user.attrib["guid"]: user.attrib["name"] for user in project.find("q:Users/q:User")}
    selections = project.find("q:Sources/q:TextSource/q:PlainTextSelection")
    met = [names.get(each.attrib.get("creatingUser", ""), "default").casefold() for each in selections]
    assert len(met) == len(set(met)) == 7
    assert all("creationDateTime" in each.attrib for each in selections)
