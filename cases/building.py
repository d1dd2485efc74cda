"""A record as the rows that tell it, none of them saved: to be written, or to be read as a case is.

`records.matter_of` is the way back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import models

from taxonomy.models import Term

from . import records
from .models import Arrangement, Case, Caveat, Citation, Claim, Participation, PathwayLink, Place
from .records import DIMENSIONS, Matter


def columns(record: Matter) -> dict[str, Any]:
    """Return what a record puts into the row of its case, by column."""
    verdict, quality = record["eligibility"] or {}, record["democratic_quality"] or {}
    evidence, years = record["evidence"] or {}, record["years"] or {}
    return {
        **{name: record[name] for name in ("title", "kind", "summary", "narrative")},
        "verdict": verdict.get("verdict"),
        "verdict_reason": verdict.get("reason", ""),
        "verdict_since": verdict.get("since"),
        "verdict_before": verdict.get("before"),
        "verdict_passage": verdict.get("passage"),
        "democratic_quality": quality.get("judgement"),
        "democratic_reason": quality.get("reason", ""),
        "democratic_passage": quality.get("passage"),
        "evidence_level": evidence.get("level"),
        "evidence_direction": evidence.get("direction"),
        "evidence_note": evidence.get("note", ""),
        "evidence_passage": evidence.get("passage"),
        "year_start": years.get("start"),
        "year_start_precision": years.get("start_precision", "exact"),
        "year_end": years.get("end"),
        "year_end_precision": years.get("end_precision", "exact"),
        "ongoing": years.get("ongoing", False),
        "years_passage": years.get("passage"),
        **{
            column: records.absence(record["absent"].get(name) or "", present=bool(record[name]))
            for name, column in DIMENSIONS.items()
        },
    }


def _arrangement(case: Case, order: int, part: Matter) -> Arrangement:
    kind, actor, mode = part["type"], part["actor"], part["mode"]
    return Arrangement(
        case=case,
        order=order,
        label=part["label"],
        type=kind["term"],
        type_basis=kind["basis"],
        type_passage=kind["passage"],
        **{flag: flag in actor["terms"] for flag in ("user", "community")},
        actor_basis=actor["basis"],
        actor_passage=actor["passage"],
        **{flag: flag in mode["terms"] for flag in ("offline", "digital")},
        mode_absent=records.absence(mode["absent"] or "", present=bool(mode["terms"])),
        mode_basis=mode["basis"] or "",
        mode_passage=mode["passage"],
    )


def _pathway(case: Case, _: int, part: Matter) -> PathwayLink:
    return PathwayLink(case=case, **part)


def _claim(case: Case, order: int, part: Matter) -> Claim:
    return Claim(case=case, order=order, **(dict(part) | {"qualifier": part["qualifier"] or ""}))


def _organisation(case: Case, _: int, part: Matter) -> Participation:
    return Participation(case=case, **part)


def _source(case: Case, order: int, part: Matter) -> Citation:
    return Citation(case=case, order=order, **part)


def _caveat(case: Case, order: int, part: Matter) -> Caveat:
    return Caveat(case=case, order=order, **part)


class Rows(NamedTuple):
    """The rows of one list of a record: how a case calls them, and how one is made of its part."""

    accessor: str
    model: type[models.Model]
    make: Callable[[Case, int, Any], models.Model]


ROWS = {
    "arrangements": Rows("arrangements", Arrangement, _arrangement),
    "pathways": Rows("pathway_links", PathwayLink, _pathway),
    "claims": Rows("claims", Claim, _claim),
    "organisations": Rows("participations", Participation, _organisation),
    "sources": Rows("citations", Citation, _source),
    "caveats": Rows("caveats", Caveat, _caveat),
}
"""By the key of a record: the lists whose parts have rows of their own."""


def built(record: Matter, *, pk: int, **columns_besides: Any) -> Case:
    """Return a case, never saved, that reads as one fetched by `Case.objects.whole()` which says `record`.

    Nothing in it has to be saved, nor to be still there.
    """
    case = Case(pk=pk, **columns(record) | columns_besides)
    case._prefetched_objects_cache = {  # type: ignore[attr-defined]  # noqa: SLF001 - what the managers answer from
        "sectors": _found(Term, record["sectors"]),
        "places": _found(Place, record["places"]),
        **{rows.accessor: _found(rows.model, _numbered(case, rows, record[name])) for name, rows in ROWS.items()},
    }
    return case


def _found(model: type[models.Model], rows: Iterable[Any]) -> models.QuerySet[Any]:
    """Return rows as a question for them that was answered already."""
    answered: models.QuerySet[Any] = model._default_manager.all()
    answered._result_cache = list(rows)  # noqa: SLF001 - as prefetch_related() does it
    return answered


def _numbered(case: Case, rows: Rows, parts: Sequence[Any]) -> Iterator[models.Model]:
    """Yield the rows of a list; each is known by its number in that, from 1, as a saved one is by its key."""
    for order, part in enumerate(parts):
        row = rows.make(case, order, part)
        row.pk = order + 1
        yield row
