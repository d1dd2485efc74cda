"""Every query parameter of the catalogue, declared once.

The page, the API and every export build a `CaseFilterSet` from the query string and the reader. Different parameters
are combined with "and", repeated values of one with "or". `none` and the four kinds of nothing are values of every
facet, and a term includes its narrower terms. An invalid query has no results, and `problems` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache, partial, reduce
from operator import or_
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q, QuerySet, TextChoices
from django.http import QueryDict
from django_countries import countries

from taxonomy.codebook import Codebook
from taxonomy.nearest import candidate_words, nearest

from .. import schema
from ..models import Case, CaseQuerySet, Citation, Doubt, Origin, Source, State
from ..models.case import Reader, sees_drafts
from ..models.snapshot import catalogue_versions
from ..schema import FORMER_KINDS, nodes
from ..search.engine import SearchQuery
from . import build, export_formats
from .bitmaps import BitmapResult
from .dimensions import ABSENCE_VALUES, AXES, DIMENSIONS, NONE_RECORDED, QueryResult, stable_sort
from .groups import count_words
from .positions import Position
from .sql import SqlResult

MAX_PAGE_SIZE = 200
FACETS_WITHOUT_UNUSED = ("country",)  # too many values to show those without cases
FACETS_FOR_CURATORS = ("out_of_step", "origin", "status")  # others see published cases, and of each how it was coded
MAX_REPORTED_PROBLEMS = 20
MAX_VALUES_LISTED = 100  # of a longer list only the top values are shown, and the others can be searched for
TOP_VALUES_SHOWN = 25  # of a long list
MAX_CHOSEN_VALUES = 100  # of a long list, since every link contains them all
MAX_FOUND_VALUES = 50  # in a search for values
MAX_FORMER_VALUES = 10_000  # of a list that is not long
SORT_CHOICES = {
    "relevance": "best match",
    "title": "title, A to Z",
    "-title": "title, Z to A",
    "year": "first year, oldest first",
    "-year": "first year, newest first",
    "updated": "changed, longest ago first",
    "-updated": "changed, latest first",
}


class FacetValue(NamedTuple):
    """One value of a facet; `depth` is 0 for the broadest terms."""

    value: str
    label: str
    depth: int = 0
    retired: bool = False


class DisplayedValue(NamedTuple):
    """A value as displayed; `nothing` marks the kinds of nothing, `always` the values shown even without cases."""

    value: str
    label: str
    depth: int
    nothing: bool
    always: bool


class ValuesField(forms.Field):
    """Repeated values of a closed list. The error for an unknown value suggests similar ones.

    Former names of renamed values are accepted: `aliases` maps them to the current ones.
    """

    def __init__(
        self,
        *,
        choices: Sequence[tuple[str, str]] = (),
        aliases: Mapping[str, str] = MappingProxyType({}),
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.choices = dict(choices)
        self.aliases = aliases

    def clean(self, value: Sequence[str]) -> list[str]:
        value = [self.aliases.get(each, each) for each in value]
        if len(value) > len(self.choices):  # every link would contain them all
            raise ValidationError("Give each value once.")
        for wrong in (v for v in value if v not in self.choices):
            raise ValidationError(f"“{wrong[:60]}” is not a value of it. {self._hint(wrong[:60])}")
        return list(value)

    def _hint(self, wrong: str) -> str:
        near = nearest(wrong, self.choices, most=3)
        some = list(self.choices)[:12]
        more = ", …" if len(self.choices) > len(some) else ""
        return f"Did you mean {' or '.join(near)}?" if near else f"It is one of: {', '.join(some)}{more}."


class GrowingValuesField(ValuesField):
    """Repeated values of a list that grows with the catalogue; `choices` are the valid ones among those given."""

    def __init__(self, *, near: Callable[[str], Sequence[str]], **options: Any) -> None:
        super().__init__(**options)
        self.near = near

    def clean(self, value: Sequence[str]) -> list[str]:
        if len(value) > MAX_CHOSEN_VALUES:
            raise ValidationError(f"Give at most {MAX_CHOSEN_VALUES} values.")
        value = [self.aliases.get(each, each) for each in value]
        for wrong in (v for v in value if v not in self.choices):
            raise ValidationError(f"“{wrong[:60]}” is not a value of it. {self._hint(wrong[:60])}")
        return list(value)

    def _hint(self, wrong: str) -> str:
        near = nearest(wrong, self.near(wrong), most=3)
        return f"Did you mean {' or '.join(near)}?" if near else "Search for it among the values of this parameter."


class FacetFilter(django_filters.Filter):
    """A dimension with a closed list of values."""

    field_class = ValuesField

    def options(self, codebook: Codebook, *, drafts: bool) -> list[FacetValue]:
        """Return the values in display order, without the kinds of nothing."""
        raise NotImplementedError

    def aliases(self, codebook: Codebook) -> Mapping[str, str]:
        """Return the current values by their former names."""
        return {}


class GrowingFacet(FacetFilter):
    """A dimension whose values grow with the catalogue; `options` has at most `MAX_VALUES_LISTED` + 1 of them."""

    def known(self, values: Iterable[str], *, drafts: bool) -> dict[str, str]:
        """Return the labels of those values that exist, in display order."""
        raise NotImplementedError

    def former(self, values: Iterable[str]) -> dict[str, str]:
        """Return the current values of those that are former ones."""
        raise NotImplementedError

    def near(self, wrong: str, *, drafts: bool) -> Sequence[str]:
        """Return values similar to an unknown one."""
        raise NotImplementedError

    def found(self, words: str, *, drafts: bool) -> Sequence[str]:
        """Return values whose labels contain all these words, at most `MAX_FOUND_VALUES` + 1."""
        raise NotImplementedError


class TermFacet(FacetFilter):
    """A facet over the terms of a vocabulary; a term includes its narrower ones."""

    def __init__(self, label: str, vocabulary: str) -> None:
        super().__init__(label=label)
        self.vocabulary = vocabulary

    def options(self, codebook: Codebook, *, drafts: bool) -> list[FacetValue]:
        return [
            FacetValue(t.slug, t.label, 1 if t.broader_id else 0, t.retired_at is not None)
            for t in codebook[self.vocabulary]
        ]

    def aliases(self, codebook: Codebook) -> Mapping[str, str]:
        return codebook.aliases.get(self.vocabulary, {})


class CountryFacet(FacetFilter):
    """Countries of the case's places. Every ISO 3166 code is valid; those in use are shown."""

    def options(self, codebook: Codebook, *, drafts: bool) -> list[FacetValue]:
        return _countries()


