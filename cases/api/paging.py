"""Pagination of the case list: by page number, or by cursor, which costs the same on the last page as on the first.

A cursor contains how far a walk has come and a digest of the query. It is signed, so only cursors made here are
accepted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from django.core.signing import BadSignature, Signer
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from cases.query.facets import PAGING_PARAMETERS
from cases.query.parameters import CaseFilterSet
from cases.query.positions import Position
from cases.query.walking import Walk, take_step

from .query import API_PAGE_SIZE

CURSOR_SIGNER = Signer(salt="cases.cursor")
RESTART_CURSOR = "Begin again with an empty one: cursor="


class CasesPage(NamedTuple):
    """One page: primary keys of its cases, and the URLs of the neighbouring pages."""

    keys: Sequence[int]
    next: str | None
    previous: str | None = None


def paginate_cases(request: Request, filterset: CaseFilterSet) -> CasesPage:
    """Return the requested page; by cursor if that parameter is given, even if empty."""
    if "cursor" not in filterset.data:
        return _paginate_by_number(request, filterset)
    if "page" in filterset.data:
        raise exceptions.ValidationError({"page": ["Give a page or a cursor, not both."]})
    return _paginate_by_cursor(request, filterset, filterset.params.get("page_size") or API_PAGE_SIZE)


def _paginate_by_number(request: Request, filterset: CaseFilterSet) -> CasesPage:
    part = page_bounds(request, filterset.params, filterset.total)
    return CasesPage(filterset.keys(part.start, part.stop), part.next, part.previous)


class PageBounds(NamedTuple):
    """Slice of a list for one page, and the URLs of the neighbouring pages."""

    start: int
    stop: int
    next: str | None
    previous: str | None


def page_bounds(request: Request, params: Mapping[str, Any], total: int) -> PageBounds:
    """Bounds of the requested page in a list of `total` entries; raises NotFound beyond the end."""
    number, size = params.get("page") or 1, params.get("page_size") or API_PAGE_SIZE
    start, stop = (number - 1) * size, number * size
    if number > 1 and start >= total:
        raise exceptions.NotFound("There are not so many pages.")
    here = request.build_absolute_uri()
    after = replace_query_param(here, "page", number + 1) if stop < total else None
    return PageBounds(start, stop, after, None if number == 1 else _page_url(here, number - 1))


def _page_url(here: str, number: int) -> str:
    return remove_query_param(here, "page") if number == 1 else replace_query_param(here, "page", number)


def _paginate_by_cursor(request: Request, filterset: CaseFilterSet, size: int) -> CasesPage:
    digest = _digest(filterset)
    cursor = filterset.params.get("cursor", "")
    step = take_step(filterset, _read_cursor(cursor, digest) if cursor else Walk.begin(filterset), size)
    if step.on is None:
        return CasesPage(step.keys, None)
    url = replace_query_param(request.build_absolute_uri(), "cursor", _write_cursor(step.on, digest))
    return CasesPage(step.keys, url)


def _write_cursor(walk: Walk, digest: str) -> str:
    return CURSOR_SIGNER.sign_object([digest, walk.began, walk.version, walk.phase, walk.position], compress=True)


def _read_cursor(cursor: str, digest: str) -> Walk:
    """The walk in a cursor for this query."""
    try:
        of, began, version, phase, position = CURSOR_SIGNER.unsign_object(cursor)
    except (BadSignature, ValueError):
        raise _cursor_error(f"The catalogue did not give this cursor, or not whole. {RESTART_CURSOR}") from None
    if of != digest:
        raise _cursor_error(f"This cursor belongs to another question. {RESTART_CURSOR}")
    return Walk(began, version, phase, Position(*position) if position else None)


def _digest(filterset: CaseFilterSet) -> str:
    """Digest of the parameters and values in any order, and of whether the reader sees drafts."""
    pairs = [
        (name, value) for name, values in filterset.data.lists() if name not in PAGING_PARAMETERS for value in values
    ]
    text = repr((filterset.drafts, sorted(pair for pair in pairs if pair[1])))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _cursor_error(why: str) -> exceptions.ValidationError:
    return exceptions.ValidationError({"cursor": [why]})
