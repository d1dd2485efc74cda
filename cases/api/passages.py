"""API endpoints for passages: the quoted words of sources, for those who write cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from accounts.models import User
from cases import actions
from cases.models import Passage, Source
from cases.permissions import has_perm
from cases.serializers.fields import PartSerializer, text_field
from cases.serializers.parts import CHECKED_HELP
from taxonomy.api import ParameterlessView

from .cases import CHANGE_REASON, change_reason
from .entries import CanWriteRegisters, columns_tag, entry_etag, patched_entry, require_match, rules_as_mistakes
from .patching import PatchView
from .query import PAGE_FIELDS, ParameterFields, ParameterSchema, QueryPagination, read_params

OFFSET: dict[str, Any] = {"min_value": 0, "max_value": 2**31 - 1, "allow_null": True, "default": None}


class QuotationSerializer(PartSerializer):
    """The quoted words of a source, as a passage of its own."""

    id = serializers.IntegerField(read_only=True)
    source = serializers.SlugRelatedField(  # type: ignore[assignment]  # a field
        slug_field="slug", queryset=Source.objects.current(), help_text="Slug of its source."
    )
    exact = text_field(
        required=True, trim_whitespace=False, max_length=5000, help_text="The quoted words, character for character."
    )
    start = serializers.IntegerField(
        **OFFSET, help_text="Where they begin in the source's text, in code points; null where no text is held."
    )
    end = serializers.IntegerField(**OFFSET, help_text="`start` plus the number of characters quoted.")
    locator = text_field(Passage, "locator", help_text="Where it stands in a source with pages, for example p. 13.")
    checked = serializers.BooleanField(source="is_checked", read_only=True, help_text=CHECKED_HELP)
    url = serializers.SerializerMethodField(help_text="Its address here.")

    def get_url(self, passage: Passage) -> str:
        """Its address."""
        address: str = reverse("passage-detail", args=[passage.pk], request=self.context["request"])
        return address


class CanReadPassages(CanWriteRegisters):
    """Passages that no published case quotes are seen only by those who may write with them."""

    message = "Only contributors may see and add passages by themselves, and only curators may change them."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return super().has_permission(request, view) and has_perm(request.user, "add to registers")


class PassageView(generics.GenericAPIView[Passage]):
    """The base of both."""

    permission_classes = [CanReadPassages]
    serializer_class = QuotationSerializer
    queryset = Passage.objects.select_related("source")

    @property
    def writer(self) -> User:
        return cast("User", self.request.user)

    def given(self, data: Any) -> dict[str, Any]:
        serializer = self.get_serializer(data=data)
        serializer.is_valid(raise_exception=True)
        columns: dict[str, Any] = serializer.validated_data
        return columns

    def shown(self, passage: Passage, code: int = status.HTTP_200_OK) -> Response:
        data = self.get_serializer(passage).data
        headers = {"ETag": entry_etag(passage, data)}
        if code == status.HTTP_201_CREATED:
            headers["Location"] = data["url"]
        return Response(data, code, headers=headers)


class SourcePassages(PassageView):
    """The passages of a source."""

    schema = ParameterSchema()
    pagination_class = QueryPagination

    def parameters(self) -> ParameterFields:
        return PAGE_FIELDS

    def source(self) -> Source:
        slug = self.kwargs["slug"]
        found: Source | None = Source.objects.filter(slug=slug).select_related("replaced_by").first()
        if found is None:
            raise exceptions.NotFound("There is no such source.")
        current: Source = found.current
        return current

    @extend_schema(operation_id="source_passages_list", responses=QuotationSerializer(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """List the passages of a source, in the order of its text."""
        self.paging = read_params(request, PAGE_FIELDS)
        passages: QuerySet[Passage] = self.get_queryset().filter(source=self.source()).order_by("start", "pk")
        page = self.paginate_queryset(passages)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(operation_id="source_passages_create", responses={201: QuotationSerializer})
    def post(self, request: Request, slug: str) -> Response:
        """Enter words that a source has. Its slug may be left out of what is sent."""
        source = self.source().slug
        data = {"source": source, **request.data} if isinstance(request.data, Mapping) else request.data
        given = self.given(data)
        if given["source"].slug != source:
            raise exceptions.ValidationError({"source": [f"Here it is {source}, or left out."]})
        with rules_as_mistakes():
            passage = actions.create_passage(given=given, by=self.writer)
        return self.shown(passage, status.HTTP_201_CREATED)


class PassageDetail(PatchView, ParameterlessView, PassageView):
    """One passage."""

    def get(self, request: Request, pk: int) -> Response:
        """Read one passage. Its ETag is for the change that you make from it."""
        return self.shown(self.get_object())

    @extend_schema(parameters=[CHANGE_REASON])
    def put(self, request: Request, pk: int) -> Response:
        """Replace what a passage says; each case that quotes it gets a new version."""
        return self.changed(lambda _: request.data)

    @extend_schema(parameters=[CHANGE_REASON])
    def patch(self, request: Request, pk: int) -> Response:
        """Change some keys of a passage; the others stay. In a merge patch, null takes away."""
        return self.changed(self.patched)

    def patched(self, passage: Passage) -> dict[str, Any]:
        whole = self.get_serializer(passage).data
        return patched_entry(whole, self.request.data, merge=self.is_merge_patch)

    def changed(self, data: Any) -> Response:
        with transaction.atomic():
            passage = self.get_object()
            require_match(self.request, columns_tag(passage))
            given = self.given(data(passage))
            with rules_as_mistakes():
                passage = actions.change_passage(
                    passage=passage, given=given, by=self.writer, reason=change_reason(self.request)
                )
        return self.shown(passage)
