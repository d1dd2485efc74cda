"""What a column of a table may be: the fields of a case that a cell can give, and how each is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from cases import schema
from cases.declarations import Kind


class Field(NamedTuple):
    """A field that a column may be: how its cells are cleaned (see `reading.cells`), and where they go."""

    name: str
    meaning: str
    kind: str = "text"
    path: str = ""
    """Where in the record the value stands, where it simply stands there."""
    vocabulary: str = ""
    """Of its terms: they may be given by slug or by label."""


CLEANED = {
    Kind.MARKDOWN: "body",
    Kind.TERMS: "items",
    Kind.THINGS: "items",
    Kind.YEAR: "year",
    Kind.FLAG: "truth",
}
"""How cells are cleaned that are no mere text, by what stands in their field."""

PUT_TOGETHER = (Kind.PASSAGE, Kind.THINGS)
"""What does not simply stand in the record as its cell says it: `assembling` puts it there."""

BEHIND: Mapping[str, Sequence[Field]] = {
    "slug": [Field("external_id", "what the case is known by in the table that it comes from")],
    "places": [
        Field("countries", "countries as places, where nothing nearer is known", "several"),
        Field("place_name", "a town, an area: one place"),
        Field("place_country", "the country of that place", "country"),
        Field("latitude", "latitude of that place, in degrees; may hold both", "any"),
        Field("longitude", "longitude of that place, in degrees", "any"),
    ],
    "sources": [
        Field("source_authors", "authors of a source that comes with the row"),
        Field("source_year", "its year", "year"),
        Field("source_title", "its title"),
        Field("source_kind", "its kind: chapter, article, book, report, case-study, news, web, other"),
        Field("source_container", "what it was published in"),
        Field("source_doi", "its DOI"),
        Field("source_url", "its address on the web"),
    ],
}
"""What a table may say besides the fields of a case, by the field that it stands behind."""


def _of_the_row() -> Iterator[Field]:
    """Yield the fields that a case itself has."""
    for path, field in schema.ROW.items():
        if cell := field.filled_by:
            where = "" if field.kind in PUT_TOGETHER else path
            vocabulary = field.vocabulary if where else ""
            yield Field(cell.name, cell.meaning, CLEANED.get(field.kind, "text"), where, vocabulary)
            yield from BEHIND.get(cell.name, ())


def _of_parts() -> Iterator[Field]:
    for parts in schema.PARTS:
        if cell := parts.filled_by:
            yield Field(cell.name, cell.meaning, "items")
            yield from BEHIND.get(cell.name, ())


_FIELDS = (
    *_of_the_row(),
    *(
        Field(f"{name}_absent", f"which kind of nothing, where there is no {name}", path=f"absent.{name}")
        for name in schema.DIMENSIONS
    ),
    *_of_parts(),
)

FIELDS = {field.name: field for field in _FIELDS}
"""The fields by name. Besides them there are `organisation:<part>` and `figure:<unit>:<what is counted>`."""

EVIDENCED = tuple(
    path.partition(".")[0] for path, field in schema.ROW.items() if field.kind is Kind.PASSAGE and field.imported
)
"""The judgements that rest on a passage."""


def field_of(name: str) -> Field | None:
    """Return the field of a name, one with a part or a unit in it included; None where there is none."""
    if name.startswith("organisation:") and name.count(":") == 1:
        return Field(name, "names of organisations with this part", "items")
    if name.startswith("figure:") and name.count(":") == 2:
        return Field(name, "how many", "count")
    return FIELDS.get(name)
