"""The same documents as Turtle, in its simplest form: one statement per line, with full IRIs (N-Triples).

`RDF_PROPERTIES` and `RDF_CLASSES` are the parts of the JSON-LD contexts of annotations and containers that are used
here. As in JSON-LD, properties that the contexts do not define are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

TURTLE_MEDIA_TYPE = "text/turtle; charset=utf-8"

RDF_PREFIXES = {
    "as": "http://www.w3.org/ns/activitystreams#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "dctypes": "http://purl.org/dc/dcmitype/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "ldp": "http://www.w3.org/ns/ldp#",
    "oa": "http://www.w3.org/ns/oa#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "http://schema.org/",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

RESOURCE_KIND, KEYWORD_KIND, LIST_KIND, TEXT_KIND, DATETIME_KIND, COUNT_KIND = (
    "thing",
    "word",
    "list",
    "text",
    "dateTime",
    "nonNegativeInteger",
)

RDF_PROPERTIES = {
    RESOURCE_KIND: "as:first as:generator as:last as:next as:partOf as:prev dcterms:conformsTo dcterms:creator"
    " dcterms:rights foaf:homepage oa:canonical oa:refinedBy oa:renderedVia oa:via schema:audience"
    " body=oa:hasBody cached=oa:cachedSource endSelector=oa:hasEndSelector scope=oa:hasScope selector=oa:hasSelector"
    " source=oa:hasSource startSelector=oa:hasStartSelector state=oa:hasState stylesheet=oa:styledBy"
    " target=oa:hasTarget",
    KEYWORD_KIND: "motivation=oa:motivatedBy purpose=oa:hasPurpose oa:textDirection",
    LIST_KIND: "as:items",
    TEXT_KIND: "accessibility=schema:accessibilityFeature dc:format dc:language foaf:name nickname=foaf:nick"
    " oa:bodyValue oa:exact oa:prefix oa:processingLanguage oa:styleClass oa:suffix rdf:value rdfs:label",
    DATETIME_KIND: "dcterms:created dcterms:modified generated=dcterms:issued oa:sourceDate oa:sourceDateEnd"
    " oa:sourceDateStart",
    COUNT_KIND: "as:startIndex oa:end oa:start total=as:totalItems",
}
"""Meanings of properties by the kind of their values; `name=meaning` if the names differ."""

PROPERTY_MEANINGS = {
    (meaning.partition("=")[0] if "=" in meaning else meaning.partition(":")[2]): (meaning.rpartition("=")[2], kind)
    for kind, meanings in RDF_PROPERTIES.items()
    for meaning in meanings.split()
}

RDF_CLASSES = {
    "Annotation": "oa:Annotation",
    "AnnotationCollection": "as:OrderedCollection",
    "AnnotationPage": "as:OrderedCollectionPage",
    "Audio": "dctypes:Sound",
    "BasicContainer": "ldp:BasicContainer",
    "CssStylesheet": "oa:CssStyle",
    "Dataset": "dctypes:Dataset",
    "Image": "dctypes:StillImage",
    "Organization": "foaf:Organization",
    "Person": "foaf:Person",
    "Software": "as:Application",
    "Text": "dctypes:Text",
    "Video": "dctypes:MovingImage",
}
TEXT_DIRECTIONS = {"auto": "autoDirection", "ltr": "ltrDirection", "rtl": "rtlDirection"}

ABSOLUTE_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`]+")
LOCAL_NAME = re.compile(r"[A-Za-z]+")
TURTLE_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}
TURTLE_SPECIAL = re.compile(r'["\\\x00-\x1f\x7f]')


def to_turtle(document: dict[str, Any]) -> str:
    statements = _Statements()
    statements.subject(document)
    return "".join(f"{line} .\n" for line in statements.lines)


class _Statements:
    """Collects the statements of a document."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.blank_nodes = 0

    def blank(self) -> str:
        self.blank_nodes += 1
        return f"_:b{self.blank_nodes}"

    def subject(self, thing: dict[str, Any]) -> str:
        """Add the statements about a resource; returns its IRI or blank node."""
        iri = thing.get("id")
        name = _iri(iri) if isinstance(iri, str) else ""
        name = name or self.blank()
        for kind in _all(thing.get("type", [])):
            if isinstance(kind, str) and (meant := _iri(RDF_CLASSES.get(kind, kind), "oa:")):
                self.lines.append(f"{name} {_iri('rdf:type')} {meant}")
        for key, values in thing.items():
            self.property(name, key, values)
        return name

    def property(self, subject: str, key: str, values: Any) -> None:
        if key in {"id", "type", "@context"}:
            return
        meaning, kind = PROPERTY_MEANINGS.get(key, (key, TEXT_KIND))
        meant = _iri(meaning)
        if not meant:
            return
        if kind == LIST_KIND:
            self.lines.append(f"{subject} {meant} {self.list(_all(values))}")
            return
        for value in _all(values):
            if stated := self.object(value, kind):
                self.lines.append(f"{subject} {meant} {stated}")

    def object(self, value: Any, kind: str) -> str:
        """A value as the object of a statement; empty if it has no meaning."""
        if isinstance(value, dict):
            return self.subject(value)
        if isinstance(value, str) and kind in {RESOURCE_KIND, KEYWORD_KIND, LIST_KIND}:
            return _iri(TEXT_DIRECTIONS.get(value, value), "oa:" if kind == KEYWORD_KIND else "")
        return _literal(value, kind) if kind not in {RESOURCE_KIND, KEYWORD_KIND, LIST_KIND} else ""

    def list(self, values: list[Any]) -> str:
        """Add the statements of a list; returns its first node."""
        stated = [item for value in values if (item := self.object(value, LIST_KIND))]
        cells = [self.blank() for _ in stated]
        for place, (cell, item) in enumerate(zip(cells, stated, strict=True)):
            rest = cells[place + 1] if place + 1 < len(cells) else _iri("rdf:nil")
            self.lines += [f"{cell} {_iri('rdf:first')} {item}", f"{cell} {_iri('rdf:rest')} {rest}"]
        return cells[0] if cells else _iri("rdf:nil")


def _all(values: Any) -> list[Any]:
    """The values of a property, with nested lists flattened."""
    return list(_flat(values))


def _flat(values: Any) -> Iterator[Any]:
    if isinstance(values, list):
        for value in values:
            yield from _flat(value)
    elif values is not None:
        yield values


def _iri(name: str, start: str = "") -> str:
    """An IRI in angle brackets, from an absolute or prefixed one, or a bare word after `start`; empty for all else."""
    if start and LOCAL_NAME.fullmatch(name):
        name = f"{start}{name}"
    prefix, colon, rest = name.partition(":")
    if colon and prefix in RDF_PREFIXES and not rest.startswith("//"):
        name = f"{RDF_PREFIXES[prefix]}{rest}"
    return f"<{name}>" if ABSOLUTE_IRI.fullmatch(name) else ""


def _literal(value: Any, kind: str) -> str:
    if isinstance(value, bool):
        return f'"{str(value).lower()}"^^{_iri("xsd:boolean")}'
    if isinstance(value, int):
        return f'"{value}"^^{_iri("xsd:nonNegativeInteger" if kind == COUNT_KIND else "xsd:integer")}'
    if isinstance(value, float):
        return f'"{value!r}"^^{_iri("xsd:double")}'
    text = TURTLE_SPECIAL.sub(lambda found: TURTLE_ESCAPES.get(found[0], f"\\u{ord(found[0]):04X}"), str(value))
    return f'"{text}"^^{_iri("xsd:dateTime")}' if kind == DATETIME_KIND else f'"{text}"'
