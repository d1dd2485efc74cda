"""Proposed revisions in the admin: made and amended in the form of the case, which is not changed itself."""

from __future__ import annotations

from copy import copy
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.forms.models import BaseModelFormSet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from taxonomy.admin import CuratedAdmin, typed_in

from .. import actions
from ..models import Case, Proposal, State
from ..permissions import has_perm
from ..record import convert
from ..review.proposals import ChangesSince, Review
from ..serializers import validate_record
from .page import BaseCaseAdmin, changes_since_opened
from .parts import signed_in_user


def proposal_inline(part: type[InlineModelAdmin[Any, Any]]) -> type[InlineModelAdmin[Any, Any]]:
    """Derive an inline for users with the permission to propose."""
    return type(f"Proposed{part.__name__}", (part,), {"perm": "propose"})


class ProposalEditAdmin(BaseCaseAdmin):
    """The form of a case, which makes or amends a proposal when it is saved.

    The form is saved as usual, but in a transaction that is rolled back; the record of the case just before the
    rollback is the proposed one.
    """

    perm = "propose"
    refused_by = (actions.RuleViolation, actions.StaleCase, actions.StaleProposal, IntegrityError)
    inlines = [proposal_inline(part) for part in BaseCaseAdmin.inlines]

    proposal: Proposal | None = None
    typed: dict[str, Any] | None = None
    """The submitted data as a primitive record; None unless the form is valid."""
    reason = ""
    review: Review | None = None
    meanwhile: ChangesSince | None = None

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the form, or make the proposal; if that is refused, show the form again with the submitted data."""
        if not has_perm(signed_in_user(request), "propose"):
            raise PermissionDenied
        case: Case | None = super(BaseCaseAdmin, self).get_object(request, unquote(object_id or ""))
        if case is None or case.state != State.PUBLISHED:
            messages.warning(request, "Only a published case is revised by proposal; a draft is edited.")
            return HttpResponseRedirect(reverse("admin:cases_case_changelist"))
        self.meanwhile = changes_since_opened(request, case)
        self.review = Review.of(self.proposal, request.user) if self.proposal else None
        try:
            response = self.shown(request, case)
            return self._store_proposal(request, case) if self.typed else response
        except self.refused_by as refusal:
            if request.method != "POST":
                return self._explain_refusal(request, refusal)
            again = copy(self)
            again.refusal, again.typed = refusal, None
            return again.shown(request, case)

    def shown(self, request: HttpRequest, case: Case) -> HttpResponse:
        """Save or render the form in a transaction that is rolled back."""
        with transaction.atomic():
            self._prepare(request, case)
            response = super(CuratedAdmin, self).changeform_view(request, str(case.pk))
            if isinstance(response, TemplateResponse):
                response.render()
            transaction.set_rollback(True)
        return response

    def _prepare(self, request: HttpRequest, case: Case) -> None:
        """Set up the case for the form.

        If something was typed, delete its parts, which the form creates again. To amend a proposal, apply the proposed
        record.
        """
        if typed_in(request):
            for part in self.inlines:
                part.model._default_manager.filter(case=case.pk).delete()
        elif self.review:
            record = validate_record(self.review.merged.record, self.review.case)
            actions.change_case(case=case, record=record, by=None, version=case.version)
            Case.objects.filter(pk=case.pk).update(version=case.version)

    def takes_all_as_new(self, request: HttpRequest, case: Case) -> bool:
        return True

    def since(self, request: HttpRequest, case: Case) -> ChangesSince | None:
        """The changes found before the parts were deleted."""
        return self.meanwhile

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the proposal and its version."""
        context |= {"revising": True, "proposal": self.proposal, "title": "Propose a revision of"}
        if self.proposal:
            read = typed_in(request).get("proposal_version", self.proposal.version)
            context |= {"title": "Amend the proposed revision of", "proposal_version": read}
            context |= {"review": self.review, "remarks": self.proposal.remarks.select_related("by")}
            if not typed_in(request):
                context["adminform"].form.initial["reason"] = self.proposal.reason
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: list[BaseModelFormSet], change: bool
    ) -> None:
        """Save the parts, and take the record of the case as the proposed one."""
        super().save_related(request, form, formsets, change)
        finalised = actions.finalise_case(case=form.instance, by=None)
        self.typed, self.reason = convert.to_primitive(convert.record_from_case(finalised)), form.cleaned_data["reason"]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Log nothing: the case was not changed."""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponse()  # never sent: changeform_view redirects to the proposal

    @transaction.atomic
    def _store_proposal(self, request: HttpRequest, case: Case) -> HttpResponse:
        """Make the proposal, or amend it."""
        by, record = signed_in_user(request), validate_record(self.typed, case)
        if self.proposal is None:
            proposal = actions.propose_revision(
                case=case, record=record, by=by, version=case.version, reason=self.reason
            )
            messages.success(request, "Proposed: it waits for a reviewer. The case itself is as it was.")
        else:
            actions.lock_case(case=case, version=case.version)
            read = request.POST.get("proposal_version", "")
            version = int(read) if read.isdecimal() and len(read) < 10 else -1
            proposal = actions.amend_proposal(
                proposal=self.proposal, record=record, by=by, version=version, reason=self.reason
            )
            messages.success(request, "Amended: it waits for a reviewer.")
        return HttpResponseRedirect(proposal.get_absolute_url())

    def _explain_refusal(self, request: HttpRequest, refusal: Exception) -> HttpResponse:
        """Explain why a proposal cannot be opened in the form, for example because a term no longer exists."""
        text = " ".join(refusal.messages) if isinstance(refusal, actions.RuleViolation) else str(refusal)
        messages.error(request, f"It cannot be opened in the form: {text}")
        return HttpResponseRedirect(self.proposal.get_absolute_url() if self.proposal else reverse("admin:index"))


@admin.register(Proposal)
class ProposalAdmin(admin.ModelAdmin):
    """Links the admin to the queue of proposals and to the form for amending one."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return has_perm(signed_in_user(request), "review")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return has_perm(signed_in_user(request), "review")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        edit = self.admin_site.admin_view(self.edit_view)
        return [path("<int:pk>/edit/", edit, name="cases_proposal_edit"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Redirect to the queue."""
        return HttpResponseRedirect(reverse("cases:proposals"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Redirect to the page of the proposal."""
        if not (object_id or "").isdecimal():
            return HttpResponseRedirect(reverse("cases:proposals"))
        return HttpResponseRedirect(reverse("cases:proposal", args=[object_id]))

    def edit_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Amend a proposal in the form of its case."""
        proposal = get_object_or_404(Proposal.objects.visible_to(request.user).select_related("case"), pk=pk)
        if not has_perm(signed_in_user(request), "propose"):
            raise PermissionDenied
        if not proposal.is_pending:
            return HttpResponseRedirect(proposal.get_absolute_url())
        edit_admin = ProposalEditAdmin(Case, self.admin_site)
        edit_admin.proposal = proposal
        return edit_admin.changeform_view(request, str(proposal.case_id))
