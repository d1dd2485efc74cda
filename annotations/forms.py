"""What a reader fills in: a new note with the words it speaks of, and a note's new text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cases.models import Case, CaseQuerySet

from .actions import COMMENT_LIMIT, QUOTE_LIMIT
from .models import Annotation, Audience
from .selectors import CONTEXT, Quotation, Span

LAST_OFFSET = 2**31 - 1


class Text(forms.CharField):
    """Text as it was typed or selected, with the line ends that narratives have: a browser sends CRLF for each."""

    def __init__(self, **options: Any) -> None:
        super().__init__(strip=False, **options)

    def to_python(self, value: Any) -> str:
        """Return the text with LF as line end."""
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


def hidden(field: type[forms.Field], **options: Any) -> forms.Field:
    """Return a field that the page's script fills in; without it, it stays empty."""
    return field(required=False, widget=forms.HiddenInput(attrs={"autocomplete": "off"}), **options)


class NoteForm(forms.Form):
    """What a note says, and to whom."""

    comment = Text(
        label="Comment",
        max_length=COMMENT_LIMIT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Markdown. Leave it empty for a mere highlight.",
    )
    audience = forms.ChoiceField(
        label="Who may read it", choices=Audience.choices, initial=Audience.PRIVATE, widget=forms.RadioSelect
    )

    @classmethod
    def revising(cls, note: Annotation, data: Mapping[str, Any] | None = None) -> NoteForm:
        """Return the form that changes a note."""
        now = {"comment": note.comment, "audience": note.audience}
        return cls(data, initial=now, auto_id=f"note-{note.pk}-%s", label_suffix="")


class NewNoteForm(NoteForm):
    """A new note: the words it is pinned to, and where they stand when that is known."""

    field_order = ["case", "start", "end", "prefix", "suffix", "exact", "comment", "audience"]

    case: forms.ModelChoiceField = forms.ModelChoiceField(queryset=None, to_field_name="slug", widget=forms.HiddenInput)
    start = hidden(forms.IntegerField, min_value=0, max_value=LAST_OFFSET)
    end = hidden(forms.IntegerField, min_value=1, max_value=LAST_OFFSET)
    prefix = hidden(Text, max_length=CONTEXT)  # type: ignore[assignment]  # as a W3C quotation calls it; a form has one, too
    suffix = hidden(Text, max_length=CONTEXT)
    exact = Text(
        label="Quoted words",
        max_length=QUOTE_LIMIT,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        help_text="Select them in the narrative, or copy them from there: enough words to be found only once.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, cases: CaseQuerySet, **options: Any) -> None:
        super().__init__(data, auto_id="note-%s", label_suffix="", **options)
        self.fields["case"].queryset = cases  # type: ignore[attr-defined]  # a ModelChoiceField, as declared above

    @classmethod
    def empty(cls, case: Case) -> NewNoteForm:
        """Return the form that a reader of a case finds."""
        return cls(initial={"case": case.slug}, cases=Case.objects.none())

    def clean_exact(self) -> str:
        """Refuse mere white space: nobody could see it marked."""
        exact: str = self.cleaned_data["exact"]
        if exact.isspace():
            raise ValidationError("Quote at least one word.", code="no-word")
        return exact

    def clean(self) -> dict[str, Any]:
        """Refuse half a place, and one that ends before it begins."""
        if not {"start", "end"} & self.errors.keys():
            start, end = self.cleaned_data["start"], self.cleaned_data["end"]
            if (start is None) != (end is None):
                self.add_error("start", "Give both start and end, or neither.")
            elif start is not None and start >= end:
                self.add_error("end", "The end has to come after the start.")
        return self.cleaned_data

    def forget_place(self) -> None:
        """Keep what was typed, but not where the words were thought to stand: next time they are looked for."""
        self.data = {name: self.data.get(name, "") for name in ("case", "exact", "comment", "audience")}

    @property
    def quotation(self) -> Quotation:
        """The quoted words with their context, once the form is valid."""
        return Quotation(*(self.cleaned_data[name] for name in Quotation._fields))

    @property
    def span(self) -> Span | None:
        """Where the words stand, if that was given."""
        start, end = self.cleaned_data["start"], self.cleaned_data["end"]
        return None if start is None else Span(start, end)
