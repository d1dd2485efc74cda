"""The form for a moderator's decision."""

from __future__ import annotations

from django import forms

from plaintext.forms import ProseField

from ..actions.moderation import MAX_FLAG_REASON_LENGTH
from .notes import VerbForm


class DecisionForm(VerbForm):
    """The reason for a decision."""

    reason = ProseField(
        max_length=MAX_FLAG_REASON_LENGTH,
        required=False,  # the action knows whether it is required
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Needed to hide. Moderators read it in the log; the authors do not.",
    )
