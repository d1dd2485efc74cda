"""Vocabularies and terms, which cases are coded with, and the log of changes to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from plaintext.columns import WrittenModel

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


Person = Any
"""A user. This app may not import the accounts app (see the import contract), so the type is open."""


class Vocabulary(WrittenModel):
    """A closed list of terms for one dimension, named as the query parameter is: type, actor, mode, pathway, ..."""

    slug = models.SlugField(unique=True)
    label = models.CharField(max_length=120)
    definition = models.TextField()
    source_note = models.TextField(
        blank=True, help_text="Where the list comes from, and what was rebuilt or added here."
    )
    rules = models.TextField(
        blank=True, help_text="The rules of coding in this dimension, for the manual; Markdown, headings from ### on."
    )
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name_plural = "vocabularies"
        ordering = ["order", "slug"]

    def __str__(self) -> str:
        return self.label


class TermQuerySet(models.QuerySet["Term"]):
    def current(self) -> TermQuerySet:
        """Terms that were not replaced, including retired ones."""
        return self.filter(replaced_by=None)

    def offered(self) -> TermQuerySet:
        """Terms that new codings may use."""
        return self.filter(retired_at=None)


class Term(WrittenModel):
    """One word of a vocabulary: what it means, when to use it, an example.

    A merged term keeps its row, and a renamed term leaves one with its former slug: `replaced_by` of both is the
    current term, always in one step.
    """

    vocabulary = models.ForeignKey(Vocabulary, models.PROTECT, related_name="terms")
    slug = models.SlugField(help_text="Addresses, exports and queries use it; a former one keeps its meaning.")
    label = models.CharField(max_length=160)
    definition = models.TextField(help_text="What it is, in one or two sentences.")
    include_when = models.TextField(blank=True, help_text="When to code with it.")
    leave_out_when = models.TextField(blank=True, help_text="When not to, though it looks like it.")
    scope_note = models.TextField(blank=True, help_text="What else belongs to its use.")
    example = models.TextField(blank=True)
    history_note = models.TextField(blank=True, help_text="What it meant in earlier versions of the codebook.")
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
        neighbours: RelatedManager[TermNeighbour]
        examples: RelatedManager[TermExample]

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
        """The term itself, or the one that replaced it."""
        return self.replaced_by or self


class Alignment(WrittenModel):
    """A term's counterpart in an external scheme, with a SKOS mapping relation."""

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


class TermNeighbour(WrittenModel):
    """A term that is easily taken for this one, and how to tell them apart."""

    term = models.ForeignKey(Term, models.CASCADE, related_name="neighbours")
    neighbour = models.ForeignKey(Term, models.CASCADE, related_name="+", help_text="The term to tell it apart from.")
    difference = models.TextField(help_text="How to tell the two apart.")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["term", "neighbour"], name="neighbour_once"),
            models.CheckConstraint(condition=~Q(term=F("neighbour")), name="neighbour_is_another"),
        ]

    def __str__(self) -> str:
        return str(self.neighbour)

    @property
    def name(self) -> str:
        """The slug of the neighbour, after that of its vocabulary if it stands in another than the term."""
        same = self.neighbour.vocabulary == self.term.vocabulary
        return self.neighbour.slug if same else f"{self.neighbour.vocabulary.slug}/{self.neighbour.slug}"


class TermExample(WrittenModel):
    """An entry of the catalogue by which the manual shows a term, with the words that its coding rests on.

    The entry is named by its slug: this app knows no cases.
    """

    class Fit(models.TextChoices):
        TYPICAL = "typical", "typical"
        BORDERLINE = "borderline", "borderline"
        NEAR_MISS = "near-miss", "near miss"

    term = models.ForeignKey(Term, models.CASCADE, related_name="examples")
    fit = models.CharField("as", max_length=10, choices=Fit)
    case = models.SlugField("entry", max_length=120, db_index=False, help_text="The short name in its address.")
    why = models.TextField(help_text="What it shows: why it is coded so, or just not.")
    passage = models.TextField("words quoted", blank=True, help_text="Word for word, as the entry quotes its source.")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["order", "pk"]

    def __str__(self) -> str:
        return self.case


class CodebookChangeKind(models.TextChoices):
    """What was done to the codebook."""

    LOADED = "loaded", "first loaded"
    REVISED = "revised", "revised"
    ADDED = "added", "added"
    RENAMED = "renamed", "renamed"
    REDEFINED = "redefined", "redefined"
    MERGED = "merged", "merged"
    SPLIT = "split", "split"
    RETIRED = "retired", "retired"
    RESTORED = "restored", "restored"


WHOLE_CODEBOOK = (CodebookChangeKind.LOADED, CodebookChangeKind.REVISED)
"""Changes of the codebook as a whole, which are of no single term or vocabulary."""

TERM_TEXT_FIELDS = (
    *("label", "slug", "definition", "include_when", "leave_out_when", "scope_note", "example", "history_note"),
    *("notation", "order"),
)

