"""The CSV table of cases (RFC 4180): its columns and lines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Model

from taxonomy.models import Term

from .. import schema
from ..models import ORIGIN_PLACEHOLDER, Absence, Case, Organisation, Passage, Place, Source
from ..record import convert
from ..record.convert import ValidatedRecord
from ..schema.nodes import Block, Field, Kind, PartList

FORMULA_STARTS = tuple(
    "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
)  # a spreadsheet takes text that starts with these for a formula; the last four are full-width


class SitePath(str):
    """A path on this site, written with the site's origin."""

    __slots__ = ()


CsvValue = str | int | bool | datetime | None
ReadCell = Callable[[Case, ValidatedRecord], CsvValue]


@dataclass(frozen=True)
class CsvColumn:
    """One column: its name, what it contains, and how to read that from a case and its validated record."""

    name: str
    meaning: str
    read: ReadCell
    type: str = "text"
    """`text`, `slug`, `slugs` (separated by semicolons), `integer`, `boolean`, `datetime`, `url` or `json`."""
    vocabulary: str = ""
    """The vocabulary whose slugs it holds, if there are labels for them."""

    @property
    def labelled(self) -> str:
        """The name of the column with the labels of its slugs; empty if they have none."""
        return f"{self.name}_label{'s' if self.type == 'slugs' else ''}" if self.vocabulary else ""


def join_values(values: Iterable[str]) -> str:
    """Join distinct values with semicolons."""
    return ";".join(dict.fromkeys(values))


def join_texts(texts: Iterable[str]) -> str:
    return " | ".join(texts)


def arrangement_in_words(arrangement: ValidatedRecord) -> str:
    """For example "Members run the desk (peer support; user and community; mode not stated by the source)"."""
    actor, mode = arrangement["actor"], arrangement["mode"]
    modes = " and ".join(mode["terms"]) or f"mode {Absence(mode['absent']).label}"
    return f"{arrangement['label']} ({arrangement['type']['term']}; {' and '.join(actor['terms'])}; {modes})"


def arrangement_in_codes(arrangement: ValidatedRecord) -> str:
    """Slugs, for example `peer-support/user+community/offline+digital`."""
    mode = arrangement["mode"]
    modes = "+".join(mode["terms"]) or mode["absent"]
    return f"{arrangement['type']['term'].slug}/{'+'.join(arrangement['actor']['terms'])}/{modes}"


def finding_in_words(finding: ValidatedRecord) -> str:
    """For example "Members avoid crises (health-and-wellbeing; user; evaluation; positive)"."""
    codes = "; ".join(finding[name].slug for name in ("outcome", "beneficiary", "level", "direction"))
    return f"{finding['statement']} ({codes}{'; counterfactual' if finding['counterfactual'] else ''})"


def self_contained_json(case: Case, record: ValidatedRecord) -> str:
    """Return a case as JSON with its record, its state, and all entries of the registers that it refers to.

    Each passage says whether it is checked, which an import passes over.
    """
    told = convert.without_idle_qualifiers(convert.to_sent(record))
    payload = {"state": case.state, **told, "registers": register_entries_in(record)}
    return msgspec.json.encode(payload).decode()


EXPORTED_KEYS = ("state", *(node.name for node in schema.RECORD), "absent", "registers")
"""The keys of that JSON, in their order."""

REGISTER_KEYS: dict[type[Model], str] = {Source: "sources", Organisation: "organisations", Place: "places"}


def register_entries_in(record: Any) -> dict[str, list[dict[str, Any]]]:
    """Return the entries of the sources, organisations and places that a validated record refers to, each once."""
    found: dict[str, dict[str, Any]] = {name: {} for name in REGISTER_KEYS.values()}
    for thing in _register_objects(record):
        found[REGISTER_KEYS[type(thing)]].setdefault(thing.slug, thing)
    return {name: [register_entry(things[slug]) for slug in sorted(things)] for name, things in found.items()}


def _register_objects(value: Any) -> Iterator[Any]:
    if isinstance(value, Passage):
        yield value.source
    elif isinstance(value, Source | Organisation | Place):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _register_objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _register_objects(inner)


