"""What HTTP promises programs at the API and the exports: reading from other sites (CORS), compression, ETags on HEAD.

Pages, the admin and accounts are never touched. The notes' protocol at `/annotations/` has rules of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.http import ConditionalGetMiddleware
from django.utils.cache import get_conditional_response, patch_vary_headers, set_response_etag
from django.utils.http import parse_http_date_safe

from .errors import SAFE_METHODS, is_api_request, problem_response

GetResponse = Callable[[HttpRequest], HttpResponseBase]

MAX_TARGET_LENGTH = 8_000
"""Characters of an address with its query; fewer than gunicorn reads (8,190 with method and version)."""

READABLE_HEADERS = (
    *("Allow", "Content-Disposition", "Content-Encoding", "Content-Length", "ETag", "Last-Modified", "Link"),
    *("Location", "Retry-After", "Vary", "WWW-Authenticate"),
)
"""The headers that a script of another site may read, besides those that it always may."""

SENDABLE_HEADERS = (
    *("Accept", "Authorization", "Cache-Control", "Content-Type", "If-Modified-Since", "If-None-Match", "Range"),
    "X-Requested-With",
)
"""The headers that it may send. `Authorization` must be named: "*" does not include it (Fetch, 4.9)."""

ANY_SITE = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": ", ".join(READABLE_HEADERS)}
PREFLIGHT_ANSWER = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": ", ".join(SAFE_METHODS),
    "Access-Control-Allow-Headers": ", ".join(SENDABLE_HEADERS),
    "Access-Control-Max-Age": "7200",  # seconds; browsers keep it no longer
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


def cross_origin_middleware(get_response: GetResponse) -> GetResponse:
    """Let scripts of any site read the API and the exports, as nobody or with a token; never with cookies, never write.

    "*" makes browsers withhold answers to requests with cookies; such answers do not even say it, since a browser might
    keep one and show it to another site. A token is no way around that: a site must have been given it. Writing stays
    with programs and our own pages: no site needs it, and it is easier to allow later than to take back.
    The value never depends on `Origin`, so caches need not tell origins apart.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not is_api_request(request) or request.method not in SAFE_METHODS:
            return get_response(request)
        if is_preflight(request):
            answer = HttpResponse(status=204, headers=PREFLIGHT_ANSWER)
            del answer["Content-Type"]
            return answer
        response = get_response(request)
        if not has_session(request):
            for name, value in ANY_SITE.items():
                response.headers[name] = value
        return response

    return middleware


def is_preflight(request: HttpRequest) -> bool:
    """Whether a browser asks if a script may send a request (Fetch, 3.3.5)."""
    return request.method == "OPTIONS" and {"Origin", "Access-Control-Request-Method"} <= set(request.headers)


def has_session(request: HttpRequest) -> bool:
    """Whether a browser may have said by itself who its user is."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES


def short_target_middleware(get_response: GetResponse) -> GetResponse:
    """Refuse addresses of the API that a server or proxy on the way might cut or refuse in its own words."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if is_api_request(request) and len(request.get_full_path()) > MAX_TARGET_LENGTH:
            return problem_response(
                request, 414, f"An address has at most {MAX_TARGET_LENGTH:,} characters; ask for less at once."
            )
        return get_response(request)

    return middleware


class MachineGZipMiddleware(GZipMiddleware):
    """Compress what programs read.

    Compression tells lengths, and so, bit by bit, secrets beside a visitor's input, to whoever can make a browser ask
    again and again with its cookies (BREACH). So pages are never compressed, nor answers to a request with a session.
    An ETag becomes weak, as the bytes differ; If-None-Match and our If-Match take it as it was sent.
    """

    max_random_bytes = 0  # nothing to hide; equal answers have equal bytes

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        packed = response.get("Content-Type", "").startswith(PACKED_MEDIA_TYPES)
        if packed or not is_api_request(request) or response.status_code == 206:
            return response
        patch_vary_headers(response, ["Cookie", "Accept-Encoding"])
        if has_session(request):
            return response
        compressed: HttpResponseBase = super().process_response(request, response)
        return compressed


PACKED_MEDIA_TYPES = ("application/zip", "application/vnd.openxmlformats")


class ConditionalReadMiddleware(ConditionalGetMiddleware):
    """Django's answer to conditional requests, for HEAD as for GET: our views make the same answer to both."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.method != "HEAD" or response.streaming:
            answered: HttpResponseBase = super().process_response(request, response)
            return answered
        if self.needs_etag(response) and not response.has_header("ETag"):
            set_response_etag(response)
        modified = response.get("Last-Modified")
        last_modified = modified and parse_http_date_safe(modified)
        told = get_conditional_response(
            request, response.get("ETag"), last_modified or None, cast("HttpResponse", response)
        )
        return told or response
