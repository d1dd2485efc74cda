"""What a check is, and what makes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from .surroundings import Surroundings

Severity = Literal["error", "warning", "note"]
Record = Mapping[str, Any]
Finding = tuple[str, str]
"""The path of a field (see `records.paths_of`), and what to do there."""


class Check(NamedTuple):
    """One thing to look at: where, how much it weighs, what to do, and the code of the rule that found it."""

    path: str
    severity: Severity
    message: str
    code: str


@dataclass(frozen=True)
class Rule:
    """One rule: its code, how much it weighs, and what it finds in a few words."""

    code: str
    severity: Severity
    label: str

    def findings(self, record: Record, around: Surroundings) -> Iterable[Finding]:
        """Return what is to be looked at."""
        raise NotImplementedError

    def of(self, record: Record, around: Surroundings) -> Iterator[Check]:
        """Yield what this rule finds in a plain record."""
        for path, message in self.findings(record, around):
            yield Check(path, self.severity, message, self.code)


@dataclass(frozen=True)
class Own(Rule):
    """A rule that a record alone decides."""

    find: Callable[[Record], Iterable[Finding]]

    def findings(self, record: Record, around: Surroundings) -> Iterable[Finding]:
        return self.find(record)


@dataclass(frozen=True)
class Beside(Rule):
    """A rule that looks at what stands around a record, too."""

    find: Callable[[Record, Surroundings], Iterable[Finding]]

    def findings(self, record: Record, around: Surroundings) -> Iterable[Finding]:
        return self.find(record, around)


def parts(record: Record, name: str) -> Iterator[tuple[str, Record]]:
    """Yield each part of a kind with its path: `claims[0]`, `claims[1]`, ..."""
    for number, part in enumerate(record.get(name) or []):
        yield f"{name}[{number}]", part


def block(record: Record, name: str) -> Record:
    """Return a block of a record; an empty one where nothing stands."""
    found: Record = record.get(name) or {}
    return found


def quotations(said: Any, path: str = "") -> Iterator[tuple[str, Record]]:
    """Yield each passage of a plain record with its path: `claims[0].passage`, ..."""
    if isinstance(said, Mapping):
        if "exact" in said:
            yield path, said
        for name, inner in said.items():
            yield from quotations(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(said, list):
        for number, inner in enumerate(said):
            yield from quotations(inner, f"{path}[{number}]")
