"""The page on which curators affirm the codings of a case that are out of step, or point them to other words."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from .. import actions
from ..actions.affirming import MAX_WORDS_LENGTH
from ..forms.reviewing import AffirmForm
from ..models import Case
from ..permissions import has_perm
from ..record.told import doubtful_codings
from .proposals import CONFLICT, UNPROCESSABLE, request_user
from .reading import case_not_found


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def affirm_page(request: HttpRequest, slug: str) -> HttpResponse:
    """What is to be re-affirmed in a case, and why."""
    case = Case.objects.readable_by(request.user).whole().filter(slug=slug).first()
    if case is None:
        return case_not_found(request, slug)
    if not has_perm(request.user, "affirm", case):
        raise PermissionDenied
    return _affirm(request, case) if request.method == "POST" else _render(request, case)


def _affirm(request: HttpRequest, case: Case) -> HttpResponse:
    form = AffirmForm(request.POST)
    if not form.is_valid():
        return _render(request, case, UNPROCESSABLE, form=form)
    words = {path: text for path, text in _typed_words(request).items() if text}
    try:
        changed = actions.affirm_codings(
            case=case,
            by=request_user(request),
            version=form.cleaned_data["version"],
            paths=request.POST.getlist("coding"),
            words=words,
            reason=form.cleaned_data["text"],
        )
    except actions.RuleViolation as error:
        form.refuse(error)
        return _render(request, case, UNPROCESSABLE, form=form)
    except actions.StaleCase as stale:
        return _render(request, case, CONFLICT, form=form, notice=str(stale))
    messages.success(request, f"Affirmed; that is version {changed.version}.")
    return redirect("cases:affirm" if changed.out_of_step or changed.unaffirmed else "cases:case", changed.slug)


def _typed_words(request: HttpRequest) -> dict[str, str]:
    """The other words that were typed, by path: each field of words follows one of its path."""
    paths = request.POST.getlist("path")
    return dict(zip(paths, (text.strip() for text in request.POST.getlist("words")), strict=False))


def _render(request: HttpRequest, case: Case, status: int = 200, **more: Any) -> HttpResponse:
    """The codings, each with whether it was ticked and the words that were typed for it."""
    ticked, typed = request.POST.getlist("coding"), _typed_words(request)
    context = {
        "case": case,
        "rows": [(coding, coding.path in ticked, typed.get(coding.path, "")) for coding in doubtful_codings(case)],
        "form": AffirmForm(initial={"version": case.version}),
        "longest": MAX_WORDS_LENGTH,
    }
    return render(request, "cases/affirm.html", context | more, status=status)
