"""The cells of a row as values of fields, each with the column and the words that it comes from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..reading import cells as cleaners
from ..reading.names import fold_name
from ..reading.problems import Problem, error, warning
from .fields import ImportField, import_field
from .specs import MappingSpec

SlugsByLabel = Mapping[str, Mapping[str, str]]
"""By vocabulary: the slug of each term by its folded label."""

LIST_KINDS = ("items", "names", "several")
TERM_KINDS = ("text", "items", "name", "names")

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

    def fields_under(self, path: str) -> list[str]:
        """The fields of the row that go into this part of the record."""
        fields = ((name, import_field(name)) for name in self.given)
        return [name for name, wanted in fields if wanted and wanted.path.startswith(path)]

    def unused(self, name: str, message: str) -> None:
        """Say that the value of a field, if the row has one, was not used."""
        if name in self.origins and self.given.get(name) is not None:
            column, raw = self.origins[name]
            self.note(warning(message, raw), column)

    def one(self, name: str) -> Any:
        return self.given.get(name)

    def several(self, prefix: str) -> Iterator[tuple[str, Any]]:
        """The values of the fields with this prefix, by the rest of the name."""
        for name, value in self.given.items():
            if name.startswith(prefix):
                yield name.removeprefix(prefix), value


def read_values(spec: MappingSpec, row: int, cells: Mapping[str, Any], labels: SlugsByLabel) -> RowValues:
    """Read a row by its spec: the first column of the file that gives a field wins, lists are joined."""
    found = RowValues(row)
    for column, names in _columns_in_order(spec, cells):
        raw = _meant(spec, column, cells.get(column))
        for name in names if raw is not None else ():
            _read(found, spec, (name, column), raw, labels)
    for name, constant in spec.constants.items():
        if name not in found.given:
            _read(found, spec, (name, FROM_MAPPING), constant, labels)
    return found


def _columns_in_order(spec: MappingSpec, cells: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """The columns that have a field, in the order of the file: a stored mapping has none on PostgreSQL."""
    return ((column, spec.columns[column]) for column in cells if column in spec.columns)


def first_value(spec: MappingSpec, cells: Mapping[str, Any], name: str) -> Any:
    """What the first column of a field says in a row, or else the mapping; without its problems."""
    wanted = import_field(name)
    given = (
        _meant(spec, column, cells.get(column)) for column, names in _columns_in_order(spec, cells) if name in names
    )
    for raw in (*given, spec.constants.get(name)):
        if wanted and raw is not None and (value := clean_cell(wanted, raw, {})[0]):
            return value
    return None


def _meant(spec: MappingSpec, column: str, raw: Any) -> Any:
    """The meaning of a cell: the spec may give its words another one, or none."""
    word = str(raw).strip()
    if word in spec.nothing:
        return None
    return spec.values.get(column, {}).get(word, raw) or None if isinstance(raw, str | int | float) else raw


def _read(found: RowValues, spec: MappingSpec, place: tuple[str, str], raw: Any, labels: SlugsByLabel) -> None:
    name, column = place
    wanted = import_field(name)
    if wanted is None:
        return
    value, problems = clean_cell(wanted, raw, labels, spec.values.get(column, {}))
    if name in found.given and wanted.kind not in LIST_KINDS:
        found.note(_second(found, name, value, raw), column)
        return
    found.note_all(problems or _read_as_empty(value, raw), column)
    if value not in (None, [], ()):
        found.given[name] = found.given.get(name, []) + list(value) if wanted.kind in LIST_KINDS else value
        found.origins.setdefault(name, (column, str(raw)))


def _second(found: RowValues, name: str, value: Any, raw: Any) -> Problem | None:
    """The warning about a second column of a field, if it says something else than the first."""
    if value in (None, found.given[name]):
        return None
    first, _ = found.origins[name]
    return warning(f"“{first}” gave the {name.replace('_', ' ')} already; this was left out.", raw)


def _read_as_empty(value: Any, raw: Any) -> list[Problem]:
    """The warning about a cell in which something stands that means nothing."""
    nothing = value in (None, [], ()) and cleaners.visible_text("" if raw is None or raw != raw else raw)  # noqa: PLR0124 - NaN alone is not itself
    return [warning(cleaners.READ_AS_EMPTY, raw)] if nothing else []


def clean_cell(
    wanted: ImportField, raw: Any, labels: SlugsByLabel, meant: Mapping[str, str] | None = None
) -> tuple[Any, list[Problem]]:
    """The value of a cell for a field, with terms as slugs, and the problems found in it."""
    if wanted.kind == "any":
        return (None if cleaners.is_empty(raw) else raw), []
    if wanted.kind == "several":
        return cleaners.clean_countries(raw)
    known = labels.get(wanted.vocabulary, {}) if wanted.vocabulary else {}
    value, problem = cleaners.CLEANERS[wanted.kind](raw, **_options(wanted, raw, known, meant or {}))
    if wanted.kind in LIST_KINDS and meant:
        value = [word for each in value if (word := meant.get(each, each))]
    if wanted.vocabulary and value:
        value = [_slug(each, known) for each in value] if isinstance(value, list) else _slug(value, known)
    return value, [problem] if problem else []


def _options(wanted: ImportField, raw: Any, known: Mapping[str, str], meant: Mapping[str, str]) -> dict[str, Any]:
    """How a cleaner is to read a cell: which marks separate, which words that mean nothing elsewhere mean something."""
    options: dict[str, Any] = {"separators": "|"} if wanted.name == "places" else {}
    if wanted.kind in TERM_KINDS and isinstance(raw, str):
        term = {raw.strip()} if fold_name(raw) in known else set()
        options["meant"] = {*meant, *term}
    return options


def _slug(word: str, known: Mapping[str, str]) -> str:
    """The slug of the term with this label; without one, the word itself."""
    return known.get(fold_name(word), word)
