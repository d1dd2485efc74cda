"""API endpoints for the registers: sources, organisations and places used in cases visible to the reader."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Count, Prefetch, Q, QuerySet
from rest_framework import generics, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from cases.models import Case, Organisation, Place, Source
from taxonomy.api import ParameterlessView

from .query import PAGE_FIELDS, ParameterFields, ParameterSchema, QueryPagination, read_params


class SourceSerializer(serializers.ModelSerializer[Source]):
    """A bibliographic record, and how many cases cite it."""

    cases = serializers.IntegerField(source="n", read_only=True, help_text="Number of cases that cite it.")
    cases_url = serializers.SerializerMethodField(help_text="These cases.")

    class Meta:
        model = Source
        fields = [
            "slug",
            "kind",
            "authors",
            "year",
            "title",
            "container",
            "publisher",
            "doi",
            "url",
            "note",
            "text_sha256",
            "cases",
            "cases_url",
        ]

    def get_cases_url(self, source: Source) -> str:
        return f"{reverse('case-list', request=self.context['request'])}?source={source.slug}"


class OrganisationSerializer(serializers.ModelSerializer[Organisation]):
    """A body with a part in some case."""

    country = serializers.CharField(source="country.code", help_text="ISO 3166-1 alpha-2, or empty.")
    cases = serializers.IntegerField(source="n", read_only=True, help_text="Number of cases in which it has a part.")
    case_slugs = serializers.SerializerMethodField(help_text="The slugs of these cases, by title.")

    class Meta:
        model = Organisation
        fields = ["slug", "name", "country", "cases", "case_slugs"]

    def get_case_slugs(self, organisation: Any) -> list[str]:
        return [case.slug for case in organisation.seen]


class PlaceSerializer(serializers.ModelSerializer[Place]):
    """Where a case happens; coordinates are of its middle, WGS 84, in degrees."""

    country = serializers.CharField(source="country.code", help_text="ISO 3166-1 alpha-2, or empty.")
    latitude = serializers.FloatField(allow_null=True)
    longitude = serializers.FloatField(allow_null=True)
    cases = serializers.IntegerField(source="n", read_only=True, help_text="Number of cases that happen there.")
    case_slugs = serializers.SerializerMethodField(help_text="The slugs of these cases, by title.")

    class Meta:
        model = Place
        fields = ["slug", "name", "country", "admin_area", "latitude", "longitude", "cases", "case_slugs"]

    def get_case_slugs(self, place: Any) -> list[str]:
        return [case.slug for case in place.seen]


class RegisterView(generics.GenericAPIView[Any]):
    """A register, as far as visible cases refer to it."""

    permission_classes = [permissions.AllowAny]
    model: ClassVar[Any]

    def get_queryset(self) -> QuerySet[Any]:
        """Entries used in visible cases, annotated with the number of those cases, `n`."""
        visible = Case.objects.visible_to(self.request.user).values("pk")
        counted: QuerySet[Any] = self.model.objects.annotate(
            n=Count("cases", filter=Q(cases__in=visible), distinct=True)
        )
        used: QuerySet[Any] = counted.filter(n__gt=0)
        return used.order_by(*(self.model._meta.ordering or ()), "slug")


class RegisterWithCases(RegisterView):
    """A register that says which cases refer to each entry."""

    def get_queryset(self) -> QuerySet[Any]:
        """Entries with their visible cases as `seen`."""
        visible = Case.objects.visible_to(self.request.user).only("slug", "title").distinct()
        return super().get_queryset().prefetch_related(Prefetch("cases", visible, to_attr="seen"))


class RegisterList(RegisterView, generics.ListAPIView[Any]):
    """The list of a register, in pages."""

    schema = ParameterSchema()
    pagination_class = QueryPagination

    def parameters(self) -> ParameterFields:
        return PAGE_FIELDS

    def get(self, request: Request) -> Response:
        """List the entries that cases refer to, in order."""
        self.paging = read_params(request, PAGE_FIELDS)
        return self.list(request)


class RegisterDetail(ParameterlessView, generics.RetrieveAPIView[Any]):
    """One entry of a register."""

    model: ClassVar[Any]
    lookup_field = "slug"

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the entry; the slug of a merged one leads to the one that it means now."""
        merged = self.model.objects.filter(slug=kwargs["slug"]).exclude(replaced_by=None)
        current = merged.values_list("replaced_by__slug", flat=True).first()
        if current is None or not self.get_queryset().filter(slug=current).exists():
            return super().retrieve(request, *args, **kwargs)
        address = reverse(f"{self.model._meta.model_name}-detail", args=[current], request=request)
        return Response(status=status.HTTP_301_MOVED_PERMANENTLY, headers={"Location": address})


class SourceList(RegisterList):
    """The sources."""

    model = Source
    serializer_class = SourceSerializer


class SourceDetail(RegisterDetail, RegisterView):
    """One source."""

    model = Source
    serializer_class = SourceSerializer


class OrganisationList(RegisterList, RegisterWithCases):
    """The organisations."""

    model = Organisation
    serializer_class = OrganisationSerializer


class OrganisationDetail(RegisterDetail, RegisterWithCases):
    """One organisation."""

    model = Organisation
    serializer_class = OrganisationSerializer


class PlaceList(RegisterList, RegisterWithCases):
    """The places."""

    model = Place
    serializer_class = PlaceSerializer


class PlaceDetail(RegisterDetail, RegisterWithCases):
    """One place."""

    model = Place
    serializer_class = PlaceSerializer
