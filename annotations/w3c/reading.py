"""From documents to what the verbs take."""

from __future__ import annotations

from typing import Any, NamedTuple

from accounts.models import User
from cases.markdown import narrative_text
from cases.models import Case

from ..anchoring.selectors import find_quote, quote_stands_at
from ..models import Annotation, Audience, Group, OtherName
from ..records import ExternalName, NoteContent, QuotedPassage, content_of
from .bodies import SortedBodies, read_bodies
from .checking import IRI_PATTERN, as_list, document_error, iri_at, object_at, text_at, texts_at
from .names import case_iri, motivation_name, parse_audience_iri, single_or_list
from .targets import Target, read_target
from .writing import current_quote, motivations_for, target_document

MAX_IRI_LENGTH = 500
"""How many characters an IRI may have under which a note is looked up."""

OWN_PROPERTIES = frozenset(
    {"id", "type", "created", "modified", "creator", "motivation", "body", "bodyValue", "target"}
)
OWN_PROPERTIES |= frozenset({"@context", "audience", "canonical", "via"})
"""What a document says in columns of ours; the rest is kept as it came."""

JSONLD_CONTEXTS = frozenset({"http://www.w3.org/ns/anno.jsonld", "https://www.w3.org/ns/anno.jsonld"})


class NoteDraft(NamedTuple):
    """What a document asks for: a note on a case or words of it, an answer to a note, or a note on something elsewhere.

    `passage` is None also where an existing note keeps its place.
    """

    case: Case | None
    parent: Annotation | None
    passage: QuotedPassage | None
    content: NoteContent


