"""The arrangements of the cases in a result, grouped by kind, for Table 20.1 and the facets of its axes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce
from operator import and_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from pyroaring import BitMap64

from taxonomy.codebook import Codebook

from ..models import Arrangement
from ..schema import NO_EVIDENCE_TERM
from .dimensions import (
    AXES,
    AXIS_FLAGS,
    NONE_RECORDED,
    CellKey,
    MatrixCounts,
    ValueCounts,
    cell_keys,
)
from .sql_facets import answer_ctes, column_name

SQL_FETCH_SIZE = 20_000  # rows fetched at a time

AxisChoices = Mapping[str, Sequence[str]]
"""Values chosen on each axis, which one arrangement has to match."""


class SqlArrangementKind(NamedTuple):
    """The cases with one kind of arrangement, and the values that it matches on each axis."""

    answers: Mapping[str, frozenset[str]]
    cases: BitMap64
    evident: bool
    real: bool

    def agrees(self, group: AxisChoices) -> bool:
        """Whether it matches the choices on every axis."""
        return all(not self.answers[axis].isdisjoint(values) for axis, values in group.items())


FLAG_COLUMNS = (*AXIS_FLAGS["actor"], *AXIS_FLAGS["mode"])
ARRANGEMENTS_SQL = """
SELECT answer.id, answer.arrangements_absent, answer.evidence_level_id, {columns}
FROM answer_0 answer LEFT JOIN cases_arrangement link ON link.case_id = answer.id
"""
ARRANGEMENT_COLUMNS = ("type", "mode_absent", *FLAG_COLUMNS)


class SqlArrangements:
    """The arrangements of the cases in `answer`, read in one statement and grouped while reading."""

    def __init__(self, answer: QuerySet[Any, Any], codebook: Codebook) -> None:
        self.answer = answer
        self.codebook = codebook

    @cached_property
    def _rows(self) -> Mapping[tuple[Any, ...], BitMap64]:
        """The keys of the cases by kind: kind of nothing, level of evidence, and the columns of an arrangement."""
        found: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
        columns = (f'link."{column_name(name, Arrangement)}"' for name in ARRANGEMENT_COLUMNS)
        head, parameters = answer_ctes([self.answer])
        with connection.cursor() as cursor:
            cursor.execute(head + ARRANGEMENTS_SQL.format(columns=", ".join(columns)), parameters)
            while batch := cursor.fetchmany(SQL_FETCH_SIZE):
                for key, *kind in batch:
                    found[tuple(kind)].append(key)
        return {kind: BitMap64(keys) for kind, keys in found.items()}

    @cached_property
    def kinds(self) -> list[SqlArrangementKind]:
        """The kinds of arrangement; a case without arrangements counts as having one empty one."""
        return [arrangement for kind, cases in self._rows.items() for arrangement in self._kinds_from_row(kind, cases)]

    def _kinds_from_row(self, kind: tuple[Any, ...], cases: BitMap64) -> Iterator[SqlArrangementKind]:
        absent_kind, level, type_, absent, *flags = kind
        evident = level is not None and self.codebook.by_id[level].slug != NO_EVIDENCE_TERM
        if absent_kind:
            yield SqlArrangementKind(
                dict.fromkeys(AXES, frozenset({NONE_RECORDED, absent_kind})), cases, evident, real=False
            )
        if type_ is not None:
            flags_set = frozenset(flag for flag, is_set in zip(FLAG_COLUMNS, flags, strict=True) if is_set)
            answers = {
                "type": frozenset(term.slug for term in self._self_and_broader[type_]),
                "actor": flags_set.intersection(AXIS_FLAGS["actor"]),
                "mode": frozenset({NONE_RECORDED, absent}) if absent else flags_set.intersection(AXIS_FLAGS["mode"]),
            }
            yield SqlArrangementKind(answers, cases, evident, real=True)

    @cached_property
    def _self_and_broader(self) -> Mapping[int, Sequence[Any]]:
        return self.codebook.self_and_broader("type")

    def counts(self, axis: str, within: Iterable[AxisChoices], anywhere: Iterable[AxisChoices]) -> ValueCounts:
        """Return the number of cases by value, where the same arrangement matches each group of `within`.

        In addition, some arrangement of the case has to match each group of `anywhere`.
        """
        within, allowed = list(within), [self._matching_cases(group) for group in anywhere]
        found: defaultdict[str, list[BitMap64]] = defaultdict(list)
        for arrangement in self.kinds:
            if all(map(arrangement.agrees, within)):
                for value in arrangement.answers[axis]:
                    found[value].append(arrangement.cases)
        counts = {value: len(reduce(and_, allowed, union_bitmaps64(cases))) for value, cases in found.items()}
        return {value: count for value, count in counts.items() if count}

    def _matching_cases(self, group: AxisChoices) -> BitMap64:
        return union_bitmaps64(arrangement.cases for arrangement in self.kinds if arrangement.agrees(group))

    def table(self) -> MatrixCounts:
        cells = cell_keys(term.slug for term in self.codebook["type"])
        uncoded = len(union_bitmaps64(arrangement.cases for arrangement in self.kinds if not arrangement.real))
        total = len(union_bitmaps64(self._rows.values()))
        return MatrixCounts({cell: self._cell_counts(cell) for cell in cells}, total - uncoded, uncoded)

    def _cell_counts(self, cell: CellKey) -> tuple[int, int]:
        """Return the number of cases in a cell, and the number of those that name evidence."""
        group = {axis: [value] for axis, value in zip(AXES, cell, strict=True) if value}
        found = [arrangement for arrangement in self.kinds if arrangement.real and arrangement.agrees(group)]
        evident = union_bitmaps64(arrangement.cases for arrangement in found if arrangement.evident)
        return len(union_bitmaps64(arrangement.cases for arrangement in found)), len(evident)


def union_bitmaps64(bitmaps: Iterable[BitMap64]) -> BitMap64:
    return BitMap64.union(BitMap64(), *bitmaps)
