"""What surrounds an answer: counts, links, pills, the words of the question, cards, Table 20.1.

Every number is a promise: following its link gives exactly that many cases. A facet leaves its own choice aside; the
table leaves its three axes aside. Links are made here, and templates only print them. All of it is what the results say
as JSON, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote_plus

import msgspec
from django.http import QueryDict
from django.urls import reverse

from .dimensions import AXES, FLAGS, KINDS_OF_NOTHING, NOTHING, Counts, sorting
from .filters import MAX_FOUND, SORTS, TOP, CaseFilterSet, Frame
from .models import ORIGIN
from .renderings import texts

PAGING = ("page", "page_size", "cursor", "format")
STAYS_CLOSED = ("source", "country", "direction", "kind", "status")
WITHIN = "within"
NO_CHANGE: Mapping[str, Iterable[str]] = {}


class Links:
    """Addresses that differ from a question by one choice."""

    def __init__(self, query: QueryDict, path: str = "", facets_path: str = "") -> None:
        self.path = path or list_path()
        self.facets_path = facets_path or f"{list_path()}facets/"
        self.pairs = [(name, value, _pair(name, value)) for name, values in query.lists() for value in values]

    def to(self, changes: Mapping[str, Iterable[str]]) -> str:
        """Return the address with these parameters replaced (by nothing: removed) and paging begun anew."""
        kept = [pair for name, _, pair in self.pairs if name not in changes and name not in PAGING]
        return self._address([*kept, *(_pair(name, value) for name, values in changes.items() for value in values)])

    def adding(self, name: str, changes: Mapping[str, Iterable[str]] = NO_CHANGE) -> str:
        """Return the beginning of the addresses with one value more; it needs no quoting, and is put behind."""
        begin = self.to(changes)
        return f"{begin}{'&' if '?' in begin else '?'}{name}="

    def without(self, name: str, value: str) -> str:
        """Return the address without one value."""
        return self.to({name: [each for other, each, _ in self.pairs if other == name and each != value]})

    def page(self, number: int) -> str:
        """Return the address of another page."""
        return self._address([*(pair for name, _, pair in self.pairs if name != "page"), f"page={number}"])

    def finding(self, name: str) -> str:
        """Return where one searches for values of a facet: the words for the cases are called `within` there."""
        kept = [
            _pair(WITHIN if each == "q" else each, value)
            for each, value, _ in self.pairs
            if each not in (*PAGING, "sort")
        ]
        path = f"{self.facets_path}{name}/"
        return f"{path}?{'&'.join(kept)}" if kept else path

    def _address(self, pairs: list[str]) -> str:
        return f"{self.path}?{'&'.join(pairs)}" if pairs else self.path


@lru_cache(1)
def list_path() -> str:
    """Return the address of the list of cases."""
    return reverse("cases:list")


def _pair(name: str, value: str) -> str:
    return f"{quote_plus(name)}={quote_plus(value)}"


class FacetOption(msgspec.Struct, frozen=True, gc=False):
    """A value as a reader sees it: how many cases it would leave, whether it is chosen, where a click leads."""

    value: str
    label: str
    depth: int
    count: int
    chosen: bool
    nothing: bool
    url: str


class FacetList(msgspec.Struct, frozen=True, omit_defaults=True):
    """One facet with its options, at their end `none` and the kinds of nothing.

    A `truncated` one has of its `number` of values those with the most cases, and those that are chosen.
    """

    name: str
    label: str
    options: list[FacetOption]
    truncated: bool = False
    number: int = 0
    find: str = ""
    """Where one searches for the other values of it, with the parameters of the question but for `q`."""

    @property
    def chosen(self) -> list[FacetOption]:
        """The options that are chosen."""
        return [option for option in self.options if option.chosen]

    @property
    def open(self) -> bool:
        """Whether it is shown at once."""
        return self.name not in STAYS_CLOSED or bool(self.chosen)


class Pill(msgspec.Struct, frozen=True, gc=False):
    """A choice in words, with the address that is without it."""

    label: str
    words: str
    url: str


def facets(asked: CaseFilterSet, links: Links) -> list[FacetList]:
    """Return every facet with its counts; the status is shown to those who see more than one."""
    counts = counts_of(asked, asked.shown_facets)
    return [_facet(asked, name, counts[name], links) for name in asked.shown_facets]


def counts_of(asked: CaseFilterSet, names: Sequence[str]) -> dict[str, Counts]:
    """Return how many cases the values of each of these facets leave; of a long one only those that are shown."""
    found = dict(asked.answer.counts([name for name in names if name not in asked.grammar.long]))
    for name in asked.grammar.long.intersection(names):
        found[name] = asked.answer.top(name, TOP, [*asked.asked.get(name, ()), *KINDS_OF_NOTHING])
    return {name: found[name] for name in names}


def facet(asked: CaseFilterSet, name: str, links: Links) -> FacetList:
    """Return one facet."""
    return _facet(asked, name, counts_of(asked, [name])[name], links)


MOST_WORDS = 100  # letters of what values of a facet are searched for


def finding(query: QueryDict) -> tuple[str, QueryDict]:
    """Return the words that values of a facet are searched for, and the question that they are counted in.

    What the cases are searched for is called `within` where `q` is what the values are searched for.
    """
    asked = query.copy()
    words = "".join(asked.pop("q", [""])).replace("\0", "")[:MOST_WORDS]
    if WITHIN in asked:
        asked.setlist("q", asked.pop(WITHIN))
    return words.strip(), asked


def found_in(asked: CaseFilterSet, name: str, words: str, links: Links) -> FacetList:
    """Return those values of a facet in whose words all of some words stand; `truncated` where there are too many."""
    values = asked.grammar.found(name, words)
    counts = asked.answer.top(name, 0, values) if name in asked.grammar.long else asked.answer.counts([name])[name]
    frames = [frame for frame in frames_of(asked, name, values) if frame.value in values[:MAX_FOUND]]
    shown = _shown(asked, name, frames, counts, links)
    return FacetList(name, asked.grammar.names[name], shown, truncated=len(values) > MAX_FOUND)


def frames_of(asked: CaseFilterSet, name: str, values: Iterable[str]) -> Sequence[Frame]:
    """Return the values of a facet in reading order as they are shown; of a long one only some of its `values`."""
    frames = asked.grammar.frames[name]
    if name not in asked.grammar.long:
        return frames
    known = asked.grammar.known(name, [value for value in values if value not in KINDS_OF_NOTHING])
    return [*(Frame(value, label, 0, nothing=False, always=True) for value, label in known.items()), *frames]


def _facet(asked: CaseFilterSet, name: str, counts: Counts, links: Links) -> FacetList:
    """Return a facet: every value, and of a long list and of the kinds of nothing those that occur or are chosen."""
    chosen = asked.asked.get(name, ())
    frames = frames_of(asked, name, dict.fromkeys([*counts, *chosen]))
    if name not in asked.grammar.long:
        some = [frame for frame in frames if frame.always or counts.get(frame.value) or frame.value in chosen]
        return FacetList(name, asked.grammar.names[name], _shown(asked, name, some, counts, links))
    first = sorted(frames, key=lambda frame: (frame.nothing, -counts.get(frame.value, 0) * (not frame.nothing)))
    some = [frame for frame in first if not frame.nothing or frame.always or counts.get(frame.value)]
    options = _shown(asked, name, some, counts, links)
    return FacetList(
        name,
        asked.grammar.names[name],
        options,
        truncated=True,
        number=asked.answer.size(name),
        find=links.finding(name),
    )


def _shown(asked: CaseFilterSet, name: str, frames: Iterable[Frame], counts: Counts, links: Links) -> list[FacetOption]:
    """Return values as a reader sees them, each with where a click leads."""
    chosen = asked.asked.get(name, ())
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


def pills(asked: CaseFilterSet, links: Links) -> list[Pill]:
    """Return each choice of the question, removable."""
    found = []
    for name, value in _narrowing(asked):
        label = asked.grammar.names[name]
        if isinstance(value, list):
            words = asked.labels(name)
            others = {slug: [each for each in value if each != slug] for slug in value}
            found += [Pill(label, words[slug], links.to({name: rest})) for slug, rest in others.items()]
        else:
            found.append(Pill(label, _said(name, value), links.to({name: []})))
    return found


def _narrowing(asked: CaseFilterSet) -> list[tuple[str, object]]:
    """Return what is asked for without the paging and the order."""
    return [(name, value) for name, value in asked.asked.items() if name not in (*PAGING, "sort")]


def _said(name: str, value: object) -> str:
    if name == "match":
        return "anywhere in the case" if value == "case" else "in one arrangement"
    return f"“{value}”" if name == "q" else str(value)


def in_words(asked: CaseFilterSet) -> str:
    """Say the question: "type of co-delivery: peer support or joint action; sector: health"; empty for all cases."""
    parts = []
    for name, value in _narrowing(asked):
        words = asked.labels(name)
        said = " or ".join(words[slug] for slug in value) if isinstance(value, list) else _said(name, value)
        parts.append(f"{asked.grammar.names[name]}: {said}")
    return "; ".join(parts)


class Sort(msgspec.Struct, frozen=True, gc=False):
    """An order of the cases."""

    value: str
    label: str
    chosen: bool


def sorts(asked: CaseFilterSet) -> list[Sort]:
    """Return the orders one can choose; best match only where words are searched."""
    now = sorting(asked.asked)
    return [Sort(*each, each[0] == now) for each in SORTS.items() if each[0] != "relevance" or "q" in asked.asked]


# Cards


class CardArrangement(msgspec.Struct, frozen=True, gc=False):
    """What one group does, one way: slugs, and which kind of nothing where there is no mode."""

    type: str
    actor: list[str]
    mode: list[str]
    absent: str | None


class CardEvidence(msgspec.Struct, frozen=True, gc=False):
    """Slugs of the level and the direction of the evidence."""

    level: str
    direction: str


class Card(msgspec.Struct, frozen=True):
    """What the results say of a case: slugs where the codebook has the words."""

    slug: str
    title: str
    kind: str
    state: str
    summary: str
    eligibility: str | None
    years: str
    places: list[str]
    sectors: list[str]
    evidence: CardEvidence | None
    arrangements: list[CardArrangement]
    arrangements_absent: str


CARD = msgspec.json.Decoder(Card, strict=False)


def cards(keys: Sequence[int]) -> list[Card]:
    """Return the cards of these cases, in this order. One query."""
    return [CARD.decode(text.replace(ORIGIN.encode(), b"")) for text in texts(keys, "card")]


# Table 20.1

MODES = (*FLAGS["mode"], NOTHING)


class Cell(msgspec.Struct, frozen=True, gc=False):
    """The cases with one type, co-producer and mode in one arrangement, and how many of them name evidence."""

    actor: str
    mode: str
    count: int
    evident: int
    url: str

    @property
    def actor_words(self) -> str:
        """The co-producer in words."""
        return "service users" if self.actor == "user" else "communities"

    @property
    def mode_words(self) -> str:
        """The mode in words."""
        return "mode not said" if self.mode == NOTHING else self.mode


class Row(msgspec.Struct, frozen=True):
    """A type with its six cells; `total` counts each case once."""

    type: str
    label: str
    depth: int
    total: int
    url: str
    cells: list[Cell]


class Matrix(msgspec.Struct, frozen=True):
    """Table 20.1 over the cases of a question, whose choices of type, co-producer and mode are left aside."""

    coded: int
    uncoded: int
    uncoded_url: str
    rows: list[Row]

    @property
    def largest(self) -> int:
        """The number of the fullest cell."""
        return max((cell.count for row in self.rows for cell in row.cells), default=0)


def matrix(asked: CaseFilterSet, links: Links) -> Matrix:
    """Return the table."""
    table = asked.answer.table()
    aside: dict[str, list[str]] = {name: [] for name in (*AXES, "match")}
    begin = links.adding("type", aside)
    rows = [
        Row(
            option.value,
            option.label,
            option.depth,
            table.cells[option.value, "", ""][0],
            begin + option.value,
            [
                Cell(
                    actor,
                    mode,
                    *table.cells[option.value, actor, mode],
                    f"{begin}{option.value}&actor={actor}&mode={mode}",
                )
                for actor in FLAGS["actor"]
                for mode in MODES
            ],
        )
        for option in asked.grammar.options["type"]
    ]
    return Matrix(table.coded, table.uncoded, begin + NOTHING, rows)
