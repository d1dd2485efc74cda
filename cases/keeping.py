"""What is kept of each case to be sent and found, and how it is renewed when what it shows is renamed.

Nothing here is said by anybody: all of it is made from the tables, in the transaction that changes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_

from django.db import models, transaction
from django.db.models import Q

from taxonomy.models import Term

from .models import Case, CaseQuerySet, Catalogue, Organisation, Passage, Place, Record, Source, State
from .renderings import FORM, Rendering, rendered
from .search import keep_many, texts_of

BATCH = 200
"""Cases that are held in memory at a time."""


def keep(cases: Sequence[Case], *, public: bool = False) -> None:
    """Write down cases, fetched whole, as they are sent and found; the catalogue moves with them.

    Everyone sees it where one of them is published, and where `public` says that one came to be, or ceased to.
    """
    rows = [Record(case=case, **rendered(case)._asdict()) for case in cases]
    Record.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["case"], update_fields=list(Rendering._fields)
    )
    keep_many(map(texts_of, cases))
    Catalogue.move(public=public or any(case.state == State.PUBLISHED for case in cases))


def refresh(*, cases: CaseQuerySet) -> int:
    """Write down cases anew; what they say is the same. Return how many they were.

    They are taken in batches, each in a transaction of its own unless one runs already.
    """
    keys = list(cases.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        with transaction.atomic():
            keep(list(Case.objects.whole().filter(pk__in=keys[start : start + BATCH])))
    return len(keys)


def is_fresh() -> bool:
    """Tell whether the cases are written down in the form of today."""
    return Catalogue.objects.filter(rendering=FORM).exists()


def refresh_all() -> int:
    """Write down every case in the form of today. Return how many they are."""
    number = refresh(cases=Case.objects.all())
    with transaction.atomic():
        Catalogue.move()
        Catalogue.objects.update(rendering=FORM)
    return number


SHOWN: dict[type[models.Model], tuple[str, ...]] = {
    Term: ("arrangements__type", "participations__part"),
    Source: ("sources",),
    Organisation: ("organisations",),
    Place: ("places",),
    Passage: (
        *(f"{judgement}_passage" for judgement in ("verdict", "democratic", "evidence", "years")),
        *(f"arrangements__{dimension}_passage" for dimension in ("type", "actor", "mode")),
        *(f"{parts}__passage" for parts in ("pathway_links", "claims", "caveats", "participations")),
    ),
}
"""What shows in the texts of a case by more than its slug, each with the ways from a case to it."""


def refresh_shown(*, thing: models.Model) -> None:
    """Write down anew the cases in whose texts a thing shows that was renamed."""
    refresh(cases=shows(thing=thing))


def shows(*, thing: models.Model) -> CaseQuerySet:
    """Return the cases in whose texts a thing shows by more than its slug."""
    ways = SHOWN.get(type(thing), ()) if thing.pk else ()
    return Case.objects.filter(reduce(or_, (_reached(way, thing) for way in ways), Q(pk__in=[])))


def _reached(way: str, thing: models.Model) -> Q:
    return Q(pk__in=Case.objects.filter(**{way: thing}).values("pk"))
