"""The site's addresses, and what it is compared with: an empty answer, and cases through plain ModelSerializers."""

from __future__ import annotations

import os
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.urls import path
from rest_framework import generics, pagination, permissions, serializers

from cases.models import Arrangement, Case, Caveat, Citation, Claim, Participation, PathwayLink
from cases.models.snapshot import catalogue_version
from cases.query import build
from codelivery import urls


def empty(request: HttpRequest) -> JsonResponse:
    """Answer with nothing: the cost of the server, Django and the middleware."""
    return JsonResponse({})


def ready(request: HttpRequest) -> JsonResponse:
    """Say which process answers, and whether it has its index of the catalogue."""
    return JsonResponse({"process": os.getpid(), "ready": build.get_index(catalogue_version()) is not None})


def plain(model: type[Any]) -> serializers.ModelSerializer[Any]:
    """Return the serializer that Django REST framework makes of a part of a case by itself."""
    meta = type("Meta", (), {"model": model, "exclude": ["case"]})
    made: type[serializers.ModelSerializer[Any]] = type("Plain", (serializers.ModelSerializer,), {"Meta": meta})
    return made(many=True)


class PlainCase(serializers.ModelSerializer[Case]):
    """A case with its parts; what they refer to is given by its key."""

    arrangements = plain(Arrangement)
    pathway_links = plain(PathwayLink)
    claims = plain(Claim)
    caveats = plain(Caveat)
    participations = plain(Participation)
    citations = plain(Citation)

    class Meta:
        model = Case
        exclude = ["pathways", "organisations", "sources"]


PARTS = ("sectors", "places", "arrangements", "pathway_links", "claims", "caveats", "participations", "citations")


class TwentyAPage(pagination.PageNumberPagination):
    page_size = 20


class PlainCases(generics.ListAPIView[Case]):
    """Cases with all their parts, fetched well, written by plain ModelSerializers."""

    permission_classes = [permissions.AllowAny]
    serializer_class = PlainCase
    pagination_class = TwentyAPage
    queryset = Case.objects.published().prefetch_related(*PARTS).order_by("sort_key", "slug")


urlpatterns = [
    path("bench/empty/", empty),
    path("bench/ready/", ready),
    path("bench/plain/", PlainCases.as_view()),
    *urls.urlpatterns,
]
handler400, handler403, handler404, handler500 = urls.handler400, urls.handler403, urls.handler404, urls.handler500
