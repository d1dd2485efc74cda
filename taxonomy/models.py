"""Vocabularies and terms: the words that the catalogue codes with; and every change that was made to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


Person = Any
"""Somebody with an account. Accounts stand in the room beside this one, which does not look into it."""


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


class TermQuerySet(models.QuerySet["Term"]):
    def current(self) -> TermQuerySet:
        """Return the terms that mean themselves; retired ones are among them."""
        return self.filter(replaced_by=None)

    def offered(self) -> TermQuerySet:
        """Return what may be newly coded with."""
        return self.filter(retired_at=None)


class Term(models.Model):
    """One word of a vocabulary: what it means, when to use it, an example.

    A term that was merged into another keeps its row, and so does the slug that a term had before it was renamed: both
    lead to the term that they mean now, in one step.
    """

    vocabulary = models.ForeignKey(Vocabulary, models.PROTECT, related_name="terms")
    slug = models.SlugField(help_text="Addresses, exports and queries use it; a former one keeps its meaning.")
    label = models.CharField(max_length=160)
    definition = models.TextField(help_text="What it is, in one or two sentences.")
    scope_note = models.TextField(blank=True, help_text="When to use it, and when not.")
    example = models.TextField(blank=True)
    notation = models.CharField(max_length=20, blank=True, help_text="A code of an outside list, for example COFOG 07.")
    order = models.PositiveSmallIntegerField(default=0)
    broader = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="narrower")

    version = models.PositiveIntegerField(
        default=0, editable=False, help_text="The version of the codebook in which it last changed."
    )
    retired_at = models.DateTimeField(
        "retired", null=True, blank=True, editable=False, help_text="Since when nothing is newly coded with it."
    )
    replaced_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, editable=False, related_name="replaces",
        help_text="The term that its slug means now.",
    )  # fmt: skip

    objects = TermQuerySet.as_manager()

    if TYPE_CHECKING:
        changes: RelatedManager[CodebookChange]

    class Meta:
        ordering = ["vocabulary__order", "order", "slug"]
        constraints = [
            models.UniqueConstraint(fields=["vocabulary", "slug"], name="term_slug_once_in_vocabulary"),
            models.CheckConstraint(condition=~Q(label=""), name="term_has_label"),
            models.CheckConstraint(condition=~Q(definition=""), name="term_has_definition"),
            models.CheckConstraint(
                condition=Q(broader=None) | ~Q(broader=F("id")), name="term_not_broader_than_itself"
            ),
            models.CheckConstraint(
                condition=Q(replaced_by=None) | Q(retired_at__isnull=False) & ~Q(replaced_by=F("id")),
                name="term_replaced_is_retired_and_another",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def get_absolute_url(self) -> str:
        return reverse("taxonomy:term", args=[self.vocabulary.slug, self.slug])

    @property
    def current(self) -> Term:
        """The term that its slug means now."""
        return self.replaced_by or self


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


class CodebookChangeKind(models.TextChoices):
    """What was done to the codebook."""

    LOADED = "loaded", "first loaded"
    ADDED = "added", "added"
    RENAMED = "renamed", "renamed"
    REDEFINED = "redefined", "redefined"
    MERGED = "merged", "merged"
    SPLIT = "split", "split"
    RETIRED = "retired", "retired"
    RESTORED = "restored", "restored"


TERM_FIELDS = (*("label", "slug", "definition", "scope_note", "example", "notation", "order"), "broader", "alignments")
"""What a term says, in the order in which it is read."""


class CodebookChangeQuerySet(models.QuerySet["CodebookChange"]):
    def number(self) -> int:
        """Return the version that the codebook is at; 0 before its first."""
        return int(self.aggregate(last=models.Max("number"))["last"] or 0)

    def with_related(self) -> CodebookChangeQuerySet:
        """Fetch along what a change tells of: four queries."""
        return self.select_related("by", "term__vocabulary").prefetch_related("into__vocabulary")


class CodebookChange(models.Model):
    """One change of the codebook, which made it the next version of itself.

    `before` and `after` hold what the term said (see `taxonomy.actions.said`); `after` is empty where nothing of that
    changed.
    """

    number = models.PositiveIntegerField("version", unique=True)
    at = models.DateTimeField("date", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=CodebookChangeKind)
    term = models.ForeignKey(Term, models.PROTECT, null=True, blank=True, related_name="changes")
    into = models.ManyToManyField(Term, blank=True, related_name="+")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.TextField(blank=True)

    objects = CodebookChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind=CodebookChangeKind.LOADED, term=None)
                | ~Q(kind=CodebookChangeKind.LOADED) & Q(term__isnull=False),
                name="change_is_of_a_term_or_the_first_load",
            )
        ]

    def __str__(self) -> str:
        return f"version {self.number}: {self.term or 'the codebook'} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return f"{reverse('taxonomy:history')}#v{self.number}"

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """Each thing that the term says otherwise since, in words: its name, before, after."""
        return [
            (name.replace("_", " "), _in_words(self.before.get(name)), _in_words(self.after.get(name)))
            for name in TERM_FIELDS
            if self.differs(name)
        ]

    def differs(self, name: str) -> bool:
        """Tell whether the term says this otherwise since."""
        return bool(self.before and self.after) and self.before.get(name) != self.after.get(name)


def _in_words(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(f"{label} ({relation}, {iri})" for relation, iri, label in value)
    return "" if value is None else str(value)
