"""The one API router: every machine door under /api/v1/, its schema and its documentation."""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, URLResolver, path
from drf_spectacular import renderers as formats
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from annotations.api.rows import urlpatterns as notes
from cases.api import answers, cases, proposals, registers, states, versions
from cases.export_formats import export_formats
from cases.freshness import fresh
from taxonomy.api import VocabularyDetail, VocabularyList, WithoutParameters

DOORS = {
    "cases": "case-list",
    "results": "results",
    "facets": "facets",
    "matrix": "matrix",
    "proposals": "proposal-list",
    "taxonomy": "vocabulary-list",
    "sources": "source-list",
    "organisations": "organisation-list",
    "places": "place-list",
    "annotations": "annotation-list",
    "web-annotations": "annotations:container",
    **{each.link_name: each.url_name for each in export_formats()},
    "export-annotations": "interchange:annotations-jsonld",
    "export-codebook": "interchange:codebook-qdc",
    "schema": "schema",
    "docs": "docs",
}


class Root(WithoutParameters):
    """What there is."""

    permission_classes = [AllowAny]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """List the doors."""
        return Response({name: reverse(door, request=request) for name, door in DOORS.items()})


class Schema(WithoutParameters, SpectacularAPIView):
    """The OpenAPI schema: JSON, or YAML for whoever accepts only that."""

    renderer_classes = [
        formats.OpenApiJsonRenderer2,
        formats.OpenApiJsonRenderer,
        formats.OpenApiYamlRenderer2,
        formats.OpenApiYamlRenderer,
    ]


class Docs(SpectacularSwaggerSplitView):
    """The documentation for people; its script is a file of its own, as the Content-Security-Policy asks."""

    url_name = "schema"
    template_name = "docs.html"


PROBLEM = {
    "type": "object",
    "description": "A problem document (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string", "description": "What kind of problem, in the words of HTTP."},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "instance": {"type": "string", "format": "uri-reference", "description": "The address asked for."},
        "errors": {
            "type": "array",
            "description": "Every mistake, where there are several places to look at.",
            "items": {
                "type": "object",
                "required": ["detail"],
                "properties": {
                    "parameter": {"type": "string", "description": "The parameter that holds it."},
                    "pointer": {"type": "string", "description": "JSON pointer to its place in what was sent."},
                    "detail": {"type": "string"},
                },
            },
        },
        "withdrawn_at": {
            "type": ["string", "null"],
            "format": "date-time",
            "description": "410: since when it is gone.",
        },
        "reason": {"type": "string", "description": "410: why it was withdrawn."},
        "current_version": {"type": "integer", "description": "412: the version that the case is at now."},
        "changed": {
            "type": "array",
            "description": "412: what differs between the version in If-Match and the one that the case is at now.",
            "items": {"$ref": "#/components/schemas/Change"},
        },
        "conflicts": {
            "type": "array",
            "description": "409: what a proposal and the case changed in two ways.",
            "items": {"$ref": "#/components/schemas/Conflict"},
        },
    },
}


def with_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say of each operation that its errors are problem documents (a hook of drf-spectacular)."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    problem = {"description": "Any error.", "content": content}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = problem
    return result


urlpatterns: list[URLPattern | URLResolver] = [
    path("", Root.as_view(), name="api-root"),
    path("cases/", cases.CaseList.as_view(), name="case-list"),
    path("cases/<slug:slug>/", cases.CaseDetail.as_view(), name="case-detail"),
    path("cases/<slug:slug>/submit/", states.Submit.as_view(), name="case-submit"),
    path("cases/<slug:slug>/return/", states.Return.as_view(), name="case-return"),
    path("cases/<slug:slug>/publish/", states.Publish.as_view(), name="case-publish"),
    path("cases/<slug:slug>/withdraw/", states.Withdraw.as_view(), name="case-withdraw"),
    path("cases/<slug:slug>/redraft/", states.Redraft.as_view(), name="case-redraft"),
    path("cases/<slug:slug>/rename/", states.Rename.as_view(), name="case-rename"),
    path("cases/<slug:slug>/merge/", states.Merge.as_view(), name="case-merge"),
    path("cases/<slug:slug>/revert/", states.Revert.as_view(), name="case-revert"),
    path("cases/<slug:slug>/versions/", versions.VersionList.as_view(), name="case-versions"),
    path("cases/<slug:slug>/versions/<int:number>/", versions.VersionDetail.as_view(), name="case-version"),
    path(
        "cases/<slug:slug>/versions/<int:number>/difference/",
        versions.VersionDifference.as_view(),
        name="case-difference",
    ),
    path("cases/<slug:slug>/proposals/", proposals.CaseProposals.as_view(), name="case-proposals"),
    path("proposals/", proposals.ProposalList.as_view(), name="proposal-list"),
    path("proposals/<int:pk>/", proposals.ProposalDetail.as_view(), name="proposal-detail"),
    path("proposals/<int:pk>/accept/", proposals.Accept.as_view(), name="proposal-accept"),
    path("proposals/<int:pk>/return/", proposals.GiveBack.as_view(), name="proposal-return"),
    path("proposals/<int:pk>/decline/", proposals.Decline.as_view(), name="proposal-decline"),
    path("proposals/<int:pk>/retract/", proposals.Retract.as_view(), name="proposal-retract"),
    path("proposals/<int:pk>/remarks/", proposals.Remarks.as_view(), name="proposal-remarks"),
    path("results/", fresh(answers.ResultsDoor.as_view(), sends="application/json"), name="results"),
    path("facets/", fresh(answers.FacetDoor.as_view(), sends="application/json"), name="facets"),
    path(
        "facets/<slug:name>/", fresh(answers.FacetSearchDoor.as_view(), sends="application/json"), name="facet-values"
    ),
    path("matrix/", fresh(answers.MatrixDoor.as_view(), sends="application/json"), name="matrix"),
    path("taxonomy/", VocabularyList.as_view(), name="vocabulary-list"),
    path("taxonomy/<slug:slug>/", VocabularyDetail.as_view(), name="vocabulary-detail"),
    path("taxonomy/<slug:vocabulary>/<slug:slug>/", answers.TermDoor.as_view(), name="term-detail"),
    path("sources/", registers.SourceList.as_view(), name="source-list"),
    path("sources/<slug:slug>/", registers.SourceDetail.as_view(), name="source-detail"),
    path("organisations/", registers.OrganisationList.as_view(), name="organisation-list"),
    path("organisations/<slug:slug>/", registers.OrganisationDetail.as_view(), name="organisation-detail"),
    path("places/", registers.PlaceList.as_view(), name="place-list"),
    path("places/<slug:slug>/", registers.PlaceDetail.as_view(), name="place-detail"),
    *notes,
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
]
