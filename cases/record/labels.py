"""Labels for the slugs in a record: of terms, sources (as citations), organisations and places."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from cases.record.registers import MAX_SLUGS_PER_QUERY, REGISTERS, slugs_under
from taxonomy.models import Term

from ..models import Source
from .outline import SetNode, ValueNode


@dataclass
class RecordLabels:
    """Labels by slug: `labels[vocabulary or register][slug]`. A slug that has none is its own label."""

    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    unheld: Collection[str] = frozenset()
    """Slugs of the sources of which no text is held, so that nobody has compared their passages with it."""

    @classmethod
    def of(cls, *records: Mapping[str, Any] | None) -> RecordLabels:
        """Look up every term, and the sources, organisations and places in some records, in four queries."""
        labels: dict[str, dict[str, str]] = {}
        unheld: set[str] = set()
        for vocabulary, slug, label in Term.objects.values_list("vocabulary__slug", "slug", "label"):
            labels.setdefault(vocabulary, {})[slug] = label
        for register, (things, key) in REGISTERS.items():
            named = dict.fromkeys(slug for record in records for slug in slugs_under(record, key))
            found = things.filter(slug__in=list(islice(named, MAX_SLUGS_PER_QUERY)))
            labels[register] = {thing.slug: str(thing) for thing in found}
            unheld |= {thing.slug for thing in found if isinstance(thing, Source) and not thing.text_sha256}
        return cls(labels, unheld)

    def of_slug(self, register: str, slug: str) -> str:
        return self.labels.get(register, {}).get(slug) or slug

    def in_words(self, field: ValueNode | SetNode, value: Any) -> str:
        """Put the value of a field in words; an empty value is an empty string."""
        if value is None or value == "":
            return ""
        if isinstance(value, list | tuple):
            return ", ".join(self.in_words(field, each) for each in value)
        if isinstance(value, bool):
            return "yes" if value else "no"
        if field.register:
            return self.of_slug(field.register, str(value))
        return _value_in_words(field, value)

    def passage(self, passage: Mapping[str, Any]) -> str:
        """Put a passage in words: “over 100 people” (Loeffler (2020), p. 3, characters 7–22, unchecked)."""
        source = self.of_slug("sources", str(passage.get("source") or ""))
        where = ", ".join(filter(None, [source, passage_location(passage), self.unchecked(passage)]))
        return f"“{passage.get('exact') or ''}”" + (f" ({where})" if where else "")

    def unchecked(self, passage: Mapping[str, Any]) -> str:
        """The word for a passage whose words were not found in a text of its source; otherwise an empty string."""
        checked = passage.get("start") is not None and passage.get("source") not in self.unheld
        return "" if checked else "unchecked"


def _value_in_words(field: ValueNode | SetNode, value: Any) -> str:
    if isinstance(field, ValueNode) and field.amount and isinstance(value, int | float):
        return f"{value:,}"
    return field.choices.get(str(value), str(value)) if isinstance(field, ValueNode) else str(value)


def passage_location(passage: Mapping[str, Any]) -> str:
    """Where in its source a passage is; an empty string if that is not recorded."""
    start, end = passage.get("start"), passage.get("end")
    offsets = f"characters {start}–{end}" if start is not None else ""
    return ", ".join(filter(None, [passage.get("locator") or "", offsets]))
