"""The values of a row as a record: merged into the record of the case, with passages for the judgements.

A row of somebody's table brings its own source, the table: so the passage of its years quotes its cells.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from cases import schema
from cases.models.identity import fold_doi, fold_url, fold_words
from cases.record.registers import REGISTERS, slugs_under

from ..reading import cells as cleaners
from ..reading.places import COORDINATE_DECIMALS
from ..reading.problems import printable_value, warning
from ..register_entries import RegisterEntry
from .fields import IMPORT_FIELDS, JUDGEMENTS_WITH_PASSAGE
from .named import COLUMN_FIELDS, NamedInRow, lacks_scheme
from .things import NamedThing, Recognition, ThingsLookup, called, place_name
from .values import FROM_MAPPING, RowValues

YEAR_FIELDS = ("year_start", "year_end", "ongoing")
SOURCE_MISSING = (
    "This rests on the words of a source. Give one: its slug as “sources”, or its authors and title "
    "as “source_authors” and “source_title”."
)


@dataclass
class CaseDraft:
    """The record that a row makes, with the entries that it names and the countries of its places."""

    values: RowValues
    record: dict[str, Any]
    named: NamedInRow
    cited: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By register: the slugs that the stored case names."""
    entries: list[RegisterEntry] = field(default_factory=list)
    countries: set[str] = field(default_factory=set)
    source: str = ""
    """The slug of the source that the row brings."""
    recognised: list[dict[str, Any]] = field(default_factory=list)
    """What the row names, and what it was recognised as; see `ImportRow.recognised`."""

    def note(self, named: NamedThing, found: Recognition) -> None:
        told = {"register": named.register, "key": named.key, "slug": found.slug, "why": found.why}
        item = {**told, "name": called(named.register, named.entry), "alike": list(found.alike)}
        if item not in self.recognised:
            self.recognised.append(item)


def assemble_case(values: RowValues, base: dict[str, Any] | None, named: NamedInRow, things: ThingsLookup) -> CaseDraft:
    """Merge the values of a row, and what it names, into `base`: the record of its case, or nothing."""
    draft = CaseDraft(values, deepcopy(base) if base else {}, named, things_cited(base or {}))
    _order_of_years(draft)
    for name, value in values.given.items():
        wanted = IMPORT_FIELDS.get(name)
        if wanted and wanted.path:
            set_path(draft.record, wanted.path, value)
    _drop_empty_judgements(draft)
    for step in (_sources, _places, _organisations):
        step(draft, things)
    _figures(draft)
    _passages(draft)
    _absences(draft)
    return draft


def things_cited(record: Any) -> dict[str, Collection[str]]:
    """By register: the slugs of the things that a record, or a list of them, names."""
    return {register: dict.fromkeys(slugs_under(record, key)) for register, (_, key) in REGISTERS.items()}


def set_path(record: dict[str, Any], path: str, value: Any) -> None:
    """Set the value at a path of a record; None removes it."""
    *outer, last = path.split(".")
    here = record
    for key in outer:
        here[key] = here = dict(here.get(key) or {})
    if value is None and last in here:
        del here[last]
    elif value is not None:
        here[last] = value


def _drop_empty_judgements(draft: CaseDraft) -> None:
    """Remove judgements of which only the reason or the passage is left."""
    for block in schema.BLOCKS:
        judgement = draft.record.get(block.name)
        if judgement and block.known_by and all(judgement.get(key) in (None, []) for key in block.known_by):
            draft.record[block.name] = None
            message = f"This was left out, as there is no {' or '.join(block.known_by)} that it belongs to."
            for name in draft.values.fields_under(f"{block.name}."):
                draft.values.unused(name, message)


def _order_of_years(draft: CaseDraft) -> None:
    """Refuse an end before its start, naming the columns."""
    values = draft.values
    start, end = (values.origins.get(name, (name, ""))[0] for name in ("year_start", "year_end"))
    problem = cleaners.check_year_order(
        values.one("year_start"), values.one("year_end"), start_column=start, end_column=end
    )
    if problem:
        values.note(problem, end)
        del values.given["year_start"], values.given["year_end"]


