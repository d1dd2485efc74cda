"""The codebook: every vocabulary, and one page a term."""

from __future__ import annotations

import difflib

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
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
        context = {"slug": slug[:80], "near": _near(vocabulary, slug)}
        return render(request, "taxonomy/unknown.html", context, status=404)
    return render(request, "taxonomy/term.html", {"term": found})


def _near(vocabulary: str, slug: str) -> list[Term]:
    """Return the terms whose addresses look most like this one."""
    terms = {f"{term.vocabulary.slug}/{term.slug}": term for term in Term.objects.select_related("vocabulary")}
    alike = difflib.get_close_matches(f"{vocabulary}/{slug}"[:80], terms, n=5, cutoff=0.5)
    return [terms[address] for address in alike]
