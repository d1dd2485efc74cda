"""Vocabularies and terms in the admin; each change to a term makes a version of the codebook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist
from django.db import IntegrityError
from django.db.models import Model, QuerySet
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.formats import date_format

from .. import actions
from ..codebook import is_required_term
from ..forms import TermForm, VocabularyForm
from ..models import TERM_TEXT_FIELDS, Alignment, Term, TermExample, TermNeighbour, Vocabulary
from .changing import TERM_VERBS, TermChangeView
from .pages import FinderFieldsAdmin, RegisterAdmin


@admin.register(Vocabulary)
class VocabularyAdmin(RegisterAdmin):
    """The dimensions in which cases are coded; each change makes a version of the codebook."""

    form = VocabularyForm
    refused_by = (actions.CodebookRuleViolation, IntegrityError)
    fields = ["label", "slug", "definition", "rules", "source_note", "order", "reason"]
    prepopulated_fields = {"slug": ["label"]}
    list_display = ["label", "slug", "order", "used"]
    search_fields = ["label", "slug", "definition"]

    @admin.display(description="terms", ordering="use_count")
    def used(self, thing: Any) -> str:
        return str(thing.use_count)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Vocabularies in the history of the codebook stay."""
        return super().has_delete_permission(request, obj) and not (obj and obj.changes.exists())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        before = actions.begin_vocabulary_change(vocabulary=obj, by=request.user) if change else None
        super().save_model(request, obj, form, change)
        reason = form.cleaned_data["reason"]
        actions.finish_vocabulary_change(vocabulary=obj, before=before, by=request.user, reason=reason)


class TermPartInline(FinderFieldsAdmin, admin.StackedInline):
    """A list of parts of a term; anyone who may change the term may remove them."""

    extra = 0

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class NeighbourInline(TermPartInline):
    """Terms that are easily taken for this one."""

    model = TermNeighbour
    fk_name = "term"
    autocomplete_fields = ["neighbour"]
    fields = ["neighbour", "difference", "order"]


class ExampleInline(TermPartInline):
    """Cases that show how a term is meant."""

    model = TermExample
    fields = [("fit", "case"), "why", "passage", "order"]


class AlignmentInline(TermPartInline):
    """A term's counterparts in external schemes."""

    model = Alignment
    fields = [("relation", "iri", "label")]


class TermStatusFilter(admin.SimpleListFilter):
    """Filter by whether terms are in use, retired, or replaced."""

    title = parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("in-use", "in use"), ("retired", "retired"), ("elsewhere", "leads to another")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Term]) -> QuerySet[Term]:
        conditions: dict[str, dict[str, Any]] = {
            "in-use": {"retired_at": None},
            "retired": {"retired_at__isnull": False, "replaced_by": None},
            "elsewhere": {"replaced_by__isnull": False},
        }
        return queryset.filter(**conditions.get(str(self.value()), {}))


@admin.register(Term)
class TermAdmin(RegisterAdmin):
    """The terms of the vocabularies."""

    form = TermForm
    refused_by = (actions.CodebookRuleViolation, actions.StaleTerm, IntegrityError)
    change_form_template = "admin/taxonomy/term/change_form.html"
    prepopulated_fields = {"slug": ["label"]}
    autocomplete_fields = ["broader"]
    inlines = [NeighbourInline, ExampleInline, AlignmentInline]
    list_display = ["label", "vocabulary", "slug", "broader", "notation", "standing", "used"]
    list_filter = ["vocabulary", TermStatusFilter]
    list_select_related = ["vocabulary", "broader", "replaced_by"]
    search_fields = ["label", "slug", "definition", "notation"]

    @admin.display(description="standing", ordering="retired_at")
    def standing(self, term: Term) -> str:
        if term.replaced_by:
            return f"leads to “{term.replaced_by}”"
        return f"retired {date_format(term.retired_at, 'j F Y')}" if term.retired_at else "in use"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Autocomplete offers only terms in use."""
        if request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(retired_at=None)
        return super().get_search_results(request, queryset, search_term)

    # The page of one term

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = ["vocabulary", *(name for name in TERM_TEXT_FIELDS if name != "order"), "broader", "order"]
        if not self.has_change_permission(request, obj):
            return fields
        return [*fields, "reason", *(["recode"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The vocabulary is fixed, and the label changes on the page for renaming."""
        return [*super().get_readonly_fields(request, obj), *(["vocabulary", "label"] if obj else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Replaced terms are read-only."""
        return super().has_change_permission(request, obj) and not (obj and obj.replaced_by_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Terms in the history of the codebook are retired instead of deleted."""
        in_history = obj and (obj.replaced_by_id or obj.changes.exists())
        return super().has_delete_permission(request, obj) and not in_history

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        term: Term | None = context["original"]
        if term:
            context |= {
                "term": term,
                "verbs": list(_available_verbs(term)) if actions.may_change_codebook(request.user) else [],
                "needed": is_required_term(term),
                "changes": term.changes.with_related(),  # type: ignore[attr-defined]  # a method of our QuerySet
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        form.before = actions.begin_term_change(term=form.instance, by=request.user) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: list[BaseModelFormSet], change: bool) -> None:
        """Save neighbours, examples and counterparts, and record everything as one version of the codebook."""
        super().save_related(request, form, formsets, change)
        cleaned = form.cleaned_data
        actions.finish_term_change(
            term=form.instance,
            before=form.before,
            by=request.user,
            reason=cleaned["reason"],
            recode=cleaned.get("recode", False),
        )

    # Changing the codebook

    def get_urls(self) -> list[URLPattern]:
        pages = [
            path(
                f"<path:object_id>/{name}/",
                self.admin_site.admin_view(self._change_view(name)),
                name=f"taxonomy_term_{name}",
            )
            for name in TERM_VERBS
        ]
        return [*pages, *super().get_urls()]

    def _change_view(self, name: str) -> Any:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            try:
                term = Term.objects.select_related("vocabulary", "broader", "replaced_by").get(pk=object_id)
            except (ObjectDoesNotExist, ValueError):
                return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]  # as its other views do
            return TermChangeView(TERM_VERBS[name], term, request, self).answer()

        return view


def _available_verbs(term: Term) -> Iterator[tuple[str, str]]:
    """Name and title of each kind of change that is possible for a term."""
    for name, verb in TERM_VERBS.items():
        removes = name not in {"rename", "restore"}
        if (name == "restore") != (term.retired_at is not None):
            continue
        if not (removes and is_required_term(term)):
            yield name, verb.title
