"""Pages for contributors: suggesting a correction, amending it, and an overview of their contributions."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.db.models.fields.json import KT
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import User

from .. import actions
from ..forms.reviewing import AmendForm, SuggestForm
from ..history.diff import merge_records
from ..models import Case, Proposal, Remark, State
from ..permissions import has_perm
from ..review.proposals import Review, changes_since
from ..serializers import validate_record
from .proposals import (
    CONFLICT,
    PROPOSALS_PER_PAGE,
    UNPROCESSABLE,
    readable_proposal,
    render_proposal_page,
    request_user,
)
from .reading import case_not_found

require_get_or_post = require_http_methods(["GET", "HEAD", "POST"])


@login_required
@require_get_or_post
def suggest_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Suggest a correction of a published case."""
    found = Case.objects.at(slug)
    case = Case.objects.readable_by(request.user).filter(pk=found.pk).first() if found else None
    if case is None or (case.slug != slug and request.method != "POST"):  # a POST must not be lost
        return case_not_found(request, slug)
    if case.state != State.PUBLISHED:
        return redirect(case)
    form = SuggestForm(request.POST) if request.method == "POST" else SuggestForm.of(case)
    if request.method != "POST" or not form.is_valid():
        return _render_suggest_page(request, case, form)
    details = {"reason": form.cleaned_data["reason"], "about": form.cleaned_data["about"]}
    opened = form.cleaned_data["opened"]
    try:
        proposal = actions.suggest_correction(
            case=case, texts=form.texts, by=request_user(request), version=opened, **details
        )
    except actions.RuleViolation as error:
        form.refuse(error)
        return _render_suggest_page(request, case, form, status=UNPROCESSABLE)
    except actions.StaleCase as stale:
        return _render_stale(request, case, stale, form)
    messages.success(request, "Thank you. It waits for a reviewer, and you find it under “My contributions”.")
    return redirect(proposal)


def _render_suggest_page(
    request: HttpRequest, case: Case, form: SuggestForm, status: int = 200, **more: Any
) -> HttpResponse:
    return render(request, "cases/suggest.html", {"case": case, "form": form, **more}, status=status)


def _render_stale(
    request: HttpRequest, case: Case, stale: actions.StaleCase, form: SuggestForm, **more: Any
) -> HttpResponse:
    """Show the form again with what has changed since; texts that were not edited here are updated.

    `case` is the case as the user could read it.
    """
    since = changes_since(stale.case, stale.version, request.user)
    texts = form.texts
    if since:
        record = merge_records(since.before, {**since.before, **texts}, since.now).record
        texts = {name: record[name] for name in texts}
    again = type(form)(form.data.dict() | texts | {"opened": stale.case.version})  # type: ignore[attr-defined]  # of a QueryDict
    return _render_suggest_page(request, case, again, status=CONFLICT, stale=stale, meanwhile=since, **more)


@login_required
@require_get_or_post
def amend_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Amend one's own suggestion."""
    proposal = readable_proposal(request, pk)
    if proposal.by_id != request_user(request).pk:
        raise PermissionDenied
    review = Review.of(proposal, request.user)
    if not proposal.is_pending or not review.readable:
        return redirect(proposal)
    if request.method == "POST":
        return _handle_amend(request, review)
    return _render_suggest_page(request, review.case, _amend_form(review), proposal=proposal, review=review)


def _handle_amend(request: HttpRequest, review: Review) -> HttpResponse:
    """Amend a proposal, or show the form again with its problems."""
    form, status = AmendForm(request.POST), 200
    context: dict[str, Any] = {"proposal": review.proposal, "review": review}
    if form.is_valid():
        try:
            _amend(review, form, request_user(request))
        except actions.StaleCase as stale:
            return _render_stale(request, review.case, stale, form, **context)
        except actions.StaleProposal as outdated:
            return render_proposal_page(request, outdated.proposal, CONFLICT, notice=str(outdated))
        except actions.RuleViolation as error:
            form.refuse(error)
            status = UNPROCESSABLE
        else:
            messages.success(request, "Amended. It waits for a reviewer again.")
            return redirect(review.proposal)
    return _render_suggest_page(request, review.case, form, status=status, **context)


def _amend_form(review: Review) -> AmendForm:
    """The form with the proposed texts, merged with the current case."""
    texts = {name: review.merged.record[name] for name in actions.SUGGESTIBLE_FIELDS}
    versions = {"opened": review.case.version, "version": review.proposal.version}
    return AmendForm(initial={**texts, **versions, "about": review.proposal.about, "reason": review.proposal.reason})


@transaction.atomic
def _amend(review: Review, form: AmendForm, by: User) -> None:
    actions.lock_case(case=review.case, version=form.cleaned_data["opened"])
    if undecided := review.undecided(form.texts):
        names = ", ".join(choice.name for choice in undecided)
        raise actions.RuleViolation(
            {NON_FIELD_ERRORS: f"Decide first, on its page, what was changed in two ways: {names}."}
        )
    record = validate_record({**review.merged.record, **form.texts}, review.case)
    details = {"version": form.cleaned_data["version"], "reason": form.cleaned_data["reason"]}
    actions.amend_proposal(proposal=review.proposal, record=record, by=by, **details)


@login_required
@require_safe
def contributions(request: HttpRequest) -> HttpResponse:
    """The user's own proposals and drafts: their status, the remarks, what to do next."""
    status = request.GET.get("status", "")
    if status and status not in Proposal.Status:
        raise Http404
    own = _proposed_by(request_user(request))
    try:
        page = Paginator(own.filter(status=status) if status else own, PROPOSALS_PER_PAGE).page(
            request.GET.get("page", "1")
        )
    except InvalidPage:
        raise Http404 from None
    drafts = Case.objects.filter(created_by=request_user(request), state__in=[State.DRAFT, State.IN_REVIEW])
    of_case = Prefetch("remarks", Remark.objects.filter(proposal=None).select_related("by"))
    context = {
        "page": page,
        "status": Proposal.Status(status).label if status else "",
        "asked": f"status={status}&" if status else "",
        "drafts": drafts.defer("narrative")
        .prefetch_related(of_case)
        .order_by("-updated_at", "pk")[:PROPOSALS_PER_PAGE],
        "entered": drafts.count(),
        "enters": has_perm(request.user, "enter"),
    }
    return render(request, "cases/contributions.html", context)


def _proposed_by(user: User) -> QuerySet[Proposal]:
    """Proposals by a user, latest first, without records; `called` is the title of the case at that time."""
    remarks = Prefetch("remarks", Remark.objects.select_related("by"))
    own = Proposal.objects.filter(by=user).annotate(called=KT("base__title")).defer("base", "record")
    return own.select_related("case").defer("case__narrative").prefetch_related(remarks).order_by("-updated_at", "pk")
