"""The state of the catalogue in numbers, each with a link to exactly the cases that it counts.

Each group of cases is defined here once: the count and the filter of the admin's list (`?stands=…`) use the same
condition. Anything that the public query parameters can express links to the public list. Withdrawn cases are ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import Count, Exists, Min, OuterRef, Q
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from .. import schema
from ..models import Absence, Case, CaseQuerySet, Citation, Claim, Proposal, State
from ..models.case import Reader
from ..models.keys import Keys
from ..models.recoding import Recoding
from ..models.version import Act
from ..query import facets
from ..query.parameters import CaseFilterSet
from ..query.sql import active_between
from ..record.completeness import RECOMMENDED_FIELDS, REQUIRED_TO_PUBLISH
from ..record.convert import PART_MODELS_BY_NAME
from ..schema import ABSENCE_COLUMNS, NO_EVIDENCE_TERM, nodes
from .checks import RULES
from .checks.failing import find_failing_cases
from .twins import MOST_COUNTED, TWIN_GROUPS, count_twins

UNCHANGED_AFTER = timedelta(days=2 * 365)
UNTOUCHED_AFTER = timedelta(days=90)
WAITING_LONG_AFTER = timedelta(days=14)
MIN_COMPARABLE_CASES = 5
"""A count of fewer cases is too small to compare."""
MAX_DECADES = 15
"""Shown one by one; all earlier decades are one number."""

# Groups of cases -----------------------------------------------------------------------------------------------------


class CaseGroup(NamedTuple):
    """A group of cases: its label, and its condition or a function from the reader to the condition."""

    label: str
    condition: Q | Callable[[Reader], Q]

    def of(self, reader: Reader) -> Q:
        return self.condition if isinstance(self.condition, Q) else self.condition(reader)


def _missing(aggregates: nodes.Field | nodes.PartList) -> Q:
    """Condition that a case lacks a field or a kind of part."""
    if isinstance(aggregates, nodes.PartList):
        return ~Q(pk__in=PART_MODELS_BY_NAME[aggregates.name]._default_manager.order_by().values("case"))
    return Q((aggregates.stands_in, "" if aggregates.kind in nodes.TEXT_KINDS else None))


MISSING_CONDITIONS: dict[str, Q] = {
    **{path: _missing(schema.COMPLETENESS_FIELDS[path]) for path in (*REQUIRED_TO_PUBLISH, *RECOMMENDED_FIELDS)},
    **{name: Q((column, Absence.NOT_CODED)) for name, column in ABSENCE_COLUMNS.items()},
}
"""Conditions for lacking a field, by field; the same as `cases.record.completeness`, but as queries."""

OVERVIEW_FIELD_LABELS = {
    path: str(Case._meta.get_field(field.stands_in).verbose_name)  # type: ignore[union-attr]  # a column
    for path, field in REQUIRED_TO_PUBLISH.items()
    if "." in path
}
"""Labels of fields whose name is not clear enough."""


def _cites(source: str) -> Exists:
    return Exists(Citation.objects.filter(case=OuterRef("case"), source=OuterRef(source)))


def _uncited() -> Q:
    figures = Claim.objects.filter(~_cites("source") | ~_cites("passage__source"))
    return Q(pk__in=figures.order_by().values("case"))


def _own_drafts(reader: Reader) -> Q:
    return Q(state=State.DRAFT, created_by=getattr(reader, "pk", None), created_by__isnull=False)


def _untouched(state: State, span: timedelta) -> Callable[[Reader], Q]:
    return lambda _: Q(state=state, updated_at__lt=timezone.now() - span)


def _waiting_long(_: Reader) -> Q:
    waiting = Proposal.objects.waiting().filter(updated_at__lt=timezone.now() - WAITING_LONG_AFTER)
    return Q(pk__in=waiting.order_by().values("case"))


CASE_GROUPS: dict[str, CaseGroup] = {
    "all": CaseGroup("every case that is not withdrawn", Q()),
    "my-drafts": CaseGroup("drafts that I entered", _own_drafts),
    "returned-to-me": CaseGroup(
        "drafts that were returned to me", lambda reader: _own_drafts(reader) & Q(current_version__act=Act.RETURNED)
    ),
    "to-recode": CaseGroup(
        "cases to code anew", lambda _: Q(pk__in=Recoding.objects.waiting().order_by().values("case"))
    ),
    "to-affirm": CaseGroup("cases with codings to re-affirm", Q(out_of_step__gt=0)),
    "unaffirmed": CaseGroup("cases with codings by a program that nobody has affirmed", Q(unaffirmed__gt=0)),
    "without-evidence": CaseGroup(
        "without evidence: none coded, or none named by the source",
        Q(evidence_level=None) | Q(evidence_level__slug=NO_EVIDENCE_TERM),
    ),
    "without-figures": CaseGroup("without a figure", ~Q(pk__in=Claim.objects.order_by().values("case"))),
    "figures-uncited": CaseGroup("with a figure of a source, or from a passage of one, that is not cited", _uncited()),
    "unchanged": CaseGroup("published, and not changed for two years", _untouched(State.PUBLISHED, UNCHANGED_AFTER)),
    "untouched": CaseGroup("drafts that nobody touched for 90 days", _untouched(State.DRAFT, UNTOUCHED_AFTER)),
    "waiting-long": CaseGroup("with a proposal that has waited for more than 14 days", _waiting_long),
    **{
        f"lacks-{name}": CaseGroup(f"without {OVERVIEW_FIELD_LABELS.get(name, name)}", lacks)
        for name, lacks in MISSING_CONDITIONS.items()
    },
    **{
        f"has-{name}": CaseGroup(f"with {OVERVIEW_FIELD_LABELS.get(name, name)}", ~lacks)
        for name, lacks in MISSING_CONDITIONS.items()
    },
    **{f"{name}-given": CaseGroup(f"{name} coded", Q((column, ""))) for name, column in ABSENCE_COLUMNS.items()},
    **{
        f"{name}-{kind}": CaseGroup(f"{name} {kind.label}", Q((column, kind)))
        for name, column in ABSENCE_COLUMNS.items()
        for kind in Absence
    },
}
"""Groups of cases by name; the overview counts them and the admin lists them."""


def counted_cases(reader: Reader) -> CaseQuerySet:
    """Cases included in the overview."""
    return Case.objects.visible_to(reader).exclude(state=State.WITHDRAWN)


def filter_by_group(name: str, reader: Reader, cases: Any) -> Any:
    """Filter cases by the name of a group; an unknown name gives no cases."""
    if name not in CASE_GROUPS:
        return cases.none()
    return cases.exclude(state=State.WITHDRAWN).filter(CASE_GROUPS[name].of(reader))


def filter_by_rule(code: str, cases: Any) -> Any:
    """Filter cases to those that fail a rule; an unknown code gives no cases."""
    return cases.exclude(state=State.WITHDRAWN).filter(pk__in=Keys(find_failing_cases().get(code, [])))


# Numbers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LinkedCount:
    """A count with its label and a link to the list of what was counted."""

    label: str
    count: int
    url: str
    more: bool = False
    """Whether there are more, which were not counted."""

    @property
    def few(self) -> bool:
        """Whether it is too small to compare."""
        return 0 < self.count < MIN_COMPARABLE_CASES


class FieldCoverage(NamedTuple):
    """Numbers of cases with and without a field."""

    label: str
    filled: LinkedCount
    lacking: LinkedCount

    @property
    def share(self) -> int:
        """In per cent, rounded down so that only a complete field has 100."""
        return 100 * self.filled.count // ((self.filled.count + self.lacking.count) or 1)


class DimensionCoverage(NamedTuple):
    """Numbers of cases in which a dimension is coded, and of each kind of nothing."""

    label: str
    numbers: Sequence[LinkedCount]


class RuleCount(NamedTuple):
    """Number of cases that fail a rule."""

    severity: str
    number: LinkedCount


class ChartBar(NamedTuple):
    """One bar of a chart: its count, its depth below broader values, and its width in per cent."""

    number: LinkedCount
    depth: int
    width: float


@dataclass(frozen=True)
class Chart:
    """Published cases by one dimension; `nothing` are the kinds of nothing, which have no bar."""

    name: str
    note: str
    bars: Sequence[ChartBar]
    nothing: Sequence[LinkedCount]


@dataclass(frozen=True)
class Overview:
    """All numbers of the overview."""

    total: LinkedCount
    waiting: Sequence[LinkedCount]
    fields: Sequence[FieldCoverage]
    dimensions: Sequence[DimensionCoverage]
    gaps: Sequence[LinkedCount]
    found: Sequence[RuleCount]
    twins: Sequence[LinkedCount]
    charts: Sequence[Chart]


def build_overview(reader: Reader) -> Overview:
    """Count everything, for a curator. The number of queries does not depend on the number of cases."""
    groups, years, first = _counts(reader)
    return Overview(
        total=groups["all"],
        waiting=[*_waiting_counts(reader), *(groups[name] for name in WAITING_GROUPS)],
        fields=[
            FieldCoverage(OVERVIEW_FIELD_LABELS.get(n, n), groups[f"has-{n}"], groups[f"lacks-{n}"])
            for n in MISSING_CONDITIONS
        ],
        dimensions=[
            DimensionCoverage(name, [groups[f"{name}-{kind}"] for kind in ("given", *Absence.values)])
            for name in ABSENCE_COLUMNS
        ],
        gaps=[groups[name] for name in GAP_GROUPS],
        found=list(_failed_rules()),
        twins=list(_twin_counts()),
        charts=[*_facet_charts(reader), _decade_chart(years, first)],
    )


WAITING_GROUPS = ("my-drafts", "returned-to-me", "to-recode", "to-affirm", "unaffirmed")
GAP_GROUPS = ("without-evidence", "without-figures", "figures-uncited", "unchanged", "untouched", "waiting-long")


def admin_list_url(**params: str) -> str:
    """Address of the list of cases in the admin, filtered by `params`."""
    return f"{reverse('admin:cases_case_changelist')}?{urlencode(params)}"


def catalogue_list_url(**params: Any) -> str:
    """Address of the public list of cases, filtered by `params`."""
    return f"{facets.case_list_path()}?{urlencode(params)}"


def _counts(reader: Reader) -> tuple[dict[str, LinkedCount], list[LinkedCount], int | None]:
    """Count the groups, the published cases without years by kind of nothing, and find the first year. One query."""
    names = list(CASE_GROUPS)
    conditions = [CASE_GROUPS[name].of(reader) for name in names]
    conditions += [Q(state=State.PUBLISHED, years_absent=kind) for kind in Absence.values]
    aggregates = counted_cases(reader).aggregate(
        **{f"number_{place}": Count("pk", filter=condition) for place, condition in enumerate(conditions)},
        first=Min("year_start", filter=Q(state=State.PUBLISHED)),
    )
    counts = [aggregates[f"number_{place}"] for place in range(len(conditions))]
    groups = {
        name: LinkedCount(CASE_GROUPS[name].label, count, admin_list_url(stands=name))
        for name, count in zip(names, counts, strict=False)
    }
    years = [
        LinkedCount(kind.label, count, admin_list_url(stands=f"years-{kind}", state__exact=State.PUBLISHED.value))
        for kind, count in zip(Absence, counts[len(names) :], strict=True)
    ]
    return groups, years, aggregates["first"]


def _waiting_counts(reader: Reader) -> Iterator[LinkedCount]:
    """Yield counts of what waits for review. Two queries."""
    aggregates = Proposal.objects.visible_to(reader).aggregate(
        open=Count("pk", filter=Q(status=Proposal.Status.OPEN)),
        returned=Count("pk", filter=Q(status=Proposal.Status.RETURNED, by=getattr(reader, "pk", None))),
    )
    review = Case.objects.visible_to(reader).filter(state=State.IN_REVIEW).count()
    queue, own = reverse("cases:proposals"), reverse("cases:contributions")
    yield LinkedCount("proposed revisions", aggregates["open"], f"{queue}?status=open")
    yield LinkedCount("new cases in review", review, f"{queue}?status=in-review")
    yield LinkedCount("my proposals, returned to me", aggregates["returned"], f"{own}?status=returned")


def _failed_rules() -> Iterator[RuleCount]:
    """Yield the rules that some case fails, errors first."""
    found = find_failing_cases()
    severity_order = {"error": 0, "warning": 1, "note": 2}
    for rule in sorted(RULES, key=lambda rule: severity_order[rule.severity]):
        if rule.code in found:
            yield RuleCount(
                rule.severity, LinkedCount(rule.label, len(found[rule.code]), admin_list_url(check=rule.code))
            )


def _twin_counts() -> Iterator[LinkedCount]:
    """Yield the numbers of things in the registers that stand twice, or are likely another's."""
    for (register, group), count in count_twins().items():
        if count:
            address = reverse(f"admin:cases_{register.removesuffix('s')}_changelist")
            yield LinkedCount(
                f"{register} {TWIN_GROUPS[group].label}",
                min(count, MOST_COUNTED),
                f"{address}?twins={group}",
                more=count > MOST_COUNTED,
            )


