"""The values of a row as a record: merged into the record of the case, with passages for the judgements.

A row of somebody's table brings its own source, the table: so the passage of its years quotes its cells.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from cases import schema

from ..reading import cells as cleaners
from ..reading.problems import warning
from ..register_entries import RegisterEntry, slug_from
from .fields import IMPORT_FIELDS, JUDGEMENTS_WITH_PASSAGE
from .known import CatalogueLookup, place_name, source_keys
from .named import NamedThings
from .values import FROM_MAPPING, RowValues

SOURCE_FIELDS = ("kind", "authors", "year", "title", "container", "doi", "url")
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
    entries: list[RegisterEntry] = field(default_factory=list)
    countries: set[str] = field(default_factory=set)
    source: str = ""
    """The slug of the source that the row brings."""


def assemble_case(values: RowValues, base: dict[str, Any] | None, known: CatalogueLookup, scheme: str) -> CaseDraft:
    """Merge the values of a row into `base`, the record of the stored case, or into an empty one."""
    draft = CaseDraft(values, deepcopy(base) if base else {})
    _order_of_years(draft)
    for name, value in values.given.items():
        wanted = IMPORT_FIELDS.get(name)
        if wanted and wanted.path:
            set_path(draft.record, wanted.path, value)
    _drop_empty_judgements(draft.record)
    for step in (_sources, _places, _organisations, _figures):
        step(draft, known, scheme)
    _passages(draft)
    _absences(draft.record)
    return draft


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


def _drop_empty_judgements(record: dict[str, Any]) -> None:
    """Remove judgements of which only the reason or the passage is left."""
    for block in schema.BLOCKS:
        judgement = record.get(block.name)
        if judgement and block.known_by and all(judgement.get(key) in (None, []) for key in block.known_by):
            record[block.name] = None


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


def _sources(draft: CaseDraft, known: CatalogueLookup, scheme: str) -> None:
    values, record = draft.values, draft.record
    cited = list(record.get("sources") or [])
    if "sources" in values.given:
        wanted = values.one("sources") or []
        still_cited = [entry for entry in cited if entry["source"] in wanted]
        had = {entry["source"] for entry in still_cited}
        cited = still_cited + [{"source": slug, "locator": ""} for slug in wanted if slug not in had]
    if _brings_source(values):
        _note_web_address(values)
        draft.source, entries = known.source(*_own_source(values, scheme))
        draft.entries += entries
        if draft.source not in {entry["source"] for entry in cited}:
            cited.append({"source": draft.source, "locator": ""})
    record["sources"] = cited


def _own_source(values: RowValues, scheme: str) -> tuple[dict[str, Any], str]:
    """The source that a row itself brings, and the slug that it would get."""
    given = {name: value for name in SOURCE_FIELDS if (value := values.one(f"source_{name}")) is not None}
    if _lacks_scheme(given.get("url")):
        given["url"] = f"https://{given['url']}"
    number = values.one("external_id")
    words = (scheme, number) if number else (given.get("authors"), given.get("year"), given.get("title"))
    return given, slug_from(*words, fallback="source", most=70)


def _note_web_address(values: RowValues) -> None:
    given = values.one("source_url")
    if _lacks_scheme(given):
        values.note(warning("“https://” was put before this address.", given), values.origins["source_url"][0])


def _lacks_scheme(url: str | None) -> bool:
    return bool(url) and "://" not in str(url)


def _brings_source(values: RowValues) -> bool:
    """Whether a row itself says something about its source, besides what the mapping says for every row."""
    columns = [column for name, (column, _) in values.origins.items() if name.startswith("source_")]
    return bool(columns) and (bool(values.one("external_id")) or set(columns) != {FROM_MAPPING})


def named_things(values: RowValues, scheme: str) -> NamedThings:
    """What a row names in the registers, by what it is looked up by."""
    sources = source_keys(*_own_source(values, scheme)) if _brings_source(values) else []
    countries = [*(values.one("countries") or []), values.one("place_country") or ""]
    places = [
        *(values.one("places") or []),
        values.one("place_name") or "",
        *(place_name("", each) for each in countries),
    ]
    organisations = [name for _, names in values.several("organisation:") for name in names]
    return NamedThings(set(sources), set(organisations), set(filter(None, places)))


def _places(draft: CaseDraft, known: CatalogueLookup, _: str) -> None:
    values = draft.values
    found = [known.place(name, "") for name in values.one("places") or []]
    if not found and (place := _place(draft, known)):
        found = [*((slug, []) for slug in draft.record.get("places") or []), place]
    if not found:
        found = [known.place("", country) for country in values.one("countries") or []]
    draft.countries = set(values.one("countries") or []) | {values.one("place_country") or ""} - {""}
    if found or "places" in values.given:
        draft.record["places"] = list(dict.fromkeys(slug for slug, _ in found))
        draft.entries += [entry for _, entries in found for entry in entries]


def _place(draft: CaseDraft, known: CatalogueLookup) -> tuple[str, list[RegisterEntry]] | None:
    """The one place that a row describes."""
    values = draft.values
    name, country = values.one("place_name") or "", values.one("place_country") or ""
    point, problem = cleaners.clean_coordinates(values.one("latitude"), values.one("longitude"))
    values.note(problem, values.origins.get("latitude", ("latitude", ""))[0])
    return known.place(name, country, point if name else None) if name or country else None


def _organisations(draft: CaseDraft, known: CatalogueLookup, _: str) -> None:
    listed = list(draft.record.get("organisations") or [])
    for part, names in draft.values.several("organisation:"):
        for name in names:
            slug, entries = known.organisation(name)
            draft.entries += entries
            if (slug, part) not in {(entry["organisation"], entry["part"]) for entry in listed}:
                listed.append({"organisation": slug, "part": part, "passage": None})
    if listed:
        draft.record["organisations"] = listed


def _figures(draft: CaseDraft, _: CatalogueLookup, __: str) -> None:
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


def _absences(record: dict[str, Any]) -> None:
    """Drop `absent` for dimensions that have a value."""
    absent = {name: kind for name, kind in (record.get("absent") or {}).items() if not record.get(name)}
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
