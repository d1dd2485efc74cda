"""What the slugs of a record mean: labels of terms, citations of sources, names of organisations and places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from cases.records import REGISTERS, words_under
from taxonomy.models import Term

from .outline import Leaf, Set

MOST = 10_000  # slugs: as many as every database takes in one question


@dataclass
class Labels:
    """The labels of things: `labels[vocabulary or register][slug]`. A slug without one is its own label."""

    labels: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, *records: Mapping[str, Any] | None) -> Labels:
        """Look up every term, and the sources, organisations and places of some records: four queries."""
        labels: dict[str, dict[str, str]] = {}
        for vocabulary, slug, label in Term.objects.values_list("vocabulary__slug", "slug", "label"):
            labels.setdefault(vocabulary, {})[slug] = label
        for register, (things, key) in REGISTERS.items():
            named = dict.fromkeys(slug for record in records for slug in words_under(record, key))
            found = things.filter(slug__in=list(islice(named, MOST)))
            labels[register] = {thing.slug: str(thing) for thing in found}
        return cls(labels)

    def of_slug(self, register: str, slug: str) -> str:
        return self.labels.get(register, {}).get(slug) or slug

    def said(self, field: Leaf | Set, value: Any) -> str:
        """Put the value of a field in words; nothing is an empty string."""
        if value is None or value == "":
            return ""
        if isinstance(value, list | tuple):
            return ", ".join(self.said(field, each) for each in value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if field.register:
            return self.of_slug(field.register, str(value))
        return _written(field, value)

    def passage(self, passage: Mapping[str, Any]) -> str:
        """Put a passage in words: “over 100 people” (Loeffler (2020), p. 3, characters 7–22)."""
        where = ", ".join(filter(None, [self.of_slug("sources", str(passage.get("source") or "")), place(passage)]))
        return f"“{passage.get('exact') or ''}”" + (f" ({where})" if where else "")


def _written(field: Leaf | Set, value: Any) -> str:
    """Return a value that names nothing: a word of a short list, a number, a text."""
    if isinstance(field, Leaf) and field.amount and isinstance(value, int | float):
        return f"{value:,}"
    return field.choices.get(str(value), str(value)) if isinstance(field, Leaf) else str(value)


def place(passage: Mapping[str, Any]) -> str:
    """Say where in its source a passage stands; an empty string where nobody said."""
    start, end = passage.get("start"), passage.get("end")
    offsets = f"characters {start}–{end}" if start is not None else ""
    return ", ".join(filter(None, [passage.get("locator") or "", offsets]))
