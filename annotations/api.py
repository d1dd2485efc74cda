"""The machine doors to the notes: one's own and the public ones on cases that one may see."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, generics, permissions, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import User
from cases.api.questions import PAGES, Described, Pages, Parameters, asked_of
from cases.models import Case
from taxonomy.api import WithoutParameters

from . import actions
from .models import Annotation, AnnotationQuerySet
from .serializers import NewNoteSerializer, NoteSerializer, RevisedNoteSerializer


class Misplaced(exceptions.ValidationError):
    """409: the quoted words have no certain place in the narrative; nothing is stored."""

    status_code = status.HTTP_409_CONFLICT


def writer(request: Request) -> User:
    """Return who writes; the permission has seen to it that someone is signed in."""
    return cast("User", request.user)


PARAMETERS: Parameters = {
    **PAGES,
    "case": forms.CharField(label="slug of a case", max_length=120, required=False),
}
"""What the list of notes may be asked for."""


class Notes(generics.GenericAPIView[Annotation]):
    """What both doors fetch: the notes that the reader may see."""

    permission_classes = [permissions.IsAuthenticatedOrReadOnly]
    serializer_class = NoteSerializer

    def get_queryset(self) -> AnnotationQuerySet:
        """Return the visible notes, with their cases and authors."""
        return Annotation.objects.visible_to(self.request.user).select_related("case", "author")


class NoteList(Notes, generics.ListAPIView[Annotation]):
    """The notes."""

    schema = Described()
    pagination_class = Pages

    def parameters(self) -> Parameters:
        """Return what may be asked for."""
        return PARAMETERS

    def get(self, request: Request) -> Response:
        """List one's own notes and the public ones, by case, in the order of the text."""
        self.paging = asked_of(request, PARAMETERS)
        notes = self.on(self.paging.get("case", "")).order_by("case__slug", "start", "end", "pk")
        page = self.paginate_queryset(notes)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def on(self, slug: str) -> AnnotationQuerySet:
        """Return the notes on one case, or on all."""
        if not slug:
            return self.get_queryset()
        case = Case.objects.visible_to(self.request.user).filter(slug=slug).first()
        if case is None:
            raise exceptions.ValidationError({"case": ["There is no such case."]})
        return self.get_queryset().filter(case=case)

    @extend_schema(request=NewNoteSerializer, responses={201: NoteSerializer})
    def post(self, request: Request) -> Response:
        """Write a note. 409 where the quoted words do not stand at these offsets, or in no or several places."""
        serializer = NewNoteSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        words = {name: serializer.validated_data[name] for name in ("comment", "audience")}
        try:
            note = actions.annotate(by=writer(request), **serializer.target, **words)
        except actions.Misplaced as misplaced:
            raise Misplaced({"exact": [str(misplaced)]}) from None
        address = reverse("annotation-detail", args=[note.pk], request=request)
        return Response(self.get_serializer(note).data, status=status.HTTP_201_CREATED, headers={"Location": address})


class NoteDetail(WithoutParameters, Notes):
    """One note."""

    def get(self, request: Request, pk: int) -> Response:
        """Return a note."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(request=RevisedNoteSerializer, responses=NoteSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        """Change what one's note says, or who may read it."""
        note = self.get_object()
        serializer = RevisedNoteSerializer(data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        try:
            revised = actions.revise(note=note, by=writer(request), **serializer.validated_data)
        except Annotation.DoesNotExist:
            raise exceptions.NotFound from None
        return Response(self.get_serializer(revised).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: int) -> Response:
        """Delete one's note."""
        try:
            actions.remove(note=self.get_object(), by=writer(request))
        except Annotation.DoesNotExist:
            raise exceptions.NotFound from None
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns: list[Any] = [
    path("annotations/", NoteList.as_view(), name="annotation-list"),
    path("annotations/<int:pk>/", NoteDetail.as_view(), name="annotation-detail"),
]
