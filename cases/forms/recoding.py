"""The form of a case in the queue: why it is still right."""

from __future__ import annotations

from django import forms

from taxonomy.forms import ConstraintErrorsForm, ProseField, add_field_errors

from .. import actions


class RecodingForm(ConstraintErrorsForm):
    """Why a case is still coded rightly with a term that changed."""

    note = ProseField(
        label="Why it is still right",
        required=False,  # the action itself says what is missing
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Where it is not: code the case anew on its own page, and it leaves the queue by itself.",
    )

    def explain(self, refusal: Exception) -> None:
        """Put what the action refused beside the note."""
        if isinstance(refusal, actions.RuleViolation):
            add_field_errors(self, refusal.message_dict, {})
        else:
            super().explain(refusal)
