"""Loading the catalogue's own files."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.db import transaction

from accounts.models import User
from cases import actions
from cases.models import Case, State
from taxonomy.models import Alignment, Term

from ..models import LoadedRecord
from ..records import MODELS, Entry, Fate, Plan, checksum_of

Counts = dict[str, Counter[Fate]]


def counted(plan: Plan) -> Counts:
    """Return how many records of each register meet which fate."""
    return {register: Counter(entry.fate for entry in plan.of(register)) for register in (*MODELS, "cases")}


@transaction.atomic
def load(*, plan: Plan, by: User | None) -> Counts:
    """Carry out a plan without mistakes, whole or not at all."""
    if plan.mistakes:
        raise ValueError("A plan with mistakes is not carried out.")
    for entry in plan.entries:
        if entry.register == "cases":
            _write_case(entry, by)
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
        if isinstance(entry.thing, Term):
            _align(entry.thing)


def _align(term: Any) -> None:
    term.alignments.all().delete()
    for alignment in term.aligned:
        alignment.term = term
    Alignment.objects.bulk_create(term.aligned)


def _write_case(entry: Entry, by: User | None) -> None:
    if not entry.is_written:
        return
    if entry.now is None:
        case = actions.create(record=entry.thing, by=by)
    else:
        case = actions.change(case=entry.now, record=entry.thing, by=by, version=entry.now.version)
    if case.state != State.PUBLISHED:
        actions.publish(case=case, by=by)


def _remember(plan: Plan) -> None:
    """Note each written record as it stands in the database now."""
    written = [entry for entry in plan.entries if entry.is_written]
    slugs = [entry.slug for entry in written if entry.register == "cases"]
    cases = {case.slug: case for case in Case.objects.whole().filter(slug__in=slugs)}
    LoadedRecord.objects.bulk_create(
        [
            LoadedRecord(
                register=entry.register,
                slug=entry.slug,
                checksum=checksum_of(cases[entry.slug] if entry.register == "cases" else _stored(entry)),
            )
            for entry in written
        ],
        update_conflicts=True,
        unique_fields=["register", "slug"],
        update_fields=["checksum", "loaded_at"],
    )


def _stored(entry: Entry) -> Any:
    model, _ = MODELS[entry.register]
    return model._default_manager.get(pk=entry.thing.pk)
