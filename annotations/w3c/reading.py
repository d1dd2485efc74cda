"""Reads documents into `NoteDraft`s, which the actions take."""

from __future__ import annotations

from typing import Any, NamedTuple

from accounts.models import User
from cases.markdown import narrative_text
from cases.models import Case

from ..anchoring.selectors import find_quote, quote_stands_at
from ..models import Annotation, Audience, Group, OtherName
from ..records import ExternalName, NoteContent, QuotedPassage, content_of
from .bodies import SortedBodies, read_bodies
from .checking import IRI_PATTERN, as_list, document_error, iri_at, is_iri, object_at, text_at, texts_at
from .names import absolute_url, author_iri, case_iri, motivation_name, parse_audience_iri, single_or_list
from .targets import Target, read_target
from .writing import current_quote, motivations_for, target_document, utc_timestamp

MAX_IRI_LENGTH = 500
"""The longest external IRI of a note, in characters."""

OWN_PROPERTIES = frozenset(
    {"id", "type", "created", "modified", "creator", "motivation", "body", "bodyValue", "target"}
)
OWN_PROPERTIES |= frozenset({"@context", "audience", "canonical", "via"})
"""Properties that are stored in columns; the rest of a document is stored unchanged."""

KEPT_IF_LEFT_OUT = frozenset({"audience", "creator"})
"""Properties from elsewhere that a change keeps if it does not name them."""

JSONLD_CONTEXTS = frozenset({"http://www.w3.org/ns/anno.jsonld", "https://www.w3.org/ns/anno.jsonld"})


class NoteDraft(NamedTuple):
    """The note that a document describes: on a case or words of it, a reply to a note, or on something elsewhere.

    `passage` is also None if an existing note stays where it is.
    """

    case: Case | None
    parent: Annotation | None
    passage: QuotedPassage | None
    content: NoteContent


