"""Reads the bodies of a document: a comment, tags, codes, and others, which are stored unchanged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from taxonomy.models import Term

from ..records import tidy_tags
from .checking import JsonStep, document_error, iri_at, object_at, text_at, texts_at
from .names import motivation_name, resolve_iri

JsonPath = tuple[JsonStep, ...]
MARKDOWN_MEDIA_TYPES = {"text/plain", "text/markdown"}
COMMENT_PURPOSES = {"commenting", "replying"}
COMMENT_KEYS = {"type", "value", "format", "purpose"}
TAG_KEYS = {*COMMENT_KEYS, "language"}
CODE_KEYS = {"type", "id", "source", "purpose"}


class SortedBodies(NamedTuple):
    """The bodies of a document by kind; `about` holds further properties of the comment, such as its language."""

    comment: str
    about: dict[str, Any]
    tags: tuple[str, ...]
    codes: tuple[Term, ...]
    others: list[Any]


def read_bodies(document: dict[str, Any], motivations: list[str]) -> SortedBodies:
    """Sort the bodies of a document; bodies without a purpose get the motivations of the document."""
    comment: dict[str, Any] | None = None
    tags: list[str] = []
    codes: dict[JsonPath, tuple[str, str]] = {}
    others: list[Any] = []
    for path, body in _bodies(document):
        purposes = _check_body(body, *path)
        effective = purposes or motivations
        code = _code(body, effective)
        if code:
            codes[path] = code
        elif _is_tag(body, effective):
            tags.append(body["value"])
        elif comment is None and _is_comment(body, purposes):
            comment = body
        else:
            others.append(body)
    words = text_at(comment["value"]) if comment else ""
    about = {name: value for name, value in (comment or {}).items() if name not in COMMENT_KEYS}
    return SortedBodies(words, about, tidy_tags(tags), tuple(_terms(codes)), others)


def _bodies(document: dict[str, Any]) -> Iterator[tuple[JsonPath, Any]]:
    if "bodyValue" in document:
        if "body" in document:
            raise document_error("Give either body or bodyValue, not both.", "bodyValue")
        yield ("bodyValue",), {"type": "TextualBody", "value": text_at(document["bodyValue"], "bodyValue")}
    body = document.get("body", [])
    if isinstance(body, list):
        yield from ((("body", place), inner) for place, inner in enumerate(body))
    else:
        yield ("body",), body


def _check_body(body: object, *path: JsonStep) -> list[str]:
    """The purposes of a body, after checking that it is valid."""
    if isinstance(body, str):
        iri_at(body, *path)
        return []
    properties = object_at(body, *path)
    if not properties:
        raise document_error("Say something here, or leave it out.", *path)
    for name in ("type", "format", "language"):
        texts_at(properties.get(name, []), *path, name)
    kinds = texts_at(properties.get("type", []), *path, "type")
    if "TextualBody" in kinds or "value" in properties:
        text_at(properties.get("value"), *path, "value")
    source = properties.get("source", "urn:none")
    if isinstance(source, dict):
        iri_at(source.get("id"), *path, "source", "id")
    else:
        iri_at(source, *path, "source")
    return list(map(motivation_name, texts_at(properties.get("purpose", []), *path, "purpose")))


def _code(body: Any, purposes: list[str]) -> tuple[str, str] | None:
    """The vocabulary and slug, if a body classifies with a term of this catalogue."""
    if "classifying" not in purposes:
        return None
    if isinstance(body, str):
        iri = body
    else:
        iri = body.get("source", body.get("id"))
        if not body.keys() <= CODE_KEYS or not isinstance(iri, str):
            return None
    match = resolve_iri(iri)
    if match is None or match.view_name != "taxonomy:term":
        return None
    return match.kwargs["vocabulary"], match.kwargs["slug"]


def _terms(codes: dict[JsonPath, tuple[str, str]]) -> Iterator[Term]:
    if not codes:
        return
    vocabularies, slugs = zip(*codes.values(), strict=True)
    matching = Term.objects.filter(vocabulary__slug__in=vocabularies, slug__in=slugs)
    found = matching.select_related("vocabulary", "replaced_by__vocabulary")
    terms = {(term.vocabulary.slug, term.slug): term.current for term in found}
    for path, name in codes.items():
        if name not in terms:
            raise document_error("The codebook has no such term.", *path)
    yield from dict.fromkeys(terms[name] for name in codes.values())


def _is_textual(body: Any) -> bool:
    return isinstance(body, dict) and "value" in body and "source" not in body and _format(body) in MARKDOWN_MEDIA_TYPES


def _format(body: dict[str, Any]) -> str:
    formats = texts_at(body.get("format", "text/plain"))
    return formats[0].partition(";")[0].strip().lower() if len(formats) == 1 else ""


def _is_tag(body: Any, purposes: list[str]) -> bool:
    return _is_textual(body) and purposes == ["tagging"] and body.keys() <= TAG_KEYS and bool(body["value"].strip())


def _is_comment(body: Any, purposes: list[str]) -> bool:
    return _is_textual(body) and set(purposes) <= COMMENT_PURPOSES
