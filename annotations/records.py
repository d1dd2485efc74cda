"""The content of a note and its audience, as pages and API pass them to the actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from plaintext.normal import compose
from plaintext.visibility import tidy_name
from taxonomy.models import Term

from .anchoring.selectors import Quotation, TextSpan
from .models import Annotation, Audience, Group

MAX_QUOTE_LENGTH = 10_000


class QuotedPassage(NamedTuple):
    """Words that a note is pinned to, and their position if it is known."""

    quotation: Quotation
    span: TextSpan | None = None


class ExternalName(NamedTuple):
    """The IRI of a note on another site; `relation` is "canonical" or "via"."""

    relation: str
    iri: str


class NoteContent(NamedTuple):
    """What a note says, and its audience."""

    comment: str = ""
    tags: tuple[str, ...] = ()
    codes: tuple[Term, ...] = ()
    audience: str = Audience.PRIVATE
    group: Group | None = None
    elsewhere: dict[str, Any] | None = None
    names: tuple[ExternalName, ...] = ()


def content_of(note: Annotation) -> NoteContent:
    """The current content of a note; runs no queries if the note was fetched `with_related`."""
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
    """The key of a term in parameters, forms and exports: `type:peer-support`."""
    return f"{term.vocabulary.slug}:{term.slug}"


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags without extra white space or duplicates (ignoring case and Unicode form), in their order.

    >>> tidy_tags(["to  check", "Trust ", "trust", ""])
    ('to check', 'Trust')
    """
    unique: dict[str, str] = {}
    for tag in map(tidy_name, map(compose, tags)):
        unique.setdefault(tag.casefold(), tag)
    return tuple(tag for tag in unique.values() if tag)
