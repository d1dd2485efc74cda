"""Pages for proposed revisions: the reviewers' queue, and one proposal with its actions.

A page that the user may not read is a 404, whether it exists or not; an action that they may not take is a 403.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, Paginator
from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User

from .. import actions
from ..forms import reviewing as forms
from ..models import Case, Proposal, State
from ..permissions import has_perm
from ..review.proposals import Review, changes_since, field_name_at, named_remarks, resolve_conflicts
from ..serializers import validate_record

ProposalView = Callable[..., HttpResponse]
PROPOSALS_PER_PAGE = 25
UNPROCESSABLE, CONFLICT = 422, 409


def request_user(request: HttpRequest) -> User:
    """Return the signed-in user; only for views with `login_required`."""
    return cast("User", request.user)


# The queue -----------------------------------------------------------------------------------------------------------


@login_required
@require_safe
def proposal_queue(request: HttpRequest) -> HttpResponse:
    """What waits for a reviewer, oldest first, or what was decided."""
    if not has_perm(request.user, "review"):
        raise PermissionDenied
    form = forms.QueueForm(request.GET)
    if not form.is_valid():
        return render(request, "cases/proposals.html", {"form": form, "rows": []}, status=400)
    pages = Paginator(_queue_rows(form.cleaned_data["status"], form.cleaned_data["case"]), PROPOSALS_PER_PAGE)
    try:
        page = pages.page(form.cleaned_data["page"] or 1)
    except EmptyPage:
        raise Http404 from None
    context = {"form": form, "page": page, "rows": _load_rows(list(page)), "total": pages.count, "asked": form.address}
    return render(request, "cases/proposals.html", context)


QueueRow = tuple[str, int, Any]


def _queue_rows(status: str, slug: str) -> QuerySet[Any, QueueRow]:
    """Proposals and cases with a status, as (kind, primary key, since when), oldest first."""
    proposals = Proposal.objects.filter(status__in=forms.REVIEW_QUEUES[status].proposals)
    cases = Case.objects.filter(state__in=forms.REVIEW_QUEUES[status].cases)
    if slug:
        proposals, cases = proposals.filter(case__slug=slug), cases.filter(slug=slug)
    ours = proposals.annotate(what=Value("proposal"), since=F("created_at"))
    theirs = cases.annotate(what=Value("case"), since=F("updated_at"))
    both = (
        ours.order_by()
        .values_list("what", "pk", "since")
        .union(theirs.order_by().values_list("what", "pk", "since"), all=True)
    )
    return both.order_by("since", "what", "pk")


def _load_rows(rows: list[QueueRow]) -> list[dict[str, Any]]:
    """Load the proposals and cases of some rows. Two queries."""
    keys = {what: [key for kind, key, _ in rows if kind == what] for what in ("proposal", "case")}
    found: dict[str, dict[int, Any]] = {
        "proposal": Proposal.objects.select_related("case", "by").defer("base", "record").in_bulk(keys["proposal"]),
        "case": Case.objects.select_related("created_by").in_bulk(keys["case"]),
    }
    return [{"what": what, what: found[what][key], "since": since} for what, key, since in rows]


# One proposal --------------------------------------------------------------------------------------------------------


def readable_proposal(request: HttpRequest, pk: int) -> Proposal:
    """Return a proposal that the user may read, or raise Http404."""
    visible = Proposal.objects.visible_to(request.user).select_related("case", "by", "decided_by")
    if found := visible.filter(pk=pk).first():
        return found
    raise Http404


@login_required
@require_safe
def proposal_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A proposed revision: its changes, the remarks and the possible actions."""
    return render_proposal_page(request, readable_proposal(request, pk))


def render_proposal_page(request: HttpRequest, proposal: Proposal, status: int = 200, **more: Any) -> HttpResponse:
    """Render the page of a proposal; `more` overrides the context, for example with invalid forms."""
    review = Review.of(proposal, request.user)
    versions = {"version": proposal.version, "case_version": review.case.version}
    on = request.GET.get("on", "")[:200]
    context = {
        "proposal": proposal,
        "review": review,
        "case": review.case,
        "remarks": named_remarks(proposal.remarks.select_related("by")),
        "reviews": has_perm(request.user, "review"),
        "author": proposal.by_id == request_user(request).pk,
        "amend_address": _amend_address(proposal, request_user(request))
        if review.case.state == State.PUBLISHED
        else "",
        "accepting": forms.AcceptForm(initial=versions),
        "retracting": forms.RetractForm(initial=versions),
        "answering": forms.SaidForm(initial=versions),
        "choosing": forms.ChooseForm(initial=versions, choices=review.choices),
        "remarking": forms.RemarkForm(initial={"path": on}),
        "on": field_name_at(on),
        "about": field_name_at(proposal.about),
    }
    return render(request, "cases/proposal.html", context | more, status=status)


