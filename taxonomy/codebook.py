"""The codebook in memory: every vocabulary with its terms in order, from two queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from .models import Term, Vocabulary


@dataclass(frozen=True)
class Codebook:
    """Terms by vocabulary slug, in reading order (a broader term just before its narrower ones)."""

    terms: dict[str, list[Term]] = field(default_factory=dict)

    @classmethod
    def load(cls) -> Codebook:
        vocabularies = Vocabulary.objects.in_bulk()
        terms: dict[str, list[Term]] = {}
        for term in Term.objects.order_by("order", "slug"):
            term.vocabulary = vocabularies[term.vocabulary_id]
            terms.setdefault(term.vocabulary.slug, []).append(term)
        return cls({slug: list(_in_reading_order(group)) for slug, group in terms.items()})

    def __getitem__(self, vocabulary: str) -> list[Term]:
        return self.terms.get(vocabulary, [])

    @cached_property
    def by_id(self) -> dict[int, Term]:
        return {term.pk: term for terms in self.terms.values() for term in terms}

    def find(self, vocabulary: str, slug: str) -> Term | None:
        return next((term for term in self[vocabulary] if term.slug == slug), None)

    def with_narrower(self, vocabulary: str, slugs: Iterable[str]) -> set[int]:
        """Return the ids of the named terms and of everything below them."""
        chosen = set(slugs)
        found: set[int] = set()
        for term in self[vocabulary]:
            if term.slug in chosen or term.broader_id in found:
                found.add(term.pk)
        return found

    def self_and_broader(self, vocabulary: str) -> dict[int, list[Term]]:
        """Return, for each term id, the term and all above it: what a case coded with it counts under."""
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
