"""The history of a case: its complete record at each version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from simple_history.models import HistoricalRecords

from .case import Case, Reader, State, sees_drafts
from .coding import Origin
from .stored import RecordField


class Act(models.TextChoices):
    """What was done to a case to make a new version."""

    BASELINE = "found", "history begins"
    ENTERED = "entered", "entered"
    CHANGED = "changed", "changed"
    SUBMITTED = "submitted", "submitted for review"
    RETURNED = "returned", "returned to its author"
    PUBLISHED = "published", "published"
    WITHDRAWN = "withdrawn", "withdrawn"
    REDRAFTED = "redrafted", "taken up again as a draft"
    RENAMED = "renamed", "given another address"
    MERGED = "merged", "merged into another case"
    ACCEPTED = "accepted", "revised as proposed"
    REVERTED = "reverted", "brought back to an earlier version"
    IMPORTED = "imported", "imported"
    UNDONE = "undone", "import undone"
    RECODED = "recoded", "recoded as the codebook changed"
    REGROUPED = "regrouped", "a source, organisation or place of it was merged or split"
    AFFIRMED = "affirmed", "codings re-affirmed"
    PASSAGE_CORRECTED = "quoted", "a passage that it quotes was corrected"


CATALOGUE_ITSELF = "the catalogue itself"
DEPARTED_USER = "somebody who has left"


class VersionQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: Reader) -> VersionQuerySet:
        """Versions that were published or that record a withdrawal; all of them for curators."""
        return self if sees_drafts(user) else self.filter(SHOWN_TO_READERS)


SHOWN_TO_READERS = Q(state=State.PUBLISHED) | Q(state=State.WITHDRAWN, act__in=[Act.WITHDRAWN, Act.MERGED])
"""Versions that readers were shown, and the withdrawals they were notified of."""


class VersionBase(models.Model):
    """Base class of the generated history model."""

    if TYPE_CHECKING:
        case: Case
        case_id: int
        number: int
        state: str
        act: str
        how: str
        unattended: bool
        record: dict[str, Any]

    objects = VersionQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.record['title'] or self.record['slug']}, version {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("cases:version", args=[self.case.slug, self.number])


class CurrentVersion(models.Model):
    """The current version of a case; the history of this model is the history of the case.

    `record` is the primitive record (see `cases.record.convert`), so each version includes passages and relations.
    """

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="current_version")
    number = models.PositiveIntegerField(help_text="The version of the case.")
    state = models.CharField(max_length=10, choices=State)
    act = models.CharField(max_length=10, choices=Act)
    how = models.CharField(max_length=7, choices=Origin, blank=True, help_text="By hand, by import, by a program …")
    unattended = models.BooleanField(default=False, help_text="Whether the catalogue itself did it, and nobody.")
    record = RecordField()

    history = HistoricalRecords(
        custom_model_name="Version",
        bases=[VersionBase],
        history_change_reason_field=models.TextField(blank=True, null=True),  # null for deletions
        verbose_name="version",
        verbose_name_plural="versions",
    )

    def __str__(self) -> str:
        return f"{self.case}, version {self.number}"


Version: Any = CurrentVersion.history.model
"""One version: `case`, `number`, `state`, `act`, `record`; `history_date`, `history_user`, `history_change_reason`."""
