"""What all curators' pages have in common."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from functools import reduce
from operator import add
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.db import IntegrityError
from django.db.models import (
    PROTECT,
    Count,
    F,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    URLField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from ..forms import (
    ConstraintErrorsForm,
    FinderChoiceField,
    FinderMultipleChoiceField,
    FinderSelect,
    FinderSelectMultiple,
    ProseField,
)
from ..models import Term, Vocabulary

admin.site.site_title = admin.site.site_header = "Co-delivery Case Catalogue"
admin.site.index_title = "Curate"
admin.site.enable_nav_sidebar = False


class FinderFieldsAdmin(BaseModelAdmin):
    """A page whose foreign keys are found by their words, and whose texts are prose."""

    formfield_overrides = {TextField: {"form_class": ProseField}, URLField: {"assume_scheme": "https"}}

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", FinderSelect(db_field, self.admin_site))
        choice = {"form_class": FinderChoiceField, "sent": request.POST}
        return super().formfield_for_foreignkey(db_field, request, **choice, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", FinderSelectMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, form_class=FinderMultipleChoiceField, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Leave out the buttons that add, change and delete terms while something else is being written."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.is_relation:
            wrapper = field.widget
            wrapper.can_delete_related = wrapper.can_view_related = False
            if db_field.related_model in (Term, Vocabulary):
                field.widget = wrapper.widget
        return field


class CuratedAdmin(FinderFieldsAdmin, admin.ModelAdmin):
    """A curators' page on which nothing that was typed leads to an error without words."""

    form = ConstraintErrorsForm
    refused_by: tuple[type[Exception], ...] = (IntegrityError,)
    refusal: Exception | None = None
    view_on_site = False

    def get_form(
        self,
        request: HttpRequest,
        obj: Any = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        form.refusal = self.refusal  # type: ignore[attr-defined]  # a SoundForm, made for this request
        return form

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save, or show the form again with what was typed and why it was refused, everything undone."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refused_by as refusal:
            again = copy(self)
            again.refusal = refusal
            return super(CuratedAdmin, again).changeform_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list; PostgreSQL cannot be asked for a NUL, and nothing has one."""
        if any("\0" in value for values in request.GET.lists() for value in [values[0], *values[1]]):
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term.replace("\0", " "))


class RegisterAdmin(CuratedAdmin):
    """A list of things that others refer to: how often each is, and no deleting of what is in use."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        things: QuerySet[Any] = super().get_queryset(request).annotate(use_count=count_references(self.model))
        return things

    @admin.display(description="in use", ordering="use_count")
    def used(self, thing: Any) -> str:
        return f"{thing.use_count}×" if thing.use_count else "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep the slug: addresses, exports and queries use it."""
        kept = ["slug"] if obj and hasattr(obj, "slug") else []
        return [*super().get_readonly_fields(request, obj), *kept]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Say what refers to the things to be deleted; Django would let go of the lists that hold them."""
        to_delete, counts, lacking, _ = super().get_deleted_objects(objs, request)
        held_by = describe_references(self.model, objs)
        return to_delete, counts, set() if held_by else lacking, held_by


UNCOUNTED_APPS = {"annotations"}
"""Apps whose rows are not the curators' to count: private notes are among them."""

HISTORY_RELATIONS = {"taxonomy.CodebookChange.term", "taxonomy.Term.replaced_by", "cases.Recoding.term"}
"""Relations by which a thing is remembered, not used: they hold it, and are not counted."""


def referring_relations(model: type[Model]) -> Iterator[ForeignObjectRel]:
    """Yield every relation by which other things refer to a model's rows, parts of these rows left aside."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and not relation.many_to_many:
            made_for_a_list = relation.related_model._meta.auto_created
            if made_for_a_list or getattr(relation, "on_delete", None) is PROTECT:
                yield relation


def count_references(model: type[Model]) -> Combinable:
    """Return how often others refer to each row of a model."""
    counted = (
        relation
        for relation in referring_relations(model)
        if relation.related_model._meta.app_label not in UNCOUNTED_APPS and str(relation.field) not in HISTORY_RELATIONS
    )
    return reduce(add, map(_referring, counted), Value(0))


def _referring(relation: ForeignObjectRel) -> Combinable:
    name = relation.field.name
    rows = relation.related_model._base_manager.filter(**{name: OuterRef("pk")}).order_by()
    counted = rows.values(key=F(name)).annotate(rows=Count("pk")).values("rows")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def describe_references(model: type[Model], things: Iterable[Any]) -> list[str]:
    """Name what refers to any of these things, and the case that it belongs to."""
    keys = [thing.pk for thing in things]
    found: list[str] = []
    for relation in referring_relations(model):
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys}).select_related()
        found += [_named(row, relation.related_model._meta.auto_created) for row in rows]
    return list(dict.fromkeys(found))


def _named(row: Any, owner: Any) -> str:
    """Return what to call a row that refers to something; that of a list is called after the list's owner."""
    holder = getattr(row, owner._meta.model_name) if owner else row
    case = getattr(holder, "case", None)
    return f"{holder._meta.verbose_name.capitalize()}: {holder}" + (f" (of {case})" if case else "")
