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

from cases.filters import CaseFilterSet

from .questions import PAGE_SIZE

NO_PART_OF_IT = ("page", "page_size", "cursor", "format")  # parameters that make no other question
SIGNER = Signer(salt="cases.cursor")
AGAIN = "Begin again with an empty one: cursor="


class Page(NamedTuple):
    """A part of a list: the keys of its cases, and the addresses beside it."""

    keys: list[int]
    next: str | None
    previous: str | None = None


def page_of(request: Request, asked: CaseFilterSet) -> Page:
    """Return the page asked for; by cursor where one is given, be it empty."""
    if "cursor" not in asked.data:
        return _by_number(request, asked)
    if "page" in asked.data:
        raise exceptions.ValidationError({"page": ["Give a page or a cursor, not both."]})
    return _by_cursor(request, asked, asked.asked.get("page_size") or PAGE_SIZE)


def _by_number(request: Request, asked: CaseFilterSet) -> Page:
    part = part_of(request, asked.asked, asked.total)
    return Page(asked.keys(part.start, part.stop), part.next, part.previous)


class Part(NamedTuple):
    """Where a page of a list begins and ends, and the addresses beside it."""

    start: int
    stop: int
    next: str | None
    previous: str | None


def part_of(request: Request, asked: Mapping[str, Any], total: int) -> Part:
    """Return the page asked for by its number, of a list of `total`; raise NotFound beyond its end."""
    number, size = asked.get("page") or 1, asked.get("page_size") or PAGE_SIZE
    start, stop = (number - 1) * size, number * size
    if number > 1 and start >= total:
        raise exceptions.NotFound("There are not so many pages.")
    here = request.build_absolute_uri()
    after = replace_query_param(here, "page", number + 1) if stop < total else None
    return Part(start, stop, after, None if number == 1 else _numbered(here, number - 1))


def _numbered(here: str, number: int) -> str:
    return remove_query_param(here, "page") if number == 1 else replace_query_param(here, "page", number)


def _by_cursor(request: Request, asked: CaseFilterSet, size: int) -> Page:
    question = _digest(asked)
    try:
        keys = asked.after(_key(asked.asked.get("cursor", ""), question), size + 1)
    except LookupError:
        raise _refused(f"The case that this cursor stands at is no longer there. {AGAIN}") from None
    if len(keys) <= size:
        return Page(keys, None)
    cursor = SIGNER.sign_object([question, keys[size - 1]])
    return Page(keys[:size], replace_query_param(request.build_absolute_uri(), "cursor", cursor))


def _key(cursor: str, question: str) -> int | None:
    """Return the key that a cursor of this question stands at; None at the beginning."""
    if not cursor:
        return None
    try:
        of, key = SIGNER.unsign_object(cursor)
    except BadSignature:
        raise _refused(f"The catalogue did not give this cursor, or not whole. {AGAIN}") from None
    if of != question:
        raise _refused(f"This cursor belongs to another question. {AGAIN}")
    return int(key)


def _digest(asked: CaseFilterSet) -> str:
    """Return what tells a question from others: its parameters and values in any order, and who asks."""
    pairs = [(name, value) for name, values in asked.data.lists() if name not in NO_PART_OF_IT for value in values]
    said = repr((asked.drafts, sorted(pair for pair in pairs if pair[1])))
    return blake2b(said.encode(), digest_size=8).hexdigest()


def _refused(why: str) -> exceptions.ValidationError:
    return exceptions.ValidationError({"cursor": [why]})