@cache
def _countries() -> list[FacetValue]:
    return [FacetValue(code, name) for code, name in countries]


class SourceFacet(GrowingFacet):
    """Sources cited by a case that the reader may see; a source cited only by drafts is not a value."""

    def _cited(self, *, drafts: bool) -> QuerySet[Source]:
        citing = Citation.objects.filter(source=OuterRef("pk"))
        return Source.objects.filter(Exists(citing if drafts else citing.filter(case__state=State.PUBLISHED)))

    def options(self, codebook: Codebook, *, drafts: bool) -> list[FacetValue]:
        some = self._cited(drafts=drafts).order_by("pk").values("pk")[: MAX_VALUES_LISTED + 1]
        return [FacetValue(source.slug, str(source)) for source in Source.objects.filter(pk__in=some)]

    def aliases(self, codebook: Codebook) -> Mapping[str, str]:
        merged = Source.objects.exclude(replaced_by=None).order_by("pk")
        return dict(merged.values_list("slug", "replaced_by__slug")[:MAX_FORMER_VALUES])

    def former(self, values: Iterable[str]) -> dict[str, str]:
        slugs = [value for value in values if value.isprintable()]
        merged = Source.objects.filter(slug__in=slugs).exclude(replaced_by=None)
        return dict(merged.values_list("slug", "replaced_by__slug"))

    def known(self, values: Iterable[str], *, drafts: bool) -> dict[str, str]:
        slugs = [value for value in values if value.isprintable()]
        return {source.slug: str(source) for source in self._cited(drafts=drafts).filter(slug__in=slugs)}

    def near(self, wrong: str, *, drafts: bool) -> Sequence[str]:
        return list(self.known(candidate_words(Source.objects.all(), wrong), drafts=drafts))

    def found(self, words: str, *, drafts: bool) -> Sequence[str]:
        cited = self._cited(drafts=drafts)
        for word in words.split():
            texts = [Q((f"{column}__icontains", word)) for column in ("authors", "title", "slug")]
            year = [Q(year=int(word))] if word.isascii() and word.isdigit() and len(word) == 4 else []
            cited = cited.filter(reduce(or_, [*texts, *year]))
        return list(cited.order_by("slug").values_list("slug", flat=True)[: MAX_FOUND_VALUES + 1])


