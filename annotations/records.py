"""What a note says and to whom, in the shape in which every door hands it to the verbs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from taxonomy.models import Term

from .anchoring.selectors import Quotation, TextSpan
from .models import Annotation, Audience, Group

MAX_QUOTE_LENGTH = 10_000
"""How many characters a quotation may have."""


class QuotedPassage(NamedTuple):
    """Words that a note is pinned to, and where they stand if that is known."""

    quotation: Quotation
    span: TextSpan | None = None


class ExternalName(NamedTuple):
    """An address by which a note is known elsewhere; `relation` is canonical or via."""

    relation: str
    iri: str


class NoteContent(NamedTuple):
    """What a note says, and who may read it."""

    comment: str = ""
    tags: tuple[str, ...] = ()
    codes: tuple[Term, ...] = ()
    audience: str = Audience.PRIVATE
    group: Group | None = None
    elsewhere: dict[str, Any] | None = None
    names: tuple[ExternalName, ...] = ()


def content_of(note: Annotation) -> NoteContent:
    """Return what a note says now; without queries where it was fetched `with_related`."""
    return NoteContent(
        comment=note.comment,
        tags=tuple(tag.label for tag in note.tags.all()),
        codes=tuple(note.codes.all()),
        audience=note.audience,
        group=note.group,
        elsewhere=note.w3c_extra,
        names=tuple(ExternalName(name.relation, name.iri) for name in note.names.all()),
    )


def term_code(term: Term) -> str:
    """Return a term as a parameter, a form and an export name it: `type:peer-support`."""
    return f"{term.vocabulary.slug}:{term.slug}"


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags without needless white space, each once however it is written, in their order.

    >>> tidy_tags(["to  check", "Trust ", "trust", ""])
    ('to check', 'Trust')
    """
    kept: dict[str, str] = {}
    for tag in map(" ".join, map(str.split, tags)):
        kept.setdefault(tag.casefold(), tag)
    return tuple(tag for tag in kept.values() if tag)
