"""Moderation in the admin: the notes to decide on, the decisions, and their log.

Notes are not written, changed or deleted here. Private notes and unflagged notes of groups are not shown either:
being an administrator does not give access to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model, Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from accounts.models import User

from . import actions
from .forms.moderation import DecisionForm
from .models import Annotation, AnnotationQuerySet, Decision, Flag, may_moderate

HIDE, APPROVE = Decision.Verb.HIDE, Decision.Verb.APPROVE
DECISION_VERBS: dict[str, Callable[..., Decision]] = {HIDE: actions.hide_note, APPROVE: actions.approve_note}
DECISION_MESSAGES: dict[str, str] = {HIDE: "hidden from readers", APPROVE: "approved"}


def moderator_of(request: HttpRequest) -> User:
    """The signed-in user: the admin admits no one else."""
    return cast("User", request.user)


class ModerationAdmin(admin.ModelAdmin):
    """Read-only pages for moderators; notes change only through decisions."""

    view_on_site = False  # Django's link would show any staff member the address of a note by its number

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_moderate(moderator_of(request))

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return may_moderate(moderator_of(request))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ModerationStatusFilter(admin.SimpleListFilter):
    """Filter by moderation status; by default, notes that wait for a decision."""

    title, parameter_name = "how they stand", "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hidden", "hidden"), ("decided", "decided on"), ("all", "all")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Label the default."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "flagged and waiting"}
        yield from others

    def queryset(self, request: HttpRequest, queryset: QuerySet[Annotation]) -> QuerySet[Annotation]:
        match self.value():
            case None:
                return queryset.filter(pk__in=Flag.objects.filter(settled_at=None).values("annotation"))
            case "hidden":
                return queryset.filter(hidden_at__isnull=False)
            case "decided":
                return queryset.filter(pk__in=Decision.objects.values("annotation"))
            case "all":
                return queryset
        return queryset.none()


@admin.register(Annotation)
class AnnotationAdmin(ModerationAdmin):
    """The moderators' queue."""

    change_form_template = "admin/annotations/annotation/change_form.html"
    list_display = ["excerpt", "case", "written_by", "audience", "flagged", "hidden", "created_at"]
    list_filter = [ModerationStatusFilter, "created_at"]
    list_per_page = 50
    search_fields = ["exact", "comment", "case__title", "author__username", "author__name"]
    ordering = ["-created_at", "-pk"]
    fields = [
        "exact",
        "comment",
        "labels",
        "case",
        "written_by",
        "audience",
        "group",
        "created_at",
        "edited_at",
        "hidden",
    ]
    actions = ["hide_selected", "approve_selected"]

    def get_queryset(self, request: HttpRequest) -> AnnotationQuerySet:
        open_flags = Flag.objects.filter(settled_at=None).select_related("by")
        notes = Annotation.objects.moderated_by(moderator_of(request)).select_related("case", "author", "group")
        ordered = notes.order_by(*self.get_ordering(request))
        return ordered.prefetch_related(Prefetch("flags", open_flags, to_attr="open_flags"))

    # The columns

    @admin.display(description="note")
    def excerpt(self, note: Annotation) -> str:
        quoted = f"“{Truncator(note.exact).chars(80)}”" if note.exact else ""
        return " ".join(filter(None, [quoted, Truncator(note.comment).chars(160)])) or f"{note} without words"

    @admin.display(description="author", ordering="author")
    def written_by(self, note: Annotation) -> str:
        return str(note.author or "deleted account")

    @admin.display(description="flags")
    def flagged(self, note: Any) -> str:
        reasons = "; ".join(Truncator(flag.reason).chars(80) for flag in note.open_flags)
        return f"{len(note.open_flags)}: {reasons}" if reasons else "none"

    @admin.display(description="hidden", ordering="hidden_at")
    def hidden(self, note: Annotation) -> str:
        return f"since {note.hidden_at:%d %b %Y, %H:%M}" if note.hidden_at else "no"

    @admin.display(description="tags and codes")
    def labels(self, note: Annotation) -> str:
        return ", ".join(map(str, [*note.tags.all(), *note.codes.all()])) or "none"

    # Deciding

    def has_moderate_permission(self, request: HttpRequest) -> bool:  # Django looks it up by this name for actions
        return may_moderate(moderator_of(request))

    @admin.action(description="Hide the selected notes …", permissions=["moderate"])
    def hide_selected(self, request: HttpRequest, notes: AnnotationQuerySet) -> HttpResponse | None:
        return self._decide_on(request, notes, HIDE)

    @admin.action(description="Approve the selected notes …", permissions=["moderate"])
    def approve_selected(self, request: HttpRequest, notes: AnnotationQuerySet) -> HttpResponse | None:
        return self._decide_on(request, notes, APPROVE)

    def _decide_on(self, request: HttpRequest, notes: AnnotationQuerySet, verb: str) -> HttpResponse | None:
        """Ask for the reason, then decide; None returns to the list."""
        form = DecisionForm(request.POST if "reason" in request.POST else None)
        chosen = list(notes)
        if form.is_valid() and self._decide_all(request, chosen, form, verb):
            return None
        return self._ask_reason(request, chosen, form, verb)

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide_view)
        return [path("<path:object_id>/decide/", decide, name="annotations_annotation_decide"), *super().get_urls()]

    def decide_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide on one note, from its page."""
        if not self.has_moderate_permission(request):
            raise PermissionDenied
        note = cast("Annotation | None", self.get_object(request, unquote(object_id)))
        if note is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)  # type: ignore[attr-defined, no-any-return]  # as its other views do
        form = DecisionForm(request.POST)
        verb = next((verb for verb in DECISION_VERBS if verb in request.POST), None)
        if verb is None:
            return HttpResponseRedirect(reverse("admin:annotations_annotation_change", args=[note.pk]))
        if form.is_valid() and self._decide_all(request, [note], form, verb):
            return HttpResponseRedirect(reverse("admin:annotations_annotation_changelist"))
        return self._ask_reason(request, [note], form, verb)

    def _decide_all(self, request: HttpRequest, notes: list[Annotation], form: DecisionForm, verb: str) -> bool:
        """Decide on all notes; if one is refused, on none, with the reason as a form error."""
        try:
            with transaction.atomic():
                for note in notes:
                    DECISION_VERBS[verb](note=note, reason=form.cleaned_data["reason"], by=moderator_of(request))
        except actions.RuleViolation as violation:
            form.add_violations(violation)
        except (PermissionDenied, Annotation.DoesNotExist):
            form.add_error(None, "One of these was deleted or made private meanwhile. Choose again from the list.")
        else:
            number = len(notes)
            messages.success(request, f"{number} note{'s' if number != 1 else ''} {DECISION_MESSAGES[verb]}.")
        return form.is_valid()

    def _ask_reason(self, request: HttpRequest, notes: list[Annotation], form: DecisionForm, verb: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Hide notes" if verb == HIDE else "Approve notes",
            "button": "Hide from readers" if verb == HIDE else "Approve",
            "notes": [(note, self.excerpt(note)) for note in notes],
            "form": form,
            "verb": verb,
            "action": request.POST.get("action"),
            "checkbox": ACTION_CHECKBOX_NAME,
        }
        return TemplateResponse(request, "admin/annotations/annotation/decide.html", context)

    # The page of one note

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Add the part of the thread that the moderator may see, the flags, the decisions and the form."""
        note = cast("Annotation", context["original"])
        readable = Annotation.objects.visible_to(request.user).values("pk")
        moderated = Annotation.objects.moderated_by(moderator_of(request))
        thread = Annotation.objects.filter(pk=note.root.pk) | Annotation.objects.filter(thread=note.root.pk)
        visible = thread.filter(pk__in=readable) | thread.filter(pk__in=moderated.values("pk"))
        context |= {
            "thread": visible.exclude(pk=note.pk).select_related("author").order_by("pk"),
            "flags": note.flags.select_related("by"),
            "decisions": note.decisions.select_related("by"),
            "form": DecisionForm(),
            "on_site": Annotation.objects.visible_to(request.user).filter(pk=note.pk).exists(),
        }
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Decision)
class DecisionAdmin(ModerationAdmin):
    """The log: who decided what, when and why."""

    list_display = ["created_at", "decided_by", "decision", "on", "reason"]
    list_display_links = None
    list_filter = ["verb", "created_at"]
    list_select_related = ["annotation", "by"]
    list_per_page = 50
    search_fields = ["reason", "annotation__uid", "by__username", "by__name"]
    fields = ["created_at", "decided_by", "decision", "on", "reason"]

    @admin.display(description="by", ordering="by")
    def decided_by(self, decision: Decision) -> str:
        return str(decision.by or "deleted account")

    @admin.display(description="decision", ordering="verb")
    def decision(self, decision: Decision) -> str:
        return decision.get_verb_display()

    @admin.display(description="note")
    def on(self, decision: Decision) -> str:
        address = reverse("admin:annotations_annotation_change", args=[decision.annotation_id])
        return format_html('<a href="{}">{}</a>', address, decision.annotation)
