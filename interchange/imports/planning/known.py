"""What the catalogue has already, looked up once for many rows: cases by address, number and title; labels of terms."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cases.models import Case, CurrentVersion, OldAddress
from cases.review.checks.duplicates import CaseTitle, TitleIndex
from interchange.models import Batch, ImportedRecord
from taxonomy.models import Term
from taxonomy.slugs import RESERVED_SLUGS, number_slug

from ..reading.names import fold_name
from .things import ThingsLookup

MAX_CANDIDATES = 3
MAX_ADDRESS = 120


class KnownCase(NamedTuple):
    """A case as it is compared with rows; `places` are slugs."""

    pk: int | None
    slug: str
    title: str
    places: frozenset[str]
    countries: frozenset[str]


@dataclass
class CatalogueLookup:
    """The cases, the labels of terms, and what rows name in the registers (`things`)."""

    cases: dict[str, KnownCase] = field(default_factory=dict)
    """By address."""
    addresses: dict[int, str] = field(default_factory=dict)
    """The address by key."""
    old: set[str] = field(default_factory=set)
    imported: dict[str, int] = field(default_factory=dict)
    """The key of the case by its number in the imported table."""
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    things: ThingsLookup = field(default_factory=ThingsLookup)
    titles: TitleIndex = field(default_factory=TitleIndex)
    numbered: Counter[str] = field(default_factory=Counter)
    """How many addresses were made of a wanted one."""

    @classmethod
    def look(cls, batch: Batch) -> CatalogueLookup:
        """Look up the cases and the terms; sources, organisations and places are looked up as rows name them."""
        found = cls(old=set(OldAddress.objects.values_list("slug", flat=True)), things=ThingsLookup.of(batch))
        found.imported = dict(ImportedRecord.objects.filter(scheme=batch.mapping).values_list("external_id", "case_id"))
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
        found = number_slug(wanted, self.numbered[wanted] + 1, MAX_ADDRESS)
        while found in self.cases or found in self.old or found in reserved or found in RESERVED_SLUGS:
            self.numbered[wanted] += 1
            found = number_slug(wanted, self.numbered[wanted] + 1, MAX_ADDRESS)
        return found


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
