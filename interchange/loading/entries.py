"""Records of the files: what they say, what is stored of each, and its outcome."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.db.models import Model

from cases.models import Case, Organisation, Place, Source
from cases.models.registers import Registered
from cases.record import convert
from cases.schema import forms
from taxonomy.models import TERM_TEXT_FIELDS, VOCABULARY_FIELDS, Term, Vocabulary

from ..models import LoadedRecord
from .editions import LOAD_REASON, Edition
from .files import FileMistake, YamlDocument

LOADED_MODELS: dict[str, tuple[type[Model], tuple[str, ...]]] = {
    "vocabularies": (Vocabulary, VOCABULARY_FIELDS),
    "terms": (Term, TERM_TEXT_FIELDS),
    "sources": (
        Source,
        (
            *("slug", "kind", "authors", "year", "title", "container", "publisher", "doi", "url", "note"),
            *("text_sha256", "sections"),
        ),
    ),
    "organisations": (Organisation, ("slug", "name", "country", "unnamed")),
    "places": (Place, ("slug", "name", "country", "admin_area", "latitude", "longitude")),
}
"""The fields of each register besides the cases, in the order in which they are written."""


class LoadOutcome(StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    MERGED = "merged"
    PROPOSED = "proposed"
    SAME = "same"
    KEPT = "kept as edited"
    GONE = "left deleted"
    LEFT_OUT = "left out"


@dataclass
class LoadEntry:
    """A record of the files, the stored one if there is one, and the outcome."""

    register: str
    slug: str
    wanted: dict[str, Any]
    thing: Any
    """An unsaved object, or the validated record of a case."""
    now: Any = None
    outcome: LoadOutcome = LoadOutcome.SAME
    document: YamlDocument = field(default_factory=lambda: YamlDocument(""))
    path: str = ""
    """Where the document has it."""
    loaded: dict[str, Any] | None = None
    """What the last load brought, if that is known."""
    edition: int | None = None
    """The last edition that was brought to it; None if it was never loaded."""

    @property
    def is_written(self) -> bool:
        return self.outcome in {LoadOutcome.CREATED, LoadOutcome.CHANGED, LoadOutcome.MERGED}

    @property
    def has_row(self) -> bool:
        """Whether other records can point to it once the plan is carried out."""
        return self.is_written or self.now is not None


@dataclass
class LoadPlan:
    """What is to be done, or what is wrong in the files."""

    edition: Edition
    is_new: bool = False
    """Whether the catalogue has an earlier edition so far."""
    entries: list[LoadEntry] = field(default_factory=list)
    mistakes: list[FileMistake] = field(default_factory=list)
    notes: list[FileMistake] = field(default_factory=list)
    """Why records are left out: something that people did here stands in their way."""

    def of(self, register: str) -> list[LoadEntry]:
        return [entry for entry in self.entries if entry.register == register]

    def is_due(self, entry: LoadEntry) -> bool:
        """Whether the edition was not brought to this record yet."""
        return entry.edition is not None and entry.edition < self.edition.number

    def reason_of_case(self, entry: LoadEntry) -> str:
        return self.edition.reason_of_case(entry.slug) if self.is_new or self.is_due(entry) else LOAD_REASON

    def reason_of_term(self, entry: LoadEntry) -> str:
        """The reason of a change to a term or vocabulary; in a revision, empty if it is that of the whole."""
        if not (self.is_new or self.is_due(entry)):
            return LOAD_REASON
        return self.edition.codebook.get(entry.slug, "") or ("" if self.is_new else self.edition.reason)

    def kept(self) -> list[LoadEntry]:
        """Records that the edition would change, but for what people did to them here."""
        return [
            entry
            for entry in self.entries
            if entry.outcome == LoadOutcome.KEPT and self.is_due(entry) and not same_content(entry.loaded, entry.wanted)
        ]

    def leave_out(self, entry: LoadEntry, path: str, why: str) -> None:
        entry.outcome = LoadOutcome.LEFT_OUT
        self.notes.append(entry.document.mistake(path, why))


def plain_record(thing: Any) -> dict[str, Any]:
    """The primitive record of a term or of a thing of a register."""
    names = next(names for model, names in LOADED_MODELS.values() if isinstance(thing, model))
    plain = {name: convert.to_primitive(getattr(thing, name)) for name in names}
    if "country" in plain:
        plain["country"] = str(thing.country)
    if isinstance(thing, Term):
        plain["broader"] = thing.broader.slug if thing.broader else None
        aligned = thing.aligned if hasattr(thing, "aligned") else thing.alignments.all()
        plain["aligned"] = [[each.relation, each.iri, each.label] for each in aligned]
        plain |= manual_of_term(thing)
        if thing.retired_at:
            plain["retired"] = True
    if isinstance(thing, Registered) and thing.replaced_by_id:
        plain["merged"] = True
    return plain


def manual_of_term(term: Term) -> dict[str, Any]:
    """The neighbours and examples of a term as primitive values; a term of the files has them as `near` and `shown`."""
    near = term.near if hasattr(term, "near") else term.neighbours.all()
    shown = term.shown if hasattr(term, "shown") else term.examples.all()
    return {
        "neighbours": [[each.name, each.difference] for each in near],
        "examples": [[each.fit, each.case, each.why, each.passage] for each in shown],
    }


def current_content(thing: Any) -> dict[str, Any]:
    """The content of a stored record, as it is compared."""
    return (
        comparable_case(convert.record_from_case(thing), thing.state)
        if isinstance(thing, Case)
        else plain_record(thing)
    )


def content_to_store(thing: Any) -> dict[str, Any]:
    """The content of a stored record, as it is kept in `LoadedRecord`."""
    return forms.to_stored(current_content(thing)) if isinstance(thing, Case) else current_content(thing)


def loaded_content(row: LoadedRecord) -> dict[str, Any] | None:
    """The content of a record when it was loaded, in today's form; None if it is no longer known.

    Columns that the register got since are empty.
    """
    if row.said is None:
        return None
    return forms.read_stored(row.said) if row.register == "cases" else {**_empty_content(row.register), **row.said}


def _empty_content(register: str) -> dict[str, Any]:
    """The content of an empty record."""
    thing: Any = LOADED_MODELS[register][0]()
    thing.aligned = thing.near = thing.shown = []
    return plain_record(thing)


def same_content(one: Any, other: Any) -> bool:
    return convert.record_checksum(one) == convert.record_checksum(other)


def comparable_case(validated: Mapping[str, Any], state: str) -> dict[str, Any]:
    """The content of a case as it is compared: its record and its state."""
    plain: dict[str, Any] = convert.to_primitive(validated)
    return plain | {"state": str(state)}