# Coverage ------------------------------------------------------------------------------------------------------------

PUBLISHED_QUERY = QueryDict(f"status={State.PUBLISHED}")


def _facet_charts(reader: Reader) -> Iterator[Chart]:
    """Yield charts of published cases by country and sector, with the same counts as the public list."""
    filterset, links = CaseFilterSet(PUBLISHED_QUERY, reader), facets.QueryLinks(PUBLISHED_QUERY)
    for name, note in CHART_NOTES.items():
        shown = facets.build_facet(filterset, name, links)
        options = [option for option in shown.options if not option.nothing]
        if name == "country":
            options.sort(key=lambda option: -option.count)
        counts = {option.value: option.count for option in shown.options}
        yield Chart(
            name,
            note,
            _bars(
                [LinkedCount(each.label, each.count, each.url) for each in options], [each.depth for each in options]
            ),
            [LinkedCount(kind.label, counts.get(kind, 0), links.to({name: [kind]})) for kind in Absence],
        )


CHART_NOTES = {
    "country": "A case counts once in each country that it has a place in.",
    "sector": "A case counts once in each of its sectors, and in the broader one.",
}
"""The facets shown as charts, each with a note on how it counts."""


def _bars(numbers: Sequence[LinkedCount], depths: Iterable[int]) -> list[ChartBar]:
    longest = max((number.count for number in numbers), default=0) or 1
    return [
        ChartBar(number, depth, round(100 * number.count / longest, 2))
        for number, depth in zip(numbers, depths, strict=True)
    ]


