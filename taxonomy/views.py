"""The pages of the codebook: all vocabularies, each term, and the history."""

from __future__ import annotations

from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from .models import CodebookChange, CodebookChangeKind, Term, Vocabulary
from .nearest import nearest


@require_safe
def codebook(request: HttpRequest) -> HttpResponse:
    """All vocabularies with their terms, and the version of the codebook."""
    current = Term.objects.current().select_related("vocabulary")
    broad = current.filter(broader=None).prefetch_related(Prefetch("narrower", current))
    context = {
        "vocabularies": Vocabulary.objects.prefetch_related(Prefetch("terms", broad, to_attr="broad_terms")),
        "version": CodebookChange.objects.versions().first(),
    }
    return render(request, "taxonomy/codebook.html", context)


@require_safe
def codebook_history(request: HttpRequest) -> HttpResponse:
    """All versions of the codebook: what changed, by whom and why."""
    changes = CodebookChange.objects.with_related()
    parts = Prefetch("parts", changes.order_by("vocabulary__order", "term__vocabulary__order", "term__order", "pk"))
    return render(request, "taxonomy/history.html", {"changes": changes.versions().prefetch_related(parts)})


@require_safe
def term(request: HttpRequest, vocabulary: str, slug: str) -> HttpResponse:
    """A term with its meaning, narrower terms and history; merged terms and former slugs redirect to current terms."""
    current = Term.objects.current().select_related("vocabulary")
    terms = Term.objects.select_related("vocabulary", "broader__vocabulary", "replaced_by__vocabulary")
    terms = terms.prefetch_related(
        "alignments", "examples", "neighbours__neighbour__vocabulary", Prefetch("narrower", current)
    )
    found = terms.filter(vocabulary__slug=vocabulary, slug=slug).first()
    if found is None:
        context = {"slug": slug[:80], "near": _near(vocabulary, slug)}
        return render(request, "taxonomy/unknown.html", context, status=404)
    if found.replaced_by:
        response = redirect(found.replaced_by, permanent=True)
        response["Cache-Control"] = "no-cache"  # a merged term may be restored
        return response
    changes = list(CodebookChange.objects.with_related().filter(term=found))
    why = next((change for change in changes if change.kind in REMOVAL_KINDS), None) if found.retired_at else None
    return render(request, "taxonomy/term.html", {"term": found, "changes": changes, "why": why})


REMOVAL_KINDS = (CodebookChangeKind.RETIRED, CodebookChangeKind.SPLIT)
"""Changes that take a term out of use."""


def _near(vocabulary: str, slug: str) -> list[Term]:
    """The terms with the most similar addresses."""
    terms = {
        f"{term.vocabulary.slug}/{term.slug}": term for term in Term.objects.current().select_related("vocabulary")
    }
    return [terms[address] for address in nearest(f"{vocabulary}/{slug}", terms, most=5, alike=50)]
