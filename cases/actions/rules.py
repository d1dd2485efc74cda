"""Checks shared by all actions: permissions, versions and rules."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import User

from .. import schema
from ..models import Case, State
from ..permissions import PERMISSIONS, has_perm
from ..record import convert
from ..record.completeness import missing_to_publish
from ..schema.nodes import SET_KINDS

MAX_REASON_LENGTH = 2_000
"""In characters."""


class RuleViolation(ValidationError):
    """A rule of the catalogue was broken; carries what to do about it, by field path."""

    def __init__(self, mistakes: dict[str, str]) -> None:
        super().__init__({path: [message] for path, message in mistakes.items()})


class StaleCase(Exception):
    """The case was saved by someone else in the meantime; `case` is its current state."""

    def __init__(self, case: Case, version: int) -> None:
        super().__init__(
            f"This case was saved by someone else meanwhile: you started from version {version}, it is now version "
            f"{case.version}. Look at what changed and try again."
        )
        self.case = case
        self.version = version


def require_perm(by: User | None, what: str, case: Case | None = None) -> None:
    """Raise PermissionDenied unless `by` has the permission."""
    if not has_perm(by, what, case):
        who = PERMISSIONS[what].role.name.lower() + "s"
        raise PermissionDenied(f"Only {who} may {PERMISSIONS[what].words}.")


def lock_case(*, case: Case, version: int) -> Case:
    """Lock a case for the rest of this transaction; raise StaleCase unless it is at `version`."""
    locked = Case.objects.select_for_update().get(pk=case.pk)
    if locked.version != version:
        raise StaleCase(locked, version)
    return locked


def raise_rule_violations(mistakes: dict[str, str]) -> None:
    if mistakes:
        raise RuleViolation(mistakes)


def require_text(reason: str, why: str) -> str:
    """Return the stripped text; raise RuleViolation with the message `why` if it is empty."""
    words = reason.strip()
    if not words:
        raise RuleViolation({"reason": why})
    return words


def rule_violations(case: Case) -> dict[str, str]:
    """Rules that the case breaks as it is: what to do, by field path."""
    found = missing_to_publish(case) if case.state == State.PUBLISHED else {}
    return found | {path: what for path, wrong, what in _rules(case) if wrong}


def unsupported_judgements(case: Case, record: convert.ValidatedRecord) -> dict[str, str]:
    """Broken rules of judgements whose terms are a many-to-many relation.

    Database constraints cannot check those.
    """
    found: dict[str, str] = {}
    for block in schema.BLOCKS:
        terms = next((field.name for field in block.leaves if field.kind in SET_KINDS), "")
        for field in block.leaves if terms else ():
            value = getattr(case, field.stands_in) if field.kind not in SET_KINDS else None
            if record[block.name] and field.required and field.name != terms and not value:
                found[f"{block.name}.{field.name}"] = f"Give the {field.label} that it rests on."
            elif not record[block.name] and value:
                found[f"{block.name}.{terms}"] = f"Say what the {field.label} stands for, or take it away."
    return found


def _rules(case: Case) -> Iterable[tuple[str, bool, str]]:
    """Yield each rule as (field path, whether it is broken, what to do)."""
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
