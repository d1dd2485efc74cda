"""The pages of a list of cases: by number for people, by cursor for machines, to whom the last page costs no more.

A cursor names the case that a page ended with, and the question that was asked. It is signed: what the catalogue did
not make it does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from django.core.signing import BadSignature, Signer
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.utils.urls import remove_query_param, replace_query_param

from cases.query.facets import PAGING_PARAMETERS
from cases.query.parameters import CaseFilterSet

from .query import API_PAGE_SIZE

CURSOR_SIGNER = Signer(salt="cases.cursor")
RESTART_CURSOR = "Begin again with an empty one: cursor="


class CasesPage(NamedTuple):
    """A part of a list: the keys of its cases, and the addresses beside it."""

    keys: list[int]
    next: str | None
    previous: str | None = None


def paginate_cases(request: Request, filterset: CaseFilterSet) -> CasesPage:
    """Return the page asked for; by cursor where one is given, be it empty."""
    if "cursor" not in filterset.data:
        return _by_number(request, filterset)
    if "page" in filterset.data:
        raise exceptions.ValidationError({"page": ["Give a page or a cursor, not both."]})
    return _by_cursor(request, filterset, filterset.params.get("page_size") or API_PAGE_SIZE)


def _by_number(request: Request, filterset: CaseFilterSet) -> CasesPage:
    part = page_bounds(request, filterset.params, filterset.total)
    return CasesPage(filterset.keys(part.start, part.stop), part.next, part.previous)


class PageBounds(NamedTuple):
    """Where a page of a list begins and ends, and the addresses beside it."""

    start: int
    stop: int
    next: str | None
    previous: str | None


def page_bounds(request: Request, params: Mapping[str, Any], total: int) -> PageBounds:
    """Return the page asked for by its number, of a list of `total`; raise NotFound beyond its end."""
    number, size = params.get("page") or 1, params.get("page_size") or API_PAGE_SIZE
    start, stop = (number - 1) * size, number * size
    if number > 1 and start >= total:
        raise exceptions.NotFound("There are not so many pages.")
    here = request.build_absolute_uri()
    after = replace_query_param(here, "page", number + 1) if stop < total else None
    return PageBounds(start, stop, after, None if number == 1 else _numbered(here, number - 1))


def _numbered(here: str, number: int) -> str:
    return remove_query_param(here, "page") if number == 1 else replace_query_param(here, "page", number)


def _by_cursor(request: Request, filterset: CaseFilterSet, size: int) -> CasesPage:
    digest = _digest(filterset)
    try:
        keys = filterset.after(_key(filterset.params.get("cursor", ""), digest), size + 1)
    except LookupError:
        raise _refused(f"The case that this cursor stands at is no longer there. {RESTART_CURSOR}") from None
    if len(keys) <= size:
        return CasesPage(keys, None)
    cursor = CURSOR_SIGNER.sign_object([digest, keys[size - 1]])
    return CasesPage(keys[:size], replace_query_param(request.build_absolute_uri(), "cursor", cursor))


def _key(cursor: str, digest: str) -> int | None:
    """Return the key that a cursor of this question stands at; None at the beginning."""
    if not cursor:
        return None
    try:
        of, key = CURSOR_SIGNER.unsign_object(cursor)
    except BadSignature:
        raise _refused(f"The catalogue did not give this cursor, or not whole. {RESTART_CURSOR}") from None
    if of != digest:
        raise _refused(f"This cursor belongs to another question. {RESTART_CURSOR}")
    return int(key)


def _digest(filterset: CaseFilterSet) -> str:
    """Return what tells a question from others: its parameters and values in any order, and who asks."""
    pairs = [
        (name, value) for name, values in filterset.data.lists() if name not in PAGING_PARAMETERS for value in values
    ]
    text = repr((filterset.drafts, sorted(pair for pair in pairs if pair[1])))
    return blake2b(text.encode(), digest_size=8).hexdigest()


def _refused(why: str) -> exceptions.ValidationError:
    return exceptions.ValidationError({"cursor": [why]})
