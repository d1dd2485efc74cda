"""Cases as a flat table: its columns, and its text as CSV (RFC 4180)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from cases.models import Arrangement, Case
from taxonomy.models import Term

Value = str | int | bool | datetime | None
FORMULA = tuple(
    "=+-@\t\r\n\uff1d\uff0b\uff0d\uff20"
)  # a spreadsheet reads a formula from these, the last four full-width


@dataclass(frozen=True)
class Column:
    """One column: its name, what stands in it, and how that is read off a case."""

    name: str
    meaning: str
    read: Callable[[Case], Value]


def columns(base_url: str) -> list[Column]:
    """Return the columns of the table; `base_url` is put before the address of each case."""
    return [
        Column("slug", "the case's name in addresses; never changes its meaning", lambda case: case.slug),
        Column("title", "title", lambda case: case.title),
        Column("url", "address of the case's page", lambda case: base_url + case.get_absolute_url()),
        Column("kind", "kind of entry", lambda case: slug(case.kind)),
        Column("state", "draft, published or withdrawn", lambda case: case.state),
        Column("summary", "one or two sentences", lambda case: case.summary),
        Column("eligibility", "verdict: is it co-delivery?", lambda case: slug(case.verdict)),
        Column("eligibility_reason", "the reason of the verdict", lambda case: case.verdict_reason),
        Column(
            "eligibility_since",
            "year in which the verdict came to hold, where the source dates it",
            lambda case: case.verdict_since,
        ),
        Column("eligibility_before", "the verdict until then", lambda case: slug(case.verdict_before)),
        Column(
            "democratic_quality",
            "judgement of the democratic quality, where there is one",
            lambda case: slug(case.democratic_quality),
        ),
        Column("arrangements", "each arrangement in words", lambda case: lines(map(in_words, case.arrangements.all()))),
        Column(
            "arrangement_codes",
            "each arrangement as type/co-producers/modes",
            lambda case: lines(map(in_codes, case.arrangements.all())),
        ),
        Column(
            "arrangements_absent",
            "which kind of nothing, where there is no arrangement",
            lambda case: case.arrangements_absent,
        ),
        Column(
            "pathways", "pathways to outcomes", lambda case: slugs(link.pathway for link in case.pathway_links.all())
        ),
        Column(
            "pathways_absent", "which kind of nothing, where there is no pathway", lambda case: case.pathways_absent
        ),
        Column("sectors", "sectors", lambda case: slugs(case.sectors.all())),
        Column("sectors_absent", "which kind of nothing, where there is no sector", lambda case: case.sectors_absent),
        Column("places", "names of the places", lambda case: lines(place.name for place in case.places.all())),
        Column("countries", "ISO 3166 codes of the places' countries", countries),
        Column("places_absent", "which kind of nothing, where there is no place", lambda case: case.places_absent),
        Column("year_start", "first year", lambda case: case.year_start),
        Column(
            "year_start_precision",
            "exact, about, by or decade",
            lambda case: case.year_start and case.year_start_precision,
        ),
        Column("year_end", "last year", lambda case: case.year_end),
        Column(
            "year_end_precision", "exact, about, by or decade", lambda case: case.year_end and case.year_end_precision
        ),
        Column("ongoing", "true where it was running when the source was written", lambda case: case.ongoing),
        Column("years_absent", "which kind of nothing, where there are no years", lambda case: case.years_absent),
        Column("evidence_level", "level of the evidence named", lambda case: slug(case.evidence_level)),
        Column("evidence_direction", "direction of the evidence", lambda case: slug(case.evidence_direction)),
        Column(
            "evidence_absent", "which kind of nothing, where there is no evidence", lambda case: case.evidence_absent
        ),
        Column(
            "organisations", "each organisation with its part", lambda case: lines(map(str, case.participations.all()))
        ),
        Column(
            "sources",
            "slugs of the sources cited",
            lambda case: joined(citation.source.slug for citation in case.citations.all()),
        ),
        Column("claims", "number of figures; the API has them whole", lambda case: len(case.claims.all())),
        Column("published", "when it was first published", lambda case: case.published_at),
        Column("updated", "when it was last changed", lambda case: case.updated_at),
        Column("version", "counts its changes", lambda case: case.version),
    ]


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


def in_words(arrangement: Arrangement) -> str:
    """Say an arrangement: "Members run the desk (peer support; user and community; mode not stated by the source)"."""
    modes = " and ".join(arrangement.modes) or f"mode {arrangement.get_mode_absent_display()}"
    return f"{arrangement.label} ({arrangement.type.label}; {' and '.join(arrangement.actors)}; {modes})"


def in_codes(arrangement: Arrangement) -> str:
    """Return an arrangement as slugs: `peer-support/user+community/offline+digital`."""
    modes = "+".join(arrangement.modes) or arrangement.mode_absent
    return f"{arrangement.type.slug}/{'+'.join(arrangement.actors)}/{modes}"


def countries(case: Case) -> str:
    """Return the codes of the countries of a case."""
    return joined(str(place.country) for place in case.places.all() if place.country)


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def as_csv(table: list[Column], cases: Iterable[Case]) -> Iterator[str]:
    """Yield the header, then a line for each case; lines end with CR LF, and cells are quoted where they must be."""
    writer = csv.writer(Echo())
    yield writer.writerow([column.name for column in table])
    for case in cases:
        yield writer.writerow([cell(column.read(case)) for column in table])


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
        case str():
            return f"'{value}" if value.startswith(FORMULA) else value
    return value
