"""Cases as a flat table: its columns, and its text as CSV (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Model

from taxonomy.models import Term

from . import records, schema
from .declarations import Block, Field, Kind, Parts
from .models import ORIGIN, Absence, Case, Organisation, Passage, Place, Source
from .records import Matter

FORMULA = tuple(
    "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
)  # a spreadsheet reads a formula from these, the last four full-width


class Address(str):
    """A path on this site, written with the site's origin before it."""

    __slots__ = ()


Value = str | int | bool | datetime | None
Read = Callable[[Case, Matter], Value]


@dataclass(frozen=True)
class Column:
    """One column: its name, what stands in it, and how that is read off a case and its matter."""

    name: str
    meaning: str
    read: Read


def joined(values: Iterable[str]) -> str:
    """Return each value once, in one cell, separated by semicolons."""
    return ";".join(dict.fromkeys(values))


def lines(texts: Iterable[str]) -> str:
    """Return texts in one cell, separated by a bar."""
    return " | ".join(texts)


def in_words(arrangement: Matter) -> str:
    """Say an arrangement: "Members run the desk (peer support; user and community; mode not stated by the source)"."""
    actor, mode = arrangement["actor"], arrangement["mode"]
    modes = " and ".join(mode["terms"]) or f"mode {Absence(mode['absent']).label}"
    return f"{arrangement['label']} ({arrangement['type']['term']}; {' and '.join(actor['terms'])}; {modes})"


def in_codes(arrangement: Matter) -> str:
    """Return an arrangement as slugs: `peer-support/user+community/offline+digital`."""
    mode = arrangement["mode"]
    modes = "+".join(mode["terms"]) or mode["absent"]
    return f"{arrangement['type']['term'].slug}/{'+'.join(arrangement['actor']['terms'])}/{modes}"


def whole(case: Case, said: Matter) -> str:
    """Return all that a case says as JSON: its record, its state, and what it names of the registers, whole."""
    plain = {"state": case.state, **records.plain(said), "registers": registers_in(said)}
    return msgspec.json.encode(plain).decode()


REGISTERS: dict[type[Model], str] = {Source: "sources", Organisation: "organisations", Place: "places"}


