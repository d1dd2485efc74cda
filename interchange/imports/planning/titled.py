"""Rows that have neither a number nor an address: cases are known by their titles, and where several have one title, by
what else the rows say.

The rows of a title are held against what the rows of earlier imports said of its cases, one to one, whatever their
order. A row is a case if all of its cells agree, or if it agrees with this case in more of the cells that tell the rows
of the title apart than it differs in, and in more than with any other, and no other row does. Of the rest, a person is
asked. A single row of the title of a single case is that case, unless nothing agrees and several cells differ.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

from interchange.models import Batch, DuplicateDecision, ImportRow, RowOutcome

from ..reading.names import fold_name
from ..reading.texts import is_empty, visible_text
from . import own
from .specs import MappingSpec
from .values import first_value

TITLE_NUMBER = re.compile(r" \(\d+\)$")
MAX_TITLE, MOST_OF_TITLE_KEY = 200, 180
MAX_SHARED = 50
"""A cell that more cases of one title share does not tell them apart."""
MAX_COMPARED = 10
"""The most cases with which a row is compared cell by cell."""
CASES_AT_ONCE = 500
BY_TITLE = "its title"
BY_ALL_CELLS = "its title, and all else in its row"

Cells = Mapping[str, str]
"""What can be seen in the cells of a row, by column."""


class TitleMatch(NamedTuple):
    """What a row is: its number of its own making, its case if it is known, why, and the cases that it may be."""

    external_id: str
    case: int | None = None
    why: str = ""
    candidates: Sequence[int] = ()


def title_key(title: str) -> str:
    return fold_name(title[:MAX_TITLE])[:MOST_OF_TITLE_KEY]


@dataclass
class TitledRows:
    """The rows of a batch that are known by their titles, and the cases that earlier imports knew so."""

    batch: Batch
    spec: MappingSpec
    imported: Mapping[str, int]
    """The key of the case by its number in the table."""
    _rows: dict[str, list[int]] | None = None
    """By title: the numbers of its rows."""
    _known: dict[str, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """By title: the number of each of its cases, by key."""
    _matches: dict[int, TitleMatch] = field(default_factory=dict)

    def match(self, row: ImportRow) -> TitleMatch:
        if row.number not in self._matches:
            self._matches |= self._match_all(title_key(row.title), row.number)
        return self._matches[row.number]

    def _match_all(self, title: str, number: int) -> dict[int, TitleMatch]:
        """Match all rows of a title."""
        if self._rows is None:
            self._rows = self._read_titles()
        known = dict(self._known.get(title, {}))
        numbers = {number, *self._rows.get(title, ())}
        decided = {row: case for row, case in self._decided().items() if row in numbers}
        fresh = (name for name in _numbered(title) if name not in known.values())
        found = {
            number: TitleMatch(known.pop(case, "") or next(fresh), case) for number, case in sorted(decided.items())
        }
        return found | self._match_undecided(sorted(numbers - found.keys()), known, fresh)

    def _match_undecided(
        self, numbers: Sequence[int], known: Mapping[int, str], fresh: Iterator[str]
    ) -> dict[int, TitleMatch]:
        if not known:
            return {number: TitleMatch(next(fresh)) for number in numbers}
        rows = {number: self._comparable(cells) for number, cells in self._cells(numbers)}
        cases: dict[int, Cells] = {case: {} for case in known} | dict(self._cells_before(known))
        sure = match_rows(rows, cases)
        left = [case for case in known if case not in {case for case, _ in sure.values()}]
        return {
            number: TitleMatch(known[sure[number][0]], *sure[number])
            if number in sure
            else TitleMatch(next(fresh), candidates=_by_agreement(rows[number], left, cases))
            for number in numbers
        }

    def _read_titles(self) -> dict[str, list[int]]:
        """Read the titles of all rows that have nothing else to be known by."""
        for external_id, case in self.imported.items():
            self._known[TITLE_NUMBER.sub("", external_id)].setdefault(case, external_id)
        found: dict[str, list[int]] = defaultdict(list)
        for number, cells in self.batch.rows.order_by("number").values_list("number", "cells").iterator():
            if title := self._title(cells):
                found[title].append(number)
        return found

    def _title(self, cells: Any) -> str:
        if not isinstance(cells, dict) or (self.spec.own and own.has_record(cells)):
            return ""
        if first_value(self.spec, cells, "slug") or first_value(self.spec, cells, "external_id"):
            return ""
        return title_key(str(first_value(self.spec, cells, "title") or ""))

    def _decided(self) -> dict[int, int]:
        """The cases that somebody said rows are, by number."""
        rows = self.batch.rows.filter(decision=DuplicateDecision.CHANGE, case__isnull=False)
        return dict(rows.values_list("number", "case"))

    def _cells(self, numbers: Collection[int]) -> Iterable[tuple[int, Any]]:
        wanted = list(numbers)
        for start in range(0, len(wanted), CASES_AT_ONCE):
            some = wanted[start : start + CASES_AT_ONCE]
            yield from self.batch.rows.filter(number__in=some).values_list("number", "cells")

    def _cells_before(self, cases: Collection[int]) -> Iterator[tuple[int, Cells]]:
        """What the last rows that were applied said of cases, by key."""
        wanted = list(cases)
        applied = ImportRow.objects.filter(batch__mapping=self.batch.mapping, batch__status=Batch.Status.APPLIED)
        for start in range(0, len(wanted), CASES_AT_ONCE):
            rows = applied.filter(case__in=wanted[start : start + CASES_AT_ONCE]).exclude(outcome=RowOutcome.REFUSE)
            for case, cells in rows.order_by("batch_id", "number").values_list("case", "cells").iterator():
                yield case, self._comparable(cells)

    def _comparable(self, cells: Any) -> Cells:
        """The cells that the mapping uses, besides the title."""
        used = (
            column
            for column, names in self.spec.columns.items()
            if set(names) - {"title", "source_title"} or names == ["source_title"]
        )
        given = ((column, cells.get(column)) for column in used)
        return {column: visible_text(value) for column, value in given if not is_empty(value)}


def match_rows(rows: Mapping[int, Cells], cases: Mapping[int, Cells]) -> dict[int, tuple[int, str]]:
    """The case that each row surely is, and why. All are of one title.

    >>> match_rows({2: {"Year": "2015"}, 3: {"Year": "2010"}}, {7: {"Year": "2010"}, 8: {"Year": "2015"}})
    {2: (8, 'its title, and all else in its row'), 3: (7, 'its title, and all else in its row')}
    """
    sure = _identical(rows, cases)
    if len(rows) == len(cases) == 1 and not sure:
        (number, cells), (case, stands) = *rows.items(), *cases.items()
        agree, differ = _compared(cells, stands, {*cells, *stands})
        return {number: (case, BY_TITLE)} if agree or differ < 2 else {}
    return sure | _nearest({number: cells for number, cells in rows.items() if number not in sure}, cases, sure)


def _identical(rows: Mapping[int, Cells], cases: Mapping[int, Cells]) -> dict[int, tuple[int, str]]:
    by_cells: dict[frozenset[tuple[str, str]], list[int]] = defaultdict(list)
    for case, cells in cases.items():
        if cells:
            by_cells[frozenset(cells.items())].append(case)
    found = {}
    for number, cells in rows.items():
        if same := by_cells.get(frozenset(cells.items())):
            found[number] = (same.pop(0), BY_ALL_CELLS)
    return found


def _nearest(
    rows: Mapping[int, Cells], cases: Mapping[int, Cells], sure: Mapping[int, tuple[int, str]]
) -> dict[int, tuple[int, str]]:
    """The case that each row agrees with the most, where no other case and no other row does as much."""
    telling = _telling_columns([*rows.values(), *cases.values()])
    taken = {case for case, _ in sure.values()}
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    for case, cells in cases.items():
        for item in cells.items():
            holders[item].append(case)
    best = {number: _best(cells, cases, holders, telling) for number, cells in rows.items()}
    chosen: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for number, found in best.items():
        if found and found[0] not in taken:
            chosen[found[0]].append((found[1], number))
    matched = {}
    for case, ranked in chosen.items():
        (agree, number), *others = sorted(ranked, reverse=True)
        if not others or others[0][0] < agree:
            _, differ = _compared(rows[number], cases[case], telling)
            matched[number] = (case, f"its title, and {agree} of the {agree + differ} cells that tell its rows apart")
    return matched


def _best(
    cells: Cells, cases: Mapping[int, Cells], holders: Mapping[tuple[str, str], list[int]], telling: Collection[str]
) -> tuple[int, int] | None:
    """The one case that a row agrees with the most, and in how many cells; more than it differs in."""
    shared = Counter(
        case for item in cells.items() if len(holders.get(item, ())) <= MAX_SHARED for case in holders.get(item, ())
    )
    near = [case for case, _ in shared.most_common(MAX_COMPARED)]
    ranked = sorted(((*_compared(cells, cases[case], telling), case) for case in near), key=lambda each: -each[0])
    if not ranked or ranked[0][0] <= ranked[0][1]:
        return None
    return None if len(ranked) > 1 and ranked[1][0] == ranked[0][0] else (ranked[0][2], ranked[0][0])


def _telling_columns(every: Sequence[Cells]) -> set[str]:
    """The columns in which not all rows say the same."""
    columns = {column for cells in every for column in cells}
    return {column for column in columns if len({cells.get(column) for cells in every}) > 1}


def _compared(one: Cells, other: Cells, columns: Collection[str]) -> tuple[int, int]:
    """In how many columns two rows agree, and in how many both say something else."""
    both = [column for column in columns if column in one and column in other]
    agree = sum(one[column] == other[column] for column in both)
    return agree, len(both) - agree


def _by_agreement(cells: Cells, left: Iterable[int], cases: Mapping[int, Cells]) -> list[int]:
    return sorted(left, key=lambda case: -sum(cells.get(column) == word for column, word in cases[case].items()))


def _numbered(title: str) -> Iterator[str]:
    """The title, and then the title with numbers from 2."""
    yield title
    yield from (f"{title} ({number})" for number in count(2))
