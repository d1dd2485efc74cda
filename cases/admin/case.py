"""A whole case on one page, and the list of cases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Count, ManyToManyField, Model, Q, QuerySet
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from taxonomy.admin import CuratedAdmin
from taxonomy.codebook import Codebook
from taxonomy.forms import refuse_beside

from .. import actions, records
from ..forms import CaseForm, WithdrawForm, as_typed, define, definitions, dress, moved_on, standing
from ..models import Absence, Case, State
from .parts import Arrangements, Caveats, Citations, Claims, Participations, Pathways, curator


class SectorFilter(admin.SimpleListFilter):
    """The cases of a sector and of those below it."""

    title = parameter_name = "sector"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterator[tuple[str, str]]:
        self.codebook = Codebook.load()
        for term in self.codebook["sector"]:
            yield term.slug, f"– {term}" if term.broader_id else str(term)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        if not self.value():
            return queryset
        chosen = self.codebook.with_narrower("sector", [str(self.value())])
        return queryset.filter(pk__in=Case.sectors.through.objects.filter(term__in=chosen).values("case"))


class UncodedFilter(admin.SimpleListFilter):
    """The cases in which nobody has judged something yet."""

    title, parameter_name = "what is not coded", "uncoded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "anything"), *((name, name) for name in records.DIMENSIONS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        asked = self.value()
        if not asked:
            return queryset
        columns = [column for name, column in records.DIMENSIONS.items() if asked in (name, "any")]
        nothing = Q(pk__in=[])
        return queryset.filter(reduce(or_, [Q((column, Absence.NOT_CODED)) for column in columns], nothing))


Verb = Callable[..., Case]
MOVES: dict[str, tuple[Verb, str]] = {
    "_publish": (actions.publish, "Published: every reader sees it."),
    "_redraft": (actions.redraft, "A draft again: readers do not see it."),
}
"""By the button that was pressed: what is done once the case is saved, and what is said then."""


@admin.register(Case)
class CaseAdmin(CuratedAdmin):
    """A whole case on one page."""

    form = CaseForm
    refused_by = (actions.Refused, actions.Stale, IntegrityError)
    inlines = [Arrangements, Pathways, Claims, Caveats, Participations, Citations]
    autocomplete_fields = ["verdict_passage", "democratic_passage", "years_passage", "evidence_passage", "places"]
    prepopulated_fields = {"slug": ["title"]}
    fieldsets = [
        ("What it is", {"fields": ["title", "slug", "kind", "summary"]}),
        ("Narrative", {"fields": ["narrative"]}),
        ("Verdict", {"fields": ["verdict", "verdict_reason", "verdict_passage", ("verdict_since", "verdict_before")]}),
        ("Democratic quality", {"fields": ["democratic_quality", "democratic_reason", "democratic_passage"]}),
        (
            "Years",
            {
                "fields": [
                    ("year_start", "year_start_precision"),
                    ("year_end", "year_end_precision"),
                    "ongoing",
                    "years_passage",
                    "years_absent",
                ]
            },
        ),
        (
            "Evidence",
            {
                "fields": [
                    "evidence_level",
                    "evidence_direction",
                    "evidence_note",
                    "evidence_passage",
                    "evidence_absent",
                ],
                "description": "The level is the source’s own word for what it rests on, no appraisal of quality.",
            },
        ),
        ("Sectors and places", {"fields": ["sectors", "sectors_absent", "places", "places_absent"]}),
        ("Without arrangement or pathway", {"fields": [("arrangements_absent", "pathways_absent")]}),
    ]
    change_form_template = "admin/cases/case/change_form.html"
    list_display = ["__str__", "kind", "state", "verdict", "arrangement_count", "complete", "saved"]
    list_filter = ["state", "kind", "verdict", SectorFilter, UncodedFilter]
    list_select_related = ["kind", "verdict", "updated_by"]
    list_per_page = 50
    search_fields = ["title", "slug", "summary"]
    actions = ["publish_selected"]

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        cases: QuerySet[Case] = super().get_queryset(request)
        return cases.annotate(arrangement_count=Count("arrangements", distinct=True)).prefetch_related("citations")

    @admin.display(description="arrangements", ordering="arrangement_count")
    def arrangement_count(self, case: Any) -> int:
        return int(case.arrangement_count)

    @admin.display(description="complete")
    def complete(self, case: Case) -> str:
        fields = records.completeness(case)
        return f"{sum(field.filled for field in fields)} of {len(fields)}"

    @admin.display(description="last saved", ordering="updated_at")
    def saved(self, case: Case) -> str:
        return f"{case.updated_at:%Y-%m-%d %H:%M} {case.updated_by or ''}"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Leave the deleting of many at once away: what was published is withdrawn."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    @admin.action(description="Publish the selected drafts", permissions=["change"])
    def publish_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        drafts = cases.filter(state=State.DRAFT)
        published = [case for case in drafts if self._publishes(request, case)]
        if published:
            messages.success(request, f"Published: {', '.join(map(str, published))}.")
        others = cases.exclude(state=State.DRAFT).exclude(pk__in=[case.pk for case in published]).count()
        if others:
            messages.warning(request, f"{others} of the selected are no drafts and were left as they are.")

    def _publishes(self, request: HttpRequest, case: Case) -> bool:
        """Publish a case, or say what stands against it."""
        try:
            actions.publish(case=case, by=curator(request))
        except (actions.Refused, actions.Stale) as refusal:
            said = refusal.messages if isinstance(refusal, actions.Refused) else [str(refusal)]
            link = reverse("admin:cases_case_change", args=[case.pk])
            messages.error(request, format_html('Not published: <a href="{}">{}</a>. {}', link, case, " ".join(said)))
            return False
        return True

    # Who may

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and actions.may_curate(curator(request))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What readers may have seen is withdrawn, and leaves word of itself; only other drafts are deleted."""
        unseen = obj is None or (obj.state == State.DRAFT and obj.published_at is None)
        return unseen and super().has_delete_permission(request, obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Name the cases alone: what readers noted on them goes along, and is not the curators' to read."""
        _, _, _, protected = super().get_deleted_objects(objs, request)
        return [str(case) for case in objs], {"cases": len(objs)}, set(), protected

    # The page

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Case | None:
        """Return a case; one that is to be written is held until then, so that it cannot move on meanwhile."""
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
        if db_field.name == "sectors":
            kwargs["widget"] = forms.CheckboxSelectMultiple()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_formset_kwargs(self, request: HttpRequest, obj: Any, inline: Any, prefix: str) -> dict[str, Any]:
        """Keep the parts that were typed into a page that is out of date, though their rows may be others now."""
        kwargs: dict[str, Any] = super().get_formset_kwargs(request, obj, inline, prefix)
        if "data" in kwargs and obj.pk and request.POST.get("opened") != str(obj.version):
            kwargs["data"] = as_typed(kwargs["data"], prefix)
        return kwargs

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the codebook, what the fields have chosen, and what is missing yet."""
        codebook = Codebook.load()
        form, parts = context["adminform"].form, context["inline_admin_formsets"]
        dress([form, *(row for part in parts for row in [*part.formset.forms, part.formset.empty_form])], codebook)
        define(form, codebook)
        for part in parts:
            part.opts.definitions = definitions(codebook, part.opts.vocabularies)
        case = context["original"]
        if case:
            context |= standing(Case.objects.select_related("updated_by").get(pk=case.pk))
        return super().render_change_form(request, context, *args, **kwargs)

    # Saving

    def save_model(self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool) -> None:
        if form.has_changed() or not change:
            super().save_model(request, obj, form, change)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: list[BaseModelFormSet], change: bool
    ) -> None:
        """Save the parts, bring the case in step with them, and move it where the button says."""
        super().save_related(request, form, formsets, change)
        case = form.instance
        if not change or form.has_changed() or any(formset.has_changed() for formset in formsets):
            case = actions.settle(case=case, by=curator(request))
        for button, (verb, said) in MOVES.items():
            if button in request.POST:
                verb(case=case, by=curator(request))
                messages.success(request, said)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._stay(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._stay(request, obj) or super().response_change(request, obj)

    def _stay(self, request: HttpRequest, case: Case) -> HttpResponse | None:
        """Return to the case after it was moved."""
        if not any(button in request.POST for button in MOVES):
            return None
        return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]))

    # Withdrawing

    def get_urls(self) -> list[URLPattern]:
        withdraw = self.admin_site.admin_view(self.withdraw_view)
        return [path("<path:object_id>/withdraw/", withdraw, name="cases_case_withdraw"), *super().get_urls()]

    def withdraw_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask for the reason, and withdraw."""
        case: Case | None = super().get_object(request, unquote(object_id))
        if not self.has_change_permission(request, case):
            raise PermissionDenied
        if case is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]  # as its other views do
        form = WithdrawForm(request.POST if request.method == "POST" else None, initial={"opened": case.version})
        if request.method == "POST" and form.is_valid() and self._withdraws(request, case, form):
            messages.success(request, "Withdrawn: readers are told why.")
            self.log_change(request, case, "Withdrawn.")
            return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Withdraw",
            "case": case,
            "form": form,
        }
        return TemplateResponse(request, "admin/cases/case/withdraw.html", context)

    def _withdraws(self, request: HttpRequest, case: Case, form: WithdrawForm) -> bool:
        """Withdraw a case, or say in the form what stands against it."""
        case.version = form.cleaned_data["opened"]
        try:
            actions.withdraw(case=case, by=curator(request), reason=form.cleaned_data["reason"])
        except actions.Stale as stale:
            form.add_error(None, moved_on(stale))
        except actions.Refused as refusal:
            refuse_beside(form, refusal.message_dict, {})
        return form.is_valid()
