"""The parts of a list of notes: facet counts, pills, sort orders, pages.

Following the link of a facet value gives exactly as many notes as its count says. A facet ignores its own choice when
it counts. Facets with open lists offer the most frequent values of the results, and the chosen ones.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from django.db.models import Count, Prefetch, Q, QuerySet

from cases.query.facets import FacetList, FacetOption, FilterPill, QueryLinks, SortOption
from plaintext.collation import collate
from taxonomy.models import Term

from ..models import Annotation, AnnotationQuerySet, Code, Tag
from ..records import term_code
from .filters import CLOSED_FACETS, NO_VALUE, NOTE_SORTS, WITHOUT_CODES, NoteFilterSet

NOTES_PER_PAGE = 20
MAX_FACET_OPTIONS = 20
"""How many values of an open list are offered, besides chosen ones."""
VALUE_DEPTHS = {"highlight": 1}
"""The indentation of values that belong to a broader one."""


class NoteFacetValue(NamedTuple):
    """A value of a facet and the number of notes that have it."""

    value: str
    label: str
    notes: int
    depth: int = 0


def note_facets(filterset: NoteFilterSet, links: QueryLinks, leaving: Collection[str] = ()) -> list[FacetList]:
    """All facets except `leaving`; facets without values are left out, too."""
    facets = (_facet(filterset, name, links) for name in filterset.FACETS if name not in leaving)
    return [facet for facet in facets if facet.options]


def _facet(filterset: NoteFilterSet, name: str, links: QueryLinks) -> FacetList:
    notes = filterset.without(name) if name in filterset.params else filterset.found
    values = _closed_values(filterset, name, notes) if name in CLOSED_FACETS else OPEN_FACETS[name](filterset, notes)
    label = str(filterset.fields[name].label)
    if name not in CLOSED_FACETS and name != "code":
        values, label = _most_frequent(filterset, name, values, label)
    return FacetList(name, label, [_option(filterset, name, value, links) for value in values])


def _option(filterset: NoteFilterSet, name: str, value: NoteFacetValue, links: QueryLinks) -> FacetOption:
    chosen = value.value in filterset.params.get(name, ())
    own = [each for other, each, _ in links.pairs if other == name]
    url = links.without(name, value.value) if chosen else links.to({name: [*own, value.value]})
    nothing = value.value == NO_VALUE and name in FACETS_WITH_NONE
    key = quote(value.value, safe="")  # a tag may contain any character; the page uses it in an id
    return FacetOption(key, value.label, value.depth, value.notes, chosen, nothing, url)


FACETS_WITH_NONE = ("code", "placement")
"""Facets in which the value `none` means "without any"."""


def _most_frequent(
    filterset: NoteFilterSet, name: str, values: Sequence[NoteFacetValue], label: str
) -> tuple[list[NoteFacetValue], str]:
    """The most frequent and the chosen values, by label; and the facet's label, which says if the list was cut."""
    chosen = dict(zip(filterset.params.get(name, ()), filterset.labels(name), strict=True))
    frequent = {value.value: value for value in sorted(values, key=lambda value: -value.notes)[:MAX_FACET_OPTIONS]}
    chosen_found = {value.value: value for value in values if value.value in chosen}
    chosen_missing = {value: NoteFacetValue(value, words, 0) for value, words in chosen.items()}
    offered = sorted(
        (chosen_missing | frequent | chosen_found).values(), key=lambda value: (collate(value.label), value.value)
    )
    return offered, f"{label}, the most used" if len(values) > MAX_FACET_OPTIONS else label


# The values of each facet


def _closed_values(filterset: NoteFilterSet, name: str, notes: AnnotationQuerySet) -> list[NoteFacetValue]:
    """Count every value of a closed list in one query."""
    counted = {f"n{at}": Count("pk", filter=each) for at, each in enumerate(CLOSED_FACETS[name].values())}
    counts = notes.aggregate(**counted).values()
    words = filterset.choices(name)
    pairs = zip(CLOSED_FACETS[name], counts, strict=True)
    return [NoteFacetValue(value, words[value], count, VALUE_DEPTHS.get(value, 0)) for value, count in pairs]


