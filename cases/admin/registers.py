"""The admin of the registers: sources and their passages, organisations, places."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from taxonomy.admin import RegisterAdmin

from ..forms.curating import PassageForm, PlaceForm, RegisterForm
from ..models import Organisation, Passage, Place, Source


class HistoryRegisterAdmin(SimpleHistoryAdmin, RegisterAdmin):
    """A register with a history, which django-simple-history shows and can restore."""

    form = RegisterForm

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what was merged into another."""
        return super().get_queryset(request).filter(replaced_by=None)

    def history_form_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show an earlier version of an entry; restoring it needs the permission to change it."""
        if request.method == "POST" and not self.has_change_permission(request):
            raise PermissionDenied
        copied = copy(self)
        copied.prepopulated_fields = {}  # type: ignore[misc]  # on the copy: the slug is read-only, so no field of this form
        return super(HistoryRegisterAdmin, copied).history_form_view(request, *args, **kwargs)


@admin.register(Source)
class SourceAdmin(HistoryRegisterAdmin):
    list_display = ["__str__", "title", "kind", "slug", "used"]
    list_filter = ["kind"]
    search_fields = ["authors", "year", "title", "slug", "container"]
    prepopulated_fields = {"slug": ["authors", "year"]}
    fields = ["kind", "authors", "year", "slug", "title", "container", "publisher", "doi", "url", "note", "text_sha256"]


@admin.register(Passage)
class PassageAdmin(RegisterAdmin):
    form = PassageForm
    autocomplete_fields = ["source"]
    fields = ["source", "exact", ("start", "end"), "locator"]
    list_display = ["__str__", "source", "locator", "used"]
    list_filter = [("source", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["source"]
    search_fields = ["exact", "locator", "source__authors", "source__slug"]


@admin.register(Organisation)
class OrganisationAdmin(HistoryRegisterAdmin):
    fields = ["name", "slug", "country"]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "country", "slug", "used"]
    search_fields = ["name", "slug"]


@admin.register(Place)
class PlaceAdmin(HistoryRegisterAdmin):
    form = PlaceForm
    fields = ["name", "slug", "country", "admin_area", ("latitude", "longitude")]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "country", "admin_area", "latitude", "longitude", "used"]
    search_fields = ["name", "slug"]
