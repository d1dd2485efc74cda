"""What every reader hands out: a table with headers, and its rows with what was met in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from .problems import Problem, ProblemSeverity

CellValue = str | int | float | bool | date | None
"""What stands in a cell of a table. A document's value may be a list or a mapping, too."""


class CellProblem(NamedTuple):
    """A problem of a record, in the column that has this index from 0."""

    column: int
    problem: Problem


class RawRow(NamedTuple):
    """The cells of a row as they stand in a file, before they are called by their headers."""

    number: int
    line: int
    cells: list[CellValue]
    oddities: tuple[CellProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """A column: the name that tells it from the others, its letter, its index from 0, and what the file calls it."""

    name: str
    letter: str
    index: int
    given: str


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row: its number as a spreadsheet shows it (the header is 1), the line of the file, and cells by header name.

    A refused row has no cells, and an error that says why.
    """

    number: int
    line: int
    cells: dict[str, Any]
    problems: tuple[Problem, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether something is wrong with the row as such."""
        return any(problem.severity is ProblemSeverity.ERROR for problem in self.problems)


@dataclass(slots=True)
class FileTable:
    """A file as rows: the file is read anew each time the rows are asked for, by one at a time.

    `total` is the number of rows; `notes` say what was met in the file as a whole, and what was done about it;
    `sheets` are those of a workbook that can be seen. The file must stay open as long as rows are read.
    """

    headers: list[Header]
    rows: Callable[[], Iterator[FileRow]]
    total: int
    encoding: str
    dialect: str
    notes: list[Problem] = field(default_factory=list)
    sheets: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[FileRow]:
        return self.rows()

    def __len__(self) -> int:
        return self.total
