"""Duplicate candidates: cases with the same or nearly the same title, which may have been entered twice.

Used both for checks and for imports. The score of a pair, from 0 to 100, is the similarity of the titles regardless of
word order, plus a bonus for a common place, minus a penalty for different countries.
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

MIN_TITLE_SIMILARITY = 90  # of 100: one letter in ten may differ; word order is ignored
SAME_PLACE_BONUS = 5  # added if two cases share a place
OTHER_COUNTRY_PENALTY = 15  # subtracted if they have no country in common
MAX_TITLES_WITH_WORD = 200  # a word that is in more titles than this is ignored
BLOCK_PREFIX_LENGTH = 5  # letters


class CaseTitle(NamedTuple):
    """The title of a case as written, folded, and with its words sorted; its places and their countries."""

    slug: str
    title: str
    folded: str
    ordered: str
    countries: frozenset[str]
    places: frozenset[str] = frozenset()

    @classmethod
    def of(cls, slug: str, title: str, countries: Iterable[str], places: Iterable[str] = ()) -> CaseTitle:
        folded = fold(title)
        return cls(slug, title, folded, _sorted_words(folded), frozenset(countries) - {""}, frozenset(places))


@dataclass(frozen=True)
class TitleIndex:
    """The titles to compare with.

    Only titles that begin with the same letters or share a word are compared, ignoring very common words. The work
    therefore grows with the number of cases, not with its square.
    """

    blocks: defaultdict[str, dict[str, CaseTitle]] = field(default_factory=lambda: defaultdict(dict))
    by_slug: dict[str, CaseTitle] = field(default_factory=dict)

    @property
    def everything(self) -> Sequence[CaseTitle]:
        return list(self.by_slug.values())

    @classmethod
    def of(cls, cases: CaseQuerySet) -> TitleIndex:
        """Index the titles of cases that are not withdrawn. Two queries."""
        titled = cases.exclude(state=State.WITHDRAWN).exclude(title="").order_by()
        places: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
        place_rows = titled.exclude(places=None).values_list("slug", "places__slug", "places__country")
        for slug, place, country in place_rows:
            places[slug].add((place, country))
        return cls.among(
            CaseTitle.of(slug, title, (country for _, country in places[slug]), (place for place, _ in places[slug]))
            for slug, title in titled.values_list("slug", "title")
        )

    @classmethod
    def among(cls, titles: Iterable[CaseTitle]) -> TitleIndex:
        found = cls()
        for title in titles:
            found.add(title)
        return found

    def add(self, title: CaseTitle) -> None:
        """Add a title, replacing any other title of the same case."""
        if previous := self.by_slug.get(title.slug):
            for block in _block_keys(previous.folded):
                del self.blocks[block][previous.slug]
        self.by_slug[title.slug] = title
        for block in _block_keys(title.folded):
            self.blocks[block][title.slug] = title

    @staticmethod
    def countries(places: Iterable[str]) -> dict[str, str]:
        """Countries of places, by slug; places without a country are left out. One query."""
        found = Place.objects.filter(slug__in=sorted(set(places))[:10_000]).exclude(country="")
        return {slug: str(country) for slug, country in found.values_list("slug", "country")}

    def same(self, folded: str, own: Iterable[str]) -> list[CaseTitle]:
        """Other cases with the same folded title, that is, ignoring case, accents and punctuation."""
        same = self.blocks.get(_whole_title_key(folded), {}).values()
        return [each for each in same if each.slug not in own]

    def similar(self, wanted: CaseTitle, own: Iterable[str]) -> list[tuple[CaseTitle, int]]:
        """Duplicate candidates with their scores, best first."""
        scored = (
            (each, _duplicate_score(wanted, each)) for each in self._candidates(wanted.folded) if each.slug not in own
        )
        return sorted(
            (pair for pair in scored if pair[1] >= MIN_TITLE_SIMILARITY), key=lambda pair: (-pair[1], pair[0].slug)
        )

    def _candidates(self, folded: str) -> Iterable[CaseTitle]:
        found: dict[str, CaseTitle] = {}
        for block in _block_keys(folded):
            others = self.blocks.get(block, {})
            if len(others) <= MAX_TITLES_WITH_WORD or block == _whole_title_key(folded):
                found |= islice(others.items(), MAX_TITLES_WITH_WORD)
        return found.values()


def _duplicate_score(one: CaseTitle, other: CaseTitle) -> int:
    """Similarity of two cases, up to 100; 0 if their titles are too different to be duplicates."""
    score = round(fuzz.ratio(one.ordered, other.ordered, score_cutoff=MIN_TITLE_SIMILARITY - SAME_PLACE_BONUS))
    if not score:
        return 0
    if one.places & other.places:
        return min(100, score + SAME_PLACE_BONUS)
    elsewhere = one.countries and other.countries and not one.countries & other.countries
    return score - OTHER_COUNTRY_PENALTY if elsewhere else score


def _block_keys(folded: str) -> set[str]:
    """Keys under which a title is indexed: the whole title, each word, its first letters."""
    return {_whole_title_key(folded), f"{folded[:BLOCK_PREFIX_LENGTH]}…", *folded.split()} if folded else set()


def _sorted_words(folded: str) -> str:
    return " ".join(sorted(folded.split()))


def _whole_title_key(folded: str) -> str:
    return f"={folded}"
