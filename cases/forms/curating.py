"""The forms of the admin: a case with its parts on one page, and the registers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import deepcopy
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django import forms
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import QueryDict
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from plaintext.forms import ProseField
from taxonomy.codebook import Codebook
from taxonomy.forms import (
    MAX_SMALL_INTEGER,
    ConstraintErrorsForm,
    FinderChoiceField,
    FinderMixin,
    add_field_errors,
    find_chosen,
)
from taxonomy.models import Term

from .. import actions, schema
from ..models import Case
from ..record import convert
from ..record.addresses import address_mistake
from ..record.completeness import completeness
from ..record.twins import twin_mistake
from ..schema import nodes

FORM_FIELD_BY_PATH = {**{path: field.stands_in for path, field in schema.CASE_FIELDS.items()}, **schema.ABSENCE_COLUMNS}
"""Form fields by record path, where the names differ."""


def _anchor(node: nodes.Node) -> str:
    """HTML id of the inputs for a node."""
    if isinstance(node, nodes.PartList):
        return f"{node.stand_in}-group"
    field = node if isinstance(node, nodes.Field) else node.leaves[0]
    return f"id_{field.stands_in}"


PAGE_ANCHORS = {node.name: _anchor(node) for node in schema.RECORD}

BLOCK_FIELDS = [field for block in schema.BLOCKS for field in block.leaves]

JUDGEMENT_COLUMNS = [
    (block.nothing.column, [field.stands_in for field in block.leaves if field.name in block.core])
    for block in schema.BLOCKS
    if block.nothing
]
"""Columns with a kind of nothing, each with the columns that must be empty for it."""


def stale_case_message(stale: actions.StaleCase) -> SafeString:
    """Message on who saved the case meanwhile, with a link to its current state."""
    return format_html(
        "{} saved this case meanwhile, on {} (version {}; you began from version {}). Nothing of yours was saved, and "
        'all that you typed stands below: look at <a href="{}" target="_blank">the case as it is now</a> (it opens '
        "beside this page), and put there what should be changed.",
        stale.case.updated_by or "The catalogue itself",
        date_format(stale.case.updated_at, r"j F Y \a\t H:i"),
        stale.case.version,
        stale.version,
        reverse("admin:cases_case_change", args=[stale.case.pk]),
    )


class CaseForm(ConstraintErrorsForm):
    """A case without its parts. It is refused if the case has changed since the version it was opened with."""

    opened = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = ProseField(
        label="What changed, and why",
        required=False,  # checked by the action
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="It stands in the history of the case; whoever reviews a proposal reads it first.",
    )

    fields_by_constraint = {
        "case_published_has_title_and_summary": ("title", "summary"),
        "case_published_has_verdict_reason_passage": ("verdict", "verdict_reason", "verdict_passage"),
        "case_withdrawn_has_reason": (),
        "case_merged_is_withdrawn": (),
        "case_earlier_verdict_has_year": ("verdict_since",),
        "case_democratic_judgement_has_reason": ("democratic_reason", "democratic_passage"),
        "case_end_not_before_start": ("year_end",),
        "case_running_has_no_end": ("year_end",),
        "case_years_or_why_none": ("years_passage",),
        "case_evidence_or_why_none": ("evidence_level", "evidence_direction"),
    }
    held_to = {"state", "withdrawn_reason"}

    class Meta:
        labels = {field.stands_in: field.form_label or capfirst(field.label) for field in BLOCK_FIELDS}
        help_texts = {field.stands_in: field.form_help for field in schema.CASE_FIELDS.values() if field.form_help}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("opened", self.instance.version)
        if narrative := cast("ProseField | None", self.fields.get("narrative")):
            narrative.strip = False  # keep it unchanged, including the last line break

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if not self.instance.pk and (mistake := address_mistake(slug)):
            raise ValidationError(mistake)
        return slug

    def clean_narrative(self) -> str:
        narrative: str = self.cleaned_data["narrative"]
        return narrative if narrative.strip() else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.instance.pk and self.refusal is None and cleaned.get("opened") != self.instance.version:
            self.explain(actions.StaleCase(self.instance, cleaned.get("opened") or 0))
        for column, columns in JUDGEMENT_COLUMNS:
            cleaned[column] = convert.absence_to_store(cleaned.get(column, ""), present=any(map(cleaned.get, columns)))
        return cleaned

    def explain(self, refusal: Exception) -> None:
        """Show errors of an action at the fields; for a stale case, who saved it."""
        if isinstance(refusal, actions.StaleCase):
            self.add_error(None, ValidationError(stale_case_message(refusal), code="stale"))
        elif isinstance(refusal, actions.StaleProposal):
            self.add_error(None, str(refusal))
        elif isinstance(refusal, actions.RuleViolation):
            add_field_errors(self, refusal.message_dict, FORM_FIELD_BY_PATH)
        else:
            super().explain(refusal)


# The parts -----------------------------------------------------------------------------------------------------------


class PartForm(ConstraintErrorsForm):
    """One part of a case; in ordered parts, one without a number goes last."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if order := self.fields.get("order"):
            order.required, order.help_text = False, "Empty: last."
            if not self.instance.pk:
                order.initial = None

    def clean_order(self) -> int:
        order: int | None = self.cleaned_data["order"]
        return MAX_SMALL_INTEGER if order is None else order


