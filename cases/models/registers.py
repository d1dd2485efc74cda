"""The registers that cases refer to: sources and their passages, organisations, places."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Length, Lower
from django.urls import reverse
from django_countries.fields import CountryField
from simple_history.models import HistoricalRecords

from plaintext.columns import SortKeyField, WrittenModel
from taxonomy.slugs import validate_new_slug

from .identity import LIKENESS_LENGTH, Identity, identity_of

DERIVED_COLUMNS = ["identity", "likeness", "sort_key"]
"""Columns of each register that follow from the others, and are looked up by; see `cases.models.identity`."""
DERIVED_OF_SOURCES = [*DERIVED_COLUMNS, "doi_key", "url_key"]


class DerivedField(models.CharField):
    """A column that is set from the thing's identity whenever a row is written, singly or in bulk."""

    def __init__(self, *, derive: Callable[[Identity], str | None] | None = None, **options: Any) -> None:
        self.derive = derive
        super().__init__(**{"editable": False, "blank": True} | options)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's signature
        value = self.derive(known_identity(model_instance)) if self.derive else super().pre_save(model_instance, add)
        setattr(model_instance, self.attname, value)
        return value

    def deconstruct(self) -> tuple[str, str, Any, dict[str, Any]]:
        """A plain column for migrations, which need nothing of this."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options


def key_field(derive: Callable[[Identity], str | None], **options: Any) -> DerivedField:
    return DerivedField(derive=derive, max_length=64, **options)


def known_identity(thing: models.Model) -> Identity:
    """The identity of a thing of a register."""
    return identity_of(thing.REGISTER, vars(thing))  # type: ignore[attr-defined]  # of a Registered


IS_CURRENT = {"replaced_by": None}
"""What may newly be chosen: not what was merged into another."""


class RegisteredQuerySet(models.QuerySet[Any]):
    def current(self) -> RegisteredQuerySet:
        """Without what was merged into another."""
        return self.filter(**IS_CURRENT)


class Registered(WrittenModel):
    """A thing that cases refer to by slug. A merged one keeps its row: its slug and its words lead to `replaced_by`.

    `replaced_by` is always the current thing, in one step.
    """

    REGISTER: ClassVar[str]

    if TYPE_CHECKING:
        slug: models.SlugField[Any, Any]
        replaced_by_id: int | None

    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="replaces",
        help_text="The one that its slug means now.",
    )  # fmt: skip
    identity = key_field(lambda identity: identity.key, db_index=True)
    likeness = DerivedField(derive=lambda identity: identity.likeness, max_length=LIKENESS_LENGTH, db_index=True)

    objects = RegisteredQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Save; what is derived is saved with any column that it may follow from."""
        if (some := options.get("update_fields")) is not None:
            derived = (name for name in DERIVED_OF_SOURCES if hasattr(self, name))
            options["update_fields"] = [*some, *derived]
        super().save(*args, **options)

    @property
    def current(self) -> Any:
        """The thing itself, or the one that it was merged into."""
        return self.replaced_by or self


def slug_field(most: int) -> models.SlugField[Any, Any]:
    return models.SlugField(max_length=most, unique=True, validators=[validate_new_slug])


