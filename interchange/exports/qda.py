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

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import IO, Any, NamedTuple, Self
from urllib.parse import quote
from xml.etree import ElementTree as ET
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.urls import reverse

from accounts.models import User
from annotations.models import Annotation, AnnotationQuerySet, Tag
from annotations.w3c import absolute_url
from annotations.w3c.names import author_iri, case_iri, term_iri
from cases.models import Case
from taxonomy.codebook import Codebook

from .refi import (
    QDA_ORIGIN,
    ElementsFile,
    UniqueNames,
    add_code,
    add_terms,
    codebook_names,
    guid,
    qda_timestamp,
    short_name,
    xml_element,
    xml_frame,
    xml_lines,
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


class Named(NamedTuple):
    """What a project names before the notes themselves: their authors, tags, and the titles of their cases."""

    authors: Sequence[User]
    tags: Sequence[str]
    titles: Iterable[str]


def named_in(notes: AnnotationQuerySet) -> Named:
    """What stands before these notes in a project; each author, tag and case is looked up once."""
    keys = notes.order_by().values("pk")
    return Named(
        list(User.objects.filter(annotations__in=keys).distinct().order_by("pk").only("username", "name", "orcid")),
        list(Tag.objects.filter(annotation__in=keys).order_by().values_list("label", flat=True).distinct()),
        Case.objects.filter(annotations__in=keys).order_by().distinct().values_list("title", flat=True),
    )


class TextSource:
    """The narrative of a case in a project: its text, and its elements in the order of the schema."""

    def __init__(self, case: Case, text: str) -> None:
        self.case = case
        self.text = text
        self.guid = guid(case_iri(case))
        self.selections: list[ET.Element] = []
        self.by_author_and_span: dict[tuple[int | None, int, int], ET.Element] = {}
        self.by_note: dict[int, ET.Element] = {}
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
    """A project that is written to a zip file case by case; it is complete when its context ends.

    In memory are one case and its notes. What the XML has behind the narratives waits in temporary files.
    """

    def __init__(self, out: IO[bytes], codebook: Codebook, named: Named, words: str, at: datetime) -> None:
        self.codebook = codebook
        self.words = words
        self.at = at
        self.users = named_users(named.authors)
        self.tags = {tag_iri(tag): tag for tag in sorted(named.tags, reverse=True)}
        self.titles = UniqueNames(named.titles)
        self.files = ExitStack()
        self.archive = self.files.enter_context(ZipFile(out, "w", ZIP_DEFLATED))
        self.sources, self.notes, self.loose = (self.files.enter_context(ElementsFile()) for _ in range(3))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self.files:
            if error is None:
                self._write_project()

    def add_case(self, notes: Iterable[NoteWithText]) -> None:
        """Add all notes on one case, or on none; replies come last, as one may come before its note."""
        answers: list[NoteWithText] = []
        source: TextSource | None = None
        for placed in notes:
            if source is None and placed.note.case and placed.text is not None:
                source = TextSource(placed.note.case, placed.text)
            if placed.note.thread_id:
                answers.append(placed)
            else:
                self._add(placed, source)
        for placed in answers:
            self._answer(placed, source)
        if source:
            self.sources.add(source.element(self.titles.give(source.case.title, source.case.slug)))
            self._write_text(source.guid, source.text)

    def _add(self, placed: NoteWithText, source: TextSource | None) -> None:
        note = placed.note
        if source and placed.span:
            self._select(placed, source)
        elif source and not note.exact:
            source.codings.extend(self._codings(note))
            if note.comment:
                source.notes.append(self._write(placed))
        else:
            self._refer(self._write(placed, self._codings(note)), source)

    def _refer(self, made: ET.Element, source: TextSource | None) -> None:
        """Put a reference to a note at the text that it is about, or else at the project."""
        if source:
            source.notes.append(made)
        else:
            self.loose.add(made)

    def _select(self, placed: NoteWithText, source: TextSource) -> None:
        note, (start, end) = placed.note, placed.span or (0, 0)
        same = source.by_author_and_span.get((note.author_id, start, end))
        if same is not None:
            self._join(note, same)
            source.by_note[note.pk] = same
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
        made.extend(self._codings(note))
        source.by_note[note.pk] = source.by_author_and_span[note.author_id, start, end] = made
        source.selections.append(made)

    def _join(self, note: Annotation, selection: ET.Element) -> None:
        """Add a further note of an author on the same words: QualCoder, for one, stops on a second selection there."""
        if note.comment:
            described = selection.find("Description")
            if described is None:
                described = ET.Element("Description")
                selection.insert(0, described)
            described.text = "\n\n".join(filter(None, [described.text, xml_text(note.comment)]))
        known = {reference.get("targetGUID") for reference in selection.iter("CodeRef")}
        selection.extend([coding for coding in self._codings(note) if coding[0].get("targetGUID") not in known])

    def _answer(self, placed: NoteWithText, source: TextSource | None) -> None:
        """Attach a reply to what it is about."""
        made = self._write(placed, self._codings(placed.note))
        selection = source.by_note.get(placed.note.root.pk) if source else None
        if selection is not None:
            selection.append(made)
        else:
            self._refer(made, source)

    def _write(self, placed: NoteWithText, codings: Iterable[ET.Element] = ()) -> ET.Element:
        """Write a note as a separate text, and return the reference to it."""
        note = placed.note
        name, text = guid(f"{note.iri}#text"), note_text(note, orphaned=placed.span is None)
        made = xml_element(
            None,
            "Note",
            guid=name,
            name=f"{short_name(text)} ({note.uid})",
            plainTextPath=f"internal://{name}.txt",
            **self._written(note),
        )
        made.extend(codings)
        self.notes.add(made)
        self._write_text(name, text)
        return xml_element(None, "NoteRef", targetGUID=name)

    def _write_text(self, name: str, text: str) -> None:
        self.archive.writestr(f"sources/{name}.txt", text.encode())

    def _written(self, note: Annotation) -> dict[str, str]:
        """The attributes for the author and the time of a note."""
        by = {"creatingUser": guid(author_iri(note.author))} if note.author else {}
        return {**by, "creationDateTime": qda_timestamp(note.created_at)}

    def _codings(self, note: Annotation) -> list[ET.Element]:
        """The codes and tags of a note, for what it is on."""
        made = []
        iris = [*map(term_iri, note.codes.all()), *(tag_iri(tag.label) for tag in note.tags.all())]
        for iri in dict.fromkeys(iris):
            made.append(xml_element(None, "Coding", guid=guid(f"{note.iri}#{iri}"), **self._written(note)))
            xml_element(made[-1], "CodeRef", targetGUID=guid(iri))
        return made

    def _write_project(self) -> None:
        """Write the XML, from the elements that were gathered."""
        with self.archive.open(self._entry("project.qde"), "w") as out:
            opening, end = xml_frame(self._root())
            out.write(opening)
            self.sources.copy_to(out, "Sources")
            self.notes.copy_to(out, "Notes")
            words = f"Annotations of the {QDA_ORIGIN}. {self.words}".strip()
            out.write(xml_lines(xml_element(None, "Description", words)))
            self.loose.copy_to(out)
            out.write(end)

    def _entry(self, name: str) -> ZipInfo:
        made = ZipInfo(name, self.at.timetuple()[:6])
        made.compress_type = ZIP_DEFLATED
        return made

    def _root(self) -> ET.Element:
        """The project as it begins: with its users and its codebook."""
        root = xml_element(
            None,
            "Project",
            xmlns=QDA_PROJECT_NAMESPACE,
            name=f"{QDA_ORIGIN}: annotations",
            origin=QDA_ORIGIN,
            creationDateTime=qda_timestamp(self.at),
        )
        if self.users:
            users = xml_element(root, "Users")
            for made, name in self.users.items():
                xml_element(users, "User", guid=made, name=name)
        self._add_codebook(root)
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


SOFTWARES_OWN_USER = "default"
"""What QualCoder calls the user of what has none, as the notes of a deleted account."""


def named_users(authors: Iterable[User]) -> dict[str, str]:
    """Names by GUID, each once: QualCoder, for one, knows users by name, and stops on two selections of one name."""
    names = {guid(author_iri(author)): author_name(author.name, author.username) for author in authors}
    unique = UniqueNames([SOFTWARES_OWN_USER, *names.values()])
    return {made: unique.give(name, made[:8]) if name else f"reader {made[:8]}" for made, name in names.items()}


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
