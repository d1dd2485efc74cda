"""What an edition changes in a case that people edited: proposed to them, and never written by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

from cases import actions
from cases.history.diff import merge_records
from cases.models import Case, State, Version
from cases.record import convert

from .entries import LoadEntry, LoadOutcome


class Base(NamedTuple):
    """What a case said before people edited it, and the version that said so."""

    record: dict[str, Any]
    version: int


def has_to_be_proposed(entry: LoadEntry) -> bool:
    """Whether people edited a published case that the edition changes, and did not make the same changes."""
    if entry.outcome != LoadOutcome.KEPT or entry.now.state != State.PUBLISHED:
        return False
    base, now = _base(entry).record, _record(entry.now)
    merged = merge_records(base, _wanted(entry), now)
    return bool(merged.conflicts) or convert.record_checksum(merged.record) != convert.record_checksum(now)


def propose(entry: LoadEntry, reason: str) -> None:
    base = _base(entry)
    actions.propose_from_version(
        case=entry.now, version=base.version, base=base.record, record=_wanted(entry), by=None, reason=reason
    )


def _base(entry: LoadEntry) -> Base:
    """What the last load brought; where that is not known any more, what the case said first."""
    versions = list(Version.objects.filter(case=entry.now).order_by("number", "history_id"))
    if entry.loaded is None:
        return Base(_at_address(versions[0].record, entry), versions[0].number)
    record = _at_address(entry.loaded, entry)
    checksum = convert.record_checksum(record)
    said = (
        each.number
        for each in reversed(versions)
        if convert.record_checksum(_at_address(each.record, entry)) == checksum
    )
    return Base(record, next(said, versions[0].number))


def _wanted(entry: LoadEntry) -> dict[str, Any]:
    return _at_address(entry.wanted, entry)


def _record(case: Case) -> dict[str, Any]:
    record: dict[str, Any] = convert.to_primitive(convert.record_from_case(case))
    return record


def _at_address(record: dict[str, Any], entry: LoadEntry) -> dict[str, Any]:
    """A record at the address that the case has by now, without its state."""
    return {**{name: value for name, value in record.items() if name != "state"}, "slug": entry.now.slug}
