"""The codebook in memory, loaded with two queries; and the terms that the code relies on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.db.models import prefetch_related_objects

from .models import Term, Vocabulary

CLOSED_VOCABULARIES = {"actor", "mode", "absence", "basis"}
"""Vocabularies whose terms are columns of the database or are used in the code: no term can be added or removed."""

REQUIRED_TERMS = {
    "type": {"co-implementation", "co-management", "peer-support", "behaviour-change", "joint-action"},
    "kind": {"named-case", "generic-practice"},
    "role": {"example", "near-miss", "warning", "study", "background"},
    "eligibility": {"co-delivery", "conditional"},
    "evidence": {"none-named", "evaluation"},
    "direction": {"not-stated", "mixed"},
}
"""Terms of other vocabularies whose slugs the code uses: the rows of Table 20.1, what totals tell apart, and so on."""


def is_required_term(term: Term) -> bool:
    """Whether the code relies on a term, so that it can be neither removed nor given another slug."""
    vocabulary = term.vocabulary.slug
    return vocabulary in CLOSED_VOCABULARIES or term.slug in REQUIRED_TERMS.get(vocabulary, ())


@dataclass(frozen=True)
class Codebook:
    """Terms by vocabulary slug, in reading order (a broader term just before its narrower ones).

    Retired terms are included, as cases may still have them. Terms that were replaced are not: `aliases` maps, by
    vocabulary, their slugs to current slugs.
    """

    terms: dict[str, list[Term]] = field(default_factory=dict)
    aliases: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Codebook:
        vocabularies = Vocabulary.objects.in_bulk()
        rows = {term.pk: term for term in Term.objects.order_by("order", "slug")}
        terms: dict[str, list[Term]] = {}
        aliases: dict[str, dict[str, str]] = {}
        for term in rows.values():
            term.vocabulary = vocabularies[term.vocabulary_id]
            if term.replaced_by_id is None:
                terms.setdefault(term.vocabulary.slug, []).append(term)
            else:
                aliases.setdefault(term.vocabulary.slug, {})[term.slug] = rows[term.replaced_by_id].slug
        return cls({slug: list(_in_reading_order(group)) for slug, group in terms.items()}, aliases)

    @classmethod
    def load_manual(cls) -> Codebook:
        """The codebook with the neighbours and examples of each term, in two more queries."""
        codebook = cls.load()
        terms = list(codebook.by_id.values())
        prefetch_related_objects(terms, "examples", "neighbours")
        for term in terms:
            term.broader = codebook.by_id[term.broader_id] if term.broader_id else None
        for near in (near for term in terms for near in term.neighbours.all()):
            near.neighbour = codebook.by_id.get(near.neighbour_id) or near.neighbour
        return codebook

    @property
    def vocabularies(self) -> list[Vocabulary]:
        """The vocabularies that have terms, in their order."""
        found = (terms[0].vocabulary for terms in self.terms.values())
        return sorted(found, key=lambda vocabulary: (vocabulary.order, vocabulary.slug))

    def __getitem__(self, vocabulary: str) -> list[Term]:
        return self.terms.get(vocabulary, [])

    @cached_property
    def by_id(self) -> dict[int, Term]:
        return {term.pk: term for terms in self.terms.values() for term in terms}

    def offered(self, vocabulary: str) -> list[Term]:
        """The terms that new codings may use."""
        return [term for term in self[vocabulary] if term.retired_at is None]

    def today(self, vocabulary: str, slug: str) -> str:
        """The current slug of a slug that may be a former one."""
        return self.aliases.get(vocabulary, {}).get(slug, slug)

    def find(self, vocabulary: str, slug: str) -> Term | None:
        current = self.today(vocabulary, slug)
        return next((term for term in self[vocabulary] if term.slug == current), None)

    def with_narrower(self, vocabulary: str, slugs: Iterable[str]) -> set[int]:
        """The ids of the terms and of all narrower ones."""
        chosen = {self.today(vocabulary, slug) for slug in slugs}
        found: set[int] = set()
        for term in self[vocabulary]:
            if term.slug in chosen or term.broader_id in found:
                found.add(term.pk)
        return found

    def self_and_broader(self, vocabulary: str) -> dict[int, list[Term]]:
        """For each term id, the term and all broader ones: a case with the term counts for all of these."""
        by_id = {term.pk: term for term in self[vocabulary]}
        return {pk: list(_upwards(term, by_id)) for pk, term in by_id.items()}


def _in_reading_order(terms: list[Term], broader: int | None = None) -> Iterator[Term]:
    for term in terms:
        if term.broader_id == broader:
            yield term
            yield from _in_reading_order(terms, term.pk)


def _upwards(term: Term, by_id: dict[int, Term]) -> Iterator[Term]:
    node: Term | None = term
    while node is not None:
        yield node
        node = by_id.get(node.broader_id) if node.broader_id else None
