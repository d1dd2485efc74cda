"""Actions that need confirmation: withdrawing, renaming and merging a case."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from accounts.models import User
from taxonomy.forms import add_field_errors

from .. import actions
from ..forms.confirming import ConfirmForm, MergeCaseForm, RenameCaseForm, WithdrawCaseForm
from ..forms.curating import stale_case_message
from ..models import Case


class ConfirmedAction(NamedTuple):
    """A confirmation page: permission, form, texts, success message and action."""

    perm: str
    form: type[ConfirmForm]
    title: str
    words: str
    button: str
    done: str
    do: Callable[[Case, User, ConfirmForm], object]

    def does(self, case: Case, by: User, form: ConfirmForm) -> bool:
        """Apply the action to the version that was opened; returns False, with form errors, if it is refused."""
        case.version = form.cleaned_data["opened"]
        try:
            self.do(case, by, form)
        except actions.StaleCase as stale:
            form.add_error(None, stale_case_message(stale))
        except actions.RuleViolation as refusal:
            add_field_errors(form, refusal.message_dict, {})
        return form.is_valid()


def _withdraw(case: Case, by: User, form: ConfirmForm) -> None:
    actions.withdraw_case(case=case, by=by, reason=form.cleaned_data["reason"])


def _rename(case: Case, by: User, form: ConfirmForm) -> None:
    actions.rename_case(case=case, to=form.cleaned_data["slug"], by=by, reason=form.cleaned_data["reason"])


def _merge(case: Case, by: User, form: ConfirmForm) -> None:
    into = Case.objects.at(form.cleaned_data["into"])
    if into is None:
        raise actions.RuleViolation({"into": "There is no case at this address; copy it from the other case’s page."})
    actions.merge_case(case=case, into=into, by=by, reason=form.cleaned_data["reason"])


CONFIRMED_ACTIONS = {
    "withdraw": ConfirmedAction(
        "publish",
        WithdrawCaseForm,
        "Withdraw",
        "Readers will no longer find it. Whoever comes to its address is told that it was withdrawn, and why. "
        "It can be taken up again later as a draft.",
        "Withdraw it",
        "Withdrawn: readers are told why.",
        _withdraw,
    ),
    "rename": ConfirmedAction(
        "rename",
        RenameCaseForm,
        "Rename",
        "It gets another address. The one that it has still leads to it, for ever.",
        "Give it this address",
        "Renamed: the old address leads to the new one.",
        _rename,
    ),
    "merge": ConfirmedAction(
        "rename",
        MergeCaseForm,
        "Merge",
        "For a case that another one tells as well. It is withdrawn, and its address leads to the other from now on. "
        "What only this one says is not carried over: put it into the other first.",
        "Merge it into that case",
        "Merged: its address leads to the other case.",
        _merge,
    ),
}
"""Actions by the last part of the address."""
