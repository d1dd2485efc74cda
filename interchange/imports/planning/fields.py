"""The fields that a column of a table can be, and how the cells of each are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cases import schema
from cases.schema.nodes import Kind


class ImportField(NamedTuple):
    """A field that a column can be; `kind` says how its cells are cleaned (see `reading.cells`)."""

    name: str
    meaning: str
    kind: str = "text"
    path: str = ""
    """Where the value goes in the record; empty if `assembling` puts it there."""
    vocabulary: str = ""
    """The vocabulary of its terms, which may be given by slug or by label."""


CLEANER_BY_KIND = {
    Kind.MARKDOWN: "body",
    Kind.TERMS: "items",
    Kind.THINGS: "names",
    Kind.YEAR: "year",
    Kind.FLAG: "truth",
}
"""How the cells are cleaned that are more than text, by the kind of the field."""

ASSEMBLED_KINDS = (Kind.PASSAGE, Kind.THINGS)
"""Fields that `assembling` puts into the record."""

FIELDS_AFTER: Mapping[str, Sequence[ImportField]] = {
    "slug": [ImportField("external_id", "what the case is known by in the table that it comes from")],
    "places": [
        ImportField("countries", "countries as places, where nothing nearer is known", "several"),
        ImportField("place_name", "a town, an area: one place", "name"),
        ImportField("place_country", "the country of that place", "country"),
        ImportField("place_area", "its state, province or county, which tells it from others of its name", "name"),
        ImportField("latitude", "latitude of that place, in degrees; may hold both", "any"),
        ImportField("longitude", "longitude of that place, in degrees", "any"),
    ],
    "sources": [
        ImportField("source_authors", "authors of a source that comes with the row", "name"),
        ImportField("source_year", "its year", "year"),
        ImportField("source_title", "its title", "name"),
        ImportField("source_kind", "its kind: chapter, article, book, report, case-study, news, web, other"),
        ImportField("source_container", "what it was published in", "name"),
        ImportField("source_doi", "its DOI"),
        ImportField("source_url", "its address on the web"),
    ],
}
"""What a table may have besides the fields of a case, by the field that it comes after."""


def _of_the_row() -> Iterator[ImportField]:
    for path, field in schema.CASE_FIELDS.items():
        if cell := field.filled_by:
            where = "" if field.kind in ASSEMBLED_KINDS else path
            vocabulary = field.vocabulary if where else ""
            cleaner = "name" if path == "title" else CLEANER_BY_KIND.get(field.kind, "text")
            yield ImportField(cell.name, cell.meaning, cleaner, where, vocabulary)
            yield from FIELDS_AFTER.get(cell.name, ())


def _of_parts() -> Iterator[ImportField]:
    for parts in schema.PART_LISTS:
        if cell := parts.filled_by:
            yield ImportField(cell.name, cell.meaning, "names")
            yield from FIELDS_AFTER.get(cell.name, ())


_IMPORT_FIELDS = (
    *_of_the_row(),
    *(
        ImportField(f"{name}_absent", f"which kind of nothing, where there is no {name}", path=f"absent.{name}")
        for name in schema.ABSENCE_COLUMNS
    ),
    *_of_parts(),
)

IMPORT_FIELDS = {field.name: field for field in _IMPORT_FIELDS}
"""The fields by name. Besides them there are `organisation:<part>` and `figure:<unit>:<what is counted>`."""

JUDGEMENTS_WITH_PASSAGE = tuple(
    path.partition(".")[0]
    for path, field in schema.CASE_FIELDS.items()
    if field.kind is Kind.PASSAGE and field.imported
)
"""The judgements that have a passage."""


def import_field(name: str) -> ImportField | None:
    """The field with this name, which may have a part or a unit in it."""
    if name.startswith("organisation:") and name.count(":") == 1:
        return ImportField(name, "names of organisations with this part", "names")
    if name.startswith("figure:") and name.count(":") == 2:
        return ImportField(name, "how many", "count")
    return IMPORT_FIELDS.get(name)
