"""Entering and changing passages: quoted words of a source, behind judgements and figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.models import User

from ..derived.refresh import cases_showing
from ..history.writing import ChangeInfo
from ..models import Act, Case, Passage
from ..record import convert
from ..record.stamps import Turn
from .rules import RuleViolation, require_perm
from .writing import WRITE_BATCH_SIZE, finalise_cases

PASSAGE_COLUMNS = ("source", "exact", "start", "end", "locator")


@transaction.atomic
def create_passage(*, given: Mapping[str, Any], by: User | None) -> Passage:
    """Enter a passage by its columns. Raises RuleViolation by column; also if the same stands already."""
    require_perm(by, "add to registers")
    passage = Passage(**given)
    _check(passage)
    passage.save()
    return passage


@transaction.atomic
def change_passage(*, passage: Passage, given: Mapping[str, Any], by: User | None, reason: str = "") -> Passage:
    """Change columns of a passage. Each case that quotes it gets a new version.

    Raises RuleViolation by column, and if the passage does not say any more what it says as it is given here.
    """
    require_perm(by, "keep registers")
    keys = list(cases_showing(thing=passage).order_by("pk").values_list("pk", flat=True))
    list(Case.objects.filter(pk__in=keys).select_for_update().order_by("pk").values_list("pk"))
    locked = Passage.objects.select_for_update(of=("self",)).select_related("source").get(pk=passage.pk)
    if any(getattr(locked, name) != getattr(passage, name) for name in PASSAGE_COLUMNS):
        raise RuleViolation({"__all__": "This passage was changed meanwhile: look at it again."})
    if all(getattr(locked, name) == value for name, value in given.items()):
        return locked
    for name, value in given.items():
        setattr(locked, name, value)
    _check(locked)
    Passage.objects.filter(pk=locked.pk).update(**{name: getattr(locked, name) for name in PASSAGE_COLUMNS})
    info = ChangeInfo(by, Act.CHANGED, reason or "A passage that it quotes was changed.")
    for start in range(0, len(keys), WRITE_BATCH_SIZE):
        cases = Case.objects.filter(pk__in=keys[start : start + WRITE_BATCH_SIZE]).order_by("pk")
        finalise_cases(list(cases), by, info, turn=Turn.CORRECTION)
    return locked


def _check(passage: Passage) -> None:
    """Raise RuleViolation if a passage is wrong by itself, or the same or a contradicting one stands already."""
    try:
        passage.full_clean(validate_constraints=False)
    except ValidationError as error:
        raise RuleViolation(dict(convert.error_paths(error.message_dict))) from None
    if (passage.start is None) != (passage.end is None):
        raise RuleViolation({"end": "Give start and end, or neither."})
    if passage.start is not None and passage.end != passage.start + len(passage.exact):
        right = passage.start + len(passage.exact)
        raise RuleViolation({"end": f"It should be {right}: start plus the {len(passage.exact)} characters quoted."})
    others = Passage.objects.filter(source=passage.source).exclude(pk=passage.pk)
    if passage.start is not None and (there := others.filter(start=passage.start, end=passage.end).first()):
        raise RuleViolation({"start": f"From there “{there}” is quoted already (passage {there.pk}): use that one."})
    same = others.filter(exact=passage.exact, start=passage.start, locator=passage.locator).first()
    if same:
        raise RuleViolation({"exact": f"The same stands already (passage {same.pk}): use that one."})
