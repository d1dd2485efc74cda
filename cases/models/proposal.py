"""Proposed revisions of a case, and what is said about them under review."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models
from django.db.models import Q
from django.urls import reverse

from .case import Case, Reader, sees_drafts
from .stored import RecordField

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class ProposalQuerySet(models.QuerySet["Proposal"]):
    def visible_to(self, user: Reader) -> ProposalQuerySet:
        """Return what `user` may read: what they proposed themselves, and for curators everything."""
        if sees_drafts(user):
            return self
        return self.filter(by=user) if isinstance(user, AbstractBaseUser) and user.is_active else self.none()

    def waiting(self) -> ProposalQuerySet:
        """Return what waits for a reviewer."""
        return self.filter(status=Proposal.Status.OPEN)


class Proposal(models.Model):
    """A copy of a published case with changes in it, which waits to be accepted.

    `record` is the whole plain record as it should be; it is `base`, the record of version `base_version`, where only
    words were said in `reason`.
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
    def is_pending(self) -> bool:
        """Whether it may still be amended, accepted or declined."""
        return self.status in {self.Status.OPEN, self.Status.RETURNED}

    @property
    def changes_record(self) -> bool:
        """Whether it changes the record, and not only says something about it."""
        return bool(self.record != self.base)


class Remark(models.Model):
    """What an author or a reviewer says about a case in review, or about a proposed revision."""

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
        """Keep it with the case of its proposal."""
        if self.proposal is not None:
            self.case = self.proposal.case
        super().save(*args, **kwargs)
