"""The pages of notes: reading, writing, answering, changing, resolving, flagging and deleting.

Each works as a plain page; for htmx, the same view sends the parts of the case page that change. A note that the
user may not read or change is 404, whether it exists or not.
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
    """Redirect anonymous users to the sign-in page, and back afterwards."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return _to_sign_in(request, request.get_full_path())

    return wrapped


# One note, and the notes of a case


@never_cache
@require_safe
def note_page(request: HttpRequest, uid: str) -> HttpResponse:
    """Redirect to the note beside its passage; for htmx, send the note alone, which replaces a cancelled form."""
    note = _readable(request, uid)
    if not _has_page(note, request):
        return render(
            request, "annotations/alone.html", {"note": note, "thread": standalone_thread(note, request.user)}
        )
    if not is_htmx(request):
        return redirect(_place_of(request, note))
    printable = notes_to_print(note.case).get(pk=note.pk)
    margin = Margin(cast("Case", note.case), request.user, QueryDict())
    return render(request, "annotations/_note.html", {"note": printable, "margin": margin})


@require_safe
def case_notes(request: HttpRequest, slug: str) -> HttpResponse:  # noqa: ARG001 - Django passes it
    return redirect(f"{reverse('cases:case', args=[slug])}#notes")


# Writing


@never_cache
@require_POST
def annotate(request: HttpRequest) -> HttpResponse:
    """Write a new note; 409 with instructions if its words are missing from the narrative or ambiguous."""
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

    def save() -> Annotation:
        return actions.create_note(case=case, passage=form.target, content=form.content, by=_reader(request))

    note = _save_form(form, save) if valid else 400
    if isinstance(note, int):
        return _form_again(request, case, form, note)
    return _done(request, note, "Your note is kept.", empty_form=True)


@never_cache
@sign_in_required
@get_or_post
def reply(request: HttpRequest, uid: str) -> HttpResponse:
    """Reply to a note."""
    note, by = _readable(request, uid), _reader(request)
    form = ReplyForm(_posted(request), auto_id=f"answer-{uid}-%s", label_suffix="")

    def save() -> Annotation:
        return actions.reply_to_note(parent=note, content=NoteContent(form.cleaned_data["comment"]), by=by)

    return _form_response(request, note, form, save, "Your answer is kept.")


@never_cache
@sign_in_required
@get_or_post
def revise(request: HttpRequest, uid: str) -> HttpResponse:
    """Change the user's note; 409 with its current version if it has changed meanwhile."""
    note, by = _own(request, uid), _reader(request)
    form = ReviseForm(_posted(request), note=note, reader=by)

    def save() -> Annotation:
        return actions.revise_note(note=note, content=form.content, by=by, version=form.cleaned_data["version"])

    return _form_response(request, note, form, save, "Your note is changed.")


@never_cache
@sign_in_required
@get_or_post
def reattach(request: HttpRequest, uid: str) -> HttpResponse:
    """Pin the user's note to other words; for an orphaned note, the most similar words are suggested."""
    note, by = _own(request, uid), _reader(request)
    if not note.exact or not Case.objects.visible_to(by).filter(annotations=note).exists():
        raise Http404
    form = ReattachForm(_posted(request), note=note, initial=_suggested_words(note))

    def save() -> Annotation:
        return actions.reattach_note(note=note, passage=form.passage, by=by, version=form.cleaned_data["version"])

    return _form_response(request, note, form, save, "Your note stands on these words now.")


@never_cache
@sign_in_required
@get_or_post
def flag(request: HttpRequest, uid: str) -> HttpResponse:
    """Ask a moderator to look at somebody else's note."""
    note, by = _readable(request, uid), _reader(request)
    if note.author_id == by.pk:
        raise Http404
    form = FlagForm(_posted(request), auto_id=f"flag-{uid}-%s", label_suffix="")

    def save() -> Annotation:
        return actions.flag_note(note=note, reason=form.cleaned_data["reason"], by=by).annotation

    return _form_response(request, note, form, save, "A moderator will look at this note.")


@never_cache
@sign_in_required
@get_or_post
def remove(request: HttpRequest, uid: str) -> HttpResponse:
    """Delete the user's note, after confirmation."""
    note = _own(request, uid)
    if request.method != "POST":
        return _show(request, "remove", {"note": note})
    with _hidden_as_404():
        actions.delete_note(note=note, by=_reader(request))
    return _done(request, note, "Your note is deleted.", deleted=True)


@never_cache
@sign_in_required
@get_or_post
def resolve(request: HttpRequest, uid: str) -> HttpResponse:
    """Resolve a thread, or reopen it."""
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
    """Earlier versions of the user's note."""
    note = _own(request, uid)
    return _show(request, "history", {"note": note, "wordings": note.wordings.all()})


# Shared by the pages


def is_htmx(request: HttpRequest) -> bool:
    """Whether htmx sent the request, to change part of a page."""
    return bool(getattr(request, "htmx", False))


def _reader(request: HttpRequest) -> User:
    return cast("User", request.user)


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _readable(request: HttpRequest, uid: str) -> Annotation:
    """A note that the user may read, or 404."""
    return get_object_or_404(Annotation.objects.visible_to(request.user).with_related(), uid=uid)


