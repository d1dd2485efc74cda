"""Creating and changing the content of cases, one or many at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from accounts.models import User
from plaintext.collation import collate
from taxonomy.models import Term
from taxonomy.slugs import slug_mistake

from .. import schema
from ..derived.refresh import save_derived
from ..history.writing import ChangeInfo, RecordPair, stamp_cases
from ..models import (
    Act,
    Case,
    Origin,
    Passage,
    State,
)
from ..models.case import through_model
from ..record import convert, recoding
from ..record.addresses import address_mistake, taken_slugs
from ..record.convert import ValidatedRecord
from ..record.evidence import with_evidence_of_findings
from ..record.rows import PART_ROWS, case_columns
from ..record.stamps import Affirm, Turn, affirmed_paths, needs_affirmation
from ..record.standing import STAMP_COLUMNS
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
"""Number of cases held in memory at a time."""


class CaseChange(NamedTuple):
    """The new record of a case, and the version that the change is based on."""

    case: Case
    record: ValidatedRecord
    version: int


class _Write(NamedTuple):
    case: Case
    record: ValidatedRecord
    before: ValidatedRecord | None = None


def create_case(
    *,
    record: ValidatedRecord,
    by: User | None,
    reason: str = "",
    act: Act = Act.ENTERED,
    how: Origin | None = None,
) -> Case:
    """Create a case as a draft. `how` says how it was coded where that does not follow from `by` and `act`."""
    return create_cases(entered=[record], by=by, reason=reason, act=act, how=how)[0]


def create_cases(
    *,
    entered: Sequence[ValidatedRecord],
    by: User | None,
    reason: str = "",
    act: Act = Act.ENTERED,
    how: Origin | None = None,
) -> list[Case]:
    """Create cases as drafts, all or none. Returned in the same order, with all their parts."""
    return _create(entered, by, ChangeInfo(by, act, reason, how), {"state": State.DRAFT})


def create_published_cases(
    *,
    entered: Sequence[ValidatedRecord],
    by: User | None,
    reason: str = "",
    act: Act = Act.ENTERED,
    how: Origin | None = None,
) -> list[Case]:
    """Create cases and publish them at once, all or none. Returned in the same order, with all their parts."""
    require_perm(by, "publish")
    return _create(
        entered, by, ChangeInfo(by, act, reason, how), {"state": State.PUBLISHED, "published_at": timezone.now()}
    )


@transaction.atomic
def _create(
    entered: Sequence[ValidatedRecord], by: User | None, info: ChangeInfo, columns: Mapping[str, Any]
) -> list[Case]:
    require_perm(by, "enter")
    cases: list[Case] = []
    for start in range(0, len(entered), WRITE_BATCH_SIZE):
        batch = [
            _Write(Case(slug=each["slug"], created_by=by, **columns), each)
            for each in entered[start : start + WRITE_BATCH_SIZE]
        ]
        _refuse_taken([write.case.slug for write in batch])
        _write(batch)
        cases += finalise_cases([write.case for write in batch], by, info)
    return cases


def change_case(  # noqa: PLR0913 - each is a keyword of its own, and most are left out
    *,
    case: Case,
    record: ValidatedRecord,
    by: User | None,
    version: int,
    reason: str = "",
    act: Act = Act.CHANGED,
    how: Origin | None = None,
    affirm: Affirm = False,
) -> Case:
    """Replace the content of a case; `version` is the one that the change is based on. See `change_cases`."""
    info = ChangeInfo(by, act, reason, how)
    return change_cases(changes=[CaseChange(case, record, version)], by=by, info=info, affirm=affirm)[0]


@transaction.atomic
def change_cases(
    *, changes: Sequence[CaseChange], by: User | None, info: ChangeInfo, affirm: Affirm = False
) -> list[Case]:
    """Replace the content of cases, all or none. Returned in the same order, with all their parts.

    `by` needs the permission; `info` is what goes into the history, where another author may be named. `affirm` are the
    codings that are affirmed with it, by path, or True for all. A case that is not changed by it gets no version.
    """
    cases: list[Case] = []
    for start in range(0, len(changes), WRITE_BATCH_SIZE):
        cases += _change(changes[start : start + WRITE_BATCH_SIZE], by, info, affirm)
    return cases


def _change(changes: Sequence[CaseChange], by: User | None, info: ChangeInfo, affirm: Affirm) -> list[Case]:
    locked = Case.objects.select_for_update().in_bulk([each.case.pk for each in changes])
    for case, _, version in changes:
        if locked[case.pk].version != version:
            raise StaleCase(locked[case.pk], version)
        require_perm(by, "edit", locked[case.pk])
    whole = Case.objects.whole().in_bulk([each.case.pk for each in changes])
    writes = [
        _Write(whole[each.case.pk], each.record, convert.to_primitive(convert.record_from_case(whole[each.case.pk])))
        for each in changes
    ]
    finalised = {}
    changed = [write for write in writes if _changes_record(write)]
    if changed:
        _write(changed)
    written_keys = {write.case.pk for write in changed}
    settled = [write for write in writes if write.case.pk not in written_keys and _is_settled(write.case, affirm)]
    if written := [write.case for write in (*changed, *settled)]:
        finalised = {case.pk: case for case in finalise_cases(written, by, info, affirm=affirm)}
    return [finalised.get(write.case.pk, write.case) for write in writes]


def _is_settled(case: Case, affirm: Affirm) -> bool:
    """Whether a coding of the case is to be re-affirmed, and is."""
    return bool(affirm) and any(needs_affirmation(case.coded[path]) for path in affirmed_paths(case.coded, affirm))


def _changes_record(write: _Write) -> bool:
    return convert.record_checksum(convert.to_primitive(write.record)) != convert.record_checksum(write.before)


def finalise_case(*, case: Case, by: User | None, reason: str = "") -> Case:
    """Finish a case whose rows were changed in this transaction, as its next version.

    Sets the kinds of nothing, checks the rules, and updates history, search and cached representations.
    """
    with transaction.atomic():
        require_perm(by, "edit", case)
        if not case.version:
            _refuse_mistaken([address_mistake(case.slug, case.pk)])
        act = Act.CHANGED if case.version else Act.ENTERED
        return finalise_cases([case], by, ChangeInfo(by, act, reason))[0]


def finalise_cases(
    cases: Sequence[Case], by: User | None, info: ChangeInfo, *, turn: Turn | None = None, affirm: Affirm = False
) -> list[Case]:
    """Finish cases whose rows were changed in this transaction, each as its next version.

    `turn` is what kind of change it was, if that does not follow from the act.
    """
    found = Case.objects.whole().in_bulk([case.pk for case in cases])
    finalised = [found[case.pk] for case in cases]
    records: dict[int, RecordPair] = {}
    for case, whole in zip(cases, finalised, strict=True):
        validated = convert.record_from_case(whole)
        raise_rule_violations(
            rule_violations(whole)
            | unsupported_judgements(whole, validated)
            | recoding.newly_coded_retired_terms(whole, validated)
        )
        records[whole.pk] = _set_derived(whole, validated)
        whole.version = case.version
    stamp_cases(finalised, records, info, turn=turn, affirm=affirm)
    for whole in finalised:
        save_next_version(whole, by)
    save_derived(finalised, info=info, records=records)
    recoding.settle_recodings(finalised, by, affirmed=bool(affirm), note=info.reason)
    return finalised


def _set_derived(case: Case, validated: ValidatedRecord) -> RecordPair:
    """Set the evidence that findings give and each kind of nothing to match the case; return the resulting records."""
    differs = _set_evidence(case, validated)
    absences = {
        column: convert.absence_to_store(getattr(case, column), present=bool(validated[name]))
        for name, column in ABSENCE_COLUMNS.items()
    }
    absences["evidence_absent"] = "" if case.evidence_level else absences["evidence_absent"]
    differs = differs or any(getattr(case, column) != kind for column, kind in absences.items())
    for column, kind in absences.items():
        setattr(case, column, kind)
    return RecordPair.by(case) if differs else RecordPair(validated, convert.to_primitive(validated))


EVIDENCE_COLUMNS = {field.name: field.stands_in for field in schema.get_block("evidence").leaves}


def _set_evidence(case: Case, validated: ValidatedRecord) -> bool:
    """Set level and direction of the evidence to those of the findings; return whether that changed anything."""
    if not validated["findings"]:
        return False
    directions = {term.slug: term for term in Term.objects.filter(vocabulary__slug="direction")}
    evidence = with_evidence_of_findings(validated, directions)["evidence"] or {}
    differs = bool(evidence != validated["evidence"])
    for name, column in EVIDENCE_COLUMNS.items():
        setattr(case, column, evidence[name])
    return differs


SYSTEM_COLUMNS = (
    *("state", "withdrawn_reason", "withdrawn_at", "merged_into", "published_at"),
    *("version", "updated_at", "updated_by", *STAMP_COLUMNS),
    *EVIDENCE_COLUMNS.values(),
    *ABSENCE_COLUMNS.values(),
)
"""Columns that only the catalogue itself writes."""


def save_next_version(case: Case, by: User | None) -> None:
    """Save the row of a case as its next version; raise StaleCase if it is no longer at this one."""
    version, case.version = case.version, case.version + 1
    case.updated_by, case.updated_at = by, timezone.now()
    if not Case.objects.filter(pk=case.pk, version=version).update(
        **{name: getattr(case, name) for name in SYSTEM_COLUMNS}
    ):
        raise StaleCase(Case.objects.get(pk=case.pk), version)


def _refuse_taken(slugs: Sequence[str]) -> None:
    """Refuse slugs of a wrong form, and those that belong, or once belonged, to another case."""
    _refuse_mistaken(map(address_mistake if taken_slugs("cases", slugs) else slug_mistake, slugs))


def _refuse_mistaken(mistakes: Iterable[str]) -> None:
    if mistake := next(filter(None, mistakes), ""):
        raise RuleViolation({"slug": mistake})


# Writing records -----------------------------------------------------------------------------------------------------


def _write(writes: Sequence[_Write]) -> None:
    """Write records to the tables; lists of parts only if they differ from before."""
    save_passages(passage for write in writes for passage in convert.passages_in(write.record))
    for case, record, _ in writes:
        for name, value in case_columns(record).items():
            setattr(case, name, value)
        raise_rule_violations(rule_violations(case))
    _save(writes)
    for path, replace_rows in {**PART_WRITERS, **_set_writers()}.items():
        replace_rows(
            [(write.case, schema.value_at(write.record, path) or []) for write in writes if _list_changes(write, path)]
        )


def _list_changes(write: _Write, path: str) -> bool:
    parts = schema.value_at(write.record, path)
    return bool(parts) if write.before is None else convert.to_primitive(parts) != schema.value_at(write.before, path)


def _save(writes: Sequence[_Write]) -> None:
    """Write the rows of cases, without signals: those are sent once, when everything is written."""
    new = [write.case for write in writes if write.case._state.adding]
    old = [write for write in writes if not write.case._state.adding]
    try:
        with transaction.atomic():
            Case.objects.bulk_create(new)
    except IntegrityError:
        _refuse_taken([case.slug for case in new])
        raise
    for case, record, _ in old:
        columns = {name: getattr(case, name) for name in case_columns(record)}
        Case.objects.filter(pk=case.pk).update(**columns, sort_key=collate(case.title))


def save_passages(passages: Iterable[Passage]) -> None:
    """Give each passage its row: an existing one with the same words, or else a new one."""
    unsaved = [passage for passage in passages if not passage.pk]
    known: dict[tuple[int, str], list[Passage]] = defaultdict(list)
    if unsaved:
        rows = Passage.objects.filter(source__in={passage.source.pk for passage in unsaved})
        for row in rows.filter(exact__in={passage.exact for passage in unsaved}).order_by("start", "pk"):
            known[row.source_id, row.exact].append(row)
    new: list[Passage] = []
    matched: list[tuple[Passage, Passage]] = []
    for passage in unsaved:
        candidates = known[passage.source.pk, passage.exact]
        match = next((row for row in candidates if _fits(row, passage)), None)
        if match is None:
            new.append(passage)
            candidates.append(passage)
        else:
            matched.append((passage, match))
    _insert_passages(new)
    for passage, match in matched:
        passage.pk = match.pk


def _insert_passages(new: Sequence[Passage]) -> None:
    try:
        with transaction.atomic():
            Passage.objects.bulk_create(new)
    except IntegrityError:
        placed: dict[tuple[int, int | None], str] = {}
        for passage in new:
            others = Passage.objects.filter(source=passage.source, start=passage.start, end=passage.end)
            first = placed.setdefault((passage.source.pk, passage.start), passage.exact)
            if passage.start is not None and (first != passage.exact or others.exists()):
                said = (
                    f"Other words than “{passage.exact[:60]}” are quoted from the same place of {passage.source.slug}"
                )
                raise RuleViolation({"__all__": f"{said}: quote it character for character."}) from None
        raise


def _fits(row: Passage, passage: Passage) -> bool:
    """Whether a row with the same words fits a passage; missing offsets or locator match any."""
    return (passage.start is None or row.start == passage.start) and passage.locator in ("", row.locator)


PartsByCase = Sequence[tuple[Case, Sequence[Any]]]
RowFactory = Callable[[Case, int, Any], models.Model]


def _part_writer(model: type[models.Model], make: RowFactory) -> Callable[[PartsByCase], None]:
    """Return a function that replaces all rows of one kind of part."""

    def replace_rows(parts: PartsByCase) -> None:
        if not parts:
            return
        rows = model._default_manager
        existing = rows.filter(case__in=[case.pk for case, _ in parts])
        existing._raw_delete(existing.db)  # noqa: SLF001 - nothing refers to these rows, and no signals are wanted
        rows.bulk_create(make(case, order, part) for case, values in parts for order, part in enumerate(values))

    return replace_rows


def _set_writer(field: nodes.Field) -> Callable[[PartsByCase], None]:
    """Return a function that replaces a many-to-many relation to terms or places."""
    column = Case._meta.get_field(field.stands_in)
    if not isinstance(column, models.ManyToManyField):
        raise TypeError(field.stands_in)
    through, case_key, thing_key = through_model(column), column.m2m_field_name(), column.m2m_reverse_field_name()
    return _part_writer(through, lambda case, _, thing: through(**{case_key: case, thing_key: thing}))


PART_WRITERS = {name: _part_writer(rows.model, rows.make) for name, rows in PART_ROWS.items()}
"""Writers by record key."""


@cache
def _set_writers() -> Mapping[str, Callable[[PartsByCase], None]]:
    """Writers of many-to-many relations by path; a function, because the models must be loaded first."""
    return {path: _set_writer(field) for path, field in schema.SET_FIELDS.items()}
