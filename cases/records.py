"""A case as a record: the one shape in which it is read, written, loaded and compared; and how complete it is.

A record is a mapping. *Matter* is the record with the catalogue's own objects in it (terms, sources, unsaved or saved
passages), as `CaseSerializer` validates it and `actions` write it; *plain* is the same with slugs and numbers, as JSON
and the case files spell it. `plain(matter_of(case))` validates back to the same matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple, TypeVar

from django.db.models import Manager

from taxonomy.models import Term
from taxonomy.nearest import candidates, nearest

from .models import Absence, Arrangement, Case, Claim, Organisation, Passage, Place, Source

T = TypeVar("T")
Matter = Mapping[str, Any]

DIMENSIONS = {
    "arrangements": "arrangements_absent",
    "pathways": "pathways_absent",
    "sectors": "sectors_absent",
    "places": "places_absent",
    "years": "years_absent",
    "evidence": "evidence_absent",
}
"""What a case has or says which kind of nothing it has instead, each with the column that says so."""

NUMBERS = ("value", "value_from", "value_to", "out_of")


def matter_of(case: Case) -> dict[str, Any]:
    """Return what a case fetched by `Case.objects.whole()` says, without a query of its own."""
    return {
        "slug": case.slug,
        "title": case.title,
        "kind": case.kind,
        "summary": case.summary,
        "narrative": case.narrative,
        "eligibility": _eligibility(case),
        "democratic_quality": _democratic_quality(case),
        "arrangements": [_arrangement(arrangement) for arrangement in case.arrangements.all()],
        "pathways": [
            {"pathway": link.pathway, "basis": link.basis, "passage": link.passage} for link in case.pathway_links.all()
        ],
        "sectors": list(case.sectors.all()),
        "places": list(case.places.all()),
        "years": _years(case),
        "evidence": _evidence(case),
        "claims": [_claim(claim) for claim in case.claims.all()],
        "organisations": [
            {"organisation": entry.organisation, "part": entry.part, "passage": entry.passage}
            for entry in case.participations.all()
        ],
        "sources": [{"source": citation.source, "locator": citation.locator} for citation in case.citations.all()],
        "caveats": [
            {"kind": caveat.kind, "text": caveat.text, "passage": caveat.passage} for caveat in case.caveats.all()
        ],
        "absent": {name: getattr(case, column) for name, column in DIMENSIONS.items() if getattr(case, column)},
    }


def _eligibility(case: Case) -> dict[str, Any] | None:
    said = {
        "verdict": case.verdict,
        "reason": case.verdict_reason,
        "since": case.verdict_since,
        "before": case.verdict_before,
        "passage": case.verdict_passage,
    }
    return said if any(said.values()) else None


def _democratic_quality(case: Case) -> dict[str, Any] | None:
    if case.democratic_quality is None:
        return None
    return {
        "judgement": case.democratic_quality,
        "reason": case.democratic_reason,
        "passage": case.democratic_passage,
    }


def _arrangement(arrangement: Arrangement) -> dict[str, Any]:
    return {
        "label": arrangement.label,
        "type": {
            "term": arrangement.type,
            "basis": arrangement.type_basis,
            "passage": arrangement.type_passage,
        },
        "actor": {
            "terms": arrangement.actors,
            "basis": arrangement.actor_basis,
            "passage": arrangement.actor_passage,
        },
        "mode": {
            "terms": arrangement.modes,
            "absent": arrangement.mode_absent or None,
            "basis": arrangement.mode_basis or None,
            "passage": arrangement.mode_passage,
        },
    }


def _years(case: Case) -> dict[str, Any] | None:
    if case.year_start is None and case.year_end is None:
        return None
    return {
        "start": case.year_start,
        "start_precision": case.year_start_precision,
        "end": case.year_end,
        "end_precision": case.year_end_precision,
        "ongoing": case.ongoing,
        "passage": case.years_passage,
    }


def _evidence(case: Case) -> dict[str, Any] | None:
    if case.evidence_level is None:
        return None
    return {
        "level": case.evidence_level,
        "direction": case.evidence_direction,
        "note": case.evidence_note,
        "passage": case.evidence_passage,
    }


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "as_stated": claim.as_stated,
        "qualifier": claim.qualifier or None,
        **{name: getattr(claim, name) for name in NUMBERS},
        "unit": claim.unit,
        "measures": claim.measures,
        "population": claim.population,
        "year_from": claim.year_from,
        "year_to": claim.year_to,
        "source": claim.source,
        "passage": claim.passage,
    }


def plain(matter: Any) -> Any:
    """Return matter as JSON spells it: things by their slugs, passages as objects, figures as numbers."""
    match matter:
        case Passage():
            return {"source": matter.source.slug, **{name: getattr(matter, name) for name in PASSAGE}}
        case Term() | Source() | Organisation() | Place():
            return matter.slug
        case Decimal():
            return int(matter) if matter == matter.to_integral_value() else float(matter)
        case Mapping():
            return {name: plain(value) for name, value in matter.items()}
        case list() | tuple():
            return [plain(value) for value in matter]
    return matter


PASSAGE = ("exact", "start", "end", "locator")


def checksum(record: Any) -> str:
    """Return the SHA-256 of a plain record; the order of what has none (sectors, places, ...) does not count."""
    text = json.dumps(_in_one_order(record), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


UNORDERED = {"sectors", "places", "pathways", "organisations", "terms"}


def _in_one_order(value: Any, name: str = "") -> Any:
    if isinstance(value, Mapping):
        return {key: _in_one_order(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        inner = [_in_one_order(each) for each in value]
        return sorted(inner, key=lambda each: json.dumps(each, sort_keys=True)) if name in UNORDERED else inner
    return value


def passages_in(matter: Any) -> Iterator[Passage]:
    """Yield every passage of a matter."""
    if isinstance(matter, Passage):
        yield matter
    elif isinstance(matter, Mapping):
        for value in matter.values():
            yield from passages_in(value)
    elif isinstance(matter, list):
        for value in matter:
            yield from passages_in(value)


def paths_of(errors: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield (field path, message) for each mistake of a nested error: `arrangements[1].type.basis`, ...

    >>> list(paths_of({"claims": [{}, {"unit": ["Give it."]}]}))
    [('claims[1].unit', 'Give it.')]
    """
    if isinstance(errors, Mapping):
        for name, inner in errors.items():
            here = path if name in {"non_field_errors", "__all__"} else f"{path}.{name}".lstrip(".")
            yield from paths_of(inner, f"{path}[{name}]" if isinstance(name, int) else here)
    elif isinstance(errors, list) and any(isinstance(inner, (Mapping, list)) for inner in errors):
        for number, inner in enumerate(errors):
            yield from paths_of(inner, f"{path}[{number}]")
    elif isinstance(errors, list):
        yield from ((path, str(message)) for message in errors)
    else:
        yield path, str(errors)


