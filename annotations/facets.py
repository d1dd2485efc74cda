"""What surrounds an answer of notes: counts, pills, orders, the page of it.

Every number is a promise: following its link gives exactly that many notes. A facet leaves its own choice aside. Of an
open list those values are shown that the answer has, the most frequent first, and those that are chosen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from django.db.models import Count, Prefetch, Q, QuerySet

from cases.facets import FacetList, FacetOption, Links, Pill, Sort
from taxonomy.models import Term

from .filters import CLOSED, NONE, SORTS, UNCODED, NoteFilterSet
from .models import Annotation, AnnotationQuerySet, Code, Tag
from .records import code_of

PAGE_SIZE = 20
MOST_SHOWN = 20
"""How many values of an open list are offered."""
BROADER = {"highlight": 1}
"""How deep values stand under a broader one."""


class Value(NamedTuple):
    """A value of a facet with the number of notes that it would leave."""

    value: str
    label: str
    notes: int
    depth: int = 0


def facets(asked: NoteFilterSet, links: Links, leaving: Collection[str] = ()) -> list[FacetList]:
    """Return every facet but those to leave out; one whose values nobody has or chose says nothing and is not shown."""
    shown = (_facet(asked, name, links) for name in asked.FACETS if name not in leaving)
    return [each for each in shown if each.options]


def _facet(asked: NoteFilterSet, name: str, links: Links) -> FacetList:
    notes = asked.without(name) if name in asked.asked else asked.found
    values = _closed(asked, name, notes) if name in CLOSED else OPEN[name](asked, notes)
    label = str(asked.fields[name].label)
    if name not in CLOSED and name != "code":
        values, label = _most(asked, name, values, label)
    return FacetList(name, label, [_option(asked, name, value, links) for value in values])


def _option(asked: NoteFilterSet, name: str, value: Value, links: Links) -> FacetOption:
    chosen = value.value in asked.asked.get(name, ())
    own = [each for other, each, _ in links.pairs if other == name]
    url = links.without(name, value.value) if chosen else links.to({name: [*own, value.value]})
    nothing = value.value == NONE and name in NOTHING
    key = quote(value.value, safe="")  # a tag may hold anything; the page makes an id of it
    return FacetOption(key, value.label, value.depth, value.notes, chosen, nothing, url)


NOTHING = ("code", "placement")
"""The facets in which `none` means that there is nothing."""


def _most(asked: NoteFilterSet, name: str, values: Sequence[Value], label: str) -> tuple[list[Value], str]:
    """Return the most frequent values and the chosen ones, in the order of their words; and what the list is called."""
    chosen = dict(zip(asked.asked.get(name, ()), asked.labels(name), strict=True))
    shown = {value.value: value for value in sorted(values, key=lambda value: -value.notes)[:MOST_SHOWN]}
    there = {value.value: value for value in values if value.value in chosen}
    none_left = {value: Value(value, words, 0) for value, words in chosen.items()}
    offered = sorted((none_left | shown | there).values(), key=lambda value: (value.label.casefold(), value.value))
    return offered, f"{label}, the most used" if len(values) > MOST_SHOWN else label


# The values of each facet


def _closed(asked: NoteFilterSet, name: str, notes: AnnotationQuerySet) -> list[Value]:
    """Count every value of a closed list. One query."""
    counted = {f"n{at}": Count("pk", filter=each) for at, each in enumerate(CLOSED[name].values())}
    counts = notes.aggregate(**counted).values()
    words = asked.choices(name)
    pairs = zip(CLOSED[name], counts, strict=True)
    return [Value(value, words[value], count, BROADER.get(value, 0)) for value, count in pairs]


def _authors(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[Value]:
    rows = _counted(notes.exclude(author=None), "author__username", "author__name")
    return [Value(username, name or username, count) for username, name, count in rows]


def _groups(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[Value]:
    return [Value(*row) for row in _counted(notes.exclude(group=None), "group__uid", "group__name")]


def _cases(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[Value]:
    rows = _counted(notes.exclude(case=None), "case__slug", "case__title")
    return [Value(slug, title or slug, count) for slug, title, count in rows]


def _tags(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[Value]:
    rows = _counted(Tag.objects.filter(annotation__in=notes.values("pk")).order_by(), "label")
    return [Value(label, label, count) for label, count in rows]


def _counted(rows: QuerySet[Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield what stands in columns, and how often. One query."""
    yield from rows.values_list(*columns).annotate(number=Count("pk"))


