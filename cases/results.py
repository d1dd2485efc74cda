"""A page of results, for people and as JSON: the cases, the counts of every facet around them, Table 20.1."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from django.conf import settings

from .dimensions import Counts, Table
from .facets import Links
from .filters import CaseFilterSet
from .renderings import texts

PAGE_SIZE = 20


class Numbers(msgspec.Struct, frozen=True, gc=False):
    """A cell of Table 20.1, or with neither actor nor mode the whole row: its cases, and those that name evidence."""

    type: str
    actor: str
    mode: str
    count: int
    evident: int


class Results(msgspec.Struct, frozen=True):
    """What `/api/v1/results/` answers."""

    count: int
    next: str | None
    previous: str | None
    facets: Mapping[str, Counts]
    matrix: list[Numbers]
    results: list[msgspec.Raw]


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
    counts = asked.answer.counts(asked.shown_facets)
    cards = [msgspec.Raw(text) for text in texts(shown.keys, "card")]
    table = cells(asked.answer.table())
    return encode(Results(asked.total, shown.later, shown.earlier, counts, table, cards))


def cells(table: Table) -> list[Numbers]:
    """Return the cells of Table 20.1 one by one."""
    return [Numbers(*cell, *numbers) for cell, numbers in table.cells.items()]


ENCODER = msgspec.json.Encoder()


def encode(answer: object) -> bytes:
    """Write an answer as JSON, with the site's own origin where it belongs."""
    return ENCODER.encode(answer).replace(b"\x1f", settings.BASE_URL.encode())
