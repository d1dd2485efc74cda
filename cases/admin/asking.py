"""What is asked before a case is withdrawn, gets another address, or is merged into another."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from accounts.models import User
from taxonomy.forms import refuse_beside

from .. import actions
from ..forms.asking import AskForm, MergeForm, RenameForm, WithdrawForm
from ..forms.curating import moved_on
from ..models import Case


class Question(NamedTuple):
    """A page that asks: by which right, in which words, and what is done then."""

    right: str
    form: type[AskForm]
    title: str
    words: str
    button: str
    done: str
    do: Callable[[Case, User, AskForm], object]

    def does(self, case: Case, by: User, form: AskForm) -> bool:
        """Do it from the version that was opened, or say in the form what stands against it."""
        case.version = form.cleaned_data["opened"]
        try:
            self.do(case, by, form)
        except actions.Stale as stale:
            form.add_error(None, moved_on(stale))
        except actions.Refused as refusal:
            refuse_beside(form, refusal.message_dict, {})
        return form.is_valid()


def _withdraw(case: Case, by: User, form: AskForm) -> None:
    actions.withdraw(case=case, by=by, reason=form.cleaned_data["reason"])


def _rename(case: Case, by: User, form: AskForm) -> None:
    actions.rename(case=case, to=form.cleaned_data["slug"], by=by, reason=form.cleaned_data["reason"])


def _merge(case: Case, by: User, form: AskForm) -> None:
    into = Case.objects.at(form.cleaned_data["into"])
    if into is None:
        raise actions.Refused({"into": "There is no case at this address; copy it from the other case’s page."})
    actions.merge(case=case, into=into, by=by, reason=form.cleaned_data["reason"])


QUESTIONS = {
    "withdraw": Question(
        "publish",
        WithdrawForm,
        "Withdraw",
        "Readers will no longer find it. Whoever comes to its address is told that it was withdrawn, and why. "
        "It can be taken up again later as a draft.",
        "Withdraw it",
        "Withdrawn: readers are told why.",
        _withdraw,
    ),
    "rename": Question(
        "rename",
        RenameForm,
        "Rename",
        "It gets another address. The one that it has still leads to it, for ever.",
        "Give it this address",
        "Renamed: the old address leads to the new one.",
        _rename,
    ),
    "merge": Question(
        "rename",
        MergeForm,
        "Merge",
        "For a case that another one tells as well. It is withdrawn, and its address leads to the other from now on. "
        "What only this one says is not carried over: put it into the other first.",
        "Merge it into that case",
        "Merged: its address leads to the other case.",
        _merge,
    ),
}
"""By the last part of the address."""
