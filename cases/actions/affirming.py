"""Re-affirming codings that are out of step: the passage still carries them, or other words do."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from types import MappingProxyType
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User

from ..history.writing import ChangeInfo
from ..models import Act, Case, CaseQuerySet, Passage
from ..record import convert
from ..record.codings import Coding, codings_in
from ..record.convert import ValidatedRecord
from ..record.stamps import MARKED, affirmed_paths
from .rules import RuleViolation, lock_case, require_perm
from .writing import WRITE_BATCH_SIZE, CaseChange, change_cases

MAX_PATHS_NAMED = 5
"""Codings that a reason names one by one."""

MAX_WORDS_LENGTH = 5_000
"""In characters, as anywhere that a passage is given."""

TO_AFFIRM = Q(out_of_step__gt=0) | Q(unaffirmed__gt=0)
"""Cases with codings that are to be re-affirmed."""


@transaction.atomic
def affirm_codings(
    *,
    case: Case,
    by: User | None,
    version: int,
    paths: Collection[str] | None = None,
    words: Mapping[str, str] = MappingProxyType({}),
    reason: str = "",
) -> Case:
    """Affirm codings of a case by path, without `paths` all that are to be re-affirmed, as its next version.

    `words` has other words of the same source, by path, for the codings that these carry from now on.
    """
    require_perm(by, "affirm")
    lock_case(case=case, version=version)
    whole = Case.objects.whole().get(pk=case.pk)
    record: ValidatedRecord = convert.record_from_case(whole)
    codings = {coding.path: coding for coding in codings_in(convert.to_primitive(record))}
    marked = affirmed_paths(whole.coded, MARKED)
    chosen = [*words, *(path for path in (marked if paths is None else paths) if path not in words)]
    _refuse_unknown(chosen, [*marked, *words], codings)
    for path, quoted in words.items():
        record = _pointed_elsewhere(record, codings[path], quoted)
    info = ChangeInfo(by, Act.AFFIRMED, _told(chosen, words, reason))
    return change_cases(changes=[CaseChange(whole, record, version)], by=by, info=info, affirm=chosen)[0]


def _refuse_unknown(chosen: Collection[str], possible: Collection[str], codings: Mapping[str, Coding]) -> None:
    for path in chosen:
        if path not in codings:
            raise RuleViolation({"codings": f"There is no coding “{path[:200]}” in this case."})
        if path not in possible:
            raise RuleViolation({"codings": f"“{path[:200]}” is in step already; give other words, or leave it out."})
    if not chosen:
        raise RuleViolation({"codings": "Choose what you affirm; nothing else here is to be re-affirmed."})


def _pointed_elsewhere(record: ValidatedRecord, coding: Coding, quoted: str) -> ValidatedRecord:
    """Return a record in which a coding has other words of the same source as its passage."""
    exact = quoted.strip()
    if not coding.place or not coding.passage:
        raise RuleViolation({"words": f"“{coding.path}” has no passage: give it one in the case itself."})
    if not exact or len(exact) > MAX_WORDS_LENGTH:
        raise RuleViolation(
            {"words": f"Quote at most {MAX_WORDS_LENGTH:,} characters of the source for “{coding.path}”."}
        )
    return dict(_replaced(record, coding.place, exact))


def _replaced(value: Any, place: tuple[str | int, ...], exact: str) -> Any:
    """Return a copy of a record with other words in what stands at `place`."""
    changed = copy(value)
    if not place:
        return {**value, "passage": Passage(source=value["passage"].source, exact=exact)}
    changed[place[0]] = _replaced(value[place[0]], place[1:], exact)
    return changed


def _told(chosen: Collection[str], words: Mapping[str, str], reason: str) -> str:
    still = [path for path in chosen if path not in words]
    parts = [
        f"Still carried by their passages: {_some(still)}." if still else "",
        f"Pointed to other words: {_some(words)}." if words else "",
        reason.strip(),
    ]
    return " ".join(filter(None, parts))


def _some(paths: Iterable[str]) -> str:
    all_paths = list(paths)
    more = len(all_paths) - MAX_PATHS_NAMED
    return "; ".join(all_paths[:MAX_PATHS_NAMED]) + (f"; and {more} more" if more > 0 else "")


@transaction.atomic
def affirm_cases(*, cases: CaseQuerySet, by: User | None, reason: str = "") -> int:
    """Affirm all codings of these cases that are to be re-affirmed; returns the number of cases that had any."""
    require_perm(by, "affirm")
    keys = list(cases.filter(TO_AFFIRM).order_by("pk").values_list("pk", flat=True))
    info = ChangeInfo(by, Act.AFFIRMED, f"Still carried by their passages, all of them. {reason.strip()}".strip())
    for start in range(0, len(keys), WRITE_BATCH_SIZE):
        some = keys[start : start + WRITE_BATCH_SIZE]
        list(Case.objects.filter(pk__in=some).order_by("pk").select_for_update().values_list("pk"))
        changes = [
            CaseChange(case, convert.record_from_case(case), case.version)
            for case in Case.objects.whole().filter(pk__in=some).order_by("pk")
        ]
        change_cases(changes=changes, by=by, info=info, affirm=MARKED)
    return len(keys)
