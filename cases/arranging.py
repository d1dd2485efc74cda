"""The arrangements of an answer's cases, grouped by their kind: for Table 20.1 and the facets along its axes."""

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

from .counting import column, heads
from .dimensions import AXES, FLAGS, NO_EVIDENCE, NOTHING, Cell, Counts, Table, cells_of
from .models import Arrangement

ROWS = 20_000  # fetched at a time

Group = Mapping[str, Sequence[str]]
"""Choices on axes that one arrangement has to agree with."""


class Alike(NamedTuple):
    """Cases with an arrangement of one kind: the values to which it answers on each axis."""

    answers: Mapping[str, frozenset[str]]
    cases: BitMap64
    evident: bool
    real: bool

    def agrees(self, group: Group) -> bool:
        """Tell whether it answers to every choice."""
        return all(not self.answers[axis].isdisjoint(values) for axis, values in group.items())


FLAGGED = (*FLAGS["actor"], *FLAGS["mode"])
LINKED = """
SELECT answer.id, answer.arrangements_absent, answer.evidence_level_id, {columns}
FROM answer_0 answer LEFT JOIN cases_arrangement link ON link.case_id = answer.id
"""
COLUMNS = ("type", "mode_absent", *FLAGGED)


class Arranged:
    """The arrangements of the cases of `answer`: one statement, whose rows are grouped as they come."""

    def __init__(self, answer: QuerySet[Any, Any], codebook: Codebook) -> None:
        self.answer = answer
        self.codebook = codebook

    @cached_property
    def _rows(self) -> Mapping[tuple[Any, ...], BitMap64]:
        """The keys of the cases of each kind: why without arrangements, level of evidence, the columns of one."""
        found: defaultdict[tuple[Any, ...], list[int]] = defaultdict(list)
        columns = (f'link."{column(name, Arrangement)}"' for name in COLUMNS)
        head, parameters = heads([self.answer])
        with connection.cursor() as cursor:
            cursor.execute(head + LINKED.format(columns=", ".join(columns)), parameters)
            while batch := cursor.fetchmany(ROWS):
                for key, *kind in batch:
                    found[tuple(kind)].append(key)
        return {kind: BitMap64(keys) for kind, keys in found.items()}

    @cached_property
    def kinds(self) -> list[Alike]:
        """What the cases answer; a case without arrangements as one empty one."""
        return [alike for kind, cases in self._rows.items() for alike in self._alike(kind, cases)]

    def _alike(self, kind: tuple[Any, ...], cases: BitMap64) -> Iterator[Alike]:
        bare, level, type_, absent, *flags = kind
        evident = level is not None and self.codebook.by_id[level].slug != NO_EVIDENCE
        if bare:
            yield Alike(dict.fromkeys(AXES, frozenset({NOTHING, bare})), cases, evident, real=False)
        if type_ is not None:
            there = frozenset(flag for flag, is_set in zip(FLAGGED, flags, strict=True) if is_set)
            answers = {
                "type": frozenset(term.slug for term in self._above[type_]),
                "actor": there.intersection(FLAGS["actor"]),
                "mode": frozenset({NOTHING, absent}) if absent else there.intersection(FLAGS["mode"]),
            }
            yield Alike(answers, cases, evident, real=True)

    @cached_property
    def _above(self) -> Mapping[int, Sequence[Any]]:
        return self.codebook.self_and_broader("type")

    def counts(self, axis: str, within: Iterable[Group], anywhere: Iterable[Group]) -> Counts:
        """Return how many cases each value leaves, where the same arrangement agrees with each group of `within`.

        Besides, some arrangement of the case has to agree with each group of `anywhere`.
        """
        within, allowed = list(within), [self._cases(group) for group in anywhere]
        found: defaultdict[str, list[BitMap64]] = defaultdict(list)
        for alike in self.kinds:
            if all(map(alike.agrees, within)):
                for value in alike.answers[axis]:
                    found[value].append(alike.cases)
        counts = {value: len(reduce(and_, allowed, union(cases))) for value, cases in found.items()}
        return {value: count for value, count in counts.items() if count}

    def _cases(self, group: Group) -> BitMap64:
        return union(alike.cases for alike in self.kinds if alike.agrees(group))

    def table(self) -> Table:
        """Return Table 20.1."""
        cells = cells_of(term.slug for term in self.codebook["type"])
        uncoded = len(union(alike.cases for alike in self.kinds if not alike.real))
        total = len(union(self._rows.values()))
        return Table({cell: self._numbers(cell) for cell in cells}, total - uncoded, uncoded)

    def _numbers(self, cell: Cell) -> tuple[int, int]:
        """Return the number of cases of a cell, and of those that name evidence."""
        group = {axis: [value] for axis, value in zip(AXES, cell, strict=True) if value}
        found = [alike for alike in self.kinds if alike.real and alike.agrees(group)]
        evident = union(alike.cases for alike in found if alike.evident)
        return len(union(alike.cases for alike in found)), len(evident)


def union(bitmaps: Iterable[BitMap64]) -> BitMap64:
    """Return the cases that are in any of these bitmaps."""
    return BitMap64.union(BitMap64(), *bitmaps)