# What a record may refer to ------------------------------------------------------------------------------------------

REGISTERS: dict[str, tuple[Manager[Any], str]] = {
    "sources": (Source.objects, "source"),
    "organisations": (Organisation.objects, "organisation"),
    "places": (Place.objects, "places"),
}
"""The registers besides the vocabularies: their records, and the key under which a case names their slugs."""

Offsets = tuple[str, int, int]


@dataclass
class Registers:
    """The things that a record may name by slug, looked up together: `things[register or vocabulary][slug]`.

    `quoted` holds the passages that already stand at the offsets which the record names, by (source, start, end).
    """

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    quoted: dict[Offsets, Passage] = field(default_factory=dict)
    closed: bool = False
    """Whether `things` holds all there is; otherwise the database knows more slugs to suggest."""

    @classmethod
    def named_in(cls, record: Any) -> Registers:
        """Look up every term, and what `record` names: five queries, however long it is."""
        registers = cls()
        for term in Term.objects.select_related("vocabulary", "replaced_by__vocabulary"):
            registers.things.setdefault(term.vocabulary.slug, {})[term.slug] = term
        for register, (things, key) in REGISTERS.items():
            found = things.filter(slug__in=_few(words_under(record, key)))
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
            return list(dict.fromkeys([*here, *candidates(REGISTERS[register][0].all(), near)]))
        return here


