"""What stands before every verb: who may, which version is meant, what must hold."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User

from .. import records, schema
from ..declarations import SEVERAL
from ..models import Case, State
from ..rights import RIGHTS, may


class Refused(ValidationError):
    """A rule of the catalogue stands against it: what to do, by field path."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__({path: [message] for path, message in mistakes.items()})


class Stale(Exception):
    """The case was saved by someone else meanwhile; `case` is as it stands now."""

    def __init__(self, case: Case, version: int) -> None:
        super().__init__(
            f"This case was saved by someone else meanwhile: you started from version {version}, it is now version "
            f"{case.version}. Look at what changed and try again."
        )
        self.case = case
        self.version = version


def permit(by: User | None, what: str, case: Case | None = None) -> None:
    """Let through who may do a thing, to a case."""
    if not may(by, what, case):
        who = RIGHTS[what].role.name.lower() + "s"
        raise PermissionDenied(f"Only {who} may {RIGHTS[what].words}.")


def hold(*, case: Case, version: int) -> Case:
    """Take a case for the rest of this transaction, refusing one that moved on since `version`."""
    held = Case.objects.select_for_update().get(pk=case.pk)
    if held.version != version:
        raise Stale(held, version)
    return held


def refuse(mistakes: dict[str, str]) -> None:
    if mistakes:
        raise Refused(mistakes)


def said(reason: str, why: str) -> str:
    """Return a reason, which must be given."""
    words = reason.strip()
    if not words:
        raise Refused({"reason": why})
    return words


def faults(case: Case) -> dict[str, str]:
    """Return what stands against a case as it is: field path and what to do."""
    found = records.lacking(case) if case.state == State.PUBLISHED else {}
    return found | {path: what for path, wrong, what in _rules(case) if wrong}


def unfounded(case: Case, matter: records.Matter) -> dict[str, str]:
    """Return what stands against judgements whose terms are a relation, which no constraint of the database can see."""
    found: dict[str, str] = {}
    for block in schema.BLOCKS:
        terms = next((field.name for field in block.leaves if field.kind in SEVERAL), "")
        for field in block.leaves if terms else ():
            there = getattr(case, field.stands_in) if field.kind not in SEVERAL else None
            if matter[block.name] and field.required and field.name != terms and not there:
                found[f"{block.name}.{field.name}"] = f"Give the {field.label} that it rests on."
            elif not matter[block.name] and there:
                found[f"{block.name}.{terms}"] = f"Say what the {field.label} stands for, or take it away."
    return found


def _rules(case: Case) -> Iterable[tuple[str, bool, str]]:
    """Yield each rule as the path it belongs to, whether it is broken, and what to do then."""
    quality = bool(case.democratic_reason or case.democratic_passage_id)
    evidence = bool(case.evidence_note or case.evidence_passage_id)
    years = case.ongoing or (case.year_end is None and bool(case.years_passage_id))
    yield (
        "democratic_quality.judgement",
        case.democratic_quality_id is None and quality,
        "Say which judgement the reason and the passage stand for.",
    )
    yield (
        "evidence.level",
        case.evidence_level_id is None and evidence,
        "Give the level that the note and the passage stand for; none-named is one.",
    )
    yield (
        "years.start",
        case.year_start is None and years,
        "Give the first year, or take the passage and “running” away.",
    )
