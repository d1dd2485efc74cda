"""The pages of groups: those one belongs to, what stands in one, and coming and going.

A group that its reader does not belong to is 404, as one that does not exist.
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
    """Hand a page the group of its address, if its reader belongs to it; only the owner may do what owners do."""

    @wraps(page)
    def guarded(request: HttpRequest, uid: str) -> HttpResponse:
        group = get_object_or_404(_of(request).select_related("owner"), uid=uid)
        try:
            return page(request, group)
        except PermissionDenied:
            raise Http404 from None

    return never_cache(login_required(guarded))


@never_cache
@login_required
@get_or_post
def group_list(request: HttpRequest) -> HttpResponse:
    """One's groups, and the form that makes another."""
    form = GroupForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid() and (made := _made(request, form)):
        messages.success(request, "The group is made. Send its invitation to those who should belong to it.")
        return redirect(made)
    mine = _of(request).annotate(size=Count("memberships")).order_by("name", "pk")
    status = 400 if form.is_bound else 200
    return render(request, "annotations/groups.html", {"groups": mine, "form": form}, status=status)


@for_group_members
@require_safe
def group_detail(request: HttpRequest, group: Group) -> HttpResponse:
    """A group: who belongs to it, how others join, and the way to its notes."""
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
    """What an invitation leads to: the question whether to join."""
    open_to = Group.objects.filter(closed_at=None).select_related("owner")
    invited = None if "\0" in invitation else open_to.filter(invitation=invitation).first()
    if invited and request.method == "POST":
        invited = _joined(request, invitation)
    if invited is None:
        return render(request, "annotations/group_uninvited.html", status=404)
    if _of(request).filter(pk=invited.pk).exists():
        return redirect(invited)
    return render(request, "annotations/group_join.html", {"group": invited})


@for_group_members
@get_or_post
def leave_group_page(request: HttpRequest, group: Group) -> HttpResponse:
    """Ask, and leave."""
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
    """Give the group another invitation."""
    actions.renew_invitation(group=group, by=_reader(request))
    messages.success(request, "Here is the new invitation. The old one leads nowhere any more.")
    return redirect(group)


@for_group_members
@get_or_post
def close_group_page(request: HttpRequest, group: Group) -> HttpResponse:
    """Ask the owner, and close the group."""
    if group.owner_id != request.user.pk or (group.closed_at and request.method != "POST"):
        raise Http404
    if request.method != "POST":
        return render(request, "annotations/group_close.html", {"group": group})
    actions.close_group(group=group, by=_reader(request))
    messages.success(request, "The group is closed. What was written in it stays readable to its members.")
    return redirect(group)


def _reader(request: HttpRequest) -> User:
    return cast("User", request.user)


def _of(request: HttpRequest) -> QuerySet[Group]:
    return Group.objects.filter(pk__in=Membership.objects.filter(user=_reader(request)).values("group"))


def _made(request: HttpRequest, form: GroupForm) -> Group | None:
    """Make a group, or say in the form what stands against it."""
    try:
        return actions.create_group(name=form.cleaned_data["name"], by=_reader(request))
    except actions.RuleViolation as refused:
        form.add_violations(refused)
        return None


def _joined(request: HttpRequest, invitation: str) -> Group | None:
    """Join, and say so; None where the invitation was renewed, or the group closed, a moment ago."""
    try:
        joined = actions.join_group(invitation=invitation, by=_reader(request))
    except Group.DoesNotExist:
        return None
    messages.success(request, f"You belong to “{joined}” now.")
    return joined
