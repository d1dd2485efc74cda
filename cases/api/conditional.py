"""Responses whose ETag is known before they are computed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseNotModified
from django.http.response import HttpResponseBase

from cases.http_cache import etag_for, has_already
from cases.query.parameters import CaseFilterSet

from .query import QueryView


class ConditionalQueryView(QueryView):
    """Base class of endpoints whose response depends only on query, kind of reader and catalogue version."""

    def answered(self, answer: Callable[[CaseFilterSet], HttpResponseBase]) -> HttpResponseBase:
        """Respond with an ETag; 304 without computing the answer if the client has it already."""
        filterset = self.get_filterset()
        tag = etag_for(self.request, filterset.versions, drafts=filterset.drafts) if filterset.version else ""
        if tag and has_already(self.request, tag):
            return HttpResponseNotModified(headers={"ETag": tag})
        response = answer(filterset)
        if tag:
            response.headers["ETag"] = tag
        return response
