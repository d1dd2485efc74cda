"""What the endpoints of single entries share: ETags, patches, and errors of rules; for registers and passages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from django.db.models import Model
from django.utils.http import parse_etags
from rest_framework import exceptions, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.views import APIView

from cases import actions
from cases.permissions import has_perm

from .cases import nested_errors
from .patching import merge_patch


class CanWriteRegisters(permissions.BasePermission):
    """Everyone may read, contributors may add, curators may change."""

    message = "Only contributors may add to the registers, and only curators may change what stands there."

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in permissions.SAFE_METHODS or request.method not in view.allowed_methods:
            return True
        return has_perm(request.user, "add to registers" if request.method == "POST" else "keep registers")


class CanKeepRegisters(permissions.BasePermission):
    """Curators merge and split."""

    message = "Only curators may merge and split what stands in the registers."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.method not in view.allowed_methods or has_perm(request.user, "keep registers")


def own_columns(serializer: serializers.BaseSerializer[Any]) -> list[str]:
    fields = cast("serializers.ModelSerializer[Any]", serializer).fields
    return [name for name, field in fields.items() if not field.read_only]


def digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:16]


def entry_etag(entry: Model, data: Any) -> str:
    """The ETag of an entry that is sent as these data."""
    return f'"{columns_tag(entry)}-{digest(data)}"'


def columns_tag(thing: Model) -> str:
    """What a change of an entry must name: it moves with what the entry says, not with who refers to it."""
    said = (column.attname for column in thing._meta.concrete_fields if column.editable)
    return digest({name: getattr(thing, name) for name in said})


class EntryMoved(Exception):
    """The entry was merged into another."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


class EntryVersionRequired(exceptions.APIException):
    """428: a change must name what it is based on."""

    status_code = status.HTTP_428_PRECONDITION_REQUIRED
    default_detail = "Send If-Match with the ETag of the entry as you read it, so that nobody's work is overwritten."


class EntryOutOfDate(exceptions.APIException):
    """412: the entry was changed since."""

    status_code = status.HTTP_412_PRECONDITION_FAILED
    default_detail = "This was changed since you read it, or If-Match is no ETag from here. Read it again."


def require_match(request: Request, tag: str) -> None:
    """Raise EntryVersionRequired without If-Match, and EntryOutOfDate unless it names this state of an entry."""
    header = request.headers.get("If-Match", "").strip()
    if header in {"", "*"}:
        raise EntryVersionRequired
    sent = {each.removeprefix("W/").strip('"').partition("-")[0] for each in parse_etags(header)}
    if tag not in sent:
        raise EntryOutOfDate


def patched_entry(whole: Mapping[str, Any], patch: Any, *, merge: bool) -> dict[str, Any]:
    if not isinstance(patch, Mapping):
        raise exceptions.ValidationError({"non_field_errors": ["Give an object here, with keys and values."]})
    patched: dict[str, Any] = merge_patch(whole, patch) if merge else {**whole, **patch}
    return patched


@contextmanager
def rules_as_mistakes() -> Iterator[None]:
    try:
        yield
    except actions.RuleViolation as error:
        raise exceptions.ValidationError(nested_errors(error.message_dict)) from error
