"""The parts of a case: arrangements, pathways, claims, caveats, organisations, citations."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.db import models
from django.db.models import F, Q

from plaintext.columns import WrittenModel

from .case import Absence, Case, absence_field, basis_field, passage_key, term_key
from .registers import IS_CURRENT, Organisation, Place, Source


def _format_number(number: Decimal) -> str:
    """Format 70000 as 70,000 and 16.9000 as 16.9."""
    return f"{number.normalize():,f}"


ACTOR_LABELS = {"user": "service users", "community": "communities"}


def actor_words(actors: Iterable[str]) -> str:
    """For example "service users and communities"."""
    return " and ".join(ACTOR_LABELS[slug] for slug in actors)


def mode_words(modes: Iterable[str], absent: str | None) -> str:
    """For example "offline and digital", or the kind of nothing: "mode not stated by the source"."""
    return " and ".join(modes) or f"mode {Absence(absent or Absence.NOT_CODED).label}"


class Arrangement(WrittenModel):
    """What one group does in one way: one type, its co-producers, its modes (Table 20.1), each with basis and passage.

    If both co-producers are set they act together; if both modes are set it is a mix.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="arrangements")
    order = models.PositiveSmallIntegerField(default=0)
    label = models.CharField(max_length=200, help_text="What this group does, in a few words.")
    type = term_key("type", null=False, blank=False)
    type_basis = basis_field("type")
    type_passage = passage_key("passage behind the type")
    user = models.BooleanField("service users", default=False)
    community = models.BooleanField("communities", default=False)
    actor_basis = basis_field("co-producers")
    actor_passage = passage_key("passage behind the co-producers")
    offline = models.BooleanField(default=False)
    digital = models.BooleanField(default=False)
    mode_absent = absence_field("mode")
    mode_basis = basis_field("mode", blank=True)
    mode_passage = passage_key("passage behind the mode", null=True, blank=True)
    year_start = models.PositiveSmallIntegerField("its first year", null=True, blank=True)
    year_end = models.PositiveSmallIntegerField("its last year", null=True, blank=True)
    years_passage = passage_key("passage behind its years", null=True, blank=True)

    class Meta:
        ordering = ["case", "order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user=True) | Q(community=True),
                name="arrangement_has_co_producer",
                violation_error_message="An arrangement has a co-producer: service users, communities, or both.",
            ),
            models.CheckConstraint(
                condition=Q(offline=False, digital=False, mode_basis="", mode_passage=None) & ~Q(mode_absent="")
                | (Q(offline=True) | Q(digital=True))
                & Q(mode_absent="", mode_passage__isnull=False)
                & ~Q(mode_basis=""),
                name="arrangement_mode_or_why_none",
                violation_error_message="Give a mode with its basis and passage, or say which kind of nothing this is.",
            ),
            models.CheckConstraint(
                condition=Q(year_start=None, year_end=None, years_passage=None)
                | Q(years_passage__isnull=False) & (Q(year_start__isnull=False) | Q(year_end__isnull=False)),
                name="arrangement_years_have_passage",
                violation_error_message="Give the years of an arrangement with their passage, or leave them out.",
            ),
            models.CheckConstraint(
                condition=Q(year_start=None) | Q(year_end=None) | Q(year_end__gte=F("year_start")),
                name="arrangement_end_not_before_start",
                violation_error_message="The last year of an arrangement is before its first.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def actors(self) -> list[str]:
        return [slug for slug in ("user", "community") if getattr(self, slug)]

    @property
    def modes(self) -> list[str]:
        return [slug for slug in ("offline", "digital") if getattr(self, slug)]

    @property
    def actor_words(self) -> str:
        return actor_words(self.actors)

    @property
    def mode_words(self) -> str:
        return mode_words(self.modes, self.mode_absent)

    @property
    def years(self) -> str:
        return " to ".join(dict.fromkeys(str(year) for year in (self.year_start, self.year_end) if year))


class PathwayLink(WrittenModel):
    """A pathway of Fig. 20.1 to which a case contributes."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="pathway_links")
    pathway = term_key("pathway", null=False, blank=False)
    basis = basis_field("pathway")
    passage = passage_key()

    class Meta:
        ordering = ["pathway__order", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "pathway"], name="pathway_once_a_case")]

    def __str__(self) -> str:
        return str(self.pathway)


class PublicInput(WrittenModel):
    """What a public service organisation puts in: the test of whether something is co-delivery."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="public_input_links")
    input = term_key("public-input", null=False, blank=False)
    basis = basis_field("public input")
    passage = passage_key()

    class Meta:
        ordering = ["input__order", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "input"], name="public_input_once_a_case")]

    def __str__(self) -> str:
        return str(self.input)


