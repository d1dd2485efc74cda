"""Files of W3C annotations: a collection, a page, one annotation, a JSON array of them, or JSON Lines.

`annotations_in_file(body)` returns every annotation with its place, or raises `UnusableFile`. An annotation's own names
are its `id` and its `canonical`; `via` names what it was copied from, which several may share.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from rest_framework.exceptions import ValidationError

from annotations.w3c import error_pointers, parse_document

MAX_NOTES_FILE_BYTES = 20 * 1024 * 1024

MAX_ANNOTATION_BYTES = 256 * 1024

MAX_ANNOTATIONS = 10_000

MAX_ANNOTATIONS_PER_UPLOAD = 2_000
"""Fewer, as the reader waits for the answer, and others wait to write."""

COLLECTION_TYPES = {"AnnotationCollection", "AnnotationPage"}


class AnnotationMistake(NamedTuple):
    """What is wrong with an annotation (counted from 1; 0 is the file), and where."""

    number: int
    iri: str
    place: str
    what: str

    def __str__(self) -> str:
        named = f" ({self.iri})" if self.iri else ""
        return f"{f'annotation {self.number}{named}' if self.number else 'the file'}, {self.place}: {self.what}"


class UnusableFile(ValueError):
    """A file that nothing can be taken from."""

    def __init__(self, *mistakes: AnnotationMistake) -> None:
        super().__init__("; ".join(map(str, mistakes)))
        self.mistakes = list(mistakes)


class FileAnnotation(NamedTuple):
    """An annotation of a file: its number, from 1; its place, which ends in a JSON pointer; and itself."""

    number: int
    place: str
    document: Any

    @property
    def iri(self) -> str:
        """Its `id`; empty if it has none."""
        named = self.document.get("id") if isinstance(self.document, dict) else ""
        return named[:500] if isinstance(named, str) else ""

    def mistake(self, pointer: str, what: str) -> AnnotationMistake:
        """A mistake at a pointer into the annotation, such as `#/target`."""
        return AnnotationMistake(self.number, self.iri, self.place + pointer[1:], what)

    def mistakes(self, error: ValidationError) -> list[AnnotationMistake]:
        return [self.mistake(pointer, what) for pointer, what in error_pointers(error)]


def annotations_in_file(body: bytes, most: int = MAX_ANNOTATIONS) -> list[FileAnnotation]:
    """The annotations of a file, in order. Raises `UnusableFile`."""
    if len(body) > MAX_NOTES_FILE_BYTES:
        raise UnusableFile(
            AnnotationMistake(0, "", "#", f"It has more than {MAX_NOTES_FILE_BYTES // 1024**2} MB: split it.")
        )
    found = _found(body.removeprefix(b"\xef\xbb\xbf"))
    if not found:
        raise UnusableFile(AnnotationMistake(0, "", "#", "It holds no annotations."))
    if len(found) > most:
        raise UnusableFile(
            AnnotationMistake(0, "", "#", f"It holds {len(found):,} annotations, and may hold {most:,}: split it.")
        )
    return found


def _found(body: bytes) -> list[FileAnnotation]:
    try:
        document = parse_document(body)
    except ValidationError as error:
        lines = [(number, line) for number, line in enumerate(body.split(b"\n"), start=1) if line.strip()]
        if len(lines) > 1 and _is_json(lines[0][1]):
            return list(_from_lines(lines))
        raise UnusableFile(
            *(AnnotationMistake(0, "", pointer, what) for pointer, what in error_pointers(error))
        ) from None
    items, place = _items(document)
    return [
        FileAnnotation(number, f"{place}/{at}" if place else "#", item)
        for number, (at, item) in enumerate(items, start=1)
    ]


def _is_json(line: bytes) -> bool:
    try:
        return isinstance(parse_document(line), dict)
    except ValidationError:
        return False


def _from_lines(lines: Sequence[tuple[int, bytes]]) -> Iterator[FileAnnotation]:
    """The annotations of JSON Lines. Raises `UnusableFile` with every line that cannot be read."""
    read: list[FileAnnotation] = []
    mistakes: list[AnnotationMistake] = []
    for number, (line, text) in enumerate(lines, start=1):
        try:
            read.append(FileAnnotation(number, f"line {line} #", parse_document(text)))
        except ValidationError as error:
            mistakes += [
                AnnotationMistake(number, "", f"line {line} {pointer}", what) for pointer, what in error_pointers(error)
            ]
    if mistakes:
        raise UnusableFile(*mistakes)
    yield from read


def _items(document: Any) -> tuple[Iterable[tuple[int, Any]], str]:
    """The annotations in a document, and the pointer to their list; empty for a single annotation."""
    if isinstance(document, list):
        return enumerate(document), "#"
    kinds = document.get("type") if isinstance(document, dict) else None
    if not COLLECTION_TYPES & set(_texts(kinds if isinstance(kinds, list) else [kinds])):
        return [(0, document)], ""
    if "items" in document or "first" not in document:
        return _listed(document, "#")
    if not isinstance(document["first"], dict):
        what = "The pages are not in the file, only their addresses: save each page, and bring in those."
        raise UnusableFile(AnnotationMistake(0, "", "#/first", what))
    items, place = _listed(document["first"], "#/first")
    total, there = document.get("total"), len(document["first"].get("items", []))
    if isinstance(total, int) and total > there:
        what = f"The collection has {total:,} annotations, the file {there:,}: save each page, and bring in those."
        raise UnusableFile(AnnotationMistake(0, "", "#/first", what))
    return items, place


def _listed(page: dict[str, Any], pointer: str) -> tuple[Iterable[tuple[int, Any]], str]:
    items = page.get("items", [])
    if not isinstance(items, list):
        raise UnusableFile(AnnotationMistake(0, "", f"{pointer}/items", "Give a list here."))
    return enumerate(items), f"{pointer}/items"


def is_annotation_too_large(document: Any) -> bool:
    return len(json.dumps(document)) > MAX_ANNOTATION_BYTES


# Names of annotations


class AnnotationNames(NamedTuple):
    """The names of a document: its own, `id` before `canonical`; and those of `via`."""

    own: tuple[str, ...]
    via: tuple[str, ...]


def annotation_names(document: Any) -> AnnotationNames:
    """The names of a document. Anything else in their place is refused when the document is read."""
    if not isinstance(document, dict):
        return AnnotationNames((), ())
    own = (document.get("id"), document.get("canonical"))
    via = document.get("via", [])
    return AnnotationNames(_texts(own), _texts(via if isinstance(via, list) else [via]))


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def index_by_own_name(found: Sequence[FileAnnotation]) -> dict[str, int]:
    """The index of the annotation with each own name; of several, the first."""
    known: dict[str, int] = {}
    for index, each in enumerate(found):
        for iri in annotation_names(each.document).own:
            known.setdefault(iri, index)
    return known


def identifying_names(found: Sequence[FileAnnotation]) -> set[str]:
    """The names that identify an annotation in its file: its own, and a `via` that no other has."""
    names = [annotation_names(each.document) for each in found]
    shared = Counter(iri for named in names for iri in named.via)
    return {iri for named in names for iri in (*named.own, *(iri for iri in named.via if shared[iri] == 1))}


def single_target_iri(document: Any) -> str:
    """The IRI of the only target of a document; empty if it has several, or one without an IRI."""
    target = document.get("target") if isinstance(document, dict) else None
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    if isinstance(target, dict):
        target = target.get("source", target.get("id"))
    return target if isinstance(target, str) else ""


def modified_at(document: dict[str, Any]) -> datetime | None:
    """`modified`, if it is a valid time with a time zone."""
    told = document.get("modified")
    try:
        moment = parse_datetime(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return moment if moment and is_aware(moment) else None
