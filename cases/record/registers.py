"""What a record may refer to: terms, sources, organisations, places and passages, looked up together."""

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
"""As many as every database takes in one query."""

REGISTERS: dict[str, tuple[Manager[Any], str]] = {
    "sources": (Source.objects, "source"),
    "organisations": (Organisation.objects, "organisation"),
    "places": (Place.objects, "places"),
}
"""The registers besides the vocabularies: their records, and the key under which a case names their slugs."""

PassageOffsets = tuple[str, int, int]


@dataclass
class Registers:
    """The things that a record may name by slug, looked up together: `things[register or vocabulary][slug]`.

    `quoted` holds the passages that already stand at the offsets which the record names, by (source, start, end).
    """

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    quoted: dict[PassageOffsets, Passage] = field(default_factory=dict)
    closed: bool = False
    """Whether `things` holds all there is; otherwise the database knows more slugs to suggest."""

    @classmethod
    def named_in(cls, record: Any) -> Registers:
        """Look up every term, and what `record` names: five queries, however long it is."""
        registers = cls()
        for term in Term.objects.select_related("vocabulary", "replaced_by__vocabulary"):
            registers.things.setdefault(term.vocabulary.slug, {})[term.slug] = term
        for register, (things, key) in REGISTERS.items():
            found = things.filter(slug__in=_few(slugs_under(record, key)))
            registers.things[register] = {thing.slug: thing for thing in found}
        registers.quoted = _standing_at(_few(_offsets(record)))
        return registers

    def find(self, register: str, slug: str) -> Any:
        """Return what a slug means now: of a term that was merged or renamed, the one in its place."""
        thing = self.things.get(register, {}).get(slug)
        return thing.current if isinstance(thing, Term) else thing

    def hint(self, register: str, slug: str) -> str:
        """Return what to write instead of a slug that names nothing."""
        slugs = self._slugs(register, slug)
        near = nearest(slug, slugs, most=3, alike=50)
        if near:
            return f"Did you mean {' or '.join(near)}?"
        if register in REGISTERS:
            return f"Add it to the {register} first."
        return f"It is one of: {', '.join(slugs)}."

    def _slugs(self, register: str, near: str) -> list[str]:
        """Return what may be named, of a register that is not `closed` as far as it stands near a slug."""
        here = [slug for slug, thing in self.things.get(register, {}).items() if not getattr(thing, "retired_at", None)]
        if register in REGISTERS and not self.closed:
            return list(dict.fromkeys([*here, *candidate_words(REGISTERS[register][0].all(), near)]))
        return here


def _few(names: Iterable[T]) -> set[T]:
    """Return the different names, at most as many as every database takes in one question."""
    return set(islice(dict.fromkeys(names), MAX_SLUGS_PER_QUERY))


def slugs_under(record: Any, key: str) -> Iterator[str]:
    """Yield each short string that stands under `key` anywhere in a record, alone or in a list."""
    for mapping in _mappings(record):
        value = mapping.get(key)
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and _is_sound(word):
                yield word


def _is_sound(word: str) -> bool:
    """Tell whether a word may be asked of a database as a slug."""
    return 0 < len(word) <= 200 and "\0" not in word and word.isprintable()


def _offsets(record: Any) -> Iterator[PassageOffsets]:
    for mapping in _mappings(record):
        match mapping:
            case {"source": str(source), "start": int(start), "end": int(end)} if _is_sound(source):
                if 0 <= start < end < 2**31:
                    yield source, start, end


def _standing_at(offsets: set[PassageOffsets]) -> dict[PassageOffsets, Passage]:
    if not offsets:
        return {}
    sources, starts, _ = zip(*offsets, strict=True)
    found = Passage.objects.filter(source__slug__in=set(sources), start__in=set(starts)).select_related("source")
    return {(passage.source.slug, passage.start, passage.end): passage for passage in found if passage.end is not None}  # type: ignore[misc]  # both offsets or neither


def _mappings(record: Any, depth: int = 8) -> Iterator[Mapping[str, Any]]:
    """Yield every mapping in a record, as deep as a record goes."""
    if isinstance(record, Mapping):
        yield record
    inner = record.values() if isinstance(record, Mapping) else record if isinstance(record, list) else ()
    for value in inner if depth else ():
        yield from _mappings(value, depth - 1)
