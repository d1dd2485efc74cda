"""Titles that are the same, or nearly: a case that was entered twice.

One finder, for what is checked and for what is imported. How alike two cases are is said of 100: how alike their titles
are, whatever the order of the words; more where both happen in the same place, less where in different countries.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from rapidfuzz import fuzz

from cases.models import CaseQuerySet, Place, State
from cases.search.text import fold

MIN_TITLE_SIMILARITY = 90  # of 100: one letter in ten may differ, and the words may stand in another order
SAME_PLACE_BONUS = 5  # is put on where two cases happen in the same place
OTHER_COUNTRY_PENALTY = 15  # is taken off where they happen in different countries
MAX_TITLES_WITH_WORD = 200  # titles: a word of more of them tells nothing
BLOCK_PREFIX_LENGTH = 5  # letters


class CaseTitle(NamedTuple):
    """A title of a case: as written, as compared, and with its words in order; its places, and their countries."""

    slug: str
    title: str
    folded: str
    ordered: str
    countries: frozenset[str]
    places: frozenset[str] = frozenset()

    @classmethod
    def of(cls, slug: str, title: str, countries: Iterable[str], places: Iterable[str] = ()) -> CaseTitle:
        folded = fold(title)
        return cls(slug, title, folded, _ordered(folded), frozenset(countries) - {""}, frozenset(places))


@dataclass(frozen=True)
class TitleIndex:
    """The titles that a title is compared with.

    Only those are compared that begin alike, or share a word that is not in very many titles, so that the work grows
    with the number of cases, not with its square.
    """

    blocks: defaultdict[str, dict[str, CaseTitle]] = field(default_factory=lambda: defaultdict(dict))
    by_slug: dict[str, CaseTitle] = field(default_factory=dict)

    @property
    def everything(self) -> Sequence[CaseTitle]:
        """Every title."""
        return list(self.by_slug.values())

    @classmethod
    def of(cls, cases: CaseQuerySet) -> TitleIndex:
        """Gather the titles of cases that are not withdrawn. Two queries."""
        titled = cases.exclude(state=State.WITHDRAWN).exclude(title="").order_by()
        where: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        placed = titled.exclude(places=None).values_list("slug", "places__slug", "places__country")
        for slug, place, country in placed:
            where[slug].add((place, country))
        return cls.among(
            CaseTitle.of(slug, title, (country for _, country in where[slug]), (place for place, _ in where[slug]))
            for slug, title in titled.values_list("slug", "title")
        )

    @classmethod
    def among(cls, titles: Iterable[CaseTitle]) -> TitleIndex:
        """Put titles in the order in which they are looked up."""
        found = cls()
        for title in titles:
            found.add(title)
        return found

    def add(self, title: CaseTitle) -> None:
        """Let a title be found; it takes the place of another one of the same case."""
        if before := self.by_slug.get(title.slug):
            for block in _blocks(before.folded):
                del self.blocks[block][before.slug]
        self.by_slug[title.slug] = title
        for block in _blocks(title.folded):
            self.blocks[block][title.slug] = title

    @staticmethod
    def countries(places: Iterable[str]) -> dict[str, str]:
        """Return the countries of places by slug; places without one are left out. One query."""
        found = Place.objects.filter(slug__in=sorted(set(places))[:10_000]).exclude(country="")
        return {slug: str(country) for slug, country in found.values_list("slug", "country")}

    def same(self, folded: str, own: Iterable[str]) -> list[CaseTitle]:
        """Return the others that are called exactly so, case, accents and signs aside."""
        same = self.blocks.get(_whole(folded), {}).values()
        return [each for each in same if each.slug not in own]

    def similar(self, wanted: CaseTitle, own: Iterable[str]) -> list[tuple[CaseTitle, int]]:
        """Return the others that are probably the same case, each with how alike it is; the likeliest first."""
        scored = (
            (each, _duplicate_score(wanted, each)) for each in self._candidates(wanted.folded) if each.slug not in own
        )
        return sorted(
            (pair for pair in scored if pair[1] >= MIN_TITLE_SIMILARITY), key=lambda pair: (-pair[1], pair[0].slug)
        )

    def _candidates(self, folded: str) -> Iterable[CaseTitle]:
        found: dict[str, CaseTitle] = {}
        for block in _blocks(folded):
            near = self.blocks.get(block, {})
            if len(near) <= MAX_TITLES_WITH_WORD or block == _whole(folded):
                found |= islice(near.items(), MAX_TITLES_WITH_WORD)
        return found.values()


def _duplicate_score(one: CaseTitle, other: CaseTitle) -> int:
    """Return how alike two cases are, of 100; 0 where their titles alone leave no doubt."""
    score = round(fuzz.ratio(one.ordered, other.ordered, score_cutoff=MIN_TITLE_SIMILARITY - SAME_PLACE_BONUS))
    if not score:
        return 0
    if one.places & other.places:
        return min(100, score + SAME_PLACE_BONUS)
    elsewhere = one.countries and other.countries and not one.countries & other.countries
    return score - OTHER_COUNTRY_PENALTY if elsewhere else score


def _blocks(folded: str) -> set[str]:
    """Return under what a title is looked up: whole, by its words, by its beginning."""
    return {_whole(folded), f"{folded[:BLOCK_PREFIX_LENGTH]}…", *folded.split()} if folded else set()


def _ordered(folded: str) -> str:
    return " ".join(sorted(folded.split()))


def _whole(folded: str) -> str:
    return f"={folded}"
