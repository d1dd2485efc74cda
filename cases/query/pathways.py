"""Fig. 20.1: the pathways to outcomes with the named cases and the practices that lead to them."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from django.http import QueryDict

from .facets import FacetOption, QueryLinks, build_facet
from .parameters import CaseFilterSet

OF_CO_DELIVERY = {"eligibility": ["co-delivery", "conditional"], "role": ["example", "study", "background", "none"]}
"""The entries that Fig. 20.1 counts: no near miss or warning, and nothing out of scope."""


class PathwayCount(msgspec.Struct, frozen=True):
    """A pathway with the named cases and the practices that lead to it."""

    label: str
    cases: int
    practices: int
    url: str


def count_pathways(filterset: CaseFilterSet) -> list[tuple[PathwayCount, list[PathwayCount]]]:
    """Return the core pathways, each with those that contribute to it, for the reader of a question."""
    whole, cases, practices = (_options(kind, filterset) for kind in ("", "named-case", "generic-practice"))
    found: list[tuple[PathwayCount, list[PathwayCount]]] = []
    for value, option in whole.items():
        count = PathwayCount(option.label, _count(cases, value), _count(practices, value), option.url)
        if option.depth == 0:
            found.append((count, []))
        else:
            found[-1][1].append(count)
    return found


def _count(options: Mapping[str, FacetOption], value: str) -> int:
    return options[value].count if value in options else 0


def _options(kind: str, filterset: CaseFilterSet) -> dict[str, FacetOption]:
    """Return the pathways as options of a question for the entries counted, of one kind if it is given."""
    query = QueryDict(mutable=True)
    for name, values in OF_CO_DELIVERY.items():
        query.setlist(name, [value for value in values if value in filterset.grammar.labels(name)])
    links = QueryLinks(query)
    if kind:
        query["kind"] = kind
    shown = build_facet(CaseFilterSet(query, filterset.reader), "pathway", links)
    return {option.value: option for option in shown.options if not option.nothing}
