"""The state of the catalogue in numbers, each with the address of exactly the cases that it counts.

A group of cases is named here once: the number counts its condition, and the list of cases in the admin narrows by the
same one (`?stands=…`). What the public grammar can ask is asked there. Withdrawn cases are left aside.
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

from . import declarations, facets, schema
from .checks import RULES
from .checks.standing import failing
from .dimensions import NO_EVIDENCE
from .filters import CaseFilterSet
from .models import Absence, Case, CaseQuerySet, Citation, Claim, Proposal, State
from .models.case import Reader
from .models.keys import Keys
from .models.recoding import Recoding
from .models.version import Act
from .records import MODELS, NEEDED, WANTED
from .schema import DIMENSIONS
from .sql import active

STALE = timedelta(days=2 * 365)
UNTOUCHED = timedelta(days=90)
WAITING_LONG = timedelta(days=14)
FEW = 5
"""Cases: below it, a number says too little to be compared."""
DECADES = 15
"""As many are shown one by one; what was before is one number."""

# Groups of cases -----------------------------------------------------------------------------------------------------


class Group(NamedTuple):
    """Some cases: what they are called, and their condition, or how a reader's condition is made."""

    label: str
    condition: Q | Callable[[Reader], Q]

    def of(self, reader: Reader) -> Q:
        return self.condition if isinstance(self.condition, Q) else self.condition(reader)


def _lacks(said: declarations.Field | declarations.Parts) -> Q:
    """Return the condition that a case says nothing there."""
    if isinstance(said, declarations.Parts):
        return ~Q(pk__in=MODELS[said.name]._default_manager.order_by().values("case"))
    return Q((said.stands_in, "" if said.kind in declarations.TEXTS else None))


LACKING: dict[str, Q] = {
    **{path: _lacks(schema.COMPLETE[path]) for path in (*NEEDED, *WANTED)},
    **{name: Q((column, Absence.NOT_CODED)) for name, column in DIMENSIONS.items()},
}
"""By field, when a case lacks it: what `records.completeness` says of one case, asked of all."""

FIELDS = {
    path: str(Case._meta.get_field(field.stands_in).verbose_name)  # type: ignore[union-attr]  # a column
    for path, field in NEEDED.items()
    if "." in path
}
"""What fields are called whose name does not say it."""


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
    waiting = Proposal.objects.waiting().filter(updated_at__lt=timezone.now() - WAITING_LONG)
    return Q(pk__in=waiting.order_by().values("case"))


GROUPS: dict[str, Group] = {
    "all": Group("every case that is not withdrawn", Q()),
    "my-drafts": Group("drafts that I entered", _own_drafts),
    "returned-to-me": Group(
        "drafts that were returned to me", lambda reader: _own_drafts(reader) & Q(standing__act=Act.RETURNED)
    ),
    "to-recode": Group("cases to code anew", lambda _: Q(pk__in=Recoding.objects.waiting().order_by().values("case"))),
    "without-evidence": Group(
        "without evidence: none coded, or none named by the source",
        Q(evidence_level=None) | Q(evidence_level__slug=NO_EVIDENCE),
    ),
    "without-figures": Group("without a figure", ~Q(pk__in=Claim.objects.order_by().values("case"))),
    "figures-uncited": Group("with a figure of a source, or from a passage of one, that is not cited", _uncited()),
    "unchanged": Group("published, and not changed for two years", _untouched(State.PUBLISHED, STALE)),
    "untouched": Group("drafts that nobody touched for 90 days", _untouched(State.DRAFT, UNTOUCHED)),
    "waiting-long": Group("with a proposal that has waited for more than 14 days", _waiting_long),
    **{f"lacks-{name}": Group(f"without {FIELDS.get(name, name)}", lacks) for name, lacks in LACKING.items()},
    **{f"has-{name}": Group(f"with {FIELDS.get(name, name)}", ~lacks) for name, lacks in LACKING.items()},
    **{f"{name}-given": Group(f"{name} coded", Q((column, ""))) for name, column in DIMENSIONS.items()},
    **{
        f"{name}-{kind}": Group(f"{name} {kind.label}", Q((column, kind)))
        for name, column in DIMENSIONS.items()
        for kind in Absence
    },
}
"""By name, each group of cases that the overview counts and the admin lists."""


