"""The doors that move a case: from state to state, to another address, back to an earlier version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request

from cases import actions, history
from cases.models import Case
from cases.serializers import CaseSerializer, record_of
from taxonomy.api import WithoutParameters

from .cases import IF_MATCH, LONGEST_REASON, Conflict, Curated

OPTIONAL: dict[str, Any] = {"required": False, "allow_blank": True, "default": ""}


class NoteSerializer(serializers.Serializer[Any]):
    """Why, if there is something to say."""

    reason = serializers.CharField(max_length=LONGEST_REASON, help_text="The history tells readers.", **OPTIONAL)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=LONGEST_REASON, help_text="Whom it concerns is told; the history, too.")


class RenameSerializer(ReasonSerializer):
    """The new address of a case, and why."""

    slug = serializers.SlugField(max_length=120, help_text="The new address; the old one leads there.")


class MergeSerializer(ReasonSerializer):
    """Into which case another is merged, and why."""

    into = serializers.SlugRelatedField(
        slug_field="slug", queryset=Case.objects.all(), help_text="The case that tells it from now on."
    )


class RevertSerializer(NoteSerializer):
    """To which version a case is brought back."""

    to = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="The number of a version.")


class Move(Curated, WithoutParameters):
    """A door that moves a case. With If-Match it does so only from the version that you read."""

    right: ClassVar[str] = "publish"
    """What whoever comes must be allowed to do (see `cases.rights`)."""

    def moved(self, slug: str, move: Any, shape: type[serializers.Serializer[Any]]) -> HttpResponse:
        """Move a case, if its state and its record allow it."""
        case = self.find(slug, self.right)
        said = self.said(shape)
        if "If-Match" in self.request.headers:
            case.version = self.version()
        with self.writing(Conflict):
            moved = move(case=case, by=self.curator, **said)
        return self.shown(self.find(moved.slug))

    def said(self, shape: type[serializers.Serializer[Any]]) -> Mapping[str, Any]:
        """Read what was sent."""
        serializer = shape(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        said: Mapping[str, Any] = serializer.validated_data
        return said


class Submit(Move):
    """Submitting."""

    right = "submit"

    @extend_schema(request=NoteSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Hand a draft over for review."""
        return self.moved(slug, actions.submit, NoteSerializer)


class Return(Move):
    """Returning."""

    right = "review"

    @extend_schema(request=ReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Return a case in review to its author, saying what to do."""
        return self.moved(slug, actions.send_back, ReasonSerializer)


class Publish(Move):
    """Publishing."""

    @extend_schema(request=NoteSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Show a case to every reader."""
        return self.moved(slug, actions.publish, NoteSerializer)


class Withdraw(Move):
    """Withdrawing."""

    @extend_schema(request=ReasonSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a published case away from readers, and tell them why."""
        return self.moved(slug, actions.withdraw, ReasonSerializer)


class Redraft(Move):
    """Taking up again."""

    @extend_schema(request=NoteSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take a withdrawn case up again, as a draft."""
        return self.moved(slug, actions.redraft, NoteSerializer)


class Rename(Move):
    """Renaming."""

    right = "rename"

    @extend_schema(request=RenameSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Give a case another address; the old one leads there from now on."""
        return self.moved(slug, renamed, RenameSerializer)


def renamed(*, slug: str, **said: Any) -> Case:
    """Rename a case to a slug."""
    return actions.rename(to=slug, **said)


class Merge(Move):
    """Merging."""

    right = "rename"

    @extend_schema(request=MergeSerializer, responses=CaseSerializer)
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Withdraw a case that another one tells as well; its address leads there from now on."""
        return self.moved(slug, actions.merge, MergeSerializer)


class Revert(Move):
    """Going back."""

    right = "revert"

    @extend_schema(request=RevertSerializer, responses=CaseSerializer, parameters=[IF_MATCH])
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Make a case say again what it said at an earlier version; that is a version of its own."""
        case, version = self.find(slug, self.right), self.version()
        said = self.said(RevertSerializer)
        to = history.versions_of(case, request.user).filter(number=said["to"]).first()
        if to is None:
            raise exceptions.ValidationError({"to": [f"This case has no version {said['to']}."]})
        with self.writing(Conflict):
            record = record_of(history.again(case, to), case)
            actions.revert(case=case, to=to, record=record, by=self.curator, version=version, reason=said["reason"])
        return self.shown(self.find(slug))
