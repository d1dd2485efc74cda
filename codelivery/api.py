"""All endpoints under /api/v1/, with their schema and documentation."""

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
from cases import schema
from cases.api import cases, codebook, many, moving, passages, proposals, registers, results, states, versions
from cases.http_cache import cached_by_version
from cases.query.export_formats import export_formats
from cases.serializers.fields import term_component
from interchange.api import urlpatterns as imports
from taxonomy.api import ParameterlessView
from taxonomy.codebook import Codebook

API_ENDPOINTS = {
    "cases": "case-list",
    "results": "results",
    "facets": "facets",
    "matrix": "matrix",
    "proposals": "proposal-list",
    "taxonomy": "vocabulary-list",
    "sources": "source-list",
    "organisations": "organisation-list",
    "places": "place-list",
    "imports": "import-list",
    "annotations": "annotation-list",
    "web-annotations": "annotations:container",
    **{endpoint_format.link_name: endpoint_format.url_name for endpoint_format in export_formats()},
    "export-annotations": "interchange:annotations-jsonld",
    "export-codebook": "interchange:codebook-qdc",
    "schema": "schema",
    "docs": "docs",
}


class ApiRoot(ParameterlessView):
    """What there is."""

    permission_classes = [AllowAny]

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """List the doors."""
        return Response({name: reverse(endpoint, request=request) for name, endpoint in API_ENDPOINTS.items()})


class SchemaView(ParameterlessView, SpectacularAPIView):
    """The OpenAPI schema: JSON, or YAML for whoever accepts only that."""

    renderer_classes = [
        formats.OpenApiJsonRenderer2,
        formats.OpenApiJsonRenderer,
        formats.OpenApiYamlRenderer2,
        formats.OpenApiYamlRenderer,
    ]


class DocsView(SpectacularSwaggerSplitView):
    """The documentation for people; its script is a file of its own, as the Content-Security-Policy asks."""

    url_name = "schema"
    template_name = "docs.html"