def standing(reader: Reader) -> CaseQuerySet:
    """Return the cases that the numbers are about."""
    return Case.objects.visible_to(reader).exclude(state=State.WITHDRAWN)


def group(name: str, reader: Reader, cases: Any) -> Any:
    """Narrow cases to a group; a name that is none leaves nothing."""
    if name not in GROUPS:
        return cases.none()
    return cases.exclude(state=State.WITHDRAWN).filter(GROUPS[name].of(reader))


def found_by(code: str, cases: Any) -> Any:
    """Narrow cases to those in which a rule finds something; a code that is none leaves nothing."""
    return cases.exclude(state=State.WITHDRAWN).filter(pk__in=Keys(failing().get(code, [])))


# Numbers -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """A number, what it counts, and where that is listed."""

    label: str
    count: int
    url: str

    @property
    def few(self) -> bool:
        """Whether it is too small to be compared."""
        return 0 < self.count < FEW


class Field(NamedTuple):
    """How many cases have a field, and how many lack it."""

    label: str
    filled: Number
    lacking: Number

    @property
    def share(self) -> int:
        """In per cent, rounded down, so that nothing is called complete that is not."""
        return 100 * self.filled.count // ((self.filled.count + self.lacking.count) or 1)


class Dimension(NamedTuple):
    """In how many cases a dimension is coded, and in how many it is which kind of nothing."""

    label: str
    numbers: Sequence[Number]


class Found(NamedTuple):
    """In how many cases a rule finds something."""

    severity: str
    number: Number


class Bar(NamedTuple):
    """One value of a chart: how deep it stands under broader ones, how long its bar is in per cent."""

    number: Number
    depth: int
    width: float


@dataclass(frozen=True)
class Chart:
    """Numbers of published cases along one dimension; `nothing` are the kinds of nothing, which have no bar."""

    name: str
    note: str
    bars: Sequence[Bar]
    nothing: Sequence[Number]


@dataclass(frozen=True)
class Overview:
    """The state of the catalogue."""

    total: Number
    waiting: Sequence[Number]
    fields: Sequence[Field]
    dimensions: Sequence[Dimension]
    gaps: Sequence[Number]
    found: Sequence[Found]
    charts: Sequence[Chart]


def overview(reader: Reader) -> Overview:
    """Count everything, for a curator; as many queries for many cases as for few."""
    groups, years, first = _counts(reader)
    return Overview(
        total=groups["all"],
        waiting=[*_waiting(reader), *(groups[name] for name in ("my-drafts", "returned-to-me", "to-recode"))],
        fields=[Field(FIELDS.get(n, n), groups[f"has-{n}"], groups[f"lacks-{n}"]) for n in LACKING],
        dimensions=[
            Dimension(name, [groups[f"{name}-{kind}"] for kind in ("given", *Absence.values)]) for name in DIMENSIONS
        ],
        gaps=[groups[name] for name in GAPS],
        found=list(_found()),
        charts=[*_facets(reader), _decades(years, first)],
    )


GAPS = ("without-evidence", "without-figures", "figures-uncited", "unchanged", "untouched", "waiting-long")


def in_admin(**asked: str) -> str:
    """Return the address of the admin's list of cases, narrowed."""
    return f"{reverse('admin:cases_case_changelist')}?{urlencode(asked)}"


def in_catalogue(**asked: Any) -> str:
    """Return the address of the catalogue's own list of cases, narrowed."""
    return f"{facets.list_path()}?{urlencode(asked)}"


def _counts(reader: Reader) -> tuple[dict[str, Number], list[Number], int | None]:
    """Count every group; of published cases, the kinds of nothing instead of years, and the first year. One query."""
    names = list(GROUPS)
    conditions = [GROUPS[name].of(reader) for name in names]
    conditions += [Q(state=State.PUBLISHED, years_absent=kind) for kind in Absence.values]
    said = standing(reader).aggregate(
        **{f"number_{place}": Count("pk", filter=condition) for place, condition in enumerate(conditions)},
        first=Min("year_start", filter=Q(state=State.PUBLISHED)),
    )
    counts = [said[f"number_{place}"] for place in range(len(conditions))]
    groups = {
        name: Number(GROUPS[name].label, count, in_admin(stands=name))
        for name, count in zip(names, counts, strict=False)
    }
    years = [
        Number(kind.label, count, in_admin(stands=f"years-{kind}", state__exact=State.PUBLISHED.value))
        for kind, count in zip(Absence, counts[len(names) :], strict=True)
    ]
    return groups, years, said["first"]