def _amend_address(proposal: Proposal, user: User) -> str:
    """Where the user can amend a proposal: the admin form of the whole case, or else the form of its texts."""
    author = proposal.by_id == user.pk
    if user.is_staff and has_perm(user, "propose") and (author or has_perm(user, "review")):
        return reverse("admin:cases_proposal_edit", args=[proposal.pk])
    return reverse("cases:amend", args=[proposal.pk]) if author else ""


def _proposal_action(view: ProposalView) -> ProposalView:
    """Decorate an action on a proposal; if it or its case has changed meanwhile, show the current state."""

    @login_required
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
        proposal = readable_proposal(request, pk)
        try:
            return view(request, proposal, *args, **kwargs)
        except actions.StaleProposal as outdated:
            return render_proposal_page(request, readable_proposal(request, pk), CONFLICT, notice=str(outdated))
        except actions.StaleCase as stale:
            since = changes_since(stale.case, stale.version, request.user)
            return render_proposal_page(
                request, readable_proposal(request, pk), CONFLICT, notice=str(stale), since=since
            )

    return guarded


@_proposal_action
def decide_proposal(request: HttpRequest, proposal: Proposal, verb: str) -> HttpResponse:
    """Accept, return, decline or retract."""
    if verb not in PROPOSAL_ACTIONS:
        raise Http404
    kind, name, do, done = PROPOSAL_ACTIONS[verb]
    form = kind(request.POST)
    if not form.is_valid():
        return render_proposal_page(request, proposal, UNPROCESSABLE, **{name: form})
    try:
        do(proposal, request_user(request), **form.cleaned_data)
    except actions.RuleViolation as error:
        form.refuse(error)
        return render_proposal_page(request, proposal, UNPROCESSABLE, **{name: form})
    messages.success(request, done)
    return redirect(proposal)


def _accept(proposal: Proposal, by: User, *, version: int, case_version: int) -> None:
    review = Review.of(proposal, by)
    if review.merged.conflicts and review.case.version == case_version:
        raise actions.RuleViolation({"__all__": "Decide first what was changed in two ways."})
    record = validate_record(review.merged.record, review.case)
    actions.accept_proposal(proposal=proposal, record=record, by=by, version=version, case_version=case_version)


def _return(proposal: Proposal, by: User, *, version: int, text: str) -> None:
    actions.return_proposal(proposal=proposal, by=by, version=version, text=text)


def _decline(proposal: Proposal, by: User, *, version: int, text: str) -> None:
    actions.decline_proposal(proposal=proposal, by=by, version=version, text=text)


def _retract(proposal: Proposal, by: User, *, version: int) -> None:
    actions.retract_proposal(proposal=proposal, by=by, version=version)


PROPOSAL_ACTIONS: dict[str, tuple[type[forms.ActionForm], str, Callable[..., None], str]] = {
    "accept": (forms.AcceptForm, "accepting", _accept, "Accepted: the case says it now."),
    "return": (forms.SaidForm, "answering", _return, "Returned to its author."),
    "decline": (forms.SaidForm, "answering", _decline, "Declined; its author reads why."),
    "retract": (forms.RetractForm, "retracting", _retract, "Taken back."),
}
"""Actions by the last part of the address: form, its name in the context, function, success message."""


@_proposal_action
def choose_conflict_values(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    """Resolve the conflicts as chosen, and amend the proposal."""
    review = Review.of(proposal, request.user)
    form = forms.ChooseForm(request.POST, choices=review.choices)
    if not form.is_valid():
        return render_proposal_page(request, proposal, UNPROCESSABLE, choosing=form)
    try:
        with transaction.atomic():
            actions.lock_case(case=review.case, version=form.cleaned_data["case_version"])
            record = validate_record(resolve_conflicts(review.merged, form.chosen), review.case)
            version = form.cleaned_data["version"]
            actions.amend_proposal(proposal=proposal, record=record, by=request_user(request), version=version)
    except actions.RuleViolation as error:
        form.refuse(error)
        return render_proposal_page(request, proposal, UNPROCESSABLE, choosing=form)
    messages.success(request, "Decided. Below stands what accepting would write.")
    return redirect(proposal)


@_proposal_action
def post_remark(request: HttpRequest, proposal: Proposal) -> HttpResponse:
    form = forms.RemarkForm(request.POST)
    if form.is_valid():
        try:
            actions.add_remark(about=proposal, by=request_user(request), **form.cleaned_data)
            return redirect(f"{proposal.get_absolute_url()}#remarks")
        except actions.RuleViolation as error:
            form.refuse(error)
    return render_proposal_page(
        request, proposal, UNPROCESSABLE, remarking=form, on=field_name_at(form.data.get("path", "")[:200])
    )
