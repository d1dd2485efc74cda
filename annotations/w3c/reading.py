"""From documents to what the verbs take."""

from __future__ import annotations

from typing import Any, NamedTuple

from accounts.models import User
from cases.markdown import text_content
from cases.models import Case

from ..models import Annotation, Audience, Group, OtherName
from ..records import Name, Passage, Said, said_of
from ..selectors import places, stands
from .bodies import Bodies, read_bodies
from .checking import IRI, iri_at, listed, object_at, text_at, texts_at, wrong
from .names import case_iri, one_or_all, own_audience, plain
from .targets import Target, read_target
from .writing import standing, target_of, usually

NAME_LIMIT = 500
"""How many characters an IRI may have under which a note is looked up."""

OURS = frozenset({"id", "type", "created", "modified", "creator", "motivation", "body", "bodyValue", "target"})
OURS |= frozenset({"@context", "audience", "canonical", "via"})
"""What a document says in columns of ours; the rest is kept as it came."""

CONTEXTS = frozenset({"http://www.w3.org/ns/anno.jsonld", "https://www.w3.org/ns/anno.jsonld"})


class Draft(NamedTuple):
    """What a document asks for: a note on a case or words of it, an answer to a note, or a note on something elsewhere.

    `passage` is None also where an existing note keeps its place.
    """

    case: Case | None
    parent: Annotation | None
    passage: Passage | None
    said: Said


