"""What a note says and to whom, in the shape in which every door hands it to the verbs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from taxonomy.models import Term

from .models import Annotation, Audience, Group
from .selectors import Quotation, Span

QUOTE_LIMIT = 10_000
"""How many characters a quotation may have."""


class Passage(NamedTuple):
    """Words that a note is pinned to, and where they stand if that is known."""

    quotation: Quotation
    span: Span | None = None


class Name(NamedTuple):
    """An address by which a note is known elsewhere; `relation` is canonical or via."""

    relation: str
    iri: str


class Said(NamedTuple):
    """What a note says, and who may read it."""

    comment: str = ""
    tags: tuple[str, ...] = ()
    codes: tuple[Term, ...] = ()
    audience: str = Audience.PRIVATE
    group: Group | None = None
    elsewhere: dict[str, Any] | None = None
    names: tuple[Name, ...] = ()


def said_of(note: Annotation) -> Said:
    """Return what a note says now; without queries where it was fetched `whole`."""
    return Said(
        comment=note.comment,
        tags=tuple(tag.label for tag in note.tags.all()),
        codes=tuple(note.codes.all()),
        audience=note.audience,
        group=note.group,
        elsewhere=note.said_elsewhere,
        names=tuple(Name(name.relation, name.iri) for name in note.names.all()),
    )


def code_of(term: Term) -> str:
    """Return a term as a parameter, a form and an export name it: `type:peer-support`."""
    return f"{term.vocabulary.slug}:{term.slug}"


def tidied(tags: Iterable[str]) -> tuple[str, ...]:
    """Return tags without needless white space, each once however it is written, in their order.

    >>> tidied(["to  check", "Trust ", "trust", ""])
    ('to check', 'Trust')
    """
    kept: dict[str, str] = {}
    for tag in map(" ".join, map(str.split, tags)):
        kept.setdefault(tag.casefold(), tag)
    return tuple(tag for tag in kept.values() if tag)
