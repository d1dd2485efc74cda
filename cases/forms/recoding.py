"""The form of an entry in the recoding queue."""

from __future__ import annotations

from django import forms

from plaintext.forms import ProseField
from taxonomy.forms import ConstraintErrorsForm, add_field_errors

from .. import actions


class RecodingForm(ConstraintErrorsForm):
    """A note on why a case is still correctly coded with a term that changed."""

    note = ProseField(
        label="Why it is still right",
        required=False,  # checked by the action
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Where it is not: code the case anew on its own page, and it leaves the queue by itself.",
    )

    def explain(self, refusal: Exception) -> None:
        """Show errors of the action at the note."""
        if isinstance(refusal, actions.RuleViolation):
            add_field_errors(self, refusal.message_dict, {})
        else:
            super().explain(refusal)