class ImmutableProperty(ValueError):
    """A document would change an immutable property; `place` is its name."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def read_annotation(document: object, *, by: User, case: Case | None = None) -> NoteDraft:
    """Read a new annotation by `by`; with `case`, the target must be on that case.

    The default audience is private, or that of the note it replies to. Its own `id` becomes a `via`.
    """
    given = _annotation(document)
    target = read_target(given, by)
    if case is not None and case not in (target.case, target.parent and target.parent.case):
        raise document_error(f"Here the target is {case_iri(case)}, a passage of it, or a note on it.", "target")
    content = _content(given, target, by)
    if target.parent is not None:
        content = _with_parent_audience(target.parent, content, given)
    return NoteDraft(target.case, target.parent, target.passage, content._replace(names=_names(given)))


def read_update(document: object, *, note: Annotation, by: User) -> NoteDraft:
    """Read a change to a note by `by`, fetched `with_related`; raises ImmutableProperty if it changes one.

    The audience and external names are unchanged if the document leaves them out.
    """
    given = _annotation(document)
    if given.get("id", note.iri) != note.iri:
        raise ImmutableProperty("id", "An annotation keeps its id.")
    target = _same_target(given, note, by)
    current = content_of(note)
    content = _content(given, target, by, note.group)._replace(names=_updated_names(given, note))
    if "audience" not in given:
        content = content._replace(audience=current.audience, group=current.group)
    kept = {name: value for name, value in (current.elsewhere or {}).items() if name in KEPT_IF_LEFT_OUT - given.keys()}
    content = content._replace(elsewhere={**(content.elsewhere or {}), **kept})
    return NoteDraft(note.case, note.parent, target.passage, content)


def stems_from_current(document: object, note: Annotation) -> bool:
    """Whether a change can only have been made from a note as it is now, so that it overwrites nothing unseen.

    There never was another version, or the document has kept the `modified` of this one.
    """
    kept = document.get("modified") if isinstance(document, dict) else None
    return note.version == 1 or kept == utc_timestamp(note.updated_at)


def _annotation(document: object) -> dict[str, Any]:
    """The properties of an annotation that are not null; an error if it is not an annotation."""
    given = {name: value for name, value in object_at(document).items() if value is not None}
    for name in given:
        if name.startswith("@") and name != "@context":
            raise document_error(f"{name[:20]} has no meaning in an annotation: write id and type.", name)
    contexts = as_list(given.get("@context"))
    if not all(isinstance(context, str) and context in JSONLD_CONTEXTS for context in contexts):
        raise document_error("The only context that is read here is http://www.w3.org/ns/anno.jsonld.", "@context")
    if "Annotation" not in texts_at(given.get("type"), "type"):
        raise document_error("An annotation has the type Annotation.", "type")
    if "id" in given:
        text_at(given["id"], "id")
    return given


def _content(given: dict[str, Any], target: Target, by: User, own: Group | None = None) -> NoteContent:
    motivations = list(map(motivation_name, texts_at(given.get("motivation", []), "motivation")))
    bodies = read_bodies(given, motivations)
    audience, group, others = _audience(given, by, own)
    elsewhere = {
        "motivation": _unusual_motivations(motivations, target, bodies),
        "body": bodies.others,
        "comment": bodies.about,
        "target": target.more,
        "audience": others,
        "creator": _foreign_creators(given, by),
        "more": {name: value for name, value in given.items() if name not in OWN_PROPERTIES},
    }
    stored = {name: value for name, value in elsewhere.items() if value}
    return NoteContent(bodies.comment, bodies.tags, bodies.codes, audience, group, stored)


def _foreign_creators(given: dict[str, Any], by: User) -> list[Any]:
    """The creators that a document names besides `by`, as they were given; a bare name becomes an agent of that name.

    People of this catalogue are named by what they sign themselves: IRIs of this site are left out.
    """
    return [
        agent if isinstance(agent, dict) or is_iri(agent) else {"name": agent}
        for agent in as_list(given.get("creator"))
        if agent and not _is_own_agent(agent, by)
    ]


def _is_own_agent(agent: Any, by: User) -> bool:
    iri = agent if isinstance(agent, str) else object_at(agent, "creator").get("id", "")
    return text_at(iri, "creator").startswith((absolute_url("/"), author_iri(by)))


def _unusual_motivations(sent: list[str], target: Target, bodies: SortedBodies) -> str | list[str] | None:
    """The motivations that were sent, unless they follow from the content of the note."""
    usual = motivations_for(
        answers=target.parent is not None,
        comment=bool(bodies.comment),
        tags=bool(bodies.tags),
        codes=bool(bodies.codes),
        other=bool(bodies.others),
    )
    return single_or_list(sent) if sent and sent != as_list(usual or None) else None


def _audience(given: dict[str, Any], by: User, own_group: Group | None) -> tuple[str, Group | None, list[Any]]:
    """The audience and group that a document names here (by default private), and its audiences elsewhere.

    A note may stay in its group even if its author has left it.
    """
    audience, others = str(Audience.PRIVATE), []
    found = None
    for value in as_list(given.get("audience")):
        iri = value if isinstance(value, str) else object_at(value, "audience").get("id", "")
        own = parse_audience_iri(text_at(iri, "audience"))
        if own is None:
            others.append(value)
            continue
        if found not in (None, own):
            raise document_error("A note has one audience here.", "audience")
        found = own
    audience, uid = found or (audience, "")
    if audience != Audience.GROUP:
        return audience, None, others
    if own_group and own_group.uid == uid:
        return audience, own_group, others
    group = Group.objects.filter(uid=uid, members=by).first()
    if group is None:
        raise document_error("This is no audience of yours: name #private, #public, or one of your groups.", "audience")
    return audience, group, others


def _with_parent_audience(parent: Annotation, content: NoteContent, given: dict[str, Any]) -> NoteContent:
    """Give a reply the audience of its parent; naming a different one is an error."""
    named = any(
        parse_audience_iri(value if isinstance(value, str) else value.get("id", ""))
        for value in as_list(given.get("audience"))
    )
    if named and (content.audience, content.group and content.group.pk) != (parent.audience, parent.group_id):
        raise document_error("An answer has the readers of the note that it answers.", "audience")
    return content._replace(audience=parent.audience, group=parent.group)


def _names(given: dict[str, Any]) -> tuple[ExternalName, ...]:
    """The IRIs of the annotation elsewhere."""
    names = [ExternalName(OtherName.Relation.CANONICAL, iri) for iri in _iris(given, "canonical")]
    if len(names) > 1:
        raise document_error("An annotation has one canonical IRI.", "canonical")
    via = _iris(given, "via")
    own = given.get("id", "")
    if IRI_PATTERN.fullmatch(own) and own not in via:  # an id like `#1` has no meaning outside its document
        via += _iris(given, "id")
    return tuple(dict.fromkeys([*names, *(ExternalName(OtherName.Relation.VIA, iri) for iri in via)]))


def _iris(given: dict[str, Any], name: str) -> list[str]:
    iris = [iri_at(value, name) for value in as_list(given.get(name))]
    if any(len(iri) > MAX_IRI_LENGTH for iri in iris):
        raise document_error(
            f"An IRI under which an annotation is known has at most {MAX_IRI_LENGTH} characters.", name
        )
    return iris


def _updated_names(given: dict[str, Any], note: Annotation) -> tuple[ExternalName, ...]:
    """The names of a note and those that the document adds; existing ones cannot change."""
    current = content_of(note).names
    names = list(current)
    for relation in (OtherName.Relation.CANONICAL, OtherName.Relation.VIA):
        before = [name.iri for name in current if name.relation == relation]
        sent = list(dict.fromkeys(_iris(given, str(relation))))
        if before and sent and set(sent) != set(before):
            raise ImmutableProperty(str(relation), f"What an annotation has as {relation} stays as it is.")
        if relation == OtherName.Relation.CANONICAL and len(sent) > 1:
            raise document_error("An annotation has one canonical IRI.", "canonical")
        names += [] if before else [ExternalName(relation, iri) for iri in sent]
    return tuple(names)


def _same_target(given: dict[str, Any], note: Annotation, by: User) -> Target:
    """The unchanged target of a note, with new words if the document quotes others, and further properties."""
    if as_list(given.get("target")) in ([target_document(note, by)], as_list(target_document(note, by))):
        return Target(note.case, note.parent, None, note.w3c_extra.get("target"))
    target = read_target(given, by)
    if (target.case, target.parent) != (note.case if note.parent is None else None, note.parent):
        raise ImmutableProperty("target", "An annotation stays with what it is about; write another one there.")
    if note.parent or note.case is None:
        return target
    if target.passage is None and note.exact:
        raise ImmutableProperty("target", "An annotation on words stays on words; write another one on the case.")
    return target._replace(passage=None) if _is_anchored_there(note, target.passage, by) else target


def _is_anchored_there(note: Annotation, passage: QuotedPassage | None, by: User) -> bool:
    """Whether a note is already anchored to these words."""
    if passage is None:
        return True
    text, found = narrative_text(note.case.narrative) if note.case else "", current_quote(note, by)
    if found is None:
        same = passage.span is None and passage.quotation.exact == note.exact
        return same and len(find_quote(text, passage.quotation)) != 1
    words, span = found
    same = passage.quotation.exact == words.exact and passage.span in (None, span)
    return same and quote_stands_at(text, span.start, passage.quotation)