class Contribution(WrittenModel):
    """What citizens contribute."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="contribution_links")
    contribution = term_key("contribution", null=False, blank=False)
    basis = basis_field("contribution")
    passage = passage_key()

    class Meta:
        ordering = ["contribution__order", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "contribution"], name="contribution_once_a_case")]

    def __str__(self) -> str:
        return str(self.contribution)


class SectorGround(WrittenModel):
    """What one sector of a case rests on."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="sector_grounds")
    sector = term_key("sector", null=False, blank=False)
    basis = basis_field("sector")
    passage = passage_key(null=True, blank=True)

    class Meta:
        ordering = ["sector__order", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "sector"], name="sector_ground_once_a_case")]

    def __str__(self) -> str:
        return str(self.sector)


class PlaceGround(WrittenModel):
    """What one place of a case rests on."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="place_grounds")
    place = models.ForeignKey(Place, models.PROTECT, limit_choices_to=IS_CURRENT, related_name="grounds")
    basis = basis_field("place")
    passage = passage_key(null=True, blank=True)

    class Meta:
        ordering = ["place__sort_key", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "place"], name="place_ground_once_a_case")]

    def __str__(self) -> str:
        return str(self.place)


class Finding(WrittenModel):
    """What came of a case: one outcome, for whom, in which direction, on which level of evidence."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="findings")
    order = models.PositiveSmallIntegerField(default=0)
    outcome = term_key("outcome", null=False, blank=False)
    beneficiary = term_key("beneficiary", null=False, blank=False, verbose_name="who benefits")
    statement = models.CharField(max_length=500, help_text="What came of it, in one sentence.")
    level = term_key("evidence", null=False, blank=False)
    direction = term_key("direction", null=False, blank=False)
    counterfactual = models.BooleanField(default=False, help_text="The source reports what became worse without it.")
    figure = models.CharField(
        max_length=300, blank=True, help_text="The figure that states it, as stated: one of the figures of the case."
    )
    passage = passage_key()

    class Meta:
        ordering = ["case", "order", "pk"]
        indexes = [
            models.Index(fields=["case", "outcome"], name="finding_outcome"),
            models.Index(fields=["case", "beneficiary"], name="finding_beneficiary"),
        ]

    def __str__(self) -> str:
        return self.statement


