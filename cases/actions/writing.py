"""Entering and changing what a case says; many cases are written as one is, only together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import User

from .. import schema
from ..derived.refresh import save_derived
from ..history.writing import ChangeInfo, RecordPair, stamp_cases
from ..models import (
    Act,
    Case,
    OldAddress,
    Passage,
    State,
)
from ..query.sql_facets import through_model
from ..record import convert, recoding
from ..record.convert import ValidatedRecord
from ..record.rows import PART_ROWS, case_columns
from ..schema import ABSENCE_COLUMNS, nodes
from .rules import (
    RuleViolation,
    StaleCase,
    raise_rule_violations,
    require_perm,
    rule_violations,
    unsupported_judgements,
)

WRITE_BATCH_SIZE = 200
"""Cases that are held in memory at a time."""


class CaseChange(NamedTuple):
    """What a case is to say, and the version that its writer had read."""

    case: Case
    record: ValidatedRecord
    version: int


class _Write(NamedTuple):
    case: Case
    record: ValidatedRecord
    before: ValidatedRecord | None = None


def create_case(*, record: ValidatedRecord, by: User | None, reason: str = "", act: Act = Act.ENTERED) -> Case:
    """Enter a new case as a draft."""
    return create_cases(entered=[record], by=by, reason=reason, act=act)[0]


def create_cases(
    *, entered: Sequence[ValidatedRecord], by: User | None, reason: str = "", act: Act = Act.ENTERED
) -> list[Case]:
    """Enter new cases as drafts, all or none. Return them in their order, fetched whole."""
    return _enter(entered, by, ChangeInfo(by, act, reason), {"state": State.DRAFT})


def create_published_cases(
    *, entered: Sequence[ValidatedRecord], by: User | None, reason: str = "", act: Act = Act.ENTERED
) -> list[Case]:
    """Enter new cases that every reader sees at once, all or none. Return them in their order, fetched whole."""
    require_perm(by, "publish")
    return _enter(entered, by, ChangeInfo(by, act, reason), {"state": State.PUBLISHED, "published_at": timezone.now()})


@transaction.atomic
def _enter(
    entered: Sequence[ValidatedRecord], by: User | None, info: ChangeInfo, begin: Mapping[str, Any]
) -> list[Case]:
    require_perm(by, "enter")
    cases: list[Case] = []
    for start in range(0, len(entered), WRITE_BATCH_SIZE):
        batch = [
            _Write(Case(slug=each["slug"], created_by=by, **begin), each)
            for each in entered[start : start + WRITE_BATCH_SIZE]
        ]
        _refuse_taken([write.case.slug for write in batch])
        _write(batch)
        cases += finalise_cases([write.case for write in batch], by, info)
    return cases


def change_case(
    *, case: Case, record: ValidatedRecord, by: User | None, version: int, reason: str = "", act: Act = Act.CHANGED
) -> Case:
    """Make a case say what `record` says; `version` is the one that its writer had read."""
    return change_cases(changes=[CaseChange(case, record, version)], by=by, info=ChangeInfo(by, act, reason))[0]


@transaction.atomic
def change_cases(*, changes: Sequence[CaseChange], by: User | None, info: ChangeInfo) -> list[Case]:
    """Make cases say what their records say, all or none. Return them in their order, fetched whole.

    `by` changes them, and `told` tells the history who is to be named, of what, and why.
    """
    cases: list[Case] = []
    for start in range(0, len(changes), WRITE_BATCH_SIZE):
        cases += _change(changes[start : start + WRITE_BATCH_SIZE], by, info)
    return cases


def _change(changes: Sequence[CaseChange], by: User | None, info: ChangeInfo) -> list[Case]:
    held = Case.objects.select_for_update().in_bulk([each.case.pk for each in changes])
    for case, _, version in changes:
        if held[case.pk].version != version:
            raise StaleCase(held[case.pk], version)
        require_perm(by, "edit", held[case.pk])
    whole = Case.objects.whole().in_bulk([each.case.pk for each in changes])
    writes = [
        _Write(whole[each.case.pk], each.record, convert.to_primitive(convert.record_from_case(whole[each.case.pk])))
        for each in changes
    ]
    settled = {}
    if written := [write for write in writes if _differs(write)]:
        _write(written)
        settled = {case.pk: case for case in finalise_cases([write.case for write in written], by, info)}
    return [settled.get(write.case.pk, write.case) for write in writes]


def _differs(write: _Write) -> bool:
    return convert.record_checksum(convert.to_primitive(write.record)) != convert.record_checksum(write.before)


def finalise_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    """Bring a case whose parts were changed in this transaction in step with itself, as its next version.

    The kinds of nothing agree with what is there, the search finds what is said, and what must hold holds.
    """
    with transaction.atomic():
        require_perm(by, "edit", case)
        if not case.version:
            _refuse_old_address([case.slug])
        act = Act.CHANGED if case.version else Act.ENTERED
        return finalise_cases([case], by, ChangeInfo(by, act, reason))[0]


def finalise_cases(
    cases: Sequence[Case], by: User | None, info: ChangeInfo, renamed: tuple[str, str] | None = None
) -> list[Case]:
    """Bring cases whose parts were changed in this transaction in step with themselves, each as its next version.

    Where only a slug was `renamed`, from the one to the other, what is coded with it was not coded anew.
    """
    found = Case.objects.whole().in_bulk([case.pk for case in cases])
    settled = [found[case.pk] for case in cases]
    said: dict[int, RecordPair] = {}
    for case, whole in zip(cases, settled, strict=True):
        validated = convert.record_from_case(whole)
        raise_rule_violations(
            rule_violations(whole)
            | unsupported_judgements(whole, validated)
            | recoding.newly_coded_retired_terms(whole, validated)
        )
        said[whole.pk] = _set_absences(whole, validated)
        whole.version = case.version
    stamp_cases(settled, said, renamed)
    for whole in settled:
        save_next_version(whole, by)
    save_derived(settled, info=info, records=said)
    recoding.settle_finished_recodings(settled, by)
    return settled


def _set_absences(case: Case, validated: ValidatedRecord) -> RecordPair:
    """Let the kinds of nothing of a case agree with what is there, and return what it says then."""
    said = {
        column: convert.absence_to_store(getattr(case, column), present=bool(validated[name]))
        for name, column in ABSENCE_COLUMNS.items()
    }
    differs = any(getattr(case, column) != kind for column, kind in said.items())
    for column, kind in said.items():
        setattr(case, column, kind)
    return RecordPair.by(case) if differs else RecordPair(validated, convert.to_primitive(validated))


SYSTEM_COLUMNS = (
    *("state", "withdrawn_reason", "withdrawn_at", "merged_into", "published_at"),
    *("version", "updated_at", "updated_by", "coded"),
    *ABSENCE_COLUMNS.values(),
)
"""The columns that the catalogue itself moves."""


def save_next_version(case: Case, by: User | None) -> None:
    """Write the row of a case as its next version, unless another one was written meanwhile."""
    version, case.version = case.version, case.version + 1
    case.updated_by, case.updated_at = by, timezone.now()
    if not Case.objects.filter(pk=case.pk, version=version).update(
        **{name: getattr(case, name) for name in SYSTEM_COLUMNS}
    ):
        raise StaleCase(Case.objects.get(pk=case.pk), version)


def _refuse_taken(slugs: Sequence[str]) -> None:
    """Refuse addresses that another case has, or had."""
    if Case.objects.filter(slug__in=slugs).exists():
        raise RuleViolation({"slug": "Another case has this address."})
    _refuse_old_address(slugs)


def _refuse_old_address(slugs: Sequence[str]) -> None:
    if OldAddress.objects.filter(slug__in=slugs).exists():
        raise RuleViolation({"slug": "Another case had this address, and is still found by it; choose another."})


# Writing records -----------------------------------------------------------------------------------------------------


def _write(writes: Sequence[_Write]) -> None:
    """Put records into the tables; of the parts of a case only those that differ from what it said before."""
    save_passages(passage for write in writes for passage in convert.passages_in(write.record))
    for case, record, _ in writes:
        for name, value in case_columns(record).items():
            setattr(case, name, value)
        raise_rule_violations(rule_violations(case))
    _save(writes)
    for path, put in {**PART_WRITERS, **_sets()}.items():
        put([(write.case, schema.value_at(write.record, path) or []) for write in writes if _list_changes(write, path)])


def _list_changes(write: _Write, path: str) -> bool:
    """Tell whether a write says something else in a list than its case did before."""
    said = schema.value_at(write.record, path)
    return bool(said) if write.before is None else convert.to_primitive(said) != schema.value_at(write.before, path)


def _save(writes: Sequence[_Write]) -> None:
    """Write the rows of cases. That is told once, when all that belongs to them is written."""
    new = [write.case for write in writes if write.case._state.adding]
    old = [write for write in writes if not write.case._state.adding]
    try:
        with transaction.atomic():
            Case.objects.bulk_create(new)
    except IntegrityError:
        _refuse_taken([case.slug for case in new])
        raise
    for case, record, _ in old:
        Case.objects.filter(pk=case.pk).update(**{name: getattr(case, name) for name in case_columns(record)})


def save_passages(passages: Iterable[Passage]) -> None:
    """Give each passage its row: one that stands already where its words are the same, else a new one."""
    waiting = [passage for passage in passages if not passage.pk]
    known: dict[tuple[int, str], list[Passage]] = defaultdict(list)
    if waiting:
        rows = Passage.objects.filter(source__in={passage.source.pk for passage in waiting})
        for row in rows.filter(exact__in={passage.exact for passage in waiting}).order_by("start", "pk"):
            known[row.source_id, row.exact].append(row)
    new: list[Passage] = []
    twins: list[tuple[Passage, Passage]] = []
    for passage in waiting:
        alike = known[passage.source.pk, passage.exact]
        twin = next((row for row in alike if _same(row, passage)), None)
        if twin is None:
            new.append(passage)
            alike.append(passage)
        else:
            twins.append((passage, twin))
    Passage.objects.bulk_create(new)
    for passage, twin in twins:
        passage.pk = twin.pk


def _same(row: Passage, passage: Passage) -> bool:
    """Tell whether a row with the same words holds a passage; one given without offsets or locator is found at any."""
    return (passage.start is None or row.start == passage.start) and passage.locator in ("", row.locator)


PartsByCase = Sequence[tuple[Case, Sequence[Any]]]
RowFactory = Callable[[Case, int, Any], models.Model]


def _part_writer(model: type[models.Model], make: RowFactory) -> Callable[[PartsByCase], None]:
    """Return how the parts of one kind are written anew."""

    def put(parts: PartsByCase) -> None:
        if not parts:
            return
        rows = model._default_manager
        stood = rows.filter(case__in=[case.pk for case, _ in parts])
        stood._raw_delete(stood.db)  # noqa: SLF001 - nothing points to them, and nobody is told of each
        rows.bulk_create(make(case, order, part) for case, made in parts for order, part in enumerate(made))

    return put


def _set_writer(field: nodes.Field) -> Callable[[PartsByCase], None]:
    """Return how a relation to terms or places is written anew."""
    column = Case._meta.get_field(field.stands_in)
    if not isinstance(column, models.ManyToManyField):
        raise TypeError(field.stands_in)
    through, case_key, thing_key = through_model(column), column.m2m_field_name(), column.m2m_reverse_field_name()
    return _part_writer(through, lambda case, _, thing: through(**{case_key: case, thing_key: thing}))


PART_WRITERS = {name: _part_writer(rows.model, rows.make) for name, rows in PART_ROWS.items()}
"""By the key of a record: how its parts are written."""


@cache
def _sets() -> Mapping[str, Callable[[PartsByCase], None]]:
    """Return, by path, how the relations of a case are written; made once the models are there."""
    return {path: _set_writer(field) for path, field in schema.SET_FIELDS.items()}
