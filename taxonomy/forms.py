"""Shared parts of curators' forms: multi-line text, errors beside their fields, autocomplete; and forms of terms."""

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

from plaintext.forms import LineField, ProseField

from . import actions
from .models import CodebookChangeKind, Term, TermQuerySet
from .slugs import make_slug

MAX_SMALL_INTEGER, MAX_INTEGER = 2**15 - 1, 2**31 - 1
"""The largest values of small and normal integer columns on both databases."""

CHANGED_MEANWHILE = (
    "Something that this refers to was changed at the same moment. Nothing was saved; look at it and save again."
)


class ConstraintErrorsForm(forms.ModelForm):
    """A form that shows a violated model constraint beside the field where it can be corrected."""

    fields_by_constraint: ClassVar[dict[str, tuple[str, ...]]] = {}
    """The fields for each constraint: its error appears at the first empty one, or else at the last."""

    held_to: ClassVar[set[str]] = set()
    """Columns that the form does not show, but whose constraints it checks."""

    refusal: Exception | None = None
    """Why the database or an action has just refused this input."""

    given_back: QueryDict | None = None
    """What its author typed before, and has not sent yet."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(self.given_back if data is None else data, *args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.IntegerField):
                set_limits(field, *column_limits(self._meta.model, name))

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.refusal:
            self.explain(self.refusal)
        return self.cleaned_data

    def explain(self, refusal: Exception) -> None:
        """Show why saving was refused."""
        self.add_error(None, CHANGED_MEANWHILE)

    def _get_validation_exclusions(self) -> set[str]:
        return super()._get_validation_exclusions() - self.held_to  # type: ignore[misc, no-any-return]  # ModelForm's own

    def _update_errors(self, errors: ValidationError) -> None:
        """Move errors of constraints from the top of the form to their fields."""
        for error in errors.error_dict.pop(NON_FIELD_ERRORS, []):
            self.add_error(self._field_for(error), error)
        super()._update_errors(errors)  # type: ignore[misc]  # ModelForm's own

    def _field_for(self, error: ValidationError) -> str | None:
        constraints = self.instance._meta.constraints
        violated = [constraint.name for constraint in constraints if _is_violation_of(constraint, error)]
        shown = [
            name
            for constraint in violated
            for name in self.fields_by_constraint.get(constraint, ())
            if name in self.fields
        ]
        empty = [name for name in shown if self.cleaned_data.get(name) in (None, "", False)]
        return next(iter([*empty, *shown[-1:]]), None)


def _is_violation_of(constraint: models.BaseConstraint, error: ValidationError) -> bool:
    """Whether an error is the message of a violated constraint."""
    if error.params and "unique_check" in error.params:
        return isinstance(constraint, models.UniqueConstraint) and constraint.fields == error.params["unique_check"]
    return error.message == constraint.get_violation_error_message()


def column_limits(model: type[models.Model], name: str) -> tuple[int, int]:
    """The smallest and largest number that a column accepts."""
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
    """Show an action's errors, by path, at the fields of a form; errors without a field appear at the top."""
    for path, messages in mistakes.items():
        name = fields.get(path, path)
        shown = name if name in form.fields and path != NON_FIELD_ERRORS else None
        form.add_error(shown, list(messages))


def reason_field() -> ProseField:
    """Why something enters the codebook, or changes in it."""
    return ProseField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "class": "vLargeTextField"}),
        help_text="Why it is entered, or changes; readers find this in the history of the codebook.",
    )


class VocabularyForm(ConstraintErrorsForm):
    """A vocabulary itself. Each change of one that stands needs a reason."""

    reason = reason_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:
            self.fields["reason"].required = bool(self.instance.pk)

    def explain(self, refusal: Exception) -> None:
        """Show rule violations at their fields."""
        if isinstance(refusal, actions.CodebookRuleViolation):
            add_field_errors(self, refusal.message_dict, {})
        else:
            super().explain(refusal)


class TermForm(ConstraintErrorsForm):
    """A term; its broader term is in the same vocabulary, and not narrower than it. Each save needs a reason."""

    opened = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = reason_field()
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
        """Show rule violations at their fields, and whether somebody else has saved meanwhile."""
        if isinstance(refusal, actions.CodebookRuleViolation):
            add_field_errors(self, refusal.message_dict, {})
        elif isinstance(refusal, actions.StaleTerm):
            self.add_error(None, str(refusal))
        else:
            super().explain(refusal)


