"""All notes that one may read, and one's own: searched, narrowed by facets, sent on to where they are taken as data."""

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
"""Where the notes of a question are taken as data."""

OWN_NOTES_ONLY = "Here are your own notes. Ask for those of others under Annotations."


@dataclass(frozen=True)
class NoteListing:
    """A list of notes: its name in the addresses, and what it asks for beyond the query of its page."""

    request: HttpRequest
    name: str
    title: str
    fixed: dict[str, str]

    @cached_property
    def query(self) -> QueryDict:
        """The whole question."""
        query = self.request.GET.copy()
        query.update(self.fixed)
        return query

    @property
    def links(self) -> QueryLinks:
        """The addresses of this list that differ by one choice."""
        return QueryLinks(self.request.GET, reverse(self.name))

    @property
    def leaving(self) -> Collection[str]:
        """The facets that there is no choice in."""
        return self.fixed

    def elsewhere(self, format_name: str) -> str:
        """Return the address at which the same notes are taken as data."""
        return QueryLinks(self.query, reverse(NOTE_ENDPOINTS[format_name])).to({})


@never_cache
@require_safe
def all_notes(request: HttpRequest) -> HttpResponse:
    """The notes that the reader may read."""
    with snapshot():  # the total, the notes and the numbers of the facets are of one moment
        return _answer(NoteListing(request, "annotations:container", "Annotations", {}))


@never_cache
@login_required
@require_safe
def my_notes(request: HttpRequest) -> HttpResponse:
    """The reader's own notes, on all cases."""
    username = cast("User", request.user).username
    with snapshot():
        return _answer(NoteListing(request, "annotations:mine", "My annotations", {"author": username}))


def _answer(listing: NoteListing) -> HttpResponse:
    """Show the notes that answer. A wrong question has none, and says why."""
    filterset = NoteFilterSet(listing.query, listing.request.user)
    if wrong := {
        **filterset.problems,
        **{name: [OWN_NOTES_ONLY] for name in listing.fixed if name in listing.request.GET},
    }:
        return _wrong(listing, wrong, 400)
    format_ = filterset.params.get("format", "html")
    if format_ != "html":
        return redirect(listing.elsewhere(format_))
    page = facets.notes_page(filterset, listing.links)
    if page is None:
        return _wrong(listing, {"page": ["There are not so many pages."]}, 404)
    return render(listing.request, "annotations/listing.html", _results(listing, filterset, page))


def _wrong(listing: NoteListing, problems: dict[str, list[str]], status: int) -> HttpResponse:
    """Say what is wrong with a question, and where to begin anew: without paging, if that alone was wrong."""
    start = listing.links.to({}) if status == 404 else reverse(listing.name)
    context = {"listing": listing, "problems": problems, "start": start}
    return render(listing.request, "annotations/wrong_question.html", context, status=status)


def _results(listing: NoteListing, filterset: NoteFilterSet, page: facets.NotesPage) -> dict[str, Any]:
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
