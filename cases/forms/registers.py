"""Forms for merging two things of a register, and for splitting one."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import URLField
from django.forms.models import fields_for_model

from taxonomy.forms import ProseField

from ..derived.refresh import cases_showing
from ..models import Case
from ..models.identity import WORD_FIELDS
from ..models.registers import Registered
from ..record.registers import REGISTERS
from ..record.twins import recognise

MAX_CASES_SHOWN = 200
NEW_FIELDS = {name: (*words, *(("doi", "url") if name == "sources" else ())) for name, words in WORD_FIELDS.items()}
"""The columns that a new thing is entered with."""


class MoveCasesForm(forms.Form):
    """What both ask: the other thing, by its slug, and the reason."""

    NEW: ClassVar = "new_"
    """Before the names of the columns of a new thing."""
    into = forms.CharField(
        label="The other one",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    reason = ProseField(
        required=False,  # checked by the action
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="It stands in the history of each case.",
    )

    def __init__(self, *args: Any, thing: Registered, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.thing = thing
        near = [each.thing.slug for each in self._near() if each.thing.pk != thing.pk]
        hint = f" Much like this one: {', '.join(near)}." if near else ""
        self.fields["into"].help_text = f"Its slug, as the list of the register shows it.{hint}"

    def _near(self) -> list[Any]:
        [found] = recognise(self.thing.REGISTER, [vars(self.thing)])
        return found.alike

    def clean_into(self) -> Any:
        slug = self.cleaned_data["into"].strip()
        things, _ = REGISTERS[self.thing.REGISTER]
        found = things.filter(slug=slug).first() if slug.isprintable() and slug else None
        if slug and found is None:
            raise ValidationError(f"There is no “{slug}” in this register; copy its slug from the list.")
        return found and found.current

    @property
    def cases(self) -> Any:
        """The cases that would name the other."""
        return cases_showing(thing=self.thing).order_by("title", "slug")


class MergeThingForm(MoveCasesForm):
    def clean_into(self) -> Any:
        other = super().clean_into()
        if other is None:
            raise ValidationError("Give the one that stays.")
        return other


class SplitThingForm(MoveCasesForm):
    """Which cases mean another, and which one: it stands already, or is entered here."""

    chosen = forms.MultipleChoiceField(
        label="Cases that mean another", required=False, widget=forms.CheckboxSelectMultiple
    )
    others = ProseField(
        required=False,
        label="Further cases",
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="Their slugs, one in a line, where the list above does not show them.",
    )

    def __init__(self, *args: Any, thing: Registered, **kwargs: Any) -> None:
        super().__init__(*args, thing=thing, **kwargs)
        rows = self.cases.values_list("slug", "title")[:MAX_CASES_SHOWN]
        self.fields["chosen"].choices = [(slug, title or slug) for slug, title in rows]  # type: ignore[attr-defined]  # a MultipleChoiceField
        columns = fields_for_model(type(thing), NEW_FIELDS[thing.REGISTER], formfield_callback=_form_field)
        for name, field in columns.items():
            if field is not None:
                field.required, field.label = False, f"New: {field.label}"
                self.fields[f"{self.NEW}{name}"] = field
        self.order_fields(["chosen", "others", "into", *(name for name in self.fields if name.startswith(self.NEW))])

    @property
    def given(self) -> dict[str, Any]:
        """The columns of a new thing."""
        new = {name.removeprefix(self.NEW): self.cleaned_data.get(name) for name in self.fields if self._is_new(name)}
        return {name: value for name, value in new.items() if value not in (None, "")}

    def _is_new(self, name: str) -> bool:
        return name.startswith(self.NEW)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "into" in cleaned and bool(cleaned["into"]) == bool(self.given):
            self.add_error("into", "Give the slug of one that stands already, or enter a new one below; not both.")
        slugs = [*cleaned.get("chosen", []), *cleaned.get("others", "").split()]
        cleaned["cases"] = list(Case.objects.filter(slug__in=filter(str.isprintable, slugs)))
        if unknown := set(slugs) - {case.slug for case in cleaned["cases"]}:
            self.add_error("others", f"There is no case “{min(unknown)}”.")
        return cleaned


def _form_field(column: Any, **options: Any) -> forms.Field | None:
    if isinstance(column, URLField):
        options["assume_scheme"] = "https"
    field: forms.Field | None = column.formfield(**options)
    return field
