"""API endpoints that change the state or address of a case, or revert it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from cases import actions
from cases.history import reading
from cases.models import Case
from cases.serializers import CaseSerializer, validate_record
from plaintext.serializers import WrittenField
from taxonomy.api import ParameterlessView

from ..actions.affirming import MAX_WORDS_LENGTH
from ..actions.rules import MAX_REASON_LENGTH
from .cases import IF_MATCH, CaseAPIView, CaseStateConflict

MAX_PATH_LENGTH = 500
"""In characters; a path may name a figure in the source's own words."""

MAX_CODINGS_AFFIRMED = 1_000

OPTIONAL_TEXT: dict[str, Any] = {"required": False, "allow_blank": True, "default": ""}


@extend_schema_serializer(component_name="Note")  # as the API's description has always called it
class OptionalReasonSerializer(serializers.Serializer[Any]):
    """Why, if there is something to say."""

    reason = WrittenField(max_length=MAX_REASON_LENGTH, help_text="The history tells readers.", **OPTIONAL_TEXT)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = WrittenField(max_length=MAX_REASON_LENGTH, help_text="Whom it concerns is told; the history, too.")


class RenameSerializer(ReasonSerializer):
    """The new address of a case, and why."""

    slug = serializers.SlugField(max_length=120, help_text="The new address; the old one leads there.")


class MergeSerializer(ReasonSerializer):
    """Into which case another is merged, and why."""

    into = serializers.SlugRelatedField(
        slug_field="slug", queryset=Case.objects.all(), help_text="The case that tells it from now on."
    )


@extend_schema_serializer(component_name="Revert")
class RevertSerializer(OptionalReasonSerializer):
    """To which version a case is brought back."""

    to = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The number of a version.")


@extend_schema_serializer(component_name="Affirmation")
class AffirmSerializer(OptionalReasonSerializer):
    """Which codings of a case are affirmed, and why."""

    codings = serializers.ListField(
        child=WrittenField(max_length=MAX_PATH_LENGTH),
        required=False,
        max_length=MAX_CODINGS_AFFIRMED,
        help_text="Their `path`; without it, all that are to be re-affirmed.",
    )
    words = serializers.DictField(
        child=WrittenField(max_length=MAX_WORDS_LENGTH),
        default=dict,
        help_text="By `path`: other words of the same source that carry the coding from now on.",
    )


class CaseTransition(CaseAPIView, ParameterlessView):
    """Base class of these endpoints. With If-Match, the case must still be at that version."""

    perm: ClassVar[str] = "publish"
    """The required permission (see `cases.permissions`)."""

    def moved(self, slug: str, move: Any, shape: type[serializers.Serializer[Any]]) -> HttpResponse:
        """Apply an action to a case, and respond with the case."""
        case = self.find(slug, self.perm)
        data = self.read(shape)
        if "If-Match" in self.request.headers:
            case.version = self.version()
        with self.writing(CaseStateConflict):
            moved = move(case=case, by=self.curator, **data)
        return self.shown(self.find(moved.slug))

    def read(self, shape: type[serializers.Serializer[Any]]) -> Mapping[str, Any]:
        """Validate the request body."""
        serializer = shape(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        data: Mapping[str, Any] = serializer.validated_data
        return data


class CaseSubmit(CaseTransition):
    """Submitting."""

    perm = "submit"

    @extend_schema(request=OptionalReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Hand a draft over for review."""
        return self.moved(slug, actions.submit_case, OptionalReasonSerializer)


class CaseReturn(CaseTransition):
    """Returning."""

    perm = "review"

    @extend_schema(request=ReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Return a case in review to its author, saying what to do."""
        return self.moved(slug, actions.return_case, ReasonSerializer)


class CasePublish(CaseTransition):
    """Publishing."""

    @extend_schema(request=OptionalReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Show a case to every reader."""
        return self.moved(slug, actions.publish_case, OptionalReasonSerializer)


class CaseWithdraw(CaseTransition):
    """Withdrawing."""

    @extend_schema(request=ReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a published case away from readers, and tell them why."""
        return self.moved(slug, actions.withdraw_case, ReasonSerializer)


class CaseRedraft(CaseTransition):
    """Taking up again."""

    @extend_schema(request=OptionalReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a withdrawn case up again, as a draft."""
        return self.moved(slug, actions.redraft_case, OptionalReasonSerializer)


class CaseRename(CaseTransition):
    """Renaming."""

    perm = "rename"

    @extend_schema(request=RenameSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Give a case another address; the old one leads there from now on."""
        return self.moved(slug, rename_to_slug, RenameSerializer)


def rename_to_slug(*, slug: str, **data: Any) -> Case:
    """`actions.rename_case` with the parameter names of the serializer."""
    return actions.rename_case(to=slug, **data)


class CaseMerge(CaseTransition):
    """Merging."""

    perm = "rename"

    @extend_schema(request=MergeSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Withdraw a case that another one tells as well; its address leads there from now on."""
        return self.moved(slug, actions.merge_case, MergeSerializer)


class CaseAffirm(CaseTransition):
    """Affirming."""

    perm = "affirm"

    @extend_schema(request=AffirmSerializer, responses=CaseSerializer, parameters=[IF_MATCH])
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Affirm that passages still carry the codings of a case, or point these to other words."""
        case, version = self.find(slug, self.perm), self.version()
        data = self.read(AffirmSerializer)
        with self.writing():
            actions.affirm_codings(
                case=case,
                by=self.curator,
                version=version,
                paths=data.get("codings"),
                words=data["words"],
                reason=data["reason"],
            )
        return self.shown(self.find(slug))


class CaseRevert(CaseTransition):
    """Going back."""

    perm = "revert"

    @extend_schema(request=RevertSerializer, responses=CaseSerializer, parameters=[IF_MATCH])
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Make a case say again what it said at an earlier version; that is a version of its own."""
        case, version = self.find(slug, self.perm), self.version()
        data = self.read(RevertSerializer)
        to = reading.readable_versions(case, request.user).filter(number=data["to"]).first()
        if to is None:
            raise exceptions.ValidationError({"to": [f"This case has no version {data['to']}."]})
        with self.writing(CaseStateConflict):
            record = validate_record(reading.record_to_restore(case, to), case)
            actions.revert_case(
                case=case, to=to, record=record, by=self.curator, version=version, reason=data["reason"]
            )
        return self.shown(self.find(slug))
