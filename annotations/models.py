"""Readers' notes pinned to the words of a case's narrative."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length
from django.urls import reverse

from cases.models import Case


class Audience(models.TextChoices):
    PRIVATE = "private", "only me"
    PUBLIC = "public", "everyone"


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser | None) -> AnnotationQuerySet:
        """Return the notes that `user` may read: the own ones and the public ones, on cases the user may read."""
        own = Q(author_id=user.pk) if user and user.is_authenticated else Q(pk=None)
        cases = Case.objects.visible_to(user)
        return self.filter(own | Q(audience=Audience.PUBLIC), case__in=cases)


class Annotation(models.Model):
    """A note on a passage of a narrative.

    `start` and `end` are offsets in Unicode code points over the text content of the rendered narrative; `exact` is the
    text between them, `prefix` and `suffix` up to 32 characters on either side.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="annotations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="annotations")
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.PRIVATE)
    exact = models.TextField("quoted words")
    prefix = models.CharField(max_length=32, blank=True)
    suffix = models.CharField(max_length=32, blank=True)
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()
    comment = models.TextField(blank=True, help_text="Markdown; empty for a mere highlight.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["start", "end", "pk"]
        constraints = [
            models.CheckConstraint(condition=~Q(exact=""), name="annotation_has_words"),
            models.CheckConstraint(
                condition=Q(end=F("start") + Length("exact")), name="annotation_offsets_span_its_words"
            ),
        ]

    def __str__(self) -> str:
        """Name the note without its words: the name is printed where others may read it."""
        return f"note {self.pk}"

    def get_absolute_url(self) -> str:
        return f"{reverse('cases:case', args=[self.case.slug])}#note-{self.pk}"