class Claim(WrittenModel):
    """One figure from a source: what is counted, of whom, when, and in which words."""

    class Qualifier(models.TextChoices):
        ABOUT = "about", "about"
        OVER = "over", "over"
        AT_LEAST = "at-least", "at least"
        UNDER = "under", "under"
        UP_TO = "up-to", "up to"
        NEARLY = "nearly", "nearly"

    class FigureRole(models.TextChoices):
        REACH = "reach", "people or places reached"
        INPUT = "input", "what goes in"
        OUTPUT = "output", "what is done"
        OUTCOME = "outcome", "what comes of it"
        COST = "cost", "what it costs or saves"

    case = models.ForeignKey(Case, models.CASCADE, related_name="claims")
    order = models.PositiveSmallIntegerField(default=0)
    as_stated = models.CharField(max_length=300, help_text="The figure in the source's own words.")
    qualifier = models.CharField(max_length=8, choices=Qualifier, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    value_from = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    value_to = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    out_of = models.DecimalField(
        max_digits=20, decimal_places=4, null=True, blank=True, help_text="The denominator: 3 in “two thirds”."
    )
    unit = models.CharField(max_length=60, help_text="For example people, %, minutes, GBP.")
    measures = models.CharField(max_length=300, help_text="What is counted.")
    figure_role = models.CharField("what it is a figure of", max_length=7, choices=FigureRole, blank=True)
    population = models.CharField(max_length=300, blank=True, help_text="Of whom.")
    year_from = models.PositiveSmallIntegerField("year, or first year", null=True, blank=True)
    year_to = models.PositiveSmallIntegerField("last year", null=True, blank=True)
    source = models.ForeignKey(
        Source, models.PROTECT, limit_choices_to=IS_CURRENT, related_name="claims", help_text="Who says so."
    )
    passage = passage_key()

    class Meta:
        ordering = ["case", "order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(value__isnull=False, value_from=None, value_to=None)
                | Q(value=None, value_from__isnull=False, value_to__isnull=False),
                name="claim_value_or_from_to",
                violation_error_message="Give a value, or a from and a to.",
            ),
            models.CheckConstraint(condition=Q(out_of=None) | Q(out_of__gt=0), name="claim_denominator_positive"),
            models.CheckConstraint(
                condition=Q(year_to=None) | Q(year_from__isnull=False, year_to__gte=F("year_from")),
                name="claim_period_in_order",
                violation_error_message="The last year of a figure needs a first year, not after it.",
            ),
        ]

    def __str__(self) -> str:
        return self.as_stated

    @property
    def figure(self) -> str:
        """The figure as printed in large type: "over 90%", "875 to 10,190", "2 of 3"."""
        sign, money = ("%" if self.unit == "%" else ""), ("£" if self.unit == "GBP" else "")
        numbers = [f"{money}{_format_number(n)}" for n in (self.value, self.value_from, self.value_to) if n is not None]
        denominator = f" of {_format_number(self.out_of)}" if self.out_of else ""
        return f"{self.get_qualifier_display()} {' to '.join(numbers)}{sign}{denominator}".strip()

    @property
    def unit_words(self) -> str:
        """The unit, unless the figure already includes it."""
        return "" if self.unit in ("%", "GBP") else self.unit

    @property
    def period(self) -> str:
        return " to ".join(str(year) for year in (self.year_from, self.year_to) if year)


class Caveat(WrittenModel):
    """A limit, condition, barrier or undesirable effect that the source names."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="caveats")
    order = models.PositiveSmallIntegerField(default=0)
    kind = term_key("caveat", null=False, blank=False)
    text = models.TextField()
    passage = passage_key()

    class Meta:
        ordering = ["case", "order", "pk"]

    def __str__(self) -> str:
        return self.text


class Participation(WrittenModel):
    """An organisation's part in a case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="participations")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, limit_choices_to=IS_CURRENT, related_name="participations"
    )
    part = term_key("part", null=False, blank=False)
    passage = passage_key(null=True, blank=True)

    class Meta:
        ordering = ["part__order", "organisation__sort_key"]
        constraints = [
            models.UniqueConstraint(fields=["case", "organisation", "part"], name="organisation_once_in_each_part")
        ]

    def __str__(self) -> str:
        return f"{self.organisation} ({self.part})"


class Citation(WrittenModel):
    """A source cited for a case."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="citations")
    order = models.PositiveSmallIntegerField(default=0)
    source = models.ForeignKey(Source, models.PROTECT, limit_choices_to=IS_CURRENT, related_name="citations")
    locator = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering = ["case", "order", "pk"]
        constraints = [models.UniqueConstraint(fields=["case", "source", "locator"], name="source_cited_once")]

    def __str__(self) -> str:
        return f"{self.source}, {self.locator}" if self.locator else str(self.source)
