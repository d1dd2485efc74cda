"""From notes to documents: annotations, and the collections, containers and pages that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from cases.markdown import narrative_text
from cases.models import State as CaseState
from cases.models.case import Reader, sees_drafts

from ..anchoring.selectors import Quotation, TextSpan, quote_at
from ..models import Annotation, OtherName
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


def utc_timestamp(moment: datetime) -> str:
    """Return a moment as xsd:dateTime in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def note_document(note: Annotation, reader: Reader) -> AnnotationDocument:
    """Return a note as an annotation, as far as `reader` may see what it points to."""
    said = note.w3c_extra
    bodies = [*_bodies(note), *said.get("body", [])]
    motivation = said.get("motivation") or default_motivation(note)
    via = [name.iri for name in note.names.all() if name.relation == OtherName.Relation.VIA]
    canonical = [name.iri for name in note.names.all() if name.relation == OtherName.Relation.CANONICAL]
    return {
        "@context": JSONLD_CONTEXT,
        "id": note.iri,
        "type": "Annotation",
        **({"motivation": motivation} if motivation else {}),
        "created": utc_timestamp(note.created_at),
        **({"modified": utc_timestamp(note.updated_at)} if note.version > 1 else {}),
        **({"creator": _creator(note.author)} if note.author else {}),
        **({"body": bodies} if bodies else {}),
        "target": target_document(note, reader),
        "audience": [_audience(note), *said["audience"]] if "audience" in said else _audience(note),
        **({"canonical": canonical[0]} if canonical else {}),
        **({"via": single_or_list(via)} if via else {}),
        **said.get("more", {}),
    }


def default_motivation(note: Annotation) -> str | list[str]:
    """Return what a note was written for, going by what it holds; nothing where only bodies of others could say."""
    return motivations_for(
        answers=note.parent_id is not None,
        comment=bool(note.comment),
        tags=bool(note.tags.all()),
        codes=bool(note.codes.all()),
        other=bool(note.w3c_extra.get("body")),
    )


def motivations_for(*, answers: bool, comment: bool, tags: bool, codes: bool, other: bool) -> str | list[str]:
    """Return the motivations that go with what a note holds."""
    words = ["replying"] if answers else ["commenting"] if comment else []
    words += ["tagging"] * tags + ["classifying"] * codes
    if not words and not other:
        words = ["highlighting"]
    return single_or_list(words) if words else ""


def _bodies(note: Annotation) -> list[AnnotationDocument]:
    comment = {
        **note.w3c_extra.get("comment", {}),
        "type": "TextualBody",
        "value": note.comment,
        "format": "text/markdown",
        "purpose": "replying" if note.parent_id else "commenting",
    }
    return [
        *([comment] if note.comment else []),
        *({"type": "TextualBody", "value": tag.label, "purpose": "tagging"} for tag in note.tags.all()),
        *(
            {"type": "SpecificResource", "source": term_iri(term), "purpose": "classifying"}
            for term in note.codes.all()
        ),
    ]


def _creator(author: User) -> AnnotationDocument:
    """Name who wrote a note; never by what may be an e-mail address."""
    names = {"name": author.name, "nickname": author.username}
    public_names = {kind: name for kind, name in names.items() if name and "@" not in name}
    return {"id": author_iri(author), "type": "Person", **public_names}


def _audience(note: Annotation) -> AnnotationDocument:
    named = {"schema:name": note.group.name if note.group else note.get_audience_display()}
    return {"id": audience_iri(note.audience, note.group), "type": "schema:Audience", **named}


def target_document(note: Annotation, reader: Reader) -> Any:
    """Return what a note is about: another note, a case, words of it as they stand now, or what was sent."""
    said = note.w3c_extra.get("target")
    if note.parent:
        return note.parent.iri
    if note.case is None:
        return said or note.iri
    iri, more = case_iri(note.case), said or {}
    if not note.exact:
        return {**more, "type": "SpecificResource", "source": iri} if more else iri
    found = current_quote(note, reader)
    passage: AnnotationDocument = {**more, "type": "SpecificResource", "source": iri}
    if found:
        return {**passage, "selector": [_quoted(found[0]), _at(found[1])]}
    orphan = [_quoted(Quotation(note.exact, note.prefix, note.suffix))]
    return {**passage, "selector": orphan, "state": _as_quoted(note, reader)}


