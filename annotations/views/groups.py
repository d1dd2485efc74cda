"""The pages of groups: a user's groups, each group's page, joining, leaving, inviting and closing.

For anyone who does not belong to a group it is 404, as if it did not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from annotations.views.notes import get_or_post

from .. import actions
from ..forms.groups import GroupForm
from ..models import Annotation, Group, Membership

GroupView = Callable[[HttpRequest, Group], HttpResponse]


def for_group_members(page: GroupView) -> Callable[..., HttpResponse]:
    """Pass the group of the address to the page; 404 unless the user belongs to it and may do what the page does."""

    @wraps(page)
    def wrapped(request: HttpRequest, uid: str) -> HttpResponse:
        group = get_object_or_404(_groups_of(request).select_related("owner"), uid=uid)
        try:
            return page(request, group)
        except PermissionDenied:
            raise Http404 from None

    return never_cache(login_required(wrapped))


@never_cache
@login_required
@get_or_post
def group_list(request: HttpRequest) -> HttpResponse:
    """The user's groups, and the form for a new one."""
    form = GroupForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid() and (group := _create_group(request, form)):
        messages.success(request, "The group is made. Send its invitation to those who should belong to it.")
        return redirect(group)
    groups = _groups_of(request).annotate(size=Count("memberships")).order_by("sort_key", "pk")
    status = 400 if form.is_bound else 200
    return render(request, "annotations/groups.html", {"groups": groups, "form": form}, status=status)


@for_group_members
@require_safe
def group_detail(request: HttpRequest, group: Group) -> HttpResponse:
    """A group's members, its invitation, and the link to its notes."""
    context = {
        "group": group,
        "memberships": group.memberships.select_related("user"),
        "notes": Annotation.objects.visible_to(request.user).filter(group=group).count(),
        "invitation": f"{settings.BASE_URL}{reverse('annotations:join', args=[group.invitation])}",
        "owns": group.owner_id == request.user.pk,
    }
    return render(request, "annotations/group.html", context)


@never_cache
@login_required
@get_or_post
def join_group_page(request: HttpRequest, invitation: str) -> HttpResponse:
    """The page that an invitation links to, which asks whether to join."""
    open_to = Group.objects.filter(closed_at=None).select_related("owner")
    group = None if "\0" in invitation else open_to.filter(invitation=invitation).first()
    if group and request.method == "POST":
        group = _join(request, invitation)
    if group is None:
        return render(request, "annotations/group_uninvited.html", status=404)
    if _groups_of(request).filter(pk=group.pk).exists():
        return redirect(group)
    return render(request, "annotations/group_join.html", {"group": group})


@for_group_members
@get_or_post
def leave_group_page(request: HttpRequest, group: Group) -> HttpResponse:
    """Ask for confirmation, then leave."""
    if request.method != "POST":
        alone = group.memberships.count() == 1
        return render(
            request,
            "annotations/group_leave.html",
            {"group": group, "alone": alone, "owns": group.owner_id == request.user.pk},
        )
    actions.leave_group(group=group, by=_reader(request))
    messages.success(request, f"You do not belong to “{group}” any more.")
    return redirect("annotations:groups")


@for_group_members
@require_POST
def renew_invitation_page(request: HttpRequest, group: Group) -> HttpResponse:
    actions.renew_invitation(group=group, by=_reader(request))
    messages.success(request, "Here is the new invitation. The old one leads nowhere any more.")
    return redirect(group)


@for_group_members
@get_or_post
def close_group_page(request: HttpRequest, group: Group) -> HttpResponse:
    """Ask the owner for confirmation, then close the group."""
    if group.owner_id != request.user.pk or (group.closed_at and request.method != "POST"):
        raise Http404
    if request.method != "POST":
        return render(request, "annotations/group_close.html", {"group": group})
    actions.close_group(group=group, by=_reader(request))
    messages.success(request, "The group is closed. What was written in it stays readable to its members.")
    return redirect(group)


def _reader(request: HttpRequest) -> User:
    return cast("User", request.user)


def _groups_of(request: HttpRequest) -> QuerySet[Group]:
    return Group.objects.filter(pk__in=Membership.objects.filter(user=_reader(request)).values("group"))


def _create_group(request: HttpRequest, form: GroupForm) -> Group | None:
    """The new group; None, with errors in the form, if a rule forbids it."""
    try:
        return actions.create_group(name=form.cleaned_data["name"], by=_reader(request))
    except actions.RuleViolation as violation:
        form.add_violations(violation)
        return None


def _join(request: HttpRequest, invitation: str) -> Group | None:
    """Join, and show a message; None if the invitation has just been renewed or the group closed."""
    try:
        group = actions.join_group(invitation=invitation, by=_reader(request))
    except Group.DoesNotExist:
        return None
    messages.success(request, f"You belong to “{group}” now.")
    return group
