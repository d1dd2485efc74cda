"""The reading pages: Table 20.1, the list with its facets, one case."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from . import facets, results
from .filters import CaseFilterSet
from .freshness import fresh
from .models import Case, State
from .models.case import sees_drafts

DOORS = {"json": "case-list", "csv": "interchange:cases-csv", "jsonl": "interchange:cases-jsonl"}


@require_safe
@fresh
def home(request: HttpRequest) -> HttpResponse:
    """Table 20.1 over all published cases, and the pathways of Fig. 20.1."""
    asked = CaseFilterSet(QueryDict(), None)
    links = facets.Links(QueryDict())
    context = {
        "matrix": facets.matrix(asked, links),
        "pathways": facets.tree(facets.facet(asked, "pathway", links)),
        "kinds": facets.tree(facets.facet(asked, "kind", links)),
        "total": asked.total,
        "changed": Case.objects.published().aggregate(last=Max("updated_at"))["last"],
    }
    return render(request, "cases/home.html", context)


@require_safe
@fresh
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that answer a question, with every facet around them. A wrong question has no rows, and says why."""
    asked = CaseFilterSet(request.GET, request.user)
    links = facets.Links(request.GET)
    if "cursor" in asked.asked:
        asked.problems["cursor"] = ["Programs page by it; here there are pages with numbers."]
    if asked.problems:
        return _wrong(request, asked, links, 400)
    if asked.asked.get("format") in DOORS:
        return redirect(facets.Links(request.GET, reverse(DOORS[asked.asked["format"]])).to({}))
    page = results.page(asked, links)
    if page is None:
        asked.problems["page"] = ["There are not so many pages."]
        return _wrong(request, asked, links, 404)
    return render(request, "cases/list.html", _results(request, asked, links, page))


def _wrong(request: HttpRequest, asked: CaseFilterSet, links: facets.Links, status: int) -> HttpResponse:
    """Say what is wrong with a question, and where to begin anew: without paging, if that alone was wrong."""
    start = links.to({}) if status == 404 else reverse("cases:list")
    context = {"asked": asked, "problems": asked.problems, "start": start}
    return render(request, "cases/wrong_question.html", context, status=status)


def _results(request: HttpRequest, asked: CaseFilterSet, links: facets.Links, page: results.Page) -> dict[str, Any]:
    instead = results.suggestion_for(asked)
    return {
        "asked": asked,
        "page": page,
        "cases": results.cards_with_snippets(asked, page.keys),
        "suggestion": instead and (instead, links.to({"q": [instead]})),
        "address": links.path,
        "facets": facets.facets(asked, links),
        "pills": facets.pills(asked, links),
        "sorts": facets.sorts(asked),
        "words": facets.in_words(asked),
        "hidden": [(name, value) for name in asked.FACETS for value in request.GET.getlist(name)],
        "downloads": {
            label: facets.Links(request.GET, reverse(DOORS[door])).to({}) for door, label in DOWNLOADS.items()
        },
    }


DOWNLOADS = {"csv": "CSV", "json": "JSON", "jsonl": "JSON Lines"}


@require_safe
def case_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One case, whole; every coding and figure opens the words it rests on."""
    case = Case.objects.visible_to(request.user).whole().filter(slug=slug).first()
    if case is None:
        return _missing(request, slug)
    address = settings.BASE_URL + case.get_absolute_url()
    return render(request, "cases/case.html", {"case": case, "curator": sees_drafts(request.user), "address": address})


def _missing(request: HttpRequest, slug: str) -> HttpResponse:
    """Say that a case was withdrawn and why, or which addresses look like this one."""
    withdrawn = Case.objects.filter(slug=slug, state=State.WITHDRAWN).first()
    if withdrawn:
        return render(request, "cases/withdrawn.html", {"case": withdrawn}, status=410)
    return render(
        request,
        "cases/unknown.html",
        {"slug": slug[:80], "near": Case.objects.visible_to(request.user).near(slug)},
        status=404,
    )


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What the catalogue is, where it comes from, how its numbers are made, how to take its data."""
    return render(request, "cases/about.html", {"parameters": CaseFilterSet.base_filters})


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """The gallery: every template component once, on real cases."""
    asked = CaseFilterSet(QueryDict(), None)
    links = facets.Links(QueryDict())
    context = {
        "case": Case.objects.published().whole().exclude(claims=None).exclude(arrangements=None).first(),
        "asked": asked,
        "card": facets.cards(asked.keys(0, 1)),
        "address": links.path,
        "facet": facets.facet(asked, "mode", links),
        "matrix": facets.matrix(asked, links),
        "pill": facets.Pill("sector", "health", reverse("cases:list")),
    }
    return render(request, "cases/components.html", context)
