"""Reverting a case to an earlier version."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User

from ..history.writing import ChangeInfo
from ..models import Act, Case, Version
from ..record.convert import ValidatedRecord
from .rules import RuleViolation, require_perm
from .writing import CaseChange, change_cases


@transaction.atomic
def revert_case(
    *, case: Case, to: Any, record: ValidatedRecord, by: User | None, version: int, reason: str = ""
) -> Case:
    """Revert a case to the version `to` (a `Version`), whose record, validated again, is `record`.

    This makes a new version like any other change, so no history is lost.
    """
    require_perm(by, "revert")
    if not Version.objects.filter(case=case, number=to.number).exists():
        raise RuleViolation({"to": f"This case has no version {to.number}."})
    words = f"As in version {to.number}. {reason.strip()}".strip()
    changed = change_cases(
        changes=[CaseChange(case, record, version)], by=by, info=ChangeInfo(by, Act.REVERTED, words)
    )[0]
    if changed.version == version:
        raise RuleViolation({"to": f"The case says now what it said at version {to.number}."})
    return changed
