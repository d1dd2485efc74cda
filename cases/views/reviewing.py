"""The page of an unpublished case, for its author and the reviewers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from .. import actions
from ..forms.reviewing import MoveForm, RemarkForm
from ..models import Case, State
from ..permissions import has_perm
from ..review.proposals import (
    changes_since,
    field_name_at,
    findings_of_case,
    named_remarks,
    record_as_changes,
)
from .proposals import CONFLICT, UNPROCESSABLE, request_user


def _unpublished_case(request: HttpRequest, slug: str) -> Case:
    """Return an unpublished case that the user may read, or raise Http404."""
    unpublished = Case.objects.readable_by(request.user).filter(state__in=[State.DRAFT, State.IN_REVIEW])
    return get_object_or_404(unpublished.whole().select_related("created_by"), slug=slug)


@login_required
@require_safe
def review_page(request: HttpRequest, slug: str) -> HttpResponse:
    """An unpublished case: its whole content, the remarks and the possible actions."""
    readable = Case.objects.at(slug)
    if readable and readable.state == State.PUBLISHED:
        return redirect(readable)
    return _render_review_page(request, _unpublished_case(request, slug))


def _render_review_page(request: HttpRequest, case: Case, status: int = 200, **more: Any) -> HttpResponse:
    record, found = findings_of_case(case, request.user)
    on = request.GET.get("on", "")[:200]
    context = {
        "case": case,
        "sections": record_as_changes(record),
        "findings": found,
        "remarks": named_remarks(case.remarks.filter(proposal=None).select_related("by")),
        "reviews": has_perm(request.user, "review"),
        "first_verb": "submit" if case.state == State.DRAFT else "publish",
        "edits": has_perm(request.user, "edit", case),
        "moving": MoveForm(initial={"version": case.version}),
        "remarking": RemarkForm(initial={"path": on}),
        "on": field_name_at(on),
    }
    return render(request, "cases/proposal_case.html", context | more, status=status)


@login_required
@require_POST
def move_case(request: HttpRequest, slug: str, verb: str) -> HttpResponse:
    """Submit, publish or return a case, or add a remark."""
    case = _unpublished_case(request, slug)
    if verb == "remark":
        return _add_remark(request, case)
    if verb not in REVIEW_ACTIONS:
        raise Http404
    form, (do, done) = MoveForm(request.POST), REVIEW_ACTIONS[verb]
    if not form.is_valid():
        return _render_review_page(request, case, UNPROCESSABLE, moving=form)
    opened = Case(pk=case.pk, version=form.cleaned_data["version"])
    try:
        do(case=opened, by=request_user(request), reason=form.cleaned_data["text"])
    except actions.RuleViolation as error:
        form.refuse(error)
        return _render_review_page(request, case, UNPROCESSABLE, moving=form)
    except actions.StaleCase as stale:
        since = changes_since(stale.case, stale.version, request.user)
        return _render_review_page(request, case, CONFLICT, moving=form, notice=str(stale), since=since)
    messages.success(request, done)
    return redirect(case if verb == "publish" else reverse("cases:review", args=[case.slug]))


REVIEW_ACTIONS: dict[str, tuple[Callable[..., Case], str]] = {
    "submit": (actions.submit_case, "Submitted: it waits for a reviewer."),
    "return": (actions.return_case, "Returned to its author."),
    "publish": (actions.publish_case, "Published: every reader sees it."),
}
"""Actions by the last part of the address: function and success message."""


def _add_remark(request: HttpRequest, case: Case) -> HttpResponse:
    form = RemarkForm(request.POST)
    if form.is_valid():
        try:
            actions.add_remark(about=case, by=request_user(request), **form.cleaned_data)
            return redirect(f"{reverse('cases:review', args=[case.slug])}#remarks")
        except actions.RuleViolation as error:
            form.refuse(error)
    return _render_review_page(
        request, case, UNPROCESSABLE, remarking=form, on=field_name_at(form.data.get("path", "")[:200])
    )
