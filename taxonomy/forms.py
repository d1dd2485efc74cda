"""What every curator's form has in common: text with one kind of line end, mistakes beside their fields, finders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import AutocompleteSelect, AutocompleteSelectMultiple
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.http import QueryDict
from django.utils.text import slugify

from . import actions
from .models import CodebookChangeKind, Term, TermQuerySet

MAX_SMALL_INTEGER, MAX_INTEGER = 2**15 - 1, 2**31 - 1
"""The greatest whole numbers that a column for small ones and one for large ones hold, whichever the database."""

CHANGED_MEANWHILE = (
    "Something that this refers to was changed at the same moment. Nothing was saved; look at it and save again."
)


class ProseField(forms.CharField):
    """Text of several lines. They end as they do everywhere else in the catalogue; browsers send two characters."""

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.to_python(initial), data)


class ConstraintErrorsForm(forms.ModelForm):
    """A form that puts what a constraint of its model says beside the field where it can be put right."""

    fields_by_constraint: ClassVar[dict[str, tuple[str, ...]]] = {}
    """By constraint, the fields that may be at fault: the first that is empty, or else the last."""

    held_to: ClassVar[set[str]] = set()
    """Columns that the form does not show, and whose constraints it answers for all the same."""

    refusal: Exception | None = None
    """Why the database or an action refused these very words a moment ago."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.IntegerField):
                set_limits(field, *column_limits(self._meta.model, name))

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.refusal:
            self.explain(self.refusal)
        return self.cleaned_data

    def explain(self, refusal: Exception) -> None:
        """Say what stood against saving, for people."""
        self.add_error(None, CHANGED_MEANWHILE)

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - self.held_to  # type: ignore[misc, no-any-return]  # ModelForm's own

    def _update_errors(self, errors: ValidationError) -> None:
        """Take what stands for the whole of the form, and put it beside a field where a constraint says which."""
        for error in errors.error_dict.pop(NON_FIELD_ERRORS, []):
            self.add_error(self._at_fault(error), error)
        super()._update_errors(errors)  # type: ignore[misc]  # ModelForm's own

    def _at_fault(self, error: ValidationError) -> str | None:
        broken = [each.name for each in self.instance._meta.constraints if _is_violation_of(each, error)]
        shown = [
            name
            for constraint in broken
            for name in self.fields_by_constraint.get(constraint, ())
            if name in self.fields
        ]
        empty = [name for name in shown if self.cleaned_data.get(name) in (None, "", False)]
        return next(iter([*empty, *shown[-1:]]), None)


def _is_violation_of(constraint: models.BaseConstraint, error: ValidationError) -> bool:
    """Tell whether an error is what a constraint says of a row that breaks it."""
    if error.params and "unique_check" in error.params:
        return isinstance(constraint, models.UniqueConstraint) and constraint.fields == error.params["unique_check"]
    return error.message == constraint.get_violation_error_message()


def column_limits(model: type[models.Model], name: str) -> tuple[int, int]:
    """Return the least and the greatest number that may stand in a column."""
    if name.startswith("year") or name == "verdict_since":
        return 1, 9999
    small = name in {
        column.name for column in model._meta.fields if isinstance(column, models.PositiveSmallIntegerField)
    }
    return 0, MAX_SMALL_INTEGER if small else MAX_INTEGER


def set_limits(field: forms.IntegerField, least: int, most: int) -> None:
    field.validators = [*field.validators, MinValueValidator(least), MaxValueValidator(most)]
    field.widget.attrs |= {"min": least, "max": most}


def add_field_errors(form: forms.BaseForm, mistakes: Mapping[str, Iterable[str]], fields: Mapping[str, str]) -> None:
    """Put the mistakes that an action found, by path, beside the fields of a form; what has none stands on top."""
    for path, messages in mistakes.items():
        name = fields.get(path, path)
        shown = name if name in form.fields and path != NON_FIELD_ERRORS else None
        form.add_error(shown, list(messages))


