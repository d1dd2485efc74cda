"""The arrangements of the cases in a result, grouped by kind, for Table 20.1 and the facets of its axes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce
from operator import and_
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import QuerySet
from pyroaring import BitMap64

from taxonomy.codebook import Codebook

from ..models import Arrangement, Case
from ..schema import NO_EVIDENCE_TERM
from .dimensions import (
    AXES,
    AXIS_FLAGS,
    NONE_RECORDED,
    CellKey,
    CellTally,
    MatrixCounts,
    ValueCounts,
    cell_keys,
    evaluated_levels,
)
from .groups import group_of
from .sql_facets import answer_ctes, column_name

SQL_FETCH_SIZE = 20_000  # rows fetched at a time

AxisChoices = Mapping[str, Sequence[str]]
"""Values chosen on each axis, which one arrangement has to match."""


class SqlArrangementKind(NamedTuple):
    """The cases with one kind of arrangement, and the values that it matches on each axis."""

    answers: Mapping[str, frozenset[str]]
    cases: BitMap64
    level: str
    group: str
    real: bool

    def agrees(self, group: AxisChoices) -> bool:
        """Whether it matches the choices on every axis."""
        return all(not self.answers[axis].isdisjoint(values) for axis, values in group.items())


FLAG_COLUMNS = (*AXIS_FLAGS["actor"], *AXIS_FLAGS["mode"])
ARRANGEMENTS_SQL = """
SELECT answer.id, answer.arrangements_absent, answer.evidence_level_id, answer.kind_id, answer.role_id, {columns}
FROM answer_0 answer LEFT JOIN cases_arrangement link ON link.case_id = answer.id
"""
INSTANCES_SQL = "SELECT answer.id, answer.instance_of FROM answer_0 answer WHERE answer.instance_of <> ''"
ARRANGEMENT_COLUMNS = ("type", "mode_absent", *FLAG_COLUMNS)


class SqlArrangements:
    """The arrangements of the cases in `answer`, read in one statement and grouped while reading."""

    def __init__(self, answer: QuerySet[Any, Any], codebook: Codebook) -> None:
        self.answer = answer
        self.codebook = codebook

    @cached_property
    def _rows(self) -> Mapping[tuple[Any, ...], BitMap64]:
        """The keys of the cases by kind: kind of nothing, level of evidence, kind, role, columns of an arrangement."""
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
        absent_kind, level_key, kind_key, role_key, type_, absent, *flags = kind
        level, group = self._slug(level_key), group_of(self._slug(kind_key), self._slug(role_key))
        if absent_kind:
            yield SqlArrangementKind(
                dict.fromkeys(AXES, frozenset({NONE_RECORDED, absent_kind})), cases, level, group, real=False
            )
        if type_ is not None:
            flags_set = frozenset(flag for flag, is_set in zip(FLAG_COLUMNS, flags, strict=True) if is_set)
            answers = {
                "type": frozenset(term.slug for term in self._self_and_broader[type_]),
                "actor": flags_set.intersection(AXIS_FLAGS["actor"]),
                "mode": frozenset({NONE_RECORDED, absent}) if absent else flags_set.intersection(AXIS_FLAGS["mode"]),
            }
            yield SqlArrangementKind(answers, cases, level, group, real=True)

    def _slug(self, key: int | None) -> str:
        return "" if key is None else self.codebook.by_id[key].slug

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
        return MatrixCounts({cell: self._tally(cell) for cell in cells}, total - uncoded, uncoded)

    @staticmethod
    def _cases(kinds: Iterable[SqlArrangementKind], wanted: Callable[[SqlArrangementKind], bool]) -> BitMap64:
        return union_bitmaps64(kind.cases for kind in kinds if wanted(kind))

    def _tally(self, cell: CellKey) -> CellTally:
        chosen = {axis: [value] for axis, value in zip(AXES, cell, strict=True) if value}
        found = [kind for kind in self.kinds if kind.real and kind.agrees(chosen)]
        cases = self._cases(found, lambda kind: kind.group == "cases")
        practices = self._cases(found, lambda kind: kind.group == "practices")
        told = {self._practice_of[key] for key in cases & self._instances}
        return CellTally(
            len(union_bitmaps64(kind.cases for kind in found)),
            len(cases),
            len(practices) - sum(key in practices for key in told),
            len(self._cases(found, lambda kind: kind.level not in ("", NO_EVIDENCE_TERM))),
            len(self._cases(found, lambda kind: kind.level in self._evaluated)),
        )

    @cached_property
    def _evaluated(self) -> Sequence[str]:
        return evaluated_levels(self.codebook)

    @cached_property
    def _practice_of(self) -> Mapping[int, int]:
        """By key of an instance: the key of its practice."""
        head, parameters = answer_ctes([self.answer])
        with connection.cursor() as cursor:
            cursor.execute(head + INSTANCES_SQL, parameters)
            told = cursor.fetchall()
        practices = Case.objects.named_practices() if told else {}
        return {key: practices[address] for key, address in told if address in practices}

    @cached_property
    def _instances(self) -> BitMap64:
        return BitMap64(self._practice_of)


def union_bitmaps64(bitmaps: Iterable[BitMap64]) -> BitMap64:
    return BitMap64.union(BitMap64(), *bitmaps)
