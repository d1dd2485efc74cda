"""The registers that cases refer to: sources and their passages, organisations, places."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse
from django_countries.fields import CountryField
from simple_history.models import HistoricalRecords

from plaintext.columns import SortKeyField, WrittenModel


class Source(WrittenModel):
    """A bibliographic record. Title and authors are left empty if the citing text leaves them uncertain."""

    class Kind(models.TextChoices):
        CHAPTER = "chapter", "chapter"
        ARTICLE = "article", "article"
        BOOK = "book", "book"
        REPORT = "report", "report"
        CASE_STUDY = "case-study", "case study"
        NEWS = "news", "news"
        WEB = "web", "web page"
        OTHER = "other", "other"

    slug = models.SlugField(max_length=80, unique=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    authors = models.CharField(max_length=300, help_text="As the citation gives them, for example Wake et al.")
    sort_key = SortKeyField(of="authors")
    year = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Empty for n.d.")
    title = models.CharField(
        max_length=500, blank=True, help_text="Empty where the match is not certain; say so in the note."
    )
    container = models.CharField("published in", max_length=300, blank=True)
    publisher = models.CharField(max_length=200, blank=True)
    doi = models.CharField("DOI", max_length=120, blank=True)
    url = models.URLField("address", max_length=500, blank=True)
    note = models.TextField(blank=True)
    text_sha256 = models.CharField(
        max_length=64,
        blank=True,
        help_text="Of the text (UTF-8) that the offsets of its passages count in, where one is held.",
    )

    history = HistoricalRecords(excluded_fields=["sort_key"])

    class Meta:
        ordering = ["sort_key", "year", "slug"]

    def __str__(self) -> str:
        return f"{self.authors} ({self.year or 'n.d.'})"

    def get_absolute_url(self) -> str:
        return f"{reverse('cases:list')}?source={self.slug}"


class Passage(WrittenModel):
    """A short quotation from a source that supports a judgement or a figure.

    `start` and `end` are offsets in the source's text, in Unicode code points; both are null if we do not have that
    text.
    """

    source = models.ForeignKey(Source, models.PROTECT, related_name="passages")
    exact = models.TextField("quoted words")
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    locator = models.CharField(max_length=60, blank=True, help_text="For example p. 13, where the source is paged.")

    class Meta:
        ordering = ["source", "start", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(exact=""), name="passage_has_words"),
            models.CheckConstraint(
                condition=Q(start=None, end=None)
                | Q(start__isnull=False, end__isnull=False, end=F("start") + Length("exact")),
                name="passage_offsets_span_its_words",
                violation_error_message="End must be start plus the number of characters quoted; or leave both empty.",
            ),
            models.UniqueConstraint(fields=["source", "start", "end"], name="passage_once_at_its_offsets"),
        ]

    def __str__(self) -> str:
        return self.exact if len(self.exact) <= 90 else f"{self.exact[:88]} …"


class Organisation(WrittenModel):
    """A body that takes part in at least one case."""

    slug = models.SlugField(max_length=120, unique=True)
    name = models.CharField(max_length=200)
    sort_key = SortKeyField(of="name")
    country = CountryField(blank=True)

    history = HistoricalRecords(excluded_fields=["sort_key"])

    class Meta:
        ordering = ["sort_key", "slug"]

    def __str__(self) -> str:
        return self.name


class Place(WrittenModel):
    """Where a case happens: a town, an area, a country.

    The coordinates, if known, are those of its centre, in degrees.
    """

    slug = models.SlugField(max_length=120, unique=True)
    name = models.CharField(max_length=200)
    sort_key = SortKeyField(of="name")
    country = CountryField(blank=True, help_text="ISO 3166.")
    latitude = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    longitude = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)

    history = HistoricalRecords(excluded_fields=["sort_key"])

    class Meta:
        ordering = ["sort_key", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(
                    latitude__range=(-90, 90),
                    longitude__range=(-180, 180),
                    latitude__isnull=False,
                    longitude__isnull=False,
                ),
                name="place_coordinates_both_and_on_earth",
                violation_error_message="Give latitude (-90 to 90) and longitude (-180 to 180), or neither.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
