"""API endpoints for the registers: sources, organisations and places, to read and to write."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar, cast

from django.db import transaction
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django_countries import countries
from rest_framework import exceptions, generics, permissions, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from accounts.models import User
from cases import actions
from cases.models import Case, Organisation, Place, Source
from cases.models.registers import Registered
from cases.permissions import has_perm
from cases.serializers.fields import ClosedChoiceField, unknown_keys
from taxonomy.api import ParameterlessView

from .entries import (
    CanWriteRegisters,
    EntryMoved,
    columns_tag,
    entry_etag,
    own_columns,
    patched_entry,
    require_match,
    rules_as_mistakes,
)
from .patching import PatchView
from .query import PAGE_FIELDS, ParameterFields, ParameterSchema, QueryPagination, read_params


class RegisterSerializer(serializers.ModelSerializer[Any]):
    """An entry of a register. What only the catalogue says of it is passed over when it is sent back."""

    cases = serializers.IntegerField(source="n", read_only=True, help_text="Number of cases that refer to it.")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        found, mistakes = {}, {}
        try:
            found = super().to_internal_value(data)
        except serializers.ValidationError as error:
            mistakes = dict(cast("dict[str, Any]", error.detail))
        for name, message in unknown_keys(data if isinstance(data, Mapping) else {}, self.fields):
            mistakes.setdefault(name, [message])
        if mistakes:
            raise serializers.ValidationError(mistakes)
        return found


SLUG_OPTIONS: dict[str, Any] = {
    "slug": {"required": False, "help_text": "Its address, which never changes. Left out, it is made of its words."}
}


class SourceSerializer(RegisterSerializer):
    """A bibliographic record, and how many cases cite it."""

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
        extra_kwargs = {**SLUG_OPTIONS, "year": {"min_value": 1, "max_value": 9999}}

    def get_cases_url(self, source: Source) -> str:
        return f"{reverse('case-list', request=self.context['request'])}?source={source.slug}"


class CountryCodeField(ClosedChoiceField):
    """A country by its code."""

    def to_representation(self, value: Any) -> str:
        return str(getattr(value, "code", value) or "")


class RegisterWithCasesSerializer(RegisterSerializer):
    """An entry that says which cases refer to it."""

    country = CountryCodeField(
        choices=list(countries), allow_blank=True, default="", help_text="ISO 3166-1 alpha-2, or empty."
    )
    case_slugs = serializers.SerializerMethodField(help_text="The slugs of these cases, by title.")

    def get_case_slugs(self, thing: Any) -> list[str]:
        return [case.slug for case in thing.seen]


class OrganisationSerializer(RegisterWithCasesSerializer):
    """A body with a part in some case."""

    class Meta:
        model = Organisation
        fields = ["slug", "name", "country", "cases", "case_slugs"]
        extra_kwargs = SLUG_OPTIONS


class DegreesField(serializers.FloatField):
    """A coordinate in degrees, to four decimal places: about ten metres."""

    def to_internal_value(self, data: Any) -> Decimal:  # type: ignore[override]  # its column is a decimal
        return Decimal(str(round(super().to_internal_value(data), 4)))


class PlaceSerializer(RegisterWithCasesSerializer):
    """Where a case happens; coordinates are of its middle, WGS 84, in degrees."""

    latitude = DegreesField(allow_null=True, default=None, min_value=-90, max_value=90)
    longitude = DegreesField(allow_null=True, default=None, min_value=-180, max_value=180)

    class Meta:
        model = Place
        fields = ["slug", "name", "country", "admin_area", "latitude", "longitude", "cases", "case_slugs"]
        extra_kwargs = SLUG_OPTIONS


class RegisterView(generics.GenericAPIView[Any]):
    """A register, as far as visible cases refer to it; those who may add to it find every entry by its slug."""

    permission_classes = [CanWriteRegisters]
    model: ClassVar[type[Source | Organisation | Place]]

    def get_queryset(self) -> QuerySet[Any]:
        return self.entries()

    def entries(self) -> QuerySet[Any]:
        """Entries annotated with the number of visible cases that use them, `n`."""
        visible = Case.objects.visible_to(self.request.user).values("pk")
        counted = self.model.objects.current().annotate(n=Count("cases", filter=Q(cases__in=visible), distinct=True))
        shown: QuerySet[Any] = counted
        if not has_perm(self.request.user, "add to registers"):
            shown = counted.filter(n__gt=0)
        return shown.order_by(*(self.model._meta.ordering or ()), "slug")

    @property
    def writer(self) -> User:
        """The signed-in user; `CanWriteRegisters` has refused everyone else."""
        return cast("User", self.request.user)

    def given(self, data: Any, thing: Registered | None = None) -> dict[str, Any]:
        """The columns that the data say; those that they leave out are empty, but for the slug."""
        if thing and isinstance(data, Mapping) and data.get("slug") == thing.slug:
            data = {name: value for name, value in data.items() if name != "slug"}
        serializer = self.get_serializer(thing, data=data)
        serializer.is_valid(raise_exception=True)
        return self.filled(serializer, serializer.validated_data)

    def filled(self, serializer: serializers.BaseSerializer[Any], said: Mapping[str, Any]) -> dict[str, Any]:
        """Validated columns, with empty ones for those that were left out, but for the slug."""
        blank = self.model()
        empty = {name: getattr(blank, name) for name in own_columns(serializer) if name != "slug"}
        return {**empty, **said}

    def shown(self, thing: Registered, code: int = status.HTTP_200_OK) -> Response:
        """Respond with an entry and its ETag."""
        fetched = self.entries().get(pk=thing.pk)
        data = self.get_serializer(fetched).data
        headers = {"ETag": entry_etag(fetched, data)}
        if code == status.HTTP_201_CREATED:
            view_name = f"{self.model._meta.model_name}-detail"
            headers["Location"] = reverse(view_name, args=[thing.slug], request=self.request)
        return Response(data, code, headers=headers)


class RegisterWithCases(RegisterView):
    """A register that says which cases refer to each entry."""

    def entries(self) -> QuerySet[Any]:
        """Entries with their visible cases as `seen`."""
        visible = Case.objects.visible_to(self.request.user).only("slug", "title").distinct()
        return super().entries().prefetch_related(Prefetch("cases", visible, to_attr="seen"))


class RegisterList(RegisterView, generics.ListAPIView[Any]):
    """The list of a register, in pages."""

    schema = ParameterSchema()
    pagination_class = QueryPagination

    def parameters(self) -> ParameterFields:
        return PAGE_FIELDS

    def get_queryset(self) -> QuerySet[Any]:
        return self.entries().filter(n__gt=0)

    def get(self, request: Request) -> Response:
        """List the entries that cases refer to, in order."""
        self.paging = read_params(request, PAGE_FIELDS)
        return self.list(request)

    def post(self, request: Request) -> Response:
        """Enter something new. What stands already, in whatever spelling, is not entered twice."""
        with rules_as_mistakes():
            thing = actions.create_thing(register=self.model.REGISTER, given=self.given(request.data), by=self.writer)
        return self.shown(thing, status.HTTP_201_CREATED)


class RegisterEntry(ParameterlessView, RegisterView):
    """The base of all endpoints of one entry. The address of one that was merged leads to that of the other."""

    lookup_field = "slug"

    def found(self, slug: str) -> Registered:
        """The entry. Raises EntryMoved if it was merged into another, NotFound if there is none."""
        thing: Registered | None = self.get_queryset().filter(slug=slug).first()
        if thing is not None:
            return thing
        merged = self.model.objects.filter(slug=slug).exclude(replaced_by=None).select_related("replaced_by").first()
        if merged and self.get_queryset().filter(pk=merged.replaced_by_id).exists():
            raise EntryMoved(merged.current.slug)
        raise exceptions.NotFound("There is no such entry.")

    def handle_exception(self, exc: Exception) -> HttpResponseBase:  # type: ignore[override]  # any response is fine
        """Redirect from an entry that was merged to the one that it is now."""
        here = self.request.resolver_match
        if not isinstance(exc, EntryMoved) or here is None:
            return super().handle_exception(exc)
        reads = self.request.method in permissions.SAFE_METHODS
        code: int = status.HTTP_301_MOVED_PERMANENTLY if reads else status.HTTP_308_PERMANENT_REDIRECT
        address = reverse(here.view_name, args=[exc.slug], request=self.request)
        return HttpResponse(status=code, headers={"Location": address, "Cache-Control": "no-cache"})


class RegisterDetail(PatchView, RegisterEntry):
    """One entry of a register."""

    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Read one entry. Its ETag names what it says, for the change that you make from it."""
        return self.shown(self.found(slug))

    def put(self, request: Request, slug: str) -> HttpResponseBase:
        """Replace what an entry says; every case that refers to it then says so."""
        return self.changed(slug, lambda _: request.data)

    def patch(self, request: Request, slug: str) -> HttpResponseBase:
        """Change some keys of an entry; the others stay. In a merge patch, null takes away."""
        return self.changed(slug, self.patched)

    def patched(self, thing: Registered) -> Any:
        serializer = self.get_serializer(thing)
        whole = {name: serializer.data[name] for name in own_columns(serializer)}
        return patched_entry(whole, self.request.data, merge=self.is_merge_patch)

    def changed(self, slug: str, data: Callable[[Registered], Any]) -> HttpResponseBase:
        with transaction.atomic():
            thing = self.found(slug)
            thing = self.get_queryset().model._base_manager.select_for_update(of=("self",)).get(pk=thing.pk)
            require_match(self.request, columns_tag(thing))
            given = self.given(data(self.get_queryset().get(pk=thing.pk)), thing)
            if any(getattr(thing, name) != value for name, value in given.items()):
                with rules_as_mistakes():
                    actions.change_thing(thing=thing, given=given, by=self.writer)
        return self.shown(thing)


class SourceList(RegisterList):
    """The sources."""

    model = Source
    serializer_class = SourceSerializer


class SourceDetail(RegisterDetail):
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
