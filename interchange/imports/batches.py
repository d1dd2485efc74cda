"""Imports: storing the rows of a file and their plan, applying it as one, and undoing it as one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import islice
from operator import or_
from typing import Any, TypeVar, cast

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.utils import timezone
from rest_framework import exceptions
from simple_history.utils import bulk_create_with_history

from accounts.models import User
from cases import actions
from cases.actions import WRITE_BATCH_SIZE, CaseChange, RuleViolation, StaleCase
from cases.actions.rules import require_perm
from cases.history.writing import ChangeInfo
from cases.models import Act, Case, Catalogue, Passage, State, Version
from cases.record import convert
from cases.record.convert import ValidatedRecord
from cases.record.registers import MAX_SLUGS_PER_QUERY
from cases.record.twins import same

from ..models import AlikeThing, Batch, DuplicateDecision, ImportedRecord, ImportRow, RowOutcome
from .reading.problems import Problem
from .reading.rows import FileTable
from .register_entries import REGISTER_MODELS, RegisterEntry
from .validation import ValidatedRows, validate_rows

T = TypeVar("T")
Progress = Callable[[int], object]
"""Called with the number of rows that are newly done."""
PlanRows = Callable[[Sequence[ImportRow]], Sequence[ImportRow]]
"""Sets the outcomes of rows."""

PLANNED_COLUMNS = (
    "outcome",
    "title",
    "slug",
    "external_id",
    "case",
    "version",
    "record",
    "recognised",
    "entries",
    "problems",
    "publish",
)
ROWS_TO_WRITE = Q(outcome__in=[RowOutcome.CREATE, RowOutcome.CHANGE]) | Q(
    outcome=RowOutcome.DUPLICATE, decision=DuplicateDecision.CREATE
)


class CatalogueChanged(Exception):
    """The catalogue changed since the import was planned."""

    def __init__(self) -> None:
        super().__init__("The catalogue was changed since this import was planned. Plan it again, and look at it anew.")


class CasesEdited(Exception):
    """Somebody changed cases of the import since."""

    def __init__(self, cases: list[Case]) -> None:
        named = ", ".join(f"“{case}”" for case in cases[:20])
        more = f" and {len(cases) - 20} more" if len(cases) > 20 else ""
        super().__init__(f"This import cannot be undone as one: cases were changed since. They are {named}{more}.")
        self.cases = cases


BATCH_REFUSALS = (CatalogueChanged, CasesEdited, StaleCase, ValidationError, IntegrityError)
"""Why an import is not applied or undone; see `refusal_message`."""


def refusal_message(refusal: Exception) -> str:
    if isinstance(refusal, IntegrityError):
        told = next(iter(str(refusal).splitlines()), "")
        return f"The database refuses it ({told}). Plan the import again, and look at it anew."
    return " ".join(refusal.messages) if isinstance(refusal, ValidationError) else str(refusal)


def records_before(rows: Iterable[ImportRow]) -> dict[int, dict[str, Any]]:
    """By row, the version of its case on which it was planned: `number`, `state`, `record`."""
    wanted = {row.pk: (row.case_id, row.version) for row in rows if row.case_id and row.version}
    asked = reduce(or_, (Q(case=case, number=number) for case, number in wanted.values()), Q(pk__in=[]))
    versions = Version.objects.filter(asked).exclude(history_type="-").values("case_id", "number", "state", "record")
    found = {(version["case_id"], version["number"]): version for version in versions}
    return {row: found[version] for row, version in wanted.items() if version in found}


def current_catalogue_version() -> str:
    return Catalogue.objects.filter(pk=1).values_list("version", flat=True).first() or ""


# Before anything is written ------------------------------------------------------------------------------------------


@transaction.atomic
def create_batch(
    *, table: FileTable, name: str, sha256: str, mapping: tuple[str, Mapping[str, Any]], by: User | None
) -> Batch:
    """Store the rows of a file, to be planned; `mapping` is the name and the spec of its mapping."""
    require_perm(by, "import")
    called, spec = mapping
    notes = [_problem_record(note) for note in table.notes]
    batch = Batch.objects.create(
        name=name[-200:],
        sha256=sha256,
        mapping=called,
        spec=spec,
        notes=notes,
        by=by,
        catalogue=current_catalogue_version(),
    )
    for rows in _by(WRITE_BATCH_SIZE, table):
        batch.total += len(rows)
        ImportRow.objects.bulk_create(
            ImportRow(
                batch=batch,
                number=row.number,
                cells=row.cells,
                problems=[_problem_record(each) for each in row.problems],
            )
            for row in rows
        )
    batch.status = Batch.Status.READ if batch.total else Batch.Status.PLANNED
    batch.save()
    return batch


def _problem_record(problem: Problem) -> dict[str, Any]:
    """A problem as it is stored; `read` says that it was found when the file was read."""
    told = {name: getattr(problem, name) for name in ("row", "column", "value", "message")}
    return {**told, "severity": str(problem.severity), "read": True}


def waiting_rows(batch: Batch, number: int = WRITE_BATCH_SIZE) -> list[ImportRow]:
    return list(batch.rows.filter(outcome=RowOutcome.WAITING).order_by("number")[:number])


@transaction.atomic
def plan_next_rows(*, batch: Batch, plan: PlanRows, by: User | None, number: int = WRITE_BATCH_SIZE) -> int:
    """Plan and store the next rows, with the batch locked. Return how many they were."""
    require_perm(by, "import")
    locked = _lock_batch(batch, Batch.Status.READ, Batch.Status.PLANNED)
    rows = waiting_rows(locked, number)
    if rows:
        save_plan(batch=locked, rows=plan(rows), by=by)
    return len(rows)


@transaction.atomic
def save_plan(*, batch: Batch, rows: Sequence[ImportRow], by: User | None) -> None:
    """Store the plan of some rows; once none is waiting, the batch is planned."""
    require_perm(by, "import")
    locked = _lock_batch(batch, Batch.Status.READ, Batch.Status.PLANNED)
    _overwrite(rows, [*PLANNED_COLUMNS, "candidates", "decision"])
    _ask(locked, rows)
    if not locked.rows.filter(outcome=RowOutcome.WAITING).exists():
        Batch.objects.filter(pk=locked.pk).update(status=Batch.Status.PLANNED)


def _ask(batch: Batch, rows: Sequence[ImportRow]) -> None:
    """Store what is alike in these rows, once for each thing. Decisions are kept."""
    asked: dict[tuple[str, str], AlikeThing] = {}
    for row in rows:
        for item in row.recognised:
            if item.get("alike"):
                said = {name: item[name] for name in ("register", "key", "name")}
                asked.setdefault(
                    (item["register"], item["key"]),
                    AlikeThing(batch=batch, row=row.number, candidates=item["alike"], **said),
                )
    AlikeThing.objects.bulk_create(
        asked.values(),
        update_conflicts=True,
        unique_fields=["batch", "register", "key"],
        update_fields=["candidates"],
    )


def _overwrite(rows: Sequence[ImportRow], columns: Sequence[str]) -> None:
    """Overwrite some columns of rows by an upsert, as `bulk_update` of many long rows takes longer."""
    ImportRow.objects.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=columns)


@transaction.atomic
def reset_plan(*, batch: Batch, by: User | None, publish: bool | None = None) -> Batch:
    """Let every row be planned again on the current catalogue. Decisions are kept."""
    require_perm(by, "import")
    locked = _lock_batch(batch, Batch.Status.READ, Batch.Status.PLANNED)
    locked.rows.exclude(decision=DuplicateDecision.CHANGE).update(external_id="", case=None)
    locked.rows.update(outcome=RowOutcome.WAITING, record=None, recognised=[], entries=[])
    locked.alike_things.filter(decision="").delete()
    locked.status, locked.catalogue = Batch.Status.READ, current_catalogue_version()
    locked.publish = locked.publish if publish is None else publish
    locked.save()
    return locked


@transaction.atomic
def decide_duplicates(*, batch: Batch, decisions: Mapping[int, tuple[str, str]], by: User | None) -> list[ImportRow]:
    """Store decisions on probable duplicates: by row, the decision and the address of the case to change.

    Return the rows that have to be planned again, because another case is to change or none any more.
    """
    require_perm(by, "import")
    locked = _lock_batch(batch, Batch.Status.PLANNED)
    rows = [row for row in locked.rows.filter(pk__in=decisions) if row.candidates]
    slugs = Case.objects.in_bulk([decisions[row.pk][1] for row in rows], field_name="slug")
    again = []
    for row in rows:
        decision, slug = decisions[row.pk]
        case = slugs.get(slug) if decision == DuplicateDecision.CHANGE else None
        if decision == DuplicateDecision.CHANGE and (
            case is None or slug not in {each["slug"] for each in row.candidates}
        ):
            raise RuleViolation({"decision": f"Row {row.number}: choose one of the cases that it is like."})
        if case != row.case:
            again.append(row)
        row.decision, row.case = decision, case
    ImportRow.objects.bulk_update(rows, ["decision", "case"])
    return again


@transaction.atomic
def decide_alike(*, batch: Batch, decisions: Mapping[int, str], by: User | None) -> int:
    """Store decisions on alike things, by key: “new”, the slug of the one that it is, or nothing.

    Return how many changed. If any did, all rows wait to be planned again.
    """
    require_perm(by, "import")
    locked = _lock_batch(batch, Batch.Status.READ, Batch.Status.PLANNED)
    changed = []
    for thing in locked.alike_things.filter(pk__in=decisions):
        decision = decisions[thing.pk]
        if decision not in {"", AlikeThing.NEW, *(each["slug"] for each in thing.candidates)}:
            raise RuleViolation({"decision": f"{thing}: choose one of those that it is like, or “{AlikeThing.NEW}”."})
        if decision != thing.decision:
            thing.decision = decision
            changed.append(thing)
    AlikeThing.objects.bulk_update(changed, ["decision"], batch_size=WRITE_BATCH_SIZE)
    if changed:
        reset_plan(batch=locked, by=by)
    return len(changed)


@transaction.atomic
def decide_all_alike(*, batch: Batch, first: bool, by: User | None) -> int:
    """Decide on all that is undecided: it is the first that it is like, or new. Return how many there were."""
    undecided = batch.alike_things.filter(decision="")
    decisions = {thing.pk: thing.candidates[0]["slug"] if first else AlikeThing.NEW for thing in undecided}
    return decide_alike(batch=batch, decisions=decisions, by=by)


@transaction.atomic
def delete_batch(*, batch: Batch, by: User | None) -> None:
    """Delete an import that wrote nothing."""
    require_perm(by, "import")
    _lock_batch(batch, Batch.Status.READ, Batch.Status.PLANNED).delete()


def _lock_batch(batch: Batch, *statuses: Batch.Status) -> Batch:
    locked = Batch.objects.select_for_update().filter(pk=batch.pk).first()
    if locked is None:
        raise RuleViolation({"status": "This import was thrown away meanwhile."})
    if locked.status not in statuses:
        raise RuleViolation({"status": f"This import is {locked.get_status_display()}; look at it again."})
    return locked


# Applying ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def apply_batch(*, batch: Batch, by: User | None, progress: Progress = lambda _: None) -> Batch:
    """Apply a plan, whole or not at all. Refused rows, and duplicates that nobody decided on, are left out."""
    require_perm(by, "import")
    locked = _lock_batch(batch, Batch.Status.PLANNED)
    _lock(locked.rows.filter(ROWS_TO_WRITE))
    if current_catalogue_version() != locked.catalogue:
        raise CatalogueChanged
    for keys in _by(WRITE_BATCH_SIZE, locked.rows.filter(ROWS_TO_WRITE).values_list("pk", flat=True)):
        _write(locked, list(locked.rows.filter(pk__in=keys)), by)
        progress(len(keys))
    locked.status, locked.applied_at = Batch.Status.APPLIED, timezone.now()
    locked.save()
    return locked


def _lock(rows: QuerySet[ImportRow]) -> None:
    """Lock the cases of rows, then the catalogue, until this transaction ends: editors lock in the same order."""
    cases = Case.objects.filter(pk__in=rows.filter(case__isnull=False).order_by().values("case"))
    list(cases.select_for_update().order_by("pk").values_list("pk"))
    list(Catalogue.objects.select_for_update().filter(pk=1))


def _write(batch: Batch, rows: list[ImportRow], by: User | None) -> None:
    """Write some rows: new things in the registers, new cases, changed cases."""
    validated = validate_rows([row.record or {} for row in rows], [entry for row in rows for entry in row.entries])
    validated_rows = _accepted(rows, validated)
    _refuse_entered_meanwhile(batch, [entry for row in rows for entry in row.entries], validated.new)
    _enter(batch, validated, by)
    cases = Case.objects.in_bulk([row.case_id for row in rows if row.case_id])
    actions.save_passages(_unplaced_first(validated_rows.values()))
    reason = batch.called
    new, changed = [row for row in rows if not row.case_id], [row for row in rows if row.case_id]
    changes = [CaseChange(cases[row.case_id or 0], validated_rows[row.pk], row.version or 0) for row in changed]
    made = _entered(new, validated_rows, by, reason)
    made |= _by_row(changed, actions.change_cases(changes=changes, by=by, info=ChangeInfo(by, Act.IMPORTED, reason)))
    for row in rows:
        case = made[row.pk]
        is_to_appear = row.publish and case.state != State.PUBLISHED
        row.case = actions.publish_case(case=case, by=by, reason=reason) if is_to_appear else case
        row.applied_as = row.case.version
    _overwrite(rows, ["case", "applied_as"])
    _remember(batch, rows)


def _entered(
    rows: Sequence[ImportRow], validated_rows: Mapping[int, ValidatedRecord], by: User | None, reason: str
) -> dict[int, Case]:
    """Create the new cases of rows, and return them by row; those to be published are published at once."""
    made: dict[int, Case] = {}
    for publish, enter in ((False, actions.create_cases), (True, actions.create_published_cases)):
        if some := [row for row in rows if row.publish == publish]:
            entered = [validated_rows[row.pk] for row in some]
            made |= _by_row(some, enter(entered=entered, by=by, reason=reason, act=Act.IMPORTED))
    return made


def _by_row(rows: Sequence[ImportRow], cases: Sequence[Case]) -> dict[int, Case]:
    return {row.pk: case for row, case in zip(rows, cases, strict=True)}


def _accepted(rows: Sequence[ImportRow], validated: ValidatedRows) -> dict[int, ValidatedRecord]:
    """The records by row. Raises `RuleViolation` if one is invalid, as what it names was deleted meanwhile."""
    records: dict[int, ValidatedRecord] = {}
    for row, record in zip(rows, validated.records, strict=True):
        if isinstance(record, exceptions.ValidationError):
            called = row.case or row.title
            paths = convert.error_paths(record.detail)
            raise RuleViolation({path: f"“{called}”, {path}: {message}" for path, message in paths}) from record
        records[row.pk] = record
    return records


def _unplaced_first(validated_rows: Iterable[ValidatedRecord]) -> list[Any]:
    """The passages of records, those without offsets first, so that they do not take those of a new one."""
    found = [passage for validated in validated_rows for passage in convert.passages_in(validated)]
    return sorted(found, key=lambda passage: (passage.start is not None, passage.locator != ""))


def _refuse_entered_meanwhile(batch: Batch, planned: Iterable[RegisterEntry], new: Sequence[RegisterEntry]) -> None:
    """Raise `CatalogueChanged` if somebody entered what is planned as new, or something else under its slug."""
    for register, model in REGISTER_MODELS.items():
        ours = set(batch.entered.get(register, ()))
        free = {entry["slug"] for entry in new if entry["register"] == register}
        taken = {entry["slug"] for entry in planned if entry["register"] == register} - free - ours
        if taken and model.objects.filter(slug__in=taken).exists():
            raise CatalogueChanged
        entries = [entry for entry in new if entry["register"] == register]
        for entry, stored in zip(entries, same(register, entries), strict=True):
            if any(thing.slug not in ours and not _known_apart(entry) for thing in stored):
                raise CatalogueChanged


def _known_apart(entry: RegisterEntry) -> bool:
    """Whether it is a source that only its slug tells from others, as the number of its row is in it."""
    return entry["register"] == "sources" and not any(entry.get(name) for name in ("title", "doi", "url"))


def _enter(batch: Batch, validated: ValidatedRows, by: User | None) -> None:
    """Create new things in the registers, with their history. No case uses them yet, so no version is made."""
    for register, model in REGISTER_MODELS.items():
        slugs = [entry["slug"] for entry in validated.new if entry["register"] == register]
        things = [validated.registers.things[register][slug] for slug in slugs]
        if things:
            bulk_create_with_history(things, model, default_user=by, default_change_reason=batch.called)
            batch.entered.setdefault(register, []).extend(slugs)


def _remember(batch: Batch, rows: list[ImportRow]) -> None:
    """Store the number of each case in its own table; a number stays with the import that first brought it."""
    ImportedRecord.objects.bulk_create(
        [
            ImportedRecord(scheme=batch.mapping, external_id=row.external_id, case=row.case, batch=batch)
            for row in rows
            if row.external_id and row.case
        ],
        update_conflicts=True,
        unique_fields=["scheme", "external_id"],
        update_fields=["case"],
    )


def _by(number: int, things: Iterable[T]) -> Iterator[list[T]]:
    left = iter(things)
    while some := list(islice(left, number)):
        yield some


# Undoing -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def undo_batch(*, batch: Batch, by: User | None, progress: Progress = lambda _: None) -> Batch:
    """Undo an import as one: new cases are discarded, or withdrawn if readers saw them; others get their record
    of before. Raises `CasesEdited` if somebody changed one of them since.
    """
    require_perm(by, "import")
    locked = _lock_batch(batch, Batch.Status.APPLIED)
    applied = locked.rows.filter(applied_as__isnull=False, case__isnull=False)
    _lock(applied)
    edited = applied.exclude(case__version=F("applied_as")).order_by().values("case")
    if cases := list(Case.objects.filter(pk__in=edited).defer("narrative")):
        raise CasesEdited(cases)
    reason = f"{locked.called} was undone."
    for keys in _by(WRITE_BATCH_SIZE, applied.values_list("pk", flat=True)):
        rows = list(locked.rows.filter(pk__in=keys).select_related("case").defer(*LONG_COLUMNS))
        _undo_new([row for row in rows if row.version is None], by, reason)
        _undo_changed([row for row in rows if row.version is not None], by, reason)
        progress(len(keys))
    ImportedRecord.objects.filter(batch=locked).delete()
    _delete_unused(locked.entered)
    locked.status = Batch.Status.UNDONE
    locked.save()
    return locked


LONG_COLUMNS = ("cells", "problems", "record", "entries", "candidates", "case__narrative")
"""What is not needed to undo a row."""


def _undo_new(rows: Sequence[ImportRow], by: User | None, reason: str) -> None:
    """Remove new cases. Drafts are discarded without a user, as not everybody who may import may discard."""
    for case in [row.case for row in rows if row.case]:
        if case.state == State.PUBLISHED:
            actions.withdraw_case(case=case, by=by, reason=reason)
        elif case.published_at is None:
            actions.discard_case(case=case, by=None)


def _undo_changed(rows: Sequence[ImportRow], by: User | None, reason: str) -> None:
    """Give changed cases the record and the state of the version before.

    What the import published becomes a draft first, as the earlier record may lack what a published case needs.
    """
    before = records_before(rows)
    records = _accepted(rows, validate_rows([before[row.pk]["record"] for row in rows]))
    changes = []
    for row in rows:
        case = _as_draft(row, by, reason)
        changes.append(CaseChange(case, records[row.pk], case.version))
    changed = actions.change_cases(changes=changes, by=by, info=ChangeInfo(by, Act.UNDONE, reason))
    for row, case in zip(rows, changed, strict=True):
        if before[row.pk]["state"] == State.IN_REVIEW and case.state == State.DRAFT:
            actions.submit_case(case=case, by=by, reason=reason)


def _as_draft(row: ImportRow, by: User | None, reason: str) -> Case:
    """The case of a row; made a draft again if the import published it."""
    case = cast("Case", row.case)
    if row.publish and case.state == State.PUBLISHED:
        withdrawn = actions.withdraw_case(case=case, by=by, reason=reason)
        return actions.redraft_case(case=withdrawn, by=by, reason=reason)
    return case


def _delete_unused(entered: Mapping[str, Sequence[str]]) -> None:
    """Delete what an import brought to the registers and nothing uses, with the passages of its sources."""
    for slugs in _by(MAX_SLUGS_PER_QUERY, entered.get("sources", ())):
        passages = _unused(Passage.objects.filter(source__slug__in=slugs))
        passages._raw_delete(passages.db)  # noqa: SLF001 - nothing points to them and no signal is needed; there may be thousands
    for register, entries in entered.items():
        for slugs in _by(MAX_SLUGS_PER_QUERY, entries):
            _unused(REGISTER_MODELS[register].objects.filter(slug__in=slugs)).delete()


def _unused(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows that no other row points to."""
    for relation in rows.model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and not relation.many_to_many:
            name = relation.field.name
            users = relation.related_model._base_manager.filter(**{f"{name}__isnull": False})
            rows = rows.exclude(pk__in=users.values(name))
    return rows
