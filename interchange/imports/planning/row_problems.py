"""Problems of rows: those met when the file was read, and those that planning adds, each at its column."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from interchange.models import ImportRow

from ..reading.problems import Problem, ProblemSeverity, error, warning
from .assembling import CaseDraft
from .fields import IMPORT_FIELDS
from .known import CurrentRecord
from .values import FROM_MAPPING


def reading_problems(row: ImportRow) -> list[Problem]:
    read = [problem for problem in row.problems if problem.get("read")]
    return [
        Problem(row.number, each["column"], each["value"], each["message"], ProblemSeverity(each["severity"]))
        for each in read
    ]


def plan_problem(problem: Problem, *, read: bool) -> dict[str, Any]:
    return {
        "read": read,
        "column": problem.column,
        "value": problem.value,
        "message": problem.message,
        "severity": str(problem.severity),
    }


def note_mistakes(draft: CaseDraft, mistakes: Iterable[tuple[str, str]]) -> None:
    """Note mistakes of a record, which come by path, at the columns that the values come from."""
    for path, message in mistakes:
        column, raw = _origin(path, draft)
        draft.values.note(error(message, raw), column)


def withdrawal_problem(stored: CurrentRecord) -> Problem:
    """The warning at a row whose case is withdrawn."""
    title, into = f"“{stored.record['title'] or stored.record['slug']}”", stored.merged_into
    if into:
        return warning(
            f"{title} was merged into “{into}”; give that address, or readers will not see what is said here."
        )
    return warning(f"{title} is withdrawn; take it up again first, or readers will not see what is said here.")


def _origin(path: str, draft: CaseDraft) -> tuple[str, object]:
    """The column that a path of the record comes from, and its cell."""
    for name, (column, raw) in draft.values.origins.items():
        wanted = IMPORT_FIELDS[name].path if name in IMPORT_FIELDS else ""
        if wanted and (path == wanted or path.startswith(f"{wanted}[")):
            return (f"{column}: {name}" if column == FROM_MAPPING else column), raw
    value: Any = draft.record.get(path.partition(".")[0].partition("[")[0])
    return path, "" if isinstance(value, dict | list) else value
