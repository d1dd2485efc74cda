"""What a results page shows around the cases: facets with counts, links, pills, the query in words, cards, Table 20.1.

Following the link of a count gives exactly that many cases. The counts of a facet ignore the choices made in that
facet; those of the table ignore the choices on its three axes. Links are made here; templates only print them. The JSON
results have the same contents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote_plus

import msgspec
from django.http import QueryDict
from django.urls import reverse

from ..derived.representations import load_representations
from ..models import ORIGIN_PLACEHOLDER
from .dimensions import (
    ABSENCE_VALUES,
    ValueCounts,
    sort_order,
)
from .parameters import MAX_FOUND_VALUES, SORT_CHOICES, TOP_VALUES_SHOWN, CaseFilterSet, DisplayedValue

PAGING_PARAMETERS = ("page", "page_size", "cursor", "format", "fields", "labels")
COLLAPSED_FACETS = ("source", "country", "direction", "kind", "out_of_step", "origin", "status")
WITHIN_PARAMETER = "within"
NO_CHANGE: Mapping[str, Iterable[str]] = {}


class QueryLinks:
    """URLs that differ from the current query by one choice."""

    def __init__(self, query: QueryDict, path: str = "", facets_path: str = "") -> None:
        self.path = path or case_list_path()
        self.facets_path = facets_path or f"{case_list_path()}facets/"
        self.pairs = [(name, value, _pair(name, value)) for name, values in query.lists() for value in values]

    def to(self, changes: Mapping[str, Iterable[str]]) -> str:
        """Return the URL with these parameters replaced, or removed if they have no values, and paging reset."""
        pairs = [pair for name, _, pair in self.pairs if name not in changes and name not in PAGING_PARAMETERS]
        return self._url([*pairs, *(_pair(name, value) for name, values in changes.items() for value in values)])

    def adding(self, name: str, changes: Mapping[str, Iterable[str]] = NO_CHANGE) -> str:
        """Return the URL with one more value, without that value; append one that needs no quoting."""
        begin = self.to(changes)
        return f"{begin}{'&' if '?' in begin else '?'}{name}="

    def without(self, name: str, value: str) -> str:
        """Return the URL with one value removed."""
        return self.to({name: [each for other, each, _ in self.pairs if other == name and each != value]})

    def page(self, number: int) -> str:
        """Return the URL of another page."""
        return self._url([*(pair for name, _, pair in self.pairs if name != "page"), f"page={number}"])

    def finding(self, name: str) -> str:
        """Return the URL at which values of a facet can be searched; the query's `q` becomes `within` there."""
        pairs = [
            _pair(WITHIN_PARAMETER if each == "q" else each, value)
            for each, value, _ in self.pairs
            if each not in (*PAGING_PARAMETERS, "sort")
        ]
        path = f"{self.facets_path}{name}/"
        return f"{path}?{'&'.join(pairs)}" if pairs else path

    def _url(self, pairs: list[str]) -> str:
        return f"{self.path}?{'&'.join(pairs)}" if pairs else self.path


@lru_cache(1)
def case_list_path() -> str:
    return reverse("cases:list")


def _pair(name: str, value: str) -> str:
    return f"{quote_plus(name)}={quote_plus(value)}"


class FacetOption(msgspec.Struct, frozen=True, gc=False):
    """A value as shown to a reader; `count` is the number of cases it gives, `url` the link that toggles it."""

    value: str
    label: str
    depth: int
    count: int
    chosen: bool
    nothing: bool
    url: str


class FacetList(msgspec.Struct, frozen=True, omit_defaults=True):
    """One facet with its options, the last of which are `none` and the kinds of nothing.

    If it is `truncated`, it has `number` values, of which those with the most cases and the chosen ones are options.
    """

    name: str
    label: str
    options: list[FacetOption]
    truncated: bool = False
    number: int = 0
    find: str = ""
    """The URL for searching its other values within the current query; see `QueryLinks.finding`."""

    @property
    def chosen(self) -> list[FacetOption]:
        return [option for option in self.options if option.chosen]

    @property
    def open(self) -> bool:
        """Whether it is expanded initially."""
        return self.name not in COLLAPSED_FACETS or bool(self.chosen)


