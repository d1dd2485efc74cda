"""The pages of notes: writing, answering, changing, settling, flagging and deleting one, and where each leads.

Each works as a plain page; for htmx, the same view answers with the parts of the case page that change. What a reader
may not change is 404, whether it exists or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, cast
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import ResolverMatch, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from accounts.models import User
from cases.markdown import narrative_text
from cases.models import Case
from cases.models.snapshot import snapshot

from .. import actions
from ..anchoring.selectors import Quotation, TextChange
from ..forms.notes import FlagForm, NewNoteForm, ReattachForm, ReplyForm, ReviseForm, VerbForm
from ..models import Annotation
from ..query.results import Margin, notes_to_print, standalone_thread
from ..records import NoteContent

NoteView = Callable[..., HttpResponse]
get_or_post = require_http_methods(["GET", "HEAD", "POST"])


def sign_in_required(view: NoteView) -> NoteView:
    """Ask whoever is not signed in to do so, and to come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return _to_sign_in(request, request.get_full_path())

    return guarded


# One note, and the notes of a case


@never_cache
@require_safe
def note_page(request: HttpRequest, uid: str) -> HttpResponse:
    """One note: on its case's page, beside the passage; for htmx the note alone, to put a form away again."""
    note = _readable(request, uid)
    if not _has_page(note, request):
        return render(
            request, "annotations/alone.html", {"note": note, "thread": standalone_thread(note, request.user)}
        )
    if not is_htmx(request):
        return redirect(_place_of(request, note))
    whole = notes_to_print(note.case).get(pk=note.pk)
    margin = Margin(cast("Case", note.case), request.user, QueryDict())
    return render(request, "annotations/_note.html", {"note": whole, "margin": margin})


