"""The one question: every parameter of the catalogue's address, declared once.

The page, the API and every export build a `CaseFilterSet` from the request's query and the cases that its reader may
see. Different parameters narrow; repeated values of one are alternatives; `none` and the four kinds of nothing are
values of every facet; a term includes its narrower terms. A wrong question has no rows, and `problems` says what is
wrong with it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, reduce
from operator import and_
from typing import Any, ClassVar, cast

import django_filters
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.http import QueryDict
from django_countries import countries

from taxonomy.codebook import Codebook

from .models import Absence, Arrangement, Case, CaseQuerySet, Source, State
from .models.case import Reader
from .search import Question, by_relevance, matching

NOTHING = "none"
KINDS_OF_NOTHING = {NOTHING: "none recorded"} | dict(Absence.choices)
NEVER = Q(pk__in=[])
MAX_PAGE_SIZE = 200
SORTS = {
    "relevance": "best match",
    "title": "title, A to Z",
    "-title": "title, Z to A",
    "year": "first year, oldest first",
    "-year": "first year, newest first",
    "updated": "changed, longest ago first",
    "-updated": "changed, latest first",
}


@dataclass(frozen=True)
class Option:
    """One value of a facet: its slug, its words, and how deep it stands under broader ones."""

    value: str
    label: str
    depth: int = 0


Pairs = Iterable[tuple[int, str]]


class ValuesField(forms.Field):
    """Repeated values of a closed list; a wrong one is answered with the nearest right ones."""

    widget = forms.MultipleHiddenInput  # it reads a parameter that is given several times
    choices: Sequence[tuple[str, str]] = ()

    def to_python(self, value: Sequence[str] | None) -> list[str]:
        return list(value or ())

    def validate(self, value: Sequence[str]) -> None:
        allowed = [value for value, _ in self.choices]
        if len(value) > len(allowed):  # every link would carry them all
            raise ValidationError("Give each value once.", code="too-many-values")
        for wrong in (v for v in value if v not in allowed):
            near = difflib.get_close_matches(wrong[:60], allowed, n=3)
            hint = (
                f"Did you mean {' or '.join(near)}?"
                if near
                else f"It is one of: {', '.join(allowed[:12])}{', …' if len(allowed) > 12 else ''}."
            )
            raise ValidationError(f"“{wrong[:60]}” is not a value of it. {hint}", code="unknown-value")


class Facet(django_filters.Filter):
    """A dimension with a closed list of values, over one path of the case."""

    field_class = ValuesField
    parent: CaseFilterSet

    def __init__(self, label: str, path: str, absent: str = "", **options: Any) -> None:
        super().__init__(label=label, **options)  # field_name becomes the parameter's name
        self.path = path
        self.absent = absent

    def options(self) -> list[Option]:
        """Return the values in reading order, without the kinds of nothing."""
        raise NotImplementedError

    def keys(self, values: Iterable[str]) -> Iterable[Any]:
        """Return what stands in the column for these values."""
        return list(values)

    def slugs(self) -> Mapping[Any, list[str]]:
        """Return, for each content of the column, the values under which it counts; a missing one counts as itself."""
        return {}

    def condition(self, values: Sequence[str]) -> Q:
        # A kind of nothing is looked up as a term, too: one of the directions of evidence is called "not-stated".
        found = Case.objects.filter(**{f"{self.path}__in": self.keys(dict.fromkeys(values))})
        return Q(pk__in=found.values("pk")) | self.nothing(values)

    def nothing(self, values: Sequence[str]) -> Q:
        """Return the condition of the chosen kinds of nothing."""
        kinds = unsaid(values)
        if self.absent:
            return Q(**{f"{self.absent}__in": kinds})
        bare = Case.objects.filter(**{f"{self.path}__isnull": True})  # apart, so that its join multiplies no row
        return Q(pk__in=bare.values("pk")) if Absence.NOT_CODED in kinds else NEVER

    def pairs(self) -> Pairs:
        """Yield (case id, value) for each value that each case counts under, this facet's own choice left aside."""
        slugs = self.slugs()
        columns = ["pk", self.path, *([self.absent] if self.absent else [])]
        for case, key, *absent in self.parent.without(self.field_name).order_by().values_list(*columns).distinct():
            if key in (None, ""):
                yield from ((case, kind) for kind in (NOTHING, absent[0] if absent else Absence.NOT_CODED.value))
            else:
                yield from ((case, slug) for slug in slugs.get(key, [key]))


