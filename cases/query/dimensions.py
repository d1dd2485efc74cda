"""The dimensions that a case is asked by: where their values stand in the tables.

Two engines answer a question, one with bitmaps (`index`) and one with SQL (`sql`); what both must know stands here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

from .. import schema
from ..models import Absence, Case
from ..schema.nodes import Facet

AXES = ("type", "actor", "mode")
"""The three axes of Table 20.1: parts of one arrangement. A case without arrangements is read as one empty one."""

AXIS_FLAGS = {"actor": ("user", "community"), "mode": ("offline", "digital")}
"""The axes whose terms are columns of the arrangement."""

NONE_RECORDED = "none"
ABSENCE_VALUES = {NONE_RECORDED: "none recorded"} | dict(Absence.choices)
NO_EVIDENCE_TERM = "none-named"


@dataclass(frozen=True)
class Dimension:
    """One dimension of the case as a whole: the path to its values, and the column that says why there is none.

    Without such a column, nothing there means "not coded". With a vocabulary its terms stand at the end of the path.
    """

    path: str
    absent: str = ""
    vocabulary: str = ""

    @property
    def is_column(self) -> bool:
        """Whether the values stand in a column of the case itself."""
        return not Case._meta.get_field(self.path.partition("__")[0]).many_to_many


def _dimension(facet: Facet) -> Dimension:
    """Return where the values of a facet stand, as the schema declares the field that it asks for."""
    node = schema.NODES.get(facet.of.partition(".")[0])
    field = schema.CASE_FIELDS.get(facet.of)
    return Dimension(
        facet.path or (field.stands_in if field else facet.name),
        node.nothing.column if node and node.nothing else "",
        facet.vocabulary or (field.vocabulary if field and not facet.path else ""),
    )


DIMENSIONS = {facet.name: _dimension(facet) for facet in schema.FACETS}

QueryParams = Mapping[str, Any]
"""A question as it was read: parameters that hold something, facets as lists of values."""

ValueCounts = Mapping[str, int]
CellKey = tuple[str, str, str]
"""Type, co-producer and mode in one arrangement; an empty one is any."""


@dataclass(frozen=True)
class MatrixCounts:
    """Table 20.1: the cases of each cell, and those that name evidence; cases with arrangements, and without."""

    cells: Mapping[CellKey, tuple[int, int]]
    coded: int
    uncoded: int


def cell_keys(types: Iterable[str]) -> Iterator[CellKey]:
    """Yield the rows of Table 20.1, whose actor and mode are any, and its cells."""
    for name in types:
        yield name, "", ""
        yield from product([name], AXIS_FLAGS["actor"], [*AXIS_FLAGS["mode"], NONE_RECORDED])


class QueryResult(Protocol):
    """What answers a question."""

    @property
    def total(self) -> int:
        """The number of cases that answer."""

    def keys(self, start: int, stop: int | None) -> list[int]:
        """Return the keys of the cases from place `start` to before `stop`, in the order asked for."""

    def after(self, key: int | None, size: int) -> list[int]:
        """Return the keys of at most `size` cases that come behind that of `key`, whether it answers itself or not.

        None is before the first. Raises LookupError where the reader sees no such case.
        """

    def counts(self, names: Sequence[str]) -> Mapping[str, ValueCounts]:
        """Return for each of these facets how many cases each value leaves, the facet's own choice left aside."""

    def top(self, name: str, most: int, also: Sequence[str]) -> ValueCounts:
        """Return the same of a long facet: of `most` values with the most cases, and those `also` asked for.

        Of two with as many cases the one whose slug comes first counts.
        """

    def size(self, name: str) -> int:
        """Return how many values of a facet there are in the cases that the reader sees."""

    def table(self) -> MatrixCounts:
        """Return Table 20.1 over the answer, its three axes left aside."""


def recorded_values(values: Iterable[str]) -> list[str]:
    """Return the values that are no kind of nothing, each once (SQLite takes no thousand alternatives)."""
    return [value for value in dict.fromkeys(values) if value not in ABSENCE_VALUES]


def absence_values(values: Iterable[str]) -> list[str]:
    """Return the kinds of nothing among the values; `none` is all of them."""
    values = set(values)
    return [kind for kind in Absence.values if kind in values or NONE_RECORDED in values]


def sort_order(params: QueryParams) -> str:
    """Return the order asked for: by relevance where words are searched, else by title."""
    return params.get("sort") or ("relevance" if "q" in params else "title")


def axis_choice_groups(params: QueryParams, aside: Iterable[str] = ()) -> list[dict[str, list[str]]]:
    """Return the choices that hold together: all three axes at once, or with match=case each alone."""
    chosen = {name: params[name] for name in AXES if name in params and name not in aside}
    if params.get("match") == "case":
        return [{name: values} for name, values in chosen.items()]
    return [chosen] if chosen else []
