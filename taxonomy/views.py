"""The codebook: every vocabulary, and one page a term."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .models import Term, Vocabulary


@require_safe
def codebook(request: HttpRequest) -> HttpResponse:
    """Every vocabulary with its terms."""
    broad = Term.objects.filter(broader=None).prefetch_related("narrower__vocabulary").select_related("vocabulary")
    vocabularies = Vocabulary.objects.prefetch_related(Prefetch("terms", broad, to_attr="broad_terms"))
    return render(request, "taxonomy/codebook.html", {"vocabularies": vocabularies})


@require_safe
def term(request: HttpRequest, vocabulary: str, slug: str) -> HttpResponse:
    """One term: what it means, what is narrower, and the cases coded with it."""
    terms = Term.objects.select_related("vocabulary", "broader__vocabulary").prefetch_related(
        "alignments", "narrower__vocabulary"
    )
    found = terms.filter(vocabulary__slug=vocabulary, slug=slug).first()
    if found is None:
        raise Http404(f"There is no term {slug} in a vocabulary {vocabulary}.")
    return render(request, "taxonomy/term.html", {"term": found})