class StatusFacet(FacetFilter):
    def options(self, codebook: Codebook, *, drafts: bool) -> list[FacetValue]:
        return [FacetValue(value, label) for value, label in State.choices]


class ChoiceFacet(FacetFilter):
    """A facet over the choices of a column."""

    def __init__(self, label: str, column: str) -> None:
        super().__init__(label=label)
        self.column = column

    def options(self, codebook: Codebook, *, drafts: bool) -> list[FacetValue]:
        choices = Case._meta.get_field(self.column).choices  # type: ignore[union-attr]  # a column
        return [FacetValue(str(value), str(label)) for value, label in choices or ()]


class SearchField(forms.CharField):
    """Free text with at least one word."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if text and not parse_search(text):
            raise ValidationError("Type at least one word or number to search for.", code="no-word")
        return text


parse_search = lru_cache(256)(SearchQuery.read)  # cached: once for validation, once for the query


class SearchFilter(django_filters.CharFilter):
    field_class = SearchField


class IntegerFilter(django_filters.Filter):
    field_class = forms.IntegerField


class OptionalChoiceFilter(django_filters.ChoiceFilter):
    """One value of a short list, with a default."""


class ParsedQuery(NamedTuple):
    """A parsed query string: the parameters that are not empty, and the error messages by parameter."""

    params: dict[str, Any]
    problems: dict[str, list[str]]


def parse_query(query: QueryDict, fields: Mapping[str, forms.Field]) -> ParsedQuery:
    """Parse a query string. Unknown parameters, and repeated ones that take a single value, are errors, too."""
    params: dict[str, Any] = {}
    problems: dict[str, list[str]] = {}
    for name, values in query.lists():
        try:
            value = _clean_values(name, values, fields)
        except ValidationError as mistake:
            problems[name[:60]] = mistake.messages
            if len(problems) == MAX_REPORTED_PROBLEMS:
                break
        else:
            if value not in (None, "", []):
                params[name] = value
    problems |= dict(_reversed_ranges(params))
    return ParsedQuery({} if problems else {name: params[name] for name in fields if name in params}, problems)


def _reversed_ranges(params: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield the parameters `…_max` that are below their `…_min`."""
    for name in params:
        least, most = params[name], params.get(f"{name.removesuffix('_min')}_max")
        if name.endswith("_min") and most is not None and most < least:
            yield f"{name.removesuffix('_min')}_max", [f"It is below {name}, {least}: exchange the two."]


def _clean_values(name: str, values: list[str], fields: Mapping[str, forms.Field]) -> Any:
    field = fields.get(name)
    if field is None:
        near = nearest(name[:60], fields)
        raise ValidationError(f"There is no such parameter.{f' Did you mean {near[0]}?' if near else ''}")
    if isinstance(field, ValuesField):
        return field.clean(values)
    if len(values) > 1:
        raise ValidationError("Give it once.")
    return field.clean(values[0])


