"""API endpoints that merge two entries of a register, and split one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cases import actions
from cases.models import Case, Organisation, Place, Source
from cases.models.registers import Registered

from .entries import CanKeepRegisters, columns_tag, require_match, rules_as_mistakes
from .registers import OrganisationSerializer, PlaceSerializer, RegisterEntry, SourceSerializer
from .states import ReasonSerializer

MAX_CASES_NAMED = 200
"""The most cases that an answer names, and that a request names at once."""


class EntryField(serializers.CharField):
    """An entry of the view's register, by its slug; that of a merged one means the other."""

    default_error_messages = {"unknown": "There is no “{slug}” in this register."}

    def run_validation(self, data: Any = serializers.empty) -> Any:
        slug = super().run_validation(data)
        model: Any = self.context["view"].model
        found = model.objects.filter(slug=slug).select_related("replaced_by").first()
        if found is None:
            self.fail("unknown", slug=slug)
        return found.current


class MoveSerializer(ReasonSerializer):
    """What both send."""

    preview = serializers.BooleanField(default=False, help_text="Only tell what would change.")


@extend_schema_serializer(component_name="MergeEntry")
class MergeEntrySerializer(MoveSerializer):
    """Into which entry another is merged, and why."""

    into = EntryField(max_length=200, help_text="The slug of the one that stays.")


class SplitEntrySerializer(MoveSerializer):
    """Which cases mean another entry, and which one: it stands already, or is entered here."""

    cases = serializers.ListField(
        child=serializers.CharField(max_length=200),
        max_length=MAX_CASES_NAMED,
        help_text="The slugs of the cases that name the other from now on.",
    )
    into = EntryField(max_length=200, required=False, help_text="The slug of the other, if it stands already.")

    def validate_cases(self, slugs: Sequence[str]) -> list[Case]:
        seen = Case.objects.visible_to(self.context["request"].user)
        found = {case.slug: case for case in seen.filter(slug__in=slugs)}
        unknown = {str(place): ["There is no such case."] for place, slug in enumerate(slugs) if slug not in found}
        if unknown:
            raise serializers.ValidationError(unknown)
        return list(found.values())

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("into" in attrs) == ("new" in attrs):
            raise serializers.ValidationError({"into": ["Give either the slug of the other, or as new what it says."]})
        return attrs


NEW: dict[str, Any] = {"required": False, "help_text": "What the other says, if it is not there yet."}


@extend_schema_serializer(component_name="SplitSource")
class SplitSourceSerializer(SplitEntrySerializer):
    """How a source is split."""

    new = SourceSerializer(**NEW)


@extend_schema_serializer(component_name="SplitOrganisation")
class SplitOrganisationSerializer(SplitEntrySerializer):
    """How an organisation is split."""

    new = OrganisationSerializer(**NEW)


@extend_schema_serializer(component_name="SplitPlace")
class SplitPlaceSerializer(SplitEntrySerializer):
    """How a place is split."""

    new = PlaceSerializer(**NEW)


class MovedSerializer(serializers.Serializer[Any]):
    """What was, or would be, changed."""

    done = serializers.BooleanField(help_text="False for a preview.")
    into = serializers.CharField(allow_null=True, help_text="The slug that the cases name; null if not yet entered.")
    url = serializers.CharField(allow_null=True, help_text="Its address here.")
    number = serializers.IntegerField(help_text="How many cases name it instead.")
    cases = serializers.ListField(
        child=serializers.CharField(), help_text=f"Their slugs, the first {MAX_CASES_NAMED}, by title."
    )


class EntryMove(RegisterEntry):
    """The base of these endpoints. With If-Match, the entry must still say what it said."""

    permission_classes = [CanKeepRegisters]

    def moved(self, slug: str) -> Response:
        """Do it, all or nothing, or tell what it would do."""
        thing = self.found(slug)
        if "If-Match" in self.request.headers:
            require_match(self.request, columns_tag(thing))
        serializer = self.get_serializer(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        said = dict(serializer.validated_data)
        with transaction.atomic():
            preview = said.pop("preview")
            into = said.get("into") or self.entered(serializer, said)
            with rules_as_mistakes():
                cases = actions.cases_to_move(thing=thing, into=into, by=self.writer, cases=said.get("cases"))
                if preview:
                    transaction.set_rollback(True)  # with the new entry
                else:
                    self.move(thing, into, said)
        known = not preview or "into" in said
        return self.answer(into if known else None, cases, done=not preview)

    def move(self, thing: Registered, into: Registered, said: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def entered(self, serializer: Any, said: Mapping[str, Any]) -> Registered:
        """The new entry; its mistakes are told below `new`."""
        given = self.filled(serializer.fields["new"], said["new"])
        try:
            with rules_as_mistakes():
                return actions.create_thing(register=self.model.REGISTER, given=given, by=self.writer)
        except exceptions.ValidationError as error:
            raise exceptions.ValidationError({"new": error.detail}) from error

    def answer(self, into: Registered | None, cases: Sequence[Case], *, done: bool) -> Response:
        view_name = f"{self.model._meta.model_name}-detail"
        url = into and reverse(view_name, args=[into.slug], request=self.request)
        slugs = [case.slug for case in cases[:MAX_CASES_NAMED]]
        told = {"done": done, "into": into and into.slug, "url": url, "number": len(cases), "cases": slugs}
        return Response(MovedSerializer(told).data)


class EntryMerge(EntryMove):
    """Merging."""

    serializer_class = MergeEntrySerializer

    @extend_schema(responses=MovedSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Let all that names an entry name another; its slug leads there. Each case gets a new version."""
        return self.moved(slug)

    def move(self, thing: Registered, into: Registered, said: Mapping[str, Any]) -> None:
        actions.merge_things(thing=thing, into=into, by=self.writer, reason=said["reason"])


class EntrySplit(EntryMove):
    """Splitting."""

    @extend_schema(responses=MovedSerializer)
    def post(self, request: Request, slug: str) -> Response:
        """Let some cases name another entry, with their passages and figures; the rest stays."""
        return self.moved(slug)

    def move(self, thing: Registered, into: Registered, said: Mapping[str, Any]) -> None:
        actions.split_thing(thing=thing, cases=said["cases"], into=into, by=self.writer, reason=said["reason"])


class SourceMerge(EntryMerge):
    """Two sources that are one."""

    model = Source


class SourceSplit(EntrySplit):
    """A source that is two."""

    model = Source
    serializer_class = SplitSourceSerializer


class OrganisationMerge(EntryMerge):
    """Two organisations that are one."""

    model = Organisation


class OrganisationSplit(EntrySplit):
    """An organisation that is two."""

    model = Organisation
    serializer_class = SplitOrganisationSerializer


class PlaceMerge(EntryMerge):
    """Two places that are one."""

    model = Place


class PlaceSplit(EntrySplit):
    """A place that is two."""

    model = Place
    serializer_class = SplitPlaceSerializer
