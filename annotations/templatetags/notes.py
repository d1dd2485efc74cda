"""A narrative with its notes, for the case's page: the text with marks, and the notes beside it.

Notes and codes are rendered in Python: for a hundred of them, a template takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from html import escape
from typing import Any, NamedTuple
from urllib.parse import quote_plus

from django import template
from django.template import Context
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

from annotations.anchoring.highlights import Coding
from annotations.forms.notes import NewNoteForm, NoteForm
from annotations.models import Annotation, Audience, Placement
from annotations.query.results import CodesAndTags, Margin, MarginPart, Thread
from annotations.records import term_code
from cases.markdown import render_markdown
from cases.models import Case
from cases.models.case import Reader, sees_drafts
from taxonomy.models import Term

register = template.Library()

DELETED_AUTHOR = "Somebody who has left"
PART_TITLES = {"placed": "", "whole": "On the case as a whole", "adrift": "No longer placed"}
ORPHANED_EXPLANATION = "The narrative has changed, and these words have no certain place in it any more."
MAX_QUOTE_SHOWN = 240


@register.inclusion_tag("annotations/_narrative.html", takes_context=True)
def annotated_narrative(context: Context, case: Case) -> dict[str, Any]:
    """The narrative of a case with the words of its notes marked."""
    return {"margin": margin_of(context, case)}


@register.inclusion_tag("annotations/_beside.html", takes_context=True)
def notes_beside(context: Context, case: Case) -> dict[str, Any]:
    """The notes on a case, and the form for a new one."""
    reader, margin = context["request"].user, margin_of(context, case)
    return {
        "request": context["request"],
        "csrf_token": context.get("csrf_token", ""),
        "case": case,
        "margin": margin,
        "reader": reader,
        "form": NewNoteForm.empty(case, reader) if reader.is_authenticated else None,
    }


def margin_of(context: Context, case: Case) -> Margin:
    """The data that both tags render, fetched once per request."""
    request = context["request"]
    margins: dict[int, Margin] = request.__dict__.setdefault("margins", {})
    if case.pk not in margins:
        margins[case.pk] = Margin(case, request.user, request.GET)
    return margins[case.pk]


@register.filter
def as_html(markdown: str) -> SafeString:
    """Render user-written Markdown as sanitised HTML."""
    return _safe(render_markdown(markdown))


@register.filter
def writer(note: Annotation) -> str:
    return str(note.author) if note.author else DELETED_AUTHOR


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - every text in it was escaped when it was inserted, or comes from the sanitiser


class _RenderContext(NamedTuple):
    """What the rendering of notes needs to know; `token` is the CSRF token, `focus` the key of a note just written."""

    reader: Reader
    margin: Margin | None
    labels: CodesAndTags
    token: str
    focus: int | None
    container: str

    @classmethod
    def of(cls, context: Context, shown: Margin | CodesAndTags) -> _RenderContext:
        margin = shown if isinstance(shown, Margin) else None
        labels = shown.labels if isinstance(shown, Margin) else shown
        token, focus = str(context.get("csrf_token", "")), context.get("focus")
        return cls(context["request"].user, margin, labels, token, focus, reverse("annotations:container"))

    def wrote(self, note: Annotation) -> bool:
        return bool(self.reader and self.reader.is_authenticated and note.author_id == self.reader.pk)


@register.simple_tag(takes_context=True)
def threads(context: Context, margin: Margin) -> SafeString:
    """All threads beside a case, part by part."""
    page = _RenderContext.of(context, margin)
    return _safe("".join(_part(part, page) for part in margin.parts))


@register.simple_tag(takes_context=True)
def thread(context: Context, shown: Thread) -> SafeString:
    keys = [note.pk for note in (shown.root, *(reply.note for reply in shown.replies)) if note]
    page = _RenderContext.of(context, CodesAndTags.of(annotation__in=keys))
    return _safe(f'<ol class="threads">{_thread(shown, page)}</ol>')


@register.simple_tag(takes_context=True)
def one_note(context: Context, note: Annotation, margin: Margin) -> SafeString:
    """A single note, as it looks beside its case."""
    to = note.parent if note.parent_id != note.thread_id else None
    return _safe(_note(note, margin.number_of(note), _RenderContext.of(context, margin), to))


@register.simple_tag(takes_context=True)
def note_labels(context: Context, note: Annotation) -> SafeString:
    """The codes and tags of a note."""
    return _safe(_labels(note, _RenderContext.of(context, CodesAndTags.of(annotation=note))))


def _part(part: MarginPart, page: _RenderContext) -> str:
    items = "".join(_thread(thread, page) for thread in part.threads)
    title = PART_TITLES[part.name] and f'<h3 id="{part.name}">{PART_TITLES[part.name]}</h3>'
    why = f'<p class="quiet">{ORPHANED_EXPLANATION}</p>' if part.name == "adrift" else ""
    named = f' aria-labelledby="{part.name}"' if title else f' id="{part.name}" aria-label="On words of the narrative"'
    return f'{title}{why}<ol class="threads"{named}>{items}</ol>'


def _thread(shown: Thread, page: _RenderContext) -> str:
    root = shown.root
    first = _note(root, shown.number, page) if root else '<p class="gone">This note is not shown.</p>'
    replies = "".join(f"<li>{_note(reply.note, None, page, reply.to)}</li>" for reply in shown.replies)
    whole = f'{first}<ol class="replies">{replies}</ol>' if replies else first
    if root is None or not root.resolved_at or page.focus in {root.pk, *(reply.note.pk for reply in shown.replies)}:
        return f'<li class="thread">{whole}</li>'
    summary = f"<summary>{_resolved_summary(shown, root)}</summary>"
    return f'<li class="thread"><details class="settled">{summary}{whole}</details></li>'


def _resolved_summary(shown: Thread, root: Annotation) -> str:
    number = f'<span class="number">{shown.number}</span> ' if shown.number else ""
    count = len(shown.replies) + 1
    quoted = f" “{escape(_short(root.exact, 40))}”" if root.exact else ""
    return f'{number}Resolved{quoted} <span class="quiet">{count} note{"s" if count > 1 else ""}</span>'


def _note(note: Annotation, number: int | None, page: _RenderContext, to: Annotation | None = None) -> str:
    focus = " autofocus" if page.focus == note.pk else ""
    begin = f'<article class="note" id="note-{note.uid}" tabindex="-1"{focus}>{_who(note, number, page, to)}'
    if note.deleted_at:
        return f"{begin}{_target(note, page)}</article>"
    comment = f'<div class="comment">{render_markdown(note.comment)}</div>' if note.comment else ""
    below = f'<div class="below" id="below-{note.uid}"></div>'
    return f"{begin}{_target(note, page)}{comment}{_labels(note, page)}{_actions(note, number, page)}{below}</article>"


def _who(note: Annotation, number: int | None, page: _RenderContext, to: Annotation | None) -> str:
    to_words = f"{_number(note, number)} " if number else ""
    if note.deleted_at:
        return f'<p class="who">{to_words}<span class="gone">Its author has deleted this note.</span></p>'
    name = "You" if page.wrote(note) else escape(writer(note))
    details = " · ".join(_details(note, page, to))
    return f'<p class="who">{to_words}<b>{name}</b> <span class="quiet">{details}</span></p>'


def _number(note: Annotation, number: int) -> str:
    return f'<a class="number" href="#mark-{note.uid}" aria-label="Note {number}: to its passage">{number}</a>'


def _details(note: Annotation, page: _RenderContext, to: Annotation | None) -> Iterator[str]:
    if note.thread_id is None:
        yield escape(note.group.name) if note.group else Audience(note.audience).label
    elif to:
        yield f"to {escape(writer(to))}"
    made = localtime(note.created_at)
    yield f'<a href="{page.container}{note.uid}/"><time datetime="{made.isoformat()}">{_day(made)}</time></a>'
    if note.edited_at:
        yield "edited"
    if note.placement == Placement.MOVED:
        yield "moved with its words"
    if note.hidden_at:
        yield "<strong>hidden by a moderator</strong>"


def _target(note: Annotation, page: _RenderContext) -> str:
    """The words that a note is anchored to, and the words that it quoted if they have changed."""
    if not note.exact:
        return ""
    if note.placement == Placement.CHANGED and page.margin:
        was = f"The words were changed since: it quoted “{escape(_short(note.exact))}”."
        return f'{_quoted(page.margin.words(note))}<p class="earlier">{was} {_revision(note, page)}</p>'
    if note.placement == Placement.ORPHANED:
        return f'{_quoted(note.exact)}<p class="earlier">{_revision(note, page)}</p>'
    return _quoted(note.exact)


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"


def _quoted(words: str) -> str:
    return f'<blockquote class="quoted">{escape(_short(words))}</blockquote>'


def _short(words: str, longest: int = MAX_QUOTE_SHOWN) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1].rstrip()}…"


def _revision(note: Annotation, page: _RenderContext) -> str:
    """A link to the narrative that a note quotes, if the reader may see it."""
    revision = note.revision
    if page.margin is None or revision is None or not (revision.shown or sees_drafts(page.reader)):
        return ""
    address = reverse("cases:narrative", args=[page.margin.case.slug, revision.number])
    return f'<a href="{address}">The narrative that it quotes</a>'


def _labels(note: Annotation, page: _RenderContext) -> str:
    """The codes and tags of a note, each linked to the notes here that have it."""
    address = page.margin.case.get_absolute_url() if page.margin else page.container
    labels = [_code(coding, address) for coding in page.labels.codes.get(note.pk, ())]
    labels += [_label("tag", tag, f"#{escape(tag)}", address) for tag in page.labels.tags.get(note.pk, ())]
    return f'<p class="labels">{" ".join(labels)}</p>' if labels else ""


def _code(coding: Coding, address: str) -> str:
    words = escape(coding.label)
    if coding.vocabulary != "type":
        return _label("code", coding.code, words, address)
    return _label("code", coding.code, f"<i>{coding.letters}</i> {words}", address, f' data-type="{coding.broad}"')


def _label(parameter: str, value: str, words: str, address: str, more: str = "") -> str:
    link = f"{address}?{parameter}={quote_plus(value)}#notes"
    return f'<a class="{parameter}"{more} href="{link}" rel="nofollow">{words}</a>'


def _actions(note: Annotation, number: int | None, page: _RenderContext) -> str:
    """Links and buttons for what the reader may do with a note."""
    if not (page.reader and page.reader.is_authenticated):
        return ""
    made = localtime(note.created_at)
    which = f"note {number}" if number else f"the note of {_day(made)}, {made:%H:%M}"
    of = f'<span class="sr"> {which}</span>'
    here = f"{page.container}{note.uid}/"
    links = " ".join(_link(note, here, verb, words + of) for verb, words in _verbs(note, page))
    may_resolve = note.thread_id is None and (page.wrote(note) or note.group_id)
    return f'<div class="doing">{links}{_resolve(note, f"{here}resolve/", of, page.token) if may_resolve else ""}</div>'


def _verbs(note: Annotation, page: _RenderContext) -> Iterator[tuple[str, str]]:
    yield "reply", "Reply"
    if not page.wrote(note):
        yield "flag", "Flag"
        return
    yield "edit", "Edit"
    if note.placement in {Placement.ORPHANED, Placement.CHANGED}:
        yield "reattach", "Attach to other words"
    yield "delete", "Delete"
    if note.version > 1 and note.edited_at:
        yield "history", "Earlier wordings"


def _link(note: Annotation, here: str, verb: str, words: str) -> str:
    address, target = f"{here}{verb}/", "note" if verb == "edit" else "below"
    return f'<a href="{address}" hx-get="{address}" hx-target="#{target}-{note.uid}" hx-swap="innerHTML">{words}</a>'


def _resolve(note: Annotation, address: str, of: str, token: str) -> str:
    value, words = ("no", "Reopen") if note.resolved_at else ("yes", "Resolve")
    return (
        f' <form method="post" action="{address}" hx-post="{address}" hx-target="#notes-list" hx-swap="outerHTML">'
        f'<input type="hidden" name="csrfmiddlewaretoken" value="{token}">'
        f'<button class="plainly" name="resolved" value="{value}">{words}{of}</button></form>'
    )


# The codes of a form


@register.simple_tag
def code_boxes(form: NoteForm) -> SafeString:
    """The terms of the taxonomy to choose codes from, grouped by vocabulary."""
    chosen, name = set(form.chosen), form["codes"].html_name
    groups = (terms for _, terms in sorted(form.codebook.terms.items(), key=_order) if terms)
    return _safe("".join(_boxes(terms, name, form["codes"].auto_id, chosen) for terms in groups))


def _order(item: tuple[str, list[Term]]) -> int:
    return item[1][0].vocabulary.order if item[1] else 0


def _boxes(terms: list[Term], name: str, prefix: Any, chosen: set[str]) -> str:
    offered = [term for term in terms if not term.retired_at or term_code(term) in chosen]
    boxes = "".join(_box(term, name, f"{prefix}-{term.pk}", term_code(term) in chosen) for term in offered)
    return f"<fieldset><legend>{escape(terms[0].vocabulary.label)}</legend>{boxes}</fieldset>"


def _box(term: Term, name: str, key: str, ticked: bool) -> str:  # noqa: FBT001 - one of the four properties of a box
    deeper = " deeper" if term.broader_id else ""
    return (
        f'<label class="choice{deeper}" for="{key}"><input type="checkbox" name="{name}" value="{term_code(term)}"'
        f' id="{key}"{" checked" if ticked else ""}> {escape(term.label)}</label>'
    )


@register.simple_tag
def option(value: str, label: str, chosen: str | None) -> SafeString:
    """An option of a list, selected if it is the chosen one."""
    return format_html('<option value="{}"{}>{}</option>', value, _safe(" selected" if value == chosen else ""), label)
