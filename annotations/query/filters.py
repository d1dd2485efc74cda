"""The filters of notes: every query parameter, declared once.

The pages, the API and every export build a `NoteFilterSet` from the query and the user of a request. Different
parameters are combined with "and", repeated values of one with "or"; a code includes its narrower terms. What the user
may not see is treated as missing: a case, author, group or tag is unknown if only notes hidden from the user have it.
An invalid query has no results; `problems` says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, reduce
from operator import or_
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce
from django.http import QueryDict

from accounts.models import User
from cases.models import Case
from cases.models.case import Reader
from cases.query.parameters import MAX_PAGE_SIZE, SearchField, ValuesField, parse_query, parse_search
from taxonomy.codebook import Codebook

from ..models import Annotation, AnnotationQuerySet, Audience, Code, Group, Placement, Tag
from .search import search_notes

NO_VALUE = "none"
MAX_OPEN_VALUES = 50
"""How many values a parameter with an open list accepts."""
NOTE_PAGING = ("page", "page_size", "format")

AUDIENCE_LABELS = dict(Audience.choices)
PLACEMENT_LABELS = {**dict(Placement.choices), NO_VALUE: "quotes no words"}
NOTE_KINDS = {
    "passage": "on a passage",
    "highlight": "the words alone",
    "case": "on a case as a whole",
    "reply": "an answer to a note",
    "elsewhere": "on something elsewhere",
}
RESOLVED_LABELS = {"yes": "resolved", "no": "open"}
NOTE_SORTS = {
    "-created": "written, latest first",
    "created": "written, longest ago first",
    "-updated": "changed, latest first",
    "updated": "changed, longest ago first",
    "position": "case, then place in the text",
}
NOTE_FORMATS = {
    "html": "page",
    "json": "JSON",
    "csv": "CSV",
    "xlsx": "spreadsheet (XLSX)",
    "jsonld": "W3C annotations (JSON-LD)",
    "qdpx": "project for QDA software (QDPX)",
}

ValueLabels = Mapping[str, str]

WITHOUT_COMMENT_AND_TAGS = Q(comment="") & ~Exists(Tag.objects.filter(annotation=OuterRef("pk")))
WITHOUT_CODES = Q(~Exists(Code.objects.filter(annotation=OuterRef("pk"))))
CLOSED_FACETS: Mapping[str, Mapping[str, Q]] = {
    "audience": {value: Q(audience=value) for value in AUDIENCE_LABELS},
    "kind": {
        "passage": ~Q(exact=""),
        "highlight": ~Q(exact="") & WITHOUT_COMMENT_AND_TAGS & WITHOUT_CODES,
        "case": Q(thread=None, exact="", case__isnull=False),
        "reply": Q(thread__isnull=False),
        "elsewhere": Q(thread=None, case=None),
    },
    "placement": {value: Q(placement="" if value == NO_VALUE else value) for value in PLACEMENT_LABELS},
    "resolved": {
        "yes": Q(thread=None, resolved_at__isnull=False) | Q(thread__resolved_at__isnull=False),
        "no": Q(thread=None, resolved_at=None) | Q(thread__isnull=False, thread__resolved_at=None),
    },
}
"""The condition for each value of a closed list. A thread is resolved as a whole, including its replies."""


def note_kind(note: Annotation) -> str:
    """The narrowest kind of a note; runs no queries if the note was fetched `with_related`."""
    if note.thread_id:
        return "reply"
    if note.exact:
        return "passage" if note.comment or note.tags.all() or note.codes.all() else "highlight"
    return "case" if note.case_id else "elsewhere"


class OpenListField(ValuesField):
    """Repeated values that are looked up, with their labels, among those that the user can see."""

    def __init__(self, known: Callable[[Collection[str]], ValueLabels], *, missing: str, **options: Any) -> None:
        super().__init__(**options)
        self.known = known
        self.missing = missing

    def clean(self, value: Sequence[str]) -> list[str]:
        """Refuse unknown values; values that the user may not see get the same message."""
        if len(value) > MAX_OPEN_VALUES:
            raise ValidationError(f"Give at most {MAX_OPEN_VALUES} values.")
        self.choices = dict(self.known([item for item in value if "\0" not in item]))
        for unknown in (item for item in value if item not in self.choices):
            raise ValidationError(self.missing.format(unknown[:60]))
        return list(dict.fromkeys(value))


class NoteFilterSet:
    """A user's query of notes."""

    FACETS: ClassVar = ("audience", "group", "author", "case", "code", "tag", "kind", "placement", "resolved")

    def __init__(self, query: QueryDict, reader: Reader) -> None:
        self.query = query
        self.reader = reader
        self.fields = note_parameters(self)
        self.params, self.problems = parse_query(query, self.fields)

    @cached_property
    def visible(self) -> AnnotationQuerySet:
        """All notes that the user may read, unordered."""
        return Annotation.objects.visible_to(self.reader).order_by()

    @cached_property
    def codebook(self) -> Codebook:
        return Codebook.load()

    @property
    def notes(self) -> AnnotationQuerySet:
        """The matching notes in the requested order."""
        return self.found.order_by(*self.ordering)

    @property
    def ordering(self) -> Sequence[OrderBy | str]:
        return NOTE_ORDERINGS[self.params.get("sort", "-created")]

    @cached_property
    def total(self) -> int:
        """The number of matching notes."""
        return self.found.count()

    @cached_property
    def found(self) -> AnnotationQuerySet:
        """The matching notes, unordered."""
        return self.without()

    def without(self, *names: str) -> AnnotationQuerySet:
        """The notes that match when the named parameters are ignored, unordered."""
        if self.problems:
            return self.visible.none()
        notes = self.visible
        for name in self.FACETS:
            if name in self.params and name not in names:
                notes = notes.filter(self._condition(name, self.params[name]))
        return search_notes(notes, parse_search(self.params["q"])) if "q" in self.params and "q" not in names else notes

    def _condition(self, name: str, values: list[str]) -> Q:
        if name in CLOSED_FACETS:
            return reduce(or_, (CLOSED_FACETS[name][value] for value in values))
        return OPEN_FACET_CONDITIONS[name](self, values)

    def words(self) -> str:
        """The query in words: "author: Ann Reader; tag: trust or doubt"; empty for all notes."""
        filters = [
            f"{self.fields[name].label}: {' or '.join(self.labels(name))}"
            for name in self.FACETS
            if name in self.params
        ]
        return "; ".join([*filters, *([f"search: “{self.params['q']}”"] if "q" in self.params else [])])

    def choices(self, name: str) -> ValueLabels:
        """The labels of a facet's values; of an open list, only those of the values in the query."""
        field = self.fields[name]
        return field.choices if isinstance(field, ValuesField) else {}

    def labels(self, name: str) -> list[str]:
        """The labels of the chosen values of a facet."""
        return [self.choices(name)[value] for value in self.params.get(name, ())]

    # Open lists: the labels of the values that the user may see

    def cases(self, slugs: Collection[str]) -> ValueLabels:
        """Titles of cases that the user may see, or may read notes on."""
        seen = Q(pk__in=Case.objects.visible_to(self.reader).values("pk")) | Q(pk__in=self.visible.values("case"))
        found = Case.objects.filter(seen, slug__in=slugs).values_list("slug", "title")
        return {slug: title or slug for slug, title in found}

    def authors(self, names: Collection[str]) -> ValueLabels:
        """Names of users who wrote a visible note, and of the user."""
        own = self.reader.pk if self.reader and self.reader.is_authenticated else None
        wrote = Q(pk__in=self.visible.values("author")) | Q(pk=own)
        found = User.objects.filter(wrote, username__in=names).values_list("username", "name")
        return {username: name or username for username, name in found}

    def groups(self, uids: Collection[str]) -> ValueLabels:
        """Names of the user's groups, and of groups with notes that the user may read."""
        own = self.reader.pk if self.reader and self.reader.is_authenticated else None
        known = Q(pk__in=self.visible.values("group")) | Q(memberships__user=own, memberships__user__isnull=False)
        return dict(Group.objects.filter(known, uid__in=uids).values_list("uid", "name"))

    def tags(self, labels: Collection[str]) -> ValueLabels:
        seen = Tag.objects.filter(annotation__in=self.visible.values("pk"), label__in=labels)
        return {label: label for label in seen.values_list("label", flat=True)}

    def codes(self, codes: Collection[str]) -> ValueLabels:
        found = {code: self.codebook.find(*code.partition(":")[::2]) for code in codes}
        return {**{code: str(term) for code, term in found.items() if term}, NO_VALUE: "without codes"}


