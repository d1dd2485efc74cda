"""Writing what the catalogue's own files bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from cases import actions
from cases.actions import WRITE_BATCH_SIZE, CaseChange
from cases.history.writing import ChangeInfo
from cases.models import Act, Case, Origin, Passage
from cases.record.convert import record_from_case
from cases.schema import FORMER_KINDS
from taxonomy import actions as codebook
from taxonomy.models import CodebookChange, Term

from ..models import LoadedRecord
from .editions import LOAD_REASON, Edition, read_editions
from .entries import LOADED_MODELS, LoadEntry, LoadOutcome, LoadPlan, content_to_store
from .files import QUOTED_SOURCE, FileMistake, read_passages_csv
from .merging import merge_case
from .planning import last_edition, plan_load
from .proposing import propose
from .stored import TERM_PARTS, in_batches

OutcomeCounts = dict[str, Counter[LoadOutcome]]


def count_outcomes(plan: LoadPlan) -> OutcomeCounts:
    """How many records of each register have which outcome."""
    return {register: Counter(entry.outcome for entry in plan.of(register)) for register in (*LOADED_MODELS, "cases")}


class MistakenFiles(Exception):
    """The files have mistakes, and nothing was loaded."""

    def __init__(self, mistakes: Sequence[FileMistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


@transaction.atomic
def load_folder(*, folder: Path, by: User | None, dry_run: bool = False) -> list[LoadPlan]:
    """Bring the catalogue to the last edition of a folder, one edition after the other; all of it or nothing.

    Returns the plans that were carried out. A dry run does the same, and takes it back.
    """
    editions = read_editions(folder)
    reached = last_edition()
    plans: list[LoadPlan] = []
    for edition in editions:
        if edition.is_last or edition.number > reached:
            plan = plan_load(edition)
            if plan.mistakes:
                raise MistakenFiles(plan.mistakes)
            apply_load(plan=plan, by=by)
            plans.append(plan)
    if dry_run:
        transaction.set_rollback(True)
    return plans


@transaction.atomic
def apply_load(*, plan: LoadPlan, by: User | None) -> OutcomeCounts:
    """Carry out a plan without mistakes, as a whole or not at all."""
    if plan.mistakes:
        raise ValueError("A plan with mistakes is not carried out.")
    with _codebook_version(plan, by) as under:
        _write_vocabularies(plan, by, under)
        _write_terms(plan, by, under)
    for register in ("sources", "organisations", "places"):
        for entry in plan.of(register):
            _write(entry)
    _write_cases(plan, by)
    _write_words_around(plan.edition)
    if plan.is_new:
        _tell_roles(plan, by)
    _remember(plan)
    return count_outcomes(plan)


@contextmanager
def _codebook_version(plan: LoadPlan, by: User | None) -> Iterator[CodebookChange | None]:
    """What the changes to the codebook are part of: its first version, a revision, or nothing."""
    changes = any(entry.is_written for register in ("vocabularies", "terms") for entry in plan.of(register))
    under = codebook.record_first_load(by=by) if changes else None
    if changes and plan.is_new and not under:
        under = codebook.begin_revision(title=plan.edition.title, by=by, reason=plan.edition.reason)
    yield under
    if under and plan.is_new:
        codebook.finish_revision(under)


def _write(entry: LoadEntry) -> None:
    """Write what cases may name. Even unwritten, it gets the key of its row, as later records point to it."""
    if entry.now is not None:
        entry.thing.pk = entry.now.pk
    if entry.is_written:
        entry.thing.save(force_insert=entry.now is None, force_update=entry.now is not None)


def _write_vocabularies(plan: LoadPlan, by: User | None, under: CodebookChange | None) -> None:
    for entry in plan.of("vocabularies"):
        before = None
        if entry.is_written and entry.now:
            before = codebook.begin_vocabulary_change(vocabulary=entry.now, by=by)
        _write(entry)
        if entry.is_written:
            reason = plan.reason_of_term(entry)
            codebook.finish_vocabulary_change(vocabulary=entry.thing, before=before, by=by, reason=reason, under=under)


def _write_terms(plan: LoadPlan, by: User | None, under: CodebookChange | None) -> None:
    """Write the terms, each as a change of the codebook: first all rows, as terms name one another."""
    entries = plan.of("terms")
    before = [_write_term(entry, by) for entry in entries]
    for entry, values in zip(entries, before, strict=True):
        if entry.is_written:
            _write_parts(entry)
            reason = plan.reason_of_term(entry)
            codebook.finish_term_change(term=entry.thing, before=values, by=by, reason=reason, under=under)
    for entry in reversed(entries):  # the narrower ones first
        if entry.outcome == LoadOutcome.CHANGED and bool(entry.wanted.get("retired")) != bool(entry.now.retired_at):
            _retire_or_restore(plan, entry, by, under)


def _write_term(entry: LoadEntry, by: User | None) -> dict[str, Any] | None:
    """Write the row of a term; returns its values before."""
    if not (entry.is_written and entry.now):
        _write(entry)
        return None
    before = codebook.begin_term_change(term=entry.now, by=by)
    entry.thing.version, entry.thing.retired_at = entry.now.version, entry.now.retired_at
    _write(entry)
    return before


def _write_parts(entry: LoadEntry) -> None:
    term = entry.thing
    for parts, rows in ((term.alignments, term.aligned), (term.neighbours, term.near), (term.examples, term.shown)):
        if entry.now:
            parts.all().delete()
        for order, row in enumerate(rows):
            row.term, row.order = term, order
        parts.model.objects.bulk_create(rows)


def _retire_or_restore(plan: LoadPlan, entry: LoadEntry, by: User | None, under: CodebookChange | None) -> None:
    """Retire or restore a term, unless what people did here stands in the way."""
    term = Term.objects.get(pk=entry.thing.pk)
    reason = plan.reason_of_term(entry)
    try:
        if entry.wanted.get("retired"):
            codebook.retire_term(term=term, by=by, reason=reason, under=under)
        else:
            codebook.restore_term(term=term, by=by, reason=reason or plan.edition.reason)
    except codebook.CodebookRuleViolation as violation:
        plan.notes += [entry.document.mistake(entry.path, what) for what in violation.messages]


def _write_cases(plan: LoadPlan, by: User | None) -> None:
    """Write the cases, each new one as its first version, published."""
    entries = plan.of("cases")
    created = [entry for entry in entries if entry.outcome == LoadOutcome.CREATED]
    for reason in dict.fromkeys(plan.reason_of_case(entry) for entry in created):
        records = [entry.thing for entry in created if plan.reason_of_case(entry) == reason]
        actions.create_published_cases(entered=records, by=by, reason=reason)
    changed = [entry for entry in entries if entry.outcome == LoadOutcome.CHANGED]
    reasons = {entry.now.pk: plan.reason_of_case(entry) for entry in changed}
    changes = [CaseChange(entry.now, entry.thing, entry.now.version) for entry in changed]
    info = ChangeInfo(by, Act.CHANGED, LOAD_REASON, Origin.FILES, reasons)
    actions.change_cases(changes=changes, by=by, info=info, affirm=plan.is_new)
    for entry in entries:
        if entry.outcome == LoadOutcome.MERGED:
            merge_case(plan, entry)
        elif entry.outcome == LoadOutcome.PROPOSED:
            propose(entry, plan.reason_of_case(entry))


def _write_words_around(edition: Edition) -> None:
    """Give the passages of the files the words that stand around them in their source."""
    path = edition.folder / "passages.csv"
    around = {(row.start, row.end): (row.before, row.after) for row in read_passages_csv(path)} if path.exists() else {}
    changed = []
    for passage in Passage.objects.filter(source__slug=QUOTED_SOURCE, start__isnull=False) if around else ():
        words = around.get((passage.start or 0, passage.end or 0))
        if words and words != (passage.before, passage.after):
            passage.before, passage.after = words
            changed.append(passage)
    Passage.objects.bulk_update(changed, ["before", "after"], batch_size=WRITE_BATCH_SIZE)


def _tell_roles(plan: LoadPlan, by: User | None) -> None:
    """Give cases that are not in the files the role in the source that their kind said before there were roles.

    What they refer to, their kind did not say; it stays until somebody codes it.
    """
    in_files = {entry.now.pk for entry in plan.of("cases") if entry.now}
    for kind, slug in FORMER_KINDS.items():
        role = Term.objects.filter(vocabulary__slug="role", slug=slug).first()
        told = Case.objects.filter(kind__slug=kind, role=None)
        keys = [key for key in told.values_list("pk", flat=True) if key not in in_files]
        info = ChangeInfo(by, Act.RECODED, f"The role in the source is told apart from the kind: {role}.", Origin.RULE)
        for batch in in_batches(keys if role else []):
            cases = Case.objects.whole().filter(pk__in=batch)
            changes = [CaseChange(case, record_from_case(case) | {"role": role}, case.version) for case in cases]
            actions.change_cases(changes=changes, by=by, info=info)


def _remember(plan: LoadPlan) -> None:
    """Store what each written record says in the database now, and which edition every record was brought to."""
    written = [entry for entry in plan.entries if entry.is_written]
    for start in range(0, len(written), WRITE_BATCH_SIZE):
        _remember_some(plan.edition, written[start : start + WRITE_BATCH_SIZE])
    left_out = (
        Q(register=entry.register, slug=entry.slug)
        for entry in plan.entries
        if entry.outcome == LoadOutcome.LEFT_OUT and entry.edition is not None
    )
    earlier = LoadedRecord.objects.filter(edition__lt=plan.edition.number)
    earlier.exclude(reduce(or_, left_out, Q(pk__in=[]))).update(edition=plan.edition.number)


def _remember_some(edition: Edition, written: Sequence[LoadEntry]) -> None:
    things = _written(written)
    LoadedRecord.objects.bulk_create(
        [
            LoadedRecord(
                register=entry.register,
                slug=entry.slug,
                said=content_to_store(things[entry.register, entry.slug]),
                edition=edition.number,
            )
            for entry in written
        ],
        update_conflicts=True,
        unique_fields=["register", "slug"],
        update_fields=["said", "edition", "loaded_at"],
    )


def _written(written: Sequence[LoadEntry]) -> dict[tuple[str, str], Any]:
    """What the database has of each record now, by its register and slug."""
    slugs = [entry.slug for entry in written if entry.register == "cases"]
    found: dict[tuple[str, str], Any] = {
        ("cases", case.slug): case for case in Case.objects.whole().filter(slug__in=slugs)
    }
    for register, (model, _) in LOADED_MODELS.items():
        entries = [entry for entry in written if entry.register == register]
        things: Any = model._default_manager.all()
        if model is Term:
            things = things.select_related("vocabulary", "broader").prefetch_related(*TERM_PARTS)
        by_key = things.in_bulk([entry.thing.pk for entry in entries]) if entries else {}
        found |= {(register, entry.slug): by_key[entry.thing.pk] for entry in entries}
    return found
