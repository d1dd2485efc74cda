"""From notes to documents: annotations, and the collections, containers and pages that they stand in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from cases.markdown import text_content
from cases.models import State as CaseState
from cases.models.case import sees_drafts

from ..models import Annotation, OtherName, Reader
from ..selectors import Quotation, Span, quote
from .names import CONTEXT, LDP_CONTEXT, absolute, audience_iri, author_iri, case_iri, one_or_all, term_iri

Document = dict[str, Any]


def stamp(moment: datetime) -> str:
    """Return a moment as xsd:dateTime in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def document_of(note: Annotation, reader: Reader) -> Document:
    """Return a note as an annotation, as far as `reader` may see what it points to."""
    said = note.said_elsewhere
    bodies = [*_bodies(note), *said.get("body", [])]
    motivation = said.get("motivation") or usual_motivation(note)
    via = [name.iri for name in note.names.all() if name.relation == OtherName.Relation.VIA]
    canonical = [name.iri for name in note.names.all() if name.relation == OtherName.Relation.CANONICAL]
    return {
        "@context": CONTEXT,
        "id": note.iri,
        "type": "Annotation",
        **({"motivation": motivation} if motivation else {}),
        "created": stamp(note.created_at),
        **({"modified": stamp(note.updated_at)} if note.version > 1 else {}),
        **({"creator": _creator(note.author)} if note.author else {}),
        **({"body": bodies} if bodies else {}),
        "target": target_of(note, reader),
        "audience": [_audience(note), *said["audience"]] if "audience" in said else _audience(note),
        **({"canonical": canonical[0]} if canonical else {}),
        **({"via": one_or_all(via)} if via else {}),
        **said.get("more", {}),
    }


def usual_motivation(note: Annotation) -> str | list[str]:
    """Return what a note was written for, going by what it holds; nothing where only bodies of others could say."""
    return usually(
        answers=note.parent_id is not None,
        comment=bool(note.comment),
        tags=bool(note.tags.all()),
        codes=bool(note.codes.all()),
        other=bool(note.said_elsewhere.get("body")),
    )


def usually(*, answers: bool, comment: bool, tags: bool, codes: bool, other: bool) -> str | list[str]:
    """Return the motivations that go with what a note holds."""
    words = ["replying"] if answers else ["commenting"] if comment else []
    words += ["tagging"] * tags + ["classifying"] * codes
    if not words and not other:
        words = ["highlighting"]
    return one_or_all(words) if words else ""


def _bodies(note: Annotation) -> list[Document]:
    comment = {
        **note.said_elsewhere.get("comment", {}),
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


def _creator(author: User) -> Document:
    """Name who wrote a note; never by what may be an e-mail address."""
    names = {"name": author.name, "nickname": author.username}
    told = {kind: name for kind, name in names.items() if name and "@" not in name}
    return {"id": author_iri(author), "type": "Person", **told}


def _audience(note: Annotation) -> Document:
    named = {"schema:name": note.group.name if note.group else note.get_audience_display()}
    return {"id": audience_iri(note.audience, note.group), "type": "schema:Audience", **named}


def target_of(note: Annotation, reader: Reader) -> Any:
    """Return what a note is about: another note, a case, words of it as they stand now, or what was sent."""
    said = note.said_elsewhere.get("target")
    if note.parent:
        return note.parent.iri
    if note.case is None:
        return said or note.iri
    iri, more = case_iri(note.case), said or {}
    if not note.exact:
        return {**more, "type": "SpecificResource", "source": iri} if more else iri
    found = standing(note, reader)
    passage: Document = {**more, "type": "SpecificResource", "source": iri}
    if found:
        return {**passage, "selector": [_quoted(found[0]), _at(found[1])]}
    orphan = [_quoted(Quotation(note.exact, note.prefix, note.suffix))]
    return {**passage, "selector": orphan, "state": _as_quoted(note, reader)}


def standing(note: Annotation, reader: Reader) -> tuple[Quotation, Span] | None:
    """Return the words that a note is pinned to as they stand now, and where.

    None where they have no place, and where `reader` sees no longer what the narrative says.
    """
    if note.case is None or note.start is None or note.end is None:
        return None
    if note.case.state != CaseState.PUBLISHED and not sees_drafts(reader):
        return None
    text = text_content(note.case.narrative)
    span = Span(note.start, note.end)
    return (quote(text, *span), span) if span.start < span.end <= len(text) else None


def _quoted(words: Quotation) -> Document:
    return {"type": "TextQuoteSelector", **words._asdict()}


def _at(span: Span) -> Document:
    return {"type": "TextPositionSelector", **span._asdict()}


def _as_quoted(note: Annotation, reader: Reader) -> Document:
    """Return the state of the narrative that an orphan was quoted from, with its address for who may read it."""
    state: Document = {"type": "TimeState"}
    if note.revision and note.case:
        shown = note.revision.shown and note.case.state == CaseState.PUBLISHED
        if shown or sees_drafts(reader):
            state["cached"] = absolute(reverse("cases:narrative", args=[note.case.slug, note.revision.number]))
        state["sourceDate"] = stamp(note.revision.created_at)
    return state


def collection(documents: Sequence[Document], iri: str, label: str) -> Document:
    """Return documents as an AnnotationCollection with one page, in which they all stand."""
    whole: Document = {
        "@context": CONTEXT,
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


def _embedded(document: Document) -> Document:
    return {name: value for name, value in document.items() if name != "@context"}


class Contents(NamedTuple):
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
    def description(self) -> Document:
        """What is said of the whole, wherever it is named."""
        modified = {"modified": stamp(self.modified)} if self.modified else {}
        return {"id": self.own_iri, "label": self.label, "total": self.total, **modified}


def container(contents: Contents, items: Sequence[Document | str] | None) -> Document:
    """Return a container with its first page; without any note where `items` is None."""
    whole: Document = {
        "@context": [CONTEXT, LDP_CONTEXT],
        **contents.description,
        "type": ["BasicContainer", "AnnotationCollection"],
    }
    if contents.total:
        whole["first"] = contents.page_iri(0) if items is None else _page(contents, 0, items, contents.own_iri)
        whole["last"] = contents.page_iri(contents.last)
    return whole


def page(contents: Contents, number: int, items: Sequence[Document | str]) -> Document:
    """Return one page of a container, which is described in it."""
    part_of = {"type": "AnnotationCollection", **contents.description}
    return {"@context": CONTEXT, **_page(contents, number, items, part_of)}


def _page(contents: Contents, number: int, items: Sequence[Document | str], part_of: object) -> Document:
    return {
        "id": contents.page_iri(number),
        "type": "AnnotationPage",
        "partOf": part_of,
        "startIndex": number * contents.size,
        **({"prev": contents.page_iri(number - 1)} if number else {}),
        **({"next": contents.page_iri(number + 1)} if number < contents.last else {}),
        "items": [item if isinstance(item, str) else _embedded(item) for item in items],
    }
