"""What is filled in to suggest, to propose and to review."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, NamedTuple
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS

from taxonomy.forms import Prose

from .. import actions
from ..compare.outline import RECORD
from ..models import Case, Proposal, State
from ..reviewing import MINE, THEIRS, Choice, named

LONGEST = 2_000
"""Letters of a reason or a remark."""

LONGEST_SUMMARY, LONGEST_NARRATIVE = 5_000, 200_000
"""Letters of the texts of a suggestion."""

TOLD = "Needed to return it; its author reads them. What you say when it is published stands in its public history."

ABOUT = [("", "the case as a whole"), *((key, named(key)) for key in RECORD.fields if key not in {"slug", "absent"})]
"""The parts of a case that a suggestion can be about, by the key of the record."""


class Words(forms.Form):
    """What a verb is asked with, and what the verb had against it, beside the fields."""

    beside: ClassVar[dict[str, str]] = {}
    """By the path that a verb has for it, the form's field; what is not here is called the same in both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Call the fields after the form: several stand on one page, and each label leads to its own."""
        super().__init__(*args, **{"auto_id": f"{type(self).__name__.removesuffix('Form').lower()}-%s", **kwargs})

    def refuse(self, refused: actions.Refused) -> None:
        """Say what a verb had against it; what is about no field here stands on top, with the name of its place."""
        for path, messages in refused.message_dict.items():
            field = self.beside.get(path, path)
            if field in self.fields:
                self.add_error(field, messages)
            else:
                where = f"{named(path)}: " if "." in path or "[" in path else ""
                self.add_error(NON_FIELD_ERRORS, [f"{where}{message}" for message in messages])


def prose(label: str, rows: int, lacking: str = "", **options: Any) -> Prose:
    """Return a field for a text of several lines; one that must be given says so in the words `lacking`."""
    box = forms.Textarea(attrs={"rows": rows})
    return Prose(label=label, widget=box, required=bool(lacking), error_messages={"required": lacking}, **options)


def opened() -> forms.IntegerField:
    """Return the field that keeps the version which somebody has read."""
    return forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class SuggestForm(Words):
    """The texts of a case, to be rewritten, and what is wrong with it."""

    opened = opened()
    title = forms.CharField(max_length=200)
    summary = prose("Summary", 3, "It cannot be empty.", max_length=LONGEST_SUMMARY, help_text="One or two sentences.")
    narrative = prose("Narrative", 14, max_length=LONGEST_NARRATIVE, strip=False, help_text="Markdown.")
    about = forms.ChoiceField(label="What it is about", choices=ABOUT, required=False)
    reason = prose(
        "What is wrong, and where that can be read",
        5,
        "Say what should be corrected, and where that can be read.",
        max_length=LONGEST,
        help_text="For example: “The forum began in 2008, not 2009 (its annual report of 2010, p. 4).” "
        "You may leave the texts above as they are and say here what should be otherwise.",
    )

    @classmethod
    def of(cls, case: Case) -> SuggestForm:
        """Return the form with the texts as they are."""
        texts = {name: getattr(case, name) for name in actions.SUGGESTED}
        return cls(initial={"opened": case.version, **texts})

    @property
    def texts(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in actions.SUGGESTED}


class AmendForm(SuggestForm):
    """A suggestion, to be put right by whoever made it."""

    version = opened()


class RetractForm(Words):
    """The version that was read of a proposal that somebody takes back."""

    version = opened()


class SaidForm(Words):
    """Words to a proposal, with the version of it that was read: why it is returned or declined."""

    version = opened()
    text = prose("Why", 3, "Say why; its author reads it.", max_length=LONGEST)


class MoveForm(Words):
    """What is said when a case that is not published yet is moved on, with the version of it that was read."""

    beside = {"reason": "text"}

    version = opened()
    text = prose("Your words", 3, max_length=LONGEST, help_text=TOLD)


class AcceptForm(Words):
    """What was shown when somebody accepts: the versions of the proposal and of the case."""

    version = opened()
    case_version = opened()


class RemarkForm(Words):
    """Something said, about one field or the whole."""

    path = forms.CharField(max_length=200, required=False, widget=forms.HiddenInput)
    text = prose("Your remark", 3, "Say something.", max_length=LONGEST)


class ChooseForm(AcceptForm):
    """For each conflict: mine or theirs."""

    def __init__(self, *args: Any, choices: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        sides = [(MINE, "as proposed"), (THEIRS, "as it is now")]
        for number, _ in enumerate(choices):
            self.fields[f"choice-{number}"] = forms.ChoiceField(choices=sides, widget=forms.RadioSelect)

    @property
    def asked(self) -> list[tuple[Choice, forms.BoundField]]:
        """Each conflict, with the field that decides it."""
        return [(choice, self[f"choice-{number}"]) for number, choice in enumerate(self.choices)]

    @property
    def chosen(self) -> dict[str, str]:
        """What was chosen, by path."""
        return {choice.path: self.cleaned_data[f"choice-{number}"] for number, choice in enumerate(self.choices)}


# The queue -----------------------------------------------------------------------------------------------------------


class Queue(NamedTuple):
    """What stands in a queue: a name for it, and the states of proposals and of cases."""

    name: str
    proposals: tuple[str, ...] = ()
    cases: tuple[str, ...] = ()


QUEUES = {
    "": Queue("all that waits", (Proposal.Status.OPEN,), (State.IN_REVIEW,)),
    "open": Queue("proposed revisions", (Proposal.Status.OPEN,)),
    "in-review": Queue("new cases", (), (State.IN_REVIEW,)),
    "returned": Queue("returned to their authors", (Proposal.Status.RETURNED,)),
    "accepted": Queue("accepted", (Proposal.Status.ACCEPTED,)),
    "declined": Queue("declined", (Proposal.Status.DECLINED,)),
    "retracted": Queue("taken back", (Proposal.Status.RETRACTED,)),
}
"""By status, as it stands in the address."""


class QueueForm(forms.Form):
    """Which queue, of which case, which page of it."""

    status = forms.ChoiceField(choices=[(status, queue.name) for status, queue in QUEUES.items()], required=False)
    case = forms.SlugField(max_length=120, required=False, widget=forms.HiddenInput)
    page = forms.IntegerField(min_value=1, max_value=10**6, required=False, widget=forms.HiddenInput)

    @property
    def address(self) -> str:
        """The query of this queue, without its page."""
        return urlencode({name: self.cleaned_data[name] for name in ("status", "case") if self.cleaned_data[name]})
