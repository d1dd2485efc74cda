"""Answers that hold as long as the catalogue's version: named by an ETag, and kept for whoever asks the same again.

Only what everyone is answered is kept: a request with a session, a message or a token of its own passes by.
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
    """An answer as it was given."""

    body: bytes
    headers: dict[str, str]


class ResponseCache:
    """Answers by ETag, as many as fit."""

    def __init__(self) -> None:
        self.answers: dict[str, CachedResponse] = {}
        self.size = 0

    def put(self, tag: str, answer: CachedResponse) -> None:
        """Keep an answer; when there is no room left, begin anew."""
        if tag in self.answers:
            return
        if self.size + len(answer.body) > MAX_CACHE_BYTES:
            self.answers.clear()
            self.size = 0
        self.answers[tag] = answer
        self.size += len(answer.body)


response_cache = ResponseCache()


def etag_for(request: HttpRequest, versions: CatalogueVersions, *, drafts: bool = False) -> str:
    """Return the ETag of what this address answers at a version, to those who see drafts or to everyone."""
    version = versions.seen(drafts=drafts)
    identity = f"{settings.RELEASE}\n{version}\n{drafts}\n{request.path}?{request.META['QUERY_STRING']}"
    return f'"{hashlib.blake2b(identity.encode(), digest_size=12).hexdigest()}"'


def is_personal(request: HttpRequest) -> bool:
    """Tell whether the answer to a request may be for its reader alone."""
    cookies = request.COOKIES
    return settings.SESSION_COOKIE_NAME in cookies or "messages" in cookies or "HTTP_AUTHORIZATION" in request.META


def cached_by_version(view: CacheableView, *, sends: str = "text/html") -> CacheableView:
    """Read one version of the catalogue in a view, and answer everyone who asks the same of it the same.

    Who would not take what it `sends`, or does more than read, is left to the view.
    """

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if is_personal(request) or not _reads(request, sends):
            with snapshot():
                return view(request, *args, **kwargs)
        if given := _given(request, etag_for(request, catalogue_versions())):
            return given
        with snapshot() as seen:
            return _named(view(request, *args, **kwargs), request, etag_for(request, seen))

    return answer


def _reads(request: HttpRequest, sends: str) -> bool:
    """Tell whether a request reads, and takes what is sent."""
    accepted = request.META.get("HTTP_ACCEPT", ANY_MEDIA_TYPE)
    return request.method in {"GET", "HEAD"} and (ANY_MEDIA_TYPE in accepted or sends in accepted)


def _given(request: HttpRequest, tag: str) -> HttpResponse | None:
    """Return an answer that needs no work: 304 where whoever asks has it already, or the one that is kept."""
    if tag in parse_etags(request.META.get("HTTP_IF_NONE_MATCH", "")):
        return HttpResponseNotModified(
            headers={"ETag": tag, "Cache-Control": "no-cache", "Vary": ", ".join(VARY_HEADERS)}
        )
    answer = response_cache.answers.get(tag) if request.method == "GET" else None
    return HttpResponse(answer.body, headers=answer.headers) if answer else None


def _named(response: HttpResponseBase, request: HttpRequest, tag: str) -> HttpResponseBase:
    """Name a new answer, say that it may be kept but is to be asked for again, and keep it."""
    if response.status_code != 200 or not isinstance(response, HttpResponse):
        return response
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "no-cache"
    patch_vary_headers(response, VARY_HEADERS)
    if request.method == "GET" and not settings.DEBUG:
        response_cache.put(tag, CachedResponse(response.content, dict(response.items())))
    return response
