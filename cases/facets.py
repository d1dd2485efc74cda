"""What surrounds an answer: counts, links, pills, the words of the question, Table 20.1.

Every number is a promise: following its link gives exactly that many cases. A facet leaves its own choice aside; the
table leaves its three axes aside. Links are made here, and templates only print them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from taxonomy.codebook import Codebook
from taxonomy.models import Term

from .filters import KINDS_OF_NOTHING, NOTHING, SORTS, CaseFilterSet, Facet, Option
from .models import Arrangement

PAGING = ("page", "page_size", "format")
OFFERED_IN_USE = ("country",)  # too many values to show those that no case has
STAYS_CLOSED = ("source", "country", "direction", "kind", "status")
ACTORS = ("user", "community")
MODES = ("offline", "digital", NOTHING)


class Links:
    """Addresses that differ from a question by one choice."""

    def __init__(self, query: QueryDict, path: str = "") -> None:
        self.query = query
        self.path = path or reverse("cases:list")

    def to(self, changes: dict[str, list[str]], *, keep: Iterable[str] | None = None) -> str:
        """Return the address with these parameters replaced (an empty list removes) and paging begun anew."""
        query = self.query.copy()
        for name in [*PAGING, *(() if keep is None else [n for n in query if n not in set(keep)])]:
            query.pop(name, None)
        for name, values in changes.items():
            query.setlist(name, values)
        text = query.urlencode()
        return f"{self.path}?{text}" if text else self.path

    def toggled(self, name: str, value: str) -> str:
        chosen = self.query.getlist(name)
        return self.to({name: [v for v in chosen if v != value] if value in chosen else [*chosen, value]})

    def page(self, number: int) -> str:
        query = self.query.copy()
        query["page"] = str(number)
        return f"{self.path}?{query.urlencode()}"


@dataclass(frozen=True)
class FacetOption:
    """A value as a reader sees it: how many cases it would leave, whether it is chosen, where a click leads."""

    value: str
    label: str
    depth: int
    count: int
    chosen: bool
    href: str


@dataclass(frozen=True)
class FacetList:
    """One facet with its options; `nothing` holds the kinds of nothing."""

    name: str
    label: str
    options: list[FacetOption]
    nothing: list[FacetOption]
    open: bool

    @property
    def chosen(self) -> list[FacetOption]:
        return [option for option in (*self.options, *self.nothing) if option.chosen]


@dataclass(frozen=True)
class Pill:
    """A choice in words, with the address that is without it."""

    label: str
    words: str
    href: str


def facets(asked: CaseFilterSet, links: Links, *, curator: bool = False) -> list[FacetList]:
    """Return every facet with its counts; the status is shown to those who see more than one."""
    names = [name for name in asked.facets if curator or name != "status"]
    return [facet(asked, name, links) for name in names]


def facet(asked: CaseFilterSet, name: str, links: Links) -> FacetList:
    """Return one facet. One query for its counts, whatever the number of cases."""
    column = asked.facets[name]
    counts = Counter(value for _, value in set(column.pairs()))
    chosen = set(asked.asked.get(name, []))

    def shown(option: Option) -> FacetOption:
        value = option.value
        return FacetOption(
            value, option.label, option.depth, counts[value], value in chosen, links.toggled(name, value)
        )

    options = [shown(option) for option in column.options()]
    if name in OFFERED_IN_USE:
        options = [option for option in options if option.count or option.chosen]
    return FacetList(name, str(column.label), options, _nothing(shown), bool(chosen) or name not in STAYS_CLOSED)


def _nothing(shown: Callable[[Option], FacetOption]) -> list[FacetOption]:
    """Return `none`, and below it the kinds of nothing that occur or are chosen."""
    kinds = [shown(Option(value, label, 0 if value == NOTHING else 1)) for value, label in KINDS_OF_NOTHING.items()]
    return [option for option in kinds if option.value == NOTHING or option.count or option.chosen]


def tree(shown: FacetList) -> list[tuple[FacetOption, list[FacetOption]]]:
    """Return each broad option with its narrower ones."""
    found: list[tuple[FacetOption, list[FacetOption]]] = []
    for option in shown.options:
        if option.depth == 0:
            found.append((option, []))
        else:
            found[-1][1].append(option)
    return found


def labels(column: Facet) -> dict[str, str]:
    """Return the words of every value of a facet."""
    return {option.value: option.label for option in column.options()} | KINDS_OF_NOTHING


def pills(asked: CaseFilterSet, links: Links) -> list[Pill]:
    """Return each choice of the question, removable."""
    found = []
    for name, value in asked.asked.items():
        if name in (*PAGING, "sort"):
            continue
        label = str(asked.filters[name].label)
        if isinstance(value, list):
            words = labels(asked.facets[name])
            found += [Pill(label, words[slug], links.toggled(name, slug)) for slug in value]
        else:
            found.append(Pill(label, _said(asked, name), links.to({name: []})))
    return found


def _said(asked: CaseFilterSet, name: str) -> str:
    value = asked.asked[name]
    if name == "match":
        return "anywhere in the case" if value == "case" else "in one arrangement"
    return f"“{value}”" if name == "q" else str(value)


def in_words(asked: CaseFilterSet) -> str:
    """Say the question: "type of co-delivery: peer support or joint action; sector: health"; empty for all cases."""
    parts = []
    for name, value in asked.asked.items():
        if name in (*PAGING, "sort"):
            continue
        if isinstance(value, list):
            words = labels(asked.facets[name])
            parts.append(f"{asked.filters[name].label}: {' or '.join(words[slug] for slug in value)}")
        else:
            parts.append(f"{asked.filters[name].label}: {_said(asked, name)}")
    return "; ".join(parts)


def sorts(asked: CaseFilterSet, links: Links) -> list[FacetOption]:
    """Return the orders one can choose; best match only where words are searched."""
    now = asked.asked.get("sort") or ("relevance" if "q" in asked.asked else "title")
    offered = [(value, label) for value, label in SORTS.items() if value != "relevance" or "q" in asked.asked]
    return [FacetOption(value, label, 0, 0, value == now, links.to({"sort": [value]})) for value, label in offered]


# Table 20.1


@dataclass(frozen=True)
class Cell:
    """The cases with one type, co-producer and mode in one arrangement, and how many of them name evidence."""

    actor: str
    mode: str
    count: int
    evident: int
    share: int
    href: str


@dataclass(frozen=True)
class Row:
    """A type with its six cells; `total` counts each case once."""

    term: Term
    depth: int
    cells: list[Cell]
    total: int
    href: str


@dataclass
class Matrix:
    """Table 20.1 over the cases of a question, whose choices of type, co-producer and mode are left aside."""

    rows: list[Row]
    coded: int
    uncoded: int
    uncoded_href: str
    largest: int = field(default=0)


Cells = dict[tuple[str, str, str], set[int]]


def matrix(asked: CaseFilterSet, links: Links) -> Matrix:
    """Return the table. Three queries, whatever the number of cases."""
    base = asked.without(*asked.ARRANGEMENT, "match").order_by()
    cells = _cells(Arrangement.objects.filter(case__in=base.values("pk")).order_by(), asked.codebook)
    states = base.values_list("pk", "evidence_level__slug", "arrangements_absent")
    evident = {pk for pk, level, _ in states if level not in (None, "none-named")}
    uncoded = sum(1 for *_, absent in states if absent)
    largest = max((len(cases) for (_, actor, mode), cases in cells.items() if actor and mode), default=0)
    rows = [_row(term, cells, evident, largest, links) for term in asked.codebook["type"]]
    aside = {"type": [NOTHING], "actor": [], "mode": [], "match": []}
    return Matrix(rows, len(states) - uncoded, uncoded, links.to(aside), largest)


def _cells(arrangements: QuerySet[Arrangement], codebook: Codebook) -> Cells:
    """Return the case ids of each (type, actor, mode); an empty actor or mode is any."""
    above = codebook.self_and_broader("type")
    found: Cells = defaultdict(set)
    columns = ("case", "type", "user", "community", "offline", "digital")
    for case, type_, user, community, offline, digital in arrangements.values_list(*columns):
        actors = ["", *(["user"] if user else []), *(["community"] if community else [])]
        modes = ["", *(["offline"] if offline else []), *(["digital"] if digital else [])]
        for term in above[type_]:
            for actor in actors:
                for mode in modes if offline or digital else ["", NOTHING]:
                    found[term.slug, actor, mode].add(case)
    return found


def _row(term: Term, cells: Cells, evident: set[int], largest: int, links: Links) -> Row:
    drawn = []
    for actor in ACTORS:
        for mode in MODES:
            cases = cells.get((term.slug, actor, mode), set())
            href = links.to({"type": [term.slug], "actor": [actor], "mode": [mode], "match": []})
            share = round(100 * len(cases) / largest) if largest else 0
            drawn.append(Cell(actor, mode, len(cases), len(cases & evident), share, href))
    total = len(cells.get((term.slug, "", ""), set()))
    return Row(
        term,
        1 if term.broader_id else 0,
        drawn,
        total,
        links.to({"type": [term.slug], "actor": [], "mode": [], "match": []}),
    )
