"""What is filled in for a group: its name."""

from __future__ import annotations

from django import forms

from .notes import VerbForm


class GroupForm(VerbForm):
    """A new group."""

    name = forms.CharField(
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Its members see it, and whoever is invited.",
    )
