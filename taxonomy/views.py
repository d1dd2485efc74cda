"""The codebook: every vocabulary, one page a term, and the history of both."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from .models import CodebookChange, CodebookChangeKind, Term, Vocabulary
from .nearest import nearest


@require_safe
def codebook(request: HttpRequest) -> HttpResponse:
    """Every vocabulary with its terms, and the version that it all is at."""
    current = Term.objects.current().select_related("vocabulary")
    broad = current.filter(broader=None).prefetch_related(Prefetch("narrower", current))
    context = {
        "vocabularies": Vocabulary.objects.prefetch_related(Prefetch("terms", broad, to_attr="broad_terms")),
        "version": CodebookChange.objects.first(),
    }
    return render(request, "taxonomy/codebook.html", context)


@require_safe
def codebook_history(request: HttpRequest) -> HttpResponse:
    """Every version of the codebook: what changed, what was said before, who changed it and why."""
    return render(request, "taxonomy/history.html", {"changes": CodebookChange.objects.with_related()})


@require_safe
def term(request: HttpRequest, vocabulary: str, slug: str) -> HttpResponse:
    """One term: what it means, what is narrower, its history, and the cases coded with it.

    A term that was merged, and a former slug, lead to the term that they mean now.
    """
    current = Term.objects.current().select_related("vocabulary")
    terms = Term.objects.select_related("vocabulary", "broader__vocabulary", "replaced_by__vocabulary")
    terms = terms.prefetch_related("alignments", Prefetch("narrower", current))
    found = terms.filter(vocabulary__slug=vocabulary, slug=slug).first()
    if found is None:
        context = {"slug": slug[:80], "near": _near(vocabulary, slug)}
        return render(request, "taxonomy/unknown.html", context, status=404)
    if found.replaced_by:
        answer = redirect(found.replaced_by, permanent=True)
        answer["Cache-Control"] = "no-cache"  # a merged term may be taken up again
        return answer
    changes = list(CodebookChange.objects.with_related().filter(term=found))
    why = next((each for each in changes if each.kind in REMOVAL_KINDS), None) if found.retired_at else None
    return render(request, "taxonomy/term.html", {"term": found, "changes": changes, "why": why})


REMOVAL_KINDS = (CodebookChangeKind.RETIRED, CodebookChangeKind.SPLIT)
"""Changes after which a term is no longer in use."""


def _near(vocabulary: str, slug: str) -> list[Term]:
    """Return the terms whose addresses look most like this one."""
    terms = {
        f"{term.vocabulary.slug}/{term.slug}": term for term in Term.objects.current().select_related("vocabulary")
    }
    return [terms[address] for address in nearest(f"{vocabulary}/{slug}", terms, most=5, alike=50)]