class Source(Registered):
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

    REGISTER = "sources"

    slug = slug_field(80)
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
    sections = models.TextField(
        blank=True,
        help_text="Of that text, one on a line: the offset at which it begins and its name, as in 1162 Introduction.",
    )
    doi_key = key_field(lambda identity: identity.doi_key, null=True)
    url_key = key_field(lambda identity: identity.url_key, null=True)

    history = HistoricalRecords(excluded_fields=DERIVED_OF_SOURCES)

    class Meta:
        ordering = ["sort_key", "year", "slug"]
        indexes = [
            models.Index(fields=[name], condition=Q(**{f"{name}__isnull": False}), name=f"source_{name}")
            for name in ("doi_key", "url_key")
        ] + [models.Index(Lower("slug"), name="source_slug_any_case")]

    def __str__(self) -> str:
        return f"{self.authors} ({self.year or 'n.d.'})"

    def get_absolute_url(self) -> str:
        return f"{reverse('cases:list')}?source={self.slug}"

    def section_at(self, start: int) -> str:
        """Return the name of the section of the text in which an offset stands; empty if that is not known."""
        begun = [name for begin, _, name in self._section_lines() if int(begin) <= start]
        return begun[-1] if begun else ""

    def _section_lines(self) -> list[tuple[str, str, str]]:
        """The lines of `sections` that begin with an offset: it, a blank, and the name."""
        lines = (line.strip().partition(" ") for line in self.sections.splitlines())
        return sorted((line for line in lines if line[0].isdecimal()), key=lambda line: int(line[0]))


class PassageQuerySet(models.QuerySet["Passage"]):
    def unused(self) -> PassageQuerySet:
        """Passages that no case quotes."""
        rows = self
        for relation in self.model._meta.get_fields(include_hidden=True):
            if isinstance(relation, ForeignObjectRel):
                name = relation.field.name
                users = relation.related_model._base_manager.filter(**{f"{name}__isnull": False})
                rows = rows.exclude(pk__in=users.values(name))
        return rows


class Passage(WrittenModel):
    """A short quotation from a source that supports a judgement or a figure.

    `start` and `end` are offsets in the source's text, in Unicode code points; both are null if we do not have that
    text.
    """

    source = models.ForeignKey(Source, models.PROTECT, limit_choices_to=IS_CURRENT, related_name="passages")
    exact = models.TextField("quoted words")
    start = models.PositiveIntegerField(null=True, blank=True)
    end = models.PositiveIntegerField(null=True, blank=True)
    locator = models.CharField(max_length=60, blank=True, help_text="For example p. 13, where the source is paged.")
    before = models.CharField("words before", max_length=80, blank=True, editable=False)
    after = models.CharField("words after", max_length=80, blank=True, editable=False)

    objects = PassageQuerySet.as_manager()

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

    @property
    def section(self) -> str:
        """The section of the source's text in which it stands; empty if that is not known."""
        return "" if self.start is None else self.source.section_at(self.start)

    @property
    def is_checked(self) -> bool:
        """Whether its words were found in the source's text: it has offsets, and a text is held that they count in."""
        return self.start is not None and bool(self.source.text_sha256)


class Organisation(Registered):
    """A body that takes part in at least one case."""

    REGISTER = "organisations"

    slug = slug_field(120)
    name = models.CharField(max_length=200)
    sort_key = SortKeyField(of="name")
    country = CountryField(blank=True)
    unnamed = models.BooleanField(
        default=False, help_text="The source describes it without a name, for example the police in Chicago."
    )

    history = HistoricalRecords(excluded_fields=DERIVED_COLUMNS)

    class Meta:
        ordering = ["sort_key", "slug"]
        indexes = [models.Index(Lower("slug"), name="organisation_slug_any_case")]

    def __str__(self) -> str:
        return self.name


class Place(Registered):
    """Where a case happens: a town, an area, a country.

    The coordinates, if known, are those of its centre, in degrees.
    """

    REGISTER = "places"

    slug = slug_field(120)
    name = models.CharField(max_length=200)
    sort_key = SortKeyField(of="name")
    country = CountryField(blank=True, help_text="ISO 3166.")
    admin_area = models.CharField(
        "administrative area",
        max_length=200,
        blank=True,
        help_text="Of its country: state, province, county, where that tells it from others of its name.",
    )
    latitude = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)
    longitude = models.DecimalField(max_digits=7, decimal_places=4, null=True, blank=True)

    history = HistoricalRecords(excluded_fields=DERIVED_COLUMNS)

    class Meta:
        ordering = ["sort_key", "slug"]
        indexes = [models.Index(Lower("slug"), name="place_slug_any_case")]
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
