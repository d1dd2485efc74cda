"""Checks, and the rules that produce them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from cases.record.convert import PrimitiveRecord

from .context import CheckContext

Severity = Literal["error", "warning", "note"]
PathFinding = tuple[str, str]
"""The path of a field, such as `claims[0].value`, and what to do about it."""


class Check(NamedTuple):
    """One finding: where, how serious, what to do, and the code of the rule that found it."""

    path: str
    severity: Severity
    message: str
    code: str


@dataclass(frozen=True)
class Rule:
    """One rule: its code, its severity, and a short label for what it finds."""

    code: str
    severity: Severity
    label: str

    def findings(self, record: PrimitiveRecord, context: CheckContext) -> Iterable[PathFinding]:
        raise NotImplementedError

    def of(self, record: PrimitiveRecord, context: CheckContext) -> Iterator[Check]:
        for path, message in self.findings(record, context):
            yield Check(path, self.severity, message, self.code)


@dataclass(frozen=True)
class RecordRule(Rule):
    """A rule that needs only the record."""

    find: Callable[[PrimitiveRecord], Iterable[PathFinding]]

    def findings(self, record: PrimitiveRecord, context: CheckContext) -> Iterable[PathFinding]:
        return self.find(record)


@dataclass(frozen=True)
class ContextRule(Rule):
    """A rule that also needs the context."""

    find: Callable[[PrimitiveRecord, CheckContext], Iterable[PathFinding]]

    def findings(self, record: PrimitiveRecord, context: CheckContext) -> Iterable[PathFinding]:
        return self.find(record, context)


def parts_with_paths(record: PrimitiveRecord, name: str) -> Iterator[tuple[str, PrimitiveRecord]]:
    """Yield each part of one kind with its path: `claims[0]`, `claims[1]`, ..."""
    for number, part in enumerate(record.get(name) or []):
        yield f"{name}[{number}]", part


def block_or_empty(record: PrimitiveRecord, name: str) -> PrimitiveRecord:
    found: PrimitiveRecord = record.get(name) or {}
    return found


def passages_with_paths(value: Any, path: str = "") -> Iterator[tuple[str, PrimitiveRecord]]:
    """Yield each passage in a record with its path: `claims[0].passage`, ..."""
    if isinstance(value, Mapping):
        if "exact" in value:
            yield path, value
        for name, inner in value.items():
            yield from passages_with_paths(inner, f"{path}.{name}".lstrip("."))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from passages_with_paths(inner, f"{path}[{number}]")
