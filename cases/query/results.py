"""A page of results, for HTML and as JSON: the cases, the counts of every facet, and Table 20.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from django.conf import settings

from ..derived.representations import load_representations
from ..search.engine import snippets, suggest_spelling
from ..search.excerpts import Snippet
from .dimensions import ABSENCE_VALUES, MatrixCounts, ValueCounts
from .facets import Card, QueryLinks, load_cards, shown_counts
from .parameters import CaseFilterSet

RESULTS_PER_PAGE = 20


class CellCounts(msgspec.Struct, frozen=True, gc=False):
    """The counts of a cell of Table 20.1, or of a row if actor and mode are empty; `evident` report a result."""

    type: str
    actor: str
    mode: str
    count: int
    evident: int
    cases: int
    practices: int


class Results(msgspec.Struct, frozen=True, omit_defaults=True):
    """The response of `/api/v1/results/`."""

    count: int
    counts: Mapping[str, int]
    next: str | None
    previous: str | None
    facets: Mapping[str, ValueCounts]
    matrix: list[CellCounts]
    results: list[msgspec.Raw]
    snippets: list[Snippet]
    suggestion: str | None
    truncated: list[str] = []
    """The facets of which only the values with the most cases are included."""


class ResultsPage(msgspec.Struct, frozen=True):
    """Page `number` of `last`, from 1, with the primary keys of its cases."""

    number: int
    last: int
    keys: list[int]
    earlier: str | None
    later: str | None


def results_page(filterset: CaseFilterSet, links: QueryLinks) -> ResultsPage | None:
    """Return the requested page, or None if it is beyond the last."""
    size = filterset.params.get("page_size", RESULTS_PER_PAGE)
    number = filterset.params.get("page", 1)
    last = max(-(-filterset.total // size), 1)
    if number > last:
        return None
    start = (number - 1) * size
    return ResultsPage(
        number,
        last,
        filterset.keys(start, start + size),
        links.page(number - 1) if number > 1 else None,
        links.page(number + 1) if number < last else None,
    )


def results_json(filterset: CaseFilterSet, links: QueryLinks) -> bytes | None:
    """Return the requested page as JSON, or None if it is beyond the last."""
    shown = results_page(filterset, links)
    if shown is None:
        return None
    counts = {
        name: in_display_order(filterset, name, each)
        for name, each in shown_counts(filterset, filterset.shown_facets).items()
    }
    table = cell_counts(filterset.answer.table())
    cards = [msgspec.Raw(text) for text in load_representations(shown.keys, "card")]
    found = snippets_for(filterset, shown.keys)
    excerpts = [found[key] for key in shown.keys if key in found]
    return encode_json(
        Results(
            filterset.total,
            filterset.answer.groups(),
            shown.later,
            shown.earlier,
            counts,
            table,
            cards,
            excerpts,
            suggestion_for(filterset),
            sorted(filterset.grammar.long.intersection(counts)),
        )
    )


def snippets_for(filterset: CaseFilterSet, keys: Sequence[int]) -> Mapping[int, Snippet]:
    """Return excerpts of these cases with the search words marked; empty if the query has no search words."""
    return snippets(filterset.search_query, keys) if filterset.search_query.wanted and keys else {}


def cards_with_snippets(filterset: CaseFilterSet, keys: Sequence[int]) -> list[tuple[Card, Snippet | None]]:
    found = snippets_for(filterset, keys)
    return [(card, found.get(key)) for key, card in zip(keys, load_cards(keys), strict=True)]


def suggestion_for(filterset: CaseFilterSet) -> str | None:
    """Return a corrected search text, if no case matches."""
    return (
        suggest_spelling(filterset.search_query, drafts=filterset.drafts)
        if "q" in filterset.params and not filterset.total
        else None
    )


def in_display_order(filterset: CaseFilterSet, name: str, counts: ValueCounts) -> ValueCounts:
    """Sort the counts of a facet like its displayed values; those of a long facet, largest first."""
    if name in filterset.grammar.long:
        return dict(sorted(counts.items(), key=lambda each: (each[0] in ABSENCE_VALUES, -each[1], each[0])))
    return {frame.value: counts[frame.value] for frame in filterset.grammar.frames[name] if frame.value in counts}


def cell_counts(table: MatrixCounts) -> list[CellCounts]:
    return [
        CellCounts(*cell, tally.total, tally.reporting, tally.cases, tally.practices)
        for cell, tally in table.cells.items()
    ]


RESULTS_ENCODER = msgspec.json.Encoder()


def encode_json(answer: object) -> bytes:
    """Encode as JSON, with the site's origin in place of `ORIGIN_PLACEHOLDER`."""
    return RESULTS_ENCODER.encode(answer).replace(b"\x1f", settings.BASE_URL.encode())
