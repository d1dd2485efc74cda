"""Who may do what with cases: one table, asked by the verbs and by every door."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser

from .models import Case, State
from .models.case import Reader


class Role(IntEnum):
    """What somebody is to the catalogue; each may what those before may."""

    READER = 0
    RESEARCHER = 1
    CONTRIBUTOR = 2
    CURATOR = 3
    ADMINISTRATOR = 4


class CasePermission(NamedTuple):
    """From which role on a thing may be done, to any case, and to a draft that one entered oneself."""

    words: str
    role: Role
    own_draft: Role | None = None


PERMISSIONS = {
    "read": CasePermission("read published cases, their history and the codebook", Role.READER),
    "suggest": CasePermission("suggest a correction of a published case", Role.RESEARCHER),
    "enter": CasePermission("enter a case, as a draft", Role.CONTRIBUTOR),
    "read drafts": CasePermission("read what is not published", Role.CURATOR, own_draft=Role.CONTRIBUTOR),
    "edit": CasePermission("edit a case itself", Role.CURATOR, own_draft=Role.CONTRIBUTOR),
    "submit": CasePermission("submit a draft for review", Role.CURATOR, own_draft=Role.CONTRIBUTOR),
    "propose": CasePermission("propose a revision of a published case", Role.CONTRIBUTOR),
    "review": CasePermission("comment on, accept, return or decline what waits for review", Role.CURATOR),
    "publish": CasePermission("publish, withdraw, take up again", Role.CURATOR),
    "rename": CasePermission("rename a case, merge it into another", Role.CURATOR),
    "revert": CasePermission("bring a case back to an earlier version", Role.CURATOR),
    "recode": CasePermission("change the codebook", Role.CURATOR),
    "import": CasePermission("import cases, undo an import", Role.CURATOR),
    "discard": CasePermission("delete a draft that never was published", Role.ADMINISTRATOR),
}
"""By what is to be done: who may do it."""


def role_of(user: Reader) -> Role:
    """Return the highest role of somebody; whoever is not signed in, or not active, is a reader."""
    if not isinstance(user, AbstractBaseUser) or not user.is_active:
        return Role.READER
    ways = (
        ("cases.delete_case", Role.ADMINISTRATOR),
        ("cases.change_case", Role.CURATOR),
        ("cases.add_case", Role.CONTRIBUTOR),
    )
    return next((role for permission, role in ways if user.has_perm(permission)), Role.RESEARCHER)  # type: ignore[attr-defined]  # PermissionsMixin


def has_perm(user: Reader, what: str, case: Case | None = None) -> bool:
    """Tell whether `user` may do a thing, to a case; None is the catalogue itself, which may everything.

    A contributor edits and submits an own case only as long as it is a draft, and reads it in review, too.
    """
    if user is None:
        return True
    permission, role = PERMISSIONS[what], role_of(user)
    return role >= permission.role or (
        permission.own_draft is not None
        and role >= permission.own_draft
        and case is not None
        and _is_own(user, case, what)
    )


def _is_own(user: Reader, case: Case, what: str) -> bool:
    states = {State.DRAFT, State.IN_REVIEW} if what == "read drafts" else {State.DRAFT}
    return user is not None and case.created_by_id == user.pk and case.state in states
