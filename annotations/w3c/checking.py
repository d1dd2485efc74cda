"""What every JSON document has to be before it is read, and its values one by one; each mistake with its place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import ValidationError

MAX_DOCUMENT_DEPTH = 32
"""How deep a document may be nested."""

IRI_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`\x7f]+")
FORBIDDEN_IRI_SCHEMES = ("javascript:", "vbscript:", "data:")
"""Schemes that name nothing, and do harm where somebody prints a link."""

JsonStep = str | int


def document_error(message: str, *path: JsonStep) -> ValidationError:
    """Return a mistake at a place of the document: `document_error("…", "target", "selector")` is at
    `#/target/selector`.
    """
    detail: Any = [message]
    for step in reversed(path):
        detail = {str(step): detail}
    return ValidationError(detail)


def error_pointers(mistake: ValidationError) -> list[tuple[str, str]]:
    """Return each mistake with the JSON pointer of its place: `("#/target/selector/start", "…")`."""
    return list(_pointed(mistake.detail, "#"))


def _pointed(detail: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _pointed(inner, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
    else:
        yield from ((pointer, str(message)) for message in detail)


def parse_document(body: bytes) -> object:
    """Return the document that a request's body or a file holds."""
    try:
        document = json.loads(body.decode(), parse_constant=_no_number, parse_float=_number)
    except UnicodeDecodeError:
        raise document_error("It is not written in UTF-8.") from None
    except RecursionError:
        raise document_error(f"It is nested too deeply: {MAX_DOCUMENT_DEPTH} levels at most.") from None
    except ValueError as error:
        raise document_error(f"It is not JSON: {error}"[:200]) from None
    check_storable(document)
    return document


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON.")


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large a number.")
    return number


def check_storable(document: object) -> None:
    """Refuse what no database keeps: NUL, half a character, and nesting without end."""
    waiting: list[tuple[tuple[JsonStep, ...], object]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if len(path) > MAX_DOCUMENT_DEPTH:
            raise document_error(f"It is nested too deeply: {MAX_DOCUMENT_DEPTH} levels at most.")
        if isinstance(value, str):
            _whole(value, *path)
        elif isinstance(value, list):
            waiting += [((*path, place), inner) for place, inner in enumerate(value)]
        elif isinstance(value, dict):
            for name in value:
                _whole(name, *path)
            waiting += [((*path, name), inner) for name, inner in value.items()]


def _whole(text: str, *path: JsonStep) -> None:
    if "\0" in text:
        raise document_error("The character NUL cannot be stored: take it out.", *path)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise document_error("It holds half of a surrogate pair: send whole characters.", *path)


def object_at(value: object, *path: JsonStep) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise document_error("Give an object here, with keys and values.", *path)
    return value


def text_at(value: object, *path: JsonStep) -> str:
    """Return text with LF as line end."""
    if not isinstance(value, str):
        raise document_error("Give a string here.", *path)
    return value.replace("\r\n", "\n").replace("\r", "\n")


def texts_at(value: object, *path: JsonStep) -> list[str]:
    """Return one string, or a list of them, as a list."""
    if isinstance(value, list):
        return [text_at(inner, *path, place) for place, inner in enumerate(value)]
    return [text_at(value, *path)]


def iri_at(value: object, *path: JsonStep) -> str:
    """Return an absolute IRI."""
    iri = text_at(value, *path)
    if not IRI_PATTERN.fullmatch(iri) or iri.lower().startswith(FORBIDDEN_IRI_SCHEMES):
        raise document_error("Give an absolute IRI here, such as https://example.org/page.", *path)
    return iri


def offset_at(value: object, *path: JsonStep) -> int:
    """Return a count of code points."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise document_error("Give a whole number here.", *path)
    if value < 0:
        raise document_error("An offset counts from 0: it is never negative.", *path)
    return value


def as_list(value: object) -> list[Any]:
    """Return a list as it is, nothing as an empty one, and all else as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
