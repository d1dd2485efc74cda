"""Notes and the codebook as QDA software exchanges them: REFI-QDA 1.5, project (.qdpx) and codebook (.qdc).

A project is a zip file: `project.qde` (XML) and the folder `sources`. It has each narrative with
notes as plain text: the text that offsets count in, in UTF-8 without a byte order mark, with LF as line end.

- A note on words is a **selection** in that text, from the code point `startPosition` up to, not including, the code
  point `endPosition`. Its comment is the selection's description, each of its codes and tags a coding. Several notes of
  one author on the same words are one selection, with each code once.
- A note on a case as a whole codes the text as a whole; its comment is a **note** of that text.
- A reply, an orphaned note, one in a text that the reader may not see, and one on something elsewhere are notes, too:
  their codes are codings of the note. A reply is attached to the selection or the text that it is about, if that is in
  the project.

The **codebook** has the vocabularies as folders, the terms in them as codes, narrower ones below broader ones; and, in
a project, a folder of the tags. Software takes a name for one code only, so names are made unique.

Every GUID is made from an IRI (version 5), so that it is the same in every export. Characters that XML 1.0 does not
allow become U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote
from xml.etree import ElementTree as ET

from django.urls import reverse

from accounts.models import User
from annotations.models import Annotation
from annotations.w3c import absolute_url
from annotations.w3c.names import author_iri, case_iri, term_iri
from cases.models import Case
from taxonomy.codebook import Codebook

from .refi import (
    QDA_ORIGIN,
    UniqueNames,
    add_code,
    add_terms,
    codebook_names,
    guid,
    qda_timestamp,
    short_name,
    xml_document,
    xml_element,
    xml_text,
)
from .table import author_name

QDA_PROJECT_NAMESPACE = "urn:QDA-XML:project:1.0"


class NoteWithText(NamedTuple):
    """A note, fetched whole, and the text of its case's narrative; None if the reader may not see that."""

    note: Annotation
    text: str | None

    @property
    def span(self) -> tuple[int, int] | None:
        """The offsets of its words in the text; None if it is orphaned."""
        start, end = self.note.start, self.note.end
        if self.text is None or start is None or end is None or not start < end <= len(self.text):
            return None
        return start, end


class TextSource:
    """The narrative of a case in a project: its text, and its elements in the order of the schema."""

    def __init__(self, case: Case, text: str) -> None:
        self.case = case
        self.text = text
        self.guid = guid(case_iri(case))
        self.selections: list[ET.Element] = []
        self.by_author_and_span: dict[tuple[int | None, int, int], ET.Element] = {}
        self.codings: list[ET.Element] = []
        self.notes: list[ET.Element] = []

    def element(self, name: str) -> ET.Element:
        made = xml_element(
            None,
            "TextSource",
            guid=self.guid,
            name=name,
            plainTextPath=f"internal://{self.guid}.txt",
            creationDateTime=qda_timestamp(self.case.created_at),
            modifiedDateTime=qda_timestamp(self.case.updated_at),
        )
        xml_element(made, "Description", f"Narrative of {case_iri(self.case)}")
        made.extend([*self.selections, *self.codings, *self.notes])
        return made


