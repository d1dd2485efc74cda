"""Loading the catalogue's own files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.db import transaction

from accounts.models import User
from cases import actions
from cases.actions import BATCH
from cases.models import Case, State
from taxonomy import actions as codebook
from taxonomy.models import Alignment, CodebookChange

from ..models import LoadedRecord
from ..records import MODELS, Entry, Fate, Plan, stored

Counts = dict[str, Counter[Fate]]
REASON = "From the catalogue’s own files."


def counted(plan: Plan) -> Counts:
    """Return how many records of each register meet which fate."""
    return {register: Counter(entry.fate for entry in plan.of(register)) for register in (*MODELS, "cases")}


@transaction.atomic
def load(*, plan: Plan, by: User | None) -> Counts:
    """Carry out a plan without mistakes, whole or not at all."""
    if plan.mistakes:
        raise ValueError("A plan with mistakes is not carried out.")
    terms = any(entry.is_written for entry in plan.of("terms"))
    first = codebook.first_loaded(by=by) if terms else None
    for entry in plan.entries:
        if entry.register == "cases":
            _write_case(entry, by)
        elif entry.register == "terms":
            _write_term(entry, by, first)
        else:
            _write(entry)
    _remember(plan)
    return counted(plan)


def _write(entry: Entry) -> None:
    """Write what cases may name, and let those that come after it point to its row, written or not."""
    if entry.now is not None:
        entry.thing.pk = entry.now.pk
    if entry.is_written:
        entry.thing.save(force_insert=entry.now is None, force_update=entry.now is not None)


def _write_term(entry: Entry, by: User | None, first: CodebookChange | None) -> None:
    """Write a term as a change of the codebook, or as part of the `first` one."""
    if not entry.is_written:
        _write(entry)
        return
    before = codebook.hold(term=entry.now, by=by) if entry.now else None
    entry.thing.version = entry.now.version if entry.now else 0
    _write(entry)
    _align(entry.thing)
    codebook.settle(term=entry.thing, before=before, by=by, reason=REASON, under=first)


def _align(term: Any) -> None:
    term.alignments.all().delete()
    for alignment in term.aligned:
        alignment.term = term
    Alignment.objects.bulk_create(term.aligned)


def _write_case(entry: Entry, by: User | None) -> None:
    if not entry.is_written:
        return
    if entry.now is None:
        case = actions.create(record=entry.thing, by=by, reason=REASON)
    else:
        case = actions.change(case=entry.now, record=entry.thing, by=by, version=entry.now.version, reason=REASON)
    if case.state != State.PUBLISHED:
        actions.publish(case=case, by=by, reason=REASON)


def _remember(plan: Plan) -> None:
    """Note each written record as it stands in the database now."""
    written = [entry for entry in plan.entries if entry.is_written]
    for start in range(0, len(written), BATCH):
        _remember_some(written[start : start + BATCH])


def _remember_some(written: Sequence[Entry]) -> None:
    slugs = [entry.slug for entry in written if entry.register == "cases"]
    cases = {case.slug: case for case in Case.objects.whole().filter(slug__in=slugs)}
    LoadedRecord.objects.bulk_create(
        [
            LoadedRecord(
                register=entry.register,
                slug=entry.slug,
                said=stored(cases[entry.slug] if entry.register == "cases" else _written(entry)),
            )
            for entry in written
        ],
        update_conflicts=True,
        unique_fields=["register", "slug"],
        update_fields=["said", "loaded_at"],
    )


def _written(entry: Entry) -> Any:
    model, _ = MODELS[entry.register]
    return model._default_manager.get(pk=entry.thing.pk)
