"""What a column of a table may be: the fields of a case that a cell can give, and how each is read."""

from __future__ import annotations

from typing import NamedTuple

from cases.records import DIMENSIONS


class Field(NamedTuple):
    """A field that a column may be: how its cells are cleaned (see `reading.cells`), and where they go."""

    name: str
    meaning: str
    kind: str = "text"
    path: str = ""
    """Where in the record the value stands, where it simply stands there."""
    vocabulary: str = ""
    """Of its terms: they may be given by slug or by label."""


_FIELDS = (
    Field("slug", "its address: lower-case letters, digits, hyphens; made of the title where it is empty", path="slug"),
    Field("external_id", "what the case is known by in the table that it comes from"),
    Field("title", "title", path="title"),
    Field("kind", "kind of entry", path="kind", vocabulary="kind"),
    Field("summary", "one or two sentences", path="summary"),
    Field("narrative", "what was done, and how: Markdown or HTML", "body", "narrative"),
    Field("eligibility", "verdict: is it co-delivery?", path="eligibility.verdict", vocabulary="eligibility"),
    Field("eligibility_reason", "the reason of the verdict", path="eligibility.reason"),
    Field("eligibility_passage", "the words of the first source behind the verdict"),
    Field("eligibility_since", "year in which the verdict came to hold", "year", "eligibility.since"),
    Field("eligibility_before", "the verdict until then", path="eligibility.before", vocabulary="eligibility"),
    Field("sectors", "sectors, separated by semicolons", "items", "sectors", "sector"),
    Field("places", "places, by slug or name, separated by bars", "items"),
    Field("countries", "countries as places, where nothing nearer is known", "several"),
    Field("place_name", "a town, an area: one place"),
    Field("place_country", "the country of that place", "country"),
    Field("latitude", "latitude of that place, in degrees; may hold both", "any"),
    Field("longitude", "longitude of that place, in degrees", "any"),
    Field("year_start", "first year", "year", "years.start"),
    Field("year_start_precision", "exact, about, by or decade", path="years.start_precision"),
    Field("year_end", "last year", "year", "years.end"),
    Field("year_end_precision", "exact, about, by or decade", path="years.end_precision"),
    Field("ongoing", "yes where it was running when the source was written", "truth", "years.ongoing"),
    Field("years_passage", "the words of the first source that date it"),
    Field("evidence_level", "level of the evidence named", path="evidence.level", vocabulary="evidence"),
    Field("evidence_direction", "direction of the evidence", path="evidence.direction", vocabulary="direction"),
    Field("evidence_note", "note on the evidence", path="evidence.note"),
    Field("evidence_passage", "the words of the first source that name the evidence"),
    *(
        Field(f"{name}_absent", f"which kind of nothing, where there is no {name}", path=f"absent.{name}")
        for name in DIMENSIONS
    ),
    Field("sources", "slugs of sources that stand here, separated by semicolons", "items"),
    Field("source_authors", "authors of a source that comes with the row"),
    Field("source_year", "its year", "year"),
    Field("source_title", "its title"),
    Field("source_kind", "its kind: chapter, article, book, report, case-study, news, web, other"),
    Field("source_container", "what it was published in"),
    Field("source_doi", "its DOI"),
    Field("source_url", "its address on the web"),
)

FIELDS = {field.name: field for field in _FIELDS}
"""The fields by name. Besides them there are `organisation:<part>` and `figure:<unit>:<what is counted>`."""

EVIDENCED = ("eligibility", "years", "evidence")
"""The judgements that rest on a passage."""


def field_of(name: str) -> Field | None:
    """Return the field of a name, one with a part or a unit in it included; None where there is none."""
    if name.startswith("organisation:") and name.count(":") == 1:
        return Field(name, "names of organisations with this part", "items")
    if name.startswith("figure:") and name.count(":") == 2:
        return Field(name, "how many", "count")
    return FIELDS.get(name)
