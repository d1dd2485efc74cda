"""What the database holds of the records that the files bring, under the names by which the files know them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from cases.models import Case, OldAddress
from taxonomy.models import Term

from ..models import LoadedRecord
from .entries import LOADED_MODELS, LoadEntry, LoadOutcome, current_content, loaded_content, same_content

Item = TypeVar("Item")
TERM_PARTS = ("alignments", "examples", "neighbours__neighbour__vocabulary")
"""What is looked up with terms, to be compared."""

LOAD_BATCH_SIZE = 200  # slugs that are looked up together, and cases that are fetched together
ThingsBySlug = dict[str, Any]


@dataclass(frozen=True)
class StoredRecords:
    """Records of one register by the slug that the files give, and what they said when they were loaded."""

    things: Mapping[str, Any]
    loaded: Mapping[str, dict[str, Any] | None]
    editions: Mapping[str, int]
    """By slug: the last edition that was brought."""

    @classmethod
    def look(cls, register: str, slugs: Sequence[str]) -> StoredRecords:
        """Look up only the records that are named, and those that were renamed since."""
        things: ThingsBySlug = {}
        loaded: dict[str, dict[str, Any] | None] = {}
        editions: dict[str, int] = {}
        for batch in in_batches([slug for slug in slugs if slug.isprintable()]):  # databases refuse some of the others
            rows = list(LoadedRecord.objects.filter(register=register, slug__in=batch))
            brought = {row.slug: loaded_content(row) for row in rows}
            loaded |= brought
            editions |= {row.slug: row.edition for row in rows}
            things |= _stored(register, batch, brought)
        return cls(things, loaded, editions)

    def set_outcome(self, entry: LoadEntry) -> None:
        entry.now, entry.edition = self.things.get(entry.slug), self.editions.get(entry.slug)
        entry.loaded = self.loaded.get(entry.slug)
        if entry.now is None:
            entry.outcome = LoadOutcome.GONE if entry.slug in self.loaded else LoadOutcome.CREATED
        elif not same_content(entry.loaded, now := current_content(entry.now)):
            entry.outcome = LoadOutcome.KEPT
        else:
            entry.outcome = LoadOutcome.SAME if same_content(now, entry.wanted) else LoadOutcome.CHANGED


def in_batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), LOAD_BATCH_SIZE):
        yield items[start : start + LOAD_BATCH_SIZE]


def _stored(register: str, slugs: Sequence[str], loaded: Mapping[str, Any]) -> ThingsBySlug:
    if register == "cases":
        return _stored_cases(slugs)
    if register == "terms":
        return _stored_terms(slugs)
    model: Any = LOADED_MODELS[register][0]
    found: ThingsBySlug = {thing.slug: thing for thing in model._default_manager.filter(slug__in=slugs)}
    return _renamed_since(model, [slug for slug in slugs if slug in loaded and slug not in found]) | found


def _stored_cases(slugs: Sequence[str]) -> ThingsBySlug:
    """Cases by the address that is asked for, which may be one that they had before."""
    old = dict(OldAddress.objects.filter(slug__in=slugs).values_list("slug", "case_id"))
    renamed = Case.objects.whole().in_bulk(list(old.values()))
    current = {case.slug: case for case in Case.objects.whole().filter(slug__in=slugs)}
    return {slug: renamed[case] for slug, case in old.items()} | current


def _stored_terms(slugs: Sequence[str]) -> ThingsBySlug:
    """Terms by “vocabulary/term”, and maybe more of them; a former slug has a row of its own."""
    terms = Term.objects.select_related("vocabulary", "broader", "replaced_by__vocabulary")
    vocabularies, own = zip(*(slug.split("/", 1) for slug in slugs), strict=True)
    found = terms.prefetch_related(*TERM_PARTS).filter(vocabulary__slug__in=set(vocabularies), slug__in=set(own))
    return {f"{term.vocabulary.slug}/{term.slug}": term for term in found}


def _renamed_since(model: Any, slugs: Sequence[str]) -> ThingsBySlug:
    """Records that had these slugs once, as their history has it, and have others now."""
    if not slugs or not hasattr(model, "history"):
        return {}
    former = model.history.filter(slug__in=slugs).order_by("history_date", "history_id")
    keys = dict(former.values_list("slug", "id"))
    things = model._default_manager.in_bulk(list(keys.values()))
    return {slug: things[key] for slug, key in keys.items() if key in things}
