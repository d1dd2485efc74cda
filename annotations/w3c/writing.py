"""Writes notes as documents: annotations, and their collections, containers and pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from cases.markdown import narrative_text
from cases.models import Case
from cases.models import State as CaseState
from cases.models.case import Reader, sees_drafts
from taxonomy.models import Term

from ..anchoring.selectors import Quotation, TextSpan, quote_at
from ..models import Annotation, OtherName, Placement, Tag
from .names import (
    JSONLD_CONTEXT,
    LDP_CONTEXT,
    absolute_url,
    audience_iri,
    author_iri,
    case_iri,
    single_or_list,
    term_iri,
)

AnnotationDocument = dict[str, Any]
TextOf = Callable[[Case], str]
"""The text of a case's narrative."""


def rendered_text(case: Case) -> str:
    return narrative_text(case.narrative)


def utc_timestamp(moment: datetime) -> str:
    """A moment as xsd:dateTime in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def note_document(note: Annotation, reader: Reader, text_of: TextOf = rendered_text) -> AnnotationDocument:
    """A note as an annotation; its target depends on what `reader` may see."""
    extra, tags, codes = note.w3c_extra, note.tags.all(), note.codes.all()
    bodies = [*_bodies(note, tags, codes), *extra.get("body", [])]
    creators = [_creator(note.author), *extra.get("creator", [])] if note.author else []
    motivation = extra.get("motivation") or default_motivation(note, tags, codes)
    names = note.names.all()
    via = [name.iri for name in names if name.relation == OtherName.Relation.VIA]
    canonical = [name.iri for name in names if name.relation == OtherName.Relation.CANONICAL]
    return {
        "@context": JSONLD_CONTEXT,
        "id": note.iri,
        "type": "Annotation",
        **({"motivation": motivation} if motivation else {}),
        "created": utc_timestamp(note.created_at),
        **({"modified": utc_timestamp(note.updated_at)} if note.version > 1 else {}),
        **({"creator": single_or_list(creators)} if creators else {}),
        **({"body": single_or_list(bodies)} if bodies else {}),
        "target": target_document(note, reader, text_of),
        "audience": [_audience(note), *extra["audience"]] if "audience" in extra else _audience(note),
        **({"canonical": canonical[0]} if canonical else {}),
        **({"via": single_or_list(via)} if via else {}),
        **extra.get("more", {}),
    }


def default_motivation(note: Annotation, tags: Iterable[Tag], codes: Iterable[Term]) -> str | list[str]:
    """The motivations that follow from the content of a note; empty if it has only foreign bodies."""
    return motivations_for(
        answers=note.parent_id is not None,
        comment=bool(note.comment),
        tags=bool(tags),
        codes=bool(codes),
        other=bool(note.w3c_extra.get("body")),
    )


def motivations_for(*, answers: bool, comment: bool, tags: bool, codes: bool, other: bool) -> str | list[str]:
    """The motivations that follow from the content; empty if they cannot be known."""
    words = ["replying"] if answers else ["commenting"] if comment else []
    words += ["tagging"] * tags + ["classifying"] * codes
    if not words and not other:
        words = ["highlighting"]
    return single_or_list(words) if words else ""


def _bodies(note: Annotation, tags: Iterable[Tag], codes: Iterable[Term]) -> list[AnnotationDocument]:
    comment = {
        **note.w3c_extra.get("comment", {}),
        "type": "TextualBody",
        "value": note.comment,
        "format": "text/markdown",
        "purpose": "replying" if note.parent_id else "commenting",
    }
    return [
        *([comment] if note.comment else []),
        *({"type": "TextualBody", "value": tag.label, "purpose": "tagging"} for tag in tags),
        *({"type": "SpecificResource", "source": term_iri(term), "purpose": "classifying"} for term in codes),
    ]


def _creator(author: User) -> AnnotationDocument:
    """The author of a note; names that may be e-mail addresses are left out."""
    names = {"name": author.name, "nickname": author.username}
    public_names = {kind: name for kind, name in names.items() if name and "@" not in name}
    return {"id": author_iri(author), "type": "Person", **public_names}


def _audience(note: Annotation) -> AnnotationDocument:
    named = {"schema:name": note.group.name if note.group else note.get_audience_display()}
    return {"id": audience_iri(note.audience, note.group), "type": "schema:Audience", **named}


def target_document(note: Annotation, reader: Reader, text_of: TextOf = rendered_text) -> Any:
    """The target of a note: another note, a case, its current words, or a target elsewhere as it was sent."""
    extra = note.w3c_extra.get("target")
    if note.parent:
        return note.parent.iri
    if note.case is None:
        return extra or note.iri
    iri, more = case_iri(note.case), extra or {}
    if not note.exact:
        return {**more, "type": "SpecificResource", "source": iri} if more else iri
    quote = current_quote(note, reader, text_of)
    passage: AnnotationDocument = {**more, "type": "SpecificResource", "source": iri}
    if quote:
        stands = note.placement == Placement.PLACED and note.start == note.quoted_at
        others = more.get("selector", []) if stands else []
        return {**passage, "selector": [_quote_selector(quote[0]), _position_selector(quote[1]), *others]}
    orphaned = [_quote_selector(Quotation(note.exact, note.prefix, note.suffix))]
    return {**passage, "selector": orphaned, "state": _quoted_state(note, reader)}


def current_quote(
    note: Annotation, reader: Reader, text_of: TextOf = rendered_text
) -> tuple[Quotation, TextSpan] | None:
    """The current words that a note is anchored to, and their span.

    None for orphaned notes, and if `reader` may no longer see the narrative.
    """
    if note.case is None or note.start is None or note.end is None:
        return None
    if note.case.state != CaseState.PUBLISHED and not sees_drafts(reader):
        return None
    text = text_of(note.case)
    span = TextSpan(note.start, note.end)
    return (quote_at(text, *span), span) if span.start < span.end <= len(text) else None


def _quote_selector(words: Quotation) -> AnnotationDocument:
    return {"type": "TextQuoteSelector", **words._asdict()}


def _position_selector(span: TextSpan) -> AnnotationDocument:
    return {"type": "TextPositionSelector", **span._asdict()}


def _quoted_state(note: Annotation, reader: Reader) -> AnnotationDocument:
    """The state of the narrative that an orphaned note quotes, with its address if the reader may see it."""
    state: AnnotationDocument = {"type": "TimeState"}
    if note.revision and note.case:
        shown = note.revision.shown and note.case.state == CaseState.PUBLISHED
        if shown or sees_drafts(reader):
            state["cached"] = absolute_url(reverse("cases:narrative", args=[note.case.slug, note.revision.number]))
        state["sourceDate"] = utc_timestamp(note.revision.created_at)
    return state


def collection_document(documents: Sequence[AnnotationDocument], iri: str, label: str) -> AnnotationDocument:
    """All documents as an AnnotationCollection with a single page."""
    whole: AnnotationDocument = {
        "@context": JSONLD_CONTEXT,
        "id": iri,
        "type": "AnnotationCollection",
        "label": label,
        "total": len(documents),
    }
    if documents:
        items = list(map(embedded, documents))
        page_iri = f"{iri}{'&' if '?' in iri else '?'}page=0"
        whole["first"] = {"id": page_iri, "type": "AnnotationPage", "partOf": iri, "startIndex": 0, "items": items}
    return whole


def embedded(document: AnnotationDocument) -> AnnotationDocument:
    """The document inside another, which has the context."""
    return {name: value for name, value in document.items() if name != "@context"}


class ContainerContents(NamedTuple):
    """What a container shows one user: the number of notes, their last change, and whether pages list IRIs only."""

    iri: str
    label: str
    total: int
    modified: datetime | None
    iris: bool

    @property
    def size(self) -> int:
        """The number of notes per page."""
        return 1000 if self.iris else 100

    @property
    def last(self) -> int:
        """The number of the last page, from 0."""
        return max(0, self.total - 1) // self.size

    @property
    def own_iri(self) -> str:
        """The IRI of the container with pages of this kind."""
        return f"{self.iri}?{urlencode({'iris': int(self.iris)})}"

    def page_iri(self, number: int) -> str:
        return f"{self.iri}?{urlencode({'iris': int(self.iris), 'page': number})}"

    @property
    def description(self) -> AnnotationDocument:
        """The properties of the container, which its pages repeat."""
        modified = {"modified": utc_timestamp(self.modified)} if self.modified else {}
        return {"id": self.own_iri, "label": self.label, "total": self.total, **modified}


def container_document(
    contents: ContainerContents, items: Sequence[AnnotationDocument | str] | None
) -> AnnotationDocument:
    """A container with its first page, or only a link to that if `items` is None."""
    whole: AnnotationDocument = {
        "@context": [JSONLD_CONTEXT, LDP_CONTEXT],
        **contents.description,
        "type": ["BasicContainer", "AnnotationCollection"],
    }
    if contents.total:
        whole["first"] = contents.page_iri(0) if items is None else _page(contents, 0, items, contents.own_iri)
        whole["last"] = contents.page_iri(contents.last)
    return whole


def page_document(
    contents: ContainerContents, number: int, items: Sequence[AnnotationDocument | str]
) -> AnnotationDocument:
    """One page of a container, with the properties of the container."""
    part_of = {"type": "AnnotationCollection", **contents.description}
    return {"@context": JSONLD_CONTEXT, **_page(contents, number, items, part_of)}


def _page(
    contents: ContainerContents, number: int, items: Sequence[AnnotationDocument | str], part_of: object
) -> AnnotationDocument:
    return {
        "id": contents.page_iri(number),
        "type": "AnnotationPage",
        "partOf": part_of,
        "startIndex": number * contents.size,
        **({"prev": contents.page_iri(number - 1)} if number else {}),
        **({"next": contents.page_iri(number + 1)} if number < contents.last else {}),
        "items": list(items),
    }
