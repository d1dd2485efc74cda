"""Writing what the catalogue's own files bring."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from cases import actions
from cases.actions import WRITE_BATCH_SIZE
from cases.models import Case, State
from taxonomy import actions as codebook
from taxonomy.models import Alignment, CodebookChange

from ..models import LoadedRecord
from .entries import LOADED_MODELS, LoadEntry, LoadOutcome, LoadPlan, content_to_store

OutcomeCounts = dict[str, Counter[LoadOutcome]]
LOAD_REASON = "From the catalogue’s own files."


def count_outcomes(plan: LoadPlan) -> OutcomeCounts:
    """How many records of each register have which outcome."""
    return {register: Counter(entry.outcome for entry in plan.of(register)) for register in (*LOADED_MODELS, "cases")}


@transaction.atomic
def apply_load(*, plan: LoadPlan, by: User | None) -> OutcomeCounts:
    """Carry out a plan without mistakes, as a whole or not at all."""
    if plan.mistakes:
        raise ValueError("A plan with mistakes is not carried out.")
    terms = any(entry.is_written for entry in plan.of("terms"))
    first = codebook.record_first_load(by=by) if terms else None
    for entry in plan.entries:
        if entry.register == "cases":
            _write_case(entry, by)
        elif entry.register == "terms":
            _write_term(entry, by, first)
        else:
            _write(entry)
    _remember(plan)
    return count_outcomes(plan)


def _write(entry: LoadEntry) -> None:
    """Write what cases may name. Even unwritten, it gets the key of its row, as later records point to it."""
    if entry.now is not None:
        entry.thing.pk = entry.now.pk
    if entry.is_written:
        entry.thing.save(force_insert=entry.now is None, force_update=entry.now is not None)


def _write_term(entry: LoadEntry, by: User | None, first: CodebookChange | None) -> None:
    """Write a term as a change of the codebook, or as part of its `first` version."""
    if not entry.is_written:
        _write(entry)
        return
    before = codebook.begin_term_change(term=entry.now, by=by) if entry.now else None
    entry.thing.version = entry.now.version if entry.now else 0
    _write(entry)
    _align(entry.thing)
    codebook.finish_term_change(term=entry.thing, before=before, by=by, reason=LOAD_REASON, under=first)


def _align(term: Any) -> None:
    term.alignments.all().delete()
    for alignment in term.aligned:
        alignment.term = term
    Alignment.objects.bulk_create(term.aligned)


def _write_case(entry: LoadEntry, by: User | None) -> None:
    if not entry.is_written:
        return
    if entry.now is None:
        case = actions.create_case(record=entry.thing, by=by, reason=LOAD_REASON)
    else:
        case = actions.change_case(
            case=entry.now, record=entry.thing, by=by, version=entry.now.version, reason=LOAD_REASON
        )
    if case.state != State.PUBLISHED:
        actions.publish_case(case=case, by=by, reason=LOAD_REASON)


def _remember(plan: LoadPlan) -> None:
    """Store what each written record says in the database now."""
    written = [entry for entry in plan.entries if entry.is_written]
    for start in range(0, len(written), WRITE_BATCH_SIZE):
        _remember_some(written[start : start + WRITE_BATCH_SIZE])


def _remember_some(written: Sequence[LoadEntry]) -> None:
    slugs = [entry.slug for entry in written if entry.register == "cases"]
    cases = {case.slug: case for case in Case.objects.whole().filter(slug__in=slugs)}
    LoadedRecord.objects.bulk_create(
        [
            LoadedRecord(
                register=entry.register,
                slug=entry.slug,
                said=content_to_store(cases[entry.slug] if entry.register == "cases" else _written(entry)),
            )
            for entry in written
        ],
        update_conflicts=True,
        unique_fields=["register", "slug"],
        update_fields=["said", "loaded_at"],
    )


def _written(entry: LoadEntry) -> Any:
    model, _ = LOADED_MODELS[entry.register]
    return model._default_manager.get(pk=entry.thing.pk)
