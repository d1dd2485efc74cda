"""Cases as a flat table: its columns, and its text as CSV (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Model

from taxonomy.models import Term

from . import records
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


def slug(term: Term | None) -> str:
    """Return a term's slug; empty where nobody judged."""
    return term.slug if term else ""


def slugs(terms: Iterable[Term]) -> str:
    """Return the slugs of terms, in one cell."""
    return joined(term.slug for term in terms)


def joined(values: Iterable[str]) -> str:
    """Return each value once, in one cell, separated by semicolons."""
    return ";".join(dict.fromkeys(values))


def lines(texts: Iterable[str]) -> str:
    """Return texts in one cell, separated by a bar."""
    return " | ".join(texts)


def judged(part: str, name: str) -> Read:
    """Return how the term `name` of a judgement is read."""
    return lambda _, said: slug(said[part] and said[part][name])


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


COLUMNS = (
    Column("slug", "the case's name in addresses; never changes its meaning", lambda case, _: case.slug),
    Column("title", "title", lambda case, _: case.title),
    Column("url", "address of the case's page", lambda case, _: Address(case.get_absolute_url())),
    Column("kind", "kind of entry", lambda _, said: slug(said["kind"])),
    Column("state", "draft, in-review, published or withdrawn", lambda case, _: case.state),
    Column("summary", "one or two sentences", lambda case, _: case.summary),
    Column("eligibility", "verdict: is it co-delivery?", judged("eligibility", "verdict")),
    Column("eligibility_reason", "the reason of the verdict", lambda case, _: case.verdict_reason),
    Column(
        "eligibility_since",
        "year in which the verdict came to hold, where the source dates it",
        lambda case, _: case.verdict_since,
    ),
    Column("eligibility_before", "the verdict until then", judged("eligibility", "before")),
    Column(
        "democratic_quality",
        "judgement of the democratic quality, where there is one",
        judged("democratic_quality", "judgement"),
    ),
    Column("arrangements", "each arrangement in words", lambda _, said: lines(map(in_words, said["arrangements"]))),
    Column(
        "arrangement_codes",
        "each arrangement as type/co-producers/modes",
        lambda _, said: lines(map(in_codes, said["arrangements"])),
    ),
    Column(
        "arrangements_absent",
        "which kind of nothing, where there is no arrangement",
        lambda case, _: case.arrangements_absent,
    ),
    Column("pathways", "pathways to outcomes", lambda _, said: slugs(link["pathway"] for link in said["pathways"])),
    Column("pathways_absent", "which kind of nothing, where there is no pathway", lambda case, _: case.pathways_absent),
    Column("sectors", "sectors", lambda _, said: slugs(said["sectors"])),
    Column("sectors_absent", "which kind of nothing, where there is no sector", lambda case, _: case.sectors_absent),
    Column("places", "names of the places", lambda _, said: lines(place.name for place in said["places"])),
    Column(
        "countries",
        "ISO 3166 codes of the places' countries",
        lambda _, said: joined(filter(None, (place.country.code for place in said["places"]))),
    ),
    Column("places_absent", "which kind of nothing, where there is no place", lambda case, _: case.places_absent),
    Column("year_start", "first year", lambda case, _: case.year_start),
    Column(
        "year_start_precision",
        "exact, about, by or decade",
        lambda case, _: case.year_start and case.year_start_precision,
    ),
    Column("year_end", "last year", lambda case, _: case.year_end),
    Column(
        "year_end_precision", "exact, about, by or decade", lambda case, _: case.year_end and case.year_end_precision
    ),
    Column("ongoing", "true where it was running when the source was written", lambda case, _: case.ongoing),
    Column("years_absent", "which kind of nothing, where there are no years", lambda case, _: case.years_absent),
    Column("evidence_level", "level of the evidence named", judged("evidence", "level")),
    Column("evidence_direction", "direction of the evidence", judged("evidence", "direction")),
    Column(
        "evidence_absent", "which kind of nothing, where there is no evidence", lambda case, _: case.evidence_absent
    ),
    Column(
        "organisations",
        "each organisation with its part",
        lambda _, said: lines(f"{entry['organisation']} ({entry['part']})" for entry in said["organisations"]),
    ),
    Column(
        "sources",
        "slugs of the sources cited",
        lambda _, said: joined(citation["source"].slug for citation in said["sources"]),
    ),
    Column("claims", "number of figures; the record has them whole", lambda _, said: len(said["claims"])),
    Column("published", "when it was first published", lambda case, _: case.published_at),
    Column("updated", "when it was last changed", lambda case, _: case.updated_at),
    Column("version", "counts its changes", lambda case, _: case.version),
    Column("record", "all of it as JSON, with the narrative, figures, passages and registers", whole),
)
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
