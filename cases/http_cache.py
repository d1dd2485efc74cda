"""A cache of responses, each valid for one version of the catalogue, which its ETag identifies.

Only public responses are cached: a request with a session, a message or a token bypasses the cache.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags

from .models.snapshot import CatalogueVersions, catalogue_versions, snapshot

CacheableView = Callable[..., HttpResponseBase]
ANY_MEDIA_TYPE = "*/*"
MAX_CACHE_BYTES = 16_000_000  # in each process
VARY_HEADERS = ("Authorization", "Cookie")


class CachedResponse(NamedTuple):
    body: bytes
    headers: dict[str, str]


class ResponseCache:
    """Responses by ETag, at most `MAX_CACHE_BYTES` in all."""

    def __init__(self) -> None:
        self.responses: dict[str, CachedResponse] = {}
        self.size = 0

    def put(self, etag: str, response: CachedResponse) -> None:
        """Store a response; a full cache is emptied first."""
        if etag in self.responses:
            return
        if self.size + len(response.body) > MAX_CACHE_BYTES:
            self.responses.clear()
            self.size = 0
        self.responses[etag] = response
        self.size += len(response.body)


response_cache = ResponseCache()


def etag_for(request: HttpRequest, versions: CatalogueVersions, *, drafts: bool = False) -> str:
    """Return the ETag of a URL at a version of the catalogue, for users who see drafts or for everyone."""
    version = versions.seen(drafts=drafts)
    identity = f"{settings.RELEASE}\n{version}\n{drafts}\n{request.path}?{request.META['QUERY_STRING']}"
    return f'"{hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()}"'


def has_already(request: HttpRequest, etag: str) -> bool:
    """Whether the client says by If-None-Match that it has what `etag` names; compressed or not is the same to it."""
    known = parse_etags(request.META.get("HTTP_IF_NONE_MATCH", ""))
    return "*" in known or etag in (name.removeprefix("W/") for name in known)


def is_personal(request: HttpRequest) -> bool:
    """Whether the response may differ from one user to another."""
    cookies = request.COOKIES
    return settings.SESSION_COOKIE_NAME in cookies or "messages" in cookies or "HTTP_AUTHORIZATION" in request.META


def cached_by_version(view: CacheableView, *, sends: str = "text/html") -> CacheableView:
    """Run a view in a snapshot of the catalogue, and cache its public responses by version.

    Requests other than GET and HEAD, and those that do not accept the media type it `sends`, go straight to the view.
    """

    @wraps(view)
    def cached_view(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_personal(request) or not _is_cacheable(request, sends):
            with snapshot():
                return view(request, *args, **kwargs)
        if cached := _cached_response(request, etag_for(request, catalogue_versions())):
            return cached
        with snapshot() as versions:
            return _cache_response(view(request, *args, **kwargs), request, etag_for(request, versions))

    return cached_view


def _is_cacheable(request: HttpRequest, sends: str) -> bool:
    accepted = request.META.get("HTTP_ACCEPT", ANY_MEDIA_TYPE)
    return request.method in {"GET", "HEAD"} and (ANY_MEDIA_TYPE in accepted or sends in accepted)


def _cached_response(request: HttpRequest, etag: str) -> HttpResponse | None:
    """Return a 304 where the client has the response already, else the cached response, else None."""
    if has_already(request, etag):
        return HttpResponseNotModified(
            headers={"ETag": etag, "Cache-Control": "no-cache", "Vary": ", ".join(VARY_HEADERS)}
        )
    response = response_cache.responses.get(etag) if request.method == "GET" else None
    return HttpResponse(response.body, headers=response.headers) if response else None


def _cache_response(response: HttpResponseBase, request: HttpRequest, etag: str) -> HttpResponseBase:
    """Add the ETag to a successful response, ask clients to revalidate it, and cache it."""
    if response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "no-cache"
    patch_vary_headers(response, VARY_HEADERS)
    if request.method == "GET" and not settings.DEBUG:
        response_cache.put(etag, CachedResponse(response.content, dict(response.items())))
    return response
