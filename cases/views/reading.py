"""Pages for readers: Table 20.1, the list with its facets, one case."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from .. import markdown
from ..history import diff
from ..history.reading import locate_case
from ..http_cache import cached_by_version
from ..models import Case, Proposal, Revision
from ..models.case import sees_drafts
from ..models.snapshot import snapshot
from ..query import facets, matrix, results
from ..query.export_formats import ExportFormat, export_format, export_formats
from ..query.groups import GROUP_QUERIES, GROUP_WORDS
from ..query.parameters import CaseFilterSet
from ..query.pathways import count_pathways
from ..record import convert
from ..record.told import coders_of

MAX_INSTANCES_SHOWN = 50
ANNOTATION_SERVICE = "http://www.w3.org/ns/oa#annotationService"


def _groups(filterset: CaseFilterSet) -> list[tuple[str, int, str]]:
    """Return the groups of entries: words, count, and the address that lists them."""
    counts = filterset.answer.groups()
    return [
        (GROUP_WORDS[name][counts.get(name, 0) != 1], counts.get(name, 0), f"{reverse('cases:list')}?{query}")
        for name, query in GROUP_QUERIES.items()
    ]


@require_safe
@cached_by_version
def home(request: HttpRequest) -> HttpResponse:
    """Table 20.1 over all published cases, and the pathways of Fig. 20.1."""
    filterset = CaseFilterSet(QueryDict(), None)
    links = facets.QueryLinks(QueryDict())
    together = request.GET.get("practices") == "together"
    context = {
        "matrix": matrix.build_matrix(filterset, links),
        "together": together,
        "switch": request.path if together else f"{request.path}?practices=together",
        "pathways": count_pathways(filterset),
        "groups": _groups(filterset),
        "total": filterset.total,
        "count_words": filterset.count_words,
        "changed": Case.objects.published().aggregate(last=Max("updated_at"))["last"],
    }
    return render(request, "cases/home.html", context)


@require_safe
@cached_by_version
def case_list(request: HttpRequest) -> HttpResponse:
    """The cases that match a query, with all facets. An invalid query lists its problems instead."""
    filterset = CaseFilterSet(request.GET, request.user)
    if filterset.data is not request.GET:
        return redirect(f"{request.path}?{filterset.data.urlencode()}", permanent=True)
    links = facets.QueryLinks(request.GET)
    if "cursor" in filterset.params:
        filterset.problems["cursor"] = ["Programs page by it; here there are pages with numbers."]
    if filterset.problems:
        return _render_problems(request, filterset, links, 400)
    if chosen := export_format(filterset.params.get("format", "")):
        return redirect(_download_url(request, chosen))
    page = results.results_page(filterset, links)
    if page is None:
        filterset.problems["page"] = ["There are not so many pages."]
        return _render_problems(request, filterset, links, 404)
    return render(request, "cases/list.html", _results_context(request, filterset, links, page))


@require_safe
@cached_by_version
def facet_values(request: HttpRequest, name: str) -> HttpResponse:
    """The values of a facet whose labels contain all words of `q`, each with a link to its cases."""
    words, query = facets.split_facet_search(request.GET)
    filterset = CaseFilterSet(query, request.user)
    if name not in filterset.shown_facets:
        raise Http404
    links = facets.QueryLinks(query)
    if filterset.problems:
        return _render_problems(request, filterset, links, 400)
    found = facets.search_facet(filterset, name, words, links)
    context = {
        "filterset": filterset,
        "facet": found,
        "find": words,
        "back": links.to({}),
        "hidden": [(each, value) for each, values in request.GET.lists() if each != "q" for value in values],
    }
    return render(request, "cases/facet_values.html", context)


def _render_problems(
    request: HttpRequest, filterset: CaseFilterSet, links: facets.QueryLinks, status: int
) -> HttpResponse:
    """List the problems of a query, with a link to start again; it drops only the paging if that was wrong."""
    start = links.to({}) if status == 404 else reverse("cases:list")
    context = {"filterset": filterset, "problems": filterset.problems, "start": start}
    return render(request, "cases/wrong_question.html", context, status=status)


def _results_context(
    request: HttpRequest, filterset: CaseFilterSet, links: facets.QueryLinks, page: results.ResultsPage
) -> dict[str, Any]:
    suggestion = results.suggestion_for(filterset)
    return {
        "filterset": filterset,
        "page": page,
        "cases": results.cards_with_snippets(filterset, page.keys),
        "suggestion": suggestion and (suggestion, links.to({"q": [suggestion]})),
        "address": links.path,
        "facets": facets.build_facets(filterset, links),
        "pills": facets.filter_pills(filterset, links),
        "sorts": facets.sort_options(filterset),
        "words": facets.query_in_words(filterset),
        "hidden": [(name, value) for name in filterset.FACETS for value in request.GET.getlist(name)],
        "downloads": {each.label: _download_url(request, each) for each in export_formats()},
    }


def _download_url(request: HttpRequest, chosen: ExportFormat) -> str:
    """Address of the download of all cases that match the current query."""
    return facets.QueryLinks(request.GET, reverse(chosen.url_name)).to({})


@require_safe
def case_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One whole case with the notes on its narrative; each coding and figure shows its passage."""
    with snapshot():  # so that the narrative and the anchors of its notes are consistent
        case = Case.objects.readable_by(request.user).whole().filter(slug=slug).first()
        if case is None:
            return case_not_found(request, slug)
        service = settings.BASE_URL + reverse("annotations:case", args=[slug])
        curator = sees_drafts(request.user)
        context = {
            "case": case,
            "curator": curator,
            "own": case.created_by_id is not None and case.created_by_id == request.user.pk,
            "waiting": Proposal.objects.waiting().filter(case=case).count() if curator else 0,
            "practice": Case.objects.visible_to(request.user).at(case.instance_of) if case.instance_of else None,
            "instances": Case.objects.visible_to(request.user).instances_of(case)[:MAX_INSTANCES_SHOWN],
            "merged": case.merged.values_list("title", flat=True),
            "address": settings.BASE_URL + reverse("cases:version", args=[slug, case.version]),
            "service": service,
            "coders": coders_of(case),
        }
        response = render(request, "cases/case.html", context)
    response["Link"] = f'<{service}>; rel="{ANNOTATION_SERVICE}"'
    return response


