"""The case: its texts, judgements and state."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.db.models import F, Prefetch, Q
from django.db.models.functions import Lower
from django.urls import reverse

from plaintext.columns import SortKeyField, WrittenModel
from taxonomy.models import Term
from taxonomy.nearest import candidate_words, nearest

from .coding import CodingDoubt, CodingOrigin
from .registers import IS_CURRENT, Organisation, Passage, Place, Source

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from .parts import (
        Arrangement,
        Caveat,
        Citation,
        Claim,
        Contribution,
        Finding,
        Participation,
        PathwayLink,
        PlaceGround,
        PublicInput,
        SectorGround,
    )


Reader = AbstractBaseUser | AnonymousUser | None
"""The user a request comes from; None for an anonymous one."""


class State(models.TextChoices):
    """Stages of publication."""

    DRAFT = "draft", "draft"
    IN_REVIEW = "in-review", "in review"
    PUBLISHED = "published", "published"
    WITHDRAWN = "withdrawn", "withdrawn"


class Absence(models.TextChoices):
    """The four kinds of nothing; an empty string means that a value is given."""

    NOT_CODED = "not-coded", "not coded"
    NOT_STATED = "not-stated", "not stated by the source"
    NOT_APPLICABLE = "not-applicable", "not applicable"
    EXPLICIT_NO = "explicit-no", "explicitly none"


class Precision(models.TextChoices):
    EXACT = "exact", "that year"
    ABOUT = "about", "about then"
    BY = "by", "then or earlier"
    DECADE = "decade", "in that decade"


class Basis(models.TextChoices):
    """How directly a passage supports a coding."""

    EXPLICIT = "explicit", "stated: the words say it"
    SECTION = "section", "by its placement"
    INFERRED = "inferred", "inferred: a reading of the words"


def basis_field(dimension: str, **options: Any) -> models.CharField[str, str]:
    return models.CharField(f"basis of the {dimension}", max_length=8, choices=Basis, **options)


def absence_field(what: str) -> models.CharField[Any, Any]:
    """Column for the kind of nothing that applies if a case has no `what`."""
    return models.CharField(
        f"without {what}",
        max_length=14,
        choices=Absence,
        blank=True,
        default=Absence.NOT_CODED,
        help_text=f"Why nothing is given as {what}; empty when something is.",
    )


def term_key(vocabulary: str, **options: Any) -> models.ForeignKey[Any, Any]:
    """Foreign key to one term of `vocabulary`; null until coded, unless `options` say otherwise."""
    return models.ForeignKey(
        Term,
        models.PROTECT,
        limit_choices_to={"vocabulary__slug": vocabulary},
        related_name="+",
        **{"null": True, "blank": True} | options,
    )


def passage_key(verbose_name: str = "passage", **options: Any) -> models.ForeignKey[Any, Any]:
    """Foreign key to the passage behind a judgement."""
    return models.ForeignKey(Passage, models.PROTECT, related_name="+", verbose_name=verbose_name, **options)


INDEX_COLUMNS = [
    *("sort_key", "slug", "title", "state", "kind", "role", "instance_of", "verdict", "verdict_basis"),
    *("year_start", "year_end", "ongoing", "updated_at", "evidence_level", "evidence_direction", "evidence_absent"),
    *("arrangements_absent", "pathways_absent", "sectors_absent", "places_absent"),
    *("public_input_absent", "contribution_absent", "findings_absent"),
]
"""Columns of the covering index from which the bitmaps are built, in order; it spares the long texts.

