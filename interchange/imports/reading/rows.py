"""What every reader returns: a table with headers, and rows with the problems found in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from .problems import Problem, ProblemSeverity

CellValue = str | int | float | bool | date | None
"""The value of a cell. In a document it may be a list or a mapping."""


class CellProblem(NamedTuple):
    """A problem of a record, in the column with this index from 0."""

    column: int
    problem: Problem


class RawRow(NamedTuple):
    """The cells of a row in their order, without the names of their columns."""

    number: int
    line: int
    cells: list[CellValue]
    oddities: tuple[CellProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """A column: its unique name, its letter, its index from 0, and its name in the file."""

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
        return any(problem.severity is ProblemSeverity.ERROR for problem in self.problems)


@dataclass(slots=True)
class FileTable:
    """A file as rows, which are read from the file again each time, by one reader at a time.

    `total` is the number of rows; `notes` are problems of the file as a whole; `sheets` are the visible sheets of a
    workbook. The file must stay open while rows are read.
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
