"""The form for a new group."""

from __future__ import annotations

from django import forms

from plaintext.forms import NameField

from .notes import VerbForm


class GroupForm(VerbForm):
    name = NameField(
        max_length=80,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="Its members see it, and whoever is invited.",
    )
