"""Answers that are known by their ETag before they are made."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponseNotModified
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags

from cases.http_cache import etag_for
from cases.query.parameters import CaseFilterSet

from .query import QueryView


class ConditionalQueryView(QueryView):
    """A door whose answers hold as long as the catalogue's version: to the same question, for the same readers."""

    def answered(self, answer: Callable[[CaseFilterSet], HttpResponseBase]) -> HttpResponseBase:
        """Answer a question under its ETag; whoever holds that answer already is told so, and nothing is looked up."""
        filterset = self.get_filterset()
        tag = etag_for(self.request, filterset.versions, drafts=filterset.drafts) if filterset.version else ""
        if tag and tag in parse_etags(self.request.META.get("HTTP_IF_NONE_MATCH", "")):
            return HttpResponseNotModified(headers={"ETag": tag})
        response = answer(filterset)
        if tag:
            response.headers["ETag"] = tag
        return response
