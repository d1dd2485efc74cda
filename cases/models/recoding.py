"""The queue of cases to look at again after a codebook change."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from taxonomy.models import CodebookChange, Term

from .case import Case


class RecodingQuerySet(models.QuerySet["Recoding"]):
    def waiting(self) -> RecodingQuerySet:
        """Entries that nobody has settled yet."""
        return self.filter(settled_at=None)


class Recoding(models.Model):
    """A case coded with a term that was split, retired or redefined, for a curator to settle."""

    class Outcome(models.TextChoices):
        RECODED = "recoded", "coded anew"
        STILL_RIGHT = "still-right", "still right"
        RESTORED = "restored", "the term is in use again"

    case = models.ForeignKey(Case, models.CASCADE, related_name="recodings")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+")
    change = models.ForeignKey(
        CodebookChange, models.PROTECT, related_name="+", help_text="The change of the codebook that it waits for."
    )
    settled_at = models.DateTimeField("settled", null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=11, choices=Outcome, blank=True)
    note = models.TextField(blank=True, help_text="Why it is still right.")

    objects = RecodingQuerySet.as_manager()

    class Meta:
        verbose_name = "case to code anew"
        verbose_name_plural = "cases to code anew"
        ordering = ["change", "case__sort_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "term"], condition=Q(settled_at=None), name="recoding_waits_once_for_a_term"
            ),
            models.CheckConstraint(
                condition=Q(settled_at=None, outcome="") | Q(settled_at__isnull=False) & ~Q(outcome=""),
                name="recoding_settled_with_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(outcome="still-right") | ~Q(note=""), name="recoding_still_right_says_why"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.term}"
