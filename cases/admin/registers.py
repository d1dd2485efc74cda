"""The admin of the registers: sources and their passages, organisations, places."""

from __future__ import annotations

from copy import copy
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from simple_history.admin import SimpleHistoryAdmin

from taxonomy.admin import RegisterAdmin

from ..forms.curating import PassageForm, PlaceForm, RegisterForm
from ..models import Organisation, Passage, Place, Source
from ..permissions import has_perm
from .filters import TwinsFilter
from .moving import REGISTER_VERBS, moved_cases
from .parts import signed_in_user


class HistoryRegisterAdmin(SimpleHistoryAdmin, RegisterAdmin):
    """A register with a history, which django-simple-history shows and can restore."""

    form = RegisterForm
    change_form_template = "admin/cases/register/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what was merged into another."""
        return super().get_queryset(request).filter(replaced_by=None)

    # Merging and splitting

    def get_urls(self) -> list[URLPattern]:
        info = f"{self.opts.app_label}_{self.opts.model_name}"
        asks = [
            path(
                f"<path:object_id>/{verb}/",
                self.admin_site.admin_view(self.ask_view),
                {"verb": verb},
                f"{info}_{verb}",
            )
            for verb in REGISTER_VERBS
        ]
        return [*asks, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        verbs = REGISTER_VERBS if has_perm(signed_in_user(request), "keep registers") else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "register_verbs": verbs})

    def ask_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Show which cases would change; merge or split when that is confirmed."""
        user, asked = signed_in_user(request), REGISTER_VERBS[verb]
        if not has_perm(user, "keep registers"):
            raise PermissionDenied
        thing = self.get_object(request, unquote(object_id))
        if thing is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]  # as its other views do
        form = asked.form(request.POST if request.method == "POST" else None, thing=thing)
        shown = form.is_bound and form.is_valid()
        if shown and "_confirm" in request.POST and (into := asked.does(thing, user, form)):
            messages.success(request, asked.done)
            self.log_change(request, into, asked.done)
            return HttpResponseRedirect(reverse(f"admin:cases_{into._meta.model_name}_change", args=[into.pk]))
        cases, number = moved_cases(form) if shown else ([], 0)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": asked.title,
            "verb": asked,
            "thing": thing,
            "form": form,
            "shown": shown and form.is_valid(),
            "cases": cases,
            "number": number,
        }
        return TemplateResponse(request, "admin/cases/register/ask.html", context)

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
    list_filter = ["kind", TwinsFilter]
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
    list_filter = [TwinsFilter]
    search_fields = ["name", "slug"]


@admin.register(Place)
class PlaceAdmin(HistoryRegisterAdmin):
    form = PlaceForm
    fields = ["name", "slug", "country", "admin_area", ("latitude", "longitude")]
    prepopulated_fields = {"slug": ["name"]}
    list_display = ["name", "country", "admin_area", "latitude", "longitude", "used"]
    list_filter = [TwinsFilter]
    search_fields = ["name", "slug"]
