"""Readers' notes: content, quoted passage, audience, replies, flags and decisions."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.urls import get_script_prefix, reverse

from cases.models import Case, Revision
from cases.models import State as CaseState
from cases.models.case import Reader
from plaintext.columns import SortKeyField, WrittenModel
from plaintext.lookalikes import skeletons
from taxonomy.models import Term

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

MAX_TAG_LENGTH = 60


def new_uid() -> str:
    """A random id, which does not show how many notes there are or when they were made.

    It never begins with "-", which spreadsheets and command lines would misread.
    """
    uid = secrets.token_urlsafe(12)
    return uid if uid[0] != "-" else new_uid()


def new_invitation() -> str:
    return secrets.token_urlsafe(24)


def uid_field() -> models.CharField[Any, Any]:
    return models.CharField(max_length=16, unique=True, default=new_uid, editable=False)


class Group(WrittenModel):
    """Researchers who read each other's notes; anyone with the invitation can join."""

    uid = uid_field()
    name = models.CharField(max_length=80)
    sort_key = SortKeyField(of="name")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="annotations.Membership", related_name="annotation_groups"
    )
    invitation = models.CharField(max_length=32, unique=True, default=new_invitation)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True, blank=True, help_text="From then on nothing new is written in it.")

    class Meta:
        ordering = ["sort_key", "pk"]
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="group_has_name")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("annotations:group", args=[self.uid])


def told_apart(groups: Sequence[Group]) -> Iterator[tuple[Group, str]]:
    """Groups with what they are called beside one another: with the owner's name where names look alike."""
    alike = Counter(skeleton for group in groups for skeleton in skeletons(group.name))
    for group in groups:
        clash = any(alike[skeleton] > 1 for skeleton in skeletons(group.name))
        yield group, f"{group.name} (of {group.owner or 'nobody now'})" if clash else group.name


