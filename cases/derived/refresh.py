"""What is kept of each case to be sent and found, and how it is renewed when what it shows is renamed.

Nothing here is said by anybody: all of it is made from the tables, in the transaction that changes them.
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
"""Cases that are held in memory at a time."""


narrative_changed = Signal()
"""Sent in the transaction that changes the narrative of a case, with its revisions `before` and `after`."""


def save_derived(
    cases: Sequence[Case],
    *,
    info: ChangeInfo | None = None,
    public: bool = False,
    said: Mapping[int, RecordPair] | None = None,
) -> None:
    """Write down cases, fetched whole, as they stand, are sent and found; the catalogue moves with them.

    Each is then at the version that `told` tells of. Everyone sees it where one of them is published, and where
    `public` says that one came to be, or ceased to. By key, `said` is what they say, where that is known.
    """
    said = said or {case.pk: RecordPair.by(case) for case in cases}
    save_versions(cases, said, info)
    rows = [
        CachedRepresentation(case=case, **build_representation(case, said[case.pk].matter)._asdict()) for case in cases
    ]
    CachedRepresentation.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["case"], update_fields=list(Representation._fields)
    )
    index_texts(map(searchable_texts, cases))
    save_narrative_revisions(cases)
    Catalogue.move(public=public or any(case.state == State.PUBLISHED for case in cases))


def save_narrative_revisions(cases: Sequence[Case]) -> None:
    """Give each narrative that is new a revision, and note which of them readers are shown."""
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
    return {row.case_id: row for row in Revision.objects.filter(case__in=cases, number=Subquery(last))}


def current_revision(case: Case) -> Revision:
    """Return the revision that the narrative of a case is at, as it was just read."""
    save_narrative_revisions([case])
    return _last_revisions([case])[case.pk]


def refresh_cases(*, cases: CaseQuerySet) -> int:
    """Write down cases anew; what they say is the same. Return how many they were.

    They are taken in batches, each in a transaction of its own unless one runs already.
    """
    keys = list(cases.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), REFRESH_BATCH_SIZE):
        with transaction.atomic():
            some = Case.objects.filter(pk__in=keys[start : start + REFRESH_BATCH_SIZE]).order_by("pk")
            list(some.select_for_update().values_list("pk"))  # they are kept as they stand, so none may move on
            save_derived(list(Case.objects.whole().filter(pk__in=keys[start : start + REFRESH_BATCH_SIZE])))
    return len(keys)


def is_up_to_date() -> bool:
    """Tell whether the cases are written down in the form of today."""
    return Catalogue.objects.filter(rendering=REPRESENTATION_FORM).exists()


def refresh_all() -> int:
    """Write down every case in the form of today. Return how many they are."""
    number = refresh_cases(cases=Case.objects.all())
    with transaction.atomic():
        Catalogue.move()
        Catalogue.objects.update(rendering=REPRESENTATION_FORM)
    return number


PASSAGE_LOOKUPS = schema.lookups(Kind.PASSAGE)
LOOKUPS_BY_SHOWN_MODEL: dict[type[models.Model], Sequence[str]] = {
    Term: ("arrangements__type", "participations__part"),
    Source: ("sources", "claims__source", *(f"{way}__source" for way in PASSAGE_LOOKUPS)),
    Organisation: ("organisations",),
    Place: ("places",),
    Passage: PASSAGE_LOOKUPS,
}
"""What shows in the texts of a case by more than its slug, each with the ways from a case to it."""


def refresh_cases_showing(*, thing: models.Model) -> None:
    """Write down anew the cases in whose texts a thing shows that was renamed."""
    refresh_cases(cases=cases_showing(thing=thing))


def cases_showing(*, thing: models.Model) -> CaseQuerySet:
    """Return the cases in whose texts a thing shows by more than its slug."""
    ways = LOOKUPS_BY_SHOWN_MODEL.get(type(thing), ()) if thing.pk else ()
    return Case.objects.filter(reduce(or_, (_reached(way, thing) for way in ways), Q(pk__in=[])))


def _reached(way: str, thing: models.Model) -> Q:
    return Q(pk__in=Case.objects.filter(**{way: thing}).values("pk"))
