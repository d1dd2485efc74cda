"""What the catalogue has already, looked up once for many rows: by address, number, title, name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django_countries import countries

from cases.models import Case, CurrentVersion, OldAddress
from cases.review.checks.duplicates import CaseTitle, TitleIndex
from interchange.models import ImportedRecord
from taxonomy.models import Term

from ..reading.names import fold_name
from ..register_entries import RegisterEntry, slug_from
from .named import NamedLookup, place_slug

MAX_CANDIDATES = 3


COUNTRY_NAMES = dict(countries)
"""The names of the countries, in English, by code."""


def place_name(name: str, country: str) -> str:
    """What a place is called: a country has its name in English."""
    return name or str(COUNTRY_NAMES.get(country, country))


def source_keys(given: Mapping[str, Any], slug: str) -> list[str]:
    """What a source is known by, the surest first."""
    return [key for key in (given.get("url"), given.get("doi"), slug) if key]


class KnownCase(NamedTuple):
    """A case as it is compared with rows; `places` are slugs."""

    pk: int | None
    slug: str
    title: str
    places: frozenset[str]
    countries: frozenset[str]


@dataclass
class CatalogueLookup:
    """The cases, the labels of terms, and what rows name in the registers."""

    cases: dict[str, KnownCase] = field(default_factory=dict)
    """By address."""
    addresses: dict[int, str] = field(default_factory=dict)
    """The address by key."""
    old: set[str] = field(default_factory=set)
    imported: dict[str, int] = field(default_factory=dict)
    """The key of the case by its number in the imported table."""
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    named: NamedLookup = field(default_factory=NamedLookup)
    titles: TitleIndex = field(default_factory=TitleIndex)
    numbered: Counter[str] = field(default_factory=Counter)
    """How many addresses were made of a wanted one."""
    new: dict[tuple[str, str], RegisterEntry] = field(default_factory=dict)
    """By register and slug: entries that only the rows bring."""

    @classmethod
    def look(cls, scheme: str) -> CatalogueLookup:
        """Look up the cases and the terms; sources, organisations and places are looked up as rows name them."""
        found = cls(old=set(OldAddress.objects.values_list("slug", flat=True)))
        found.imported = dict(ImportedRecord.objects.filter(scheme=scheme).values_list("external_id", "case_id"))
        for vocabulary, slug, label in Term.objects.values_list("vocabulary__slug", "slug", "label"):
            found.labels.setdefault(vocabulary, {})[fold_name(label)] = slug
        found._cases()
        return found

    def _cases(self) -> None:
        where: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for case, slug, country in Case.places.through.objects.values_list("case", "place__slug", "place__country"):
            where[case].append((slug, country))
        for pk, slug, title in Case.objects.values_list("pk", "slug", "title"):
            places = where[pk]
            self.add(KnownCase(pk, slug, title, frozenset(p for p, _ in places), frozenset(c for _, c in places if c)))

    def add(self, case: KnownCase) -> None:
        """Note a stored case, or one that an earlier row would enter."""
        self.cases[case.slug] = case
        if case.pk:
            self.addresses[case.pk] = case.slug
        self.titles.add(CaseTitle.of(case.slug, case.title, case.countries, case.places))

    def find_candidates(
        self, title: str, places: Iterable[str], where: Iterable[str], own: Iterable[str]
    ) -> list[tuple[KnownCase, int]]:
        """The cases with nearly this title, given their places; the most similar first."""
        found = self.titles.similar(CaseTitle.of("", title, where, places), own)
        return [(self.cases[each.slug], score) for each, score in found[:MAX_CANDIDATES]]

    def free(self, wanted: str, reserved: Mapping[str, Any]) -> str:
        """An address that no case has, had or will have: `wanted`, `wanted-2` and so on."""
        found = wanted if not self.numbered[wanted] else f"{wanted[:110]}-{self.numbered[wanted] + 1}"
        while found in self.cases or found in self.old or found in reserved:
            self.numbered[wanted] += 1
            found = f"{wanted[:110]}-{self.numbered[wanted] + 1}"
        return found

    # Registers: the slug of what is stored, or of a new entry, together with that entry

    def source(self, given: dict[str, Any], slug: str) -> tuple[str, list[RegisterEntry]]:
        known = next(filter(None, map(self.named.sources.get, source_keys(given, slug))), "")
        return self._entry(known, {"register": "sources", "slug": slug, **given})

    def organisation(self, name: str) -> tuple[str, list[RegisterEntry]]:
        known = self.named.organisations.get(fold_name(name)) or self.named.organisations.get(name)
        slug = slug_from(name, fallback="organisation", most=110)
        return self._entry(known, {"register": "organisations", "slug": slug, "name": name, "country": ""})

    def place(
        self, name: str, country: str, point: tuple[float, float] | None = None
    ) -> tuple[str, list[RegisterEntry]]:
        called, places = place_name(name, country), self.named.places
        known = places.get((fold_name(called), country)) or (places.get((name, "")) if not country else None)
        slug = place_slug(called)
        if (slug, "") in places:
            slug = f"{slug}-{country.lower() or 'elsewhere'}"
        latitude, longitude = point or (None, None)
        entry = {"register": "places", "slug": slug, "name": called, "country": country}
        return self._entry(known, entry | {"latitude": latitude, "longitude": longitude})

    def _entry(self, known: str | None, entry: RegisterEntry) -> tuple[str, list[RegisterEntry]]:
        """The slug of what is known, or of a new entry; with the entry, unless it is stored already."""
        if not known:
            self.learn(entry)
            known = str(entry["slug"])
        new = self.new.get((str(entry["register"]), known))
        return known, [new] if new else []

    def learn(self, entry: RegisterEntry) -> None:
        register, slug = str(entry["register"]), str(entry["slug"])
        if register == "sources":
            self.named.sources |= dict.fromkeys(source_keys(entry, slug), slug)
        elif register == "organisations":
            self.named.organisations |= {slug: slug, fold_name(str(entry.get("name"))): slug}
        else:
            named = (fold_name(str(entry.get("name"))), str(entry.get("country") or ""))
            self.named.places |= {(slug, ""): slug, named: slug}
        self.new.setdefault((register, slug), entry)


class CurrentRecord(NamedTuple):
    """The current version of a case."""

    version: int
    record: dict[str, Any]
    state: str
    merged_into: str = ""
    """The address of the case that it was merged into."""


def current_records(keys: Iterable[int]) -> dict[int, CurrentRecord]:
    rows = CurrentVersion.objects.filter(case__in=list(keys))
    found = rows.values_list("case", "number", "record", "state", "case__merged_into__slug")
    return {case: CurrentRecord(number, record, state, into or "") for case, number, record, state, into in found}