class TermFacet(Facet):
    """A facet over the terms of a vocabulary; a term includes its narrower ones."""

    def __init__(self, label: str, path: str, vocabulary: str, absent: str = "") -> None:
        super().__init__(label, path, absent)
        self.vocabulary = vocabulary

    def options(self) -> list[Option]:
        return [Option(t.slug, t.label, 1 if t.broader_id else 0) for t in self.parent.codebook[self.vocabulary]]

    def keys(self, values: Iterable[str]) -> Iterable[Any]:
        return self.parent.codebook.with_narrower(self.vocabulary, values)

    def slugs(self) -> Mapping[Any, list[str]]:
        above = self.parent.codebook.self_and_broader(self.vocabulary)
        return {pk: [term.slug for term in terms] for pk, terms in above.items()}


class CountryFacet(Facet):
    """Countries of the case's places: every ISO 3166 code may be asked for, those in use are offered."""

    def options(self) -> list[Option]:
        return _countries()


class SourceFacet(Facet):
    """Sources cited by a case that the reader may see (a source of drafts alone is not a value)."""

    def options(self) -> list[Option]:
        return self._cited

    @cached_property
    def _cited(self) -> list[Option]:
        cited = Source.objects.filter(cases__in=self.parent.cases).distinct()
        return [Option(source.slug, str(source)) for source in cited]


@cache
def _countries() -> list[Option]:
    """Return every country, sorted by name: half of the time of a question, were it done anew."""
    return [Option(code, name) for code, name in countries]


class StatusFacet(Facet):
    def options(self) -> list[Option]:
        return [Option(value, label) for value, label in State.choices]


class ArrangementFacet(TermFacet):
    """One of the three axes of Table 20.1. All three hold of one and the same arrangement.

    A case without an arrangement is read as one empty arrangement: its three axes are the same kind of nothing.
    """

    def __init__(self, label: str, vocabulary: str) -> None:
        super().__init__(label, "arrangements__type", vocabulary, "arrangements_absent")

    def real(self, values: Sequence[str]) -> Q:
        """Return the condition on an arrangement."""
        return Q(type__in=self.keys(said(values)))

    def empty(self, values: Sequence[str]) -> Q:
        """Return the condition on a case without arrangements."""
        return Q(arrangements_absent__in=unsaid(values))

    def pairs(self) -> Pairs:
        yield from self.real_pairs(self.parent.arrangements(self.field_name))
        for case, absent in self.parent.unarranged(self.field_name).order_by().values_list("pk", "arrangements_absent"):
            yield from ((case, NOTHING), (case, absent))

    def real_pairs(self, rows: QuerySet[Arrangement]) -> Pairs:
        slugs = self.slugs()
        return ((case, slug) for case, key in rows.values_list("case", "type") for slug in slugs[key])


class FlagFacet(ArrangementFacet):
    """An axis whose terms are columns of the arrangement: user and community, offline and digital."""

    def real(self, values: Sequence[str]) -> Q:
        condition = NEVER
        for slug in said(values):
            condition |= Q(**{slug: True})
        return condition | Q(mode_absent__in=unsaid(values)) if self.vocabulary == "mode" else condition

    def real_pairs(self, rows: QuerySet[Arrangement]) -> Pairs:
        slugs = [option.value for option in self.options()]
        for case, absent, *flags in rows.values_list("case", "mode_absent", *slugs):
            yield from ((case, slug) for slug, flag in zip(slugs, flags, strict=True) if flag)
            if self.vocabulary == "mode" and absent:
                yield from ((case, NOTHING), (case, absent))


def said(values: Iterable[str]) -> list[str]:
    """Return the values that are no kind of nothing, each once (SQLite takes no thousand alternatives)."""
    return [value for value in dict.fromkeys(values) if value not in KINDS_OF_NOTHING]


def unsaid(values: Iterable[str]) -> list[str]:
    """Return the kinds of nothing among the values; `none` is all of them."""
    values = set(values)
    return [kind for kind in Absence.values if kind in values or NOTHING in values]


