"""The terms, sources, organisations, places and passages that a record refers to, looked up together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Manager

from taxonomy.models import Term
from taxonomy.nearest import candidate_words, nearest

from ..models import Organisation, Passage, Place, Source

T = TypeVar("T")

MAX_SLUGS_PER_QUERY = 10_000
"""The most that every database accepts in one query."""

REGISTERS: dict[str, tuple[Manager[Any], str]] = {
    "sources": (Source.objects, "source"),
    "organisations": (Organisation.objects, "organisation"),
    "places": (Place.objects, "places"),
}
"""The registers besides the vocabularies: their manager, and the key of a case record that holds their slugs."""

PassageOffsets = tuple[str, int, int]


@dataclass
class Registers:
    """The objects that a record refers to by slug: `things[register or vocabulary][slug]`.

    `quoted` holds the existing passages at the offsets in the record, by (source, start, end).
    """

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    quoted: dict[PassageOffsets, Passage] = field(default_factory=dict)
    closed: bool = False
    """Whether `things` is complete; if not, more slugs to suggest are in the database."""

    @classmethod
    def named_in(cls, record: Any) -> Registers:
        """Look up every term, and all that `record` refers to, in five queries."""
        registers = cls()
        for term in Term.objects.select_related("vocabulary", "replaced_by__vocabulary"):
            registers.things.setdefault(term.vocabulary.slug, {})[term.slug] = term
        for register, (things, key) in REGISTERS.items():
            found = things.select_related("replaced_by").filter(slug__in=_first_distinct(slugs_under(record, key)))
            registers.things[register] = {thing.slug: thing for thing in found}
        registers.quoted = _passages_at(_first_distinct(_offsets(record)))
        return registers

    def find(self, register: str, slug: str) -> Any:
        """Return the object with a slug, or the current one for one that was merged or renamed."""
        thing = self.things.get(register, {}).get(slug)
        return thing and thing.current

    def hint(self, register: str, slug: str) -> str:
        """Suggest what to write instead of an unknown slug."""
        slugs = self._slugs(register, slug)
        near = nearest(slug, slugs, most=3, alike=50)
        if near:
            return f"Did you mean {' or '.join(near)}?"
        if register in REGISTERS:
            return f"Add it to the {register} first."
        return f"It is one of: {', '.join(slugs)}."

    def _slugs(self, register: str, near: str) -> list[str]:
        """The slugs in use. If the registers are not `closed`, also similar slugs in the database."""
        here = [slug for slug, thing in self.things.get(register, {}).items() if not getattr(thing, "retired_at", None)]
        if register in REGISTERS and not self.closed:
            return list(dict.fromkeys([*here, *candidate_words(REGISTERS[register][0].all(), near)]))
        return here


def _first_distinct(names: Iterable[T]) -> set[T]:
    """Return distinct names, at most `MAX_SLUGS_PER_QUERY`."""
    return set(islice(dict.fromkeys(names), MAX_SLUGS_PER_QUERY))


def slugs_under(record: Any, key: str) -> Iterator[str]:
    """Yield each possible slug under `key` anywhere in a record, alone or in a list."""
    for mapping in _mappings(record):
        value = mapping.get(key)
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and _is_possible_slug(word):
                yield word


def _is_possible_slug(word: str) -> bool:
    """Whether a string can safely be used as a slug in a query."""
    return 0 < len(word) <= 200 and "\0" not in word and word.isprintable()


def _offsets(record: Any) -> Iterator[PassageOffsets]:
    for mapping in _mappings(record):
        match mapping:
            case {"source": str(source), "start": int(start), "end": int(end)} if _is_possible_slug(source):
                if 0 <= start < end < 2**31:
                    yield source, start, end


def _passages_at(offsets: set[PassageOffsets]) -> dict[PassageOffsets, Passage]:
    if not offsets:
        return {}
    sources, starts, _ = zip(*offsets, strict=True)
    found = Passage.objects.filter(source__slug__in=set(sources), start__in=set(starts)).select_related("source")
    return {(passage.source.slug, passage.start, passage.end): passage for passage in found if passage.end is not None}  # type: ignore[misc]  # both offsets or neither


def _mappings(record: Any, depth: int = 8) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping in a record, down to the depth of a valid record."""
    if isinstance(record, Mapping):
        yield record
    inner = record.values() if isinstance(record, Mapping) else record if isinstance(record, list) else ()
    for value in inner if depth else ():
        yield from _mappings(value, depth - 1)