def _own(request: HttpRequest, uid: str) -> Annotation:
    """A note that the user wrote, or 404."""
    note = _readable(request, uid)
    if note.author_id != request.user.pk:
        raise Http404
    return note


@contextmanager
def _hidden_as_404() -> Iterator[None]:
    """Answer 404 to what the user may not do, and for notes that were deleted meanwhile."""
    try:
        yield
    except (PermissionDenied, Annotation.DoesNotExist):
        raise Http404 from None


def _save_form(form: VerbForm, save: Callable[[], Annotation]) -> Annotation | int:
    """Save a valid form; if a rule forbids it, add the errors to the form and return the response's status."""
    try:
        with _hidden_as_404():
            return save()
    except actions.AnchoringError as error:
        form.add_error("exact", str(error))
        form.forget_place()
    except actions.StaleNote as stale:
        form.go_on_from(stale.note)
    except actions.RuleViolation as violation:
        form.add_violations(violation)
        return 400
    return 409


def _form_response(
    request: HttpRequest, note: Annotation, form: VerbForm, save: Callable[[], Annotation], message: str
) -> HttpResponse:
    """Show an action's form; or, when it is submitted, save it and show the result."""
    verb = cast("ResolverMatch", request.resolver_match).url_name or ""
    status = 200
    if request.method == "POST":
        saved = _save_form(form, save) if form.is_valid() else 400
        if not isinstance(saved, int):
            return _done(request, saved, message)
        status = saved
    return _show(request, verb, {"note": note, "form": form}, status)


def _show(request: HttpRequest, verb: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    """Show an action's form: as a page, or, for htmx, at the note."""
    part = f"annotations/_{verb}.html"
    if not is_htmx(request):
        page_context = context | {"part": part, "title": FORM_TITLES[verb]}
        return render(request, "annotations/asking.html", page_context, status=status)
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
    """Show the form for a new note with the input and its errors."""
    context = {"case": case, "form": form}
    if not is_htmx(request):
        return render(request, "annotations/annotate.html", context, status=status)
    return _into(render(request, "annotations/_form.html", context, status=status), "#write", "outerHTML")


def _into(response: HttpResponse, target: str, swap: str) -> HttpResponse:
    """Make htmx swap the response into another target than the request named."""
    return reswap(retarget(response, target), swap)  # type: ignore[arg-type]  # its type lists the values that htmx knows


def _done(
    request: HttpRequest, note: Annotation, message: str, *, deleted: bool = False, empty_form: bool = False
) -> HttpResponse:
    """Show the case with its current notes, and a message about what was done."""
    has_page = _has_page(note, request)
    if not (is_htmx(request) and has_page):
        messages.success(request, message)
        back = _back(request, note, has_page=has_page, deleted=deleted)
        return HttpResponseClientRedirect(back) if is_htmx(request) else redirect(back)
    with snapshot():  # so that the narrative and the positions of its notes match
        case = Case.objects.get(annotations=note)
        context = {
            "margin": _margin(request, case, None if deleted else note),
            "reader": request.user,
            "said": message,
            "focus": None if deleted else note.pk,
            "form": NewNoteForm.empty(case, _reader(request)) if empty_form else None,
            "case": case,
        }
        return render(request, "annotations/_changed.html", context)


def _has_page(note: Annotation, request: HttpRequest) -> bool:
    """Whether the note is on a case whose page the user may see."""
    return note.case_id is not None and Case.objects.visible_to(request.user).filter(pk=note.case_id).exists()


def _back(request: HttpRequest, note: Annotation, *, has_page: bool, deleted: bool) -> str:
    if not deleted:
        return _place_of(request, note) if has_page else note.get_absolute_url()
    return f"{cast('Case', note.case).get_absolute_url()}#notes" if has_page else reverse("annotations:mine")


def _place_of(request: HttpRequest, note: Annotation) -> str:
    """The address of a note beside its case."""
    margin = Margin(cast("Case", note.case), request.user, QueryDict(), note.uid)
    return f"{margin.page(margin.number)}#note-{note.uid}"


def _margin(request: HttpRequest, case: Case, note: Annotation | None) -> Margin:
    """The notes beside a case for the query of the current page; without the query if it would leave the note out."""
    at = urlsplit(getattr(request, "htmx").current_url or "")  # noqa: B009 - set by the middleware
    query = QueryDict(at.query) if at.path == case.get_absolute_url() else QueryDict()
    margin = Margin(case, request.user, query, note.uid if note else "")
    if margin.problems or (note and not margin.shows(note)):
        return Margin(case, request.user, QueryDict(), margin.beside)
    return margin


def _to_sign_in(request: HttpRequest, back: str) -> HttpResponse:
    response = redirect_to_login(back)
    return HttpResponseClientRedirect(response.url) if is_htmx(request) else response


def _suggested_words(note: Annotation) -> dict[str, Any]:
    """The form's initial values: the words of the narrative most similar to the ones that the note quotes."""
    text = narrative_text(cast("Case", note.case).narrative)
    at = TextChange("", text).follow(Quotation(note.exact, note.prefix, note.suffix), None).span
    return {} if at is None else {"exact": text[at.start : at.end], "start": at.start, "end": at.end}