def _authors(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[NoteFacetValue]:
    rows = _count_by(notes.exclude(author=None), "author__username", "author__name")
    return [NoteFacetValue(username, name or username, count) for username, name, count in rows]


def _groups(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[NoteFacetValue]:
    return [NoteFacetValue(*row) for row in _count_by(notes.exclude(group=None), "group__uid", "group__name")]


def _cases(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[NoteFacetValue]:
    rows = _count_by(notes.exclude(case=None), "case__slug", "case__title")
    return [NoteFacetValue(slug, title or slug, count) for slug, title, count in rows]


def _tags(_: NoteFilterSet, notes: AnnotationQuerySet) -> list[NoteFacetValue]:
    rows = _count_by(Tag.objects.filter(annotation__in=notes.values("pk")).order_by(), "label")
    return [NoteFacetValue(label, label, count) for label, count in rows]


def _count_by(rows: QuerySet[Any], *columns: str) -> Iterator[tuple[Any, ...]]:
    """Distinct values of columns, each with its count, in one query."""
    yield from rows.values_list(*columns).annotate(number=Count("pk"))


def _codes(filterset: NoteFilterSet, notes: AnnotationQuerySet) -> list[NoteFacetValue]:
    """Count the terms of notes, each including its narrower ones, and the notes without terms, in three queries."""
    rows = Code.objects.filter(annotation__in=notes.values("pk")).order_by()
    counts = {term: count for term, count in _count_by(rows, "term") if count}
    counts |= _count_broad_terms(filterset, rows, counts)
    chosen = filterset.params.get("code", ())
    shown = [
        NoteFacetValue(term_code(term), str(term), counts.get(term.pk, 0), 1 if term.broader_id else 0)
        for group in sorted(filterset.codebook.terms.values(), key=lambda terms: terms[0].vocabulary.order)
        for term in group
        if counts.get(term.pk) or term_code(term) in chosen
    ]
    uncoded = notes.filter(WITHOUT_CODES).count()
    return [*shown, NoteFacetValue(NO_VALUE, filterset.codes([])[NO_VALUE], uncoded)] if shown or uncoded else []


def _count_broad_terms(filterset: NoteFilterSet, rows: QuerySet[Code], counts: Mapping[int, int]) -> dict[int, int]:
    """Count notes for the terms that have narrower ones; a note with several of them counts once."""
    within = {
        term.pk: keys
        for vocabulary, terms in filterset.codebook.terms.items()
        for term in terms
        if len(keys := filterset.codebook.with_narrower(vocabulary, [term.slug])) > 1 and keys & counts.keys()
    }
    counted = {f"t{key}": Count("annotation", Q(term__in=keys), distinct=True) for key, keys in within.items()}
    return {int(name[1:]): count for name, count in rows.aggregate(**counted).items()}


OPEN_FACETS = {"group": _groups, "author": _authors, "case": _cases, "code": _codes, "tag": _tags}


# Pills, sort orders, pages


def note_pills(filterset: NoteFilterSet, links: QueryLinks, leaving: Collection[str] = ()) -> list[FilterPill]:
    """A pill with a link to remove it, for each choice of the query."""
    found = []
    for name in filterset.FACETS:
        if name not in leaving:
            chosen = zip(filterset.params.get(name, ()), filterset.labels(name), strict=True)
            found += [
                FilterPill(str(filterset.fields[name].label), words, links.without(name, value))
                for value, words in chosen
            ]
    if "q" in filterset.params:
        found.append(FilterPill("search", f"“{filterset.params['q']}”", links.to({"q": []})))
    return found


def note_sort_options(filterset: NoteFilterSet) -> list[SortOption]:
    now = filterset.params.get("sort", next(iter(NOTE_SORTS)))
    return [SortOption(value, label, value == now) for value, label in NOTE_SORTS.items()]


class NoteLabel(NamedTuple):
    """A code or tag of a note, linked to the notes that have it; `type` is the code's top-level type, if it is one."""

    parameter: str
    words: str
    url: str
    type: str = ""


class ListedNote(NamedTuple):
    """A note as a list shows it."""

    note: Annotation
    labels: list[NoteLabel]


class NotesPage(NamedTuple):
    """The notes of page `number` of `last`, counted from 1."""

    number: int
    last: int
    notes: list[ListedNote]
    earlier: str | None
    later: str | None


def notes_page(filterset: NoteFilterSet, links: QueryLinks) -> NotesPage | None:
    """The requested page; None if there are fewer pages."""
    size = filterset.params.get("page_size", NOTES_PER_PAGE)
    number = filterset.params.get("page", 1)
    last = max(-(-filterset.total // size), 1)
    if number > last:
        return None
    notes = with_listing_related(filterset.notes)[(number - 1) * size : number * size]
    return NotesPage(
        number,
        last,
        [ListedNote(note, list(_labels(note, links))) for note in notes],
        links.page(number - 1) if number > 1 else None,
        links.page(number + 1) if number < last else None,
    )


def _labels(note: Annotation, links: QueryLinks) -> Iterator[NoteLabel]:
    for term in note.codes.all():
        code = term_code(term)
        broad = (term.broader or term).slug if term.vocabulary.slug == "type" else ""
        yield NoteLabel("code", str(term), links.to({"code": [code]}), broad)
    for tag in note.tags.all():
        yield NoteLabel("tag", f"#{tag.label}", links.to({"tag": [tag.label]}))


def with_listing_related(notes: AnnotationQuerySet) -> AnnotationQuerySet:
    """Prefetch everything that a list shows of notes, without the long texts of their cases."""
    codes = Prefetch("codes", Term.objects.select_related("vocabulary", "broader"))
    related = notes.select_related("case", "author", "group", "parent__author", "thread").prefetch_related(
        "tags", codes
    )
    return related.defer("case__narrative", "case__summary")