@require_safe
def case_notes(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001 - Django passes it
    """The notes of a case: beside its text."""
    return redirect(f"{reverse('cases:case', args=[slug])}#notes")


# What one writes


@never_cache
@require_POST
def annotate(request: HttpRequest) -> HttpResponse:
    """Write a new note; 409 with what to do where its words have no certain place in the narrative."""
    visible = Case.objects.visible_to(request.user)
    if not request.user.is_authenticated:
        slug = request.POST.get("case", "").replace("\0", "")
        case = visible.filter(slug=slug).first()
        return _to_sign_in(request, f"{case.get_absolute_url()}#notes" if case else reverse("cases:list"))
    form = NewNoteForm(request.POST, cases=visible, reader=_reader(request))
    valid = form.is_valid()
    case = form.cleaned_data.get("case")
    if case is None:
        raise Http404

    def keep() -> Annotation:
        return actions.create_note(case=case, passage=form.target, content=form.content, by=_reader(request))

    note = _save_form(form, keep) if valid else 400
    if isinstance(note, int):
        return _form_again(request, case, form, note)
    return _done(request, note, "Your note is kept.", empty_form=True)


@never_cache
@sign_in_required
@get_or_post
def reply(request: HttpRequest, uid: str) -> HttpResponse:
    """Answer a note."""
    note, by = _readable(request, uid), _reader(request)
    form = ReplyForm(_posted(request), auto_id=f"answer-{uid}-%s", label_suffix="")

    def keep() -> Annotation:
        return actions.reply_to_note(parent=note, content=NoteContent(form.cleaned_data["comment"]), by=by)

    return _answer(request, note, form, keep, "Your answer is kept.")


@never_cache
@sign_in_required
@get_or_post
def revise(request: HttpRequest, uid: str) -> HttpResponse:
    """Change one's note; 409 with what it says now where it was changed meanwhile."""
    note, by = _own(request, uid), _reader(request)
    form = ReviseForm(_posted(request), note=note, reader=by)

    def keep() -> Annotation:
        return actions.revise_note(note=note, content=form.content, by=by, version=form.cleaned_data["version"])

    return _answer(request, note, form, keep, "Your note is changed.")


@never_cache
@sign_in_required
@get_or_post
def reattach(request: HttpRequest, uid: str) -> HttpResponse:
    """Pin one's note to other words; where it lost its own, those that look most like them are offered."""
    note, by = _own(request, uid), _reader(request)
    if not note.exact or not Case.objects.visible_to(by).filter(annotations=note).exists():
        raise Http404
    form = ReattachForm(_posted(request), note=note, initial=_suggested_words(note))

    def keep() -> Annotation:
        return actions.reattach_note(note=note, passage=form.passage, by=by, version=form.cleaned_data["version"])

    return _answer(request, note, form, keep, "Your note stands on these words now.")


@never_cache
@sign_in_required
@get_or_post
def flag(request: HttpRequest, uid: str) -> HttpResponse:
    """Ask a moderator to look at somebody else's note."""
    note, by = _readable(request, uid), _reader(request)
    if note.author_id == by.pk:
        raise Http404
    form = FlagForm(_posted(request), auto_id=f"flag-{uid}-%s", label_suffix="")

    def keep() -> Annotation:
        return actions.flag_note(note=note, reason=form.cleaned_data["reason"], by=by).annotation

    return _answer(request, note, form, keep, "A moderator will look at this note.")


@never_cache
@sign_in_required
@get_or_post
def remove(request: HttpRequest, uid: str) -> HttpResponse:
    """Delete one's note, after asking."""
    note = _own(request, uid)
    if request.method != "POST":
        return _show(request, "remove", {"note": note})
    with _hidden_as_404():
        actions.delete_note(note=note, by=_reader(request))
    return _done(request, note, "Your note is deleted.", gone=True)


@never_cache
@sign_in_required
@get_or_post
def resolve(request: HttpRequest, uid: str) -> HttpResponse:
    """Mark a thread as settled, or open it again."""
    note = _readable(request, uid)
    if request.method != "POST":
        return redirect(note)
    resolved = request.POST.get("resolved") != "no"
    with _hidden_as_404():
        root = actions.resolve_thread(note=note, by=_reader(request), resolved=resolved)
    return _done(request, root, "The thread is resolved." if resolved else "The thread is open again.")


@never_cache
@sign_in_required
@require_safe
def note_history(request: HttpRequest, uid: str) -> HttpResponse:
    """What one's note said before it was changed."""
    note = _own(request, uid)
    return _show(request, "history", {"note": note, "wordings": note.wordings.all()})


# What they have in common


def is_htmx(request: HttpRequest) -> bool:
    """Tell whether htmx asks, to change a part of the page."""
    return bool(getattr(request, "htmx", False))


def _reader(request: HttpRequest) -> User:
    return cast("User", request.user)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _readable(request: HttpRequest, uid: str) -> Annotation:
    """Return a note that the reader may read, with its case."""
    whole = Annotation.objects.visible_to(request.user).with_related()
    return get_object_or_404(whole, uid=uid)


def _own(request: HttpRequest, uid: str) -> Annotation:
    """Return a note of the reader's own, with its case."""
    note = _readable(request, uid)
    if note.author_id != request.user.pk:
        raise Http404
    return note


@contextmanager
def _hidden_as_404() -> Iterator[None]:
    """Answer 404 to what a reader may not do, and to what was deleted meanwhile."""
    try:
        yield
    except (PermissionDenied, Annotation.DoesNotExist):
        raise Http404 from None


def _save_form(form: VerbForm, keep: Callable[[], Annotation]) -> Annotation | int:
    """Do what a valid form asks for; else let it say why not, and return the status of that."""
    try:
        with _hidden_as_404():
            return keep()
    except actions.AnchoringError as misplaced:
        form.add_error("exact", str(misplaced))
        form.forget_place()
    except actions.StaleNote as stale:
        form.go_on_from(stale.note)
    except actions.RuleViolation as refused:
        form.add_violations(refused)
        return 400
    return 409


def _answer(
    request: HttpRequest, note: Annotation, form: VerbForm, keep: Callable[[], Annotation], message: str
) -> HttpResponse:
    """Show the form of a verb; or do what it asks for, and show what became of it."""
    verb = cast("ResolverMatch", request.resolver_match).url_name or ""
    status = 200
    if request.method == "POST":
        kept = _save_form(form, keep) if form.is_valid() else 400
        if not isinstance(kept, int):
            return _done(request, kept, message)
        status = kept
    return _show(request, verb, {"note": note, "form": form}, status)


def _show(request: HttpRequest, verb: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Show what a verb asks: as a page, or in its place at the note."""
    part = f"annotations/_{verb}.html"
    if not is_htmx(request):
        words = context | {"part": part, "title": FORM_TITLES[verb]}
        return render(request, "annotations/asking.html", words, status=status)
    at = "note" if verb == "revise" else "below"
    return _into(render(request, part, context, status=status), f"#{at}-{context['note'].uid}", "innerHTML")


FORM_TITLES = {
    "flag": "Flag a note",
    "history": "Earlier wordings of a note",
    "reattach": "Attach a note to other words",
    "remove": "Delete a note",
    "reply": "Answer a note",
    "revise": "Edit a note",
}


def _form_again(request: HttpRequest, case: Case, form: NewNoteForm, status: int) -> HttpResponse:
    """Show a new note's form with what was typed and what is wrong with it."""
    context = {"case": case, "form": form}
    if not is_htmx(request):
        return render(request, "annotations/annotate.html", context, status=status)
    return _into(render(request, "annotations/_form.html", context, status=status), "#write", "outerHTML")


def _into(response: HttpResponse, target: str, swap: str) -> HttpResponse:
    """Tell htmx to put an answer elsewhere than the form that asked would have it."""
    return reswap(retarget(response, target), swap)  # type: ignore[arg-type]  # one of htmx's own words


def _done(
    request: HttpRequest, note: Annotation, message: str, *, gone: bool = False, empty_form: bool = False
) -> HttpResponse:
    """Show the case with its notes as they are now, and say what was done."""
    there = _has_page(note, request)
    if not (is_htmx(request) and there):
        messages.success(request, message)
        back = _back(request, note, there=there, gone=gone)
        return HttpResponseClientRedirect(back) if is_htmx(request) else redirect(back)
    with snapshot():  # the narrative and the places of its notes are of one moment
        case = Case.objects.get(annotations=note)
        context = {
            "margin": _margin(request, case, None if gone else note),
            "reader": request.user,
            "said": message,
            "focus": None if gone else note.pk,
            "form": NewNoteForm.empty(case, _reader(request)) if empty_form else None,
            "case": case,
        }
        return render(request, "annotations/_changed.html", context)


def _has_page(note: Annotation, request: HttpRequest) -> bool:
    """Tell whether the reader sees the page of a note's case."""
    return note.case_id is not None and Case.objects.visible_to(request.user).filter(pk=note.case_id).exists()


def _back(request: HttpRequest, note: Annotation, *, there: bool, gone: bool) -> str:
    if not gone:
        return _place_of(request, note) if there else note.get_absolute_url()
    return f"{cast('Case', note.case).get_absolute_url()}#notes" if there else reverse("annotations:mine")


def _place_of(request: HttpRequest, note: Annotation) -> str:
    """Return where a note stands beside its case."""
    margin = Margin(cast("Case", note.case), request.user, QueryDict(), note.uid)
    return f"{margin.page(margin.number)}#note-{note.uid}"


def _margin(request: HttpRequest, case: Case, note: Annotation | None) -> Margin:
    """Return the notes beside a case as its page asks for them now; another question where that leaves the note out."""
    at = urlsplit(getattr(request, "htmx").current_url or "")  # noqa: B009 - the middleware's own
    query = QueryDict(at.query) if at.path == case.get_absolute_url() else QueryDict()
    margin = Margin(case, request.user, query, note.uid if note else "")
    if margin.problems or (note and not margin.shows(note)):
        return Margin(case, request.user, QueryDict(), margin.beside)
    return margin


def _to_sign_in(request: HttpRequest, back: str) -> HttpResponse:
    response = redirect_to_login(back)
    return HttpResponseClientRedirect(response.url) if is_htmx(request) else response


def _suggested_words(note: Annotation) -> dict[str, Any]:
    """Return the words of the narrative that look most like those that a note has lost, and where they stand."""
    text = narrative_text(cast("Case", note.case).narrative)
    at = TextChange("", text).follow(Quotation(note.exact, note.prefix, note.suffix), None).span
    return {} if at is None else {"exact": text[at.start : at.end], "start": at.start, "end": at.end}
