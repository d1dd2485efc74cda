"""Middleware for errors, caching, and what stands in an address or a form."""

import re
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.encoding import escape_uri_path
from django.utils.http import escape_leading_slashes

from plaintext.normal import compose

from .errors import PROBLEM_CONTENT_TYPE, bad_request, is_api_request, problem_response

GetResponse = Callable[[HttpRequest], HttpResponse]
TRACKERS = re.compile(
    r"(utm|mtm|matomo|pk|piwik|hsa|gad)_\w+|\w{1,4}clk?id|gclsrc|[gw]braid|_ga|_gl|srsltid"
    r"|mc_[ce]id|_hs(enc|mi)|__hs\w+|hsctatracking|_openstat|_branch_\w+|_kx|_bta_\w+|igshid?|igsh|mkt_tok"
    r"|oly_(anon|enc)_id|vero_(id|conv)|s_cid|wickedid|li_fat_id|rb_clickid|ml_subscriber(_hash)?|epik|ref_(src|url)",
    re.IGNORECASE,
)
"""Parameters that mailings, networks and search engines hang onto links; none of them is ours."""
PASSWORD = "password"  # noqa: S105 - in the name of every field with one

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


def tracker_middleware(get_response: GetResponse) -> GetResponse:
    """Lead from a page's address with trackers' parameters to the same one without them; machines' stay as they are."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method in {"GET", "HEAD"} and not is_api_request(request):
            kept = {name: values for name, values in request.GET.lists() if not TRACKERS.fullmatch(name)}
            if len(kept) < len(request.GET):
                return HttpResponseRedirect(_path_with(request, kept))
        return get_response(request)

    return middleware


def _path_with(request: HttpRequest, parameters: dict[str, list[str]]) -> str:
    query = QueryDict(mutable=True)
    for name, values in parameters.items():
        query.setlist(name, values)
    path = escape_leading_slashes(escape_uri_path(request.path))
    return f"{path}?{query.urlencode()}" if parameters else path


class ComposedTextMiddleware:
    """Compose every text of a query string or form (NFC), so that nothing behind it meets another Unicode form.

    Passwords stay as they were typed. JSON is composed by `codelivery.parsers`.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "%" in request.META.get("QUERY_STRING", ""):  # otherwise it is ASCII
            request.GET = composed(request.GET)  # type: ignore[assignment]  # the middleware composes, Django reads
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., Any], *_: Any) -> None:
        """Compose a form that the check against forgery has read; a view without that check reads when it is ready."""
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            request.POST = composed(request.POST)  # type: ignore[assignment]  # a property of Django's


def composed(given: QueryDict) -> QueryDict:
    """The same values, composed; the same object if they are already."""
    values = {name: each if PASSWORD in name.lower() else list(map(compose, each)) for name, each in given.lists()}
    if all(each == given.getlist(name) for name, each in values.items()):
        return given
    query = QueryDict(mutable=True, encoding=given.encoding)
    for name, each in values.items():
        query.setlist(name, each)
    query._mutable = False  # noqa: SLF001 - as Django leaves it
    return query
