"""Problems of a file, a row or a cell, in words by which a person can correct them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

MAX_VALUE_SHOWN = 60


class ProblemSeverity(StrEnum):
    """An error refuses its row; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """What was found, where, and what to do about it; `row` is None if it is about the file as a whole."""

    row: int | None
    column: str
    value: str
    message: str
    severity: ProblemSeverity = ProblemSeverity.ERROR

    def at(self, row: int | None, column: str) -> Problem:
        """The same problem with its row and column."""
        return replace(self, row=row, column=column)

    @property
    def is_error(self) -> bool:
        return self.severity is ProblemSeverity.ERROR


def joined_problem(problems: Iterable[Problem | None]) -> Problem | None:
    """Several problems of one cell as one: an error alone, or all warnings."""
    found = list(dict.fromkeys(problem for problem in problems if problem))
    if not found:
        return None
    wrong = next((problem for problem in found if problem.is_error), None)
    return wrong or replace(found[0], message=" ".join(dict.fromkeys(problem.message for problem in found)))


def error(message: str, value: object = "") -> Problem:
    return Problem(None, "", printable_value(value), message, ProblemSeverity.ERROR)


def warning(message: str, value: object = "") -> Problem:
    return Problem(None, "", printable_value(value), message, ProblemSeverity.WARNING)


def printable_value(value: object) -> str:
    r"""A value on one printable line of at most 60 characters.

    >>> printable_value("one\ntwo\x00"), printable_value(None)
    ('one two�', '')
    """
    text = "" if value is None else str(value)
    line = "".join(islice(_printable(text), MAX_VALUE_SHOWN + 1)).strip()
    return line if len(line) <= MAX_VALUE_SHOWN else f"{line[: MAX_VALUE_SHOWN - 1]}…"


def _printable(text: str) -> Iterator[str]:
    """The characters of a text: white space as one blank, others that cannot be printed as U+FFFD."""
    blank = True
    for letter in text:
        if not letter.isspace():
            yield letter if letter.isprintable() else "�"
        elif not blank:
            yield " "
        blank = letter.isspace()
