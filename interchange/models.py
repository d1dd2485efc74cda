"""What came in as files: the catalogue's own records, and imports of tables."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.urls import reverse

from cases.models import Case
from cases.schema import forms


class LoadedRecord(models.Model):
    """A record that the catalogue's own files brought, and its content when it was loaded.

    If the content differs now, a person edited it, and it is never overwritten; if it is gone, a person deleted it, and
    it is never brought back.
    """

    register = models.CharField(max_length=20)
    slug = models.CharField(max_length=120)
    said = models.JSONField(null=True, help_text="Empty where it is not known any more: then it was edited since.")
    edition = models.PositiveSmallIntegerField(default=1, help_text="The last one that was brought to it.")
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["register", "slug"], name="loaded_record_once")]

    def __str__(self) -> str:
        return f"{self.register}/{self.slug}"


class JsonText(models.TextField):
    """A value stored as ASCII JSON text: foreign files may have characters that PostgreSQL's JSON cannot store."""

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> Any:
        return json.dumps(value, default=str)


class RecordText(JsonText):
    """A primitive record, stored with the number of its form and read in today's form."""

    def from_db_value(self, value: str | None, *_: Any) -> Any:
        found = super().from_db_value(value)
        return forms.read_stored(found) if isinstance(found, dict) else found

    def get_prep_value(self, value: Any) -> Any:
        return super().get_prep_value(forms.to_stored(value) if isinstance(value, dict) else value)

    def deconstruct(self) -> Any:
        name, _, args, kwargs = super().deconstruct()
        return name, "interchange.models.JsonText", args, kwargs


class Mapping(models.Model):
    """How somebody's table is read: the fields of its columns, and the meanings of its words."""

    name = models.CharField(
        max_length=80, unique=True, help_text="Cases are known by it and their number in that table: keep it."
    )
    spec = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class RowOutcome(models.TextChoices):
    WAITING = "waiting", "not planned yet"
    CREATE = "create", "new case"
    CHANGE = "change", "changed case"
    SAME = "same", "the same already"
    DUPLICATE = "duplicate", "probable duplicate"
    REFUSE = "refuse", "refused"


class DuplicateDecision(models.TextChoices):
    """A person's decision on a probable duplicate."""

    NONE = "", "not decided: left out"
    SKIP = "skip", "leave it out"
    CREATE = "create", "a case of its own"
    CHANGE = "change", "change the case that stands"


class Batch(models.Model):
    """One import: a file, how it is read, what it would do, and what it did."""

    class Status(models.TextChoices):
        READ = "read", "read, not planned yet"
        PLANNED = "planned", "planned"
        APPLIED = "applied", "applied"
        UNDONE = "undone", "undone"

    name = models.CharField("file", max_length=200)
    sha256 = models.CharField(max_length=64)
    mapping = models.CharField(max_length=80, help_text="The name of the mapping that it is read by.")
    spec = models.JSONField(default=dict, help_text="The mapping as it was then.")
    notes = JsonText(default=list, help_text="What was met in the file as a whole.")
    publish = models.BooleanField("publish what was published", default=False)
    status = models.CharField(max_length=8, choices=Status, default=Status.READ)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    catalogue = models.CharField(max_length=16, blank=True, help_text="The version that it was planned on.")
    total = models.PositiveIntegerField(default=0)
    entered = models.JSONField(default=dict, help_text="Slugs of the sources, organisations and places it brought.")

    class Meta:
        verbose_name = "import"
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.called}: {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("admin:interchange_batch_change", args=[self.pk])

    @property
    def called(self) -> str:
        """Its name for readers, who do not see the name of the file."""
        return f"Import {self.pk}"

    def counts(self) -> dict[str, int]:
        """The number of rows with each outcome."""
        found = dict(self.rows.order_by().values_list("outcome").annotate(n=models.Count("pk")))
        return {str(outcome): found.get(str(outcome), 0) for outcome in RowOutcome}


class ImportRow(models.Model):
    """A row of the file: its cells as they were read, and its plan."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField(help_text="As a spreadsheet shows it.")
    cells = JsonText(default=dict)
    problems = JsonText(default=list, help_text="What was met in it: column, value, message, severity.")
    outcome = models.CharField(max_length=9, choices=RowOutcome, default=RowOutcome.WAITING)
    title = models.CharField(max_length=200, blank=True)
    slug = models.CharField(max_length=120, blank=True, help_text="The address that the case has, or would have.")
    external_id = models.CharField(max_length=200, blank=True, help_text="What it is known by in its own table.")
    case = models.ForeignKey(Case, models.SET_NULL, null=True, blank=True, related_name="+")
    version = models.PositiveIntegerField(null=True, blank=True, help_text="That the case had when it was planned.")
    record = RecordText(null=True, default=None, help_text="What the case would say: a plain record.")
    recognised = JsonText(
        default=list, help_text="What it names, as it was recognised: register, slug, name, why, alike things."
    )
    entries = JsonText(default=list, help_text="The sources, organisations and places it names, as far as given.")
    publish = models.BooleanField(default=False)
    candidates = JsonText(default=list, help_text="Which cases it may be already: slug, title, score.")
    decision = models.CharField(max_length=6, choices=DuplicateDecision, blank=True)
    applied_as = models.PositiveIntegerField(null=True, blank=True, help_text="The version that the case then had.")

    class Meta:
        ordering = ["number"]
        indexes = [models.Index(fields=["batch", "outcome", "number"])]

    def __str__(self) -> str:
        return f"row {self.number}"


class AlikeThing(models.Model):
    """A source, an organisation or a place of an import that is like others, but not the same; asked once.

    Undecided, it is a new thing.
    """

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="alike_things")
    register = models.CharField(max_length=20)
    key = models.CharField(max_length=64, help_text="Of its words.")
    row = models.PositiveIntegerField(help_text="The first row that names it.")
    name = models.TextField()
    candidates = JsonText(default=list, help_text="What it is like: slug, name, why.")
    decision = models.CharField(max_length=120, blank=True, help_text="The slug of the one that it is, or “new”.")

    NEW = "new"

    class Meta:
        ordering = ["row", "pk"]
        constraints = [models.UniqueConstraint(fields=["batch", "register", "key"], name="alike_thing_once")]
        indexes = [models.Index(fields=["register", "key"])]

    def __str__(self) -> str:
        return f"{self.register.removesuffix('s')}: {self.name}"


class ImportedRecord(models.Model):
    """The number of a case in the table that it came from."""

    scheme = models.CharField(max_length=80, help_text="The name of the mapping.")
    external_id = models.CharField(max_length=200)
    case = models.ForeignKey(Case, models.CASCADE, related_name="+")
    batch = models.ForeignKey(Batch, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scheme", "external_id"], name="imported_record_once")]

    def __str__(self) -> str:
        return f"{self.scheme}: {self.external_id}"
