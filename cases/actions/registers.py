"""Entering and changing sources, organisations and places; merging two of them, and splitting one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User

from ..derived.refresh import cases_showing
from ..history.writing import ChangeInfo
from ..models import Act, Case, Catalogue, Passage, Source
from ..models.registers import Registered
from ..record import convert
from ..record.addresses import free_thing_slug
from ..record.recoding import replace_thing
from ..record.twins import MODELS, twin_mistake
from .rules import RuleViolation, raise_rule_violations, require_perm, require_text
from .writing import WRITE_BATCH_SIZE, CaseChange, change_cases

REASON_TO_MERGE = "Say why they are one; the history of the cases keeps it."
REASON_TO_SPLIT = "Say why these cases mean another; their history keeps it."


@transaction.atomic
def create_thing(*, register: str, given: Mapping[str, Any], by: User | None) -> Registered:
    """Enter a thing of a register by its columns. Without a slug, one is made of its words.

    Raises RuleViolation by column; also if the same stands already.
    """
    require_perm(by, "add to registers")
    list(Catalogue.objects.select_for_update().filter(pk=1))  # so that nobody enters the same at the same moment
    slug = given.get("slug") or free_thing_slug(register, given)
    return _save(_set_columns(MODELS[register](), {**given, "slug": slug}), by)


@transaction.atomic
def change_thing(*, thing: Registered, given: Mapping[str, Any], by: User | None) -> Registered:
    """Change columns of a thing of a register; its slug stays as it is."""
    require_perm(by, "keep registers")
    locked = _rows(thing).select_for_update().get(pk=thing.pk)
    if given.get("slug", locked.slug) != locked.slug:
        raise RuleViolation({"slug": "A slug never changes: addresses, exports and queries use it."})
    _refuse_merged(locked, "slug")
    return _save(_set_columns(locked, given), by)


@transaction.atomic
def merge_things(*, thing: Registered, into: Registered, by: User | None, reason: str) -> Registered:
    """Let all that refers to a thing refer to another of its register; its slug leads there from now on.

    Each case that names it gets a new version.
    """
    require_perm(by, "keep registers")
    words = require_text(reason, REASON_TO_MERGE)
    merged, other = _lock_two(thing, into)
    info = ChangeInfo(by, Act.REGROUPED, f"“{merged}” was merged into “{other}”. {words}")
    _move(_keys_of_cases(merged), merged, other, info)
    _move_other_passages(merged, other)
    _rows(merged).filter(replaced_by=merged).update(replaced_by=other)
    merged.replaced_by = other
    return _write(merged, by)


@transaction.atomic
def split_thing(
    *, thing: Registered, cases: Sequence[Case], into: Registered, by: User | None, reason: str
) -> Registered:
    """Let some cases refer to another thing, with their passages and figures; each gets a new version.

    `into` stands already: enter a new one with `create_thing` before, in the same transaction.
    """
    require_perm(by, "keep registers")
    words = require_text(reason, REASON_TO_SPLIT)
    kept, other = _lock_two(thing, into)
    _refuse_cases(cases, kept)
    keys = {case.pk for case in cases}
    passages = Passage.objects.filter(source=kept if isinstance(kept, Source) else None)
    before = set(passages.unused().values_list("pk", flat=True))
    _move(sorted(keys), kept, other, ChangeInfo(by, Act.REGROUPED, f"It names “{other}”, not “{kept}”. {words}"))
    for passage in passages.unused().exclude(pk__in=before):  # their words stand under the other now
        passage.delete()
    return other


def cases_to_move(
    *, thing: Registered, into: Registered | None, by: User | None, cases: Sequence[Case] | None = None
) -> list[Case]:
    """The cases that a merge, or a split of these `cases`, would change. Raises what that would raise; writes nothing.

    Without `into` another thing is still to be entered.
    """
    require_perm(by, "keep registers")
    if into is not None:
        _refuse_two(thing, into, _rows(thing).in_bulk([thing.pk, into.pk]))
    if cases is not None:
        _refuse_cases(cases, thing)
        return list(cases)
    return list(cases_showing(thing=thing).only("slug", "title").order_by("title", "slug"))


# Writing one ---------------------------------------------------------------------------------------------------------


def _rows(thing: Registered) -> QuerySet[Any]:
    """All of the register of a thing."""
    return type(thing)._base_manager.all()


def _set_columns(thing: Registered, given: Mapping[str, Any]) -> Registered:
    columns = {column.name for column in thing._meta.concrete_fields if column.editable and not column.primary_key}
    raise_rule_violations({name: "There is no such column." for name in given if name not in columns})
    for name, value in given.items():
        setattr(thing, name, value)
    return thing


def _save(thing: Registered, by: User | None) -> Registered:
    try:
        thing.full_clean(exclude=["slug"] if thing.pk else [])
    except ValidationError as error:
        raise RuleViolation(dict(convert.error_paths(error.message_dict))) from None
    raise_rule_violations(twin_mistake(thing))
    return _write(thing, by)


def _write(thing: Registered, by: User | None) -> Registered:
    thing._history_user = by  # type: ignore[attr-defined]  # noqa: SLF001 - django-simple-history reads it
    try:
        with transaction.atomic():
            thing.save()
    except IntegrityError:
        raise RuleViolation({"slug": "Another one got this slug meanwhile; choose another."}) from None
    return thing


# Moving cases --------------------------------------------------------------------------------------------------------


def _keys_of_cases(thing: Registered) -> list[int]:
    return list(cases_showing(thing=thing).order_by("pk").values_list("pk", flat=True))


def _lock_two(thing: Registered, into: Registered) -> tuple[Registered, Registered]:
    """Lock the cases of a thing, as editors do first, then the two things."""
    list(cases_showing(thing=thing).select_for_update(of=("self",)).order_by("pk").values_list("pk"))
    things = _rows(thing).select_for_update().filter(pk__in=[thing.pk, into.pk]).order_by("pk")
    locked = {found.pk: found for found in things}
    _refuse_two(thing, into, locked)
    return locked[thing.pk], locked[into.pk]


def _refuse_two(thing: Registered, into: Registered, found: Mapping[int, Registered]) -> None:
    """Refuse a thing and another that cannot take its cases, as they are found now, by key."""
    if type(thing) is not type(into) or thing.pk == into.pk:
        raise RuleViolation({"into": "Choose another one of the same register."})
    for each, field in ((thing, "thing"), (into, "into")):
        if each.pk not in found:
            raise RuleViolation({field: f"“{each}” was deleted meanwhile."})
        _refuse_merged(found[each.pk], field)


def _refuse_cases(cases: Sequence[Case], thing: Registered) -> None:
    """Refuse to split a thing off no cases, or off cases that do not name it."""
    if not cases:
        raise RuleViolation({"cases": "Choose the cases that mean the other."})
    if others := {case.pk for case in cases} - set(_keys_of_cases(thing)):
        wrong = next(case for case in cases if case.pk in others)
        raise RuleViolation({"cases": f"“{wrong}” does not name “{thing}” (any more)."})


def _refuse_merged(thing: Registered, field: str) -> None:
    if thing.replaced_by_id:
        raise RuleViolation({field: f"“{thing.slug}” was merged into “{thing.current.slug}”: choose that one."})


def _move(keys: Sequence[int], thing: Registered, into: Registered, info: ChangeInfo) -> None:
    """Replace a thing by another in the records of cases."""
    for start in range(0, len(keys), WRITE_BATCH_SIZE):
        cases = Case.objects.whole().filter(pk__in=keys[start : start + WRITE_BATCH_SIZE]).order_by("pk")
        changes = [
            CaseChange(case, replace_thing(convert.record_from_case(case), thing, into), case.version)
            for case in cases.select_for_update(of=("self",))
        ]
        change_cases(changes=changes, by=info.by, info=info)


def _move_other_passages(merged: Registered, into: Registered) -> None:
    """Move the passages that no case quotes any more, unless the other source has the same."""
    if not isinstance(merged, Source):
        return
    for passage in merged.passages.iterator():
        if _same_passages(passage, into).exists():
            passage.delete()
        else:
            Passage.objects.filter(pk=passage.pk).update(source=into)


def _same_passages(passage: Passage, source: Any) -> Any:
    placed = {"start": passage.start, "end": passage.end}
    where = placed if passage.start is not None else {**placed, "exact": passage.exact, "locator": passage.locator}
    return Passage.objects.filter(source=source, **where)
