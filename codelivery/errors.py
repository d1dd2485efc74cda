"""The one shape of an error: a problem document (RFC 9457) at the machine doors, a page for people.

A problem says what is wrong (`title`, `status`, `detail`), where (`instance`), and names every mistake in `errors`: by
`parameter` where it stands in the address, by `pointer` (RFC 6901) where it stands in what was sent.
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

API_PREFIXES = ("/api/", "/export/")
PROBLEM_CONTENT_TYPE = "application/problem+json"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

ProblemItem = dict[str, str]


def is_api_request(request: HttpRequest) -> bool:
    """Whether a program asks, not a person."""
    return request.path_info.startswith(API_PREFIXES)


def problem_response(
    request: HttpRequest | Request,
    status: int,
    detail: str,
    *,
    mistakes: list[ProblemItem] | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> JsonResponse:
    """Return a problem document; `more` holds what only this kind of problem says."""
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
    """Return the problem document for an error at a machine door; None for what nobody foresaw (a 500)."""
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
    """413: what was sent is larger than what is read at once."""

    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_detail = "This is more than is read at once; send less."


def as_api_exception(error: Exception) -> exceptions.APIException | None:
    """Return an error as the API framework's own, if it is one that may happen."""
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
    """Return the headers that belong to an error: how to sign in, when to try again."""
    headers = {"WWW-Authenticate": getattr(error, "auth_header", None), "Retry-After": getattr(error, "wait", None)}
    return {name: str(value) for name, value in headers.items() if value}


def query_errors(detail: Any) -> Iterator[ProblemItem]:
    """Yield the mistakes of a query, by parameter."""
    for parameter, messages in detail.items():
        yield from ({"parameter": parameter, "detail": str(message)} for message in messages)


NON_FIELD_KEYS = {"non_field_errors", "__all__"}


def escape_pointer(name: object) -> str:
    """Return a name as a step of a JSON pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def body_errors(detail: Any, pointer: str = "#") -> Iterator[ProblemItem]:
    """Yield the mistakes of what was sent, each with a pointer to its place; `#` is the whole.

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


# What Django calls when no view answered: a problem for programs, a page for people


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request cannot be read."""
    if is_api_request(request):
        return problem_response(request, 400, "The request cannot be read.")
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: whoever asks may not."""
    if is_api_request(request):
        return problem_response(request, 403, "You may not do this.")
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """404: nothing stands at this address; `404.html` is given the cases `near` to one that looks like a case's."""
    if is_api_request(request):
        return problem_response(request, 404, "Nothing stands at this address. /api/v1/ lists what there is.")
    noun, _, slug = request.path_info.lstrip("/").partition("/")
    visible = Case.objects.visible_to(getattr(request, "user", None))
    alike = visible.near(slug.strip("/")) if noun == "cases" else []
    return render(request, "404.html", {"near": alike}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a mistake of ours; `500.html` is printed without any context."""
    if is_api_request(request):
        return problem_response(request, 500, "The catalogue made a mistake. It has been logged.")
    return defaults.server_error(request)
