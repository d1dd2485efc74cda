"""Vocabularies and terms: the words that the catalogue codes with."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.urls import reverse


class Vocabulary(models.Model):
    """A closed list of terms for one dimension, named as the query parameter is: type, actor, mode, pathway, ..."""

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=120)
    definition = models.TextField()
    source_note = models.TextField(
        blank=True, help_text="Where the list comes from, and what was rebuilt or added here."
    )
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "vocabularies"
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label


class Term(models.Model):
    """One word of a vocabulary: what it means, when to use it, an example."""

    vocabulary = models.ForeignKey(Vocabulary, models.PROTECT, related_name="terms")
    slug = models.SlugField(help_text="Never changes: addresses, exports and queries use it.")
    label = models.CharField(max_length=160)
    definition = models.TextField(help_text="What it is, in one or two sentences.")
    scope_note = models.TextField(blank=True, help_text="When to use it, and when not.")
    example = models.TextField(blank=True)
    notation = models.CharField(max_length=20, blank=True, help_text="A code of an outside list, for example COFOG 07.")
    order = models.PositiveSmallIntegerField(default=0)
    broader = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="narrower")

    class Meta:
        ordering = ["vocabulary__order", "order", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["vocabulary", "slug"], name="term_slug_once_in_vocabulary"),
            models.CheckConstraint(condition=~Q(label=""), name="term_has_label"),
            models.CheckConstraint(condition=~Q(definition=""), name="term_has_definition"),
            models.CheckConstraint(
                condition=Q(broader=None) | ~Q(broader=F("id")), name="term_not_broader_than_itself"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("taxonomy:term", args=[self.vocabulary.slug, self.slug])


class Alignment(models.Model):
    """A term's counterpart in an outside scheme, as SKOS mapping relations say it."""

    class Relation(models.TextChoices):
        EXACT = "exactMatch", "exact match"
        CLOSE = "closeMatch", "close match"
        BROAD = "broadMatch", "broader there"
        NARROW = "narrowMatch", "narrower there"
        RELATED = "relatedMatch", "related"

    term = models.ForeignKey(Term, models.CASCADE, related_name="alignments")
    relation = models.CharField(max_length=12, choices=Relation)
    iri = models.URLField("IRI", max_length=300)
    label = models.CharField(max_length=200)

    class Meta:
        ordering = ["iri"]
        constraints = [models.UniqueConstraint(fields=["term", "iri"], name="alignment_once")]

    def __str__(self) -> str:
        return self.label
