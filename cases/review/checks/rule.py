"""What a check is, and what makes one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cases.record.convert import PrimitiveRecord

from .context import CheckContext

Severity = Literal["error", "warning", "note"]
PathFinding = tuple[str, str]
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

    def findings(self, record: PrimitiveRecord, context: CheckContext) -> Iterable[PathFinding]:
        """Return what is to be looked at."""
        raise NotImplementedError

    def of(self, record: PrimitiveRecord, context: CheckContext) -> Iterator[Check]:
        """Yield what this rule finds in a plain record."""
        for path, message in self.findings(record, context):
            yield Check(path, self.severity, message, self.code)


@dataclass(frozen=True)
class RecordRule(Rule):
    """A rule that a record alone decides."""

    find: Callable[[PrimitiveRecord], Iterable[PathFinding]]

    def findings(self, record: PrimitiveRecord, context: CheckContext) -> Iterable[PathFinding]:
        return self.find(record)


@dataclass(frozen=True)
class ContextRule(Rule):
    """A rule that looks at what stands around a record, too."""

    find: Callable[[PrimitiveRecord, CheckContext], Iterable[PathFinding]]

    def findings(self, record: PrimitiveRecord, context: CheckContext) -> Iterable[PathFinding]:
        return self.find(record, context)


def parts_with_paths(record: PrimitiveRecord, name: str) -> Iterator[tuple[str, PrimitiveRecord]]:
    """Yield each part of a kind with its path: `claims[0]`, `claims[1]`, ..."""
    for number, part in enumerate(record.get(name) or []):
        yield f"{name}[{number}]", part


def block_or_empty(record: PrimitiveRecord, name: str) -> PrimitiveRecord:
    """Return a block of a record; an empty one where nothing stands."""
    found: PrimitiveRecord = record.get(name) or {}
    return found


def passages_with_paths(value: Any, path: str = "") -> Iterator[tuple[str, PrimitiveRecord]]:
    """Yield each passage of a plain record with its path: `claims[0].passage`, ..."""
    if isinstance(value, Mapping):
        if "exact" in value:
            yield path, value
        for name, inner in value.items():
            yield from passages_with_paths(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from passages_with_paths(inner, f"{path}[{number}]")
