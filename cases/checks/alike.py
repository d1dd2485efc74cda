"""Titles that are the same, or nearly: a case that was entered twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rapidfuzz import fuzz

from cases.models import CaseQuerySet, Place, State
from cases.words import fold

ALIKE = 90.0  # of 100: one letter in ten may differ, and the words may stand in another order
COMMON = 200  # titles: a word of more of them tells nothing
BEGINNING = 5  # letters


class Title(NamedTuple):
    """A title of a case: as written, as compared, and with its words in order; and the countries of its places."""

    slug: str
    title: str
    folded: str
    ordered: str
    countries: frozenset[str]

    @classmethod
    def of(cls, slug: str, title: str, countries: Iterable[str]) -> Title:
        folded = fold(title)
        return cls(slug, title, folded, _ordered(folded), frozenset(countries) - {""})


@dataclass(frozen=True)
class Titles:
    """The titles that a title is compared with.

    Only those are compared that begin alike, or share a word that is not in very many titles, so that the work grows
    with the number of cases, not with its square.
    """

    blocks: Mapping[str, list[Title]] = field(default_factory=dict)
    everything: Sequence[Title] = ()

    @classmethod
    def of(cls, cases: CaseQuerySet) -> Titles:
        """Gather the titles of cases that are not withdrawn. Two queries."""
        standing = cases.exclude(state=State.WITHDRAWN).exclude(title="").order_by()
        countries: defaultdict[str, set[str]] = defaultdict(set)
        for slug, country in standing.exclude(places__country=None).values_list("slug", "places__country"):
            countries[slug].add(country)
        return cls.among(
            Title.of(slug, title, countries[slug]) for slug, title in standing.values_list("slug", "title")
        )

    @classmethod
    def among(cls, titles: Iterable[Title]) -> Titles:
        """Put titles in the order in which they are looked up."""
        blocks: defaultdict[str, list[Title]] = defaultdict(list)
        everything = list(titles)
        for title in everything:
            for block in _blocks(title.folded):
                blocks[block].append(title)
        return cls(blocks, everything)

    @staticmethod
    def countries(places: Iterable[str]) -> dict[str, str]:
        """Return the countries of places by slug; places without one are left out. One query."""
        found = Place.objects.filter(slug__in=sorted(set(places))[:10_000]).exclude(country="")
        return {slug: str(country) for slug, country in found.values_list("slug", "country")}

    def same(self, folded: str, own: Iterable[str]) -> list[Title]:
        """Return the others that are called exactly so, case, accents and signs aside."""
        return [each for each in self.blocks.get(_whole(folded), []) if each.folded == folded and each.slug not in own]

    def alike(self, folded: str, countries: frozenset[str], own: Iterable[str]) -> list[Title]:
        """Return the others that are called nearly so, in one of these countries, or where either names none."""
        ordered = _ordered(folded)
        found = {
            each.slug: each
            for each in self._candidates(folded)
            if fuzz.ratio(ordered, each.ordered, score_cutoff=ALIKE)
            and each.folded != folded
            and each.slug not in own
            and (not countries or not each.countries or countries & each.countries)
        }
        return list(found.values())

    def _candidates(self, folded: str) -> Iterator[Title]:
        for block in _blocks(folded):
            near = self.blocks.get(block, [])
            if len(near) <= COMMON:
                yield from near


def _blocks(folded: str) -> set[str]:
    """Return under what a title is looked up: whole, by its words, by its beginning."""
    return {_whole(folded), f"{folded[:BEGINNING]}…", *folded.split()}


def _ordered(folded: str) -> str:
    return " ".join(sorted(folded.split()))


def _whole(folded: str) -> str:
    return f"={folded}"
