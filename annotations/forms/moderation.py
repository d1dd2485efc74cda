"""What a moderator fills in: the reason for a decision."""

from __future__ import annotations

from django import forms

from ..actions.moderation import MAX_FLAG_REASON_LENGTH
from .notes import VerbForm


class DecisionForm(VerbForm):
    """Why a decision was made."""

    reason = forms.CharField(
        max_length=MAX_FLAG_REASON_LENGTH,
        required=False,  # the verb itself says what is missing
        widget=forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        help_text="Needed to hide. Moderators read it in the log; the authors do not.",
    )
