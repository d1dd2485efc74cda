"""The pages that merge two things of a register or split one: first what would change, then the change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import transaction

from accounts.models import User
from taxonomy.forms import add_field_errors

from .. import actions
from ..forms.registers import MAX_CASES_SHOWN, NEW_FIELDS, MergeThingForm, MoveCasesForm, SplitThingForm
from ..models.registers import Registered


class RegisterVerb(NamedTuple):
    """A page: its form, its texts, and what it does, which returns the thing that the cases name now."""

    title: str
    form: type[MoveCasesForm]
    words: str
    done: str
    do: Callable[[Registered, User, Any], Registered]

    def does(self, thing: Registered, by: User, form: MoveCasesForm) -> Registered | None:
        """Do it; None, with form errors, if it is refused."""
        try:
            with transaction.atomic():
                return self.do(thing, by, form)
        except actions.RuleViolation as refusal:
            new = {name: f"{form.NEW}{name}" for name in NEW_FIELDS[thing.REGISTER]}
            add_field_errors(form, refusal.message_dict, {"cases": "others", **new})
        except actions.StaleCase as stale:
            form.add_error(None, str(stale))
        return None


def _merge(thing: Registered, by: User, form: Any) -> Registered:
    into: Registered = form.cleaned_data["into"]
    actions.merge_things(thing=thing, into=into, by=by, reason=form.cleaned_data["reason"])
    return into


def _split(thing: Registered, by: User, form: Any) -> Registered:
    data = form.cleaned_data
    into = data["into"] or actions.create_thing(register=thing.REGISTER, given=form.given, by=by)
    return actions.split_thing(thing=thing, cases=data["cases"], into=into, by=by, reason=data["reason"])


REGISTER_VERBS = {
    "merge": RegisterVerb(
        "Merge",
        MergeThingForm,
        "For two that are one. All cases name the other from now on, with their passages and figures; the slug of this "
        "one leads there, for ever.",
        "Merged: its slug leads to the other.",
        _merge,
    ),
    "split": RegisterVerb(
        "Split",
        SplitThingForm,
        "For two that became one by mistake. The cases that you choose name the other from now on, with their passages "
        "and figures; the rest stays.",
        "Split: the chosen cases name the other.",
        _split,
    ),
}


def moved_cases(form: MoveCasesForm) -> tuple[list[Any], int]:
    """The cases that would move, as far as a page shows them, and how many there are."""
    if "cases" in form.cleaned_data:
        chosen = form.cleaned_data["cases"]
        return chosen[:MAX_CASES_SHOWN], len(chosen)
    return list(form.cases[:MAX_CASES_SHOWN]), form.cases.count()
