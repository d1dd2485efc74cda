"""Verbs of groups. Who may: whoever holds the invitation joins; members leave; the owner renews it and closes."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.models import User

from ..models import Group, Membership, new_invitation
from .rules import RuleViolation

MAX_GROUPS = 50
"""How many groups somebody may own."""


@transaction.atomic
def create_group(*, name: str, by: User) -> Group:
    """Make a group, with its maker as owner and first member."""
    name = " ".join(name.split())
    if not name or len(name) > 80 or "\0" in name:
        raise RuleViolation({"name": "Give the group a name of up to 80 characters."})
    if Group.objects.filter(owner=by, closed_at=None).count() >= MAX_GROUPS:
        raise RuleViolation({"name": f"You own {MAX_GROUPS} groups, the most one may have. Close one first."})
    group = Group.objects.create(name=name, owner=by)
    Membership.objects.create(group=group, user=by)
    return group


@transaction.atomic
def join_group(*, invitation: str, by: User) -> Group:
    """Become a member by an invitation; Group.DoesNotExist where no open group has it."""
    group = Group.objects.select_for_update().get(invitation=invitation, closed_at=None)
    Membership.objects.get_or_create(group=group, user=by)
    return group


@transaction.atomic
def leave_group(*, group: Group, by: User) -> None:
    """Cease to be a member. The oldest remaining member becomes owner after the owner; the last one closes it.

    One's notes in it stay, and stay one's own.
    """
    _leave(Group.objects.select_for_update().get(pk=group.pk), by)


@transaction.atomic
def leave_groups(*, by: User) -> None:
    """Cease to be a member anywhere, as whose account is deleted."""
    mine = Membership.objects.filter(user=by).values("group")
    for locked in Group.objects.select_for_update().filter(pk__in=mine).order_by("pk"):
        _leave(locked, by)


def _leave(locked: Group, by: User) -> None:
    Membership.objects.filter(group=locked, user=by).delete()
    first = Membership.objects.filter(group=locked).select_related("user").first()
    if first is None:
        _close(locked)
    elif locked.owner_id == by.pk:
        locked.owner = first.user
        locked.save(update_fields=["owner"])


@transaction.atomic
def renew_invitation(*, group: Group, by: User) -> Group:
    """Give a group another invitation; the old one is worth nothing any more."""
    locked = _lock_own_group(group, by)
    locked.invitation = new_invitation()
    locked.save(update_fields=["invitation"])
    return locked


@transaction.atomic
def close_group(*, group: Group, by: User) -> Group:
    """Let nobody join any more and nothing new be written; what is there stays readable to its members."""
    return _close(_lock_own_group(group, by))


def _lock_own_group(group: Group, by: User) -> Group:
    locked = Group.objects.select_for_update().get(pk=group.pk)
    if locked.owner_id != by.pk:
        raise PermissionDenied("Only its owner may do this with a group.")
    return locked


def _close(group: Group) -> Group:
    group.closed_at = group.closed_at or timezone.now()
    group.save(update_fields=["closed_at"])
    return group
