"""The curators' overview: what waits, what is missing, what is covered."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ..models.snapshot import snapshot
from ..permissions import has_perm
from ..review.overview import MIN_COMPARABLE_CASES, build_overview


@never_cache
@login_required
@require_safe
def overview_page(request: HttpRequest) -> HttpResponse:
    """The state of the catalogue; each number links to exactly the cases that it counts."""
    if not has_perm(request.user, "review"):
        raise PermissionDenied
    with snapshot():  # so that all numbers are consistent
        context = {"overview": build_overview(request.user), "few": MIN_COMPARABLE_CASES}
    return render(request, "cases/overview.html", context)
