"""Hand-written SQL that answers a question in one statement, over the flat tables and their covering indexes.

`best` gives the whole answer: page, total, the counts of each facet with its own choice left aside, type, co-producer
and mode of one and the same arrangement, and the cells of Table 20.1. `bare` gives page, total and the counts within
the answer only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from .database import Connection, Rows
from .flat import AXES, FACETS
from .questions import SORTS, Answer, Codes, Question

PAGE_SIZE = 20
OTHERS = tuple(name for name in FACETS if name not in AXES)
SHOWN = "id, slug, title, summary, kind, eligibility, evidence_level, direction, year_start, year_end"


class Statement:
    """One statement in the making: sets of cases, and SELECTs of (what, value, value, value, number) over them."""

    def __init__(self, codes: Codes, question: Question) -> None:
        self.codes = codes
        self.choices = question.choices
        self.order = SORTS[question.sort]
        self.sets: dict[str, str] = {}
        self.selects: list[str] = []

    def cases(self, names: Iterable[str]) -> str:
        """Return the table of the cases that have these of the question's choices."""
        names = [name for name in FACETS if name in self.choices and name in set(names)]
        if not names:
            return "facts"
        name = "_".join(["with", *names])
        columns = ", ".join(["id", *FACETS, self.order])
        self.sets[name] = f"SELECT {columns} FROM facts WHERE {' AND '.join(self._conditions(names))}"
        return name

    def _conditions(self, names: list[str]) -> Iterable[str]:
        axes = [name for name in names if name in AXES]
        if len(axes) > 1:
            table = "cell" if len(axes) == len(AXES) else "_".join(axes)
            yield f"id IN (SELECT case_id FROM {table} WHERE {self.agreeing(axes)})"
        for name in names:
            if name not in axes or len(axes) == 1:
                numbers = self.codes.sets_with(name, self.choices[name])
                yield f"{name} IN ({', '.join(map(str, numbers))})"

    def agreeing(self, axes: Iterable[str]) -> str:
        """Return the condition that an arrangement agrees with the choices on these axes."""
        return " AND ".join(f"{axis} = {self.codes.codes[axis][self.choices[axis]]}" for axis in axes)

    def count(self, name: str, cases: str) -> None:
        """Count the sets of values of a facet."""
        self.selects.append(f"SELECT '{name}', {name}, 0, 0, COUNT(*) FROM {cases} GROUP BY {name}")

    def count_axis(self, axis: str, others: list[str], cases: str) -> None:
        """Count the values of an axis among the arrangements that agree with the choices on the others."""
        table = "cell" if len(others) == len(AXES) - 1 else "_".join(a for a in AXES if a in (axis, *others))
        self.selects.append(
            f"SELECT '={axis}', {axis}, 0, 0, COUNT(*) FROM {self._within(table, cases)} "
            f"WHERE {self.agreeing(others)} GROUP BY {axis}"
        )

    def count_cells(self, cases: str) -> None:
        """Count the cells of Table 20.1."""
        axes = ", ".join(AXES)
        self.selects.append(f"SELECT 'matrix', {axes}, COUNT(*) FROM {self._within('cell', cases)} GROUP BY {axes}")

    def _within(self, table: str, cases: str) -> str:
        if cases == "facts":
            return table
        axes = AXES if table == "cell" else table.split("_")
        columns = ", ".join(f"t.{axis}" for axis in axes)
        return f"(SELECT {columns} FROM {cases} w JOIN {table} t ON t.case_id = w.id) x"

    def page(self, cases: str) -> None:
        """Take the first twenty cases, and the number of all."""
        first = f"SELECT id, {self.order} FROM {cases} ORDER BY {self.order} LIMIT {PAGE_SIZE}"
        self.selects.append(f"SELECT 'page', id, 0, 0, {self.order} FROM ({first}) AS first_page")
        self.selects.append(f"SELECT 'total', 0, 0, 0, COUNT(*) FROM {cases}")

    def __str__(self) -> str:
        sets = ", ".join(f"{name} AS NOT MATERIALIZED ({source})" for name, source in self.sets.items())
        return f"{f'WITH {sets} ' if sets else ''}{' UNION ALL '.join(self.selects)}"


def best(codes: Codes, question: Question) -> str:
    """Return the statement of the whole answer."""
    statement = Statement(codes, question)
    for name in OTHERS:
        statement.count(name, statement.cases(_but(name, FACETS)))
    within = statement.cases(OTHERS)
    for axis in AXES:
        others = [name for name in _but(axis, AXES) if name in question.choices]
        if others:
            statement.count_axis(axis, others, within)
        else:
            statement.count(axis, within)
    statement.count_cells(within)
    statement.page(statement.cases(FACETS))
    return str(statement)


def bare(codes: Codes, question: Question) -> str:
    """Return the statement of page, total and the counts within the answer."""
    statement = Statement(codes, question)
    cases = statement.cases(FACETS)
    for name in FACETS:
        statement.count(name, cases)
    statement.page(cases)
    return str(statement)


def _but(name: str, names: tuple[str, ...]) -> list[str]:
    return [other for other in names if other != name]


def fetch(connection: Connection, statement: str) -> tuple[Rows, Rows]:
    """Run a statement and fetch the twenty cases that it names: (rows of counts, rows of cases)."""
    rows = connection.run(statement)
    keys = ", ".join(str(row[1]) for row in rows if row[0] == "page")
    return rows, connection.run(f"SELECT {SHOWN} FROM page WHERE id IN ({keys})") if keys else []


def read(codes: Codes, rows: Rows) -> Answer:
    """Return what the rows of a statement say."""
    counts = {name: Counter[str]() for name in FACETS}
    places, cells, total = [], {}, 0
    for what, value, *more, number in rows:
        if what == "page":
            places.append((number, value))
        elif what == "total":
            total = number
        elif what == "matrix":
            cells["/".join(codes.slugs[axis][str(code)] for axis, code in zip(AXES, (value, *more), strict=True))] = (
                number
            )
        else:
            _count(counts[what.removeprefix("=")], codes, what, value, number)
    return Answer(total, [key for _, key in sorted(places)], {n: dict(c) for n, c in counts.items()}, cells or None)


def _count(counts: Counter[str], codes: Codes, what: str, value: Any, number: int) -> None:
    """Add a number to the value that a row names, or to each value of the set that it names."""
    values = [codes.slugs[what[1:]][str(value)]] if what.startswith("=") else codes.sets[what][value]
    for each in values:
        counts[each] += number
