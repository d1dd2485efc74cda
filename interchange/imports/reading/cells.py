"""How a cell becomes a value: one cleaner for each kind of value, all of them pure.

A cleaner takes the content of a cell and returns a value, and a `Problem` or None. An empty cell, in any notation,
gives None (for lists, an empty one). With an error there is no value, and the row cannot be used as it is; with a
warning the value is what the message says. A problem has no place yet: `problem.at(row, column)` gives it one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .bodies import clean_body
from .countries import clean_countries, clean_country
from .lists import clean_items, clean_names, clean_tuples
from .numbers import clean_count, clean_number, clean_percent
from .places import clean_coordinates
from .problems import Problem
from .texts import READ_AS_EMPTY, clean_bool, clean_name, clean_text, is_empty, visible_text
from .years import check_year_order, clean_year

__all__ = [
    "CLEANERS",
    "READ_AS_EMPTY",
    "check_year_order",
    "clean_body",
    "clean_bool",
    "clean_coordinates",
    "clean_count",
    "clean_countries",
    "clean_country",
    "clean_items",
    "clean_name",
    "clean_names",
    "clean_number",
    "clean_percent",
    "clean_text",
    "clean_tuples",
    "clean_year",
    "is_empty",
    "visible_text",
]

CLEANERS: Mapping[str, Callable[[Any], tuple[Any, Problem | None]]] = {
    "text": clean_text,
    "name": clean_name,
    "body": clean_body,
    "items": clean_items,
    "names": clean_names,
    "tuples": clean_tuples,
    "count": clean_count,
    "number": clean_number,
    "percent": clean_percent,
    "year": clean_year,
    "truth": clean_bool,
    "country": clean_country,
}
"""The cleaners that look at one cell, by the kind of value that they make."""
