"""The admin of the queue of cases to look at again after a codebook change."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from taxonomy.admin import CuratedAdmin

from .. import actions
from ..actions import recoding
from ..forms.recoding import RecodingForm
from ..models import Recoding
from ..permissions import has_perm
from .parts import signed_in_user


class WaitingFilter(admin.SimpleListFilter):
    """Shows only waiting entries unless others are requested."""

    title, parameter_name = "standing", "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("settled", "settled"), ("all", "all")]

    def choices(self, changelist: Any) -> Any:
        """Label the default choice "waiting"."""
        first, *others = super().choices(changelist)
        return [{**first, "display": "waiting"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Recoding]) -> QuerySet[Recoding]:
        querysets = {"settled": queryset.exclude(settled_at=None), "all": queryset}
        return querysets.get(str(self.value()), queryset.filter(settled_at=None))


@admin.register(Recoding)
class RecodingAdmin(CuratedAdmin):
    """An entry is settled by recoding the case, or by a note on why the coding is still right."""

    form = RecodingForm
    refused_by = (actions.RuleViolation,)
    change_form_template = "admin/cases/recoding/change_form.html"
    fields = ["case_form", "term_page", "why", "standing", "note"]
    readonly_fields = ["case_form", "term_page", "why", "standing"]
    list_display = ["case", "case_state", "term", "why", "case_form"]
    list_display_links = ["case"]
    list_filter = [WaitingFilter, ("term", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["case", "term__vocabulary", "change", "settled_by"]
    search_fields = ["case__title", "term__label"]

    @admin.display(description="state", ordering="case__state")
    def case_state(self, entry: Recoding) -> str:
        return str(entry.case.get_state_display())

    @admin.display(description="its page")
    def case_form(self, entry: Recoding) -> SafeString:
        address = reverse("admin:cases_case_change", args=[entry.case_id])
        return format_html('<a href="{}">Code “{}” anew</a>', address, entry.case)

    @admin.display(description="term")
    def term_page(self, entry: Recoding) -> SafeString:
        return format_html('<a href="{}">{}</a>', entry.term.get_absolute_url(), entry.term)

    @admin.display(description="why", ordering="change__number")
    def why(self, entry: Recoding) -> SafeString:
        text = f"{entry.change.get_kind_display()} in version {entry.change.number}"
        return format_html('<a href="{}">{}</a>. {}', entry.change.get_absolute_url(), text, entry.change.stated_reason)

    @admin.display(description="standing")
    def standing(self, entry: Recoding) -> str:
        if entry.settled_at is None:
            return "waiting"
        return (
            f"{entry.get_outcome_display()}, {entry.settled_at:%Y-%m-%d}, {entry.settled_by or 'the catalogue itself'}"
        )

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*self.readonly_fields, *(["note"] if obj and obj.settled_at else [])]

    # Permissions

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Entries are only created by codebook changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The queue includes drafts, so it needs the permission to recode."""
        return super().has_view_permission(request, obj) and has_perm(signed_in_user(request), "recode")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        settled = obj is not None and obj.settled_at is not None
        return (
            not settled and super().has_change_permission(request, obj) and has_perm(signed_in_user(request), "recode")
        )

    # Saving

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        recoding.confirm_coding(entry=form.instance, by=signed_in_user(request), note=form.cleaned_data["note"])
        messages.success(request, "Settled: it is still right.")