class Project:
    """A project; notes are added one by one, in any order, and the files made at the end."""

    def __init__(self, codebook: Codebook, words: str, at: datetime) -> None:
        self.codebook = codebook
        self.words = words
        self.at = at
        self.users: dict[str, str] = {}
        self.tags: dict[str, str] = {}
        self.sources: dict[int, TextSource] = {}
        self.selections: dict[int, ET.Element] = {}
        self.notes: list[ET.Element] = []
        self.texts: dict[str, str] = {}
        self.loose: list[ET.Element] = []
        self.answers: list[NoteWithText] = []

    def add(self, placed: NoteWithText) -> None:
        """Add a note; a reply is kept until the end, as it may come before its note."""
        note = placed.note
        if note.thread_id:
            self.answers.append(placed)
        elif placed.span:
            self._select(placed)
        elif note.case and placed.text is not None and not note.exact:
            source = self._source(placed)
            self._code(note, source.codings)
            if note.comment:
                source.notes.append(self._write(placed))
        else:
            made = self._write(placed)
            self._code(note, self.notes[-1])
            (self.loose if placed.text is None else self._source(placed).notes).append(made)

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The name and the content of each file of the project."""
        for placed in self.answers:
            self._answer(placed)
        yield "project.qde", xml_document(self._project())
        for source in self.sources.values():
            yield f"sources/{source.guid}.txt", source.text.encode()
        for name, text in self.texts.items():
            yield f"sources/{name}.txt", text.encode()

    def _source(self, placed: NoteWithText) -> TextSource:
        case = placed.note.case
        if case is None or placed.text is None:
            raise ValueError("There is no text that this note is on.")
        if case.pk not in self.sources:
            self.sources[case.pk] = TextSource(case, placed.text)
        return self.sources[case.pk]

    def _select(self, placed: NoteWithText) -> None:
        note, (start, end) = placed.note, placed.span or (0, 0)
        source = self._source(placed)
        same = source.by_author_and_span.get((note.author_id, start, end))
        if same is not None:
            self._join(note, same)
            return
        made = xml_element(
            None,
            "PlainTextSelection",
            guid=guid(note.iri),
            name=short_name(source.text[start:end]),
            startPosition=str(start),
            endPosition=str(end),
            **self._written(note),
            **({"modifiedDateTime": qda_timestamp(note.edited_at)} if note.edited_at else {}),
        )
        if note.comment:
            xml_element(made, "Description", note.comment)
        self._code(note, made)
        self.selections[note.pk] = source.by_author_and_span[note.author_id, start, end] = made
        source.selections.append(made)

    def _join(self, note: Annotation, selection: ET.Element) -> None:
        """Add a further note of an author on the same words: QualCoder, for one, stops on a second selection there."""
        if note.comment:
            described = selection.find("Description")
            if described is None:
                described = ET.Element("Description")
                selection.insert(0, described)
            described.text = "\n\n".join(filter(None, [described.text, xml_text(note.comment)]))
        codings: list[ET.Element] = []
        self._code(note, codings)
        known = {reference.get("targetGUID") for reference in selection.iter("CodeRef")}
        selection.extend(coding for coding in codings if coding[0].get("targetGUID") not in known)
        self.selections[note.pk] = selection

    def _answer(self, placed: NoteWithText) -> None:
        """Attach a reply to what it is about."""
        made = self._write(placed)
        self._code(placed.note, self.notes[-1])
        selection = self.selections.get(placed.note.root.pk)
        if selection is not None:
            selection.append(made)
        else:
            (self.loose if placed.text is None else self._source(placed).notes).append(made)

    def _write(self, placed: NoteWithText) -> ET.Element:
        """Write a note as a separate text, and return the reference to it."""
        note = placed.note
        name, text = guid(f"{note.iri}#text"), note_text(note, orphaned=placed.span is None)
        self.texts[name] = text
        self.notes.append(
            xml_element(
                None,
                "Note",
                guid=name,
                name=f"{short_name(text)} ({note.uid})",
                plainTextPath=f"internal://{name}.txt",
                **self._written(note),
            )
        )
        return xml_element(None, "NoteRef", targetGUID=name)

    def _written(self, note: Annotation) -> dict[str, str]:
        """The attributes for the author and the time of a note."""
        by = {"creatingUser": self._user(note.author)} if note.author else {}
        return {**by, "creationDateTime": qda_timestamp(note.created_at)}

    def _user(self, author: User) -> str:
        made = guid(author_iri(author))
        self.users.setdefault(made, author_name(author) or f"reader {made[:8]}")
        return made

    def _code(self, note: Annotation, parent: ET.Element | list[ET.Element]) -> None:
        """Add the codes and tags of a note to what it is on."""
        for tag in note.tags.all():
            self.tags.setdefault(tag_iri(tag.label), tag.label)
        iris = [*map(term_iri, note.codes.all()), *(tag_iri(tag.label) for tag in note.tags.all())]
        for iri in dict.fromkeys(iris):
            made = xml_element(None, "Coding", guid=guid(f"{note.iri}#{iri}"), **self._written(note))
            xml_element(made, "CodeRef", targetGUID=guid(iri))
            parent.append(made)

    def _project(self) -> ET.Element:
        root = xml_element(
            None,
            "Project",
            xmlns=QDA_PROJECT_NAMESPACE,
            name=f"{QDA_ORIGIN}: annotations",
            origin=QDA_ORIGIN,
            creationDateTime=qda_timestamp(self.at),
        )
        users = [xml_element(None, "User", guid=made, name=name) for made, name in self.users.items()]
        names = UniqueNames(source.case.title for source in self.sources.values())
        sources = [source.element(names.give(source.case.title, source.case.slug)) for source in self.sources.values()]
        self._add_all(root, "Users", users)
        self._add_codebook(root)
        self._add_all(root, "Sources", sources)
        self._add_all(root, "Notes", self.notes)
        xml_element(root, "Description", f"Annotations of the {QDA_ORIGIN}. {self.words}".strip())
        root.extend(self.loose)
        return root

    def _add_codebook(self, root: ET.Element) -> None:
        """Add the codebook, with the tags as a folder."""
        if not (self.codebook.terms or self.tags):
            return
        codes = xml_element(xml_element(root, "CodeBook"), "Codes")
        names = UniqueNames([*codebook_names(self.codebook), *self.tags.values()])
        add_terms(codes, self.codebook, names)
        if self.tags:
            folder = add_code(codes, tag_iri(""), names.give("Tags", "of readers"), codable=False)
            for iri, tag in sorted(self.tags.items()):
                add_code(folder, iri, names.give(tag, "tag"))

    @staticmethod
    def _add_all(root: ET.Element, tag: str, elements: Iterable[ET.Element]) -> None:
        """Add elements in a parent element, which the schema does not allow to be empty."""
        found = list(elements)
        if found:
            xml_element(root, tag).extend(found)


def tag_iri(tag: str) -> str:
    """An IRI for a tag, the same for upper and lower case."""
    return absolute_url(f"{reverse('annotations:container')}#tag-{quote(tag.casefold(), safe='')}")


def note_text(note: Annotation, *, orphaned: bool) -> str:
    """A note as a text: its quoted words if it is orphaned, what it is on, and its comment."""
    words = f"“{note.exact}”" if note.exact and orphaned else ""
    return "\n\n".join(filter(None, [words, *external_targets(note), note.comment]))


def external_targets(note: Annotation) -> list[str]:
    """The IRIs of what a note is on, if that is outside the catalogue."""
    if note.case_id or note.thread_id:
        return []
    given: Any = note.w3c_extra.get("target")
    return [iri for iri in map(target_iri, given if isinstance(given, list) else [given]) if iri]


def target_iri(target: Any) -> str:
    """The IRI of a target of the W3C data model; empty if it has none."""
    if isinstance(target, dict):
        return target_iri(target.get("source", target.get("id")))
    return target if isinstance(target, str) else ""