PROBLEM_SCHEMA = {
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


PROBLEM_EXAMPLE = {
    "type": "about:blank",
    "title": "Bad Request",
    "status": 400,
    "detail": "The query has mistakes; nothing was looked up.",
    "instance": "/api/v1/cases/?type=peer-suport",
    "errors": [{"parameter": "type", "detail": "“peer-suport” is not a value of it. Did you mean peer-support?"}],
}
PARAMETER_EXAMPLES = {"q": "rehabilit* -hospital", "year_min": 2010, "year_max": 2020, "fields": "slug,title,sectors"}
"""What a parameter may say, by name."""


def add_components(result: dict[str, Any], request: Request | None = None, **_: Any) -> dict[str, Any]:
    """Add to the schema what no view knows: its server, errors, the lists of terms, examples (drf-spectacular's hook).

    The server is the one that was asked, by the name it was asked by, so that its documentation may try it.
    """
    if request:
        result["servers"] = [{"url": request.build_absolute_uri("/").rstrip("/")}]
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["Problem"] = PROBLEM_SCHEMA
    schemas |= term_schemas(Codebook.load())
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = PROBLEM_RESPONSE
            for parameter in operation.get("parameters", ()):
                if parameter["in"] == "query" and parameter["name"] in PARAMETER_EXAMPLES:
                    parameter["example"] = PARAMETER_EXAMPLES[parameter["name"]]
    return result


PROBLEM_RESPONSE = {
    "description": "Any error.",
    "content": {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": PROBLEM_EXAMPLE}
    },
}


def term_schemas(codebook: Codebook) -> dict[str, dict[str, Any]]:
    """By component: the slugs of a vocabulary that cases may have, and in its description the words for each."""
    return {
        term_component(vocabulary): {
            "type": "string",
            "description": "\n".join(f"* `{term.slug}` - {term.label}" for term in codebook[vocabulary]),
            **({"enum": [term.slug for term in codebook[vocabulary]]} if codebook[vocabulary] else {}),
        }
        for vocabulary in schema.VOCABULARIES
    }


urlpatterns: list[URLPattern | URLResolver] = [
    path("", ApiRoot.as_view(), name="api-root"),
    path("cases/", cases.CaseList.as_view(), name="case-list"),
    path("cases/batch/", many.CaseBatch.as_view(), name="case-batch"),
    path("cases/<slug:slug>/", cases.CaseDetail.as_view(), name="case-detail"),
    path("cases/<slug:slug>/submit/", states.CaseSubmit.as_view(), name="case-submit"),
    path("cases/<slug:slug>/return/", states.CaseReturn.as_view(), name="case-return"),
    path("cases/<slug:slug>/publish/", states.CasePublish.as_view(), name="case-publish"),
    path("cases/<slug:slug>/withdraw/", states.CaseWithdraw.as_view(), name="case-withdraw"),
    path("cases/<slug:slug>/redraft/", states.CaseRedraft.as_view(), name="case-redraft"),
    path("cases/<slug:slug>/rename/", states.CaseRename.as_view(), name="case-rename"),
    path("cases/<slug:slug>/merge/", states.CaseMerge.as_view(), name="case-merge"),
    path("cases/<slug:slug>/affirm/", states.CaseAffirm.as_view(), name="case-affirm"),
    path("cases/<slug:slug>/revert/", states.CaseRevert.as_view(), name="case-revert"),
    path("cases/<slug:slug>/versions/", versions.VersionList.as_view(), name="case-versions"),
    path("cases/<slug:slug>/versions/<int:number>/", versions.VersionDetail.as_view(), name="case-version"),
    path(
        "cases/<slug:slug>/versions/<int:number>/difference/",
        versions.VersionDifference.as_view(),
        name="case-difference",
    ),
    path("cases/<slug:slug>/proposals/", proposals.CaseProposalCreate.as_view(), name="case-proposals"),
    path("proposals/", proposals.ProposalList.as_view(), name="proposal-list"),
    path("proposals/<int:pk>/", proposals.ProposalDetail.as_view(), name="proposal-detail"),
    path("proposals/<int:pk>/accept/", proposals.ProposalAccept.as_view(), name="proposal-accept"),
    path("proposals/<int:pk>/return/", proposals.ProposalReturn.as_view(), name="proposal-return"),
    path("proposals/<int:pk>/decline/", proposals.ProposalDecline.as_view(), name="proposal-decline"),
    path("proposals/<int:pk>/retract/", proposals.ProposalRetract.as_view(), name="proposal-retract"),
    path("proposals/<int:pk>/remarks/", proposals.ProposalRemarks.as_view(), name="proposal-remarks"),
    path("results/", cached_by_version(results.ResultsView.as_view(), sends="application/json"), name="results"),
    path("facets/", cached_by_version(results.FacetsView.as_view(), sends="application/json"), name="facets"),
    path(
        "facets/<slug:name>/",
        cached_by_version(results.FacetSearchView.as_view(), sends="application/json"),
        name="facet-values",
    ),
    path("matrix/", cached_by_version(results.MatrixView.as_view(), sends="application/json"), name="matrix"),
    path("taxonomy/", codebook.VocabularyWithCasesList.as_view(), name="vocabulary-list"),
    path("taxonomy/<slug:slug>/", codebook.VocabularyWithCasesDetail.as_view(), name="vocabulary-detail"),
    path("taxonomy/<slug:vocabulary>/<slug:slug>/", codebook.TermWithCasesDetail.as_view(), name="term-detail"),
    path("sources/", registers.SourceList.as_view(), name="source-list"),
    path("sources/<slug:slug>/", registers.SourceDetail.as_view(), name="source-detail"),
    path("sources/<slug:slug>/merge/", moving.SourceMerge.as_view(), name="source-merge"),
    path("sources/<slug:slug>/split/", moving.SourceSplit.as_view(), name="source-split"),
    path("sources/<slug:slug>/passages/", passages.SourcePassages.as_view(), name="source-passages"),
    path("passages/<int:pk>/", passages.PassageDetail.as_view(), name="passage-detail"),
    path("organisations/", registers.OrganisationList.as_view(), name="organisation-list"),
    path("organisations/<slug:slug>/", registers.OrganisationDetail.as_view(), name="organisation-detail"),
    path("organisations/<slug:slug>/merge/", moving.OrganisationMerge.as_view(), name="organisation-merge"),
    path("organisations/<slug:slug>/split/", moving.OrganisationSplit.as_view(), name="organisation-split"),
    path("places/", registers.PlaceList.as_view(), name="place-list"),
    path("places/<slug:slug>/", registers.PlaceDetail.as_view(), name="place-detail"),
    path("places/<slug:slug>/merge/", moving.PlaceMerge.as_view(), name="place-merge"),
    path("places/<slug:slug>/split/", moving.PlaceSplit.as_view(), name="place-split"),
    *imports,
    *notes,
    path("schema/", SchemaView.as_view(), name="schema"),
    path("docs/", DocsView.as_view(), name="docs"),
]