def in_terms_of_today(query: QueryDict, grammar: Grammar) -> QueryDict:
    """Return a query in which the former kinds that said a role, asked alone, are asked by that role."""
    kinds = query.getlist("kind")
    if not kinds or "role" in query or not {FORMER_KINDS.get(kind) for kind in kinds} <= set(grammar.labels("role")):
        return query
    today = query.copy()
    del today["kind"]
    today.setlist("role", list(dict.fromkeys(FORMER_KINDS[kind] for kind in kinds)))
    return today


class MarkFacet(FacetFilter):
    """A facet over the choices of what is kept about codings: why they are to be re-affirmed, how they were made."""

    choices: ClassVar[type[TextChoices]]

    def options(self, codebook: Codebook, *, drafts: bool) -> list[FacetValue]:
        return [FacetValue(str(value), str(label)) for value, label in self.choices.choices]


class DoubtFacet(MarkFacet):
    choices = Doubt


class OriginFacet(MarkFacet):
    choices = Origin


SPECIAL_FACETS = {
    "country": CountryFacet,
    "source": SourceFacet,
    "out_of_step": DoubtFacet,
    "origin": OriginFacet,
    "status": StatusFacet,
}
"""The facets whose values are neither terms of a vocabulary nor choices of a column."""


def _facet_filter(facet: nodes.Facet) -> FacetFilter:
    dimension = DIMENSIONS[facet.name]
    if facet.name in SPECIAL_FACETS:
        return SPECIAL_FACETS[facet.name](label=facet.label)
    if dimension.vocabulary:
        return TermFacet(facet.label, dimension.vocabulary)
    return ChoiceFacet(facet.label, dimension.path)


SELECTION_FILTERS: Mapping[str, django_filters.Filter] = {
    "fields": django_filters.CharFilter(
        label="what of each case is sent",
        max_length=2_000,
        help_text="Names of columns or keys, separated by commas; -name leaves one out.",
    ),
    "labels": OptionalChoiceFilter(
        label="words beside slugs", choices=[("no", "slugs alone"), ("yes", "the labels of terms beside their slugs")]
    ),
}
"""What of each case is sent: see `cases.derived.selection`. (As attributes their names would be taken.)"""


