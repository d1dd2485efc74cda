"""The page on which a file of annotations is brought in."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from accounts.models import User
from interchange.forms import FORM_OVERHEAD

from ..forms import ImportNotesForm
from ..imports import notes
from ..imports.notes import NoteOutcome, NotesImportOptions, NotesImportResult
from ..imports.w3c import MAX_ANNOTATIONS_PER_UPLOAD, MAX_NOTES_FILE_BYTES

MAX_MISTAKES_SHOWN = 100


@csrf_exempt  # it looks after that itself, once it knows that the file is small enough to be read
@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_notes_page(request: HttpRequest) -> HttpResponse:
    """Bring in a file of annotations as one's own notes, or try what would become of it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > MAX_NOTES_FILE_BYTES + FORM_OVERHEAD:
        form = ImportNotesForm(label_suffix="")
        return _page(request, form, status=413, too_large=True)
    return _brought(request)


@csrf_protect
def _brought(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, ImportNotesForm(label_suffix=""))
    form = ImportNotesForm(request.POST, request.FILES, label_suffix="")
    if not form.is_valid():
        return _page(request, form, status=400)
    cleaned = form.cleaned_data
    choice = NotesImportOptions(
        cleaned["private"], cleaned["skip_refused"], "try" in request.POST, MAX_ANNOTATIONS_PER_UPLOAD
    )
    result = notes.import_notes(body=cleaned["file"].read(), by=cast("User", request.user), choice=choice)
    if not result.stored or result.mistakes:
        status = 200 if result.stored or choice.dry_run else 400
        return _page(
            request, form, status=status, result=result, shown=result.mistakes[:MAX_MISTAKES_SHOWN], choice=choice
        )
    messages.success(request, f"The file is brought in: {_in_words(result)}.")
    return redirect("annotations:mine")


def _in_words(result: NotesImportResult) -> str:
    return ", ".join(f"{result.outcomes[outcome]:,} {outcome}" for outcome in NoteOutcome)


def _page(request: HttpRequest, form: ImportNotesForm, *, status: int = 200, **context: object) -> HttpResponse:
    result = context.get("result")
    words = _in_words(result) if isinstance(result, NotesImportResult) else ""
    megabytes = MAX_NOTES_FILE_BYTES // 1024**2
    context |= {"form": form, "words": words, "megabytes": megabytes}
    return render(request, "interchange/import_notes.html", context, status=status)
