"""The pages for renaming, merging, splitting, retiring and restoring a term: first a preview, then the change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from .. import actions
from ..forms import (
    MergeTermForm,
    RenameTermForm,
    RestoreTermForm,
    RetireTermForm,
    SplitTermForm,
    TermChangeForm,
    add_field_errors,
)
from ..models import CodebookChange, Term

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin


@dataclass(frozen=True)
class TermVerb:
    """A kind of change to the codebook, as its page presents it."""

    title: str
    form: type[TermChangeForm]
    says: str
    """What the change means, in a sentence or two."""
    becomes: str
    """What happens to the cases, as the end of a sentence."""
    check: Callable[..., None]
    do: Callable[..., CodebookChange]

    @property
    def asks(self) -> bool:
        """Whether its form asks for more than the reason."""
        return self.form not in (RetireTermForm, RestoreTermForm)


TERM_VERBS = {
    "rename": TermVerb(
        "Rename",
        RenameTermForm,
        "It means the same under another name. A former short name keeps leading to it.",
        "say it by its new name",
        actions.check_rename,
        actions.rename_term,
    ),
    "merge": TermVerb(
        "Merge",
        MergeTermForm,
        "Another term stands for it from now on: its address and its short name lead there, and what is coded with it "
        "is coded with that.",
        "are coded anew at once, each as a version of its own",
        lambda term, into: actions.check_merge(term, into[0]),
        lambda into, **options: actions.merge_terms(into=into[0], **options),
    ),
    "split": TermVerb(
        "Split",
        SplitTermForm,
        "Several terms stand for it from now on. Only people can tell which of them a case should have.",
        "stay as they are, and wait in the queue to be coded anew",
        actions.check_split,
        actions.split_term,
    ),
    "retire": TermVerb(
        "Retire",
        RetireTermForm,
        "Nothing more is coded with it. Its page says since when, and why.",
        "stay as they are, and wait in the queue to be coded anew",
        actions.check_retire,
        actions.retire_term,
    ),
    "restore": TermVerb(
        "Restore",
        RestoreTermForm,
        "It may be coded with again. What was coded anew meanwhile stays as it is.",
        "are changed",
        actions.check_restore,
        actions.restore_term,
    ),
}
"""The kinds of changes that have a page, by their name in its address."""


class TermChangeView:
    """Handles one request for such a page."""

    def __init__(self, verb: TermVerb, term: Term, request: HttpRequest, page: ModelAdmin[Term]) -> None:
        self.verb, self.term, self.request, self.page = verb, term, request, page
        empty: dict[str, str] | None = None if verb.asks else {}  # if only a reason is needed, show the preview at once
        self.form = verb.form(request.POST if request.method == "POST" else empty, term=term)

    def answer(self) -> HttpResponse:
        """Show the form, or the form with a preview, or make the change."""
        if not actions.may_change_codebook(self.request.user):
            raise PermissionDenied
        if not (self.form.is_bound and self.form.is_valid()):
            return self._render(None)
        arguments = self.form.arguments
        if "_confirm" in self.request.POST and self._apply(arguments):
            return HttpResponseRedirect(reverse("admin:taxonomy_term_change", args=[self.term.pk]))
        return self._render(self._preview(arguments))

    def _preview(self, arguments: Mapping[str, Any]) -> actions.ChangePreview | None:
        """The preview of the change; None, with errors in the form, if a rule forbids it."""
        try:
            self.verb.check(self.term, **arguments)
        except actions.CodebookRuleViolation as violation:
            if not self.form.errors:
                add_field_errors(self.form, violation.message_dict, {})
            return None
        return actions.preview_change(actions.PlannedChange(self.form.kind, self.term, self.request.user, **arguments))

    def _apply(self, arguments: Mapping[str, Any]) -> bool:
        """Make the change; False, with errors in the form, if it was refused."""
        cleaned = self.form.cleaned_data
        options = {"by": self.request.user, "reason": cleaned["reason"], "token": cleaned["token"]}
        try:
            change = self.verb.do(term=self.term, **arguments, **options)
        except actions.CodebookRuleViolation as violation:
            add_field_errors(self.form, violation.message_dict, {})
        except (actions.PreviewOutdated, actions.StaleTerm) as outdated:
            self.form.add_error(None, str(outdated))
        else:
            messages.success(self.request, f"Done: this is version {change.number} of the codebook.")
            self.page.log_change(self.request, self.term, f"{self.verb.title}. {change.reason}")
            return True
        return False

    def _render(self, preview: actions.ChangePreview | None) -> HttpResponse:
        context: dict[str, Any] = {
            **self.page.admin_site.each_context(self.request),
            "opts": self.page.opts,
            "title": self.verb.title,
            "verb": self.verb,
            "term": self.term,
            "form": self.form,
            "preview": preview,
        }
        return TemplateResponse(self.request, "admin/taxonomy/term/change.html", context)
