"""Pages for the history of a case: its versions, one of them whole, comparing two, reverting to one."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from cases.actions.rules import MAX_REASON_LENGTH

from .. import actions, markdown
from ..history.reading import (
    case_at_version,
    compare_versions,
    history_entries,
    history_entry,
    readable_versions,
    record_to_restore,
)
from ..models import Case, CurrentVersion
from ..models.snapshot import snapshot
from ..models.version import VersionQuerySet
from ..permissions import has_perm
from ..review.proposals import changes_since
from ..serializers import validate_record
from .reading import case_not_found

VERSIONS_PER_PAGE = 25
"""Each is compared with the one before it."""


def _case(request: HttpRequest, slug: str) -> Case | None:
    return Case.objects.readable_by(request.user).filter(slug=slug).first()


@require_safe
def case_history(request: HttpRequest, slug: str) -> HttpResponse:
    """The versions of a case that the reader may see: who, when, what, why."""
    with snapshot():
        case = _case(request, slug)
        if case is None:
            return case_not_found(request, slug)
        versions = readable_versions(case, request.user)
        total = versions.count()
        last, number = max(-(-total // VERSIONS_PER_PAGE), 1), _parse_number(request.GET.get("page", "1"))
        if number is None or not 1 <= number <= last:
            return _render_unknown(request, case, "There are not so many pages.")
        context = {
            "case": case,
            "entries": history_entries(case, versions, (number - 1) * VERSIONS_PER_PAGE, number * VERSIONS_PER_PAGE),
            "total": total,
            "number": number,
            "last": last,
            "reverts": has_perm(request.user, "revert", case),
        }
        return render(request, "cases/history.html", context)


@require_safe
def version_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """The whole case at one of its versions."""
    with snapshot():
        case = _case(request, slug)
        if case is None:
            return case_not_found(request, slug)
        versions = readable_versions(case, request.user)
        found = versions.filter(number=number).first()
        if found is None:
            return _render_unknown(request, case, f"There is no version {number} to read.")
        past_case = case_at_version(case, found)
        context = {
            "case": past_case,
            "now": case,
            "entry": history_entry(case, found),
            "earlier": _first_number(versions.filter(number__lt=number)),
            "later": _first_number(versions.filter(number__gt=number).order_by("number")),
            "narrative": markdown.render_markdown(past_case.narrative),
            "address": settings.BASE_URL + reverse("cases:version", args=[slug, number]),
            "canonical": settings.BASE_URL + case.get_absolute_url(),
            "reverts": number != case.version and has_perm(request.user, "revert", case),
        }
        return render(request, "cases/version.html", context)


def _first_number(versions: VersionQuerySet) -> int | None:
    number: int | None = versions.values_list("number", flat=True).first()
    return number


@require_safe
def compare_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The differences `from` one version `to` another; the last change if neither is given."""
    with snapshot():
        case = _case(request, slug)
        if case is None:
            return case_not_found(request, slug)
        versions = readable_versions(case, request.user)
        requested = {name: request.GET.get(name) for name in ("from", "to")}
        try:
            after = _requested_version(versions, requested["to"], else_=versions)
            before = _requested_version(versions, requested["from"], else_=versions.filter(number__lt=after.number))
        except ComparisonError as wrong:
            context = {"case": case, "requested": requested, "problem": wrong.what}
            return render(request, "cases/compare.html", context, status=wrong.status)
        context = {
            "case": case,
            "requested": {"from": before.number, "to": after.number},
            "before": before,
            "after": after,
            "difference": compare_versions(before.record, after.record),
        }
        return render(request, "cases/compare.html", context)


class ComparisonError(Exception):
    """The comparison is impossible; `what` says why, and `status` is the HTTP status."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status
        self.what = what


def _requested_version(versions: VersionQuerySet, text: str | None, *, else_: VersionQuerySet) -> Any:
    """Return the version with the requested number, or the first of `else_` if `text` is None."""
    if text is None:
        found, problem = else_.first(), "There is no version before it to compare with."
    elif (number := _parse_number(text)) is None:
        raise ComparisonError(400, "Give the number of a version in each field.")
    else:
        found, problem = versions.filter(number=number).first(), f"There is no version {number} to read."
    if found is None:
        raise ComparisonError(404, problem)
    return found


def _parse_number(text: str) -> int | None:
    """Parse a number of at most nine digits; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def revert_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Revert a case to an earlier version, after showing what that changes."""
    case = _case(request, slug)
    if case is None:
        return case_not_found(request, slug)
    if not has_perm(request.user, "revert", case):
        raise PermissionDenied
    to = readable_versions(case, request.user).filter(number=number).first()
    if to is None:
        return _render_unknown(request, case, f"There is no version {number} to go back to.")
    if request.method == "POST":
        return _revert(request, case, to)
    return _confirm(request, case, to)


def _revert(request: HttpRequest, case: Case, to: Any) -> HttpResponse:
    """Revert, or show the form again if the case has changed or a rule is broken."""
    opened = _parse_number(request.POST.get("version", "")) or 0
    reason = request.POST.get("reason", "").replace("\0", "")[:MAX_REASON_LENGTH]
    extra: dict[str, Any] = {"reason": reason}
    try:
        record = validate_record(record_to_restore(case, to), case)
        changed = actions.revert_case(
            case=case,
            to=to,
            record=record,
            by=request.user,  # type: ignore[arg-type]  # signed in
            version=opened,
            reason=reason,
        )
    except actions.RuleViolation as error:
        problems = [f"{path}: {each}" for path, several in error.message_dict.items() for each in several]
        return _confirm(request, case, to, extra | {"problems": problems})
    except actions.StaleCase as stale:
        since = {"stale": opened, "meanwhile": changes_since(stale.case, opened, request.user)}
        return _confirm(request, stale.case, to, extra | since)
    words = f"The case says again what it said in version {to.number}; that is version {changed.version}."
    messages.success(request, words)
    return redirect("cases:history", changed.slug)


def _confirm(request: HttpRequest, case: Case, to: Any, extra: dict[str, Any] | None = None) -> HttpResponse:
    """Show what reverting would change, and ask for confirmation."""
    differs = compare_versions(CurrentVersion.objects.get(pk=case.pk).record, record_to_restore(case, to))
    context = {"case": case, "to": to, "difference": differs, "longest": MAX_REASON_LENGTH} | (extra or {})
    return render(request, "cases/revert.html", context, status=409 if extra else 200)


def _render_unknown(request: HttpRequest, case: Case, what: str) -> HttpResponse:
    return render(request, "cases/history_unknown.html", {"case": case, "what": what}, status=404)
