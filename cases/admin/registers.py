"""The admin of the registers: sources and their passages, organisations, places."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin

from taxonomy.admin import RegisterAdmin

from ..forms.curating import PassageForm, PlaceForm
from ..models import Organisation, Passage, Place, Source


class HistoryRegisterAdmin(SimpleHistoryAdmin, RegisterAdmin):
    """A register with a history, which django-simple-history shows and can restore."""

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
    list_display = ["__str__", "source", "locator", "checked", "used"]
    list_filter = [("source", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["source"]
    search_fields = ["exact", "locator", "source__authors", "source__slug"]

    @admin.display(boolean=True, description="checked")
    def checked(self, passage: Passage) -> bool:
        """Whether its words were found in the text of its source."""
        return passage.is_checked


@admin.register(Organisation)
class OrganisationAdmin(HistoryRegisterAdmin):
    fields = ["name", "slug", "country"]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "country", "slug", "used"]
    search_fields = ["name", "slug"]


@admin.register(Place)
class PlaceAdmin(HistoryRegisterAdmin):
    form = PlaceForm
    fields = ["name", "slug", "country", ("latitude", "longitude")]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "country", "latitude", "longitude", "used"]
    search_fields = ["name", "slug"]
