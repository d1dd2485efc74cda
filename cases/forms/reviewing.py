"""Forms for suggesting, proposing and reviewing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from cases.actions.rules import MAX_REASON_LENGTH
from plaintext.forms import LineField, ProseField

from .. import actions
from ..models import Case, Proposal, State
from ..record.outline import RECORD_OUTLINE
from ..review.proposals import MINE, THEIRS, ConflictInWords, field_name_at

LONGEST_SUMMARY, LONGEST_NARRATIVE = 5_000, 200_000
"""In characters."""

REPLY_HELP = (
    "Needed to return it; its author reads them. What you say when it is published stands in its public history."
)

ABOUT_CHOICES = [
    ("", "the case as a whole"),
    *((key, field_name_at(key)) for key in RECORD_OUTLINE.fields if key not in {"slug", "absent"}),
]
"""The parts of a case that a suggestion can be about, by record key."""


class ActionForm(forms.Form):
    """Base class for forms of actions, which shows the errors of the action at the fields."""

    field_by_path: ClassVar[dict[str, str]] = {}
    """Form fields by record path, where the names differ."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Prefix the ids with the name of the form, because a page has several forms."""
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.removesuffix('Form').lower()}-%s", **kwargs})

    def refuse(self, error: actions.RuleViolation) -> None:
        """Add the errors of an action; those without a field here go to the top, with the label of their path."""
        for path, messages in error.message_dict.items():
            field = self.field_by_path.get(path, path)
            if field in self.fields:
                self.add_error(field, messages)
            else:
                where = f"{field_name_at(path)}: " if "." in path or "[" in path else ""
                self.add_error(NON_FIELD_ERRORS, [f"{where}{message}" for message in messages])


def prose_field(label: str, rows: int, lacking: str = "", **options: Any) -> ProseField:
    """Field for multi-line text; required if there is an error message `lacking`."""
    box = forms.Textarea(attrs={"rows": rows})
    return ProseField(label=label, widget=box, required=bool(lacking), error_messages={"required": lacking}, **options)


def opened_version_field() -> forms.IntegerField:
    """Hidden field with the version that the user was shown."""
    return forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class SuggestForm(ActionForm):
    """The texts of a case, to be edited, and what is wrong."""

    opened = opened_version_field()
    title = LineField(max_length=200)
    summary = prose_field(
        "Summary", 3, "It cannot be empty.", max_length=LONGEST_SUMMARY, help_text="One or two sentences."
    )
    narrative = prose_field("Narrative", 14, max_length=LONGEST_NARRATIVE, strip=False, help_text="Markdown.")
    about = forms.ChoiceField(label="What it is about", choices=ABOUT_CHOICES, required=False)
    reason = prose_field(
        "What is wrong, and where that can be read",
        5,
        "Say what should be corrected, and where that can be read.",
        max_length=MAX_REASON_LENGTH,
        help_text="For example: “The forum began in 2008, not 2009 (its annual report of 2010, p. 4).” "
        "You may leave the texts above as they are and say here what should be otherwise.",
    )

    @classmethod
    def of(cls, case: Case) -> SuggestForm:
        """Unbound form with the current texts."""
        texts = {name: getattr(case, name) for name in actions.SUGGESTIBLE_FIELDS}
        return cls(initial={"opened": case.version, **texts})

    @property
    def texts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in actions.SUGGESTIBLE_FIELDS}


class AmendForm(SuggestForm):
    """A suggestion that its author amends."""

    version = opened_version_field()


class RetractForm(ActionForm):
    version = opened_version_field()


class SaidForm(ActionForm):
    """Why a proposal is returned or declined."""

    version = opened_version_field()
    text = prose_field("Why", 3, "Say why; its author reads it.", max_length=MAX_REASON_LENGTH)


class MoveForm(ActionForm):
    """Optional words when an unpublished case is submitted, returned or published."""

    field_by_path = {"reason": "text"}

    version = opened_version_field()
    text = prose_field("Your words", 3, max_length=MAX_REASON_LENGTH, help_text=REPLY_HELP)


class AffirmForm(ActionForm):
    """Optional words when codings are affirmed."""

    field_by_path = {"reason": "text"}

    version = opened_version_field()
    text = prose_field(
        "Your words", 2, max_length=MAX_REASON_LENGTH, help_text="If there is something to say; the history tells it."
    )


class AcceptForm(ActionForm):
    """The versions of the proposal and of the case that the reviewer was shown."""

    version = opened_version_field()
    case_version = opened_version_field()


class RemarkForm(ActionForm):
    """A remark about one field or the whole."""

    path = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    text = prose_field("Your remark", 3, "Say something.", max_length=MAX_REASON_LENGTH)


class ChooseForm(AcceptForm):
    """The choice for each conflict: mine or theirs."""

    def __init__(self, *args: Any, choices: Sequence[ConflictInWords], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        sides = [(MINE, "as proposed"), (THEIRS, "as it is now")]
        for number, _ in enumerate(choices):
            self.fields[f"choice-{number}"] = forms.ChoiceField(choices=sides, widget=forms.RadioSelect)

    @property
    def conflict_fields(self) -> list[tuple[ConflictInWords, forms.BoundField]]:
        """Each conflict with its form field."""
        return [(choice, self[f"choice-{number}"]) for number, choice in enumerate(self.choices)]

    @property
    def chosen(self) -> dict[str, str]:
        """The choices by path."""
        return {choice.path: self.cleaned_data[f"choice-{number}"] for number, choice in enumerate(self.choices)}


# The queue -----------------------------------------------------------------------------------------------------------


class ReviewQueue(NamedTuple):
    """A queue: its name, and the states of the proposals and cases in it."""

    name: str
    proposals: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


REVIEW_QUEUES = {
    "": ReviewQueue("all that waits", (Proposal.Status.OPEN,), (State.IN_REVIEW,)),
    "open": ReviewQueue("proposed revisions", (Proposal.Status.OPEN,)),
    "in-review": ReviewQueue("new cases", (), (State.IN_REVIEW,)),
    "returned": ReviewQueue("returned to their authors", (Proposal.Status.RETURNED,)),
    "accepted": ReviewQueue("accepted", (Proposal.Status.ACCEPTED,)),
    "declined": ReviewQueue("declined", (Proposal.Status.DECLINED,)),
    "retracted": ReviewQueue("taken back", (Proposal.Status.RETRACTED,)),
}
"""Queues by status, as in the address."""


class QueueForm(forms.Form):
    status = forms.ChoiceField(
        choices=[(status, queue.name) for status, queue in REVIEW_QUEUES.items()], required=False
    )
    case = forms.SlugField(max_length=120, required=False, widget=forms.HiddenInput)
    page = forms.IntegerField(min_value=1, max_value=10**6, required=False, widget=forms.HiddenInput)

    @property
    def address(self) -> str:
        """The query string without the page."""
        return urlencode({name: self.cleaned_data[name] for name in ("status", "case") if self.cleaned_data[name]})