def _sources(draft: CaseDraft, things: ThingsLookup) -> None:
    values, record = draft.values, draft.record
    cited = list(record.get("sources") or [])
    if "sources" in values.given:
        wanted = values.one("sources") or []
        still_cited = [entry for entry in cited if entry["source"] in wanted]
        had = {entry["source"] for entry in still_cited}
        cited = still_cited + [{"source": slug, "locator": ""} for slug in wanted if slug not in had]
    if draft.named.source:
        _note_web_address(values)
        draft.source = _recognise(draft, things, draft.named.source)
        if draft.source not in {entry["source"] for entry in cited}:
            cited.append({"source": draft.source, "locator": ""})
    record["sources"] = cited


def _recognise(draft: CaseDraft, things: ThingsLookup, named: NamedThing) -> str:
    """The slug of what a row names; what it was recognised as is noted, and what it says in vain."""
    found = things.recognise(named, draft.cited.get(named.register, ()))
    draft.note(named, found)
    if found.entry:
        draft.entries.append(found.entry)
    if found.stands:
        _note_differences(draft.values, named, found)
    return found.slug


def _note_differences(values: RowValues, named: NamedThing, found: Recognition) -> None:
    """Say of each column what it says otherwise than what stands, as that stays."""
    for name, given in named.entry.items():
        field_name = COLUMN_FIELDS[named.register].get(name, "")
        column, _ = values.origins.get(field_name, (FROM_MAPPING, ""))
        stands = (found.stands or {}).get(name)
        if given not in (None, "") and column != FROM_MAPPING and not _agree(name, given, stands):
            says = f"says “{printable_value(stands)}”" if stands not in (None, "") else "has nothing"
            message = f"This was left out: “{found.slug}” stands in the {named.register} and {says} here."
            values.note(warning(message, given), column)


def _agree(name: str, given: Any, stands: Any) -> bool:
    if name in {"latitude", "longitude"}:
        return stands is not None and round(float(given), COORDINATE_DECIMALS) == float(stands)
    folded = {"doi": fold_doi, "url": fold_url}.get(name, fold_words)
    return folded(given) == folded(stands)


def _note_web_address(values: RowValues) -> None:
    given = values.one("source_url")
    if lacks_scheme(given):
        values.note(warning("“https://” was put before this address.", given), values.origins["source_url"][0])


def _places(draft: CaseDraft, things: ThingsLookup) -> None:
    values, named = draft.values, draft.named
    draft.countries = set(values.one("countries") or []) | {values.one("place_country") or ""} - {""}
    values.note(named.no_point, values.origins.get("latitude", ("latitude", ""))[0])
    _note_unused_places(values, named)
    found = [_recognise(draft, things, each) for each in named.places]
    if named.adds_place:
        found = [*(draft.record.get("places") or []), *found]
    if found or "places" in values.given:
        draft.record["places"] = list(dict.fromkeys(found))


def _note_unused_places(values: RowValues, named: NamedInRow) -> None:
    """Say what was left out of where a case is."""
    if not values.one("place_name"):
        for name in ("latitude", "longitude"):
            values.unused(name, "No place is named, so this point was left out. Name the place.")
    if values.one("places"):
        for name in ("place_name", "place_area", "place_country"):
            values.unused(name, "The places are named by another column, so this one was left out.")
    countries = {each.entry["country"] for each in named.places}
    if missing := [code for code in values.one("countries") or [] if code not in countries]:
        left = ", ".join(place_name("", code) for code in missing)
        values.unused("countries", f"A nearer place is named, so this was left out: {left}.")