class TermForm(ConstraintErrorsForm):
    """A term; its broader one stands in the same vocabulary and not below it. Each save is kept with its reason."""

    opened = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = ProseField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="Why it is entered, or changes; readers find this in the history of the codebook.",
    )
    recode = forms.BooleanField(
        required=False,
        label="Put its cases in the queue",
        help_text="It means something else now: what is coded with it is to be looked at again.",
    )

    fields_by_constraint = {
        "term_slug_once_in_vocabulary": ("slug",),
        "term_has_label": ("label",),
        "term_has_definition": ("definition",),
        "term_not_broader_than_itself": ("broader",),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("opened", self.instance.version)
        if self.instance.pk:
            self.fields["reason"].required = True
        else:
            self.fields.pop("recode", None)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk and self.refusal is None and cleaned.get("opened") != self.instance.version:
            self.explain(actions.StaleTerm(self.instance))
        broader: Term | None = cleaned.get("broader")
        vocabulary = cleaned.get("vocabulary") or (self.instance.pk and self.instance.vocabulary)
        if broader and vocabulary and broader.vocabulary_id != vocabulary.pk:
            self.add_error("broader", f"“{broader}” stands in another vocabulary.")
        elif broader and self.instance.pk in {term.pk for term in actions.ancestors_and_self(broader)}:
            self.add_error("broader", f"“{broader}” is itself narrower than this term.")
        return cleaned

    def explain(self, refusal: Exception) -> None:
        """Put what an action refused beside its fields, and say that somebody saved meanwhile."""
        if isinstance(refusal, actions.CodebookRuleViolation):
            add_field_errors(self, refusal.message_dict, {})
        elif isinstance(refusal, actions.StaleTerm):
            self.add_error(None, str(refusal))
        else:
            super().explain(refusal)


# Changing the codebook -----------------------------------------------------------------------------------------------


class TermChangeForm(forms.Form):
    """A change of the codebook: what it needs to know, the reason, and what was foreseen when it was shown."""

    kind: ClassVar[CodebookChangeKind]
    token = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    reason = ProseField(
        required=False,  # the action itself says what is missing
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Readers find this in the history of the codebook.",
    )
    field_order = ["label", "slug", "into"]

    def __init__(self, *args: Any, term: Term, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.term = term

    @property
    def arguments(self) -> dict[str, Any]:
        """What the verb needs to know besides the reason."""
        return {}


class RenameTermForm(TermChangeForm):
    kind = CodebookChangeKind.RENAMED
    label = forms.CharField(max_length=160)
    slug = forms.CharField(
        max_length=50,
        label="Short name",
        help_text="The former one keeps leading to the term, in every address and file.",
    )

    def __init__(self, *args: Any, term: Term, **kwargs: Any) -> None:
        super().__init__(*args, term=term, initial={"label": term.label, "slug": term.slug}, **kwargs)

    @property
    def arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("label", "slug")}


def replacement_terms(term: Term) -> TermQuerySet:
    """Return the terms in use that may stand for a term."""
    fields_by_constraint = Term.objects.offered().filter(vocabulary=term.vocabulary_id).exclude(pk=term.pk)
    return fields_by_constraint.exclude(broader=term).select_related("vocabulary")


class MergeTermForm(TermChangeForm):
    kind = CodebookChangeKind.MERGED
    into = forms.ModelChoiceField(Term.objects.none(), label="Merge it into", help_text="The term that stays.")

    def __init__(self, *args: Any, term: Term, **kwargs: Any) -> None:
        super().__init__(*args, term=term, **kwargs)
        self.fields["into"].queryset = replacement_terms(term)  # type: ignore[attr-defined]  # a ModelChoiceField, as declared above

    @property
    def arguments(self) -> dict[str, Any]:
        return {"into": [self.cleaned_data["into"]]}


class SplitTermForm(TermChangeForm):
    """Terms that there are, and new ones, each with its label and its definition in a line of its own."""

    kind = CodebookChangeKind.SPLIT
    into = forms.ModelMultipleChoiceField(
        Term.objects.none(), required=False, label="Terms that there are", widget=forms.CheckboxSelectMultiple
    )
    new = ProseField(
        required=False,
        label="New terms",
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="One in a line: its label, a colon, its definition. For example “Home care: help in one’s own home.”",
    )
    field_order = ["into", "new"]

    def __init__(self, *args: Any, term: Term, **kwargs: Any) -> None:
        super().__init__(*args, term=term, **kwargs)
        self.fields["into"].queryset = replacement_terms(term)  # type: ignore[attr-defined]  # a ModelMultipleChoiceField, as declared above

    def clean_new(self) -> list[Term]:
        """Read the new terms; their slugs are made of their labels."""
        lines = [line.partition(":") for line in self.cleaned_data["new"].split("\n") if line.strip()]
        read = [(label.strip(), definition.strip()) for label, _, definition in lines]
        for label, definition in read:
            if not (label and definition and slugify(label)) or len(label) > 160:
                raise ValidationError("Write a label of at most 160 letters, a colon and a definition in each line.")
        return [Term(label=label, slug=slugify(label)[:50].strip("-"), definition=said) for label, said in read]

    @property
    def arguments(self) -> dict[str, Any]:
        return {"into": [*self.cleaned_data["into"], *self.cleaned_data["new"]]}


class RetireTermForm(TermChangeForm):
    kind = CodebookChangeKind.RETIRED


class RestoreTermForm(TermChangeForm):
    kind = CodebookChangeKind.RESTORED


# Finding one thing among many --------------------------------------------------------------------------------------


def find_chosen(things: models.QuerySet[Any], values: Iterable[Any]) -> dict[str, Any]:
    """Return, by its id as text, each of the chosen things; what can be no id chooses nothing."""
    ids = {int(value) for value in map(str, values) if value.isascii() and value.isdecimal() and len(value) < 19}
    return {str(thing.pk): thing for thing in things.filter(pk__in=ids)} if ids else {}


class FinderChoiceField(forms.ModelChoiceField):
    """One thing of many. The rows of a page look theirs up together, among all that was `sent`."""

    def __init__(self, queryset: models.QuerySet[Any], *, sent: QueryDict, **options: Any) -> None:
        super().__init__(queryset, **options)
        offered = queryset.complex_filter(self.get_limit_choices_to() or {})
        self.chosen = cache(lambda: find_chosen(offered, (value for _, values in sent.lists() for value in values)))

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        thing = self.chosen().get(str(getattr(value, "pk", value)))
        if thing is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
        return thing


class FinderMultipleChoiceField(forms.ModelMultipleChoiceField):
    """Several things of many."""

    def _check_values(self, value: Any) -> Any:
        """Refuse what can be no id before a database is asked to count so far."""
        for each in value:
            if len(str(each)) > 18:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": each}
                )
        return super()._check_values(value)  # type: ignore[misc]  # ModelMultipleChoiceField's own


class FinderMixin:
    """What the two finders do in Django's place: they know what is chosen, or look only for what can be an id."""

    known: Mapping[str, Any] | None = None
    allow_multiple_selected: bool
    is_required: bool
    choices: Any

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        known = find_chosen(self.choices.queryset, value) if self.known is None else self.known
        blank = [] if self.is_required or self.allow_multiple_selected else [("", "", False)]
        chosen = [(pk, str(known[pk]), True) for pk in dict.fromkeys(map(str, value)) if pk in known]
        options = [
            self.create_option(name, *option, number)  # type: ignore[attr-defined]  # of the select that this is mixed into
            for number, option in enumerate([*blank, *chosen])
        ]
        return [(None, options, 0)]


class FinderSelect(FinderMixin, AutocompleteSelect):  # type: ignore[misc]  # the stubs name the last argument otherwise
    """A field that finds one thing among many by its words."""


class FinderSelectMultiple(FinderMixin, AutocompleteSelectMultiple):  # type: ignore[misc]  # likewise
    """The same for several things; each is taken away by itself."""

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**super().build_attrs(base_attrs, extra_attrs), "data-allow-clear": "false"}
