"""The cells of a row as values of fields, each with the column and the words that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..reading import cells as cleaners
from ..reading.names import fold_name
from ..reading.problems import Problem, error
from .fields import ImportField, import_field
from .specs import MappingSpec

SlugsByLabel = Mapping[str, Mapping[str, str]]
"""By vocabulary: the slug of each term by its folded label."""

LIST_KINDS = ("items", "several")

FROM_MAPPING = "the mapping"
"""Takes the place of the column where a value comes from the mapping itself."""


@dataclass
class RowValues:
    """The values of a row by field, where each comes from (column and raw cell), and the problems found."""

    row: int
    given: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def note(self, problem: Problem | None, column: str) -> None:
        """Keep a problem with its row and column; one about two columns names its own."""
        if problem:
            self.problems.append(problem.at(self.row, problem.column or column))

    def note_all(self, problems: Iterable[Problem], column: str) -> None:
        for problem in problems:
            self.note(problem, column)

    def wrong(self, name: str, message: str) -> None:
        column, raw = self.origins.get(name, (name, ""))
        self.note(error(message, raw), column)

    def one(self, name: str) -> Any:
        return self.given.get(name)

    def several(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """The values of the fields with this prefix, by the rest of the name."""
        for name, value in self.given.items():
            if name.startswith(prefix):
                yield name.removeprefix(prefix), value


def read_values(spec: MappingSpec, row: int, cells: Mapping[str, Any], labels: SlugsByLabel) -> RowValues:
    """Read a row by its spec: the first column that gives a field wins, lists are joined."""
    found = RowValues(row)
    for column, names in spec.columns.items():
        raw = _meant(spec, column, cells.get(column))
        for name in names if raw is not None else ():
            _read(found, spec, (name, column), raw, labels)
    for name, constant in spec.constants.items():
        if name not in found.given:
            _read(found, spec, (name, FROM_MAPPING), constant, labels)
    return found


def _meant(spec: MappingSpec, column: str, raw: Any) -> Any:
    """The meaning of a cell: the spec may give its words another one, or none."""
    word = str(raw).strip()
    if word in spec.nothing:
        return None
    return spec.values.get(column, {}).get(word, raw) or None if isinstance(raw, str | int | float) else raw


def _read(found: RowValues, spec: MappingSpec, place: tuple[str, str], raw: Any, labels: SlugsByLabel) -> None:
    name, column = place
    wanted = import_field(name)
    if wanted is None or (name in found.given and wanted.kind not in LIST_KINDS):
        return
    value, problems = clean_cell(wanted, raw, labels, spec.values.get(column, {}))
    found.note_all(problems, column)
    if value not in (None, [], ()):
        found.given[name] = found.given.get(name, []) + list(value) if wanted.kind in LIST_KINDS else value
        found.origins.setdefault(name, (column, str(raw)))


def clean_cell(
    wanted: ImportField, raw: Any, labels: SlugsByLabel, meant: Mapping[str, str] | None = None
) -> tuple[Any, list[Problem]]:
    """The value of a cell for a field, with terms as slugs, and the problems found in it."""
    if wanted.kind == "any":
        return (None if cleaners.is_empty(raw) else raw), []
    if wanted.kind == "several":
        return cleaners.clean_countries(raw)
    separators = {"separators": "|"} if wanted.name == "places" else {}
    value, problem = cleaners.CLEANERS[wanted.kind](raw, **separators)
    if wanted.kind == "items" and meant:
        value = [word for each in value if (word := meant.get(each, each))]
    if wanted.vocabulary and value:
        known = labels.get(wanted.vocabulary, {})
        value = [_slug(each, known) for each in value] if isinstance(value, list) else _slug(value, known)
    return value, [problem] if problem else []


def _slug(word: str, known: Mapping[str, str]) -> str:
    """The slug of the term with this label; without one, the word itself."""
    return known.get(fold_name(word), word)
