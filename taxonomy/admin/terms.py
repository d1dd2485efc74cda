"""The vocabularies and their terms, each change of which is a version of the codebook."""

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
from ..forms import TermForm
from ..models import Alignment, Term, Vocabulary
from .changing import TERM_VERBS, TermChangeView
from .pages import FinderFieldsAdmin, RegisterAdmin


@admin.register(Vocabulary)
class VocabularyAdmin(RegisterAdmin):
    """The dimensions that cases are coded in."""

    fields = ["label", "slug", "definition", "source_note", "order"]
    prepopulated_fields = {"slug": ["label"]}
    list_display = ["label", "slug", "order", "used"]
    search_fields = ["label", "slug", "definition"]

    @admin.display(description="terms", ordering="use_count")
    def used(self, thing: Any) -> str:
        return str(thing.use_count)


class AlignmentInline(FinderFieldsAdmin, admin.StackedInline):
    """Counterparts of a term in outside schemes. They belong to it: who may change it may take them away."""

    model = Alignment
    extra = 0
    fields = [("relation", "iri", "label")]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_change_permission(request, obj)


class TermStatusFilter(admin.SimpleListFilter):
    """The terms that are in use, that are retired, or that lead to others."""

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
    """The words of the vocabularies."""

    form = TermForm
    refused_by = (actions.CodebookRuleViolation, actions.StaleTerm, IntegrityError)
    change_form_template = "admin/taxonomy/term/change_form.html"
    prepopulated_fields = {"slug": ["label"]}
    autocomplete_fields = ["broader"]
    inlines = [AlignmentInline]
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
        """Offer only terms in use where one is looked for to be put in a field."""
        if request.path.endswith("/autocomplete/"):
            queryset = queryset.filter(retired_at=None)
        return super().get_search_results(request, queryset, search_term)

    # The page

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        said = ["vocabulary", "label", "slug", "definition", "scope_note", "example", "notation", "broader", "order"]
        if not self.has_change_permission(request, obj):
            return said
        return [*said, "reason", *(["recode"] if obj else [])]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Keep a term in its vocabulary; its names change by renaming, on a page of its own."""
        return [*super().get_readonly_fields(request, obj), *(["vocabulary", "label"] if obj else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What leads to another term is only looked at."""
        return super().has_change_permission(request, obj) and not (obj and obj.replaced_by_id)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What the history of the codebook tells of is retired instead."""
        told_of = obj and (obj.replaced_by_id or obj.changes.exists())
        return super().has_delete_permission(request, obj) and not told_of

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        term: Term | None = context["original"]
        if term:
            context |= {
                "term": term,
                "verbs": list(_offered(term)) if actions.may_change_codebook(request.user) else [],
                "needed": is_required_term(term),
                "changes": term.changes.with_related(),  # type: ignore[attr-defined]  # of our own QuerySet
            }
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        form.before = actions.begin_term_change(term=form.instance, by=request.user) if change else None
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: list[BaseModelFormSet], change: bool) -> None:
        """Save the counterparts, and make all of it one version of the codebook."""
        super().save_related(request, form, formsets, change)
        said = form.cleaned_data
        actions.finish_term_change(
            term=form.instance,
            before=form.before,
            by=request.user,
            reason=said["reason"],
            recode=said.get("recode", False),
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


def _offered(term: Term) -> Iterator[tuple[str, str]]:
    """Yield the changes that a term may come into question for: the name of each, and what it is called."""
    for name, verb in TERM_VERBS.items():
        taken_away = name not in {"rename", "restore"}
        if (name == "restore") != (term.retired_at is not None):
            continue
        if not (taken_away and is_required_term(term)):
            yield name, verb.title
