"""A mapping as people write it: a line for each column, word and constant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def parse_columns(text: str) -> dict[str, list[str]]:
    r"""Read `Name = title, source_title`; a column without a field is left out.

    >>> parse_columns("Name = title, source_title\nNotes =")
    {'Name': ['title', 'source_title']}
    """
    found = {column: [name.strip() for name in names.split(",")] for column, names in _pairs(text)}
    return {column: kept for column, names in found.items() if (kept := [name for name in names if name])}


def parse_constants(text: str) -> dict[str, str]:
    """Read `kind = named-case`."""
    return {name: value for name, value in _pairs(text) if value}


def parse_values(text: str) -> dict[str, dict[str, str]]:
    r"""Read `Still active: Yes = true`; without anything after the sign, the word means nothing.

    >>> parse_values("End: now =\nStill active: Yes = true")
    {'End': {'now': ''}, 'Still active': {'Yes': 'true'}}
    """
    found: dict[str, dict[str, str]] = {}
    for place, meaning in _pairs(text):
        column, _, word = place.partition(":")
        found.setdefault(column.strip(), {})[word.strip()] = meaning
    return found


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """The two sides of the last “=” of each line."""
    for line in text.splitlines():
        before, sign, behind = line.rpartition("=")
        if sign and before.strip():
            yield before.strip(), behind.strip()


def format_spec(spec: Mapping[str, Any]) -> dict[str, str]:
    """The lines of a spec by the field of the form in which it is edited."""
    return {
        "columns": _lines((column, ", ".join(names)) for column, names in spec.get("columns", {}).items()),
        "values": _lines(
            (f"{column}: {word}", meaning)
            for column, words in spec.get("values", {}).items()
            for word, meaning in words.items()
        ),
        "constants": _lines(spec.get("constants", {}).items()),
        "nothing": "\n".join(spec.get("nothing", [])),
    }


def _lines(pairs: Any) -> str:
    return "\n".join(f"{before} = {behind}" for before, behind in pairs)