class Fixed(ValueError):
    """A document changes what stays as it is; `place` is the property."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(message)
        self.place = place


def read(document: object, *, by: User, case: Case | None = None) -> Draft:
    """Return what a document asks for in the name of `by`; with `case`, only a target on it will do.

    An audience that it does not give is private, or that of the note it answers. Its own `id` becomes a `via`.
    """
    given = _annotation(document)
    target = read_target(given, by)
    if case is not None and case not in (target.case, target.parent and target.parent.case):
        raise wrong(f"Here the target is {case_iri(case)}, a passage of it, or a note on it.", "target")
    said = _said(given, target, by)
    if target.parent is not None:
        said = _before_the_same(target.parent, said, given)
    return Draft(target.case, target.parent, target.passage, said._replace(names=_names(given)))


def reread(document: object, *, note: Annotation, by: User) -> Draft:
    """Return what a document asks a note of `by`, fetched `whole`, to become; Fixed where it asks for what cannot be.

    What only this catalogue gives (an audience, names) stays where the document leaves it out.
    """
    given = _annotation(document)
    if given.get("id", note.iri) != note.iri:
        raise Fixed("id", "An annotation keeps its id.")
    target = _same_target(given, note, by)
    now = said_of(note)
    said = _said(given, target, by, note.group)._replace(names=_kept_names(given, note))
    if "audience" not in given:
        kept = {"audience": now.elsewhere["audience"]} if now.elsewhere and "audience" in now.elsewhere else {}
        said = said._replace(audience=now.audience, group=now.group, elsewhere={**(said.elsewhere or {}), **kept})
    return Draft(note.case, note.parent, target.passage, said)


def _annotation(document: object) -> dict[str, Any]:
    """Return a document without what is null in it, if it is an annotation."""
    given = {name: value for name, value in object_at(document).items() if value is not None}
    for name in given:
        if name.startswith("@") and name != "@context":
            raise wrong(f"{name[:20]} has no meaning in an annotation: write id and type.", name)
    contexts = listed(given.get("@context"))
    if not all(isinstance(context, str) and context in CONTEXTS for context in contexts):
        raise wrong("The only context that is read here is http://www.w3.org/ns/anno.jsonld.", "@context")
    if "Annotation" not in texts_at(given.get("type"), "type"):
        raise wrong("An annotation has the type Annotation.", "type")
    if "id" in given:
        text_at(given["id"], "id")
    return given


def _said(given: dict[str, Any], target: Target, by: User, own: Group | None = None) -> Said:
    motivations = list(map(plain, texts_at(given.get("motivation", []), "motivation")))
    bodies = read_bodies(given, motivations)
    audience, group, others = _audience(given, by, own)
    elsewhere = {
        "motivation": _beyond_usual(motivations, target, bodies),
        "body": bodies.others,
        "comment": bodies.about,
        "target": target.more,
        "audience": others,
        "more": {name: value for name, value in given.items() if name not in OURS},
    }
    kept = {name: value for name, value in elsewhere.items() if value}
    return Said(bodies.comment, bodies.tags, bodies.codes, audience, group, kept)


def _beyond_usual(sent: list[str], target: Target, bodies: Bodies) -> str | list[str] | None:
    """Return the motivations that were sent, unless what the note holds says the same."""
    usual = usually(
        answers=target.parent is not None,
        comment=bool(bodies.comment),
        tags=bool(bodies.tags),
        codes=bool(bodies.codes),
        other=bool(bodies.others),
    )
    return one_or_all(sent) if sent and sent != listed(usual or None) else None


def _audience(given: dict[str, Any], by: User, own_group: Group | None) -> tuple[str, Group | None, list[Any]]:
    """Return the readers that a document names among ours, its author alone if none, and the audiences of others.

    A note stays in its own group also when its author has left that.
    """
    audience, others = str(Audience.PRIVATE), []
    found = None
    for each in listed(given.get("audience")):
        iri = each if isinstance(each, str) else object_at(each, "audience").get("id", "")
        own = own_audience(text_at(iri, "audience"))
        if own is None:
            others.append(each)
            continue
        if found not in (None, own):
            raise wrong("A note has one audience here.", "audience")
        found = own
    audience, uid = found or (audience, "")
    if audience != Audience.GROUP:
        return audience, None, others
    if own_group and own_group.uid == uid:
        return audience, own_group, others
    group = Group.objects.filter(uid=uid, members=by).first()
    if group is None:
        raise wrong("This is no audience of yours: name #private, #public, or one of your groups.", "audience")
    return audience, group, others


def _before_the_same(parent: Annotation, said: Said, given: dict[str, Any]) -> Said:
    """Give an answer the readers of its note; whoever names others is told."""
    named = any(
        own_audience(each if isinstance(each, str) else each.get("id", "")) for each in listed(given.get("audience"))
    )
    if named and (said.audience, said.group and said.group.pk) != (parent.audience, parent.group_id):
        raise wrong("An answer has the readers of the note that it answers.", "audience")
    return said._replace(audience=parent.audience, group=parent.group)


def _names(given: dict[str, Any]) -> tuple[Name, ...]:
    """Return the names under which a document is known elsewhere."""
    names = [Name(OtherName.Relation.CANONICAL, iri) for iri in _iris(given, "canonical")]
    if len(names) > 1:
        raise wrong("An annotation has one canonical IRI.", "canonical")
    via = _iris(given, "via")
    own = given.get("id", "")
    if IRI.fullmatch(own) and own not in via:  # one like `#1` is no name outside its document
        via += _iris(given, "id")
    return tuple(dict.fromkeys([*names, *(Name(OtherName.Relation.VIA, iri) for iri in via)]))


def _iris(given: dict[str, Any], name: str) -> list[str]:
    iris = [iri_at(value, name) for value in listed(given.get(name))]
    if any(len(iri) > NAME_LIMIT for iri in iris):
        raise wrong(f"An IRI under which an annotation is known has at most {NAME_LIMIT} characters.", name)
    return iris


def _kept_names(given: dict[str, Any], note: Annotation) -> tuple[Name, ...]:
    """Return the names of a note, and those that it is given for the first time."""
    now = said_of(note).names
    names = list(now)
    for relation in (OtherName.Relation.CANONICAL, OtherName.Relation.VIA):
        before = [name.iri for name in now if name.relation == relation]
        sent = list(dict.fromkeys(_iris(given, str(relation))))
        if before and sent and set(sent) != set(before):
            raise Fixed(str(relation), f"What an annotation has as {relation} stays as it is.")
        if relation == OtherName.Relation.CANONICAL and len(sent) > 1:
            raise wrong("An annotation has one canonical IRI.", "canonical")
        names += [] if before else [Name(relation, iri) for iri in sent]
    return tuple(names)


def _same_target(given: dict[str, Any], note: Annotation, by: User) -> Target:
    """Return where a note stays: what else its target says, and other words if it is aimed at them."""
    if listed(given.get("target")) in ([target_of(note, by)], listed(target_of(note, by))):
        return Target(note.case, note.parent, None, note.said_elsewhere.get("target"))
    target = read_target(given, by)
    if (target.case, target.parent) != (note.case if note.parent is None else None, note.parent):
        raise Fixed("target", "An annotation stays with what it is about; write another one there.")
    if note.parent or note.case is None:
        return target
    if target.passage is None and note.exact:
        raise Fixed("target", "An annotation on words stays on words; write another one on the case.")
    return target._replace(passage=None) if _stands_so(note, target.passage, by) else target


def _stands_so(note: Annotation, passage: Passage | None, by: User) -> bool:
    """Tell whether a note is pinned to these words already."""
    if passage is None:
        return True
    text, found = text_content(note.case.narrative) if note.case else "", standing(note, by)
    if found is None:
        same = passage.span is None and passage.quotation.exact == note.exact
        return same and len(places(text, passage.quotation)) != 1
    words, span = found
    same = passage.quotation.exact == words.exact and passage.span in (None, span)
    return same and stands(text, span.start, passage.quotation)
