"""The registers: sources and their passages, organisations, places."""

from __future__ import annotations

from django.contrib import admin

from taxonomy.admin import Register

from ..forms import PassageForm, PlaceForm
from ..models import Organisation, Passage, Place, Source


@admin.register(Source)
class SourceAdmin(Register):
    """The bibliographic records."""

    list_display = ["__str__", "title", "kind", "slug", "used"]
    list_filter = ["kind"]
    search_fields = ["authors", "year", "title", "slug", "container"]
    prepopulated_fields = {"slug": ["authors", "year"]}
    fields = ["kind", "authors", "year", "slug", "title", "container", "publisher", "doi", "url", "note", "text_sha256"]


@admin.register(Passage)
class PassageAdmin(Register):
    """The quoted words behind judgements and figures."""

    form = PassageForm
    autocomplete_fields = ["source"]
    fields = ["source", "exact", ("start", "end"), "locator"]
    list_display = ["__str__", "source", "locator", "used"]
    list_filter = [("source", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["source"]
    search_fields = ["exact", "locator", "source__authors", "source__slug"]


@admin.register(Organisation)
class OrganisationAdmin(Register):
    """The bodies that have a part in some case."""

    fields = ["name", "slug", "country"]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "country", "slug", "used"]
    search_fields = ["name", "slug"]


@admin.register(Place)
class PlaceAdmin(Register):
    """Where cases happen."""

    form = PlaceForm
    fields = ["name", "slug", "country", ("latitude", "longitude")]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "country", "latitude", "longitude", "used"]
    search_fields = ["name", "slug"]
