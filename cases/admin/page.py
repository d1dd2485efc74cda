"""The admin page of a whole case: its form with all parts, its status, and how it is saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import IntegrityError, transaction
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse

from taxonomy.admin import CuratedAdmin, typed_in
from taxonomy.codebook import Codebook
from taxonomy.models import Term

from .. import actions, schema
from ..forms.curating import (
    CaseForm,
    definitions_html,
    list_missing_fields,
    prepare_forms,
    resend_as_new,
    show_definitions,
)
from ..models import Case
from ..permissions import has_perm
from ..review.proposals import ChangesSince, changes_since, findings_of_case
from ..schema.nodes import Block, Field, Kind, Node
from .parts import (
    ArrangementInline,
    CaveatInline,
    CitationInline,
    ClaimInline,
    ContributionInline,
    FindingInline,
    ParticipationInline,
    PathwayInline,
    PlaceGroundInline,
    PublicInputInline,
    SectorGroundInline,
    signed_in_user,
)

AUTOCOMPLETE_KINDS = (Kind.PASSAGE, Kind.THINGS)
"""Kinds with too many values for a list."""


def case_fieldsets() -> list[Any]:
    """The fieldsets of the form, as declared in the schema."""
    found: dict[str, list[Any]] = {name: [] for name in schema.FIELDSETS}
    for node in schema.RECORD:
        found.setdefault(node.fieldset_name, []).extend(_rows(node))
    found[schema.IDENTITY_SECTION] = [
        "title",
        *(row for row in found[schema.IDENTITY_SECTION] if row != "title"),
    ]  # first, because the slug is made from it
    found[schema.WITHOUT_SECTION] = [tuple(found[schema.WITHOUT_SECTION])]
    about = schema.FIELDSETS
    return [
        (name, {"fields": rows, "description": about[name]} if about.get(name) else {"fields": rows})
        for name, rows in found.items()
        if rows
    ]


def _rows(node: Node) -> list[Any]:
    """Rows of the form for a node: columns, or tuples of columns that share a row."""
    fields = [node] if isinstance(node, Field) else node.leaves if isinstance(node, Block) else []
    rows: list[Any] = []
    for field in fields:
        rows.append((rows.pop(), field.stands_in) if field.beside else field.stands_in)
    return [*rows, node.nothing.column] if node.nothing else rows


class BaseCaseAdmin(CuratedAdmin):
    """The page of a whole case. `perm` is the permission that its form requires."""

    perm = "edit"
    form = CaseForm
    refused_by: tuple[type[Exception], ...] = (actions.RuleViolation, actions.StaleCase, IntegrityError)
    inlines = [
        *(ArrangementInline, PathwayInline, PublicInputInline, ContributionInline, FindingInline, ClaimInline),
        *(CaveatInline, ParticipationInline, CitationInline, SectorGroundInline, PlaceGroundInline),
    ]
    autocomplete_fields = [field.stands_in for field in schema.CASE_FIELDS.values() if field.kind in AUTOCOMPLETE_KINDS]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = case_fieldsets()
    change_form_template = "admin/cases/case/change_form.html"

    # Permissions

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """Cases that the user may open, which excludes other people's drafts."""
        return Case.objects.readable_by(request.user)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_perm(signed_in_user(request), "enter") or super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_perm(signed_in_user(request), "enter") or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return has_perm(signed_in_user(request), "enter")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return (
            has_perm(signed_in_user(request), "enter")
            if obj is None
            else has_perm(signed_in_user(request), self.perm, obj)
        )

    # The page

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Case | None:
        """Return a case, locked until it is saved if this is a POST."""
        case: Case | None = super().get_object(request, object_id, from_field)
        if case and request.method == "POST":
            with transaction.atomic():
                case = Case.objects.select_for_update().filter(pk=case.pk).first()
        return case

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["slug"] if obj else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if db_field.related_model is Term:
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Keep the parts typed into an outdated page, although their rows may have been replaced."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if "data" in kwargs and self.takes_all_as_new(request, obj):
            kwargs["data"] = resend_as_new(kwargs["data"], prefix)
        return kwargs

    def takes_all_as_new(self, request: HttpRequest, case: Case) -> bool:
        """Whether the rows that the page was rendered from may be gone."""
        return bool(case.pk) and typed_in(request).get("opened") != str(case.version)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add definitions, chosen values, missing fields, findings and remarks."""
        codebook = Codebook.load()
        form, parts = context["adminform"].form, context["inline_admin_formsets"]
        prepare_forms(
            [form, *(row for part in parts for row in [*part.formset.forms, part.formset.empty_form])], codebook
        )
        show_definitions(form, codebook)
        for part in parts:
            part.opts.definitions = definitions_html(codebook, part.opts.vocabularies)
        case = context["original"]
        context["may"] = self.allowed(request, case)
        if case:
            current = Case.objects.whole().select_related("updated_by").get(pk=case.pk)
            context |= list_missing_fields(current)
            context |= {
                "meanwhile": self.since(request, case),
                "findings": findings_of_case(current, request.user)[1],
            }
            context.setdefault("remarks", current.remarks.filter(proposal=None).select_related("by"))
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving

    def save_model(self, request: HttpRequest, obj: Any, form: forms.ModelForm, change: bool) -> None:
        if not change:
            obj.created_by = signed_in_user(request)
        if form.has_changed() or not change:
            super().save_model(request, obj, form, change)

    def since(self, request: HttpRequest, case: Case) -> ChangesSince | None:
        return changes_since_opened(request, case)

    def allowed(self, request: HttpRequest, case: Case | None) -> dict[str, bool]:
        """The permissions that the template needs, by name."""
        perms = ("edit", "submit", "review", "publish", "rename", "propose", "affirm")
        return {perm: has_perm(signed_in_user(request), perm, case) for perm in perms}


def changes_since_opened(request: HttpRequest, case: Case) -> ChangesSince | None:
    """Return what changed in a case since the submitted page was opened; None if nothing did."""
    opened = typed_in(request).get("opened", "")
    if not opened.isdecimal() or len(opened) > 9 or int(opened) >= case.version:
        return None
    return changes_since(case, int(opened), request.user)
