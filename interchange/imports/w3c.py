"""Files of W3C annotations: a collection, a page, one annotation, a JSON array of them, or JSON Lines.

`annotations_in_file(body)` is every annotation of a file with its place; `UnusableFile` where the file as a whole will
not do. Its own names are its `id` and its `canonical`; `via` says by way of what it came, which may be a name of
others, too.
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
"""How large a file may be."""

MAX_ANNOTATION_BYTES = 256 * 1024
"""How large an annotation in it may be."""

MAX_ANNOTATIONS = 10_000
"""How many annotations it may hold."""

MAX_ANNOTATIONS_PER_UPLOAD = 2_000
"""How many while a reader waits, and others who want to write do."""

COLLECTION_TYPES = {"AnnotationCollection", "AnnotationPage"}


class AnnotationMistake(NamedTuple):
    """What is wrong in a file: at which annotation (counted from 1; 0 is the file), called what, where, and what."""

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
    """An annotation of a file: its number, from 1; its place, which a JSON pointer ends; and itself."""

    number: int
    place: str
    document: Any

    @property
    def iri(self) -> str:
        """What it is called in the file; empty where it has no name."""
        named = self.document.get("id") if isinstance(self.document, dict) else ""
        return named[:500] if isinstance(named, str) else ""

    def mistake(self, pointer: str, what: str) -> AnnotationMistake:
        """Return a mistake at a pointer into the annotation: `#/target`."""
        return AnnotationMistake(self.number, self.iri, self.place + pointer[1:], what)

    def mistakes(self, error: ValidationError) -> list[AnnotationMistake]:
        """Return what the reading of the annotation brought up."""
        return [self.mistake(pointer, what) for pointer, what in error_pointers(error)]


def annotations_in_file(body: bytes, most: int = MAX_ANNOTATIONS) -> list[FileAnnotation]:
    """Return the annotations of a file, in its order."""
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
    """Yield the annotations of JSON Lines; every line that cannot be read is a mistake."""
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
    """Return the annotations that a document lists, and the pointer to their list; empty for a single one."""
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
    """Tell whether an annotation is larger than a note may come."""
    return len(json.dumps(document)) > MAX_ANNOTATION_BYTES


# What annotations are called


class AnnotationNames(NamedTuple):
    """What a document is called: its own names, its id before its canonical one; and by way of what it came."""

    own: tuple[str, ...]
    via: tuple[str, ...]


def annotation_names(document: Any) -> AnnotationNames:
    """Return the names of a document; what is none will be refused when it is read."""
    if not isinstance(document, dict):
        return AnnotationNames((), ())
    own = (document.get("id"), document.get("canonical"))
    via = document.get("via", [])
    return AnnotationNames(_texts(own), _texts(via if isinstance(via, list) else [via]))


def _texts(values: Iterable[Any]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def index_by_own_name(found: Sequence[FileAnnotation]) -> dict[str, int]:
    """Return the index of the annotation that each own name in a file means: of several, the first."""
    known: dict[str, int] = {}
    for index, each in enumerate(found):
        for iri in annotation_names(each.document).own:
            known.setdefault(iri, index)
    return known


def identifying_names(found: Sequence[FileAnnotation]) -> set[str]:
    """Return the names that tell an annotation from the others of its file: own ones, and a `via` of only one."""
    names = [annotation_names(each.document) for each in found]
    shared = Counter(iri for named in names for iri in named.via)
    return {iri for named in names for iri in (*named.own, *(iri for iri in named.via if shared[iri] == 1))}


def single_target_iri(document: Any) -> str:
    """Return the IRI that a document is aimed at, if it is one only and plainly said; else nothing."""
    target = document.get("target") if isinstance(document, dict) else None
    if isinstance(target, list) and len(target) == 1:
        target = target[0]
    if isinstance(target, dict):
        target = target.get("source", target.get("id"))
    return target if isinstance(target, str) else ""


def modified_at(document: dict[str, Any]) -> datetime | None:
    """Return when a document was last changed, if it says so."""
    told = document.get("modified")
    try:
        moment = parse_datetime(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return moment if moment and is_aware(moment) else None