TERM_FIELDS = (*TERM_TEXT_FIELDS, "broader", "neighbours", "examples", "alignments")
"""The properties of a term that a change may affect, in the order of display."""

VOCABULARY_FIELDS = ("label", "slug", "definition", "source_note", "rules", "order")
"""The properties of a vocabulary that a change may affect, in the order of display."""


MEANING_FIELDS = ("definition", "scope_note", "include_when", "leave_out_when")
"""The properties of a term that say what is coded with it."""


class CodebookChangeQuerySet(models.QuerySet["CodebookChange"]):
    def number(self) -> int:
        """The current version of the codebook; 0 before the first."""
        return int(self.aggregate(last=models.Max("number"))["last"] or 0)

    def versions(self) -> CodebookChangeQuerySet:
        """One change for each version: those of a revision are left to it."""
        return self.filter(revision=None)

    def with_related(self) -> CodebookChangeQuerySet:
        """Prefetch what a change refers to, in four queries."""
        return self.select_related("by", "term__vocabulary", "vocabulary", "revision").prefetch_related(
            "into__vocabulary"
        )


class CodebookChange(models.Model):
    """A change to the codebook, which makes a new version of it; or one of the changes that make one together.

    A version of several changes is a revision: a change of kind “revised” with title and reason, which the others name
    as their `revision` and whose number they have. `before` and `after` hold the values of the term or vocabulary (see
    `taxonomy.actions`); `after` is empty if they did not change.
    """

    number = models.PositiveIntegerField("version", db_index=True)
    at = models.DateTimeField("date", default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=10, choices=CodebookChangeKind)
    term = models.ForeignKey(Term, models.PROTECT, null=True, blank=True, related_name="changes")
    vocabulary = models.ForeignKey(Vocabulary, models.PROTECT, null=True, blank=True, related_name="changes")
    revision = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="parts",
        help_text="The revision that it is part of.",
    )
    into = models.ManyToManyField(Term, blank=True, related_name="+")
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    title = models.CharField(max_length=160, blank=True, help_text="What a revision is called.")
    reason = models.TextField(blank=True, help_text="In a revision, empty where the reason is that of the whole.")

    objects = CodebookChangeQuerySet.as_manager()

    if TYPE_CHECKING:
        parts: RelatedManager[CodebookChange]

    class Meta:
        ordering = ["-number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=Q(revision=None), name="change_number_once"),
            models.CheckConstraint(
                condition=Q(kind__in=WHOLE_CODEBOOK, term=None, vocabulary=None, revision=None)
                | ~Q(kind__in=WHOLE_CODEBOOK) & Q(term__isnull=False, vocabulary=None)
                | ~Q(kind__in=WHOLE_CODEBOOK) & Q(term=None, vocabulary__isnull=False),
                name="change_is_of_a_term_a_vocabulary_or_the_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number}: {self.what} {self.get_kind_display()}"

    def get_absolute_url(self) -> str:
        return f"{reverse('taxonomy:history')}#v{self.number}"

    @property
    def what(self) -> Any:
        """The term or vocabulary that was changed, or words for the whole."""
        return self.term or self.vocabulary or "the codebook"

    @property
    def stated_reason(self) -> str:
        """Its own reason, or that of the revision that it is part of."""
        return self.reason or (self.revision.reason if self.revision else "")

    @property
    def differences(self) -> list[tuple[str, str, str]]:
        """The changed values in words: name, before, after."""
        return [
            (name.replace("_", " "), _in_words(name, self.before.get(name)), _in_words(name, self.after.get(name)))
            for name in (VOCABULARY_FIELDS if self.vocabulary_id else TERM_FIELDS)
            if self.differs(name)
        ]

    @property
    def changes_meaning(self) -> bool:
        """Whether what is coded with the term is to be looked at again."""
        removed = {CodebookChangeKind.MERGED, CodebookChangeKind.SPLIT, CodebookChangeKind.RETIRED}
        if self.kind in removed:
            return True
        before, after = self.before, self.after
        return bool(before and after) and any(
            (before.get(name) or "") != (after.get(name) or "") for name in MEANING_FIELDS
        )

    def differs(self, name: str) -> bool:
        """Whether the change affected this value; what older changes do not know was empty."""
        return bool(self.before and self.after) and (self.before.get(name) or "") != (self.after.get(name) or "")


def _in_words(name: str, value: Any) -> str:
    if isinstance(value, list):
        return ITEM_SEPARATORS.get(name, "\n").join(ITEMS_IN_WORDS[name].format(*item) for item in value)
    return "" if value is None else str(value)


ITEMS_IN_WORDS = {
    "alignments": "{2} ({0}, {1})",
    "neighbours": "{0}: {1}",
    "examples": "{0}: {1}. {2} “{3}”",
}
"""How an item of a list is written, by the name of the list."""

ITEM_SEPARATORS = {"alignments": "; "}