def registers_in(said: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the sources, organisations and places that a matter names, each once, with all that they say."""
    found: dict[str, dict[str, Any]] = {name: {} for name in REGISTERS.values()}
    for thing in _things(said):
        found[REGISTERS[type(thing)]].setdefault(thing.slug, thing)
    return {name: [entry(things[slug]) for slug in sorted(things)] for name, things in found.items()}


def _things(said: Any) -> Iterator[Any]:
    """Yield every record of a register in a matter."""
    if isinstance(said, Passage):
        yield said.source
    elif isinstance(said, Source | Organisation | Place):
        yield said
    elif isinstance(said, Mapping):
        for inner in said.values():
            yield from _things(inner)
    elif isinstance(said, list):
        for inner in said:
            yield from _things(inner)


def entry(thing: Model) -> dict[str, Any]:
    """Return a source, an organisation or a place as it is written: its columns, plainly."""
    columns = (field.attname for field in thing._meta.concrete_fields if not field.primary_key)
    plain = {name: records.plain(getattr(thing, name)) for name in columns}
    return plain | ({"country": str(plain["country"])} if "country" in plain else {})


def written(value: Any) -> Value:
    """Return what a field of a matter is in a cell: terms are their slugs."""
    if isinstance(value, Term):
        return value.slug
    if isinstance(value, list):
        return joined(each.slug for each in value)
    return value if isinstance(value, str | int) else None


WRITTEN: Mapping[str, Read] = {
    "arrangements": lambda _, said: lines(map(in_words, said["arrangements"])),
    "arrangement_codes": lambda _, said: lines(map(in_codes, said["arrangements"])),
    "pathways": lambda _, said: joined(link["pathway"].slug for link in said["pathways"]),
    "places": lambda _, said: lines(place.name for place in said["places"]),
    "countries": lambda _, said: joined(filter(None, (place.country.code for place in said["places"]))),
    "organisations": lambda _, said: lines(
        f"{entry['organisation']} ({entry['part']})" for entry in said["organisations"]
    ),
    "sources": lambda _, said: joined(citation["source"].slug for citation in said["sources"]),
}
"""The columns that are written in a way of their own."""

BEHIND: Mapping[str, Sequence[Column]] = {
    "title": [Column("url", "address of the case's page", lambda case, _: Address(case.get_absolute_url()))],
    "kind": [Column("state", "draft, in-review, published or withdrawn", lambda case, _: case.state)],
    "sources": [
        Column("claims", "number of figures; the record has them whole", lambda _, said: len(said["claims"])),
    ],
}
"""The columns that are none of a field, by the one that they stand behind."""

AT_THE_END = (
    Column("published", "when it was first published", lambda case, _: case.published_at),
    Column("updated", "when it was last changed", lambda case, _: case.updated_at),
    Column("version", "counts its changes", lambda case, _: case.version),
    Column("record", "all of it as JSON, with the narrative, figures, passages and registers", whole),
)


def _columns() -> Iterator[Column]:
    """Yield the columns in the order of the schema, behind those of each dimension the one for its kind of nothing."""
    for node in schema.RECORD:
        for path, field in [(node.name, node)] if not isinstance(node, Block) else _within(node):
            for cell in field.cells:
                yield Column(cell.name, cell.meaning, WRITTEN.get(cell.name) or _read(path, field))
                yield from BEHIND.get(cell.name, ())
        if node.nothing:
            there = f"which kind of nothing, where {node.nothing.there}"
            yield Column(node.nothing.column, there, _absent(node.nothing.column))
    yield from AT_THE_END


def _within(block: Block) -> list[tuple[str, Field]]:
    return [(f"{block.name}.{field.name}", field) for field in block.leaves]


def _read(path: str, field: Field | Parts) -> Read:
    """Return how the field at a path is written: nothing where what it says something of is not there."""
    if isinstance(field, Parts):
        raise TypeError(field.name)  # a list is written in a way of its own
    if field.of:
        of = f"{path.rpartition('.')[0]}.{field.of}"
        return lambda _, said: schema.at(said, of) and written(schema.at(said, path))
    if field.kind is Kind.FLAG:
        return lambda _, said: bool(schema.at(said, path))
    return lambda _, said: written(schema.at(said, path))


def _absent(column: str) -> Read:
    return lambda case, _: str(getattr(case, column))


COLUMNS = tuple(_columns())
"""The columns of the table, in order."""

RECORD = [column.name for column in COLUMNS].index("record")
"""Where the cell of the record stands."""


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


WRITER: Any = csv.writer(Echo())
"""Hands back each row as a line: it ends with CR LF, and cells are quoted where they must be."""


def header() -> str:
    """Return the first line of the table."""
    return str(WRITER.writerow([column.name for column in COLUMNS]))


def line_of(case: Case, said: Matter) -> str:
    """Return the line of a case, whose matter is `said`; `ORIGIN` stands before the address of its page."""
    return str(WRITER.writerow([cell(column.read(case, said)) for column in COLUMNS]))


def cells_of(line: str) -> list[str]:
    r"""Return the cells of a line that `line_of` wrote, however long they are.

    >>> cells_of('a,"b ""c"", d",\r\n')
    ['a', 'b "c", d', '']
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(line)))  # one for the whole process: it is only ever raised
    return next(csv.reader([line]))


def cell(value: Value) -> str | int:
    """Return what is written for a value; an apostrophe before text keeps a spreadsheet from running it as a formula.

    >>> cell("=1+1"), cell(-1), cell(True), cell(None)
    ("'=1+1", -1, 'true', '')
    """
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(timespec="seconds")
        case Address():
            return f"{ORIGIN}{value}"
        case str():
            text = value.replace(ORIGIN, " ")
            return f"'{text}" if text.startswith(FORMULA) else text
    return value
