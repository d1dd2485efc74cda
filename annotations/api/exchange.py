"""What holds at every address of the W3C protocol: media types, the names of answers, errors."""

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
"""How large a document may be."""

ACCEPTED_MEDIA_TYPES = ("application/ld+json", "application/json")
CONDITIONAL_METHODS = ("GET", "HEAD")

CORS_HEADERS = {
    "Access-Control-Allow-Origin": "*",  # so that cookies never come along: another site's page needs a token
    "Access-Control-Expose-Headers": "Accept-Post, Allow, Content-Location, ETag, Link, Location, Preference-Applied",
}
PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Headers": "Accept, Authorization, Content-Type, If-Match, If-None-Match, Prefer",
    "Access-Control-Max-Age": "3600",
}


class AnnotationGone(exceptions.APIException):
    """410: it was there, and whoever asks could see it."""

    status_code = status.HTTP_410_GONE
    default_detail = "This annotation was deleted."


class AnnotationPreconditionRequired(exceptions.APIException):
    """428: a change has to name what it was made from."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of the annotation as you read it, so that nothing is overwritten."


class AnnotationPreconditionFailed(exceptions.APIException):
    """412: the change was made from something older."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This annotation was changed since you read it. Read it again and repeat your change."


class AnnotationTooLarge(exceptions.APIException):
    """413: the document is larger than any note."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_detail = f"A document has at most {MAX_DOCUMENT_BYTES // 1024} KiB."


class AnnotationConflict(exceptions.ValidationError):
    """409: the words do not stand there, or it changes what stays as it is; nothing is stored."""

    status_code = status.HTTP_409_CONFLICT


class ProtocolView(APIView):
    """What holds at every address of the protocol."""

    permission_classes = [permissions.IsAuthenticatedOrReadOnly]
    renderer_classes = [JSONRenderer]
    varies: tuple[str, ...] = ("Accept", "Authorization", "Cookie")

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:  # noqa: FBT001, FBT002 - as the framework has it
        """Return the media type to send; the answer is written without a renderer."""
        chosen = preferred_media_type(request._request)  # noqa: SLF001 - Django reads the header, the framework does not
        if not (chosen or force or request.method == "OPTIONS"):
            raise exceptions.NotAcceptable(f"Only {w3c.JSONLD_MEDIA_TYPE} and text/turtle are sent from here.")
        return self.get_renderers()[0], chosen or w3c.JSONLD_MEDIA_TYPE

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Say of every answer, an error too, what kind of thing stands here and what the answer depends on."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        links = self.links()
        if links:
            answer["Link"] = links
        for name, value in CORS_HEADERS.items():
            answer.headers[name] = value
        patch_vary_headers(answer, self.varies)
        answer.setdefault("Cache-Control", "no-cache")
        return answer

    def options(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Say what may be done here; a browser asks before it sends what another site's page wants."""
        methods = {"Access-Control-Allow-Methods": ", ".join(self.allowed_methods)}
        return HttpResponse(headers=PREFLIGHT_HEADERS | methods | self.described(), content_type="text/plain")

    def links(self) -> str:
        """Return what kind of thing stands here."""
        return ""

    def described(self) -> dict[str, str]:
        """Return the headers of an answer that is no error."""
        return {}

    @property
    def writer(self) -> User:
        """Who writes; the permission has let nobody else in."""
        return cast("User", self.request.user)

    def answer(self, document: dict[str, Any], salt: str, headers: Mapping[str, str] | None = None) -> HttpResponse:
        """Answer with a document, named by an ETag; 304 to whoever has it already."""
        media_type = self.request.accepted_media_type or w3c.JSONLD_MEDIA_TYPE
        body = DOCUMENT_WRITERS[media_type](document)
        tag = document_etag(body, salt)
        said = {**self.described(), **(headers or {}), "ETag": tag}
        if self.request.method in CONDITIONAL_METHODS and matches_if_none_match(
            tag, self.request.headers.get("If-None-Match", "")
        ):
            return HttpResponseNotModified(headers=said)
        return HttpResponse(body, media_type, headers=said)

    def names(self, document: dict[str, Any], salt: str) -> set[str]:
        """Return the ETags of a document, however it was read."""
        return {document_etag(written(document), salt) for written in DOCUMENT_WRITERS.values()}

    def document(self) -> object:
        """Return what was sent: 415 where it is something else, 413 where it is too large."""
        request = self.request._request  # noqa: SLF001 - the framework's own request would read any media type
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
"""How a document is written in each media type that is sent."""


def preferred_media_type(request: HttpRequest) -> str:
    """Return the media type that a request likes best, JSON-LD if it does not say; empty where it takes neither."""
    if not request.META.get("HTTP_ACCEPT", "").strip():
        return w3c.JSONLD_MEDIA_TYPE
    liked = sorted((accepted for accepted in request.accepted_types if accepted.quality > 0), key=lambda a: -a.quality)
    return next((fit for accepted in liked if (fit := _matching_media_type(accepted))), "")


def _matching_media_type(accepted: MediaType) -> str:
    kind = f"{accepted.main_type}/{accepted.sub_type}"
    if kind in {"text/turtle", "text/*"}:
        return w3c.TURTLE_MEDIA_TYPE
    profiles = accepted.params.get("profile", w3c.PROFILE).split()
    return w3c.JSONLD_MEDIA_TYPE if kind in JSON_MEDIA_RANGES and w3c.PROFILE in profiles else ""


JSON_MEDIA_RANGES = {"application/ld+json", "application/json", "application/*", "*/*"}


def document_etag(body: bytes, salt: str) -> str:
    """Return the name of a representation: nothing that its reader does not see has a part in it."""
    return f'"{hashlib.blake2b(salt.encode() + body, digest_size=16).hexdigest()}"'


def matches_if_none_match(tag: str, header: str) -> bool:
    """Tell whether If-None-Match names an answer, weakly or not."""
    known = parse_etags(header)
    return "*" in known or tag in (name.removeprefix("W/") for name in known)


@contextmanager
def protocol_errors() -> Iterator[None]:
    """Turn what stands against a verb into what the protocol answers; nothing is stored then."""
    try:
        with transaction.atomic():
            yield
    except w3c.ImmutableProperty as fixed:
        raise AnnotationConflict({fixed.place: [str(fixed)]}) from None
    except actions.AnchoringError as misplaced:
        raise AnnotationConflict({"target": {"selector": [str(misplaced)]}}) from None
    except actions.RuleViolation as refused:
        places = {PROPERTY_OF_FIELD.get(name, name): messages for name, messages in refused.message_dict.items()}
        raise exceptions.ValidationError(places) from None
    except actions.StaleNote:
        raise AnnotationPreconditionFailed from None
    except Annotation.DoesNotExist:
        raise AnnotationGone from None


PROPERTY_OF_FIELD = {"comment": "body", "tags": "body", "codes": "body", "group": "audience", "exact": "target"}
"""Where a document says what a verb calls otherwise."""