def _codes(asked: NoteFilterSet, notes: AnnotationQuerySet) -> list[Value]:
    """Count the terms that notes are coded with, each with its narrower ones, and the notes without. Three queries."""
    rows = Code.objects.filter(annotation__in=notes.values("pk")).order_by()
    counts = {term: count for term, count in _counted(rows, "term") if count}
    counts |= _broad(asked, rows, counts)
    chosen = asked.asked.get("code", ())
    shown = [
        Value(code_of(term), str(term), counts.get(term.pk, 0), 1 if term.broader_id else 0)
        for group in sorted(asked.codebook.terms.values(), key=lambda terms: terms[0].vocabulary.order)
        for term in group
        if counts.get(term.pk) or code_of(term) in chosen
    ]
    uncoded = notes.filter(UNCODED).count()
    return [*shown, Value(NONE, asked.codes([])[NONE], uncoded)] if shown or uncoded else []


def _broad(asked: NoteFilterSet, rows: QuerySet[Code], counts: Mapping[int, int]) -> dict[int, int]:
    """Count the terms that have narrower ones: a note once, with however many of them it is coded."""
    within = {
        term.pk: keys
        for vocabulary, terms in asked.codebook.terms.items()
        for term in terms
        if len(keys := asked.codebook.with_narrower(vocabulary, [term.slug])) > 1 and keys & counts.keys()
    }
    counted = {f"t{key}": Count("annotation", Q(term__in=keys), distinct=True) for key, keys in within.items()}
    return {int(name[1:]): count for name, count in rows.aggregate(**counted).items()}


OPEN = {"group": _groups, "author": _authors, "case": _cases, "code": _codes, "tag": _tags}


# Pills, orders, pages


def pills(asked: NoteFilterSet, links: Links, leaving: Collection[str] = ()) -> list[Pill]:
    """Return each choice of the question, removable."""
    found = []
    for name in asked.FACETS:
        if name not in leaving:
            chosen = zip(asked.asked.get(name, ()), asked.labels(name), strict=True)
            found += [Pill(str(asked.fields[name].label), words, links.without(name, value)) for value, words in chosen]
    if "q" in asked.asked:
        found.append(Pill("search", f"“{asked.asked['q']}”", links.to({"q": []})))
    return found


def sorts(asked: NoteFilterSet) -> list[Sort]:
    """Return the orders one can choose."""
    now = asked.asked.get("sort", next(iter(SORTS)))
    return [Sort(value, label, value == now) for value, label in SORTS.items()]


class Label(NamedTuple):
    """A code or tag of a note, with the address of the notes that have it; `type` is a code's broadest type, if any."""

    parameter: str
    words: str
    url: str
    type: str = ""


class Listed(NamedTuple):
    """A note as it stands in a list."""

    note: Annotation
    labels: list[Label]


class Page(NamedTuple):
    """The notes of page `number` of `last`, from 1."""

    number: int
    last: int
    notes: list[Listed]
    earlier: str | None
    later: str | None


def page(asked: NoteFilterSet, links: Links) -> Page | None:
    """Return the page asked for, or None where there are not so many."""
    size = asked.asked.get("page_size", PAGE_SIZE)
    number = asked.asked.get("page", 1)
    last = max(-(-asked.total // size), 1)
    if number > last:
        return None
    notes = listed(asked.notes)[(number - 1) * size : number * size]
    return Page(
        number,
        last,
        [Listed(note, list(_labels(note, links))) for note in notes],
        links.page(number - 1) if number > 1 else None,
        links.page(number + 1) if number < last else None,
    )


def _labels(note: Annotation, links: Links) -> Iterator[Label]:
    for term in note.codes.all():
        code = code_of(term)
        broad = (term.broader or term).slug if term.vocabulary.slug == "type" else ""
        yield Label("code", str(term), links.to({"code": [code]}), broad)
    for tag in note.tags.all():
        yield Label("tag", f"#{tag.label}", links.to({"tag": [tag.label]}))


def listed(notes: AnnotationQuerySet) -> AnnotationQuerySet:
    """Fetch along what a note is printed with in a list, but not the narrative of its case."""
    codes = Prefetch("codes", Term.objects.select_related("vocabulary", "broader"))
    kin = notes.select_related("case", "author", "group", "parent__author", "thread").prefetch_related("tags", codes)
    return kin.defer("case__narrative", "case__summary")
