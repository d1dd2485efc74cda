"""One Unicode form: what people and programs send is composed (NFC) where it enters, before anything looks at it."""

from __future__ import annotations

import unicodedata
from typing import Any


def compose(text: str) -> str:
    r"""A text in the form NFC; nothing else about it changes.

    >>> compose("Cafe\u0301") == "Caf\u00e9"
    True
    """
    return unicodedata.normalize("NFC", text)


def compose_all(value: Any) -> Any:
    """A value of JSON with every text in it composed; keys stay as they are."""
    if isinstance(value, str):
        return compose(value)
    if isinstance(value, list):
        return [compose_all(inner) for inner in value]
    if isinstance(value, dict):
        return {name: compose_all(inner) for name, inner in value.items()}
    return value
