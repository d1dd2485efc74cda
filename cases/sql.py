"""The same answers by SQL: what a question means, and what answers it while there is no index.

Conditions are subqueries on the case's key, never joins, so that none of them multiplies or hides the rows of another.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce
from operator import and_, or_
from typing import Any

from django.db.models import Case as Cases
from django.db.models import CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from taxonomy.codebook import Codebook

from .dimensions import (
    AXES,
    DIMENSIONS,
    FLAGS,
    NO_EVIDENCE,
    NOTHING,
    Asked,
    Cell,
    Counts,
    Dimension,
    Table,
    cells_of,
    groups,
    said,
    sorting,
    unsaid,
)
from .models import Absence, Arrangement, Case, CaseQuerySet
from .search import Question, matching, ranked

NEVER = Q(pk__in=[])
COLUMNS = {"title": "title", "year": "year_start", "updated": "updated_at"}
Rows = QuerySet[Any, Any]


class Selected:
    """The answer to a question, selected from the cases that its reader may see."""

    def __init__(self, cases: CaseQuerySet, asked: Asked, question: Question, codebook: Codebook) -> None:
        self.visible = cases
        self.asked = asked
        self.question = question
        self.codebook = codebook

    @property
    def cases(self) -> CaseQuerySet:
        """The cases that answer, without order."""
        return self.without()

    @cached_property
    def total(self) -> int:
        """The number of cases that answer."""
        return self.cases.count()

    def without(self, *names: str) -> CaseQuerySet:
        """Return the cases that answer when the named parameters are left aside."""
        left = {name: value for name, value in self.asked.items() if name not in names}
        found = matching(self.visible, self.question) if "q" in left else self.visible
        for name, dimension in DIMENSIONS.items():
            if name in left:
                found = found.filter(self._condition(dimension, left[name]))
        found = found.filter(active(left.get("year_min"), left.get("year_max")))
        for group in groups(self.asked, names):
            found = found.filter(
                Q(Exists(Arrangement.objects.filter(self._real(group), case=OuterRef("pk")))) | _empty(group)
            )
        return found

    # What a choice means

    def _condition(self, dimension: Dimension, values: Sequence[str]) -> Q:
        # A kind of nothing is looked up as a term, too: one of the directions of evidence is called "not-stated".
        keys = self.codebook.with_narrower(dimension.vocabulary, values) if dimension.vocabulary else set(values)
        found = Case.objects.filter(**{f"{dimension.path}__in": keys})
        return Q(pk__in=found.values("pk")) | _nothing(dimension, unsaid(values))

    def _real(self, group: Mapping[str, Sequence[str]]) -> Q:
        """Return the condition on an arrangement: it agrees with every choice."""
        return reduce(and_, (self._agrees(axis, values) for axis, values in group.items()), Q())

    def _agrees(self, axis: str, values: Sequence[str]) -> Q:
        if axis == "type":
            return Q(type__in=self.codebook.with_narrower("type", said(values)))
        flags = (Q(**{flag: True}) for flag in FLAGS[axis] if flag in values)
        return reduce(or_, flags, Q(mode_absent__in=unsaid(values)) if axis == "mode" else NEVER)

    # The cases in order

    def keys(self, start: int, stop: int | None = None) -> list[int]:
        """Return the keys of the cases from number `start` to before `stop`, in the order asked for."""
        if self._by_relevance:
            return self._ranked[start:stop]
        return list(self.cases.order_by(*self._order).values_list("pk", flat=True)[start:stop])

    def after(self, key: int | None, size: int) -> list[int]:
        """Return the keys of at most `size` cases behind that of `key`; LookupError where the reader sees no such."""
        if key is None:
            return self.keys(0, size)
        case = self.visible.filter(pk=key).first()
        if case is None:
            raise LookupError(key)
        if self._by_relevance:
            return self._ranked_after(key, size)
        behind = self.cases.filter(self._behind(case)).order_by(*self._order)
        return list(behind.values_list("pk", flat=True)[:size])

    @property
    def _by_relevance(self) -> bool:
        return sorting(self.asked) == "relevance" and bool(self.question.wanted)

    @cached_property
    def _ranked(self) -> list[int]:
        found = set(self.cases.values_list("pk", flat=True))
        return [key for key in ranked(self.question) if key in found]

    def _ranked_after(self, key: int, size: int) -> list[int]:
        everything = list(ranked(self.question))
        if key not in everything:
            raise LookupError(key)
        found = set(self.cases.values_list("pk", flat=True))
        behind = (each for each in everything[everything.index(key) + 1 :] if each in found)
        return [each for each, _ in zip(behind, range(size), strict=False)]

    @property
    def _sort(self) -> str:
        sort = sorting(self.asked)
        return "title" if sort == "relevance" else sort

    @property
    def _order(self) -> list[Any]:
        if self._sort == "-title":
            return ["-title", "-slug"]
        column = F(COLUMNS[self._sort.removeprefix("-")])
        ordered = column.desc(nulls_last=True) if self._sort.startswith("-") else column.asc(nulls_last=True)
        return [ordered, "title", "slug"]

    def _behind(self, case: Case) -> Q:
        """Return the condition of the cases that come behind one, without counting those before it."""
        backwards = self._sort.startswith("-")
        if self._sort.removeprefix("-") == "title":
            return _beyond("title", case.title, "lt" if backwards else "gt") | Q(title=case.title) & _beyond(
                "slug", case.slug, "lt" if backwards else "gt"
            )
        column = COLUMNS[self._sort.removeprefix("-")]
        value = getattr(case, column)
        tied = Q(**{column: value}) & (Q(title__gt=case.title) | Q(title=case.title, slug__gt=case.slug))
        if value is None:
            return tied
        return tied | _beyond(column, value, "lt" if backwards else "gt") | Q(**{f"{column}__isnull": True})

    # The numbers around them

    def counts(self, names: Sequence[str]) -> dict[str, Counts]:
        """Return for each of these facets how many cases each value leaves: one statement for all of them."""
        parts = [part for name in names for part in self._counted(name)]
        found: dict[str, Counts] = {name: Counter() for name in names}
        for name, value, count in parts[0].union(*parts[1:], all=True) if parts else ():
            found[name][value] += count  # type: ignore[index]  # Counters, as made above
        return found

    def _counted(self, name: str) -> Iterator[Rows]:
        """Yield the statements, of rows (facet, value, cases), whose sum is the count of each value."""
        if name not in DIMENSIONS:
            return self._counted_along(name)
        return self._counted_of(name, DIMENSIONS[name], self.without(name).order_by())

    def _counted_of(self, name: str, dimension: Dimension, base: CaseQuerySet) -> Iterator[Rows]:
        if dimension.vocabulary:
            yield from self._by_level(name, dimension.path, dimension.vocabulary, base, "pk")
        else:
            yield _count(base.filter(_there(dimension)), name, F(dimension.path), "pk")
        for kind in Absence.values:
            bare = base.filter(_nothing(dimension, [kind]))
            yield from (_count(bare, name, Value(value), "pk") for value in (kind, NOTHING))

    def _counted_along(self, axis: str) -> Iterator[Rows]:
        """Yield the same for an axis of Table 20.1."""
        others = groups(self.asked, (axis,)) if self.asked.get("match") != "case" else []
        base = self.without(*([axis] if self.asked.get("match") == "case" else AXES)).order_by()
        real = Arrangement.objects.filter(*map(self._real, others), case__in=base.values("pk")).order_by()
        if axis == "type":
            yield from self._by_level(axis, "type", "type", real, "case")
        for flag in FLAGS.get(axis, ()):
            yield _count(real.filter(**{flag: True}), axis, Value(flag), "case")
        if axis == "mode":
            modeless = real.exclude(mode_absent="")
            yield _count(modeless, axis, F("mode_absent"), "case")
            yield _count(modeless, axis, Value(NOTHING), "case")
        bare = base.filter(*map(_empty, others)).exclude(arrangements_absent="")
        yield _count(bare, axis, F("arrangements_absent"), "pk")
        yield _count(bare, axis, Value(NOTHING), "pk")

    def _by_level(self, name: str, path: str, vocabulary: str, rows: Rows, key: str) -> Iterator[Rows]:
        """Yield the counts of a vocabulary's terms, narrower ones included: a statement for each level of it."""
        levels: defaultdict[int, list[When]] = defaultdict(list)
        for term in self.codebook[vocabulary]:
            depth = len(self.codebook.self_and_broader(vocabulary)[term.pk])
            keys = self.codebook.with_narrower(vocabulary, [term.slug])
            levels[depth].append(When(**{f"{path}__in": keys}, then=Value(term.slug)))
        for level in levels.values():
            value = Cases(*level, output_field=CharField())
            yield _count(rows.alias(at=value).filter(at__isnull=False), name, F("at"), key)

    def table(self) -> Table:
        """Return Table 20.1 over the answer, its three axes left aside: two statements."""
        base = self.without(*AXES, "match").order_by()
        states = base.values_list("pk", "evidence_level__slug", "arrangements_absent")
        evident = {pk for pk, level, _ in states if level not in (None, NO_EVIDENCE)}
        uncoded = sum(1 for *_, absent in states if absent)
        cells = self._cells(Arrangement.objects.filter(case__in=base.values("pk")).order_by())
        known = cells_of(term.slug for term in self.codebook["type"])
        numbers = {cell: (len(cells[cell]), len(cells[cell] & evident)) for cell in known}
        return Table(numbers, len(states) - uncoded, uncoded)

    def _cells(self, arrangements: QuerySet[Arrangement]) -> defaultdict[Cell, set[int]]:
        """Return the cases of each cell; an empty actor and mode are any."""
        above = self.codebook.self_and_broader("type")
        found: defaultdict[Cell, set[int]] = defaultdict(set)
        columns = ("case", "type", *FLAGS["actor"], *FLAGS["mode"])
        for case, type_, user, community, offline, digital in arrangements.values_list(*columns):
            actors = [name for name, there in zip(FLAGS["actor"], (user, community), strict=True) if there]
            modes = [name for name, there in zip(FLAGS["mode"], (offline, digital), strict=True) if there] or [NOTHING]
            for term in above[type_]:
                found[term.slug, "", ""].add(case)
                for actor in actors:
                    for mode in modes:
                        found[term.slug, actor, mode].add(case)
        return found


