"""The manual: the whole codebook on one page, with the cases that show how it is meant."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from taxonomy.codebook import Codebook
from taxonomy.models import CodebookChange

from ..http_cache import cached_by_version
from ..query.examples import example_cases


@require_safe
@cached_by_version
def manual(request: HttpRequest) -> HttpResponse:
    """Rules, terms, neighbours and examples of every vocabulary, to be read or printed."""
    codebook = Codebook.load_manual()
    context = {
        "chapters": [(vocabulary, codebook[vocabulary.slug]) for vocabulary in codebook.vocabularies],
        "example_cases": example_cases(codebook.by_id.values(), request.user),
        "version": CodebookChange.objects.versions().first(),
    }
    return render(request, "taxonomy/manual.html", context)
