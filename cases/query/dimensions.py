"""The dimensions of a case, and what the two query engines (`bitmaps` and `sql`) have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

from .. import schema
from ..models import Absence, Case
from ..schema.nodes import Facet
from ..search.engine import SearchQuery
from .positions import Position

AXES = ("type", "actor", "mode")
"""The axes of Table 20.1, which are parts of one arrangement. A case without any counts as having one empty one."""

AXIS_FLAGS = {"actor": ("user", "community"), "mode": ("offline", "digital")}
"""The axes whose terms are boolean columns of the arrangement."""

NONE_RECORDED = "none"
ABSENCE_VALUES = {NONE_RECORDED: "none recorded"} | dict(Absence.choices)


@dataclass(frozen=True)
class Dimension:
    """One dimension of the case as a whole: the path to its values, and the column for its kind of nothing.

    Without such a column, no value means "not coded". With a vocabulary, the path leads to its terms.
    """

    path: str
    absent: str = ""
    vocabulary: str = ""

    @property
    def is_column(self) -> bool:
        """Whether the value is a column of the case."""
        return not Case._meta.get_field(self.path.partition("__")[0]).many_to_many


def _dimension(facet: Facet) -> Dimension:
    node = schema.NODES.get(facet.of.partition(".")[0])
    field = schema.CASE_FIELDS.get(facet.of)
    return Dimension(
        facet.path or (field.stands_in if field else facet.name),
        node.nothing.column if node and node.nothing else "",
        facet.vocabulary or (field.vocabulary if field and not facet.path else ""),
    )


DIMENSIONS = {facet.name: _dimension(facet) for facet in schema.FACETS}

QueryParams = Mapping[str, Any]
"""The parsed parameters that are not empty; those of facets are lists of values."""

ValueCounts = Mapping[str, int]
CellKey = tuple[str, str, str]
"""Type, co-producer and mode in one arrangement; an empty string matches any."""


@dataclass(frozen=True)
class MatrixCounts:
    """Table 20.1: by cell, the number of cases and of those that name evidence; cases with and without arrangements."""

    cells: Mapping[CellKey, tuple[int, int]]
    coded: int
    uncoded: int


def cell_keys(types: Iterable[str]) -> Iterator[CellKey]:
    """Yield the keys of each row of Table 20.1: first that of the whole row, then those of its cells."""
    for name in types:
        yield name, "", ""
        yield from product([name], AXIS_FLAGS["actor"], [*AXIS_FLAGS["mode"], NONE_RECORDED])


class QueryResult(Protocol):
    """The result of a query, from either engine."""

    @property
    def total(self) -> int:
        """The number of matching cases."""

    def keys(self, start: int, stop: int | None) -> list[int]:
        """Return the primary keys of the matching cases `[start:stop]`, in the requested order."""

    def after(self, position: Position | None, size: int) -> list[int]:
        """Return the primary keys of up to `size` matching cases after a position, whose case need not match itself.

        None starts at the first. In the order of relevance, raises LookupError if its case does not match the words.
        """

    def counts(self, names: Sequence[str]) -> Mapping[str, ValueCounts]:
        """Return the number of cases by value for each of these facets, ignoring the choices in that facet."""

    def top(self, name: str, most: int, also: Sequence[str]) -> ValueCounts:
        """Return the counts of a long facet: the `most` values with the most cases, and those in `also`.

        Ties are broken by slug.
        """

    def size(self, name: str) -> int:
        """Return the number of values of a long facet in all cases that the reader may see."""

    def table(self) -> MatrixCounts:
        """Return Table 20.1 for the matching cases, ignoring the choices on its three axes."""


def recorded_values(values: Iterable[str]) -> list[str]:
    """Return the values other than kinds of nothing, each once, since SQLite limits the number of alternatives."""
    return [value for value in dict.fromkeys(values) if value not in ABSENCE_VALUES]


def absence_values(values: Iterable[str]) -> list[str]:
    """Return the kinds of nothing among the values; `none` means all of them."""
    values = set(values)
    return [kind for kind in Absence.values if kind in values or NONE_RECORDED in values]


def sort_order(params: QueryParams) -> str:
    """Return the requested order. The default is by relevance if there are search words, else by title."""
    return params.get("sort") or ("relevance" if "q" in params else "title")


def stable_sort(params: QueryParams, search_query: SearchQuery) -> str:
    """Return the order as far as a case has a position in it that only its own changes move; empty by relevance."""
    sort = sort_order(params)
    if sort != "relevance":
        return sort
    return "" if search_query.wanted else "title"


def axis_choice_groups(params: QueryParams, aside: Iterable[str] = ()) -> list[dict[str, list[str]]]:
    """Return the groups of choices that one arrangement must match: all axes together, or each alone if match=case."""
    chosen = {name: params[name] for name in AXES if name in params and name not in aside}
    if params.get("match") == "case":
        return [{name: values} for name, values in chosen.items()]
    return [chosen] if chosen else []
