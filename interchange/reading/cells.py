"""How a cell becomes a value: one cleaner for each kind of value, all of them pure.

A cleaner takes what stands in a cell and returns the value and a `Problem` or None. An empty cell, in any notation,
gives None (for lists, an empty one). With an error there is no value, and the row cannot be used as it is; with a
warning the value is what the message says. A problem has no place yet: `problem.at(row, column)` gives it one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .bodies import body
from .countries import country, several
from .lists import items, tuples
from .numbers import count, number, percent
from .places import coordinates
from .problems import Problem
from .texts import is_empty, text, truth
from .years import in_order, year

__all__ = [
    "CLEANERS",
    "body",
    "coordinates",
    "count",
    "country",
    "in_order",
    "is_empty",
    "items",
    "number",
    "percent",
    "several",
    "text",
    "truth",
    "tuples",
    "year",
]

CLEANERS: Mapping[str, Callable[[Any], tuple[Any, Problem | None]]] = {
    "text": text,
    "body": body,
    "items": items,
    "tuples": tuples,
    "count": count,
    "number": number,
    "percent": percent,
    "year": year,
    "truth": truth,
    "country": country,
}
"""The cleaners that look at one cell, by the kind of value that they make."""