class ImmutableProperty(ValueError):
    """A document changes what stays as it is; `place` is the property."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def read_annotation(document: object, *, by: User, case: Case | None = None) -> NoteDraft:
    """Return what a document asks for in the name of `by`; with `case`, only a target on it will do.

    An audience that it does not give is private, or that of the note it answers. Its own `id` becomes a `via`.
    """
    given = _annotation(document)
    target = read_target(given, by)
    if case is not None and case not in (target.case, target.parent and target.parent.case):
        raise document_error(f"Here the target is {case_iri(case)}, a passage of it, or a note on it.", "target")
    content = _content(given, target, by)
    if target.parent is not None:
        content = _before_the_same(target.parent, content, given)
    return NoteDraft(target.case, target.parent, target.passage, content._replace(names=_names(given)))


def read_update(document: object, *, note: Annotation, by: User) -> NoteDraft:
    """Return what a document asks a note of `by`, fetched `with_related`, to become; Fixed where it asks for what
    cannot be.

    What only this catalogue gives (an audience, names) stays where the document leaves it out.
    """
    given = _annotation(document)
    if given.get("id", note.iri) != note.iri:
        raise ImmutableProperty("id", "An annotation keeps its id.")
    target = _same_target(given, note, by)
    now = content_of(note)
    content = _content(given, target, by, note.group)._replace(names=_kept_names(given, note))
    if "audience" not in given:
        kept = {"audience": now.elsewhere["audience"]} if now.elsewhere and "audience" in now.elsewhere else {}
        content = content._replace(
            audience=now.audience, group=now.group, elsewhere={**(content.elsewhere or {}), **kept}
        )
    return NoteDraft(note.case, note.parent, target.passage, content)


def _annotation(document: object) -> dict[str, Any]:
    """Return a document without what is null in it, if it is an annotation."""
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
        "motivation": _beyond_usual(motivations, target, bodies),
        "body": bodies.others,
        "comment": bodies.about,
        "target": target.more,
        "audience": others,
        "more": {name: value for name, value in given.items() if name not in OWN_PROPERTIES},
    }
    kept = {name: value for name, value in elsewhere.items() if value}
    return NoteContent(bodies.comment, bodies.tags, bodies.codes, audience, group, kept)


def _beyond_usual(sent: list[str], target: Target, bodies: SortedBodies) -> str | list[str] | None:
    """Return the motivations that were sent, unless what the note holds says the same."""
    usual = motivations_for(
        answers=target.parent is not None,
        comment=bool(bodies.comment),
        tags=bool(bodies.tags),
        codes=bool(bodies.codes),
        other=bool(bodies.others),
    )
    return single_or_list(sent) if sent and sent != as_list(usual or None) else None


def _audience(given: dict[str, Any], by: User, own_group: Group | None) -> tuple[str, Group | None, list[Any]]:
    """Return the readers that a document names among ours, its author alone if none, and the audiences of others.

    A note stays in its own group also when its author has left that.
    """
    audience, others = str(Audience.PRIVATE), []
    found = None
    for each in as_list(given.get("audience")):
        iri = each if isinstance(each, str) else object_at(each, "audience").get("id", "")
        own = parse_audience_iri(text_at(iri, "audience"))
        if own is None:
            others.append(each)
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


def _before_the_same(parent: Annotation, content: NoteContent, given: dict[str, Any]) -> NoteContent:
    """Give an answer the readers of its note; whoever names others is told."""
    named = any(
        parse_audience_iri(each if isinstance(each, str) else each.get("id", ""))
        for each in as_list(given.get("audience"))
    )
    if named and (content.audience, content.group and content.group.pk) != (parent.audience, parent.group_id):
        raise document_error("An answer has the readers of the note that it answers.", "audience")
    return content._replace(audience=parent.audience, group=parent.group)


def _names(given: dict[str, Any]) -> tuple[ExternalName, ...]:
    """Return the names under which a document is known elsewhere."""
    names = [ExternalName(OtherName.Relation.CANONICAL, iri) for iri in _iris(given, "canonical")]
    if len(names) > 1:
        raise document_error("An annotation has one canonical IRI.", "canonical")
    via = _iris(given, "via")
    own = given.get("id", "")
    if IRI_PATTERN.fullmatch(own) and own not in via:  # one like `#1` is no name outside its document
        via += _iris(given, "id")
    return tuple(dict.fromkeys([*names, *(ExternalName(OtherName.Relation.VIA, iri) for iri in via)]))


def _iris(given: dict[str, Any], name: str) -> list[str]:
    iris = [iri_at(value, name) for value in as_list(given.get(name))]
    if any(len(iri) > MAX_IRI_LENGTH for iri in iris):
        raise document_error(
            f"An IRI under which an annotation is known has at most {MAX_IRI_LENGTH} characters.", name
        )
    return iris


def _kept_names(given: dict[str, Any], note: Annotation) -> tuple[ExternalName, ...]:
    """Return the names of a note, and those that it is given for the first time."""
    now = content_of(note).names
    names = list(now)
    for relation in (OtherName.Relation.CANONICAL, OtherName.Relation.VIA):
        before = [name.iri for name in now if name.relation == relation]
        sent = list(dict.fromkeys(_iris(given, str(relation))))
        if before and sent and set(sent) != set(before):
            raise ImmutableProperty(str(relation), f"What an annotation has as {relation} stays as it is.")
        if relation == OtherName.Relation.CANONICAL and len(sent) > 1:
            raise document_error("An annotation has one canonical IRI.", "canonical")
        names += [] if before else [ExternalName(relation, iri) for iri in sent]
    return tuple(names)


def _same_target(given: dict[str, Any], note: Annotation, by: User) -> Target:
    """Return where a note stays: what else its target says, and other words if it is aimed at them."""
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
    """Tell whether a note is pinned to these words already."""
    if passage is None:
        return True
    text, found = narrative_text(note.case.narrative) if note.case else "", current_quote(note, by)
    if found is None:
        same = passage.span is None and passage.quotation.exact == note.exact
        return same and len(find_quote(text, passage.quotation)) != 1
    words, span = found
    same = passage.quotation.exact == words.exact and passage.span in (None, span)
    return same and quote_stands_at(text, span.start, passage.quotation)