def _code_condition(filterset: NoteFilterSet, values: list[str]) -> Q:
    chosen = [value.partition(":") for value in values]
    terms = {key for vocabulary, _, slug in chosen for key in filterset.codebook.with_narrower(vocabulary, [slug])}
    coded = Q(Exists(Code.objects.filter(annotation=OuterRef("pk"), term__in=terms)))
    return coded | WITHOUT_CODES if NO_VALUE in values else coded


OPEN_FACET_CONDITIONS: Mapping[str, Callable[[NoteFilterSet, list[str]], Q]] = {
    "group": lambda _, values: Q(group__uid__in=values),
    "author": lambda _, values: Q(author__username__in=values),
    "case": lambda _, values: Q(case__slug__in=values),
    "code": _code_condition,
    "tag": lambda _, values: Q(Exists(Tag.objects.filter(annotation=OuterRef("pk"), label__in=values))),
}
"""The condition for the values of each open list."""

NOTE_ORDERINGS: Mapping[str, Sequence[OrderBy | str]] = {
    "-created": ("-created_at", "-pk"),
    "created": ("created_at", "pk"),
    "-updated": ("-updated_at", "-pk"),
    "updated": ("updated_at", "pk"),
    "position": (
        F("case__slug").asc(nulls_last=True),
        Coalesce("thread__start", "start").asc(nulls_last=True),
        Coalesce("thread__end", "end").asc(nulls_last=True),
        Coalesce("thread", "pk").asc(),
        "pk",
    ),
}
"""By position, the notes of a thread stay together where its first note is."""