def _organisations(draft: CaseDraft, things: ThingsLookup) -> None:
    listed = list(draft.record.get("organisations") or [])
    for part, named in draft.named.organisations:
        slug = _recognise(draft, things, named)
        if (slug, part) not in {(entry["organisation"], entry["part"]) for entry in listed}:
            listed.append({"organisation": slug, "part": part, "passage": None})
    if listed:
        draft.record["organisations"] = listed


def _figures(draft: CaseDraft) -> None:
    """Add what the row counts, quoted as the cell has it."""
    listed = list(draft.record.get("claims") or [])
    for name, value in draft.values.several("figure:"):
        unit, measures = name.split(":")
        column, raw = draft.values.origins[f"figure:{name}"]
        if not draft.source:
            draft.values.wrong(f"figure:{name}", SOURCE_MISSING)
            continue
        stated = f"{column}: {raw.strip()}"
        claim = {"as_stated": stated, "value": value, "unit": unit, "measures": measures, "source": draft.source}
        if stated not in {each["as_stated"] for each in listed}:
            listed.append({**claim, "passage": _quoted(draft.source, stated)})
    if listed:
        draft.record["claims"] = listed


def _quoted(source: str, words: str) -> dict[str, Any]:
    return {"source": source, "exact": words, "start": None, "end": None, "locator": ""}


def _passages(draft: CaseDraft) -> None:
    """Give judgements the passages that the row quotes, or its own cells."""
    for name in JUDGEMENTS_WITH_PASSAGE:
        if judgement := draft.record.get(name):
            _set_passage(draft, name, judgement)
        else:
            draft.values.unused(f"{name}_passage", "This was left out, as nothing is said that it would support.")


def _set_passage(draft: CaseDraft, name: str, judgement: dict[str, Any]) -> None:
    """Give one judgement a passage, unless it has the same one; years need one."""
    source, words = _words_for(draft, name)
    stored = judgement.get("passage") or {}
    if source and words:
        if (stored.get("source"), stored.get("exact")) != (source, words):
            judgement["passage"] = _quoted(source, words)
    elif draft.values.one(f"{name}_passage") or (name == "years" and not stored):
        draft.values.wrong("year_start" if name == "years" else f"{name}_passage", SOURCE_MISSING)


def _words_for(draft: CaseDraft, name: str) -> tuple[str, str]:
    """The source and the words for a judgement: those that the row quotes, or for years its own cells."""
    if words := draft.values.one(f"{name}_passage"):
        return _first_source(draft.record), str(words)
    return (draft.source, _dated(draft.values)) if name == "years" else ("", "")


def _dated(values: RowValues) -> str:
    """The cells of the years: “Start year: 2011; Still active: Yes”."""
    cells = [values.origins[name] for name in YEAR_FIELDS if name in values.given]
    return "; ".join(f"{column}: {raw.strip()}" for column, raw in cells)


def _first_source(record: dict[str, Any]) -> str:
    return next((str(entry["source"]) for entry in record.get("sources") or []), "")


def _absences(draft: CaseDraft) -> None:
    """Drop `absent` for dimensions that have a value."""
    record = draft.record
    absent = {name: kind for name, kind in (record.get("absent") or {}).items() if not record.get(name)}
    for name in (record.get("absent") or {}).keys() - absent.keys():
        draft.values.unused(f"{name}_absent", f"This was left out, as the case says something of its {name}.")
    if absent or "absent" in record:
        record["absent"] = absent


def keep_placed_passages(new: Any, stored: Any) -> Any:
    """The new record, in which a passage without offsets is replaced by the stored one with the same words."""
    if isinstance(new, list) and isinstance(stored, list):
        return [
            keep_placed_passages(value, stored[place] if place < len(stored) else None)
            for place, value in enumerate(new)
        ]
    if not isinstance(new, dict) or not isinstance(stored, dict):
        return new
    if "exact" in new:
        same = (new.get("source"), new["exact"]) == (stored.get("source"), stored.get("exact"))
        return stored if same and new.get("start") is None and not new.get("locator") else new
    return {key: keep_placed_passages(value, stored.get(key)) for key, value in new.items()}