def _decade_chart(nothing: Sequence[LinkedCount], first: int | None) -> Chart:
    """Chart of the published cases active in each decade. One query."""
    spans = list(_decade_spans(first, timezone.now().year))
    aggregates: Mapping[str, int] = (
        Case.objects.published().aggregate(
            **{f"span_{n}": Count("pk", filter=active_between(start, end)) for n, (_, start, end) in enumerate(spans)}
        )
        if spans
        else {}
    )
    numbers = [
        LinkedCount(
            label, aggregates[f"span_{n}"], catalogue_list_url(status=State.PUBLISHED.value, **_year_params(start, end))
        )
        for n, (label, start, end) in enumerate(spans)
    ]
    note = "A case counts in each decade in which it was active, and one that was still running in all those since."
    return Chart("decade", note, _bars(numbers, [0] * len(numbers)), nothing)


def _decade_spans(first: int | None, year: int) -> Iterator[tuple[str, int | None, int]]:
    """Yield (label, first year, last year) of each decade up to now; very early decades are one span."""
    if first is None:
        return
    now = year // 10 * 10
    start = max(first // 10 * 10, now - 10 * (MAX_DECADES - 1))
    if first < start:
        yield f"before {start}", None, start - 1
    for decade in range(start, now + 10, 10):
        yield f"{decade}–{decade + 9}", decade, decade + 9


def _year_params(start: int | None, end: int) -> dict[str, int]:
    return {"year_max": end} if start is None else {"year_min": start, "year_max": end}
