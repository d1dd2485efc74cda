"""The reading pages: Table 20.1, the list with its facets, one case."""

from __future__ import annotations

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from . import facets
from .filters import CaseFilterSet
from .models import Case, State
from .models.case import sees_drafts

PAGE_SIZE = 20
DOORS = {"json": "case-list", "csv": "interchange:cases-csv"}


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Table 20.1 over all published cases, and the pathways of Fig. 20.1."""
    cases = Case.objects.published()
    asked = CaseFilterSet(QueryDict(), None)
    links = facets.Links(QueryDict())
    context = {
        "matrix": facets.matrix(asked, links),
        "pathways": facets.tree(facets.facet(asked, "pathway", links)),
        "kinds": facets.tree(facets.facet(asked, "kind", links)),
        "total": cases.count(),
        "changed": cases.aggregate(last=Max("updated_at"))["last"],
    }
    return render(request, "cases/home.html", context)


@require_safe
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that answer a question, with every facet around them. A wrong question has no rows, and says why."""
    asked = CaseFilterSet(request.GET, request.user)
    links = facets.Links(request.GET)
    if asked.problems:
        context = {"asked": asked, "problems": asked.problems, "start": reverse("cases:list")}
        return render(request, "cases/wrong_question.html", context, status=400)
    if asked.asked.get("format") in DOORS:
        return redirect(facets.Links(request.GET, reverse(DOORS[asked.asked["format"]])).to({}))
    page = _page(asked)
    if page is None:
        context = {"asked": asked, "problems": {"page": ["There are not so many pages."]}, "start": links.to({})}
        return render(request, "cases/wrong_question.html", context, status=404)
    context = {
        "asked": asked,
        "page": page,
        "facets": facets.facets(asked, links, curator=sees_drafts(request.user)),
        "pills": facets.pills(asked, links),
        "sorts": facets.sorts(asked, links),
        "words": facets.in_words(asked),
        "hidden": [(name, value) for name in asked.facets for value in request.GET.getlist(name)],
        "earlier": links.page(page.previous_page_number()) if page.has_previous() else "",
        "later": links.page(page.next_page_number()) if page.has_next() else "",
        "csv": facets.Links(request.GET, reverse("interchange:cases-csv")).to({}),
        "json": facets.Links(request.GET, reverse("case-list")).to({}),
    }
    return render(request, "cases/list.html", context)


def _page(asked: CaseFilterSet) -> Page[Case] | None:
    """Return the page asked for, or None where there are not so many."""
    paginator = Paginator(asked.qs.order_by("pk"), asked.asked.get("page_size", PAGE_SIZE))
    number = asked.asked.get("page", 1)
    if number > paginator.num_pages:
        return None
    start = (number - 1) * paginator.per_page
    return Page(facets.cards(asked, start, start + paginator.per_page), number, paginator)


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
        "facet": facets.facet(asked, "mode", links),
        "matrix": facets.matrix(asked, links),
        "pill": facets.Pill("sector", "health", reverse("cases:list")),
    }
    return render(request, "cases/components.html", context)
