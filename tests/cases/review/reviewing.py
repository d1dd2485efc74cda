"""People who contribute and review, and what they do."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from cases import actions
from cases.models import Case, Proposal
from cases.record import convert
from cases.serializers import validate_record
from tests.factories import make_curator, make_user

NEEDED = ["add_case", "view_passage", "add_passage", "view_source", "view_place", "view_organisation"]


def make_contributor(username: str = "con", **fields: Any) -> User:
    """Make someone who enters cases and proposes revisions, in the admin, too."""
    user = make_user(username, is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=NEEDED))
    return User.objects.get(pk=user.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def record(case: Case, **changes: Any) -> dict[str, Any]:
    """Return what a case says now, plain, with some keys otherwise."""
    plain: dict[str, Any] = convert.to_primitive(convert.record_from_case(Case.objects.whole().get(pk=case.pk)))
    return plain | changes


def propose(case: Case, by: User, reason: str = "It is said better.", **changes: Any) -> Proposal:
    case = Case.objects.get(pk=case.pk)
    matter = validate_record(record(case, **changes), case)
    return actions.propose_revision(case=case, record=matter, by=by, version=case.version, reason=reason)


def change(case: Case, by: User | None = None, **changes: Any) -> Case:
    case = Case.objects.get(pk=case.pk)
    matter = validate_record(record(case, **changes), case)
    return actions.change_case(case=case, record=matter, by=by, version=case.version)


def reviewer() -> User:
    return make_curator("rita", name="Rita Reviewer")