@require_safe
def narrative(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One revision of a narrative, as quoted by older notes."""
    revisions = Revision.objects.visible_to(request.user).filter(case__slug=slug).select_related("case")
    revision = revisions.filter(number=number).first()
    if revision is None:
        if Case.objects.readable_by(request.user).filter(slug=slug).exists():
            raise Http404
        return case_not_found(request, slug)
    context = {
        "revision": revision,
        "html": markdown.render_markdown(revision.narrative),
        "later": revisions.filter(number__gt=number).order_by("number").first(),
    }
    return render(request, "cases/narrative.html", context)


def case_not_found(request: HttpRequest, slug: str) -> HttpResponse:
    """Respond at the address of an unreadable case: redirect, or say that it is gone or unknown."""
    found = locate_case(slug, request.user)
    if found is None:
        near = Case.objects.visible_to(request.user).near(slug)
        return render(request, "cases/unknown.html", {"slug": slug[:80], "near": near}, status=404)
    if found.address and (_view_name(request) == "cases:case" or not found.other):
        return _redirect_to_case(request, found.address)
    return render(request, "cases/withdrawn.html", {"case": found.case}, status=410)


def _view_name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


def _redirect_to_case(request: HttpRequest, slug: str) -> HttpResponse:
    """Redirect permanently, keeping the query.

    The response is not cached, because a case may get an old address back.
    """
    url_kwargs = request.resolver_match.kwargs if request.resolver_match else {}
    path, query = reverse(_view_name(request), kwargs={**url_kwargs, "slug": slug}), request.META["QUERY_STRING"]
    response = HttpResponsePermanentRedirect(f"{path}?{query}" if query else path)
    response["Cache-Control"] = "no-cache"
    return response


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What the catalogue is, where it comes from, how its numbers are made, how to take its data."""
    context = {"parameters": CaseFilterSet.base_filters, "export_formats": export_formats()}
    return render(request, "cases/about.html", context)


EXAMPLE_REVISION = {"title": "The same under another title", "claims": [], "sectors": []}


@require_safe
def components(request: HttpRequest) -> HttpResponse:
    """The gallery: every template component once, on real cases."""
    filterset = CaseFilterSet(QueryDict(), None)
    links = facets.QueryLinks(QueryDict())
    case = Case.objects.published().whole().exclude(claims=None).exclude(arrangements=None).first()
    record = convert.to_primitive(convert.record_from_case(case)) if case else None
    context = {
        "case": case,
        "difference": diff.compare_records(record, {**record, **EXAMPLE_REVISION}, diff.RecordLabels.of(record))
        if record
        else None,
        "filterset": filterset,
        "card": facets.load_cards(filterset.keys(0, 1)),
        "address": links.path,
        "facet": facets.build_facet(filterset, "mode", links),
        "matrix": matrix.build_matrix(filterset, links),
        "pill": facets.FilterPill("sector", "health", reverse("cases:list")),
    }
    return render(request, "cases/components.html", context)
