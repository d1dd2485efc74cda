"""What surrounds an answer: counts, links, pills, the words of the question, Table 20.1.

Every number is a promise: following its link gives exactly that many cases. A facet leaves its own choice aside; the
table leaves its three axes aside. Links are made here, and templates only print them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote_plus

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse

from taxonomy.codebook import Codebook
from taxonomy.models import Term

from .filters import KINDS_OF_NOTHING, NOTHING, SORTS, CaseFilterSet, Facet, Option
from .models import Arrangement, Case

PAGING = ("page", "page_size", "format")
OFFERED_IN_USE = ("country",)  # too many values to show those that no case has
STAYS_CLOSED = ("source", "country", "direction", "kind", "status")
OF_NOTHING = [Option(value, label, 0 if value == NOTHING else 1) for value, label in KINDS_OF_NOTHING.items()]
ACTORS = ("user", "community")
MODES = ("offline", "digital", NOTHING)


class Links:
    """Addresses that differ from a question by one choice."""

    def __init__(self, query: QueryDict, path: str = "") -> None:
        self.path = path or reverse("cases:list")
        self.pairs = [(name, value, _pair(name, value)) for name, values in query.lists() for value in values]

    def to(self, changes: Mapping[str, Iterable[str]]) -> str:
        """Return the address with these parameters replaced (by nothing: removed) and paging begun anew."""
        kept = [pair for name, _, pair in self.pairs if name not in changes and name not in PAGING]
        return self._address([*kept, *(_pair(name, value) for name, values in changes.items() for value in values)])

    def toggled(self, name: str, value: str) -> str:
        chosen = [v for n, v, _ in self.pairs if n == name]
        return self.to({name: [v for v in chosen if v != value] if value in chosen else [*chosen, value]})

    def page(self, number: int) -> str:
        return self._address([*(pair for name, _, pair in self.pairs if name != "page"), f"page={number}"])

    def _address(self, pairs: list[str]) -> str:
        return f"{self.path}?{'&'.join(pairs)}" if pairs else self.path


def _pair(name: str, value: str) -> str:
    return f"{quote_plus(name)}={quote_plus(value)}"


@dataclass(frozen=True)
class FacetOption:
    """A value as a reader sees it: how many cases it would leave, whether it is chosen, where a click leads."""

    value: str
    label: str
    depth: int
    count: int
    chosen: bool
    href: str
    nothing: bool = False


@dataclass(frozen=True)
class FacetList:
    """One facet with its options, at their end `none` and the kinds of nothing."""

    name: str
    label: str
    options: list[FacetOption]
    open: bool

    @property
    def chosen(self) -> list[FacetOption]:
        return [option for option in self.options if option.chosen]


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

    def shown(option: Option, *, nothing: bool = False) -> FacetOption:
        value = option.value
        href = links.toggled(name, value)
        return FacetOption(value, option.label, option.depth, counts[value], value in chosen, href, nothing)

    def occurs(option: Option) -> bool:
        return bool(counts[option.value]) or option.value in chosen

    options = [shown(option) for option in column.options() if name not in OFFERED_IN_USE or occurs(option)]
    terms = {option.value for option in options}  # one of them is called as a kind of nothing is, and includes it
    kinds = [kind for kind in OF_NOTHING if kind.value not in terms]
    options += [shown(kind, nothing=True) for kind in kinds if kind.value == NOTHING or occurs(kind)]
    return FacetList(name, str(column.label), options, bool(chosen) or name not in STAYS_CLOSED)


def tree(shown: FacetList) -> list[tuple[FacetOption, list[FacetOption]]]:
    """Return each broad option with its narrower ones."""
    found: list[tuple[FacetOption, list[FacetOption]]] = []
    for option in shown.options:
        if option.nothing:
            break
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


CODED = ("kind", "verdict", "evidence_level", "evidence_direction")


def cards(asked: CaseFilterSet, start: int, stop: int) -> list[Case]:
    """Return some of the cases that answer, in order, with what a card prints: four queries, and the codebook."""
    found = list(asked.in_order().with_cards()[start:stop])
    terms = asked.codebook.by_id
    for case in found:
        for name in CODED:
            setattr(case, name, terms.get(getattr(case, f"{name}_id")))
        for arrangement in case.arrangements.all():
            arrangement.type = terms[arrangement.type_id]
            arrangement.type.broader = terms.get(arrangement.type.broader_id or 0)
    return found


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
