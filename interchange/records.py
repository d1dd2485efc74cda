"""Records as they come in: what each says, what stands of it, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Model

from cases import records
from cases.models import Case, Organisation, Place, Source
from taxonomy.models import Term, Vocabulary

from .catalogue import Document, Mistake

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


def checksum_of(thing: Any) -> str:
    """Return the checksum of a record as it stands."""
    if isinstance(thing, Case):
        return records.checksum(whole(records.matter_of(thing), thing.state))
    return records.checksum(said(thing))


def whole(matter: Mapping[str, Any], state: str) -> dict[str, Any]:
    """Return what is compared of a case: all that it says, and whether readers see it."""
    plain: dict[str, Any] = records.plain(matter)
    return plain | {"state": str(state)}
