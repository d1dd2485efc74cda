"""What all addresses of the W3C protocol share: content negotiation, ETags, CORS, errors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.http.request import MediaType
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags
from rest_framework import exceptions, permissions, status
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User

from .. import actions, w3c
from ..models import Annotation

MAX_DOCUMENT_BYTES = 256 * 1024
"""The largest document that is accepted."""

ACCEPTED_MEDIA_TYPES = ("application/ld+json", "application/json")
CONDITIONAL_METHODS = ("GET", "HEAD")

CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",  # browsers send no cookies with "*", so pages of other sites need a token
    "Access-Control-Expose-Headers": "Accept-Post, Allow, Content-Location, ETag, Link, Location, Preference-Applied",
}
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-Match, If-None-Match, Prefer",
    "Access-Control-Max-Age": "3600",
}


class AnnotationGone(exceptions.APIException):
    """410: the annotation was deleted; sent only to users who could have read it."""

    status_code = status.HTTP_410_GONE
    default_detail = "This annotation was deleted."


class AnnotationPreconditionRequired(exceptions.APIException):
    """428: a change must name the version that it is based on."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = (
        "Send If-Match with the ETag of the annotation as you read it, or keep the `modified` that you read, so that "
        "nothing is overwritten."
    )


class AnnotationPreconditionFailed(exceptions.APIException):
    """412: the change is based on an older version."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This annotation was changed since you read it. Read it again and repeat your change."


class AnnotationTooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"A document has at most {MAX_DOCUMENT_BYTES // 1024} KiB."


class AnnotationConflict(exceptions.ValidationError):
    """409: the quoted words are not there, or an immutable property would change; nothing is stored."""

    status_code = status.HTTP_409_CONFLICT


class ProtocolView(APIView):
    """The base of all views of the protocol."""

    permission_classes = [permissions.IsAuthenticatedOrReadOnly]
    renderer_classes = [JSONRenderer]
    varies: tuple[str, ...] = ("Accept", "Authorization", "Cookie")

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:  # noqa: FBT001, FBT002 - DRF's signature
        """Choose the media type; the renderer is a placeholder, as views build the response themselves."""
        chosen = preferred_media_type(request._request)  # noqa: SLF001 - Django parses the header, DRF does not
        if not (chosen or force or request.method == "OPTIONS"):
            raise exceptions.NotAcceptable(f"Only {w3c.JSONLD_MEDIA_TYPE} and text/turtle are sent from here.")
        return self.get_renderers()[0], chosen or w3c.JSONLD_MEDIA_TYPE

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the protocol's headers to every response, including errors."""
        final = super().finalize_response(request, response, *args, **kwargs)
        links = self.links()
        if links:
            final["Link"] = links
        for name, value in CORS_HEADERS.items():
            final.headers[name] = value
        patch_vary_headers(final, self.varies)
        final.setdefault("Cache-Control", "no-cache")
        return final

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The allowed methods, also for the preflight requests of browsers."""
        methods = {"Access-Control-Allow-Methods": ", ".join(self.allowed_methods)}
        return HttpResponse(headers=PREFLIGHT_HEADERS | methods | self.described(), content_type="text/plain")

    def links(self) -> str:
        """The Link header, which names the type of the resource."""
        return ""

    def described(self) -> dict[str, str]:
        """Headers of successful responses."""
        return {}

    @property
    def writer(self) -> User:
        """The signed-in user; the view's permission guarantees that there is one."""
        return cast("User", self.request.user)

    def answer(self, document: dict[str, Any], salt: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """A response with a document and its ETag; 304 if the client has it already."""
        media_type = self.request.accepted_media_type or w3c.JSONLD_MEDIA_TYPE
        body = DOCUMENT_WRITERS[media_type](document)
        tag = document_etag(body, salt)
        all_headers = {**self.described(), **(headers or {}), "ETag": tag}
        if self.request.method in CONDITIONAL_METHODS and matches_if_none_match(
            tag, self.request.headers.get("If-None-Match", "")
        ):
            return HttpResponseNotModified(headers=all_headers)
        return HttpResponse(body, media_type, headers=all_headers)

    def names(self, document: dict[str, Any], salt: str) -> set[str]:
        """The ETags of a document in all media types."""
        return {document_etag(write(document), salt) for write in DOCUMENT_WRITERS.values()}

    def document(self) -> object:
        """The submitted JSON; 415 for another media type, 413 if it is too large."""
        request = self.request._request  # noqa: SLF001 - DRF's request would parse any media type
        if request.content_type not in ACCEPTED_MEDIA_TYPES:
            raise exceptions.UnsupportedMediaType(request.content_type or "nothing named")
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > MAX_DOCUMENT_BYTES:
            raise AnnotationTooLarge
        return w3c.parse_document(request.body)


DOCUMENT_WRITERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    w3c.JSONLD_MEDIA_TYPE: lambda document: json.dumps(document, ensure_ascii=False).encode(),
    w3c.TURTLE_MEDIA_TYPE: lambda document: w3c.to_turtle(document).encode(),
}
"""Serialises a document in each media type on offer."""


def preferred_media_type(request: HttpRequest) -> str:
    """The media type that a request prefers, JSON-LD by default; empty if it accepts none of ours."""
    if not request.META.get("HTTP_ACCEPT", "").strip():
        return w3c.JSONLD_MEDIA_TYPE
    by_quality = sorted(
        (accepted for accepted in request.accepted_types if accepted.quality > 0), key=lambda a: -a.quality
    )
    return next((media_type for accepted in by_quality if (media_type := _matching_media_type(accepted))), "")


def _matching_media_type(accepted: MediaType) -> str:
    kind = f"{accepted.main_type}/{accepted.sub_type}"
    if kind in {"text/turtle", "text/*"}:
        return w3c.TURTLE_MEDIA_TYPE
    profiles = accepted.params.get("profile", w3c.PROFILE).split()
    return w3c.JSONLD_MEDIA_TYPE if kind in JSON_MEDIA_RANGES and w3c.PROFILE in profiles else ""


JSON_MEDIA_RANGES = {"application/ld+json", "application/json", "application/*", "*/*"}


def document_etag(body: bytes, salt: str) -> str:
    """The ETag of a representation. It depends on nothing that its reader may not see."""
    return f'"{hashlib.blake2b(salt.encode() + body, digest_size=16).hexdigest()}"'


def matches_if_none_match(tag: str, header: str) -> bool:
    """Whether If-None-Match lists the tag, weak or strong."""
    known = parse_etags(header)
    return "*" in known or tag in (name.removeprefix("W/") for name in known)


@contextmanager
def protocol_errors() -> Iterator[None]:
    """Turn the exceptions of actions into the protocol's error responses, and roll back."""
    try:
        with transaction.atomic():
            yield
    except w3c.ImmutableProperty as error:
        raise AnnotationConflict({error.place: [str(error)]}) from None
    except actions.AnchoringError as error:
        raise AnnotationConflict({"target": {"selector": [str(error)]}}) from None
    except actions.RuleViolation as violation:
        places = {PROPERTY_OF_FIELD.get(name, name): messages for name, messages in violation.message_dict.items()}
        raise exceptions.ValidationError(places) from None
    except actions.StaleNote:
        raise AnnotationPreconditionFailed from None
    except Annotation.DoesNotExist:
        raise AnnotationGone from None


PROPERTY_OF_FIELD = {"comment": "body", "tags": "body", "codes": "body", "group": "audience", "exact": "target"}
"""The property of a document for each field of an action, where the names differ."""
