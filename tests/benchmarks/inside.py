"""Contestants without HTTP that need Django: the engine, and one GROUP BY a facet through the ORM.

    DATABASE_URL=... python -m tests.benchmarks.inside

Each line of standard input is JSON: {"ask": a contestant's name, "choices", "sort", "words"}. Each is answered by a
line, {"seconds", "total", "keys", "counts", "matrix"}; only the answering itself is timed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codelivery.settings")
django.setup()

from django.db.models import Count, F, Manager, Q, QuerySet
from django.http import QueryDict

from cases.models import Arrangement, Case, PathwayLink
from cases.models.snapshot import catalogue_version
from cases.query import build
from cases.query.parameters import CaseFilterSet
from cases.search import engine
from taxonomy.models import Term

from .flat import AXES, FACETS
from .questions import Question

PAGE_SIZE = 20
NEWEST = F("year_start").desc(nulls_last=True)
ORDERS: dict[str, list[Any]] = {
    "": ["sort_key"],
    "title": ["sort_key"],
    "-year": [NEWEST, "sort_key"],
    "-updated": ["-updated_at", "sort_key"],
}
LINKS: dict[str, tuple[Manager[Any], str]] = {
    "pathway": (PathwayLink.objects, "pathway__slug"),
    "sector": (Case.sectors.through.objects, "term__slug"),
    "country": (Case.places.through.objects, "place__country"),
}
FLAGS = {"actor": ("user", "community"), "mode": ("offline", "digital")}
Said = dict[str, Any]


def answer_by_engine(question: Question) -> Any:
    """Answer as the site does: page, total, every count, Table 20.1."""
    asked = CaseFilterSet(QueryDict(question.query), None)
    answer = asked.answer
    return answer.total, answer.keys(0, PAGE_SIZE), answer.counts(FACETS), answer.table()


def read_engine(result: Any) -> Said:
    total, keys, counts, table = result
    cells = {"/".join(cell): tally.total for cell, tally in table.cells.items() if all(cell) and cell[2] != "none"}
    return {"total": total, "keys": keys, "counts": {name: dict(counts[name]) for name in FACETS}, "matrix": cells}


def by_orm(question: Question) -> Said:
    """Answer with one GROUP BY a facet through the ORM; broader terms and kinds of nothing are not counted."""
    every = _chosen(question, FACETS)
    counts: dict[str, dict[str, int]] = {}
    for name, (links, column) in LINKS.items():
        cases = _chosen(question, [other for other in FACETS if other != name])
        rows = links.filter(case__in=cases).order_by().values_list(column)
        counts[name] = dict(rows.annotate(Count("case", distinct=True)))
    cases = _chosen(question, [name for name in FACETS if name != "evidence"]).order_by()
    levels = cases.values_list("evidence_level__slug").annotate(Count("pk"))
    counts["evidence"] = {value: number for value, number in levels if value}
    counts["type"] = dict(_agreeing(question, "type").values_list("type__slug").annotate(Count("case", distinct=True)))
    for axis, flags in FLAGS.items():
        sums = {flag: Count("case", distinct=True, filter=Q(**{flag: True})) for flag in flags}
        counts[axis] = _agreeing(question, axis).aggregate(**sums)
    keys = every.order_by(*ORDERS[question.sort]).values_list("pk", flat=True)[:PAGE_SIZE]
    return {"total": every.count(), "keys": list(keys), "counts": counts}


def read_orm(result: Any) -> Said:
    """Leave the counts of broader terms out: without their narrower ones they say less than the others' counts."""
    broad = set(Term.objects.filter(narrower__isnull=False).values_list("slug", flat=True))
    leaves = {name: {v: n for v, n in counts.items() if v not in broad} for name, counts in result["counts"].items()}
    return {**result, "counts": leaves}


def _agreeing(question: Question, axis: str) -> QuerySet[Arrangement]:
    """Return the arrangements that agree with the choices on the other axes, of the cases that answer otherwise."""
    cases = _chosen(question, [name for name in FACETS if name not in AXES])
    axes = {name: value for name, value in question.axes.items() if name != axis}
    return Arrangement.objects.filter(_arranged(axes), case__in=cases).order_by()


def _arranged(axes: dict[str, str]) -> Q:
    condition = Q()
    for axis, value in axes.items():
        condition &= Q(type__in=_terms(axis, value)) if axis == "type" else Q(**{value: True})
    return condition


def _chosen(question: Question, names: Sequence[str]) -> QuerySet[Case]:
    """Return the published cases with these of the question's choices."""
    cases = Case.objects.published()
    axes = {name: value for name, value in question.axes.items() if name in names}
    if axes:
        cases = cases.filter(pk__in=Arrangement.objects.filter(_arranged(axes)).values("case"))
    for name, (links, column) in LINKS.items():
        if name in question.choices and name in names:
            value = question.choices[name]
            path, wanted = (
                (column, [value]) if name == "country" else (column.removesuffix("__slug"), _terms(name, value))
            )
            cases = cases.filter(pk__in=links.filter(**{f"{path}__in": wanted}).values("case"))
    if "evidence" in question.choices and "evidence" in names:
        cases = cases.filter(evidence_level__in=_terms("evidence", question.choices["evidence"]))
    return cases


def _terms(vocabulary: str, slug: str) -> list[int]:
    """Return the keys of a term and of its narrower ones."""
    chosen = Q(slug=slug) | Q(broader__slug=slug)
    return list(Term.objects.filter(chosen, vocabulary__slug=vocabulary).values_list("pk", flat=True))


def searched(question: Question) -> Any:
    """Answer a search as the site does: page, total, counts, snippets of the twenty cases shown."""
    asked = CaseFilterSet(QueryDict(question.query), None)
    answer = asked.answer
    keys = answer.keys(0, PAGE_SIZE)
    return answer.total, keys, answer.counts(FACETS), answer.table(), engine.snippets(asked.search_query, keys)


def indexed(question: Question) -> Any:
    """Build the index anew."""
    return len(build.build_index(catalogue_version()).keys)


def suggested(question: Question) -> str | None:
    """Say what a misspelt word may have meant."""
    return engine.suggest_spelling(engine.SearchQuery.read(question.words), drafts=False)


CONTESTANTS: dict[str, tuple[Callable[[Question], Any], Callable[[Any], Said]]] = {
    "engine": (answer_by_engine, read_engine),
    "orm": (by_orm, read_orm),
    "search": (searched, lambda result: read_engine(result[:4])),
    "suggestion": (suggested, lambda words: {"total": 0, "keys": [], "suggestion": words}),
    "index": (indexed, lambda cases: {"total": cases, "keys": []}),
}


def answer(line: str) -> Said:
    """Answer one line."""
    said = json.loads(line)
    contestant, read = CONTESTANTS[said.pop("ask")]
    question = Question(**said)
    start = time.perf_counter()
    result = contestant(question)
    return {"seconds": time.perf_counter() - start, **read(result)}


def main() -> None:
    """Answer line by line, once the index stands."""
    while os.environ.get("QUERY_ENGINE") != "sql" and build.get_index(catalogue_version()) is None:
        time.sleep(0.05)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(line)), flush=True)


if __name__ == "__main__":
    main()