def note_parameters(filterset: NoteFilterSet | None = None) -> dict[str, forms.Field]:
    """The form field of every parameter. The fields of open lists look their values up for `filterset`."""
    filterset = filterset or NoteFilterSet(QueryDict(), None)
    see = "that you may read"
    return {
        "q": SearchField(
            label="search", max_length=500, required=False, help_text="In the comment, the quoted words and the tags."
        ),
        "audience": ValuesField(
            label="readers", choices=list(AUDIENCE_LABELS.items()), help_text="Who may read the note."
        ),
        "group": OpenListField(
            filterset.groups, label="group", missing="You have no group “{}”.", help_text="The id of a group of yours."
        ),
        "author": OpenListField(
            filterset.authors,
            label="author",
            missing=f"Nobody “{{}}” has written a note {see}.",
            help_text="A user name.",
        ),
        "case": OpenListField(
            filterset.cases, label="case", missing="There is no case “{}”.", help_text="The slug of a case."
        ),
        "code": OpenListField(
            filterset.codes,
            label="code",
            missing="There is no code “{}”. Write it as vocabulary:term, for example type:peer-support.",
            help_text="A term as vocabulary:slug, with its narrower ones; none for notes without codes.",
        ),
        "tag": OpenListField(
            filterset.tags, label="tag", missing=f"No note {see} has the tag “{{}}”.", help_text="As written."
        ),
        "kind": ValuesField(label="kind", choices=list(NOTE_KINDS.items()), help_text="What the note is on."),
        "placement": ValuesField(
            label="placement", choices=list(PLACEMENT_LABELS.items()), help_text="What became of the quoted words."
        ),
        "resolved": ValuesField(
            label="thread", choices=list(RESOLVED_LABELS.items()), help_text="Whether it is settled."
        ),
        "sort": forms.ChoiceField(label="order", choices=list(NOTE_SORTS.items()), required=False),
        "page": forms.IntegerField(label="page", min_value=1, max_value=10**6, required=False),
        "page_size": forms.IntegerField(label="notes a page", min_value=1, max_value=MAX_PAGE_SIZE, required=False),
        "format": forms.ChoiceField(label="format", choices=list(NOTE_FORMATS.items()), required=False),
    }