# Changing the codebook -----------------------------------------------------------------------------------------------


class TermChangeForm(forms.Form):
    """A change to the codebook: its arguments, the reason, and the token of the preview that was shown."""

    kind: ClassVar[CodebookChangeKind]
    token = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    reason = ProseField(
        required=False,  # the action requires it, with its own message
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Readers find this in the history of the codebook.",
    )
    field_order = ["label", "slug", "into"]

    def __init__(self, *args: Any, term: Term, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.term = term

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of the action besides the reason."""
        return {}


class RenameTermForm(TermChangeForm):
    kind = CodebookChangeKind.RENAMED
    label = LineField(max_length=160)
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
    """The terms in use that may replace a term."""
    others = Term.objects.offered().filter(vocabulary=term.vocabulary_id).exclude(pk=term.pk)
    return others.exclude(broader=term).select_related("vocabulary")


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
    """Existing terms, and new ones, each with label and definition on one line."""

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
        """Parse the new terms; their slugs are made from their labels."""
        lines = [line.partition(":") for line in self.cleaned_data["new"].split("\n") if line.strip()]
        entries = [(label.strip(), definition.strip()) for label, _, definition in lines]
        for label, definition in entries:
            if not (label and definition) or len(label) > 160:
                raise ValidationError("Write a label of at most 160 letters, a colon and a definition in each line.")
        return [
            Term(label=label, slug=make_slug(label, fallback="term", most=50), definition=text)
            for label, text in entries
        ]

    @property
    def arguments(self) -> dict[str, Any]:
        return {"into": [*self.cleaned_data["into"], *self.cleaned_data["new"]]}


class RetireTermForm(TermChangeForm):
    kind = CodebookChangeKind.RETIRED


class RestoreTermForm(TermChangeForm):
    kind = CodebookChangeKind.RESTORED


# Autocomplete --------------------------------------------------------------------------------------------------------


def find_chosen(things: models.QuerySet[Any], values: Iterable[Any]) -> dict[str, Any]:
    """The chosen objects by their ids as text; values that cannot be ids are ignored."""
    ids = {int(value) for value in map(str, values) if value.isascii() and value.isdecimal() and len(value) < 19}
    return {str(thing.pk): thing for thing in things.filter(pk__in=ids)} if ids else {}


class FinderChoiceField(forms.ModelChoiceField):
    """A choice among many objects. All fields of a page look theirs up in one query, with all ids in `sent`."""

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
    """Several choices among many objects."""

    def _check_values(self, value: Any) -> Any:
        """Refuse values that are too large for the database to be ids."""
        for key in value:
            if len(str(key)) > 18:
                raise ValidationError(
                    self.error_messages["invalid_choice"], code="invalid_choice", params={"value": key}
                )
        return super()._check_values(value)  # type: ignore[misc]  # ModelMultipleChoiceField's own


class FinderMixin:
    """Options of both widgets: only the chosen objects, from `known` or from a query by id."""

    known: Mapping[str, Any] | None = None
    allow_multiple_selected: bool
    is_required: bool
    choices: Any

    def optgroups(self, name: str, value: list[str], attrs: dict[str, Any] | None = None) -> list[Any]:
        known = find_chosen(self.choices.queryset, value) if self.known is None else self.known
        blank = [] if self.is_required or self.allow_multiple_selected else [("", "", False)]
        chosen = [(pk, str(known[pk]), True) for pk in dict.fromkeys(map(str, value)) if pk in known]
        options = [
            self.create_option(name, *option, number)  # type: ignore[attr-defined]  # a method of the widget that this is mixed into
            for number, option in enumerate([*blank, *chosen])
        ]
        return [(None, options, 0)]


class FinderSelect(FinderMixin, AutocompleteSelect):  # type: ignore[misc]  # the stubs have another name for the last argument
    """Finds one object among many by its words."""


class FinderSelectMultiple(FinderMixin, AutocompleteSelectMultiple):  # type: ignore[misc]  # likewise
    """The same for several objects, which are removed one by one."""

    def build_attrs(self, base_attrs: dict[str, Any], extra_attrs: dict[str, Any] | None = None) -> dict[str, Any]:
        return {**super().build_attrs(base_attrs, extra_attrs), "data-allow-clear": "false"}
