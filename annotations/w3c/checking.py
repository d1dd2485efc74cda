"""Parsing and validation of JSON documents and their values; every error names its place."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from rest_framework.exceptions import ValidationError

from plaintext.normal import compose

MAX_DOCUMENT_DEPTH = 32
"""The deepest nesting that is accepted."""

IRI_PATTERN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>\"{}|\\^`\x7f]+")
FORBIDDEN_IRI_SCHEMES = ("javascript:", "vbscript:", "data:")
"""Schemes that identify nothing, and are dangerous in links."""

JsonStep = str | int


def document_error(message: str, *path: JsonStep) -> ValidationError:
    """An error at a place in the document: `document_error("…", "target", "selector")` is at `#/target/selector`."""
    detail: Any = [message]
    for step in reversed(path):
        detail = {str(step): detail}
    return ValidationError(detail)


def error_pointers(error: ValidationError) -> list[tuple[str, str]]:
    """Each error with the JSON pointer of its place: `("#/target/selector/start", "…")`."""
    return list(_with_pointers(error.detail, "#"))


def _with_pointers(detail: Any, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from _with_pointers(inner, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")
    else:
        yield from ((pointer, str(message)) for message in detail)


def parse_document(body: bytes) -> object:
    """Parse the body of a request or the content of a file."""
    try:
        document = json.loads(body.decode(), parse_constant=_refuse_constant, parse_float=_finite_number)
    except UnicodeDecodeError:
        raise document_error("It is not written in UTF-8.") from None
    except RecursionError:
        raise document_error(f"It is nested too deeply: {MAX_DOCUMENT_DEPTH} levels at most.") from None
    except ValueError as error:
        raise document_error(f"It is not JSON: {error}"[:200]) from None
    check_storable(document)
    return document


def _refuse_constant(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON.")


def _finite_number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{digits[:20]} is too large a number.")
    return number


def check_storable(document: object) -> None:
    """Refuse what databases cannot store: NUL, lone surrogates, and extreme nesting."""
    pending: list[tuple[tuple[JsonStep, ...], object]] = [((), document)]
    while pending:
        path, value = pending.pop()
        if len(path) > MAX_DOCUMENT_DEPTH:
            raise document_error(f"It is nested too deeply: {MAX_DOCUMENT_DEPTH} levels at most.")
        if isinstance(value, str):
            _check_text(value, *path)
        elif isinstance(value, list):
            pending += [((*path, place), inner) for place, inner in enumerate(value)]
        elif isinstance(value, dict):
            for name in value:
                _check_text(name, *path)
            pending += [((*path, name), inner) for name, inner in value.items()]


def _check_text(text: str, *path: JsonStep) -> None:
    if "\0" in text:
        raise document_error("The character NUL cannot be stored: take it out.", *path)
    if any("\ud800" <= letter <= "\udfff" for letter in text):
        raise document_error("It holds half of a surrogate pair: send whole characters.", *path)


def object_at(value: object, *path: JsonStep) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise document_error("Give an object here, with keys and values.", *path)
    return value


def text_at(value: object, *path: JsonStep) -> str:
    """A string in one Unicode form (NFC), with LF line ends."""
    if not isinstance(value, str):
        raise document_error("Give a string here.", *path)
    return compose(value.replace("\r\n", "\n").replace("\r", "\n"))


def texts_at(value: object, *path: JsonStep) -> list[str]:
    """A string or a list of strings, as a list."""
    if isinstance(value, list):
        return [text_at(inner, *path, place) for place, inner in enumerate(value)]
    return [text_at(value, *path)]


def is_iri(text: str) -> bool:
    """Whether a string is an absolute IRI with a harmless scheme."""
    return bool(IRI_PATTERN.fullmatch(text)) and not text.lower().startswith(FORBIDDEN_IRI_SCHEMES)


def iri_at(value: object, *path: JsonStep) -> str:
    """An absolute IRI with a harmless scheme."""
    iri = text_at(value, *path)
    if not is_iri(iri):
        raise document_error("Give an absolute IRI here, such as https://example.org/page.", *path)
    return iri


def offset_at(value: object, *path: JsonStep) -> int:
    """An offset in code points."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise document_error("Give a whole number here.", *path)
    if value < 0:
        raise document_error("An offset counts from 0: it is never negative.", *path)
    return value


def as_list(value: object) -> list[Any]:
    """A list unchanged, None as an empty list, anything else as a list of one."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
