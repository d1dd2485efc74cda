"""The format of errors: problem documents (RFC 9457) in the API and exports, and pages for people.

A problem document says what is wrong (`title`, `status`, `detail`) and where (`instance`), and lists every mistake in
`errors`: with its `parameter` if it is in the query, or its `pointer` (RFC 6901) if it is in the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views import defaults
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.serializers import as_serializer_error

from cases.models import Case

API_FOLDERS = ("/api", "/export")
PROBLEM_CONTENT_TYPE = "application/problem+json"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

ProblemItem = dict[str, str]


def is_api_request(request: HttpRequest) -> bool:
    """Whether the request is for the API or an export, not for a page."""
    return any(request.path_info == folder or request.path_info.startswith(f"{folder}/") for folder in API_FOLDERS)


def problem_response(
    request: HttpRequest | Request,
    status: int,
    detail: str,
    *,
    mistakes: list[ProblemItem] | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JsonResponse:
    """A problem document; `more` are members that only this kind of problem has."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.get_full_path(),
        "errors": mistakes or [],
        **(more or {}),
    }
    return JsonResponse(document, status=status, content_type=PROBLEM_CONTENT_TYPE, headers=headers)


def problem_exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The problem document for an error of the API; None for an unexpected error (a 500)."""
    request: Request = context["request"]
    known = as_api_exception(error)
    if known is None:
        return None
    detail, mistakes = str(known.detail), []
    if isinstance(known, exceptions.ValidationError) and request.method in SAFE_METHODS:
        detail, mistakes = "The query has mistakes; nothing was looked up.", list(query_errors(known.detail))
    elif not isinstance(known.detail, str):
        detail, mistakes = "It has mistakes; nothing was stored.", list(body_errors(known.detail))
    more = getattr(known, "more", None)
    return problem_response(
        request, known.status_code, detail, mistakes=mistakes, headers=error_headers(known), more=more
    )


class RequestTooLarge(exceptions.APIException):
    """413: the body is larger than the limit."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "This is more than is read at once; send less."


def as_api_exception(error: Exception) -> exceptions.APIException | None:
    """An error as DRF's exception; None if it is unexpected."""
    known: exceptions.APIException | None = None
    match error:
        case exceptions.APIException():
            known = error
        case Http404():
            known = exceptions.NotFound()
        case PermissionDenied():
            known = exceptions.PermissionDenied(str(error) or None)
        case ModelValidationError():
            known = exceptions.ValidationError(as_serializer_error(error))
        case RequestDataTooBig():
            known = RequestTooLarge()
        case RecursionError():
            known = exceptions.ParseError("The JSON is nested too deeply.")
    return known


def error_headers(error: exceptions.APIException) -> dict[str, str]:
    """The headers of an error, for signing in or trying again."""
    headers = {"WWW-Authenticate": getattr(error, "auth_header", None), "Retry-After": getattr(error, "wait", None)}
    return {name: str(value) for name, value in headers.items() if value}


def query_errors(detail: Any) -> Iterator[ProblemItem]:
    """The mistakes in a query, by parameter."""
    for parameter, messages in detail.items():
        yield from ({"parameter": parameter, "detail": str(message)} for message in messages)


NON_FIELD_KEYS = {"non_field_errors", "__all__"}


def escape_pointer(name: object) -> str:
    """Escape a name for a JSON pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def body_errors(detail: Any, pointer: str = "#") -> Iterator[ProblemItem]:
    """The mistakes in a body, each with a pointer to its place; `#` is the whole body.

    >>> list(body_errors({"arrangements": [{}, {"type": ["This field is required."]}]}))
    [{'pointer': '#/arrangements/1/type', 'detail': 'This field is required.'}]
    """
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from body_errors(inner, pointer + ("" if name in NON_FIELD_KEYS else f"/{escape_pointer(name)}"))
    elif isinstance(detail, list):
        for place, inner in enumerate(detail):
            yield from body_errors(inner, pointer if isinstance(inner, str) else f"{pointer}/{place}")
    else:
        yield {"pointer": pointer, "detail": str(detail)}


# Django's error handlers: a problem document for programs, a page for people


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request cannot be read."""
    if is_api_request(request):
        return problem_response(request, 400, "The request cannot be read.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: the user lacks a permission."""
    if is_api_request(request):
        return problem_response(request, 403, "You may not do this.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """404: there is nothing at this address; for addresses of cases, `404.html` suggests similar ones in `near`."""
    if is_api_request(request):
        return problem_response(request, 404, "Nothing stands at this address. /api/v1/ lists what there is.")
    noun, _, slug = request.path_info.lstrip("/").partition("/")
    visible = Case.objects.visible_to(getattr(request, "user", None))
    similar = visible.near(slug.strip("/")) if noun == "cases" else []
    return render(request, "404.html", {"near": similar}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our own fault; `500.html` is rendered without any context."""
    if is_api_request(request):
        return problem_response(request, 500, "The catalogue made a mistake. It has been logged.")
    return defaults.server_error(request)
