"""Former and current narratives, for the annotations that refer to them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.urls import reverse

from .case import Case, Reader, sees_drafts


class RevisionQuerySet(models.QuerySet["Revision"]):
    def visible_to(self, user: Reader) -> RevisionQuerySet:
        """Revisions that were once public, of cases still visible to `user`; all of them for curators."""
        shown = self if sees_drafts(user) else self.filter(shown=True)
        return shown.filter(case__in=Case.objects.visible_to(user))


class Revision(models.Model):
    """One revision of a case's narrative, numbered from 1 within the case. Never changed."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    narrative = models.TextField(blank=True, help_text="Markdown.")
    shown = models.BooleanField(default=False, help_text="Whether readers saw it: it stood in a published case.")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RevisionQuerySet.as_manager()

    class Meta:
        ordering = ["case", "-number"]
        constraints = [models.UniqueConstraint(fields=["case", "number"], name="revision_number_once_in_case")]

    def __str__(self) -> str:
        return f"{self.case}, narrative {self.number}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only; raise TypeError on an update."""
        if not self._state.adding:
            raise TypeError("A revision never changes; a changed narrative is another one.")
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return reverse("cases:narrative", args=[self.case.slug, self.number])
