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
from cases.facets import Links
from cases.models.snapshot import snapshot

from .. import facets
from ..filters import FORMATS, NoteFilterSet

DOORS = {"json": "annotation-list"} | {
    format_: f"interchange:annotations-{format_}" for format_ in ("csv", "xlsx", "jsonld", "qdpx")
}
"""Where the notes of a question are taken as data."""

OWN = "Here are your own notes. Ask for those of others under Annotations."


@dataclass(frozen=True)
class Listing:
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
    def links(self) -> Links:
        """The addresses of this list that differ by one choice."""
        return Links(self.request.GET, reverse(self.name))

    @property
    def leaving(self) -> Collection[str]:
        """The facets that there is no choice in."""
        return self.fixed

    def elsewhere(self, door: str) -> str:
        """Return the address at which the same notes are taken as data."""
        return Links(self.query, reverse(DOORS[door])).to({})


@never_cache
@require_safe
def everything(request: HttpRequest) -> HttpResponse:
    """The notes that the reader may read."""
    with snapshot():  # the total, the notes and the numbers of the facets are of one moment
        return _answer(Listing(request, "annotations:container", "Annotations", {}))


@never_cache
@login_required
@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """The reader's own notes, on all cases."""
    username = cast("User", request.user).username
    with snapshot():
        return _answer(Listing(request, "annotations:mine", "My annotations", {"author": username}))


def _answer(listing: Listing) -> HttpResponse:
    """Show the notes that answer. A wrong question has none, and says why."""
    asked = NoteFilterSet(listing.query, listing.request.user)
    if wrong := {**asked.problems, **{name: [OWN] for name in listing.fixed if name in listing.request.GET}}:
        return _wrong(listing, wrong, 400)
    format_ = asked.asked.get("format", "html")
    if format_ != "html":
        return redirect(listing.elsewhere(format_))
    page = facets.page(asked, listing.links)
    if page is None:
        return _wrong(listing, {"page": ["There are not so many pages."]}, 404)
    return render(listing.request, "annotations/listing.html", _results(listing, asked, page))


def _wrong(listing: Listing, problems: dict[str, list[str]], status: int) -> HttpResponse:
    """Say what is wrong with a question, and where to begin anew: without paging, if that alone was wrong."""
    start = listing.links.to({}) if status == 404 else reverse(listing.name)
    context = {"listing": listing, "problems": problems, "start": start}
    return render(listing.request, "annotations/wrong_question.html", context, status=status)


def _results(listing: Listing, asked: NoteFilterSet, page: facets.Page) -> dict[str, Any]:
    links, query = listing.links, listing.request.GET
    return {
        "listing": listing,
        "asked": asked,
        "page": page,
        "address": reverse(listing.name),
        "facets": facets.facets(asked, links, listing.leaving),
        "pills": facets.pills(asked, links, listing.leaving),
        "sorts": facets.sorts(asked),
        "hidden": [(name, value) for name in asked.FACETS for value in query.getlist(name)],
        "downloads": {FORMATS[door]: listing.elsewhere(door) for door in DOORS},
    }
