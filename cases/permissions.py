"""Who may do what with cases: one table for the actions and every endpoint."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from django.contrib.auth.base_user import AbstractBaseUser

from .models import Case, State
from .models.case import Reader


class Role(IntEnum):
    """A user's role, lowest first. Each role includes the permissions of those before it."""

    READER = 0
    RESEARCHER = 1
    CONTRIBUTOR = 2
    CURATOR = 3
    ADMINISTRATOR = 4


class CasePermission(NamedTuple):
    """The lowest role that may do something to any case, and the lowest that may do it to the user's own draft."""

    words: str
    role: Role
    own_draft: Role | None = None


PERMISSIONS = {
    "read": CasePermission("read published cases, their history and the codebook", Role.READER),
    "suggest": CasePermission("suggest a correction of a published case", Role.RESEARCHER),
    "enter": CasePermission("enter a case, as a draft", Role.CONTRIBUTOR),
    "add to registers": CasePermission("enter a source, an organisation, a place", Role.CONTRIBUTOR),
    "read drafts": CasePermission("read what is not published", Role.CURATOR, own_draft=Role.CONTRIBUTOR),
    "edit": CasePermission("edit a case itself", Role.CURATOR, own_draft=Role.CONTRIBUTOR),
    "submit": CasePermission("submit a draft for review", Role.CURATOR, own_draft=Role.CONTRIBUTOR),
    "propose": CasePermission("propose a revision of a published case", Role.CONTRIBUTOR),
    "review": CasePermission("comment on, accept, return or decline what waits for review", Role.CURATOR),
    "publish": CasePermission("publish, withdraw, take up again", Role.CURATOR),
    "rename": CasePermission("rename a case, merge it into another", Role.CURATOR),
    "keep registers": CasePermission("change, merge, split sources, organisations, places", Role.CURATOR),
    "revert": CasePermission("bring a case back to an earlier version", Role.CURATOR),
    "affirm": CasePermission("affirm codings, point them to other words", Role.CURATOR),
    "recode": CasePermission("change the codebook", Role.CURATOR),
    "import": CasePermission("import cases, undo an import", Role.CURATOR),
    "discard": CasePermission("delete a draft that never was published", Role.ADMINISTRATOR),
}
"""Permissions by name."""


def role_of(user: Reader) -> Role:
    """Return a user's highest role. Anonymous and inactive users are readers."""
    if not isinstance(user, AbstractBaseUser) or not user.is_active:
        return Role.READER
    roles = (
        ("cases.delete_case", Role.ADMINISTRATOR),
        ("cases.change_case", Role.CURATOR),
        ("cases.add_case", Role.CONTRIBUTOR),
    )
    return next((role for permission, role in roles if user.has_perm(permission)), Role.RESEARCHER)  # type: ignore[attr-defined]  # PermissionsMixin


def has_perm(user: Reader, what: str, case: Case | None = None) -> bool:
    """Whether `user` has a permission, for a case where one is given. None is the catalogue itself, which may do all.

    Contributors can edit and submit their own cases only while these are drafts, and can still read them in review.
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