A facet on any other column works too, but in a large catalogue add that column here, with a migration.
"""


def whole_case_select_related() -> list[str]:
    """Arguments of select_related: the terms of a case, and its passages with their sources."""
    keys = [(column.name, column.related_model) for column in Case._meta.fields]
    return [
        *(name for name, model in keys if model is Term),
        *(f"{name}__source" for name, model in keys if model is Passage),
    ]


def whole_case_relations() -> dict[str, models.ManyToManyField[Any, Any]]:
    """The many-to-many relations without a model of their own, by name: terms and places."""
    fields = ((field, through_model(field)) for field in Case._meta.many_to_many if field.editable)
    return {field.name: field for field, through in fields if through._meta.auto_created}


WHOLE_CASE_PREFETCH_RELATED = {
    "arrangements": (
        "type__broader",
        *(f"{dimension}_passage__source" for dimension in ("type", "actor", "mode", "years")),
    ),
    "pathway_links": ("pathway__broader", "passage__source"),
    "public_input_links": ("input", "passage__source"),
    "contribution_links": ("contribution", "passage__source"),
    "sector_grounds": ("sector", "passage__source"),
    "place_grounds": ("place", "passage__source"),
    "findings": ("outcome", "beneficiary", "level", "direction", "passage__source"),
    "claims": ("source", "passage__source"),
    "caveats": ("kind", "passage__source"),
    "participations": ("organisation", "part", "passage__source"),
    "citations": ("source",),
}
"""The parts of a case, each with the relations to join to it.

They are joined because `prefetch_related("citations__source")` would look up as many as a thousand sources with as many
ORs, more than SQLite accepts.
"""


def through_model(field: models.ManyToManyField[Any, Any]) -> type[models.Model]:
    """Return the model of a many-to-many field's through table."""
    model = field.remote_field.through
    if model is None:
        raise TypeError(field.name)
    return model


class CaseQuerySet(models.QuerySet["Case"]):
    def published(self) -> CaseQuerySet:
        return self.filter(state=State.PUBLISHED)

    def visible_to(self, user: Reader) -> CaseQuerySet:
        """Published cases, or every case for curators."""
        return self if sees_drafts(user) else self.published()

    def readable_by(self, user: Reader) -> CaseQuerySet:
        """Cases that `user` may open by their address: the visible ones and a contributor's own drafts."""
        if user is None or sees_drafts(user) or not user.has_perm("cases.add_case"):  # type: ignore[union-attr]  # PermissionsMixin
            return self.visible_to(user)
        return self.filter(Q(state=State.PUBLISHED) | Q(created_by=user, state__in=[State.DRAFT, State.IN_REVIEW]))

    def addressed(self, slug: str) -> CaseQuerySet:
        """The case, if any, that has or once had the address `slug`."""
        return self.filter(Q(slug=slug) | Q(pk__in=OldAddress.objects.filter(slug=slug).values("case")))

    def at(self, slug: str) -> Case | None:
        """Return the case that has or once had the address `slug`; does not check permissions."""
        return self.addressed(slug).first()

    def by_address(self, slugs: Collection[str]) -> dict[str, Case]:
        """These cases by each of the addresses `slugs` that they have or once had."""
        old = dict(OldAddress.objects.filter(slug__in=slugs).values_list("slug", "case_id"))
        found = self.only("slug", "title").filter(Q(slug__in=slugs) | Q(pk__in=old.values()))
        by_key: dict[int, Case] = {case.pk: case for case in found}
        now = {case.slug: case for case in by_key.values() if case.slug in slugs}
        return {**{slug: by_key[key] for slug, key in old.items() if key in by_key}, **now}

    def named_practices(self) -> dict[str, int]:
        """The keys of the entries that instances name, by the address that they name; it may be a former one."""
        named = self.model._default_manager.exclude(instance_of="").order_by().values("instance_of")
        former = OldAddress.objects.filter(slug__in=named).order_by().values_list("slug", "case_id")
        return dict(former) | dict(self.filter(slug__in=named).order_by().values_list("slug", "pk"))

    def instances_of(self, case: Case) -> CaseQuerySet:
        """The cases that name an entry, by its address or a former one, as the practice that they are instances of."""
        return self.filter(Q(instance_of=case.slug) | Q(instance_of__in=case.old_addresses.values("slug")))

    def near(self, slug: str) -> Sequence[Case]:
        """At most five cases whose addresses are most similar to `slug`."""
        all_near = candidate_words(self.model._default_manager.all(), slug)  # reads only the index on slug
        known = list(self.filter(slug__in=all_near).order_by("slug").values_list("slug", flat=True))
        within = [address for address in known if slug in address]
        addresses = list(dict.fromkeys([*nearest(slug, known, most=5, alike=50), *within]))[:5]
        found = {case.slug: case for case in self.only("slug", "title").filter(slug__in=addresses)}
        return [found[address] for address in addresses if address in found]

    def whole(self) -> CaseQuerySet:
        """Load each case with all its parts, terms, sources and passages."""
        parts = (
            Prefetch(name, self.model._meta.get_field(name).related_model._default_manager.select_related(*joined))  # type: ignore[union-attr]  # a relation's model
            for name, joined in WHOLE_CASE_PREFETCH_RELATED.items()
        )
        return self.select_related(*whole_case_select_related()).prefetch_related(*whole_case_relations(), *parts)

    def _prefetch_related_objects(self) -> None:
        """Ask only for the lists of a single case that are not empty, as about half of them are."""
        found = self._result_cache or []
        lookups = self._prefetch_related_lookups  # type: ignore[attr-defined]  # not in Django's stubs
        names = {lookup if isinstance(lookup, str) else lookup.prefetch_to for lookup in lookups}
        if len(found) == 1 and names.issuperset(list_tables()):
            set_empty_lists(found[0])
        super()._prefetch_related_objects()  # type: ignore[misc]