def _few(names: Iterable[T]) -> set[T]:
    """Return the different names, at most as many as every database takes in one question."""
    return set(islice(dict.fromkeys(names), 10_000))


def words_under(record: Any, key: str) -> Iterator[str]:
    """Yield each short string that stands under `key` anywhere in a record, alone or in a list."""
    for mapping in _mappings(record):
        value = mapping.get(key)
        for word in value if isinstance(value, list) else [value]:
            if isinstance(word, str) and _is_sound(word):
                yield word


def _is_sound(word: str) -> bool:
    """Tell whether a word may be asked of a database as a slug."""
    return 0 < len(word) <= 200 and "\0" not in word and word.isprintable()


def _offsets(record: Any) -> Iterator[Offsets]:
    for mapping in _mappings(record):
        match mapping:
            case {"source": str(source), "start": int(start), "end": int(end)} if _is_sound(source):
                if 0 <= start < end < 2**31:
                    yield source, start, end


def _standing_at(offsets: set[Offsets]) -> dict[Offsets, Passage]:
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


# How complete a case is ----------------------------------------------------------------------------------------------


class Filled(NamedTuple):
    """Whether one field of a case is filled, and why it should be."""

    field: str
    filled: bool
    why: str


Said = Callable[[Case], Any]

NEEDED: dict[str, tuple[Said, str]] = {
    "title": (lambda case: case.title.strip(), "A published case has a title."),
    "summary": (lambda case: case.summary.strip(), "A published case has a summary of one or two sentences."),
    "eligibility.verdict": (lambda case: case.verdict_id, "A published case has a verdict on its eligibility."),
    "eligibility.reason": (lambda case: case.verdict_reason.strip(), "A verdict says its reason."),
    "eligibility.passage": (lambda case: case.verdict_passage_id, "A verdict rests on a passage of a source."),
}
"""Without these no case is published."""

WANTED: dict[str, tuple[Said, str]] = {
    "narrative": (lambda case: case.narrative.strip(), "The narrative tells readers what was done, and how."),
    "sources": (lambda case: case.citations.all(), "Readers want to know which sources tell of it."),
}


def lacking(case: Case) -> dict[str, str]:
    """Return what a case still needs before it may be published: field and what to do."""
    return {name: why for name, (said, why) in NEEDED.items() if not said(case)}


def lacking_in(record: Mapping[str, Any]) -> dict[str, str]:
    """Return the same of a plain record that is no case yet."""
    found = {}
    for name, (_, why) in NEEDED.items():
        part, _, inner = name.partition(".")
        said = (record.get(part) or {}).get(inner) if inner else record.get(part)
        if not (said.strip() if isinstance(said, str) else said):
            found[name] = why
    return found


def completeness(case: Case) -> list[Filled]:
    """Return, for each field that a good record fills, whether this one does.

    A dimension counts as filled when somebody judged it: something is there, or a kind of nothing besides "not coded".
    """
    fields = [Filled(name, bool(said(case)), why) for name, (said, why) in (NEEDED | WANTED).items()]
    return fields + [
        Filled(name, getattr(case, column) != Absence.NOT_CODED, f"Give {name}, or say why there is nothing.")
        for name, column in DIMENSIONS.items()
    ]


def absence(said: str, *, present: bool) -> str:
    """Return what an "absent" column holds: nothing when there is something, "not coded" when nobody said which."""
    return "" if present else said or Absence.NOT_CODED.value
