"""Rows of the catalogue's own exports: a whole record beside readable cells that a person may have edited."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from cases import schema
from cases.record.registers import REGISTERS
from cases.schema import forms
from cases.schema.nodes import Kind

from ..reading.problems import error, printable_value, warning
from ..reading.texts import clean_name, clean_text
from ..register_entries import RegisterEntry, exported_entries
from .fields import IMPORT_FIELDS, ImportField
from .specs import DOCUMENT_KEYS, OWN_RECORD_KEYS, RECORD_COLUMN
from .things import NamedThing
from .values import RowValues, SlugsByLabel, clean_cell

REGISTER_OF_KEY = {key: register for register, (_, key) in REGISTERS.items()}
"""The registers by the keys of a record under which their slugs stand."""

RECORD_UNREADABLE = (
    "The record in this row cannot be read: a spreadsheet program probably cut it at 32,767 characters, or it was "
    "edited. Export the cases anew, as XLSX or JSON, or empty this cell; then the other cells alone are read."
)


ONLY_TOLD = (
    "This column only tells what the record says, so what was changed here was left out. Change it at the case's page, "
    "or in the record."
)


def has_record(cells: Mapping[str, Any]) -> bool:
    """Whether a row brings a whole record, as a document or in a cell."""
    return isinstance(cells.get(RECORD_COLUMN), str) or _is_document(cells)


def _is_document(cells: Mapping[str, Any]) -> bool:
    """Whether a row came as a nested object."""
    return any(isinstance(value, Mapping | list) for value in cells.values())


def record_in(cells: Mapping[str, Any], values: RowValues) -> tuple[dict[str, Any], list[RegisterEntry], str]:
    """The record of a row, the entries that it brings, and the state that the case had."""
    whole = forms.read_exported(cells if _is_document(cells) else _parsed(cells, values))
    record = {key: whole[key] for key in OWN_RECORD_KEYS if key in whole}
    entries = list(exported_entries(whole.get("registers")))
    for key in sorted(map(str, whole.keys() - DOCUMENT_KEYS)):
        values.note(warning("A record has nothing of this name; it was left out.", key), RECORD_COLUMN)
    state = cells.get("state") or whole.get("state")
    return record, entries, str(state or "")


def _parsed(cells: Mapping[str, Any], values: RowValues) -> dict[str, Any]:
    """Read the record from its cell, or from several, as a cell of a spreadsheet holds no long text."""
    try:
        found = json.loads("".join(_pieces(cells)))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        values.note(error(RECORD_UNREADABLE, str(cells[RECORD_COLUMN])[-50:]), RECORD_COLUMN)
        return {}
    return found


def _pieces(cells: Mapping[str, Any]) -> Iterator[str]:
    number = 1
    while piece := cells.get(RECORD_COLUMN if number == 1 else f"{RECORD_COLUMN} ({number})"):
        yield str(piece)
        number += 1


def read_edits(
    cells: Mapping[str, Any],
    record: Mapping[str, Any],
    entries: list[RegisterEntry],
    values: RowValues,
    labels: SlugsByLabel,
) -> None:
    """Read the cells that differ from the record beside them; None empties a field."""
    for column in () if _is_document(cells) else cells:
        wanted = IMPORT_FIELDS.get(column)
        if wanted is None:
            continue
        said = _written(wanted, record, entries)
        if said is None or _same(wanted, cells[column], said):
            continue
        value, problems = clean_cell(wanted, cells[column], labels)
        if wanted.name == "places":
            value = [_slug_in(record, entries, name) for name in value]
        values.note_all(problems, column)
        values.origins[column] = (column, str(cells[column]))
        values.given[column] = value


def _codes(record: Mapping[str, Any]) -> str:
    """The arrangements as the column of their codes has them."""
    return " | ".join(
        "/".join(
            (
                str(_at(each, "type.term")),
                "+".join(_at(each, "actor.terms") or []),
                "+".join(_at(each, "mode.terms") or []) or str(_at(each, "mode.absent")),
            )
        )
        for each in record.get("arrangements") or []
    )


def _distinct(values: Iterable[Any]) -> str:
    return ";".join(dict.fromkeys(map(str, values)))


READ_ONLY_COLUMNS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "democratic_quality": lambda record: _at(record, "democratic_quality.judgement") or "",
    "arrangement_codes": _codes,
    "pathways": lambda record: _distinct(each["pathway"] for each in record.get("pathways") or []),
    "place_slugs": lambda record: _distinct(record.get("places") or []),
    "organisation_slugs": lambda record: _distinct(each["organisation"] for each in record.get("organisations") or []),
    "claims": lambda record: str(len(record.get("claims") or [])),
}
"""The columns that only tell what the record beside them says, and what they say of it."""


def note_unread(cells: Mapping[str, Any], record: Mapping[str, Any], values: RowValues) -> None:
    """Say where somebody changed a cell that is not read."""
    for column, tell in READ_ONLY_COLUMNS.items():
        said, written = clean_text(cells.get(column))[0] or "", tell(record)
        if column in cells and said != written and not _is_document(cells):
            values.note(warning(f"{ONLY_TOLD} There, it is “{printable_value(written)}”.", said), column)


def _slug_in(record: Mapping[str, Any], entries: list[RegisterEntry], name: str) -> str:
    """The slug of the place of a record that has this name; otherwise the name."""
    there = {str(each.get("name")): str(each["slug"]) for each in entries if each["register"] == "places"}
    return there.get(name, name) if there.get(name) in (record.get("places") or ()) else name


def exported_things(entries: Iterable[RegisterEntry]) -> tuple[NamedThing, ...]:
    """The entries of a record as what it names."""
    return tuple(
        NamedThing(
            str(entry["register"]),
            {name: value for name, value in entry.items() if name not in {"register", "slug"}},
            wanted=str(entry["slug"]),
        )
        for entry in entries
    )


def follow(record: Any, slugs: Mapping[tuple[str, str], str]) -> Any:
    """The record, in which what got another slug, by register and slug, is named by that."""
    if isinstance(record, list):
        return [follow(each, slugs) for each in record]
    if not isinstance(record, Mapping):
        return record
    return {key: _followed(key, value, slugs) for key, value in record.items()}


def _followed(key: str, value: Any, slugs: Mapping[tuple[str, str], str]) -> Any:
    register = REGISTER_OF_KEY.get(key, "")
    if register and isinstance(value, str):
        return slugs.get((register, value), value)
    if register and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return list(dict.fromkeys(slugs.get((register, each), each) for each in value))
    return follow(value, slugs)


def _same(wanted: ImportField, cell: Any, said: str) -> bool:
    """Whether a cell says what the export wrote; of a truth value, no word and "false" are the same."""
    if _is_flag(wanted):
        return (_cell_text(wanted, cell) or "false").casefold() == (said or "false")
    return _cell_text(wanted, cell) == _cell_text(wanted, said)


def _is_flag(wanted: ImportField) -> bool:
    declared = schema.CASE_FIELDS.get(wanted.path)
    return declared is not None and declared.kind is Kind.FLAG


def _cell_text(wanted: ImportField, value: Any) -> str:
    clean = clean_name if wanted.kind in {"name", "names"} else clean_text
    return clean(value)[0] or ""


def _written(wanted: ImportField, record: Mapping[str, Any], entries: list[RegisterEntry]) -> str | None:
    """What the export writes into a cell for a record; None if it has no such cell."""
    if wanted.name == "places":
        names = {each["slug"]: str(each.get("name")) for each in entries if each["register"] == "places"}
        return " | ".join(names.get(slug, slug) for slug in record.get("places") or [])
    if wanted.name == "sources":
        return ";".join(dict.fromkeys(each["source"] for each in record.get("sources") or []))
    if not wanted.path or wanted.name == "narrative":
        return None
    return _cell(wanted, record)


def _at(record: Mapping[str, Any], path: str) -> Any:
    here: Any = record
    for key in path.split("."):
        here = here.get(key) if isinstance(here, Mapping) else None
    return here


def _cell(wanted: ImportField, record: Mapping[str, Any]) -> str:
    """A field of a record as the export writes it: a precision only with its year."""
    value, declared = _at(record, wanted.path), schema.CASE_FIELDS.get(wanted.path)
    if declared and declared.of and _at(record, f"{wanted.path.rpartition('.')[0]}.{declared.of}") is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return ";".join(value) if isinstance(value, list) else "" if value is None else str(value)
