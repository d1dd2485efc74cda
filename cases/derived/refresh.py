"""Saving the data derived from each case, and refreshing it when something that a case shows is renamed.

All of it is made from the tables, in the transaction that changes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from django.db import models, transaction
from django.db.models import OuterRef, Q, Subquery
from django.dispatch import Signal

from taxonomy.models import Term

from .. import schema
from ..history.writing import ChangeInfo, RecordPair, save_versions
from ..models import (
    CachedRepresentation,
    Case,
    CaseQuerySet,
    Catalogue,
    Organisation,
    Passage,
    Place,
    Revision,
    Source,
    State,
)
from ..schema.nodes import Kind
from ..search.engine import index_texts, searchable_texts
from .representations import REPRESENTATION_FORM, Representation, build_representation

REFRESH_BATCH_SIZE = 200
"""Cases in memory at a time."""


narrative_changed = Signal()
"""Sent in the transaction that changes the narrative of a case, with its revisions `before` and `after`."""


def save_derived(
    cases: Sequence[Case],
    *,
    info: ChangeInfo | None = None,
    public: bool = False,
    records: Mapping[int, RecordPair] | None = None,
) -> None:
    """Save versions, representations and search texts of cases fetched with `whole()`; advance the catalogue's version.

    `info` describes the change that led to the current version. The public version of the catalogue advances if one
    of the cases is published, or if `public` says that one became or ceased to be so. `records` has the records of the
    cases by primary key, if they are already known.
    """
    records = records or {case.pk: RecordPair.by(case) for case in cases}
    save_versions(cases, records, info)
    Catalogue.move(public=public or any(case.state == State.PUBLISHED for case in cases))
    change = {"changed_in": CachedRepresentation.next_change()} if info else {}
    rows = [
        CachedRepresentation(case=case, **build_representation(case, records[case.pk].validated)._asdict(), **change)
        for case in cases
    ]
    CachedRepresentation.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["case"], update_fields=[*Representation._fields, *change]
    )
    index_texts(map(searchable_texts, cases))
    save_narrative_revisions(cases)


def save_narrative_revisions(cases: Sequence[Case]) -> None:
    """Create a revision for each narrative that changed, and mark those that were published as shown."""
    last = _last_revisions(cases)
    new = [
        Revision(case=case, number=before.number + 1 if before else 1, narrative=case.narrative)
        for case in cases
        if (before := last.get(case.pk)) is None or before.narrative != case.narrative
    ]
    Revision.objects.bulk_create(new)
    now = last | {revision.case_id: revision for revision in new}
    shown = [now[case.pk].pk for case in cases if case.state == State.PUBLISHED and not now[case.pk].shown]
    if shown:
        Revision.objects.filter(pk__in=shown).update(shown=True)
    for revision in new:
        if before := last.get(revision.case_id):
            narrative_changed.send(sender=Revision, before=before, after=revision)


def _last_revisions(cases: Sequence[Case]) -> dict[int, Revision]:
    last = Revision.objects.filter(case=OuterRef("case")).order_by("-number").values("number")[:1]
    return {row.case_id: row for row in Revision.objects.filter(case__in=cases, number=Subquery(last)).order_by()}


def current_revision(case: Case) -> Revision:
    """Return the revision of a case's current narrative, creating it if necessary."""
    save_narrative_revisions([case])
    return _last_revisions([case])[case.pk]


def refresh_cases(*, cases: CaseQuerySet) -> int:
    """Save the derived data of unchanged cases again, and return the number of cases.

    This is done in batches, each in a separate transaction, unless one is already open.
    """
    keys = list(cases.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), REFRESH_BATCH_SIZE):
        with transaction.atomic():
            some = Case.objects.filter(pk__in=keys[start : start + REFRESH_BATCH_SIZE]).order_by("pk")
            list(some.select_for_update().values_list("pk"))  # locked, so that none changes before it is saved
            save_derived(list(Case.objects.whole().filter(pk__in=keys[start : start + REFRESH_BATCH_SIZE])))
    return len(keys)


def is_up_to_date() -> bool:
    """Whether the derived data have the current form."""
    return Catalogue.objects.filter(rendering=REPRESENTATION_FORM).exists()


def refresh_all() -> int:
    """Save the derived data of every case in the current form, and return the number of cases."""
    number = refresh_cases(cases=Case.objects.all())
    with transaction.atomic():
        Catalogue.move()
        Catalogue.objects.update(rendering=REPRESENTATION_FORM)
    return number


PASSAGE_LOOKUPS = schema.lookups(Kind.PASSAGE)
LOOKUPS_BY_SHOWN_MODEL: dict[type[models.Model], Sequence[str]] = {
    Term: ("arrangements__type", "participations__part"),
    Source: ("sources", "claims__source", *(f"{lookup}__source" for lookup in PASSAGE_LOOKUPS)),
    Organisation: ("organisations",),
    Place: ("places",),
    Passage: PASSAGE_LOOKUPS,
}
"""The models of objects that a case's texts show by more than their slug, each with the lookups from a case to it."""


def refresh_cases_showing(*, thing: models.Model) -> None:
    refresh_cases(cases=cases_showing(thing=thing))


def cases_showing(*, thing: models.Model) -> CaseQuerySet:
    """Return the cases whose texts show an object by more than its slug."""
    lookups = LOOKUPS_BY_SHOWN_MODEL.get(type(thing), ()) if thing.pk else ()
    return Case.objects.filter(reduce(or_, (_refers_to(lookup, thing) for lookup in lookups), Q(pk__in=[])))


def _refers_to(lookup: str, thing: models.Model) -> Q:
    return Q(pk__in=Case.objects.filter(**{lookup: thing}).values("pk"))
