"""Records as they come in: what each says, what stands of it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Model

from cases import records, upgrades
from cases.models import Case, Organisation, Place, Source
from taxonomy.models import Term, Vocabulary

from .catalogue import Document, Mistake
from .models import LoadedRecord

MODELS: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "vocabularies": (Vocabulary, ("slug", "label", "definition", "source_note", "order")),
    "terms": (Term, ("slug", "label", "definition", "scope_note", "example", "notation", "order")),
    "sources": (
        Source,
        (
            *("slug", "kind", "authors", "year", "title", "container", "publisher", "doi", "url", "note"),
            "text_sha256",
        ),
    ),
    "organisations": (Organisation, ("slug", "name", "country")),
    "places": (Place, ("slug", "name", "country", "latitude", "longitude")),
}
"""The registers besides the cases, in the order in which they are written, with their fields."""


class Fate(StrEnum):
    """What becomes of a record."""

    CREATED = "created"
    CHANGED = "changed"
    SAME = "same"
    KEPT = "kept as edited"
    GONE = "left deleted"


@dataclass
class Entry:
    """A record of the files: what it should say, what stands now, and what becomes of it."""

    register: str
    slug: str
    wanted: dict[str, Any]
    thing: Any
    """An unsaved object, or the matter of a case."""
    now: Any = None
    fate: Fate = Fate.SAME
    document: Document = field(default_factory=lambda: Document(""))

    @property
    def is_written(self) -> bool:
        return self.fate in {Fate.CREATED, Fate.CHANGED}


@dataclass
class Plan:
    """What is to be done, or what is wrong."""

    entries: list[Entry] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def of(self, register: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.register == register]


def said(thing: Any) -> dict[str, Any]:
    """Return what a term or a record of a register says, plainly."""
    names = next(names for model, names in MODELS.values() if isinstance(thing, model))
    plain = {name: records.plain(getattr(thing, name)) for name in names}
    if "country" in plain:
        plain["country"] = str(thing.country)
    if isinstance(thing, Term):
        plain["broader"] = thing.broader.slug if thing.broader else None
        aligned = thing.aligned if hasattr(thing, "aligned") else thing.alignments.all()
        plain["aligned"] = [[each.relation, each.iri, each.label] for each in aligned]
        if thing.retired_at:
            plain["retired"] = True
    return plain


def stands(thing: Any) -> dict[str, Any]:
    """Return what is compared of a record as it stands."""
    return whole(records.matter_of(thing), thing.state) if isinstance(thing, Case) else said(thing)


def stored(thing: Any) -> dict[str, Any]:
    """Return the same as it is remembered."""
    return upgrades.stored(stands(thing)) if isinstance(thing, Case) else stands(thing)


def remembered(row: LoadedRecord) -> dict[str, Any] | None:
    """Return what a record said when it was loaded, in the form of today; None where that is not known any more.

    What a register has a column for by now, it said nothing about.
    """
    if row.said is None:
        return None
    return upgrades.read(row.said) if row.register == "cases" else {**_blank(row.register), **row.said}


def _blank(register: str) -> dict[str, Any]:
    """Return what a record of a register says that says nothing."""
    thing: Any = MODELS[register][0]()
    thing.aligned = []
    return said(thing)


def alike(one: Any, other: Any) -> bool:
    """Tell whether two plain records say the same."""
    return records.checksum(one) == records.checksum(other)


def whole(matter: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return what is compared of a case: all that it says, and whether readers see it."""
    plain: dict[str, Any] = records.plain(matter)
    return plain | {"state": str(state)}