class FilterPill(msgspec.Struct, frozen=True, gc=False):
    """A choice in words, with the URL that removes it."""

    label: str
    words: str
    url: str


def build_facets(filterset: CaseFilterSet, links: QueryLinks) -> list[FacetList]:
    """Return every facet with its counts; the status facet only for readers who see unpublished cases."""
    counts = shown_counts(filterset, filterset.shown_facets)
    return [_facet(filterset, name, counts[name], links) for name in filterset.shown_facets]


def shown_counts(filterset: CaseFilterSet, names: Sequence[str]) -> dict[str, ValueCounts]:
    """Return the number of cases by value for each of these facets; for a long facet, only of the values shown."""
    found = dict(filterset.answer.counts([name for name in names if name not in filterset.grammar.long]))
    for name in filterset.grammar.long.intersection(names):
        found[name] = filterset.answer.top(name, TOP_VALUES_SHOWN, [*filterset.params.get(name, ()), *ABSENCE_VALUES])
    return {name: found[name] for name in names}


def build_facet(filterset: CaseFilterSet, name: str, links: QueryLinks) -> FacetList:
    return _facet(filterset, name, shown_counts(filterset, [name])[name], links)


MAX_FACET_SEARCH_LENGTH = 100  # characters


def split_facet_search(query: QueryDict) -> tuple[str, QueryDict]:
    """Return the words to search a facet's values for, and the query in which the values are counted.

    In a search for values, `q` has the words for the values, and `within` those for the cases.
    """
    case_query = query.copy()
    words = "".join(case_query.pop("q", [""])).replace("\0", "")[:MAX_FACET_SEARCH_LENGTH]
    if WITHIN_PARAMETER in case_query:
        case_query.setlist("q", case_query.pop(WITHIN_PARAMETER))
    return words.strip(), case_query


def search_facet(filterset: CaseFilterSet, name: str, words: str, links: QueryLinks) -> FacetList:
    """Return a facet with the values whose labels contain all these words; `truncated` if there are too many."""
    values = filterset.grammar.found(name, words)
    counts = (
        filterset.answer.top(name, 0, values)
        if name in filterset.grammar.long
        else filterset.answer.counts([name])[name]
    )
    frames = [frame for frame in displayed_values(filterset, name, values) if frame.value in values[:MAX_FOUND_VALUES]]
    shown = _options(filterset, name, frames, counts, links)
    return FacetList(name, filterset.grammar.names[name], shown, truncated=len(values) > MAX_FOUND_VALUES)


def displayed_values(filterset: CaseFilterSet, name: str, values: Iterable[str]) -> Sequence[DisplayedValue]:
    """Return the values of a facet in display order; of a long facet, only these `values`."""
    frames = filterset.grammar.frames[name]
    if name not in filterset.grammar.long:
        return frames
    known = filterset.grammar.known(name, [value for value in values if value not in ABSENCE_VALUES])
    return [*(DisplayedValue(value, label, 0, nothing=False, always=True) for value, label in known.items()), *frames]


def _facet(filterset: CaseFilterSet, name: str, counts: ValueCounts, links: QueryLinks) -> FacetList:
    """Return a facet. Of a long list and of the kinds of nothing, it has the values that occur or are chosen."""
    chosen = filterset.params.get(name, ())
    frames = displayed_values(filterset, name, dict.fromkeys([*counts, *chosen]))
    if name not in filterset.grammar.long:
        some = [frame for frame in frames if frame.always or counts.get(frame.value) or frame.value in chosen]
        return FacetList(name, filterset.grammar.names[name], _options(filterset, name, some, counts, links))
    first = sorted(frames, key=lambda frame: (frame.nothing, -counts.get(frame.value, 0) * (not frame.nothing)))
    some = [frame for frame in first if not frame.nothing or frame.always or counts.get(frame.value)]
    options = _options(filterset, name, some, counts, links)
    return FacetList(
        name,
        filterset.grammar.names[name],
        options,
        truncated=True,
        number=filterset.answer.size(name),
        find=links.finding(name),
    )


