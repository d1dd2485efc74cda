"""The reading pages: Table 20.1, the list with its facets, one case."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from .. import compare, facets, markdown, records, results
from ..export_formats import ExportFormat, export_format, export_formats
from ..filters import CaseFilterSet
from ..freshness import fresh
from ..history import whereabouts
from ..models import Case, Proposal, Revision
from ..models.case import sees_drafts
from ..models.snapshot import snapshot

ANNOTATION_SERVICE = "http://www.w3.org/ns/oa#annotationService"


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
    if chosen := export_format(asked.asked.get("format", "")):
        return redirect(_download(request, chosen))
    page = results.page(asked, links)
    if page is None:
        asked.problems["page"] = ["There are not so many pages."]
        return _wrong(request, asked, links, 404)
    return render(request, "cases/list.html", _results(request, asked, links, page))


@require_safe
@fresh
def facet_values(request: HttpRequest, name: str) -> HttpResponse:
    """The values of a facet in whose words all of `q` stand, each leading to the cases that it leaves."""
    words, query = facets.finding(request.GET)
    asked = CaseFilterSet(query, request.user)
    if name not in asked.shown_facets:
        raise Http404
    links = facets.Links(query)
    if asked.problems:
        return _wrong(request, asked, links, 400)
    found = facets.found_in(asked, name, words, links)
    context = {
        "asked": asked,
        "facet": found,
        "find": words,
        "back": links.to({}),
        "hidden": [(each, value) for each, values in request.GET.lists() if each != "q" for value in values],
    }
    return render(request, "cases/facet_values.html", context)


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
        "downloads": {each.label: _download(request, each) for each in export_formats()},
    }


def _download(request: HttpRequest, chosen: ExportFormat) -> str:
    """Return where all cases of the question asked here are sent as a file."""
    return facets.Links(request.GET, reverse(chosen.url_name)).to({})


@require_safe
def case_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One case, whole, with the notes on its narrative; every coding and figure opens the words it rests on."""
    with snapshot():  # the narrative and the places of its notes are of one moment
        case = Case.objects.readable_by(request.user).whole().filter(slug=slug).first()
        if case is None:
            return missing(request, slug)
        service = settings.BASE_URL + reverse("annotations:case", args=[slug])
        curator = sees_drafts(request.user)
        context = {
            "case": case,
            "curator": curator,
            "own": case.created_by_id is not None and case.created_by_id == request.user.pk,
            "waiting": Proposal.objects.waiting().filter(case=case).count() if curator else 0,
            "merged": case.merged.values_list("title", flat=True),
            "address": settings.BASE_URL + reverse("cases:version", args=[slug, case.version]),
            "service": service,
        }
        response = render(request, "cases/case.html", context)
    response["Link"] = f'<{service}>; rel="{ANNOTATION_SERVICE}"'
    return response


@require_safe
def narrative(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A narrative of a case as it stood for a while: what an older note quotes."""
    revisions = Revision.objects.visible_to(request.user).filter(case__slug=slug).select_related("case")
    revision = revisions.filter(number=number).first()
    if revision is None:
        if Case.objects.readable_by(request.user).filter(slug=slug).exists():
            raise Http404
        return missing(request, slug)
    context = {
        "revision": revision,
        "html": markdown.render(revision.narrative),
        "later": revisions.filter(number__gt=number).order_by("number").first(),
    }
    return render(request, "cases/narrative.html", context)


def missing(request: HttpRequest, slug: str) -> HttpResponse:
    """Answer at an address of a case that somebody cannot read there: lead on, or say that it is gone or unknown."""
    found = whereabouts(slug, request.user)
    if found is None:
        near = Case.objects.visible_to(request.user).near(slug)
        return render(request, "cases/unknown.html", {"slug": slug[:80], "near": near}, status=404)
    if found.address and (_view(request) == "cases:case" or not found.other):
        return _moved(request, found.address)
    return render(request, "cases/withdrawn.html", {"case": found.case}, status=410)


def _view(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _moved(request: HttpRequest, slug: str) -> HttpResponse:
    """Lead on for good, with the query as it was. A case may take an old address back, so nobody keeps the answer."""
    kept = request.resolver_match.kwargs if request.resolver_match else {}
    path, query = reverse(_view(request), kwargs={**kept, "slug": slug}), request.META["QUERY_STRING"]
    response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What the catalogue is, where it comes from, how its numbers are made, how to take its data."""
    context = {"parameters": CaseFilterSet.base_filters, "export_formats": export_formats()}
    return render(request, "cases/about.html", context)


OTHERWISE = {"title": "The same under another title", "claims": [], "sectors": []}


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """The gallery: every template component once, on real cases."""
    asked = CaseFilterSet(QueryDict(), None)
    links = facets.Links(QueryDict())
    case = Case.objects.published().whole().exclude(claims=None).exclude(arrangements=None).first()
    record = records.plain(records.matter_of(case)) if case else None
    context = {
        "case": case,
        "difference": compare.difference(record, {**record, **OTHERWISE}, compare.Labels.of(record))
        if record
        else None,
        "asked": asked,
        "card": facets.cards(asked.keys(0, 1)),
        "address": links.path,
        "facet": facets.facet(asked, "mode", links),
        "matrix": facets.matrix(asked, links),
        "pill": facets.Pill("sector", "health", reverse("cases:list")),
    }
    return render(request, "cases/components.html", context)
