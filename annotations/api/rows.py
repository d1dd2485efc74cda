"""Notes as flat rows, for analysts; read-only, as programs write through the W3C protocol."""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import path
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import exceptions, generics, permissions
from rest_framework.request import Request
from rest_framework.response import Response

from cases.api.query import ParameterFields, ParameterSchema, QueryPagination, openapi_parameter
from cases.models.snapshot import snapshot
from cases.query.parameters import ValuesField
from taxonomy.api import ParameterlessView

from ..models import Annotation, AnnotationQuerySet
from ..query.filters import NoteFilterSet, note_parameters
from ..serializers import NoteSerializer

SENT_FORMAT = "json"


class NoteListSchema(ParameterSchema):
    """Documents the parameters of the list of notes; repeated values are alternatives."""

    def get_override_parameters(self) -> list[Any]:
        return [_openapi_parameter(name, field) for name, field in NOTE_LIST_PARAMETERS.items()]


def _openapi_parameter(name: str, field: forms.Field) -> OpenApiParameter:
    if not isinstance(field, ValuesField):
        return openapi_parameter(name, field)
    choices = {"enum": list(field.choices)} if field.choices else {}
    description = f"{str(field.label).capitalize()}. {field.help_text} Repeat it for alternatives."
    values = {"type": "array", "items": {"type": "string"} | choices}
    return OpenApiParameter(name, values, description=description, explode=True, style="form")


NOTE_LIST_PARAMETERS: ParameterFields = note_parameters() | {
    "format": forms.ChoiceField(label="format", choices=[(SENT_FORMAT, SENT_FORMAT)], required=False)
}
"""The query parameters of the list, including `format`, which the page of notes uses to redirect here."""


class NoteList(generics.GenericAPIView[Annotation]):
    """The notes."""

    schema = NoteListSchema()
    permission_classes = [permissions.AllowAny]
    serializer_class = NoteSerializer
    pagination_class = QueryPagination

    def get_queryset(self) -> AnnotationQuerySet:
        filterset = NoteFilterSet(self.request.query_params, self.request.user)
        problems = dict(filterset.problems)
        if filterset.query.get("format", SENT_FORMAT) not in {SENT_FORMAT, ""}:
            problems["format"] = [f"Only {SENT_FORMAT} is sent from here."]
        if problems:
            raise exceptions.ValidationError(problems)
        self.paging = filterset.params
        return rows_with_related(filterset.notes)

    @extend_schema(responses=NoteSerializer(many=True))
    def get(self, request: Request) -> Response:
        """List the notes that answer a question: one's own, those of one's groups, the public ones."""
        with snapshot():
            page = self.paginate_queryset(self.get_queryset())
            return self.get_paginated_response(self.get_serializer(page, many=True).data)


class NoteDetail(ParameterlessView, generics.GenericAPIView[Annotation]):
    """One note."""

    permission_classes = [permissions.AllowAny]
    serializer_class = NoteSerializer
    lookup_field = "uid"

    def get_queryset(self) -> AnnotationQuerySet:
        return rows_with_related(Annotation.objects.visible_to(self.request.user))

    def get(self, request: Request, uid: str) -> Response:
        """Return a note."""
        return Response(self.get_serializer(self.get_object()).data)


def rows_with_related(notes: AnnotationQuerySet) -> AnnotationQuerySet:
    """Prefetch everything that rows contain, without the long texts of cases."""
    return notes.with_related().defer("case__narrative", "case__summary", "revision__narrative")


urlpatterns: list[Any] = [
    path("annotations/", NoteList.as_view(), name="annotation-list"),
    path("annotations/<slug:uid>/", NoteDetail.as_view(), name="annotation-detail"),
]
