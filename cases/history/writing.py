"""The history of the cases: each version is written down in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import F
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accounts.models import User
from taxonomy.models import CodebookChange

from ..models import Act, Case, CurrentVersion
from ..record import convert
from ..record.codings import rename_in_stamps, stamp_codings
from ..record.convert import ValidatedRecord

VERSION_COLUMNS = ["number", "state", "act", "unattended", "record"]


class ChangeInfo(NamedTuple):
    """Who made another version of a case, by doing what, and why."""

    by: User | None
    act: Act
    reason: str = ""


class RecordPair(NamedTuple):
    """What a case says, with the catalogue's own objects and plainly: made once for all that is kept of it."""

    matter: ValidatedRecord
    plain: Any

    @classmethod
    def by(cls, case: Case) -> RecordPair:
        """Return what a case says that was fetched whole."""
        matter = convert.record_from_case(case)
        return cls(matter, convert.to_primitive(matter))


def save_versions(cases: Sequence[Case], said: Mapping[int, RecordPair], info: ChangeInfo | None) -> None:
    """Write down the version that each case, fetched whole, is at now.

    Where nobody told of a change, what a case says may still be another: a passage that it quotes was corrected. Then
    it is at its next version from here on.
    """
    before = CurrentVersion.objects.in_bulk([case.pk for case in cases])
    new, changed = [], []
    for case in cases:
        record = said[case.pk].plain
        current = before.get(case.pk)
        if current is None:
            _begin(case, record)
            new.append(_at(CurrentVersion(case=case), case, record, info or ChangeInfo(None, Act.BASELINE)))
        elif info or convert.record_checksum(current.record) != convert.record_checksum(record):
            if info is None:
                _advance(case, record, current)
            changed.append(_at(current, case, record, info))
    reason = info.reason if info else ""
    if new:
        bulk_create_with_history(new, CurrentVersion, default_change_reason=reason)
    if changed:
        bulk_update_with_history(changed, CurrentVersion, VERSION_COLUMNS, default_change_reason=reason)


def _at(current: CurrentVersion, case: Case, record: Any, info: ChangeInfo | None) -> CurrentVersion:
    """Bring a standing to the version that a case is at. Where nobody told, the library asks who sent the request."""
    current.number, current.state, current.record = case.version, case.state, record
    current.act, current.unattended = (info.act, info.by is None) if info else (Act.PASSAGE_CORRECTED, True)
    if info:
        current._history_user = info.by  # type: ignore[attr-defined]  # noqa: SLF001 - so the library asks for it
    return current


def _begin(case: Case, record: Any) -> None:
    """Give the codings of a case from before there was a history the version and the day that it is at."""
    if not case.coded:
        stamp = {"version": case.version, "date": case.updated_at.date().isoformat(), "codebook": codebook_version()}
        case.coded = stamp_codings(record, None, {}, stamp)
        Case.objects.filter(pk=case.pk).update(coded=case.coded)


def _advance(case: Case, record: Any, current: CurrentVersion) -> None:
    """Bring a case to its next version, where what it quotes was changed elsewhere."""
    now = timezone.now()
    stamp = {"version": case.version + 1, "date": now.date().isoformat(), "codebook": codebook_version()}
    case.coded = stamp_codings(record, current.record, case.coded, stamp)
    Case.objects.filter(pk=case.pk).update(version=F("version") + 1, updated_at=now, coded=case.coded)
    case.version, case.updated_at = case.version + 1, now


def stamp_cases(cases: Sequence[Case], said: Mapping[int, RecordPair], slug: tuple[str, str] | None = None) -> None:
    """Note when, at which version to come and with which codebook each coding was made that is new or another one.

    Where only a `slug` is another one now, none is.
    """
    before = CurrentVersion.objects.in_bulk([case.pk for case in cases])
    today, codebook = timezone.now().date().isoformat(), codebook_version()
    for case in cases:
        current = before.get(case.pk)
        now = {"version": case.version + 1, "date": today, "codebook": codebook}
        record = said[case.pk].plain
        if slug:
            case.coded = rename_in_stamps(record, case.coded, *slug)
        else:
            case.coded = stamp_codings(record, current.record if current else None, case.coded, now)


def codebook_version() -> int:
    """Return the version that the codebook is at."""
    return CodebookChange.objects.number() or 1