class ArrangementForm(PartForm):
    fields_by_constraint = {
        "arrangement_has_co_producer": ("user",),
        "arrangement_mode_or_why_none": ("mode_basis", "mode_passage"),
        "arrangement_years_have_passage": ("years_passage",),
        "arrangement_end_not_before_start": ("year_end",),
    }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        present = bool(cleaned.get("offline") or cleaned.get("digital"))
        cleaned["mode_absent"] = convert.absence_to_store(cleaned.get("mode_absent", ""), present=present)
        return cleaned


class ClaimForm(PartForm):
    fields_by_constraint = {
        "claim_value_or_from_to": ("value",),
        "claim_denominator_positive": ("out_of",),
        "claim_period_in_order": ("year_from", "year_to"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update(
            {name: _strip_zeros(self.initial[name]) for name in convert.CLAIM_NUMBERS if name in self.initial}
        )
        if out_of := self.fields.get("out_of"):
            out_of.validators = [*out_of.validators, MinValueValidator(Decimal("0.0001"), "It is more than nothing.")]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        least, most = cleaned.get("value_from"), cleaned.get("value_to")
        if least is not None and most is not None and most < least:
            self.add_error("value_to", f"It is below the first, {_strip_zeros(least)}: exchange the two.")
        return cleaned


def _strip_zeros(number: Any) -> Any:
    """100 for 100.0000, and 16.9 for 16.9000."""
    if not isinstance(number, Decimal):
        return number
    return number.quantize(Decimal(1)) if number == number.to_integral_value() else number.normalize()


class PathwayForm(PartForm):
    fields_by_constraint = {"pathway_once_a_case": ("pathway",)}


class PublicInputForm(PartForm):
    fields_by_constraint = {"public_input_once_a_case": ("input",)}


class ContributionForm(PartForm):
    fields_by_constraint = {"contribution_once_a_case": ("contribution",)}


class SectorGroundForm(PartForm):
    fields_by_constraint = {"sector_ground_once_a_case": ("sector",)}


class PlaceGroundForm(PartForm):
    fields_by_constraint = {"place_ground_once_a_case": ("place",)}


class ParticipationForm(PartForm):
    fields_by_constraint = {"organisation_once_in_each_part": ("organisation",)}


class CitationForm(PartForm):
    fields_by_constraint = {"source_cited_once": ("source",)}


class PartFormSet(BaseInlineFormSet):
    """Parts of one kind; their order is renumbered from 0 on saving."""

    @cached_property
    def empty_form(self) -> forms.ModelForm:
        """The template row for "Add another"; cached, so that `prepare_forms` has an effect."""
        return super().empty_form

    @cached_property
    def row(self) -> FinderChoiceField:
        """Field for the primary key of a row; all rows are loaded in one query."""
        return FinderChoiceField(
            self.rows(), sent=cast("QueryDict", self.data), required=False, widget=forms.HiddenInput()
        )

    def rows(self) -> QuerySet[Any]:
        part: type[Model] = cast("type[Model]", self.model)
        return part._default_manager.filter(case_id=self.instance.pk)

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        if self.is_bound:
            key, form.fields["id"] = form.fields["id"], deepcopy(self.row)
            form.fields["id"].initial = key.initial

    def save(self, commit: bool = True) -> Any:  # noqa: FBT001, FBT002 - Django's
        saved = super().save(commit)
        if "order" in self.empty_form.fields:
            moved = [(number, row) for number, row in enumerate(self.rows()) if row.order != number]
            for number, row in moved:
                row.order = number
            self.rows().bulk_update([row for _, row in moved], ["order"])
        return saved


def resend_as_new(data: QueryDict, prefix: str) -> QueryDict:
    """Return the form data with all parts of one kind as new, because their rows may be gone."""
    renewed = data.copy()
    renewed[f"{prefix}-INITIAL_FORMS"] = "0"
    for name in data:
        if name.startswith(f"{prefix}-") and name.endswith("-id"):
            renewed[name] = ""
    return renewed


# The registers -------------------------------------------------------------------------------------------------------


class PassageForm(ConstraintErrorsForm):
    exact = ProseField(
        label="Quoted words",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="Character for character, as short as proves the point.",
    )

    fields_by_constraint = {
        "passage_has_words": ("exact",),
        "passage_offsets_span_its_words": ("start", "end"),
        "passage_once_at_its_offsets": ("start",),
    }

    def clean(self) -> dict[str, Any]:
        """Calculate the end if only the start was given."""
        cleaned = super().clean()
        start, end, exact = (cleaned.get(name) for name in ("start", "end", "exact"))
        if start is not None and end is None and exact and "end" in cleaned:
            cleaned["end"] = start + len(exact)
        return cleaned


class RegisterForm(ConstraintErrorsForm):
    """A thing of a register; refused if the same stands already."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # ModelForm's own
        if not self.errors:
            for name, mistake in twin_mistake(self.instance).items():
                self.add_error(name if name in self.fields else None, mistake)


class PlaceForm(RegisterForm):
    fields_by_constraint = {"place_coordinates_both_and_on_earth": ("latitude", "longitude")}


# Preparing the page --------------------------------------------------------------------------------------------------


def prepare_forms(page: Iterable[forms.BaseForm], codebook: Codebook) -> None:
    """Set the choices of all fields of a page, from one codebook and one query per register."""
    fields = [(form, name, field) for form in page for name, field in form.fields.items()]
    for form, name, field in fields:
        if vocabulary := field_vocabulary(form, name):
            chosen = set(map(str, _chosen(form[name].value())))
            terms = [term for term in codebook[vocabulary] if not term.retired_at or str(term.pk) in chosen]
            field.choices = list(_options(field, terms))  # type: ignore[attr-defined]  # of a field with choices
    finders: dict[type[Model], list[tuple[FinderMixin, list[Any]]]] = {}
    for form, name, field in fields:
        widget = field.widget.widget if isinstance(field.widget, RelatedFieldWidgetWrapper) else field.widget
        if isinstance(widget, FinderMixin):
            finders.setdefault(widget.choices.queryset.model, []).append((widget, _chosen(form[name].value())))
    for model, found in finders.items():
        known = find_chosen(model._default_manager.all(), [value for _, values in found for value in values])
        for widget, _ in found:
            widget.known = known


def field_vocabulary(form: forms.BaseForm, name: str) -> str | None:
    """The vocabulary of a field; None if it is not a field for terms."""
    column = next((column for column in _columns(form) if column.name == name), None)
    if column is None or column.related_model is not Term:
        return None
    return str(column.get_limit_choices_to()["vocabulary__slug"])


def _columns(form: forms.BaseForm) -> list[Any]:
    meta = form._meta.model._meta  # type: ignore[attr-defined]  # of a model's form
    return [*meta.fields, *meta.many_to_many]


def _options(field: forms.Field, terms: list[Term]) -> Iterator[tuple[Any, str]]:
    if getattr(field, "empty_label", None) is not None:
        yield "", "---------"
    for term in terms:
        yield term.pk, f"– {term}" if term.broader_id else str(term)


def _chosen(value: Any) -> list[Any]:
    return [getattr(each, "pk", each) for each in (value if isinstance(value, (list, tuple)) else [value]) if each]


def show_definitions(form: forms.BaseForm, codebook: Codebook) -> None:
    """Add the definitions of the terms to the help texts."""
    for name in form.fields:
        if vocabulary := field_vocabulary(form, name):
            form[name].help_text = definitions_html(codebook, [vocabulary])


def definitions_html(codebook: Codebook, vocabularies: Iterable[str]) -> str:
    """The terms of some vocabularies with their definitions, as collapsible HTML."""
    terms = [term for vocabulary in vocabularies for term in codebook[vocabulary]]
    return render_to_string("admin/cases/case/definitions.html", {"terms": terms}) if terms else ""


def list_missing_fields(case: Case) -> dict[str, Any]:
    """Template context with the missing fields, each as (label, HTML id, why it matters)."""
    fields = completeness(case)
    missing = [
        (
            field.replace(".", ": ").replace("_", " "),
            PAGE_ANCHORS.get(field, f"id_{FORM_FIELD_BY_PATH.get(field, field)}"),
            why,
        )
        for field, filled, why in fields
        if not filled
    ]
    return {"case": case, "missing": missing, "fields": len(fields)}