def current_quote(note: Annotation, reader: Reader) -> tuple[Quotation, TextSpan] | None:
    """Return the words that a note is pinned to as they stand now, and where.

    None where they have no place, and where `reader` sees no longer what the narrative says.
    """
    if note.case is None or note.start is None or note.end is None:
        return None
    if note.case.state != CaseState.PUBLISHED and not sees_drafts(reader):
        return None
    text = narrative_text(note.case.narrative)
    span = TextSpan(note.start, note.end)
    return (quote_at(text, *span), span) if span.start < span.end <= len(text) else None


def _quoted(words: Quotation) -> AnnotationDocument:
    return {"type": "TextQuoteSelector", **words._asdict()}


def _at(span: TextSpan) -> AnnotationDocument:
    return {"type": "TextPositionSelector", **span._asdict()}


def _as_quoted(note: Annotation, reader: Reader) -> AnnotationDocument:
    """Return the state of the narrative that an orphan was quoted from, with its address for who may read it."""
    state: AnnotationDocument = {"type": "TimeState"}
    if note.revision and note.case:
        shown = note.revision.shown and note.case.state == CaseState.PUBLISHED
        if shown or sees_drafts(reader):
            state["cached"] = absolute_url(reverse("cases:narrative", args=[note.case.slug, note.revision.number]))
        state["sourceDate"] = utc_timestamp(note.revision.created_at)
    return state


def collection_document(documents: Sequence[AnnotationDocument], iri: str, label: str) -> AnnotationDocument:
    """Return documents as an AnnotationCollection with one page, in which they all stand."""
    whole: AnnotationDocument = {
        "@context": JSONLD_CONTEXT,
        "id": iri,
        "type": "AnnotationCollection",
        "label": label,
        "total": len(documents),
    }
    if documents:
        items = list(map(_embedded, documents))
        page_iri = f"{iri}{'&' if '?' in iri else '?'}page=0"
        whole["first"] = {"id": page_iri, "type": "AnnotationPage", "partOf": iri, "startIndex": 0, "items": items}
    return whole


def _embedded(document: AnnotationDocument) -> AnnotationDocument:
    return {name: value for name, value in document.items() if name != "@context"}


class ContainerContents(NamedTuple):
    """What a container holds for one reader: how many, last changed when, and whether pages name them or give them."""

    iri: str
    label: str
    total: int
    modified: datetime | None
    iris: bool

    @property
    def size(self) -> int:
        """How many notes stand on a page."""
        return 1000 if self.iris else 100

    @property
    def last(self) -> int:
        """The number of the last page; pages count from 0."""
        return max(0, self.total - 1) // self.size

    @property
    def own_iri(self) -> str:
        """The IRI of the container with pages of this kind."""
        return f"{self.iri}?{urlencode({'iris': int(self.iris)})}"

    def page_iri(self, number: int) -> str:
        """Return the IRI of a page."""
        return f"{self.iri}?{urlencode({'iris': int(self.iris), 'page': number})}"

    @property
    def description(self) -> AnnotationDocument:
        """What is said of the whole, wherever it is named."""
        modified = {"modified": utc_timestamp(self.modified)} if self.modified else {}
        return {"id": self.own_iri, "label": self.label, "total": self.total, **modified}


def container_document(
    contents: ContainerContents, items: Sequence[AnnotationDocument | str] | None
) -> AnnotationDocument:
    """Return a container with its first page; without any note where `items` is None."""
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
    """Return one page of a container, which is described in it."""
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
        "items": [item if isinstance(item, str) else _embedded(item) for item in items],
    }
