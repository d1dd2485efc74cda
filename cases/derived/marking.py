"""Marking codings as to be re-affirmed because something beside their cases changed: a term, the text of a source.

No case gets a version by it, and no record is read from the tables or written: only stamps change, what counts them,
and the codings in the documents that are sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Model
from django.utils import timezone

from ..models import CachedRepresentation, Case, CaseQuerySet, Catalogue, CurrentVersion, Doubt, State
from ..record.codings import Coding, codings_in
from ..record.convert import PrimitiveRecord
from ..record.stamps import UNRECORDED, CodingStamp, marked, marks_of, with_marks
from ..record.standing import STAMP_COLUMNS, set_stamps
from .representations import with_codings_renewed

MARKED_COLUMNS = ("coded", "out_of_step")
"""Those columns of stamps that a mark changes."""

MARKING_BATCH_SIZE = 200
"""Cases in memory at a time."""

Restamp = Callable[[Coding, CodingStamp], CodingStamp]
"""From a coding and its stamp to its stamp from now on."""


def mark_codings(*, cases: CaseQuerySet, concerned: Callable[[Coding], bool], why: Doubt, codebook: int | None) -> None:
    """Mark the concerned codings of these cases."""
    today = timezone.now().date().isoformat()

    def mark(coding: Coding, stamp: CodingStamp) -> CodingStamp:
        return marked(stamp, why, today, codebook=codebook) if concerned(coding) else stamp

    _restamp_cases(cases, mark)


def unmark_codings(*, cases: CaseQuerySet, concerned: Callable[[Coding], bool], why: Doubt) -> None:
    """Take a mark away again, because its reason is gone."""

    def unmark(coding: Coding, stamp: CodingStamp) -> CodingStamp:
        marks = [mark for mark in marks_of(stamp) if mark["why"] != why]
        return with_marks(stamp, marks) if concerned(coding) else stamp

    _restamp_cases(cases, unmark)


def _restamp_cases(cases: CaseQuerySet, restamp: Restamp) -> None:
    """Change stamps in the transaction of what changed."""
    with transaction.atomic():
        keys = list(cases.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), MARKING_BATCH_SIZE):
            _restamp_some(keys[start : start + MARKING_BATCH_SIZE], restamp)


def _restamp_some(keys: Sequence[int], restamp: Restamp) -> None:
    needed = ("pk", "slug", "state", *STAMP_COLUMNS)
    cases = list(Case.objects.filter(pk__in=keys).order_by("pk").only(*needed).select_for_update())
    records = CurrentVersion.objects.in_bulk(keys)
    found = [(case, _restamped(records[case.pk].record, case.coded, restamp)) for case in cases if case.pk in records]
    changed = [(case, stamps) for case, stamps in found if stamps != case.coded]
    if changed:
        set_stamps(changed)
        _update(Case, MARKED_COLUMNS, [(json.dumps(case.coded), case.out_of_step, case.pk) for case, _ in changed])
        _renew_documents([case for case, _ in changed])


def _restamped(
    record: PrimitiveRecord, stamps: Mapping[str, CodingStamp], restamp: Restamp
) -> Mapping[str, CodingStamp]:
    found = {coding.path: restamp(coding, stamps.get(coding.path, UNRECORDED)) for coding in codings_in(record)}
    return {path: stamp for path, stamp in found.items() if path in stamps or stamp != UNRECORDED}


def _renew_documents(cases: Sequence[Case]) -> None:
    """Send the marks with the documents from now on, to those who ask what changed, too."""
    Catalogue.move(public=any(case.state == State.PUBLISHED for case in cases))
    documents = CachedRepresentation.texts([case.pk for case in cases], "document")
    now = CachedRepresentation.next_change()
    renewed = [
        (with_codings_renewed(documents[case.pk].decode(), case), now, case.pk)
        for case in cases
        if case.pk in documents
    ]
    _update(CachedRepresentation, ("document", "changed_in"), renewed)


def _update(model: type[Model], columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Update columns of rows, each given as the values and its key. The ORM's bulk update takes five times as long."""
    names = ", ".join(f"{name} = %s" for name in columns)
    key = model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {model._meta.db_table} SET {names} WHERE {key} = %s", rows)  # noqa: S608 - our own names
