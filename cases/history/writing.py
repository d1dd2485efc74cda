"""Saving the history of cases: each version is stored in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db.models import F
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accounts.models import User
from taxonomy.models import CodebookChange

from ..models import Act, Case, CurrentVersion, Origin
from ..record import convert
from ..record.codings import stamp_codings
from ..record.convert import ValidatedRecord
from ..record.stamps import Affirm, CodingStamp, Turn, affirmed, affirmed_paths
from ..record.standing import set_stamps

VERSION_COLUMNS = ["number", "state", "act", "how", "unattended", "record"]

TURNS = {Act.REGROUPED: Turn.REGROUPING, Act.RECODED: Turn.RECODING}
"""By act, what kind of change it makes; any other is an edit."""

ORIGINS = {
    **dict.fromkeys((Act.IMPORTED, Act.UNDONE), Origin.IMPORT),
    **dict.fromkeys((Act.RECODED, Act.REGROUPED), Origin.RULE),
}
"""By act, how it makes codings; by any other they are made by whoever does it."""


class ChangeInfo(NamedTuple):
    """Who changed a case, by which act, and why.

    `reasons` has, by the key of a case, the reasons that are its own; `how` is given only where it does not follow.
    """

    by: User | None
    act: Act
    reason: str = ""
    how: Origin | None = None
    reasons: Mapping[int, str] = MappingProxyType({})

    @property
    def origin(self) -> Origin:
        """How the codings are made that this changes."""
        return self.how or ORIGINS.get(self.act) or origin_of_user(self.by)

    @property
    def stamp(self) -> CodingStamp:
        """What the stamps of these codings say of it."""
        return {"how": self.origin.value, "by": self.by.pk if self.by else None}


def origin_of_user(by: User | None) -> Origin:
    """How somebody writes: None is the catalogue itself, which loads its own files."""
    return Origin.FILES if by is None else Origin.PROGRAM if by.by_token else Origin.HAND


class RecordPair(NamedTuple):
    """The record of a case, both validated and primitive."""

    validated: ValidatedRecord
    primitive: Any

    @classmethod
    def by(cls, case: Case) -> RecordPair:
        """Convert a case fetched with `whole()`."""
        validated = convert.record_from_case(case)
        return cls(validated, convert.to_primitive(validated))


def save_versions(cases: Sequence[Case], records: Mapping[int, RecordPair], info: ChangeInfo | None) -> None:
    """Save the current version of each case, fetched with `whole()`.

    Without `info`, a record may still differ, because a passage that it quotes was corrected. The case then advances to
    its next version.
    """
    before = CurrentVersion.objects.in_bulk([case.pk for case in cases])
    new, changed = [], []
    for case in cases:
        record = records[case.pk].primitive
        current = before.get(case.pk)
        if current is None:
            _stamp_baseline(case, record)
            new.append(_updated(CurrentVersion(case=case), case, record, info or ChangeInfo(None, Act.BASELINE)))
        elif info or convert.record_checksum(current.record) != convert.record_checksum(record):
            if info is None:
                _advance(case, record, current)
            changed.append(_updated(current, case, record, info))
    reason = info.reason if info else ""
    if new:
        bulk_create_with_history(new, CurrentVersion, default_change_reason=reason)
    if changed:
        bulk_update_with_history(changed, CurrentVersion, VERSION_COLUMNS, default_change_reason=reason)


def _updated(current: CurrentVersion, case: Case, record: Any, info: ChangeInfo | None) -> CurrentVersion:
    """Update a current version from its case. Without `info`, the history library takes the user from the request."""
    current.number, current.state, current.record = case.version, case.state, record
    current.act, current.unattended = (info.act, info.by is None) if info else (Act.PASSAGE_CORRECTED, True)
    current.how = info.origin if info and info.act != Act.BASELINE else ""
    if info:
        current._history_user = info.by  # type: ignore[attr-defined]  # noqa: SLF001 - as simple_history documents it
        current._change_reason = info.reasons.get(case.pk)  # type: ignore[attr-defined]  # noqa: SLF001 - likewise
    return current


def _stamp_baseline(case: Case, record: Any) -> None:
    """Stamp the codings of a case that is older than the history with its current version and date."""
    if not case.coded:
        stamp = {"version": case.version, "date": case.updated_at.date().isoformat(), "codebook": codebook_version()}
        set_stamps([(case, stamp_codings(record, None, {}, stamp))])
        Case.objects.filter(pk=case.pk).update(coded=case.coded)


def _advance(case: Case, record: Any, current: CurrentVersion) -> None:
    """Advance a case to its next version, because a passage that it quotes was changed."""
    now = timezone.now()
    stamp = {"version": case.version + 1, "date": now.date().isoformat(), "codebook": codebook_version()}
    set_stamps([(case, stamp_codings(record, current.record, case.coded, stamp, Turn.CORRECTION))])
    Case.objects.filter(pk=case.pk).update(
        version=F("version") + 1, updated_at=now, coded=case.coded, out_of_step=case.out_of_step
    )
    case.version, case.updated_at = case.version + 1, now


def stamp_cases(
    cases: Sequence[Case],
    records: Mapping[int, RecordPair],
    info: ChangeInfo,
    *,
    turn: Turn | None = None,
    affirm: Affirm = False,
) -> None:
    """Stamp each new or changed coding with its origin, the date, the next version of the case, and the codebook's.

    `turn` is what kind of change it was, if that does not follow from the act; `affirm` are the codings affirmed
    with it.
    """
    before = CurrentVersion.objects.in_bulk([case.pk for case in cases])
    today, codebook = timezone.now().date().isoformat(), codebook_version()
    stamped = []
    for case in cases:
        current = before.get(case.pk)
        now = {"version": case.version + 1, "date": today, "codebook": codebook, **info.stamp}
        stamps = stamp_codings(
            records[case.pk].primitive,
            current.record if current else None,
            case.coded,
            now,
            turn or TURNS.get(info.act, Turn.EDIT),
        )
        fresh = {path: _affirmed(stamps[path], now) for path in affirmed_paths(stamps, affirm)}
        stamped.append((case, {**stamps, **fresh}))
    set_stamps(stamped)


def _affirmed(stamp: CodingStamp, now: CodingStamp) -> CodingStamp:
    """A coding that was made just now needs no affirmation besides, unless it is marked."""
    return stamp if stamp is now else affirmed(stamp, now)


def codebook_version() -> int:
    return CodebookChange.objects.number() or 1