@cache
def list_tables() -> dict[str, str]:
    """Return the table of each list of a case, by the accessor on the case; each has a column `case_id`."""
    parts = {name: Case._meta.get_field(name).related_model._meta for name in WHOLE_CASE_PREFETCH_RELATED}  # type: ignore[union-attr]  # a relation's model
    sets = {name: through_model(field)._meta for name, field in whole_case_relations().items()}
    return {name: meta.db_table for name, meta in (sets | parts).items()}


def set_empty_lists(case: Case) -> None:
    """Let the empty lists of a case be known as such, as if they had been prefetched; one query."""
    tables = list_tables()
    columns = ", ".join(f"EXISTS (SELECT 1 FROM {table} WHERE case_id = %s)" for table in tables.values())  # noqa: S608 - tables of ours
    with connection.cursor() as cursor:  # the ORM would take longer than the queries that this spares
        cursor.execute(f"SELECT {columns}", [case.pk] * len(tables))
        filled = cursor.fetchone()
    known = case.__dict__.setdefault("_prefetched_objects_cache", {})
    for name, there in zip(tables, filled, strict=True):
        if not there and name not in known:
            known[name] = getattr(case, name).all()
            known[name]._result_cache, known[name]._prefetch_done = [], True  # noqa: SLF001 - as prefetch_related() does it


def sees_drafts(user: Reader) -> bool:
    """Whether `user` sees cases in every state, as curators do, rather than only published ones."""
    return bool(user and user.is_active and user.has_perm("cases.change_case"))  # type: ignore[attr-defined]  # PermissionsMixin


