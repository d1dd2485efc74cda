"""Proposed revisions in the admin: made and amended on the very form of the case, which itself stays as it is."""

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

from taxonomy.admin import CuratedAdmin

from .. import actions
from ..models import Case, Proposal, State
from ..permissions import has_perm
from ..record import convert
from ..review.proposals import ChangesSince, Review
from ..serializers import validate_record
from .page import BaseCaseAdmin, changes_since_opened
from .parts import signed_in_user


def proposal_inline(part: type[InlineModelAdmin[Any, Any]]) -> type[InlineModelAdmin[Any, Any]]:
    """Return a kind of part as somebody fills it in who may propose it."""
    return type(f"Proposed{part.__name__}", (part,), {"perm": "propose"})


class ProposalEditAdmin(BaseCaseAdmin):
    """The form of a case whose saving makes a proposal, or amends one.

    The form is filled in and saved as always, in a transaction that is rolled back; what the case said in it for a
    moment is what is proposed.
    """

    perm = "propose"
    refused_by = (actions.RuleViolation, actions.StaleCase, actions.StaleProposal, IntegrityError)
    inlines = [proposal_inline(part) for part in BaseCaseAdmin.inlines]

    proposal: Proposal | None = None
    typed: dict[str, Any] | None = None
    """What was typed, as a plain record; None as long as it is not sound."""
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
        """Show the form, or propose what was typed; where that is refused, show it again with everything in it."""
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
            return self._stored(request, case) if self.typed else response
        except self.refused_by as refusal:
            if request.method != "POST":
                return self._not_to_be_shown(request, refusal)
            again = copy(self)
            again.refusal, again.typed = refusal, None
            return again.shown(request, case)

    def shown(self, request: HttpRequest, case: Case) -> HttpResponse:
        """Fill the form in and save it, or show it, in a transaction of which nothing stays."""
        with transaction.atomic():
            self._prepare(request, case)
            response = super(CuratedAdmin, self).changeform_view(request, str(case.pk))
            if isinstance(response, TemplateResponse):
                response.render()
            transaction.set_rollback(True)
        return response

    def _prepare(self, request: HttpRequest, case: Case) -> None:
        """Take the parts away, to be written anew; or where a proposal is to be amended, let the case say that."""
        if request.method == "POST":
            for part in self.inlines:
                part.model._default_manager.filter(case=case.pk).delete()
        elif self.review:
            record = validate_record(self.review.merged.record, self.review.case)
            actions.change_case(case=case, record=record, by=None, version=case.version)
            Case.objects.filter(pk=case.pk).update(version=case.version)

    def takes_all_as_new(self, request: HttpRequest, case: Case) -> bool:
        return True

    def since(self, request: HttpRequest, case: Case) -> ChangesSince | None:
        """Return what was found before the parts were taken away."""
        return self.meanwhile

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Say what is proposed, and to which version of the proposal it belongs."""
        context |= {"revising": True, "proposal": self.proposal, "title": "Propose a revision of"}
        if self.proposal:
            read = request.POST.get("proposal_version", self.proposal.version)
            context |= {"title": "Amend the proposed revision of", "proposal_version": read}
            context |= {"review": self.review, "remarks": self.proposal.remarks.select_related("by")}
            if request.method != "POST":
                context["adminform"].form.initial["reason"] = self.proposal.reason
        return super().render_change_form(request, context, *args, **kwargs)

    def save_related(
        self, request: HttpRequest, form: forms.ModelForm, formsets: list[BaseModelFormSet], change: bool
    ) -> None:
        """Save the parts, and read what the case says then."""
        super().save_related(request, form, formsets, change)
        settled = actions.finalise_case(case=form.instance, by=None)
        self.typed, self.reason = convert.to_primitive(convert.record_from_case(settled)), form.cleaned_data["reason"]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Leave no word in the log: the case was not changed."""

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return HttpResponse()  # never sent: what was typed is stored, and its page shown

    @transaction.atomic
    def _stored(self, request: HttpRequest, case: Case) -> HttpResponse:
        """Propose what was typed, or amend the proposal by it."""
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

    def _not_to_be_shown(self, request: HttpRequest, refusal: Exception) -> HttpResponse:
        """Say why a proposal cannot be shown in the form: what it names may be gone, say."""
        text = " ".join(refusal.messages) if isinstance(refusal, actions.RuleViolation) else str(refusal)
        messages.error(request, f"It cannot be opened in the form: {text}")
        return HttpResponseRedirect(self.proposal.get_absolute_url() if self.proposal else reverse("admin:index"))


@admin.register(Proposal)
class ProposalAdmin(admin.ModelAdmin):
    """The way from the admin to the queue of proposals, and to the form in which one is amended."""

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
        """Lead to the queue."""
        return HttpResponseRedirect(reverse("cases:proposals"))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the page of the proposal."""
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
        revising = ProposalEditAdmin(Case, self.admin_site)
        revising.proposal = proposal
        return revising.changeform_view(request, str(proposal.case_id))
