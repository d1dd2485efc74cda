"""The pages of notes: writing, changing and deleting one, and all of one's own.

Each works as a plain page; for htmx, the same view answers with the parts of the case page that change. What a reader
may not change is 404, whether it exists or not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from accounts.models import User
from cases.models import Case

from . import actions
from .forms import NewNoteForm, NoteForm
from .highlights import Margin, placed_at
from .models import Annotation

PAGE_SIZE = 50

View = Callable[..., HttpResponse]


def signed_in(view: View) -> View:
    """Ask whoever is not signed in to do so, and to come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return _to_sign_in(request, request.get_full_path())

    return guarded


@never_cache
@require_POST
def annotate(request: HttpRequest) -> HttpResponse:
    """Pin a new note to words of a narrative; 409 with what to do where they have no certain place there."""
    form = NewNoteForm(request.POST, cases=Case.objects.visible_to(request.user))
    valid = form.is_valid()
    case: Case | None = form.cleaned_data.get("case")
    if not request.user.is_authenticated:
        return _to_sign_in(request, f"{case.get_absolute_url()}#notes" if case else reverse("cases:list"))
    if case is None:
        raise Http404
    if not valid:
        return _form_again(request, case, form, 400)
    words = {name: form.cleaned_data[name] for name in ("comment", "audience")}
    try:
        note = actions.annotate(case=case, quotation=form.quotation, span=form.span, by=_reader(request), **words)
    except actions.Misplaced as misplaced:
        form.add_error("exact", str(misplaced))
        form.forget_place()
        return _form_again(request, case, form, 409)
    return _done(request, case, "Your note is kept.", note, empty_form=True)


@never_cache
@require_safe
def note_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One note: on its case's page, beside the passage; for htmx the note alone, to put a form away again."""
    note = get_object_or_404(Annotation.objects.visible_to(request.user).select_related("case", "author"), pk=pk)
    if not in_place(request):
        return redirect(note)
    number = Margin.of(note.case, request.user).number(note)
    return render(request, "annotations/_note.html", {"note": note, "number": number, "reader": request.user})


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def revise(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one's note."""
    note = _own(request, pk)
    form = NoteForm.revising(note, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        page = "annotations/_revise.html" if in_place(request) else "annotations/revise.html"
        response = render(request, page, {"note": note, "form": form}, status=400 if form.is_bound else 200)
        return _into(response, f"#note-{note.pk}", "innerHTML")
    try:
        actions.revise(note=note, by=_reader(request), **form.cleaned_data)
    except Annotation.DoesNotExist:
        raise Http404 from None
    return _done(request, note.case, "Your note is changed.", note)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete one's note, after asking."""
    note = _own(request, pk)
    if request.method != "POST":
        page = "annotations/_remove.html" if in_place(request) else "annotations/remove.html"
        return render(request, page, {"note": note})
    try:
        actions.remove(note=note, by=_reader(request))
    except Annotation.DoesNotExist:
        raise Http404 from None
    return _done(request, note.case, "Your note is deleted.")


@never_cache
@signed_in
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """All notes of one's own, by case."""
    own = Annotation.objects.visible_to(request.user).filter(author=_reader(request)).select_related("case", "author")
    paginator = Paginator(own.order_by("case__title", "case__slug", "start", "end", "pk"), PAGE_SIZE)
    try:
        page = paginator.page(request.GET.get("page", 1))
    except (EmptyPage, PageNotAnInteger):
        raise Http404("There are not so many pages.") from None
    entries = [{"note": note, "span": placed_at(note)} for note in page]
    return render(request, "annotations/mine.html", {"page": page, "entries": entries})


def in_place(request: HttpRequest) -> bool:
    """Tell whether htmx asks, to change a part of the page."""
    return bool(getattr(request, "htmx", False))


def _reader(request: HttpRequest) -> User:
    return cast("User", request.user)


def _own(request: HttpRequest, pk: int) -> Annotation:
    """Return a note of the reader's own, with its case."""
    own = Annotation.objects.visible_to(request.user).filter(author=_reader(request))
    return get_object_or_404(own.select_related("case", "author"), pk=pk)


def _to_sign_in(request: HttpRequest, back: str) -> HttpResponse:
    response = redirect_to_login(back)
    return HttpResponseClientRedirect(response.url) if in_place(request) else response


def _form_again(request: HttpRequest, case: Case, form: NewNoteForm, status: int) -> HttpResponse:
    """Show a new note's form with what was typed and what is wrong with it."""
    page = "annotations/_form.html" if in_place(request) else "annotations/annotate.html"
    response = render(request, page, {"case": case, "form": form}, status=status)
    return _into(response, "#write", "outerHTML")


def _into(response: HttpResponse, target: str, swap: str) -> HttpResponse:
    """Tell htmx to put an answer elsewhere than the form that asked would have it."""
    return reswap(retarget(response, target), swap)  # type: ignore[arg-type]  # one of htmx's own words


def _done(
    request: HttpRequest, case: Case, said: str, note: Annotation | None = None, *, empty_form: bool = False
) -> HttpResponse:
    """Show the case with its notes as they are now, and say what was done."""
    if not in_place(request):
        messages.success(request, said)
        return redirect(note or f"{case.get_absolute_url()}#notes")
    context = {
        "margin": Margin.of(case, _reader(request)),
        "reader": request.user,
        "said": said,
        "focus": note.pk if note else None,
        "form": NewNoteForm.empty(case) if empty_form else None,
        "case": case,
    }
    return render(request, "annotations/_changed.html", context)