class Membership(models.Model):
    """A user's membership of a group."""

    group = models.ForeignKey(Group, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    joined_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["joined_at", "pk"]
        constraints = [models.UniqueConstraint(fields=["group", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"


class Audience(models.TextChoices):
    """Who may read a note."""

    PRIVATE = "private", "only me"
    GROUP = "group", "a group"
    PUBLIC = "public", "everyone"


class Placement(models.TextChoices):
    """What happened to the quoted words when the narrative changed; empty for a note without a quotation."""

    PLACED = "placed", "placed"
    MOVED = "moved", "moved with its words"
    CHANGED = "changed", "the words were changed"
    ORPHANED = "orphaned", "no longer placed"


def may_moderate(user: Reader) -> bool:
    return bool(user and user.is_active and user.has_perm("annotations.moderate_annotation"))  # type: ignore[attr-defined]  # PermissionsMixin


class AnnotationQuerySet(models.QuerySet["Annotation"]):
    def addressed_to(self, user: Reader) -> AnnotationQuerySet:
        """Notes whose audience includes `user`, on cases that they may see; deleted notes are included.

        Authors can still read their own notes on a withdrawn case. Hidden notes are visible only to their authors
        and to moderators.
        """
        key = user.pk if user and user.is_authenticated else None
        own = Q(author_id=key) if key else Q(pk=None)
        groups = Membership.objects.filter(user=key).values("group")
        open_to = Q(audience=Audience.PUBLIC) | Q(audience=Audience.GROUP, group__in=groups)
        if not may_moderate(user):
            open_to &= Q(hidden_at=None)
        case_visible = (
            Q(case=None) | Q(case__in=Case.objects.visible_to(user)) | own & Q(case__state=CaseState.WITHDRAWN)
        )
        return self.filter(own | open_to).filter(case_visible)

    def visible_to(self, user: Reader) -> AnnotationQuerySet:
        return self.addressed_to(user).filter(deleted_at=None)

    def moderated_by(self, user: Reader) -> AnnotationQuerySet:
        """Notes that `user` may moderate: public notes, and group notes that are flagged or hidden; never private ones.

        A flag shows moderators that one note of the group, and no other.
        """
        if not may_moderate(user):
            return self.none()
        flagged = Exists(Flag.objects.filter(annotation=OuterRef("pk"), settled_at=None))
        disclosed = Q(audience=Audience.GROUP) & (Q(hidden_at__isnull=False) | flagged)
        case_visible = Q(case=None) | Q(case__in=Case.objects.visible_to(user))
        return self.filter(case_visible, Q(audience=Audience.PUBLIC) | disclosed, deleted_at=None)

    def with_related(self) -> AnnotationQuerySet:
        """Prefetch everything that is needed to render a note."""
        return self.select_related("case", "author", "group", "revision", "parent__author", "thread").prefetch_related(
            "tags", "codes__vocabulary", "names"
        )


class Annotation(models.Model):
    """A note on a passage of a narrative, on a case as a whole, on another note, or on something elsewhere.

    `exact`, `prefix` and `suffix` are the words as the author quoted them, in `revision`; `quoted_at` is their offset
    there. `start` and `end` are their position in the current narrative: offsets in Unicode code points over the text
    content of its element. `placement` says what happened to them when the narrative changed.
    """

    uid = uid_field()
    case = models.ForeignKey(Case, models.CASCADE, null=True, related_name="annotations")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="annotations")
    audience = models.CharField(max_length=8, choices=Audience, default=Audience.PRIVATE)
    group = models.ForeignKey(Group, models.RESTRICT, null=True, blank=True, related_name="annotations")

    parent = models.ForeignKey("self", models.RESTRICT, null=True, blank=True, related_name="replies")
    thread = models.ForeignKey(
        "self", models.RESTRICT, null=True, blank=True, related_name="members", help_text="The note it all began with."
    )

    revision = models.ForeignKey(Revision, models.RESTRICT, null=True, related_name="annotations")
    exact = models.TextField("quoted words", blank=True)
    prefix = models.CharField(max_length=32, blank=True)
    suffix = models.CharField(max_length=32, blank=True)
    quoted_at = models.PositiveIntegerField(null=True)
    placement = models.CharField(max_length=8, choices=Placement, blank=True)
    start = models.PositiveIntegerField(null=True)
    end = models.PositiveIntegerField(null=True)

    comment = models.TextField(blank=True, help_text="Markdown; empty for a mere highlight.")
    codes = models.ManyToManyField(Term, through="annotations.Code", related_name="annotations")
    w3c_extra = models.JSONField(
        default=dict, blank=True, help_text="What a W3C annotation said beyond this, as it came."
    )

    version = models.PositiveIntegerField(default=1, help_text="Counts its changes.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    edited_at = models.DateTimeField(null=True, help_text="When its author last changed what it says.")
    resolved_at = models.DateTimeField(null=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    hidden_at = models.DateTimeField(null=True, help_text="When a moderator took it away from readers.")
    deleted_at = models.DateTimeField(null=True, help_text="What it said is gone; its place in a thread stays.")

    if TYPE_CHECKING:
        tags: RelatedManager[Tag]
        names: RelatedManager[OtherName]
        wordings: RelatedManager[Wording]
        flags: RelatedManager[Flag]
        decisions: RelatedManager[Decision]

    objects = AnnotationQuerySet.as_manager()

    class Meta:
        ordering = ["start", "end", "pk"]
        permissions = [("moderate_annotation", "Can decide on flagged notes")]
        indexes = [
            models.Index(fields=["case", "audience", "start"]),
            models.Index(fields=["author", "-created_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(audience=Audience.GROUP, group__isnull=False) | ~Q(audience=Audience.GROUP) & Q(group=None),
                name="annotation_group_where_audience_is_one",
            ),
            models.CheckConstraint(
                condition=Q(parent=None, thread=None)
                | Q(parent__isnull=False, thread__isnull=False, exact="") & ~Q(thread=F("pk")),
                name="annotation_reply_has_thread_and_no_words",
            ),
            models.CheckConstraint(
                condition=Q(exact="", placement="")
                | ~Q(exact="") & ~Q(placement="") & Q(case__isnull=False, revision__isnull=False),
                name="annotation_words_have_placement_and_case",
            ),
            models.CheckConstraint(
                condition=Q(placement__in=["", Placement.ORPHANED], start=None, end=None)
                | ~Q(placement__in=["", Placement.ORPHANED]) & Q(start__isnull=False, end__gt=F("start")),
                name="annotation_offsets_where_placed",
            ),
        ]

    def __str__(self) -> str:
        """Without the note's words: it is printed where people outside its audience may read it."""
        return f"note {self.uid}"

    def get_absolute_url(self) -> str:
        """The permanent address: programs get JSON-LD, people are redirected to the note on its case's page."""
        return reverse("annotations:note", args=[self.uid])

    @property
    def iri(self) -> str:
        """The permanent address, including the site's origin."""
        return note_iri(self.uid)

    @property
    def root(self) -> Annotation:
        """The first note of the thread."""
        return self.thread or self


def note_iri(uid: str) -> str:
    """The permanent address of a note; it is cheap, as long files have many."""
    before, after = _around_uid(get_script_prefix())
    return f"{settings.BASE_URL}{before}{uid}{after}"


@cache
def _around_uid(_script_prefix: str) -> tuple[str, str]:
    """What stands before and after the uid in the path of a note."""
    before, _, after = reverse("annotations:note", args=["uid"]).rpartition("uid")
    return before, after


class Tag(models.Model):
    """A free keyword on a note."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="tags")
    label = models.CharField(max_length=MAX_TAG_LENGTH)

    class Meta:
        ordering = ["label"]
        indexes = [models.Index(fields=["label"])]
        constraints = [models.UniqueConstraint(fields=["annotation", "label"], name="tag_once_on_annotation")]

    def __str__(self) -> str:
        return self.label


class Code(models.Model):
    """A term of the taxonomy on a note."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="+")
    term = models.ForeignKey(Term, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["term__vocabulary__order", "term__order"]
        constraints = [models.UniqueConstraint(fields=["annotation", "term"], name="code_once_on_annotation")]

    def __str__(self) -> str:
        return str(self.term)


class OtherName(models.Model):
    """An address by which a note is known elsewhere."""

    class Relation(models.TextChoices):
        CANONICAL = "canonical"
        VIA = "via"

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="names")
    relation = models.CharField(max_length=9, choices=Relation)
    iri = models.CharField("IRI", max_length=500, db_index=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["annotation", "relation", "iri"], name="other_name_once"),
            models.UniqueConstraint(
                fields=["annotation"], condition=Q(relation="canonical"), name="other_name_canonical_once"
            ),
        ]

    def __str__(self) -> str:
        return self.iri


class Wording(models.Model):
    """An earlier version of a note. Only its author can read it."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="wordings")
    version = models.PositiveIntegerField()
    exact = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    tags = models.JSONField(default=list)
    codes = models.JSONField(default=list, help_text="Each as vocabulary:slug.")
    written_at = models.DateTimeField()

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["annotation", "version"], name="wording_once")]

    def __str__(self) -> str:
        return f"{self.annotation}, version {self.version}"


class Flag(models.Model):
    """A reader's request that moderators look at a note."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="flags")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.CharField(max_length=500)
    created_at = models.DateTimeField(auto_now_add=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["annotation", "by"], condition=Q(settled_at=None), name="flag_once_until_settled"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="flag_has_reason"),
        ]

    def __str__(self) -> str:
        return f"flag on {self.annotation}"


class Decision(models.Model):
    """The log of moderators' decisions on notes."""

    class Verb(models.TextChoices):
        HIDE = "hide", "hidden from readers"
        APPROVE = "approve", "shown to its readers"

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="decisions")
    verb = models.CharField(max_length=7, choices=Verb)
    reason = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.CheckConstraint(condition=~Q(verb="hide", reason=""), name="decision_to_hide_has_reason")]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.annotation}"
