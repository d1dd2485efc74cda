"""What is asked before a case is withdrawn, gets another address, or is merged into another."""

from __future__ import annotations

from django import forms

from taxonomy.forms import ProseField


class ConfirmForm(forms.Form):
    """What is asked before something is done to a case: at least why."""

    opened = forms.IntegerField(widget=forms.HiddenInput)
    reason = ProseField(
        required=False,  # the verb itself says what is missing
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="It stands in the history of the case.",
    )


class WithdrawCaseForm(ConfirmForm):
    """The reason for taking a case away from readers."""

    reason = ProseField(
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        help_text="Whoever follows an old link to the case reads this.",
    )


class RenameCaseForm(ConfirmForm):
    """Another address of a case."""

    slug = forms.CharField(
        label="New address",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="Lower-case letters, digits and hyphens.",
    )
    field_order = ["slug", "reason"]


class MergeCaseForm(ConfirmForm):
    """The case that tells another one as well."""

    into = forms.CharField(
        label="Address of the other case",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
        help_text="The last part of its address, after /cases/.",
    )
    field_order = ["into", "reason"]
