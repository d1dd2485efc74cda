"""A narrative with its notes, for the case's page: the text with marks, and the notes beside it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString, mark_safe

from annotations.forms import NewNoteForm
from annotations.highlights import Margin
from annotations.models import Annotation
from cases.markdown import render
from cases.models import Case

register = template.Library()


@register.inclusion_tag("annotations/_narrative.html", takes_context=True)
def annotated_narrative(context: Context, case: Case) -> dict[str, Any]:
    """Print a case's narrative with the words of its notes marked."""
    return {"margin": margin_of(context, case)}


@register.inclusion_tag("annotations/_beside.html", takes_context=True)
def notes_beside(context: Context, case: Case) -> dict[str, Any]:
    """Print the notes on a case, and the form for a new one."""
    reader = context["request"].user
    form = NewNoteForm.empty(case) if reader.is_authenticated else None
    return {"case": case, "margin": margin_of(context, case), "reader": reader, "form": form}


def margin_of(context: Context, case: Case) -> Margin:
    """Return what both tags print, asked for once a request."""
    request = context["request"]
    margins: dict[int, Margin] = request.__dict__.setdefault("margins", {})
    if case.pk not in margins:
        margins[case.pk] = Margin.of(case, request.user)
    return margins[case.pk]


@register.filter
def as_html(markdown: str) -> SafeString:
    """Return what a person wrote in Markdown as sanitised HTML."""
    return mark_safe(render(markdown))  # noqa: S308 - the sanitiser's own output


@register.filter
def was_edited(note: Annotation) -> bool:
    """Tell whether a note was changed after it was made; both times are taken while it is saved, a moment apart."""
    return note.updated_at - note.created_at >= timedelta(seconds=1)
