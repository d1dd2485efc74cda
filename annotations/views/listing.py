"""Lists of all readable notes and of the user's own, with search, facets and links to their data formats."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from cases.models.snapshot import snapshot
from cases.query.facets import QueryLinks

from ..query import facets
from ..query.filters import NOTE_FORMATS, NoteFilterSet

NOTE_ENDPOINTS = {"json": "annotation-list"} | {
    format_: f"interchange:annotations-{format_}" for format_ in ("csv", "xlsx", "jsonld", "qdpx")
}
"""The endpoint of each data format, for the same query."""

OWN_NOTES_ONLY = "Here are your own notes. Ask for those of others under Annotations."


@dataclass(frozen=True)
class NoteListing:
    """A list of notes: the name of its URL, and the parameters that it adds to the query of the request."""

    request: HttpRequest
    name: str
    title: str
    fixed: dict[str, str]

    @cached_property
    def query(self) -> QueryDict:
        """The parameters of the request and the fixed ones."""
        query = self.request.GET.copy()
        query.update(self.fixed)
        return query

    @property
    def links(self) -> QueryLinks:
        """Links to this list with one choice added or removed."""
        return QueryLinks(self.request.GET, reverse(self.name))

    @property
    def leaving(self) -> Collection[str]:
        """Facets to leave out, because their value is fixed."""
        return self.fixed

    def elsewhere(self, format_name: str) -> str:
        """The address of the same notes in a data format."""
        return QueryLinks(self.query, reverse(NOTE_ENDPOINTS[format_name])).to({})


@never_cache
@require_safe
def all_notes(request: HttpRequest) -> HttpResponse:
    with snapshot():  # so that the total, the notes and the facet counts are consistent
        return _listing_response(NoteListing(request, "annotations:container", "Annotations", {}))


@never_cache
@login_required
@require_safe
def my_notes(request: HttpRequest) -> HttpResponse:
    username = cast("User", request.user).username
    with snapshot():
        return _listing_response(NoteListing(request, "annotations:mine", "My annotations", {"author": username}))


def _listing_response(listing: NoteListing) -> HttpResponse:
    """The page of matching notes, or an error page for an invalid query."""
    filterset = NoteFilterSet(listing.query, listing.request.user)
    if problems := {
        **filterset.problems,
        **{name: [OWN_NOTES_ONLY] for name in listing.fixed if name in listing.request.GET},
    }:
        return _invalid_query_page(listing, problems, 400)
    format_ = filterset.params.get("format", "html")
    if format_ != "html":
        return redirect(listing.elsewhere(format_))
    page = facets.notes_page(filterset, listing.links)
    if page is None:
        return _invalid_query_page(listing, {"page": ["There are not so many pages."]}, 404)
    return render(listing.request, "annotations/listing.html", _listing_context(listing, filterset, page))


def _invalid_query_page(listing: NoteListing, problems: dict[str, list[str]], status: int) -> HttpResponse:
    """Explain the problems and link to a fresh start; if only the page was wrong, with the rest of the query."""
    start = listing.links.to({}) if status == 404 else reverse(listing.name)
    context = {"listing": listing, "problems": problems, "start": start}
    return render(listing.request, "annotations/wrong_question.html", context, status=status)


def _listing_context(listing: NoteListing, filterset: NoteFilterSet, page: facets.NotesPage) -> dict[str, Any]:
    links, query = listing.links, listing.request.GET
    return {
        "listing": listing,
        "filterset": filterset,
        "page": page,
        "address": reverse(listing.name),
        "facets": facets.note_facets(filterset, links, listing.leaving),
        "pills": facets.note_pills(filterset, links, listing.leaving),
        "sorts": facets.note_sort_options(filterset),
        "hidden": [(name, value) for name in filterset.FACETS for value in query.getlist(name)],
        "downloads": {NOTE_FORMATS[format_name]: listing.elsewhere(format_name) for format_name in NOTE_ENDPOINTS},
    }
