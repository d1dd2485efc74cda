"""The admin of cases: the list, saving, changes of state, proposing, renaming, merging."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from cases.schema import ABSENCE_COLUMNS
from taxonomy.codebook import Codebook

from .. import actions
from ..models import Absence, Case, State
from ..permissions import has_perm
from ..record.completeness import completeness
from .confirming import CONFIRMED_ACTIONS
from .filters import CaseGroupFilter, ChecksFilter
from .page import BaseCaseAdmin, changes_since_opened
from .parts import signed_in_user
from .proposals import ProposalEditAdmin


class SectorFilter(admin.SimpleListFilter):
    """Cases in a sector or in a narrower one."""

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
    """Cases with a dimension that has not been coded yet."""

    title, parameter_name = "what is not coded", "uncoded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("any", "anything"), *((name, name) for name in ABSENCE_COLUMNS)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        value = self.value()
        if not value:
            return queryset
        columns = [column for name, column in ABSENCE_COLUMNS.items() if value in (name, "any")]
        nothing = Q(pk__in=[])
        return queryset.filter(reduce(or_, [Q((column, Absence.NOT_CODED)) for column in columns], nothing))


CaseAction = Callable[..., Case]
SUBMIT_BUTTONS: dict[str, tuple[CaseAction, str]] = {
    "_submit": (actions.submit_case, "Submitted: it waits for a reviewer."),
    "_return": (actions.return_case, "Returned to its author as a draft."),
    "_publish": (actions.publish_case, "Published: every reader sees it."),
    "_redraft": (actions.redraft_case, "A draft again: readers do not see it."),
}
"""Actions by the submit button: the function to call after saving, and the success message."""


@admin.register(Case)
class CaseAdmin(BaseCaseAdmin):
    """The list of cases and the actions on them."""

    list_display = ["__str__", "kind", "state", "verdict", "arrangement_count", "complete", "saved"]
    list_filter = ["state", "kind", "verdict", SectorFilter, UncodedFilter, CaseGroupFilter, ChecksFilter]
    list_select_related = ["kind", "verdict", "updated_by"]
    list_per_page = 50
    search_fields = ["title", "slug", "summary"]
    actions = ["publish_selected", "affirm_selected"]

    # The list

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        cases = super().get_queryset(request)
        return cases.annotate(arrangement_count=Count("arrangements", distinct=True)).prefetch_related("citations")

    @admin.display(description="arrangements", ordering="arrangement_count")
    def arrangement_count(self, case: Any) -> int:
        return int(case.arrangement_count)

    @admin.display(description="complete")
    def complete(self, case: Case) -> str:
        fields = completeness(case)
        return f"{sum(field.filled for field in fields)} of {len(fields)}"

    @admin.display(description="last saved", ordering="updated_at")
    def saved(self, case: Case) -> str:
        return f"{case.updated_at:%Y-%m-%d %H:%M} {case.updated_by or ''}"

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Remove bulk deletion: published cases are withdrawn, not deleted."""
        return {name: action for name, action in super().get_actions(request).items() if name != "delete_selected"}

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Used by Django for the action `publish_selected`."""
        return has_perm(signed_in_user(request), "publish")

    @admin.action(description="Publish the selected drafts", permissions=["publish"])
    def publish_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        drafts = cases.filter(state=State.DRAFT)
        published = [case for case in drafts if self._publishes(request, case)]
        if published:
            messages.success(request, f"Published: {', '.join(map(str, published))}.")
        others = cases.exclude(state=State.DRAFT).exclude(pk__in=[case.pk for case in published]).count()
        if others:
            messages.warning(request, f"{others} of the selected are no drafts and were left as they are.")

    def has_affirm_permission(self, request: HttpRequest) -> bool:
        """Used by Django for the action `affirm_selected`."""
        return has_perm(signed_in_user(request), "affirm")

    @admin.action(description="Affirm all codings of the selected that are to be re-affirmed", permissions=["affirm"])
    def affirm_selected(self, request: HttpRequest, cases: QuerySet[Case]) -> None:
        chosen = Case.objects.filter(pk__in=cases.order_by().values("pk"))
        number = actions.affirm_cases(cases=chosen, by=signed_in_user(request))
        messages.success(request, f"Affirmed: the codings of {number} case{'' if number == 1 else 's'}.")

    def _publishes(self, request: HttpRequest, case: Case) -> bool:
        """Publish a case, or show an error message; returns whether it was published."""
        try:
            actions.publish_case(case=case, by=signed_in_user(request))
        except (actions.RuleViolation, actions.StaleCase) as refusal:
            message = refusal.messages if isinstance(refusal, actions.RuleViolation) else [str(refusal)]
            link = reverse("admin:cases_case_change", args=[case.pk])
            messages.error(
                request, format_html('Not published: <a href="{}">{}</a>. {}', link, case, " ".join(message))
            )
            return False
        return True

    # Permissions

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only drafts that were never published can be deleted; other cases are withdrawn, with a notice."""
        unseen = obj is None or (obj.state in {State.DRAFT, State.IN_REVIEW} and obj.published_at is None)
        return unseen and has_perm(signed_in_user(request), "discard", obj)

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List only the cases: the readers' notes are deleted too, but curators must not see them."""
        _, _, _, protected = super().get_deleted_objects(objs, request)
        return [str(case) for case in objs], {"cases": len(objs)}, set(), protected

    def delete_model(self, request: HttpRequest, obj: Case) -> None:
        actions.discard_case(case=obj, by=signed_in_user(request))

    # Saving

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Save, or make a proposal if that button was pressed."""
        if object_id and request.method == "POST" and "_propose" in request.POST:
            return self.propose_view(request, object_id)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: list[BaseModelFormSet], change: bool
    ) -> None:
        """Save the parts, finalise the case, and apply the action of the button."""
        super().save_related(request, form, formsets, change)
        case, reason = form.instance, form.cleaned_data["reason"]
        has_changes = set(form.changed_data) - {"reason"} or any(formset.has_changed() for formset in formsets)
        if not change or has_changes:
            case = actions.finalise_case(case=case, by=signed_in_user(request), reason=reason)
        for button, (verb, message) in SUBMIT_BUTTONS.items():
            if button in request.POST:
                verb(case=case, by=signed_in_user(request), reason=reason)
                messages.success(request, message)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: str | None = None) -> HttpResponse:
        return self._stay(request, obj) or super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return self._stay(request, obj) or super().response_change(request, obj)

    def _stay(self, request: HttpRequest, case: Case) -> HttpResponse | None:
        """Redirect to the case after an action; None after a plain save."""
        if not any(button in request.POST for button in SUBMIT_BUTTONS):
            return None
        return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]))

    # Proposing, withdrawing, renaming, merging

    def get_urls(self) -> list[URLPattern]:
        confirm_urls = [
            path(
                f"<path:object_id>/{verb}/",
                self.admin_site.admin_view(self.ask_view),
                {"verb": verb},
                f"cases_case_{verb}",
            )
            for verb in CONFIRMED_ACTIONS
        ]
        propose = path(
            "<path:object_id>/propose/", self.admin_site.admin_view(self.propose_view), name="cases_case_propose"
        )
        return [*confirm_urls, propose, *super().get_urls()]

    def propose_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The form of a published case, which makes a proposed revision."""
        return ProposalEditAdmin(self.model, self.admin_site).changeform_view(request, object_id)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the public history of the case."""
        case: Case | None = super().get_object(request, unquote(object_id))
        if case is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]  # as its other views do
        return HttpResponseRedirect(reverse("cases:history", args=[case.slug]))

    def ask_view(self, request: HttpRequest, object_id: str, verb: str) -> HttpResponse:
        """Ask for confirmation and details, then withdraw, rename or merge a case."""
        case: Case | None = super().get_object(request, unquote(object_id))
        question = CONFIRMED_ACTIONS[verb]
        if not has_perm(signed_in_user(request), question.perm, case):
            raise PermissionDenied
        if case is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]  # as its other views do
        changed = changes_since_opened(request, case)
        known = {"opened": case.version, "slug": case.slug}
        form = question.form(request.POST if request.method == "POST" else None, initial=known)
        if request.method == "POST" and form.is_valid() and question.does(case, signed_in_user(request), form):
            messages.success(request, question.done)
            self.log_change(request, case, question.done)
            return HttpResponseRedirect(reverse("admin:cases_case_change", args=[case.pk]))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": question.title,
            "case": case,
            "form": form,
            "question": question,
            "meanwhile": changed,
        }
        return TemplateResponse(request, "admin/cases/case/ask.html", context)