class Case(WrittenModel):
    """A case, practice, near miss or warning of co-delivery, as described by its sources."""

    slug = models.SlugField(max_length=120, unique=True, help_text="Its address; never changes its meaning.")
    title = models.CharField(max_length=200, blank=True)
    sort_key = SortKeyField(of="title")
    kind = term_key("kind", null=False, blank=False, help_text="What it refers to: a named case or a practice.")
    role = term_key("role", verbose_name="role in the source")
    standing_basis = basis_field("kind and role", blank=True)
    standing_passage = passage_key("passage behind kind and role", null=True, blank=True)
    instance_of = models.SlugField(
        max_length=120, blank=True, help_text="Slug of the practice of which this case is an instance."
    )
    summary = models.TextField(blank=True, help_text="One or two sentences.")
    narrative = models.TextField(blank=True, help_text="Markdown.")

    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    withdrawn_reason = models.TextField("reason for withdrawing", blank=True)
    withdrawn_at = models.DateTimeField("withdrawn", null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged", help_text="The case that tells it now."
    )
    published_at = models.DateTimeField("first published", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(
        default=0, help_text="Counts its saves; a save made from an older version is refused."
    )

    coded = models.JSONField(
        default=dict,
        editable=False,
        help_text="By coding: when it was made or affirmed, how and by whom, and why it is to be re-affirmed.",
    )
    out_of_step = models.PositiveIntegerField(
        default=0, editable=False, db_index=True, help_text="Number of codings that are to be re-affirmed."
    )
    unaffirmed = models.PositiveIntegerField(
        default=0, editable=False, db_index=True, help_text="Number of codings by programs that nobody has affirmed."
    )
    doubts = models.ManyToManyField(CodingDoubt, editable=False, related_name="+")
    origins = models.ManyToManyField(CodingOrigin, editable=False, related_name="+")

    verdict = term_key("eligibility")
    verdict_reason = models.TextField("reason of the verdict", blank=True)
    verdict_basis = basis_field("verdict", blank=True)
    verdict_since = models.PositiveSmallIntegerField(
        "holds since", null=True, blank=True, help_text="The year in which it came to hold, where the source dates it."
    )
    verdict_before = term_key("eligibility", verbose_name="verdict until then")
    verdict_passage = passage_key("passage behind the verdict", null=True, blank=True)

    democratic_quality = term_key("democratic-quality")
    democratic_reason = models.TextField("reason of that judgement", blank=True)
    democratic_passage = passage_key("passage behind that judgement", null=True, blank=True)

    evidence_level = term_key("evidence")
    evidence_direction = term_key("direction")
    evidence_note = models.TextField(blank=True)
    evidence_passage = passage_key("passage behind the evidence", null=True, blank=True)
    evidence_absent = absence_field("evidence")

    year_start = models.PositiveSmallIntegerField("first year", null=True, blank=True)
    year_start_precision = models.CharField(max_length=6, choices=Precision, default=Precision.EXACT)
    year_end = models.PositiveSmallIntegerField("last year", null=True, blank=True)
    year_end_precision = models.CharField(max_length=6, choices=Precision, default=Precision.EXACT)
    ongoing = models.BooleanField("running when the source was written", default=False)
    years_basis = basis_field("years", blank=True)
    years_passage = passage_key("passage behind the years", null=True, blank=True)
    years_absent = absence_field("years")

    sectors = models.ManyToManyField(
        Term, blank=True, limit_choices_to={"vocabulary__slug": "sector"}, related_name="+"
    )
    sectors_absent = absence_field("sector")
    places = models.ManyToManyField(Place, blank=True, limit_choices_to=IS_CURRENT, related_name="cases")
    places_absent = absence_field("place")
    pathways = models.ManyToManyField(Term, through="cases.PathwayLink", related_name="+")
    pathways_absent = absence_field("pathway")
    arrangements_absent = absence_field("arrangement")
    public_input = models.ManyToManyField(Term, through="cases.PublicInput", related_name="+")
    public_input_absent = absence_field("public input")
    contribution = models.ManyToManyField(Term, through="cases.Contribution", related_name="+")
    contribution_absent = absence_field("contribution")
    outcomes = models.ManyToManyField(
        Term, through="cases.Finding", through_fields=("case", "outcome"), related_name="+"
    )
    beneficiaries = models.ManyToManyField(
        Term, through="cases.Finding", through_fields=("case", "beneficiary"), related_name="+"
    )
    findings_absent = absence_field("finding")
    organisations = models.ManyToManyField(Organisation, through="cases.Participation", related_name="cases")
    sources = models.ManyToManyField(Source, through="cases.Citation", related_name="cases")

    if TYPE_CHECKING:
        arrangements: RelatedManager[Arrangement]
        pathway_links: RelatedManager[PathwayLink]
        public_input_links: RelatedManager[PublicInput]
        contribution_links: RelatedManager[Contribution]
        sector_grounds: RelatedManager[SectorGround]
        place_grounds: RelatedManager[PlaceGround]
        findings: RelatedManager[Finding]
        claims: RelatedManager[Claim]
        caveats: RelatedManager[Caveat]
        participations: RelatedManager[Participation]
        citations: RelatedManager[Citation]
        old_addresses: RelatedManager[OldAddress]

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering = ["sort_key", "slug"]
        indexes = [
            models.Index(fields=["state", "sort_key", "slug"]),
            models.Index(fields=INDEX_COLUMNS, name="case_read_alone"),
            models.Index(Lower("slug"), name="case_slug_any_case"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state=State.PUBLISHED) | (~Q(title="") & ~Q(summary="")),
                name="case_published_has_title_and_summary",
                violation_error_message="A published case has a title and a summary.",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.PUBLISHED)
                | Q(verdict__isnull=False, verdict_passage__isnull=False) & ~Q(verdict_reason=""),
                name="case_published_has_verdict_reason_passage",
                violation_error_message="A published case has a verdict, the reason for it and the passage behind it.",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.WITHDRAWN) | ~Q(withdrawn_reason=""),
                name="case_withdrawn_has_reason",
                violation_error_message="A withdrawn case says why.",
            ),
            models.CheckConstraint(
                condition=Q(merged_into=None) | Q(state=State.WITHDRAWN),
                name="case_merged_is_withdrawn",
                violation_error_message="A case that was merged into another is withdrawn.",
            ),
            models.CheckConstraint(
                condition=Q(verdict_before=None) | Q(verdict_since__isnull=False),
                name="case_earlier_verdict_has_year",
                violation_error_message="Where another verdict held before, give the year in which that changed.",
            ),
            models.CheckConstraint(
                condition=Q(democratic_quality=None) | (~Q(democratic_reason="") & Q(democratic_passage__isnull=False)),
                name="case_democratic_judgement_has_reason",
                violation_error_message="The judgement of democratic quality needs its reason and its passage.",
            ),
            models.CheckConstraint(
                condition=Q(year_start=None) | Q(year_end=None) | Q(year_end__gte=F("year_start")),
                name="case_end_not_before_start",
                violation_error_message="The last year is before the first.",
            ),
            models.CheckConstraint(
                condition=Q(ongoing=False) | Q(year_end=None),
                name="case_running_has_no_end",
                violation_error_message="A case that is still running has no last year.",
            ),
            models.CheckConstraint(
                condition=Q(year_start=None, year_end=None) & ~Q(years_absent="")
                | Q(years_absent="", years_passage__isnull=False)
                & (Q(year_start__isnull=False) | Q(year_end__isnull=False)),
                name="case_years_or_why_none",
                violation_error_message="Give years with their passage, or say which kind of nothing this is.",
            ),
            models.CheckConstraint(
                condition=Q(evidence_level=None, evidence_direction=None) & ~Q(evidence_absent="")
                | Q(evidence_absent="", evidence_level__isnull=False, evidence_direction__isnull=False),
                name="case_evidence_or_why_none",
                violation_error_message="Give level and direction of the evidence, or say which kind of nothing it is.",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.slug

    def get_absolute_url(self) -> str:
        return reverse("cases:case", args=[self.slug])

    @property
    def years(self) -> str:
        """The years in words: "since 2006", "2012", "about 1994 to 2000"; empty if there are none."""
        first = _year(self.year_start, self.year_start_precision)
        last = _year(self.year_end, self.year_end_precision)
        if self.ongoing:
            return f"since {first}" if first else "running"
        if self.year_start == self.year_end or first == last:
            return first
        return " to ".join(filter(None, [first, last])) if first else f"until {last}" if last else ""


class OldAddress(models.Model):
    """A former address of a renamed case; it redirects to the current one."""

    slug = models.SlugField(max_length=120, unique=True)
    case = models.ForeignKey(Case, models.CASCADE, related_name="old_addresses")
    until = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "old addresses"
        ordering = ["slug"]
        indexes = [models.Index(Lower("slug"), name="old_address_any_case")]

    def __str__(self) -> str:
        return self.slug


def _year(year: int | None, precision: str) -> str:
    words = {Precision.ABOUT: "about {}", Precision.BY: "{} or earlier", Precision.DECADE: "the {}s"}
    if not year:
        return ""
    return words.get(Precision(precision), "{}").format(year // 10 * 10 if precision == Precision.DECADE else year)
