"""Middleware for errors and caching."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control, patch_vary_headers

from .errors import PROBLEM_CONTENT_TYPE, bad_request, is_api_request, problem_response

GetResponse = Callable[[HttpRequest], HttpResponse]
FORWARDED_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


def problem_document_middleware(get_response: GetResponse) -> GetResponse:
    """Refuse unreadable requests, and make every error of the API and exports a problem document."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = (
            get_response(request) if has_readable_cookies(request) else bad_request(request, ValueError("unreadable"))
        )
        if (
            response.status_code < 400
            or not is_api_request(request)
            or response.get("Content-Type") == PROBLEM_CONTENT_TYPE
        ):
            return response
        headers = {name: response[name] for name in FORWARDED_HEADERS if name in response}
        return problem_response(request, response.status_code, response.reason_phrase, headers=headers)

    return middleware


def has_readable_cookies(request: HttpRequest) -> bool:
    """Whether the cookies are free of NUL, which PostgreSQL cannot store."""
    return not any("\0" in value for value in request.COOKIES.values())


def private_cache_middleware(get_response: GetResponse) -> GetResponse:
    """Keep responses to signed-in users out of shared caches."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            patch_cache_control(response, private=True)
        if is_api_request(request):
            patch_vary_headers(response, ["Authorization", "Cookie"])
        return response

    return middleware
