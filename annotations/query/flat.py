"""Notes as flat rows, some hundred at a time, for long tables: nothing is made of them that a table does not print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from taxonomy.codebook import Codebook
from taxonomy.models import Term

from ..models import Annotation
from .whole import codes_of, tags_of


class FlatNote(NamedTuple):
    """A note with what a table says of its case, author, group and thread; None where it has none of these."""

    key: int
    uid: str
    case_key: int | None
    case: str | None
    case_title: str | None
    author_name: str | None
    author_username: str | None
    author_orcid: str | None
    audience: str
    group: str | None
    parent: str | None
    thread: str | None
    placement: str
    start: int | None
    end: int | None
    exact: str
    prefix: str
    suffix: str
    comment: str
    resolved_at: datetime | None
    thread_resolved_at: datetime | None
    created_at: datetime
    edited_at: datetime | None
    revision: int | None
    tags: Sequence[str] = ()
    codes: Sequence[Term] = ()


FLAT_COLUMNS = (
    *("pk", "uid", "case_id", "case__slug", "case__title", "author__name", "author__username", "author__orcid"),
    *("audience", "group__name", "parent__uid", "thread__uid", "placement", "start", "end", "exact", "prefix"),
    *("suffix", "comment", "resolved_at", "thread__resolved_at", "created_at", "edited_at", "revision__number"),
)
"""The column of each field of a `FlatNote`, but for tags and codes."""


def fetch_flat(keys: Sequence[int], codebook: Codebook) -> list[FlatNote]:
    """Return the notes with these keys, in their order. Three queries, or four if a term was replaced."""
    rows = {row[0]: row for row in Annotation.objects.filter(pk__in=keys).order_by().values_list(*FLAT_COLUMNS)}
    tags, codes = tags_of(keys), codes_of(keys, codebook)
    return [FlatNote._make((*rows[key], tags.get(key, ()), codes.get(key, ()))) for key in keys if key in rows]
