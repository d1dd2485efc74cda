"""API endpoints for the history of a case: its versions, one of them whole, the difference of two."""

from __future__ import annotations

from typing import Any

from django import forms
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cases.history import reading
from cases.history.diff import ChangeKind
from cases.models import Act, Origin, State
from cases.models.snapshot import snapshot
from taxonomy.api import ParameterlessView

from .cases import CaseAPIView
from .paging import page_bounds
from .query import PAGE_FIELDS, ParameterFields, ParameterSchema, read_params

COMPARISON_FIELDS: ParameterFields = {
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
    origin = serializers.ChoiceField(
        source="version.how", choices=Origin.choices, allow_blank=True, help_text="How; empty if it is not recorded."
    )
    state = serializers.ChoiceField(source="version.state", choices=State.choices)
    reason = serializers.SerializerMethodField(help_text="Empty where none was given.")
    url = serializers.SerializerMethodField(help_text="The version with its record.")

    def get_reason(self, entry: reading.HistoryEntry) -> str:
        return entry.version.history_change_reason or ""

    def get_url(self, entry: reading.HistoryEntry) -> str:
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
    kind = serializers.ChoiceField(choices=[kind.value for kind in ChangeKind])
    before = serializers.CharField(allow_blank=True, help_text="What stood there, in words; empty for nothing.")
    after = serializers.CharField(allow_blank=True, help_text="What stands there, in words; empty for nothing.")


class VersionList(CaseAPIView):
    """The versions."""

    schema = ParameterSchema()

    def parameters(self) -> ParameterFields:
        return PAGE_FIELDS

    @extend_schema(operation_id="cases_versions_list", responses=VersionListSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """List the versions of a case that you may read, the newest first."""
        with snapshot():
            case, params = self.find(slug), read_params(request, PAGE_FIELDS)
            versions = reading.readable_versions(case, request.user)
            total = versions.count()
            part = page_bounds(request, params, total)
            page = {
                "count": total,
                "next": part.next,
                "previous": part.previous,
                "results": reading.history_entries(case, versions, part.start, part.stop),
            }
            return Response(VersionListSerializer(page, context={"request": request, "case": case}).data)


class VersionDetail(CaseAPIView, ParameterlessView):
    """One version."""

    @extend_schema(operation_id="cases_versions_retrieve", responses=WholeVersionSerializer)
    def get(self, request: Request, slug: str, number: int) -> Response:
        """Read a case as it was at one of its versions."""
        with snapshot():
            case = self.find(slug)
            entry = reading.history_entry(case, get_version(reading.readable_versions(case, request.user), number))
            return Response(WholeVersionSerializer(entry, context={"request": request, "case": case}).data)


class VersionDifference(CaseAPIView):
    """What differs between two versions."""

    schema = ParameterSchema()

    def parameters(self) -> ParameterFields:
        return COMPARISON_FIELDS

    @extend_schema(operation_id="cases_versions_difference", responses=ChangeSerializer(many=True))
    def get(self, request: Request, slug: str, number: int) -> Response:
        """List what this version says otherwise than another, or than the version before."""
        with snapshot():
            case, other = self.find(slug), read_params(request, COMPARISON_FIELDS).get("with")
            versions = reading.readable_versions(case, request.user)
            after = get_version(versions, number)
            before = get_version(versions, other) if other else versions.filter(number__lt=number).first()
            return Response(
                reading.changes_as_primitives(reading.compare_versions(before.record, after.record)) if before else []
            )


def get_version(versions: Any, number: int) -> Any:
    """Return the version with this number, or raise NotFound."""
    found = versions.filter(number=number).first()
    if found is None:
        raise exceptions.NotFound(f"There is no version {number} to read.")
    return found
