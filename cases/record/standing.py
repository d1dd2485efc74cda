"""What follows from the stamps of a case, and is kept beside them to be counted and found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..models import Case, CodingDoubt, CodingOrigin
from ..models.case import through_model
from .stamps import CodingStamp, count_doubts, is_unaffirmed, marks_of, origins_in

STAMP_COLUMNS = ("coded", "out_of_step", "unaffirmed")
"""The columns of a case that `set_stamps` sets."""


def set_stamps(stamped: Iterable[tuple[Case, Mapping[str, CodingStamp]]]) -> None:
    """Set the stamps of cases and what follows from them. The columns are left to be saved; the rows are written."""
    doubts: list[tuple[Case, set[str]]] = []
    origins: list[tuple[Case, set[str]]] = []
    for case, stamps in stamped:
        if set(count_doubts(stamps)) != set(count_doubts(case.coded)):
            doubts.append((case, set(count_doubts(stamps))))
        if origins_in(stamps) != origins_in(case.coded):
            origins.append((case, origins_in(stamps)))
        case.coded = dict(stamps)
        case.out_of_step = sum(bool(marks_of(stamp)) for stamp in stamps.values())
        case.unaffirmed = sum(map(is_unaffirmed, stamps.values()))
    _replace(Case.doubts, CodingDoubt, doubts)
    _replace(Case.origins, CodingOrigin, origins)


def _replace(relation: Any, model: Any, given: Sequence[tuple[Case, set[str]]]) -> None:
    """Replace the rows of a relation for some cases."""
    if not given:
        return
    through, key = through_model(relation.field), f"{model._meta.model_name}_id"
    slugs = sorted({slug for _, some in given for slug in some})
    model._default_manager.bulk_create([model(slug=slug) for slug in slugs], ignore_conflicts=True)
    rows = through._default_manager
    rows.filter(case__in=[case.pk for case, _ in given]).delete()
    rows.bulk_create(through(case_id=case.pk, **{key: slug}) for case, some in given for slug in sorted(some))