def _options(
    filterset: CaseFilterSet, name: str, frames: Iterable[DisplayedValue], counts: ValueCounts, links: QueryLinks
) -> list[FacetOption]:
    chosen = filterset.params.get(name, ())
    own = [value for each, value, _ in links.pairs if each == name]
    begin = links.adding(name, {name: own} if own else NO_CHANGE)
    return [
        FacetOption(
            value,
            label,
            depth,
            counts.get(value, 0),
            value in chosen,
            nothing,
            links.to({name: [each for each in chosen if each != value]}) if value in chosen else begin + value,
        )
        for value, label, depth, nothing, _ in frames
    ]


def option_tree(shown: FacetList) -> list[tuple[FacetOption, list[FacetOption]]]:
    """Return each broad option with its narrower ones, without the kinds of nothing."""
    found: list[tuple[FacetOption, list[FacetOption]]] = []
    for option in shown.options:
        if option.nothing:
            break
        if option.depth == 0:
            found.append((option, []))
        else:
            found[-1][1].append(option)
    return found


def filter_pills(filterset: CaseFilterSet, links: QueryLinks) -> list[FilterPill]:
    found = []
    for name, value in _narrowing_params(filterset):
        label = filterset.grammar.names[name]
        if isinstance(value, list):
            words = filterset.labels(name)
            others = {slug: [each for each in value if each != slug] for slug in value}
            found += [FilterPill(label, words[slug], links.to({name: rest})) for slug, rest in others.items()]
        else:
            found.append(FilterPill(label, _value_in_words(name, value), links.to({name: []})))
    return found


def _narrowing_params(filterset: CaseFilterSet) -> list[tuple[str, object]]:
    """Return the parameters other than those for paging and order."""
    return [(name, value) for name, value in filterset.params.items() if name not in (*PAGING_PARAMETERS, "sort")]


def _value_in_words(name: str, value: object) -> str:
    if name == "match":
        return "anywhere in the case" if value == "case" else "in one arrangement"
    return f"“{value}”" if name == "q" else str(value)


def query_in_words(filterset: CaseFilterSet) -> str:
    """Put a query in words, such as "type of co-delivery: peer support or joint action; sector: health"."""
    parts = []
    for name, value in _narrowing_params(filterset):
        words = filterset.labels(name)
        chosen_words = (
            " or ".join(words[slug] for slug in value) if isinstance(value, list) else _value_in_words(name, value)
        )
        parts.append(f"{filterset.grammar.names[name]}: {chosen_words}")
    return "; ".join(parts)


class SortOption(msgspec.Struct, frozen=True, gc=False):
    value: str
    label: str
    chosen: bool


def sort_options(filterset: CaseFilterSet) -> list[SortOption]:
    """Return the orders to choose from; best match only if the query has search words."""
    now = sort_order(filterset.params)
    return [
        SortOption(*each, each[0] == now)
        for each in SORT_CHOICES.items()
        if each[0] != "relevance" or "q" in filterset.params
    ]


# Cards


class CardArrangement(msgspec.Struct, frozen=True, gc=False):
    """An arrangement: slugs, and the kind of nothing where there is no mode."""

    type: str
    actor: list[str]
    mode: list[str]
    absent: str | None


class CardEvidence(msgspec.Struct, frozen=True, gc=False):
    level: str
    direction: str


class CardPlace(msgspec.Struct, frozen=True):
    name: str
    slug: str
    country: str


class Card(msgspec.Struct, frozen=True):
    """A case in the results; terms are slugs, whose labels are in the codebook."""

    slug: str
    title: str
    kind: str
    role: str | None
    state: str
    summary: str
    eligibility: str | None
    years: str
    places: list[CardPlace]
    sectors: list[str]
    evidence: CardEvidence | None
    arrangements: list[CardArrangement]
    arrangements_absent: str


CARD_DECODER = msgspec.json.Decoder(Card, strict=False)


def load_cards(keys: Sequence[int]) -> list[Card]:
    """Return the cards of these cases, in this order, with one query."""
    return [
        CARD_DECODER.decode(text.replace(ORIGIN_PLACEHOLDER.encode(), b""))
        for text in load_representations(keys, "card")
    ]
