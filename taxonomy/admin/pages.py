"""The base classes of all curators' pages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from functools import reduce
from operator import add
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db import IntegrityError
from django.db.models import (
    PROTECT,
    CharField,
    Count,
    F,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    OuterRef,
    QuerySet,
    SlugField,
    Subquery,
    TextField,
    URLField,
    Value,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.reverse_related import ForeignObjectRel
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict

from plaintext.forms import LineField, ProseField

from ..forms import (
    ConstraintErrorsForm,
    FinderChoiceField,
    FinderMultipleChoiceField,
    FinderSelect,
    FinderSelectMultiple,
)
from ..models import Term, Vocabulary

admin.site.site_title = admin.site.site_header = "Co-delivery Case Catalogue"
admin.site.index_title = "Curate"
admin.site.enable_nav_sidebar = False


def typed_in(request: HttpRequest) -> QueryDict:
    """What was typed into the form: as it is sent, or as it is given back to its author (see `codelivery.unsent`)."""
    unsent = getattr(request, "unsent", None)
    return unsent.data if unsent and request.method == "GET" and unsent.path == request.path else request.POST


class FinderFieldsAdmin(BaseModelAdmin):
    """A page with autocomplete for foreign keys, and multi-line text with LF line ends."""

    formfield_overrides = {
        CharField: {"form_class": LineField},
        SlugField: {"form_class": forms.SlugField, "widget": AdminTextInputWidget},
        TextField: {"form_class": ProseField},
        URLField: {"assume_scheme": "https"},
    }

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", FinderSelect(db_field, self.admin_site))
        choice = {"form_class": FinderChoiceField, "sent": typed_in(request)}
        return super().formfield_for_foreignkey(db_field, request, **choice, **kwargs)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField | None:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", FinderSelectMultiple(db_field, self.admin_site))
        return super().formfield_for_manytomany(db_field, request, form_class=FinderMultipleChoiceField, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Without the buttons that add, change or delete related terms."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field and db_field.is_relation:
            wrapper = field.widget
            wrapper.can_delete_related = wrapper.can_view_related = False
            if db_field.related_model in (Term, Vocabulary):
                field.widget = wrapper.widget
        return field


class CuratedAdmin(FinderFieldsAdmin, admin.ModelAdmin):
    """A curators' page that shows every refused save as form errors."""

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
        form.refusal = self.refusal  # type: ignore[attr-defined]  # a ConstraintErrorsForm class, made for this request
        if request.method == "GET" and (typed := typed_in(request)):
            form.given_back = typed  # type: ignore[attr-defined]  # likewise
            request.unsent.is_bound = True  # type: ignore[attr-defined]  # where it comes from
        return form

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Add what is given back to the author of the form."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if request.method == "GET" and (typed := typed_in(request)):
            kwargs["data"] = typed
        return kwargs

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save; if that is refused, roll back and show the form again with the input and the reason."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except self.refused_by as refusal:
            again = copy(self)
            again.refusal = refusal
            return super(CuratedAdmin, again).changeform_view(request, object_id, form_url, extra_context)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Show the list without NUL characters in the query, which PostgreSQL refuses."""
        if any("\0" in value for values in request.GET.lists() for value in [values[0], *values[1]]):
            return HttpResponseRedirect(request.path)
        return super().changelist_view(request, extra_context)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return super().get_search_results(request, queryset, search_term.replace("\0", " "))


class RegisterAdmin(CuratedAdmin):
    """Objects that others refer to, with the number of references; those in use cannot be deleted."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        things: QuerySet[Any] = super().get_queryset(request).annotate(use_count=count_references(self.model))
        return things

    @admin.display(description="in use", ordering="use_count")
    def used(self, thing: Any) -> str:
        return f"{thing.use_count}×" if thing.use_count else "–"

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The slug is fixed once saved: addresses, exports and queries use it."""
        fixed = ["slug"] if obj and hasattr(obj, "slug") else []
        return [*super().get_readonly_fields(request, obj), *fixed]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return {} if obj else super().get_prepopulated_fields(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Protect objects that are referred to, also by many-to-many relations, which Django would just clear."""
        to_delete, counts, lacking, _ = super().get_deleted_objects(objs, request)
        references = describe_references(self.model, objs)
        return to_delete, counts, set() if references else lacking, references


UNCOUNTED_APPS = {"annotations"}
"""Apps whose rows curators may not count, as private notes are among them."""

HISTORY_RELATIONS = {
    *(
        "taxonomy.CodebookChange.term",
        "taxonomy.CodebookChange.vocabulary",
        "taxonomy.Term.replaced_by",
        "cases.Recoding.term",
    ),
    *(f"cases.{model}.replaced_by" for model in ("Source", "Organisation", "Place")),
}
"""Relations of the history: they protect an object from deletion, but do not count as use."""


def referring_relations(model: type[Model]) -> Iterator[ForeignObjectRel]:
    """The relations by which other objects refer to a model's rows, without the parts of these rows."""
    for relation in model._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and not relation.many_to_many:
            is_many_to_many_table = relation.related_model._meta.auto_created
            if is_many_to_many_table or getattr(relation, "on_delete", None) is PROTECT:
                yield relation


def count_references(model: type[Model]) -> Combinable:
    """The number of references to each row of a model."""
    counted = (
        relation
        for relation in referring_relations(model)
        if relation.related_model._meta.app_label not in UNCOUNTED_APPS and str(relation.field) not in HISTORY_RELATIONS
    )
    return reduce(add, map(_count_relation, counted), Value(0))


def _count_relation(relation: ForeignObjectRel) -> Combinable:
    name = relation.field.name
    rows = relation.related_model._base_manager.filter(**{name: OuterRef("pk")}).order_by()
    counted = rows.values(key=F(name)).annotate(rows=Count("pk")).values("rows")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


def describe_references(model: type[Model], things: Iterable[Any]) -> list[str]:
    """Descriptions of the objects that refer to any of `things`, with the cases that they belong to."""
    keys = [thing.pk for thing in things]
    found: list[str] = []
    for relation in referring_relations(model):
        rows = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": keys}).select_related()
        found += [_describe_row(row, relation.related_model._meta.auto_created) for row in rows]
    return list(dict.fromkeys(found))


def _describe_row(row: Any, owner: Any) -> str:
    """A description of a referring row; for a many-to-many row, that of its owner."""
    holder = getattr(row, owner._meta.model_name) if owner else row
    case = getattr(holder, "case", None)
    return f"{holder._meta.verbose_name.capitalize()}: {holder}" + (f" (of {case})" if case else "")