class QueryForm(forms.Form):
    """Reads the query: a parameter that is unknown, or given twice where one is meant, is a mistake too."""

    def clean(self) -> dict[str, Any]:
        data = self.data if isinstance(self.data, QueryDict) else QueryDict()
        for name in data:
            if name not in self.fields:
                near = difflib.get_close_matches(name[:60], list(self.fields), n=1)
                hint = f" Did you mean {near[0]}?" if near else ""
                self._mistake(name, f"There is no such parameter.{hint}")
            elif len(data.getlist(name)) > 1 and not isinstance(self.fields[name], ValuesField):
                self._mistake(name, "Give it once.")
        return self.cleaned_data

    def _mistake(self, name: str, message: str) -> None:
        self.add_error(None, ValidationError(message, code="parameter", params={"parameter": name[:60]}))


class WordsField(forms.CharField):
    """Free text that holds at least one word."""

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        if text and not Question.read(text):
            raise ValidationError("Type at least one word or number to search for.", code="no-word")
        return text


class Words(django_filters.CharFilter):
    field_class = WordsField


class WholeNumber(django_filters.Filter):
    field_class = forms.IntegerField


class OneOf(django_filters.ChoiceFilter):
    """One value of a short list; nothing chosen means the default."""


class CaseFilterSet(django_filters.FilterSet):
    """A reader's question to the catalogue."""

    q = Words(label="search", max_length=500)
    type = ArrangementFacet("type of co-delivery", "type")
    actor = FlagFacet("co-producers", "actor")
    mode = FlagFacet("mode", "mode")
    match = OneOf(
        label="type, co-producers and mode",
        choices=[("arrangement", "in one arrangement"), ("case", "anywhere in the case")],
    )
    pathway = TermFacet("pathway to outcomes", "pathways", "pathway", "pathways_absent")
    sector = TermFacet("sector", "sectors", "sector", "sectors_absent")
    country = CountryFacet("country", "places__country", "places_absent")
    evidence = TermFacet("evidence named", "evidence_level", "evidence", "evidence_absent")
    direction = TermFacet("direction of the evidence", "evidence_direction", "direction", "evidence_absent")
    eligibility = TermFacet("eligibility", "verdict", "eligibility")
    kind = TermFacet("kind of entry", "kind", "kind")
    source = SourceFacet("source", "sources__slug")
    status = StatusFacet("status", "state")
    year_min = WholeNumber(label="active from", min_value=1, max_value=9999)
    year_max = WholeNumber(label="active until", min_value=1, max_value=9999)
    sort = OneOf(label="order", choices=list(SORTS.items()))
    page = WholeNumber(label="page", min_value=1, max_value=10**6)
    page_size = WholeNumber(label="cases a page", min_value=1, max_value=MAX_PAGE_SIZE)
    format = OneOf(label="format", choices=[("html", "page"), ("json", "JSON"), ("csv", "CSV")])

    ARRANGEMENT: ClassVar = ("type", "actor", "mode")

    class Meta:
        model = Case
        fields: ClassVar[list[str]] = []
        form = QueryForm

    def __init__(self, data: QueryDict, reader: Reader, *, codebook: Codebook | None = None) -> None:
        queryset = Case.objects.visible_to(reader)
        super().__init__(data, queryset)
        self.codebook = codebook or Codebook.load()
        self.cases = queryset
        self._answers: dict[frozenset[str], CaseQuerySet] = {}
        for name, facet in self.facets.items():
            values = [(option.value, option.label) for option in facet.options()]
            self.form.fields[name].choices = [*values, *KINDS_OF_NOTHING.items()]

    @property
    def facets(self) -> dict[str, Facet]:
        return {name: item for name, item in self.filters.items() if isinstance(item, Facet)}

    @cached_property
    def problems(self) -> dict[str, list[str]]:
        """What is wrong with the question, by parameter; empty when nothing is."""
        found: dict[str, list[str]] = {}
        for name, errors in self.form.errors.as_data().items():
            for error in errors:
                parameter = (error.params or {}).get("parameter", name) if name == NON_FIELD_ERRORS else name
                found.setdefault(parameter, []).extend(error.messages)
        return found

    @cached_property
    def asked(self) -> dict[str, Any]:
        """What is asked for: the parameters that hold something, cleaned."""
        if self.problems:
            return {}
        return {name: value for name, value in self.form.cleaned_data.items() if value not in (None, "", [])}

    @cached_property
    def question(self) -> Question:
        return Question.read(self.asked.get("q", ""))

    @property
    def qs(self) -> CaseQuerySet:
        """Return the cases that answer, without order."""
        return self.without()

    def in_order(self) -> CaseQuerySet:
        """Return the cases that answer, in the order asked for."""
        return self.qs.order_by(*self._order())

    @cached_property
    def total(self) -> int:
        """The number of cases that answer."""
        return self.qs.count()

    def keys(self, start: int, stop: int | None = None) -> list[int]:
        """Return the keys of some of the cases that answer, in the order asked for."""
        return list(self.in_order().values_list("pk", flat=True)[start:stop])

    def without(self, *names: str) -> CaseQuerySet:
        """Return the cases that answer when the named parameters are left aside."""
        if self.problems:
            return self.cases.none()
        aside = frozenset(names).intersection(self.asked)  # most facets leave nothing aside, and share one answer
        if aside not in self._answers:
            self._answers[aside] = self._answer(aside)
        return self._answers[aside].all()

    def _answer(self, names: frozenset[str]) -> CaseQuerySet:
        left = {name: value for name, value in self.asked.items() if name not in names}
        found = matching(self.cases, self.question) if "q" in left else self.cases
        for name, facet in self.facets.items():
            if name in left and name not in self.ARRANGEMENT:
                found = found.filter(facet.condition(left[name]))
        found = found.filter(_active(left.get("year_min"), left.get("year_max")))
        for group in self._groups(names):
            found = found.filter(
                Q(Exists(Arrangement.objects.filter(self._real(group), case=OuterRef("pk")))) | self._empty(group)
            )
        return found

    def arrangements(self, skip: str) -> QuerySet[Arrangement]:
        """Return the arrangements that count for the facet `skip`, its own choice left aside."""
        if self.asked.get("match") == "case":
            return Arrangement.objects.filter(case__in=self.without(skip).values("pk")).order_by()
        group = self._chosen((skip,))
        return Arrangement.objects.filter(
            self._real(group), case__in=self.without(*self.ARRANGEMENT).values("pk")
        ).order_by()

    def unarranged(self, skip: str) -> CaseQuerySet:
        """Return the cases without arrangements that count for the facet `skip`."""
        if self.asked.get("match") == "case":
            return self.without(skip).exclude(arrangements_absent="")
        return (
            self.without(*self.ARRANGEMENT).filter(self._empty(self._chosen((skip,)))).exclude(arrangements_absent="")
        )

    def _chosen(self, skip: Iterable[str] = ()) -> dict[str, list[str]]:
        return {name: self.asked[name] for name in self.ARRANGEMENT if name in self.asked and name not in skip}

    def _groups(self, skip: Iterable[str]) -> Iterator[dict[str, list[str]]]:
        """Yield the choices that hold together: all three axes at once, or with match=case each alone."""
        chosen = self._chosen(skip)
        if self.asked.get("match") == "case":
            yield from ({name: values} for name, values in chosen.items())
        elif chosen:
            yield chosen

    def _real(self, group: Mapping[str, list[str]]) -> Q:
        return reduce(and_, (self._axis(name).real(values) for name, values in group.items()), Q())

    def _empty(self, group: Mapping[str, list[str]]) -> Q:
        return reduce(and_, (self._axis(name).empty(values) for name, values in group.items()), Q())

    def _axis(self, name: str) -> ArrangementFacet:
        return cast("ArrangementFacet", self.facets[name])

    def _order(self) -> list[Any]:
        sort = self.asked.get("sort") or ("relevance" if "q" in self.asked else "title")
        if sort == "relevance":
            return by_relevance(self.question)
        column = F({"title": "title", "year": "year_start", "updated": "updated_at"}[sort.removeprefix("-")])
        return [column.desc(nulls_last=True) if sort.startswith("-") else column.asc(nulls_last=True), "title", "slug"]


def _active(first: int | None, last: int | None) -> Q:
    """Return the condition "active in some year of first..last".

    A case counts as active from its first stated year to its last stated one, and without end while it is running.
    """
    started = Q() if last is None else Q(year_start__lte=last) | Q(year_start=None, year_end__lte=last)
    ended = (
        Q()
        if first is None
        else Q(ongoing=True, year_start__isnull=False)
        | Q(year_end__gte=first)
        | Q(year_end=None, year_start__gte=first)
    )
    return started & ended
