"""A page of results, for people and as JSON: the cases, the counts of every facet around them, Table 20.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from django.conf import settings

from .dimensions import KINDS_OF_NOTHING, Counts, Table
from .excerpts import Snippet
from .facets import Card, Links, cards, counts_of
from .filters import CaseFilterSet
from .renderings import texts
from .search import snippets, suggestion

PAGE_SIZE = 20


class Numbers(msgspec.Struct, frozen=True, gc=False):
    """A cell of Table 20.1, or with neither actor nor mode the whole row: its cases, and those that name evidence."""

    type: str
    actor: str
    mode: str
    count: int
    evident: int


class Results(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `/api/v1/results/` answers."""

    count: int
    next: str | None
    previous: str | None
    facets: Mapping[str, Counts]
    matrix: list[Numbers]
    results: list[msgspec.Raw]
    snippets: list[Snippet]
    suggestion: str | None
    truncated: list[str] = []
    """The facets of which only the values with the most cases are here."""


class Page(msgspec.Struct, frozen=True):
    """Which of the cases are shown: page `number` of `last`, from 1; `keys` are those of its cases."""

    number: int
    last: int
    keys: list[int]
    earlier: str | None
    later: str | None


def page(asked: CaseFilterSet, links: Links) -> Page | None:
    """Return the page asked for, or None where there are not so many."""
    size = asked.asked.get("page_size", PAGE_SIZE)
    number = asked.asked.get("page", 1)
    last = max(-(-asked.total // size), 1)
    if number > last:
        return None
    start = (number - 1) * size
    return Page(
        number,
        last,
        asked.keys(start, start + size),
        links.page(number - 1) if number > 1 else None,
        links.page(number + 1) if number < last else None,
    )


def as_json(asked: CaseFilterSet, links: Links) -> bytes | None:
    """Return the page of results asked for, or None where there are not so many."""
    shown = page(asked, links)
    if shown is None:
        return None
    counts = {name: in_order(asked, name, each) for name, each in counts_of(asked, asked.shown_facets).items()}
    table = cells(asked.answer.table())
    kept = [msgspec.Raw(text) for text in texts(shown.keys, "card")]
    found = snippets_of(asked, shown.keys)
    excerpts = [found[key] for key in shown.keys if key in found]
    return encode(
        Results(
            asked.total,
            shown.later,
            shown.earlier,
            counts,
            table,
            kept,
            excerpts,
            suggestion_for(asked),
            sorted(asked.grammar.long.intersection(counts)),
        )
    )


def snippets_of(asked: CaseFilterSet, keys: Sequence[int]) -> Mapping[int, Snippet]:
    """Return where each of these cases holds the words that are searched for; nothing where none are."""
    return snippets(asked.question, keys) if asked.question.wanted and keys else {}


def cards_with_snippets(asked: CaseFilterSet, keys: Sequence[int]) -> list[tuple[Card, Snippet | None]]:
    """Return the cards of these cases, each with the words in it that were searched for."""
    found = snippets_of(asked, keys)
    return [(card, found.get(key)) for key, card in zip(keys, cards(keys), strict=True)]


def suggestion_for(asked: CaseFilterSet) -> str | None:
    """Return what to search for instead, where nothing answers."""
    return suggestion(asked.question, drafts=asked.drafts) if "q" in asked.asked and not asked.total else None


def in_order(asked: CaseFilterSet, name: str, counts: Counts) -> Counts:
    """Return the counts of a facet in the order in which its values are shown; of a long one the largest first."""
    if name in asked.grammar.long:
        return dict(sorted(counts.items(), key=lambda each: (each[0] in KINDS_OF_NOTHING, -each[1], each[0])))
    return {frame.value: counts[frame.value] for frame in asked.grammar.frames[name] if frame.value in counts}


def cells(table: Table) -> list[Numbers]:
    """Return the cells of Table 20.1 one by one."""
    return [Numbers(*cell, *numbers) for cell, numbers in table.cells.items()]


ENCODER = msgspec.json.Encoder()


def encode(answer: object) -> bytes:
    """Write an answer as JSON, with the site's own origin where it belongs."""
    return ENCODER.encode(answer).replace(b"\x1f", settings.BASE_URL.encode())