def register_entry(thing: Model) -> dict[str, Any]:
    """Return a source, an organisation or a place as primitive values by column."""
    columns = (field.attname for field in thing._meta.concrete_fields if field.editable and not field.primary_key)
    entry = {name: convert.to_primitive(getattr(thing, name)) for name in columns}
    return entry | ({"country": str(entry["country"])} if "country" in entry else {})


def cell_value(value: Any) -> CsvValue:
    """Return the cell for a value in a validated record; terms and places become slugs."""
    if isinstance(value, Term):
        return value.slug
    if isinstance(value, list):
        return join_values(each.slug for each in value)
    return value if isinstance(value, str | int) else None


CELL_READERS: Mapping[str, ReadCell] = {
    "arrangements": lambda _, record: join_texts(map(arrangement_in_words, record["arrangements"])),
    "arrangement_codes": lambda _, record: join_texts(map(arrangement_in_codes, record["arrangements"])),
    "pathways": lambda _, record: join_values(link["pathway"].slug for link in record["pathways"]),
    "public_input": lambda _, record: join_values(link["input"].slug for link in record["public_input"]),
    "contribution": lambda _, record: join_values(link["contribution"].slug for link in record["contribution"]),
    "findings": lambda _, record: join_texts(map(finding_in_words, record["findings"])),
    "outcomes": lambda _, record: join_values(finding["outcome"].slug for finding in record["findings"]),
    "beneficiaries": lambda _, record: join_values(finding["beneficiary"].slug for finding in record["findings"]),
    "places": lambda _, record: join_texts(place.name for place in record["places"]),
    "countries": lambda _, record: join_values(filter(None, (place.country.code for place in record["places"]))),
    "place_slugs": lambda _, record: join_values(place.slug for place in record["places"]),
    "organisation_slugs": lambda _, record: join_values(each["organisation"].slug for each in record["organisations"]),
    "organisations": lambda _, record: join_texts(
        f"{entry['organisation']} ({entry['part']})" for entry in record["organisations"]
    ),
    "sources": lambda _, record: join_values(citation["source"].slug for citation in record["sources"]),
}
"""The columns that need a special reader."""

COLUMNS_AFTER: Mapping[str, Sequence[CsvColumn]] = {
    "title": [CsvColumn("url", "address of the case's page", lambda case, _: SitePath(case.get_absolute_url()), "url")],
    "kind": [CsvColumn("state", "draft, in-review, published or withdrawn", lambda case, _: case.state, "slug")],
    "sources": [
        CsvColumn(
            "claims", "number of figures; the record has them whole", lambda _, record: len(record["claims"]), "integer"
        ),
    ],
}
"""The columns that belong to no field, by the column that they follow."""

LAST_COLUMNS = (
    CsvColumn("published", "when it was first published", lambda case, _: case.published_at, "datetime"),
    CsvColumn("updated", "when it was last changed", lambda case, _: case.updated_at, "datetime"),
    CsvColumn("version", "counts its changes", lambda case, _: case.version, "integer"),
    CsvColumn(
        "record", "all of it as JSON, with the narrative, figures, passages and registers", self_contained_json, "json"
    ),
)


def _csv_columns() -> Iterator[CsvColumn]:
    """Yield the columns in the order of the schema; after those of each dimension comes that of its kind of nothing."""
    for node in schema.RECORD:
        for path, field in [(node.name, node)] if not isinstance(node, Block) else _leaves_with_paths(node):
            for cell in field.cells:
                reader = CELL_READERS.get(cell.name) or _field_reader(path, field)
                yield CsvColumn(cell.name, cell.meaning, reader, *_cell_type(cell.name, field))
                yield from COLUMNS_AFTER.get(cell.name, ())
        if node.nothing:
            there = f"which kind of nothing, where {node.nothing.there}"
            yield CsvColumn(node.nothing.column, there, _absence_reader(node.nothing.column), "slug", "absence")
    yield from LAST_COLUMNS


