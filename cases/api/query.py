"""How API endpoints read a query: parameters from the filterset, all errors at once, page numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from django import forms
from django.http import QueryDict
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, permissions
from rest_framework.authentication import BaseAuthentication
from rest_framework.pagination import PageNumberPagination
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from cases.derived.selection import UnknownField
from cases.http_cache import ANY_MEDIA_TYPE, is_personal
from cases.query.parameters import MAX_PAGE_SIZE, CaseFilterSet, ValuesField, parse_query

API_PAGE_SIZE = 20
PAGES_UNSUPPORTED = "This answer has no pages: leave it out."
CURSOR_UNSUPPORTED = "Here there are pages with numbers: use page."
SELECTION_UNSUPPORTED = "Here everything is sent as it is: leave it out."
PAGE_PARAMETERS = ("page", "page_size", "cursor")
SELECTION_PARAMETERS = ("fields", "labels")
UNLISTED_CHOICES = ("source",)  # too many values: they have an endpoint of their own

ParameterFields = Mapping[str, forms.Field]
T = TypeVar("T")

PAGE_FIELDS: ParameterFields = {
    "page": forms.IntegerField(label="page", min_value=1, max_value=10**6, required=False),
    "page_size": forms.IntegerField(label="records a page", min_value=1, max_value=MAX_PAGE_SIZE, required=False),
}
"""Parameters of a list without filters."""


def read_params(request: Request, parameters: ParameterFields) -> dict[str, Any]:
    """Parse these parameters; raises ValidationError with all problems, by parameter."""
    params, problems = parse_query(request.query_params, parameters)
    if problems:
        raise exceptions.ValidationError(problems)
    return params


class ParameterSchema(AutoSchema):
    """Documents the parameters of an endpoint from the form fields that parse them."""

    def get_override_parameters(self) -> list[Any]:
        if self.method != "GET":
            return []
        view: Any = self.view
        return [openapi_parameter(name, field) for name, field in view.parameters().items()]


def openapi_parameter(name: str, field: forms.Field) -> OpenApiParameter:
    """Describe one parameter for OpenAPI: meaning, type, limits, and the values of a closed list."""
    description = f"{str(field.label).capitalize()}. {field.help_text}".strip()
    known = [value for value in dict(getattr(field, "choices", {})) if value]
    values: dict[str, Any] = {"type": "string"} | ({"enum": known} if known and name not in UNLISTED_CHOICES else {})
    if isinstance(field, ValuesField):
        description += (
            " Repeat it for alternatives; a broad term includes its narrower ones, `none` is any kind of nothing."
        )
        return OpenApiParameter(
            name, {"type": "array", "items": values}, description=description, explode=True, style="form"
        )
    if isinstance(field, forms.IntegerField):
        values = {"type": "integer", "minimum": field.min_value, "maximum": field.max_value}
    elif isinstance(field, forms.CharField):
        values |= {"maxLength": field.max_length}
    return OpenApiParameter(name, values, description=description)


class QueryView(APIView):
    """Base class of endpoints that take a query of cases; an invalid one is refused with all its problems."""

    schema = ParameterSchema()
    permission_classes = [permissions.AllowAny]
    sends: ClassVar[str] = "json"
    refused: ClassVar[tuple[str, ...]] = (*PAGE_PARAMETERS, *SELECTION_PARAMETERS)

    def get_authenticators(self) -> list[BaseAuthentication]:
        """No authentication for safe requests without credentials, which saves time."""
        request: Request | None = self.request  # None while the schema is generated
        anonymous = request and request.method in permissions.SAFE_METHODS and not is_personal(request)
        return [] if anonymous else super().get_authenticators()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:  # noqa: FBT001, FBT002 - the signature of the framework
        """Skip the negotiation for clients that accept anything."""
        if request.META.get("HTTP_ACCEPT", ANY_MEDIA_TYPE) == ANY_MEDIA_TYPE:
            renderer = self.get_renderers()[0]
            return renderer, renderer.media_type
        negotiated: tuple[BaseRenderer, str] = super().perform_content_negotiation(request, force)
        return negotiated

    def parameters(self) -> ParameterFields:
        """Parameters accepted here."""
        format_ = forms.ChoiceField(label="format", choices=[(self.sends, self.sends)], required=False)
        known = {**CaseFilterSet(QueryDict(), None).grammar.fields, "format": format_}
        return {name: field for name, field in known.items() if name not in self.refused}

    def _refusal(self, name: str) -> str:
        if name in SELECTION_PARAMETERS:
            return SELECTION_UNSUPPORTED
        return PAGES_UNSUPPORTED if "page" in self.refused else CURSOR_UNSUPPORTED

    def get_filterset(self) -> CaseFilterSet:
        return self.question_of(self.request.query_params)

    def question_of(self, query: QueryDict) -> CaseFilterSet:
        """Parse a query; raises ValidationError with all problems, by parameter."""
        filterset = CaseFilterSet(query, self.request.user)
        problems = dict(filterset.problems)
        for name in self.refused:
            if name in filterset.data:
                problems[name] = [self._refusal(name)]
        if filterset.data.get("format", self.sends) not in {self.sends, ""}:
            problems["format"] = [f"Only {self.sends} is sent from here."]
        if problems:
            raise exceptions.ValidationError(problems)
        return filterset


def chosen_by(params: Mapping[str, Any], choose: Callable[..., T]) -> T:
    """What `fields` and `labels` choose; raises ValidationError for a field that is not there."""
    try:
        return choose(params.get("fields", ""), labels=params.get("labels") == "yes")
    except UnknownField as error:
        raise exceptions.ValidationError({"fields": [str(error)]}) from None


class FileView(APIView):
    """Base class of downloads: the address names the format, so `Accept` has no say (RFC 9110, 12.5.1 allows that)."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[BaseRenderer, str]:  # noqa: FBT001, FBT002 - the signature of the framework
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type


class QueryPagination(PageNumberPagination):
    """Pagination with page numbers that the view has already validated."""

    page_size = API_PAGE_SIZE
    invalid_page_message = "There are not so many pages."

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        self.params = view.paging
        return super().paginate_queryset(queryset, request, view)

    def get_page_size(self, request: Request) -> int:
        return int(self.params.get("page_size") or API_PAGE_SIZE)

    def get_page_number(self, request: Request, paginator: Any) -> int:
        return int(self.params.get("page") or 1)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        return []  # documented by ParameterSchema
