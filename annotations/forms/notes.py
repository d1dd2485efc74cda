"""Forms for writing, revising, reattaching, answering and flagging notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import QueryDict

from accounts.models import User
from cases.models import Case, CaseQuerySet
from plaintext.forms import ProseField
from taxonomy.codebook import Codebook
from taxonomy.models import Term

from ..actions import MAX_COMMENT_LENGTH, MAX_QUOTE_LENGTH, MAX_TAGS, RuleViolation
from ..actions.moderation import MAX_FLAG_REASON_LENGTH
from ..anchoring.selectors import CONTEXT_LENGTH, Quotation, TextSpan
from ..models import MAX_TAG_LENGTH, Annotation, Audience, Group, told_apart
from ..records import NoteContent, QuotedPassage, content_of, term_code, tidy_tags

MAX_OFFSET = 2**31 - 1
GROUP_PREFIX = "group:"
ABOUT_WORDS, ABOUT_CASE = "words", "case"


class RawTextField(ProseField):
    """Text as it was typed or selected, white space around it included."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)


class CodesField(forms.Field):
    """Terms of the taxonomy, each as `vocabulary:slug`; the form looks them up in its codebook."""

    widget = forms.SelectMultiple

    def clean(self, value: Any) -> list[str]:
        return list(dict.fromkeys(value or []))


def hidden_field(field: type[forms.Field], **options: Any) -> forms.Field:
    """A field that the page's script fills in; it is empty without JavaScript."""
    return field(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}), **options)


def with_values(data: Mapping[str, Any], **other: str) -> QueryDict:
    """A copy of submitted data with some values replaced."""
    sent = QueryDict(mutable=True)
    sent.update(data)
    for name, value in other.items():
        sent[name] = value
    return sent


class VerbForm(forms.Form):
    """A form whose action may refuse what was filled in; the violations appear beside the fields."""

    def add_violations(self, violation: RuleViolation) -> None:
        """Show the action's violations as form errors."""
        for field, why in violation.message_dict.items():
            name = "audience" if field == "group" else field
            self.add_error(name if name in self.fields else NON_FIELD_ERRORS, why)

    def forget_place(self) -> None:
        """Drop the submitted position of the quoted words, and keep what was typed."""

    def go_on_from(self, note: Annotation) -> None:
        """Keep what was typed, as a change to the current version of the note."""


class NoteForm(VerbForm):
    """A note's content and its audience."""

    comment = RawTextField(
        label="Comment",
        max_length=MAX_COMMENT_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Markdown. Leave it empty for a mere highlight.",
    )
    tags = RawTextField(
        label="Tags",
        max_length=MAX_TAGS * (MAX_TAG_LENGTH + 2),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Words of your own, with commas between them.",
    )
    codes = CodesField(label="Codes", required=False)
    audience = forms.ChoiceField(label="Who may read it", initial=Audience.PRIVATE, widget=forms.RadioSelect)

    def __init__(self, data: Mapping[str, Any] | None = None, *, reader: User, **options: Any) -> None:
        super().__init__(data, label_suffix="", **options)
        mine = Group.objects.filter(memberships__user=reader, closed_at=None)
        self.groups = list(mine.select_related("owner"))
        self.fields["audience"].choices = list(self._audiences())  # type: ignore[attr-defined]  # a ChoiceField, as declared above

    def _audiences(self) -> Iterator[tuple[str, str]]:
        yield Audience.PRIVATE, Audience.PRIVATE.label
        yield from ((f"{GROUP_PREFIX}{group.uid}", label) for group, label in told_apart(self.groups))
        yield Audience.PUBLIC, Audience.PUBLIC.label

    @cached_property
    def codebook(self) -> Codebook:
        return Codebook.load()

    @cached_property
    def chosen(self) -> list[str]:
        """The selected codes."""
        value = self["codes"].value() or []
        return list(value)

    def clean_codes(self) -> tuple[Term, ...]:
        """Look the terms up; an unknown one is an error."""
        found = {code: self.codebook.find(*code.partition(":")[::2]) for code in self.cleaned_data["codes"]}
        for unknown in (code for code, term in found.items() if term is None):
            raise ValidationError(f"There is no code “{unknown[:80]}”.", code="no-code")
        return tuple(dict.fromkeys(term for term in found.values() if term))

    def clean_tags(self) -> tuple[str, ...]:
        return tidy_tags(self.cleaned_data["tags"].split(","))

    @property
    def content(self) -> NoteContent:
        """The note's content; the form must be valid."""
        fields = self.cleaned_data
        kind, _, uid = fields.get("audience", "").partition(":")
        group = next((group for group in self.groups if uid and group.uid == uid), None)
        return NoteContent(fields["comment"], fields["tags"], fields["codes"], kind, group)


