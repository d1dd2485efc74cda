"""Going back to what a case said before."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.models import User

from ..models import Act, Case, Version
from ..records import Matter
from ..versioning import Told
from .rules import Refused, permit
from .writing import Change, change_all


@transaction.atomic
def revert(*, case: Case, to: Any, record: Matter, by: User | None, version: int, reason: str = "") -> Case:
    """Make a case say again what it said at the version `to` (a `Version`); `record` is that, read anew.

    It is a change like any other, and itself a version: nothing of the history is lost.
    """
    permit(by, "revert")
    if not Version.objects.filter(case=case, number=to.number).exists():
        raise Refused({"to": f"This case has no version {to.number}."})
    words = f"As in version {to.number}. {reason.strip()}".strip()
    changed = change_all(changes=[Change(case, record, version)], by=by, told=Told(by, Act.REVERTED, words))[0]
    if changed.version == version:
        raise Refused({"to": f"The case says now what it said at version {to.number}."})
    return changed
