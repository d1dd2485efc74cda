"""The history of the cases: each version is written down in the transaction that makes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.db.models import F
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from accounts.models import User
from taxonomy.models import CodebookChange

from . import records
from .codings import renamed, stamped
from .models import Act, Case, Standing
from .records import Matter

COLUMNS = ["number", "state", "act", "unattended", "record"]


class Told(NamedTuple):
    """Who made another version of a case, by doing what, and why."""

    by: User | None
    act: Act
    reason: str = ""


class Said(NamedTuple):
    """What a case says, with the catalogue's own objects and plainly: made once for all that is kept of it."""

    matter: Matter
    plain: Any

    @classmethod
    def by(cls, case: Case) -> Said:
        """Return what a case says that was fetched whole."""
        matter = records.matter_of(case)
        return cls(matter, records.plain(matter))


def keep_versions(cases: Sequence[Case], said: Mapping[int, Said], told: Told | None) -> None:
    """Write down the version that each case, fetched whole, is at now.

    Where nobody told of a change, what a case says may still be another: a passage that it quotes was corrected. Then
    it is at its next version from here on.
    """
    before = Standing.objects.in_bulk([case.pk for case in cases])
    new, changed = [], []
    for case in cases:
        record = said[case.pk].plain
        standing = before.get(case.pk)
        if standing is None:
            _begin(case, record)
            new.append(_at(Standing(case=case), case, record, told or Told(None, Act.FOUND)))
        elif told or records.checksum(standing.record) != records.checksum(record):
            if told is None:
                _advance(case, record, standing)
            changed.append(_at(standing, case, record, told))
    reason = told.reason if told else ""
    if new:
        bulk_create_with_history(new, Standing, default_change_reason=reason)
    if changed:
        bulk_update_with_history(changed, Standing, COLUMNS, default_change_reason=reason)


def _at(standing: Standing, case: Case, record: Any, told: Told | None) -> Standing:
    """Bring a standing to the version that a case is at. Where nobody told, the library asks who sent the request."""
    standing.number, standing.state, standing.record = case.version, case.state, record
    standing.act, standing.unattended = (told.act, told.by is None) if told else (Act.QUOTED, True)
    if told:
        standing._history_user = told.by  # type: ignore[attr-defined]  # noqa: SLF001 - so the library asks for it
    return standing


def _begin(case: Case, record: Any) -> None:
    """Give the codings of a case from before there was a history the version and the day that it is at."""
    if not case.coded:
        stamp = {"version": case.version, "date": case.updated_at.date().isoformat(), "codebook": codebook_version()}
        case.coded = stamped(record, None, {}, stamp)
        Case.objects.filter(pk=case.pk).update(coded=case.coded)


def _advance(case: Case, record: Any, standing: Standing) -> None:
    """Bring a case to its next version, where what it quotes was changed elsewhere."""
    now = timezone.now()
    stamp = {"version": case.version + 1, "date": now.date().isoformat(), "codebook": codebook_version()}
    case.coded = stamped(record, standing.record, case.coded, stamp)
    Case.objects.filter(pk=case.pk).update(version=F("version") + 1, updated_at=now, coded=case.coded)
    case.version, case.updated_at = case.version + 1, now


def stamp(cases: Sequence[Case], said: Mapping[int, Said], slug: tuple[str, str] | None = None) -> None:
    """Note when, at which version to come and with which codebook each coding was made that is new or another one.

    Where only a `slug` is another one now, none is.
    """
    before = Standing.objects.in_bulk([case.pk for case in cases])
    today, codebook = timezone.now().date().isoformat(), codebook_version()
    for case in cases:
        standing = before.get(case.pk)
        now = {"version": case.version + 1, "date": today, "codebook": codebook}
        record = said[case.pk].plain
        if slug:
            case.coded = renamed(record, case.coded, *slug)
        else:
            case.coded = stamped(record, standing.record if standing else None, case.coded, now)


def codebook_version() -> int:
    """Return the version that the codebook is at."""
    return CodebookChange.objects.number() or 1
