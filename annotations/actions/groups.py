"""Changes to groups. Anyone with the invitation joins, members leave, and the owner renews it or closes the group."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from plaintext.lookalikes import skeletons
from plaintext.normal import compose
from plaintext.visibility import name_problem, tidy_name

from ..models import Group, Membership, new_invitation
from .rules import RuleViolation

MAX_GROUPS = 50
MAX_GROUP_NAME_LENGTH = 80


@transaction.atomic
def create_group(*, name: str, by: User) -> Group:
    """Create a group with `by` as its owner and first member."""
    name = tidy_name(compose(name))
    if not name or len(name) > MAX_GROUP_NAME_LENGTH or "\0" in name:
        raise RuleViolation({"name": f"Give the group a name of up to {MAX_GROUP_NAME_LENGTH} characters."})
    if problem := name_problem(name):
        raise RuleViolation({"name": problem})
    if any(skeletons(name) & skeletons(other) for other in _names_of_groups(by)):
        raise RuleViolation({"name": "You are in a group whose name looks like this one: give it another."})
    if Group.objects.filter(owner=by, closed_at=None).count() >= MAX_GROUPS:
        raise RuleViolation({"name": f"You own {MAX_GROUPS} groups, the most one may have. Close one first."})
    group = Group.objects.create(name=name, owner=by)
    Membership.objects.create(group=group, user=by)
    return group


def _names_of_groups(user: User) -> QuerySet[Group, str]:
    """The names of the open groups that a user is in."""
    return Group.objects.filter(memberships__user=user, closed_at=None).values_list("name", flat=True)


@transaction.atomic
def join_group(*, invitation: str, by: User) -> Group:
    """Become a member; raises Group.DoesNotExist if no open group has this invitation."""
    group = Group.objects.select_for_update().get(invitation=invitation, closed_at=None)
    Membership.objects.get_or_create(group=group, user=by)
    return group


@transaction.atomic
def leave_group(*, group: Group, by: User) -> None:
    """Leave a group. If the owner leaves, the longest-standing member becomes owner; if nobody is left, it closes.

    The notes of the person who leaves stay in the group and remain theirs.
    """
    _leave(Group.objects.select_for_update().get(pk=group.pk), by)


@transaction.atomic
def leave_groups(*, by: User) -> None:
    """Leave all groups, as when an account is deleted."""
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
    """Replace a group's invitation; the old one stops working."""
    locked = _lock_own_group(group, by)
    locked.invitation = new_invitation()
    locked.save(update_fields=["invitation"])
    return locked


@transaction.atomic
def close_group(*, group: Group, by: User) -> Group:
    """Stop new members and new notes; members can still read what is there."""
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
