"""What a row names in the registers: its own source, its places, its organisations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from taxonomy.slugs import make_slug

from ..reading import cells as cleaners
from ..reading.problems import Problem
from .things import NamedThing, place_name
from .values import FROM_MAPPING, RowValues

MOST_OF_NUMBERED_SLUG = 70
SOURCE_FIELDS = ("kind", "authors", "year", "title", "container", "doi", "url")
COLUMN_FIELDS: dict[str, dict[str, str]] = {
    "sources": {name: f"source_{name}" for name in SOURCE_FIELDS},
    "places": {"latitude": "latitude", "longitude": "latitude", "admin_area": "place_area", "country": "place_country"},
    "organisations": {},
}
"""By register: the field of the row by the column of the entry that it fills."""


@dataclass(frozen=True)
class NamedInRow:
    source: NamedThing | None = None
    places: tuple[NamedThing, ...] = ()
    adds_place: bool = False
    """Whether the place comes beside those that the case has."""
    organisations: tuple[tuple[str, NamedThing], ...] = ()
    """With their parts."""
    no_point: Problem | None = None
    """What is wrong with the point of the place."""
    exported: tuple[NamedThing, ...] = field(default=())
    """The entries that a whole record brings."""

    def __iter__(self) -> Iterator[NamedThing]:
        yield from filter(None, [self.source, *self.places, *self.exported])
        yield from (named for _, named in self.organisations)


def named_in(values: RowValues, scheme: str, exported: tuple[NamedThing, ...] = ()) -> NamedInRow:
    """What a row names; `scheme` is the name of its table, in which its number is its own."""
    point, problem = cleaners.clean_coordinates(values.one("latitude"), values.one("longitude"))
    listed = tuple(_place(name, "", slug=name) for name in values.one("places") or [])
    single = _single_place(values, point)
    countries = tuple(_place("", code) for code in values.one("countries") or [])
    return NamedInRow(
        _own_source(values, scheme) if _brings_source(values) else None,
        listed or single or countries,
        adds_place=bool(single and not listed),
        organisations=tuple(
            (part, NamedThing("organisations", {"name": name, "country": ""}))
            for part, names in values.several("organisation:")
            for name in names
        ),
        no_point=problem,
        exported=exported,
    )


def _own_source(values: RowValues, scheme: str) -> NamedThing:
    """The source that a row itself brings."""
    given = {name: value for name in SOURCE_FIELDS if (value := values.one(f"source_{name}")) is not None}
    if lacks_scheme(given.get("url")):
        given["url"] = f"https://{given['url']}"
    number = str(values.one("external_id") or "")
    wanted = make_slug(scheme, number, fallback="source", most=MOST_OF_NUMBERED_SLUG) if number else ""
    return NamedThing("sources", given, wanted, number)


def lacks_scheme(url: Any) -> bool:
    return bool(url) and "://" not in str(url)


def _brings_source(values: RowValues) -> bool:
    """Whether a row itself says something about its source, besides what the mapping says for every row."""
    columns = [column for name, (column, _) in values.origins.items() if name.startswith("source_")]
    return bool(columns) and (bool(values.one("external_id")) or set(columns) != {FROM_MAPPING})


def _single_place(values: RowValues, point: tuple[float, float] | None) -> tuple[NamedThing, ...]:
    """The one place that a row describes, if it does."""
    name, area = values.one("place_name") or "", values.one("place_area") or ""
    country = values.one("place_country") or ""
    if not (name or area or country):
        return ()
    return (_place(name or area, country, area=area if name else "", point=point if name else None),)


def _place(
    name: str, country: str, *, area: str = "", point: tuple[float, float] | None = None, slug: str = ""
) -> NamedThing:
    latitude, longitude = point or (None, None)
    words = {"name": place_name(name, country), "country": country, "admin_area": area}
    return NamedThing("places", {**words, "latitude": latitude, "longitude": longitude}, slug=slug)