class CaseFilterSet(django_filters.FilterSet):
    """A reader's query of the catalogue."""

    q = SearchFilter(label="search", max_length=500)
    type = TermFacet("type of co-delivery", "type")
    actor = TermFacet("co-producers", "actor")
    mode = TermFacet("mode", "mode")
    match = OptionalChoiceFilter(
        label="type, co-producers and mode",
        choices=[("arrangement", "in one arrangement"), ("case", "anywhere in the case")],
    )
    year_min = IntegerFilter(label="active from", min_value=1, max_value=9999)
    year_max = IntegerFilter(label="active until", min_value=1, max_value=9999)
    sort = OptionalChoiceFilter(label="order", choices=list(SORT_CHOICES.items()))
    page = IntegerFilter(label="page", min_value=1, max_value=10**6)
    page_size = IntegerFilter(label="cases a page", min_value=1, max_value=MAX_PAGE_SIZE)
    cursor = django_filters.CharFilter(label="place to go on from", max_length=4_000)
    format = OptionalChoiceFilter(label="format", choices=export_formats.format_choices)

    # After `match`, `get_filters` inserts the facets of the schema, and at the end what is sent of each case.

    FACETS: ClassVar = (*AXES, *DIMENSIONS)
    PUBLIC: ClassVar = tuple(name for name in (*AXES, *DIMENSIONS) if name not in FACETS_FOR_CURATORS)

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Return the filters in the order of the parameters."""
        found: dict[str, django_filters.Filter] = {}
        for name, declared in super().get_filters().items():
            found[name] = declared
            if name == "match":
                found |= {facet.name: _facet_filter(facet) for facet in schema.FACETS}
        return {**found, **SELECTION_FILTERS}

    def __init__(self, data: QueryDict, reader: Reader) -> None:
        # Without super().__init__(): copying every filter and building a form takes longer than running the query.
        self.reader = reader
        self.drafts = sees_drafts(reader)
        self.versions = catalogue_versions()
        self.version = self.versions.whole
        self.grammar = Grammar.at(self.version, drafts=self.drafts)
        self.data = in_terms_of_today(data, self.grammar)
        self.fields = self.grammar.fields_for(self.data)
        self.params, self.problems = parse_query(self.data, self.fields)

    @property
    def shown_facets(self) -> Sequence[str]:
        return self.FACETS if self.drafts else self.PUBLIC

    def labels(self, name: str) -> Mapping[str, str]:
        """Return the labels of a facet's values; of a long facet, only those of the chosen values."""
        field = self.fields[name]
        return field.choices if isinstance(field, ValuesField) else {}

    @cached_property
    def search_query(self) -> SearchQuery:
        return parse_search(self.params.get("q", ""))

    @property
    def count_words(self) -> str:
        """The entries that answer, told apart in words: "29 cases, 34 practices"."""
        return count_words(self.answer.groups())

    @cached_property
    def answer(self) -> QueryResult:
        """The result from the index of the catalogue if there is one, else from SQL."""
        index = None if self.problems else build.get_index(self.version)
        return (
            self.selected if index is None else BitmapResult(index, self.params, self.search_query, drafts=self.drafts)
        )

    @cached_property
    def selected(self) -> SqlResult:
        visible = Case.objects.none() if self.problems else Case.objects.visible_to(self.reader)
        return SqlResult(visible, self.params, self.search_query, self.grammar.codebook)

    @property
    def qs(self) -> CaseQuerySet:
        """The matching cases, unordered."""
        return self.selected.cases

    @cached_property
    def total(self) -> int:
        return self.answer.total

    def keys(self, start: int, stop: int | None = None) -> list[int]:
        """Return the primary keys of a slice of the matching cases, in the requested order."""
        return self.answer.keys(start, stop)

    def after(self, position: Position | None, size: int) -> list[int]:
        """Return the primary keys of up to `size` matching cases after a position; see `QueryResult.after`."""
        return self.answer.after(position, size)

    @property
    def stable_sort(self) -> str:
        """The order, if cases have positions in it; empty by relevance."""
        return stable_sort(self.params, self.search_query)


