"""Proposed revisions of cases, and remarks made in review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.urls import reverse

from .case import Case, Reader, sees_drafts
from .stored import RecordField
from .version import CATALOGUE_ITSELF, DEPARTED_USER

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: Reader) -> ProposalQuerySet:
        """A user's own proposals, or all of them for curators."""
        if sees_drafts(user):
            return self
        return self.filter(by=user) if isinstance(user, AbstractBaseUser) and user.is_active else self.none()

    def waiting(self) -> ProposalQuerySet:
        """Proposals that wait for a reviewer."""
        return self.filter(status=Proposal.Status.OPEN)


class Proposal(models.Model):
    """A proposed revision of a published case, to be accepted or declined.

    `record` is the whole proposed record; it equals `base`, the record of version `base_version`, if the proposal
    consists only of its `reason`.
    """

    class Status(models.TextChoices):
        OPEN = "open", "waits for review"
        RETURNED = "returned", "returned, to be amended"
        ACCEPTED = "accepted", "accepted"
        DECLINED = "declined", "declined"
        RETRACTED = "retracted", "taken back"

    case = models.ForeignKey(Case, models.CASCADE, related_name="proposals")
    base_version = models.PositiveIntegerField()
    base = RecordField()
    record = RecordField()
    reason = models.TextField(help_text="What should change, and why; where that can be read.")
    about = models.CharField(max_length=30, blank=True, help_text="The part of the case that it is about.")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="proposals")
    unattended = models.BooleanField(default=False, help_text="Whether the catalogue itself made it, and nobody.")
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    version = models.PositiveIntegerField(default=1, help_text="Counts its saves.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    accepted_as = models.PositiveIntegerField(null=True, blank=True, help_text="The version that it became.")

    objects = ProposalQuerySet.as_manager()

    if TYPE_CHECKING:
        remarks: RelatedManager[Remark]

    class Meta:
        ordering = ["created_at", "pk"]
        indexes = [models.Index(fields=["status", "created_at"])]
        constraints = [
            models.CheckConstraint(
                condition=~Q(reason=""),
                name="proposal_has_reason",
                violation_error_message="Say what should change, and why.",
            ),
            models.CheckConstraint(
                condition=~Q(status="accepted") | Q(accepted_as__isnull=False), name="accepted_proposal_has_version"
            ),
        ]

    def __str__(self) -> str:
        return f"Proposed revision of {self.case}"

    def get_absolute_url(self) -> str:
        return reverse("cases:proposal", args=[self.pk])

    @property
    def author(self) -> str:
        """Who made it, in words."""
        return str(self.by or (CATALOGUE_ITSELF if self.unattended else DEPARTED_USER))

    @property
    def is_pending(self) -> bool:
        """Whether it may still be amended, accepted or declined."""
        return self.status in {self.Status.OPEN, self.Status.RETURNED}

    @property
    def changes_record(self) -> bool:
        """Whether it changes the record, rather than only commenting on it."""
        return bool(self.record != self.base)


class Remark(models.Model):
    """A remark by an author or a reviewer about a case in review or a proposed revision."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="remarks")
    proposal = models.ForeignKey(Proposal, models.CASCADE, null=True, blank=True, related_name="remarks")
    path = models.CharField(max_length=200, blank=True, help_text="The field that it is about.")
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="remark_says_something")]

    def __str__(self) -> str:
        return self.text[:80]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Set the case to that of the proposal, if there is one."""
        if self.proposal is not None:
            self.case = self.proposal.case
        super().save(*args, **kwargs)