class _QuoteForm(VerbForm):
    """Words of a narrative, and their position if it is known."""

    start = hidden_field(forms.IntegerField, min_value=0, max_value=MAX_OFFSET)
    end = hidden_field(forms.IntegerField, min_value=1, max_value=MAX_OFFSET)
    prefix = hidden_field(RawTextField, max_length=CONTEXT_LENGTH)  # type: ignore[assignment]  # the W3C's name; a form has an attribute of this name, too
    suffix = hidden_field(RawTextField, max_length=CONTEXT_LENGTH)
    exact = RawTextField(
        label="Quoted words",
        max_length=MAX_QUOTE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text="Select them in the narrative, or copy them from there: enough words to be found only once.",
    )

    def clean_exact(self) -> str:
        """Refuse white space alone: a highlight of it would be invisible."""
        exact: str = self.cleaned_data["exact"]
        if exact.isspace():
            raise ValidationError("Quote at least one word.", code="no-word")
        return exact

    def clean(self) -> dict[str, Any]:
        """Refuse a start without an end, or an end before the start."""
        if not {"start", "end"} & self.errors.keys():
            start, end = self.cleaned_data["start"], self.cleaned_data["end"]
            if (start is None) != (end is None):
                self.add_error("start", "Give both start and end, or neither.")
            elif start is not None and start >= end:
                self.add_error("end", "The end has to come after the start.")
        return self.cleaned_data

    def forget_place(self) -> None:
        """Drop the submitted position, so that the words are searched for next time, and keep what was typed."""
        self.data = with_values(self.data, start="", end="", prefix="", suffix="")

    @property
    def passage(self) -> QuotedPassage:
        """The quoted words with their context; the form must be valid."""
        start, end = self.cleaned_data["start"], self.cleaned_data["end"]
        quotation = Quotation(*(self.cleaned_data[name] for name in Quotation._fields))
        return QuotedPassage(quotation, None if start is None else TextSpan(start, end))


class NewNoteForm(_QuoteForm, NoteForm):
    """A new note, on words of a narrative or on its case as a whole."""

    use_required_attribute = False  # browsers do not submit a form while a required field is empty, even a hidden one
    case: forms.ModelChoiceField = forms.ModelChoiceField(queryset=None, to_field_name="slug", widget=forms.HiddenInput)
    about = forms.ChoiceField(
        label="What it is about",
        choices=[(ABOUT_WORDS, "words of the narrative"), (ABOUT_CASE, "the case as a whole")],
        initial=ABOUT_WORDS,
        required=False,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, cases: CaseQuerySet, **options: Any) -> None:
        super().__init__(data, auto_id="note-%s", **options)
        self.fields["case"].queryset = cases  # type: ignore[attr-defined]  # a ModelChoiceField, as declared above
        if data and data.get("about") == ABOUT_CASE:
            self.fields["exact"].required = False

    @classmethod
    def empty(cls, case: Case, reader: User) -> NewNoteForm:
        return cls(initial={"case": case.slug}, cases=Case.objects.none(), reader=reader)

    @property
    def target(self) -> QuotedPassage | None:
        """The quoted words; None for a note on the case as a whole."""
        return None if self.cleaned_data["about"] == ABOUT_CASE else self.passage


class _VersionedForm(VerbForm):
    """A change to a note as the user read it; `now` is the current note if it has changed since."""

    version = forms.IntegerField(min_value=1, max_value=MAX_OFFSET, widget=forms.HiddenInput)
    now: Annotation | None = None

    def go_on_from(self, note: Annotation) -> None:
        """Show the current note beside what was typed; if sent again, the form changes the current version."""
        self.now = note
        self.data = with_values(self.data, version=str(note.version))


class ReviseForm(_VersionedForm, NoteForm):
    """A note's new content and audience; a reply always has the audience of its thread."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, note: Annotation, **options: Any) -> None:
        self.note, self.before = note, content_of(note)
        initial = {
            "comment": note.comment,
            "tags": ", ".join(self.before.tags),
            "codes": [term_code(term) for term in self.before.codes],
            "audience": f"{GROUP_PREFIX}{note.group.uid}" if note.group else note.audience,
            "version": note.version,
        }
        super().__init__(data, initial=initial, auto_id=f"note-{note.uid}-%s", **options)
        if note.thread_id:
            del self.fields["audience"]

    def _audiences(self) -> Iterator[tuple[str, str]]:
        """Offer the note's current group even if it is closed or the user has left it: the note may stay there."""
        if self.note.group and self.note.group not in self.groups:
            self.groups.append(self.note.group)
        return super()._audiences()

    @property
    def content(self) -> NoteContent:
        """The note's new content; parts that the form does not show are unchanged."""
        content = super().content
        tags = self.before.tags if "tags" not in self.changed_data else content.tags  # a tag may contain a comma
        revised = self.before._replace(comment=content.comment, tags=tags, codes=content.codes)
        return revised if self.note.thread_id else revised._replace(audience=content.audience, group=content.group)


class ReattachForm(_VersionedForm, _QuoteForm):
    """New words to pin a note to."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, note: Annotation, **options: Any) -> None:
        super().__init__(data, auto_id=f"note-{note.uid}-%s", label_suffix="", **options)
        self.initial.setdefault("version", note.version)


class ReplyForm(VerbForm):
    """A reply to a note."""

    comment = RawTextField(
        label="Your answer",
        max_length=MAX_COMMENT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Markdown. Whoever reads the note reads the answer.",
    )


class FlagForm(VerbForm):
    """Why a note should be looked at by a moderator."""

    reason = ProseField(
        label="What is wrong with it",
        max_length=MAX_FLAG_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Only moderators read this.",
    )