@dataclass(frozen=True)
class Grammar:
    """The valid parameters at one version of the catalogue: the form field of each, and the values of each facet."""

    version: str
    codebook: Codebook
    options: Mapping[str, Sequence[FacetValue]]
    fields: Mapping[str, forms.Field]
    drafts: bool = False
    long: frozenset[str] = frozenset()
    """The facets with too many values to hold in memory; their `options` are empty."""

    @classmethod
    def at(cls, version: str, *, drafts: bool) -> Grammar:
        """Return the grammar of a version, for readers who see drafts or for everyone. The latest of each is cached."""
        grammar = _grammars.get(drafts)
        if grammar is None or not version or grammar.version != version:
            grammar = _grammars[drafts] = cls.load(version, drafts=drafts)
        return grammar

    @classmethod
    def load(cls, version: str, *, drafts: bool) -> Grammar:
        """Load the grammar from the database."""
        codebook = Codebook.load()
        filters = CaseFilterSet.base_filters
        options = {name: filters[name].options(codebook, drafts=drafts) for name in CaseFilterSet.FACETS}
        growing = [name for name in options if isinstance(filters[name], GrowingFacet)]
        long = frozenset(name for name in growing if len(options[name]) > MAX_VALUES_LISTED)
        options |= {name: [] for name in long}
        fields = {name: filters[name].field for name in filters if name not in options}
        facets = {
            name: _facet_field(filters[name], values, filters[name].aliases(codebook))
            for name, values in options.items()
        }
        return cls(version, codebook, options, {name: (facets | fields)[name] for name in filters}, drafts, long)

    def fields_for(self, query: QueryDict) -> Mapping[str, forms.Field]:
        """Return the fields to parse a query with; those of long facets accept the existing values among the given."""
        given = {name: query.getlist(name)[:MAX_CHOSEN_VALUES] for name in self.long if name in query}
        return {**self.fields, **{name: self._long_facet_field(name, values) for name, values in given.items()}}

    def _long_facet_field(self, name: str, values: Sequence[str]) -> ValuesField:
        facet = self._growing_facet(name)
        former = facet.former(values)
        choices = [*self.known(name, [former.get(value, value) for value in values]).items(), *ABSENCE_VALUES.items()]
        near = partial(facet.near, drafts=self.drafts)
        return GrowingValuesField(label=self.names[name], choices=choices, near=near, aliases=former)

    def _growing_facet(self, name: str) -> GrowingFacet:
        facet = CaseFilterSet.base_filters[name]
        if not isinstance(facet, GrowingFacet):
            raise TypeError(name)
        return facet

    def known(self, name: str, values: Iterable[str]) -> dict[str, str]:
        """Return the labels of those values of a long facet that exist, in display order."""
        return self._growing_facet(name).known(values, drafts=self.drafts)

    def found(self, name: str, words: str) -> Sequence[str]:
        """Return values of a facet whose labels contain all these words, at most `MAX_FOUND_VALUES` + 1."""
        if name in self.long:
            return self._growing_facet(name).found(words, drafts=self.drafts)
        wanted = words.casefold().split()
        labels = ((option.value, f"{option.value} {option.label}".casefold()) for option in self.options[name])
        return [value for value, label in labels if all(word in label for word in wanted)][: MAX_FOUND_VALUES + 1]

    def labels(self, name: str) -> Mapping[str, str]:
        """Return the labels of a facet's values."""
        field = self.fields[name]
        return field.choices if isinstance(field, ValuesField) else {}

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The labels of the parameters."""
        return {name: str(field.label) for name, field in self.fields.items()}

    @cached_property
    def frames(self) -> Mapping[str, Sequence[DisplayedValue]]:
        """The values of every facet as displayed, followed by the kinds of nothing."""
        return {name: list(_displayed(name, self._offered(name))) for name in self.options}

    def _offered(self, name: str) -> Sequence[FacetValue]:
        """Return the values of a facet, without the former kinds that are asked by the role they said."""
        options = self.options[name]
        asked_otherwise = FORMER_KINDS if name == "kind" and self.options["role"] else ()
        return [option for option in options if option.value not in asked_otherwise]

    @cached_property
    def broad_types(self) -> Mapping[str, str]:
        """By slug of a type: the slug of its broadest type."""
        return {terms[0].slug: terms[-1].slug for terms in self.codebook.self_and_broader("type").values()}


_grammars: dict[bool, Grammar] = {}


def _displayed(name: str, options: Sequence[FacetValue]) -> Iterator[DisplayedValue]:
    # An option may have the slug of a kind of nothing, and then includes it: the direction of evidence "not-stated".
    known = {option.value for option in options}
    for value, label, depth, retired in options:
        yield DisplayedValue(
            value, label, depth, nothing=False, always=name not in FACETS_WITHOUT_UNUSED and not retired
        )
    for value, label in ABSENCE_VALUES.items():
        if value not in known:
            yield DisplayedValue(value, label, int(value != NONE_RECORDED), nothing=True, always=value == NONE_RECORDED)


def _facet_field(facet: FacetFilter, options: Sequence[FacetValue], aliases: Mapping[str, str]) -> ValuesField:
    values = {option.value: option.label for option in options}
    nothing = [each for each in ABSENCE_VALUES.items() if each[0] not in values]
    return ValuesField(label=str(facet.label), choices=[*values.items(), *nothing], aliases=aliases)
