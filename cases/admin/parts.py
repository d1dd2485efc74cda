"""Inlines for the parts of a case."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from taxonomy.admin import FinderFieldsAdmin

from ..forms.curating import (
    ArrangementForm,
    CitationForm,
    ClaimForm,
    ContributionForm,
    PartForm,
    PartFormSet,
    ParticipationForm,
    PathwayForm,
    PlaceGroundForm,
    PublicInputForm,
    SectorGroundForm,
)
from ..models import (
    Arrangement,
    Caveat,
    Citation,
    Claim,
    Contribution,
    Finding,
    Participation,
    PathwayLink,
    PlaceGround,
    PublicInput,
    SectorGround,
)
from ..permissions import has_perm


def signed_in_user(request: HttpRequest) -> User:
    """Return the user, narrowed to a signed-in one; the admin admits nobody else."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


class PartInline(FinderFieldsAdmin, admin.StackedInline):
    """One kind of part. A user who may change the case may add, change and delete its parts."""

    perm = "edit"
    form = PartForm
    formset = PartFormSet
    extra = 0
    template = "admin/cases/case/part.html"
    layout = "admin/edit_inline/stacked.html"
    vocabularies: tuple[str, ...] = ()
    definitions = ""
    autocomplete_fields = ["passage"]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("cases.view_case") or has_perm(signed_in_user(request), "enter")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_perm(signed_in_user(request), self.perm if obj and obj.pk else "enter", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class ArrangementInline(PartInline):
    model = Arrangement
    form = ArrangementForm
    vocabularies = ("type",)
    autocomplete_fields = ["type_passage", "actor_passage", "mode_passage", "years_passage"]
    fields = [
        ("label", "order"),
        ("type", "type_basis", "type_passage"),
        ("user", "community", "actor_basis", "actor_passage"),
        ("offline", "digital", "mode_absent", "mode_basis", "mode_passage"),
        ("year_start", "year_end", "years_passage"),
    ]


class PathwayInline(PartInline):
    model = PathwayLink
    form = PathwayForm
    vocabularies = ("pathway",)
    fields = [("pathway", "basis", "passage")]
    verbose_name, verbose_name_plural = "pathway", "pathways"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PathwayLink]:
        return super().get_queryset(request).select_related("pathway")


class PublicInputInline(PartInline):
    model = PublicInput
    form = PublicInputForm
    vocabularies = ("public-input",)
    fields = [("input", "basis", "passage")]
    verbose_name, verbose_name_plural = "public input", "public input"


class ContributionInline(PartInline):
    model = Contribution
    form = ContributionForm
    vocabularies = ("contribution",)
    fields = [("contribution", "basis", "passage")]
    verbose_name, verbose_name_plural = "citizen contribution", "citizen contribution"


class SectorGroundInline(PartInline):
    model = SectorGround
    form = SectorGroundForm
    vocabularies = ("sector",)
    fields = [("sector", "basis", "passage")]
    verbose_name, verbose_name_plural = "basis of a sector", "bases of the sectors"


class PlaceGroundInline(PartInline):
    model = PlaceGround
    form = PlaceGroundForm
    autocomplete_fields = ["place", "passage"]
    fields = [("place", "basis", "passage")]
    verbose_name, verbose_name_plural = "basis of a place", "bases of the places"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlaceGround]:
        return super().get_queryset(request).select_related("place")


class FindingInline(PartInline):
    model = Finding
    vocabularies = ("outcome", "beneficiary", "evidence", "direction")
    fields = [
        ("statement", "order"),
        ("outcome", "beneficiary"),
        ("level", "direction", "counterfactual"),
        ("figure", "passage"),
    ]


class ClaimInline(PartInline):
    model = Claim
    form = ClaimForm
    autocomplete_fields = ["source", "passage"]
    verbose_name, verbose_name_plural = "figure", "figures"
    fields = [
        ("as_stated", "order"),
        ("qualifier", "value", "value_from", "value_to", "out_of", "unit"),
        ("measures", "population", "figure_role"),
        ("year_from", "year_to"),
        ("source", "passage"),
    ]


class CaveatInline(PartInline):
    model = Caveat
    vocabularies = ("caveat",)
    fields = [("kind", "order"), "text", "passage"]


class ParticipationInline(PartInline):
    model = Participation
    form = ParticipationForm
    vocabularies = ("part",)
    autocomplete_fields = ["organisation", "passage"]
    verbose_name, verbose_name_plural = "organisation", "organisations"
    fields = [("organisation", "part", "passage")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Participation]:
        return super().get_queryset(request).select_related("organisation", "part")


class CitationInline(PartInline):
    model = Citation
    form = CitationForm
    autocomplete_fields = ["source"]
    verbose_name, verbose_name_plural = "source", "sources"
    fields = [("source", "locator", "order")]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Citation]:
        return super().get_queryset(request).select_related("source")
