"""Forms for withdrawing, renaming and merging a case."""

from __future__ import annotations

from django import forms

from plaintext.forms import ProseField


class ConfirmForm(forms.Form):
    """Base class with the version that was opened and a reason."""

    opened = forms.IntegerField(widget=forms.HiddenInput)
    reason = ProseField(
        required=False,  # checked by the action
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="It stands in the history of the case.",
    )


class WithdrawCaseForm(ConfirmForm):
    reason = ProseField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="Whoever follows an old link to the case reads this.",
    )


class RenameCaseForm(ConfirmForm):
    slug = forms.CharField(
        label="New address",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="Lower-case letters, digits and hyphens.",
    )
    field_order = ["slug", "reason"]


class MergeCaseForm(ConfirmForm):
    into = forms.CharField(
        label="Address of the other case",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="The last part of its address, after /cases/.",
    )
    field_order = ["into", "reason"]
