"""The doors to a case's history: its versions, one of them whole, and what differs between two."""

from __future__ import annotations

from typing import Any

from django import forms
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cases import history
from cases.compare import Kind
from cases.models import Act, State
from cases.models.snapshot import snapshot
from taxonomy.api import WithoutParameters

from .cases import Curated
from .paging import part_of
from .questions import PAGES, Described, Parameters, asked_of

WITH: Parameters = {
    "with": forms.IntegerField(
        label="number of the other version",
        help_text="Without it, the version before.",
        min_value=1,
        max_value=2**31 - 1,
        required=False,
    )
}


class VersionSerializer(serializers.Serializer[Any]):
    """One version of a case: who made it, when, by doing what, and why."""

    number = serializers.IntegerField(source="version.number")
    date = serializers.DateTimeField(source="version.history_date")
    by = serializers.CharField(help_text="The name of whoever changed it, or proposed the change.")
    accepted_by = serializers.CharField(help_text="Who accepted what was proposed; empty where nothing was.")
    act = serializers.ChoiceField(source="version.act", choices=Act.choices)
    state = serializers.ChoiceField(source="version.state", choices=State.choices)
    reason = serializers.SerializerMethodField(help_text="Empty where none was given.")
    url = serializers.SerializerMethodField(help_text="The version with its record.")

    def get_reason(self, entry: history.Entry) -> str:
        return entry.version.history_change_reason or ""

    def get_url(self, entry: history.Entry) -> str:
        address = [self.context["case"].slug, entry.version.number]
        return reverse("case-version", args=address, request=self.context["request"])


class VersionListSerializer(serializers.Serializer[Any]):
    """A page of the versions of a case, the newest first."""

    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = VersionSerializer(many=True)


class WholeVersionSerializer(VersionSerializer):
    """One version of a case, with all that the case said then."""

    record = serializers.DictField(
        source="version.record", help_text="The case as it was, in the shape in which cases are sent to be changed."
    )


class ChangeSerializer(serializers.Serializer[Any]):
    """One thing that differs between two versions."""

    path = serializers.CharField(help_text="For example arrangements[1].type.basis.")
    name = serializers.CharField(help_text="What people call it.")
    kind = serializers.ChoiceField(choices=[kind.value for kind in Kind])
    before = serializers.CharField(allow_blank=True, help_text="What stood there, in words; empty for nothing.")
    after = serializers.CharField(allow_blank=True, help_text="What stands there, in words; empty for nothing.")


class VersionList(Curated):
    """The versions."""

    schema = Described()

    def parameters(self) -> Parameters:
        """Return the parameters of the list."""
        return PAGES

    @extend_schema(operation_id="cases_versions_list", responses=VersionListSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """List the versions of a case that you may read, the newest first."""
        with snapshot():
            case, asked = self.find(slug), asked_of(request, PAGES)
            versions = history.versions_of(case, request.user)
            total = versions.count()
            part = part_of(request, asked, total)
            page = {
                "count": total,
                "next": part.next,
                "previous": part.previous,
                "results": history.entries(case, versions, part.start, part.stop),
            }
            return Response(VersionListSerializer(page, context={"request": request, "case": case}).data)


class VersionDetail(Curated, WithoutParameters):
    """One version."""

    @extend_schema(operation_id="cases_versions_retrieve", responses=WholeVersionSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Read a case as it was at one of its versions."""
        with snapshot():
            case = self.find(slug)
            entry = history.entry(case, version_of(history.versions_of(case, request.user), number))
            return Response(WholeVersionSerializer(entry, context={"request": request, "case": case}).data)


class VersionDifference(Curated):
    """What differs between two versions."""

    schema = Described()

    def parameters(self) -> Parameters:
        """Return the parameters of the comparison."""
        return WITH

    @extend_schema(operation_id="cases_versions_difference", responses=ChangeSerializer(many=True))
    def get(self, request: Request, slug: str, number: int) -> Response:
        """List what this version says otherwise than another, or than the version before."""
        with snapshot():
            case, other = self.find(slug), asked_of(request, WITH).get("with")
            versions = history.versions_of(case, request.user)
            after = version_of(versions, number)
            before = version_of(versions, other) if other else versions.filter(number__lt=number).first()
            return Response(history.told(history.compared(before.record, after.record)) if before else [])


def version_of(versions: Any, number: int) -> Any:
    """Return the version with a number."""
    found = versions.filter(number=number).first()
    if found is None:
        raise exceptions.NotFound(f"There is no version {number} to read.")
    return found