CELL_TYPES: Mapping[str, tuple[str, str]] = {
    "arrangements": ("text", ""),
    "arrangement_codes": ("slugs", ""),
    "pathways": ("slugs", "pathway"),
    "public_input": ("slugs", "public-input"),
    "contribution": ("slugs", "contribution"),
    "findings": ("text", ""),
    "outcomes": ("slugs", "outcome"),
    "beneficiaries": ("slugs", "beneficiary"),
    "places": ("text", ""),
    "place_slugs": ("slugs", ""),
    "countries": ("slugs", "country"),
    "organisations": ("text", ""),
    "organisation_slugs": ("slugs", ""),
    "sources": ("slugs", "sources"),
}
"""Type and vocabulary of the columns that need a special reader."""

KIND_TYPES = {
    Kind.TERM: "slug",
    Kind.TERMS: "slugs",
    Kind.YEAR: "integer",
    Kind.FLAG: "boolean",
    Kind.ADDRESS: "slug",
    Kind.ENTRY: "slug",
    Kind.CHOICE: "slug",
}


def _cell_type(name: str, field: Field | PartList) -> tuple[str, str]:
    """Return the type and the vocabulary of a column."""
    if isinstance(field, PartList) or name in CELL_TYPES:
        return CELL_TYPES.get(name, ("text", ""))
    return KIND_TYPES.get(field.kind, "text"), field.vocabulary if field.kind in (Kind.TERM, Kind.TERMS) else ""


def _leaves_with_paths(block: Block) -> list[tuple[str, Field]]:
    return [(f"{block.name}.{field.name}", field) for field in block.leaves]


def _field_reader(path: str, field: Field | PartList) -> ReadCell:
    """Return the reader of the field at a path. A field that qualifies another is empty if that one is."""
    if isinstance(field, PartList):
        raise TypeError(field.name)  # lists are in CELL_READERS
    if field.of:
        of = f"{path.rpartition('.')[0]}.{field.of}"
        return lambda _, record: schema.value_at(record, of) and cell_value(schema.value_at(record, path))
    return lambda _, record: cell_value(schema.value_at(record, path))


def _absence_reader(column: str) -> ReadCell:
    return lambda case, _: str(getattr(case, column))


CSV_COLUMNS = tuple(_csv_columns())

RECORD_CELL = [column.name for column in CSV_COLUMNS].index("record")
"""The index of the column `record`."""


class Echo:
    """A file whose `write` returns the text."""

    def write(self, text: str) -> str:
        return text


CSV_WRITER: Any = csv.writer(Echo())
"""Its `writerow` returns the line, which ends with CR LF, with cells quoted where necessary."""


def csv_header() -> str:
    return str(CSV_WRITER.writerow([column.name for column in CSV_COLUMNS]))


def csv_line(case: Case, record: ValidatedRecord) -> str:
    """Return the line of a case, with `ORIGIN_PLACEHOLDER` for the site's origin."""
    return str(CSV_WRITER.writerow([csv_cell(column.read(case, record)) for column in CSV_COLUMNS]))


def parse_csv_line(line: str) -> list[str]:
    r"""Parse a line written by `csv_line`, with cells of any length.

    >>> parse_csv_line('a,"b ""c"", d",\r\n')
    ['a', 'b "c", d', '']
    """
    csv.field_size_limit(max(csv.field_size_limit(), len(line)))  # process-wide, so it is never lowered
    return next(csv.reader([line]))


def csv_cell(value: CsvValue) -> str | int:
    """Return the cell for a value. An apostrophe keeps a spreadsheet from taking text for a formula.

    >>> csv_cell("=1+1"), csv_cell(-1), csv_cell(True), csv_cell(None)
    ("'=1+1", -1, 'true', '')
    """
    if type(value) is str:  # as most are
        return _text_cell(value)
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return value.isoformat(timespec="seconds")
        case SitePath():
            return f"{ORIGIN_PLACEHOLDER}{value}"
    return _text_cell(value) if isinstance(value, str) else value


def _text_cell(value: str) -> str:
    text = value.replace(ORIGIN_PLACEHOLDER, " ")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