def _count(rows: Rows, name: str, value: Any, key: str) -> Rows:
    """Return one row (facet, value, number of cases) for each value."""
    counted: Rows = rows.values_list(Value(name, CharField()), value).annotate(n=Count(key, distinct=True))
    shown: Rows = counted.filter(n__gt=0)
    return shown


def _beyond(column: str, value: Any, comparison: str) -> Q:
    return Q(**{f"{column}__{comparison}": value})


def _there(dimension: Dimension) -> Q:
    """Return the condition that something stands there; of a country that is neither NULL nor empty."""
    return Q(**{f"{dimension.path}__isnull": False} if dimension.vocabulary else {f"{dimension.path}__gt": ""})


def _nothing(dimension: Dimension, kinds: Iterable[str]) -> Q:
    """Return the condition of the chosen kinds of nothing; where none is said, nothing there means "not coded"."""
    kinds = list(kinds)
    told = Q(**{f"{dimension.absent}__in": kinds}) if dimension.absent else NEVER
    if Absence.NOT_CODED not in kinds:
        return told
    silent = ~Q(pk__in=Case.objects.filter(_there(dimension)).values("pk"))
    return told | (silent & Q(**{dimension.absent: ""}) if dimension.absent else silent)


def _empty(group: Mapping[str, Sequence[str]]) -> Q:
    """Return the condition on a case without arrangements: its one empty arrangement agrees with every choice."""
    return reduce(and_, (Q(arrangements_absent__in=unsaid(values)) for values in group.values()), Q())


def active(first: int | None, last: int | None) -> Q:
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