def _waiting(reader: Reader) -> Iterator[Number]:
    """Yield what waits for review. Two queries."""
    said = Proposal.objects.visible_to(reader).aggregate(
        open=Count("pk", filter=Q(status=Proposal.Status.OPEN)),
        returned=Count("pk", filter=Q(status=Proposal.Status.RETURNED, by=getattr(reader, "pk", None))),
    )
    review = Case.objects.visible_to(reader).filter(state=State.IN_REVIEW).count()
    queue, own = reverse("cases:proposals"), reverse("cases:contributions")
    yield Number("proposed revisions", said["open"], f"{queue}?status=open")
    yield Number("new cases in review", review, f"{queue}?status=in-review")
    yield Number("my proposals, returned to me", said["returned"], f"{own}?status=returned")


def _found() -> Iterator[Found]:
    """Yield each rule that finds something, the errors first."""
    found = failing()
    weights = {"error": 0, "warning": 1, "note": 2}
    for rule in sorted(RULES, key=lambda rule: weights[rule.severity]):
        if rule.code in found:
            yield Found(rule.severity, Number(rule.label, len(found[rule.code]), in_admin(check=rule.code)))


# Coverage ------------------------------------------------------------------------------------------------------------

PUBLISHED = QueryDict(f"status={State.PUBLISHED}")


def _facets(reader: Reader) -> Iterator[Chart]:
    """Yield how many published cases each country and each sector has, as the list of cases counts them."""
    asked, links = CaseFilterSet(PUBLISHED, reader), facets.Links(PUBLISHED)
    for name, note in NOTES.items():
        shown = facets.facet(asked, name, links)
        options = [option for option in shown.options if not option.nothing]
        if name == "country":
            options.sort(key=lambda option: -option.count)
        counts = {option.value: option.count for option in shown.options}
        yield Chart(
            name,
            note,
            _bars([Number(each.label, each.count, each.url) for each in options], [each.depth for each in options]),
            [Number(kind.label, counts.get(kind, 0), links.to({name: [kind]})) for kind in Absence],
        )


NOTES = {
    "country": "A case counts once in each country that it has a place in.",
    "sector": "A case counts once in each of its sectors, and in the broader one.",
}
"""What is counted by the public grammar, and how."""


def _bars(numbers: Sequence[Number], depths: Iterable[int]) -> list[Bar]:
    longest = max((number.count for number in numbers), default=0) or 1
    return [
        Bar(number, depth, round(100 * number.count / longest, 2))
        for number, depth in zip(numbers, depths, strict=True)
    ]


def _decades(nothing: Sequence[Number], first: int | None) -> Chart:
    """Return how many published cases were active in each decade. One query."""
    spans = list(_spans(first, timezone.now().year))
    said: Mapping[str, int] = (
        Case.objects.published().aggregate(
            **{f"span_{n}": Count("pk", filter=active(start, end)) for n, (_, start, end) in enumerate(spans)}
        )
        if spans
        else {}
    )
    numbers = [
        Number(label, said[f"span_{n}"], in_catalogue(status=State.PUBLISHED.value, **_within(start, end)))
        for n, (label, start, end) in enumerate(spans)
    ]
    note = "A case counts in each decade in which it was active, and one that was still running in all those since."
    return Chart("decade", note, _bars(numbers, [0] * len(numbers)), nothing)


def _spans(first: int | None, year: int) -> Iterator[tuple[str, int | None, int]]:
    """Yield each decade from the first year to this one; the earliest of many are one span."""
    if first is None:
        return
    now = year // 10 * 10
    start = max(first // 10 * 10, now - 10 * (DECADES - 1))
    if first < start:
        yield f"before {start}", None, start - 1
    for decade in range(start, now + 10, 10):
        yield f"{decade}–{decade + 9}", decade, decade + 9


def _within(start: int | None, end: int) -> dict[str, int]:
    return {"year_max": end} if start is None else {"year_min": start, "year_max": end}
