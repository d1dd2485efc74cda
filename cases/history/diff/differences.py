"""What differs between two records, field by field and part by part."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from cases.record.convert import PrimitiveRecord
from cases.record.labels import RecordLabels, passage_location
from cases.record.outline import (
    RECORD_OUTLINE,
    RECORD_SECTIONS,
    BlockNode,
    OutlineNode,
    PartListNode,
    PassageNode,
    SetNode,
    ValueNode,
    field_label,
    node_at,
    normalise_value,
    same_value,
    with_consistent_absences,
)

from .marking import EditSpan, diff_words, fold_unchanged, unchanged_share
from .matching import moved_pairs, pair_parts

MIN_UNCHANGED_SHARE = 0.3
"""The least share of letters that have to stay for a text to be shown once, with the edits marked in it."""

MAX_PART_TITLE_LENGTH = 60
"""How many letters of a part's title are shown."""


class ChangeKind(StrEnum):
    """What happened to a field or part."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"

    @property
    def sign(self) -> str:
        return {"added": "+", "removed": "−", "changed": "≠", "moved": "↕"}[self.value]


class Fact(NamedTuple):
    """What one field of a part says, in words."""

    name: str
    text: str


@dataclass(frozen=True)
class FieldChange:
    """One thing that differs, in words; an empty string is nothing."""

    path: str
    name: str
    kind: ChangeKind
    before: str
    after: str
    part: str = ""
    """The path of the part that it is about, or is; empty outside of lists."""
    about: str = ""
    """What that part is known by, where its name is but a number."""
    facts: tuple[Fact, ...] = ()
    """All that a part says which was added or removed."""
    prose: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is about a part as a whole."""
        return self.part == self.path

    @cached_property
    def marked(self) -> list[EditSpan]:
        """The text with its edits marked and long unchanged stretches folded; none where that would not be readable."""
        if not self.prose or self.kind is not ChangeKind.CHANGED:
            return []
        spans = diff_words(self.before, self.after)
        return fold_unchanged(spans) if unchanged_share(spans) >= MIN_UNCHANGED_SHARE else []


@dataclass(frozen=True)
class Section:
    """The changes to one side of a case."""

    name: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Difference:
    """What differs, in sections with at least one change each; false where nothing does."""

    sections: tuple[Section, ...]

    def __bool__(self) -> bool:
        return bool(self.sections)

    @property
    def changes(self) -> list[FieldChange]:
        return [change for section in self.sections for change in section.changes]


def compare_records(before: PrimitiveRecord | None, after: PrimitiveRecord | None, labels: RecordLabels) -> Difference:
    """Compare two records; None is no case at all."""
    comparison = _Comparison(labels)
    old, new = (with_consistent_absences(record) if record is not None else {} for record in (before, after))
    sections = []
    for name, keys in RECORD_SECTIONS.items():
        inside = BlockNode("", {key: RECORD_OUTLINE.fields[key] for key in keys})
        sections.append(Section(name, tuple(comparison.compare(inside, _Here(), old, new))))
    return Difference(tuple(section for section in sections if section.changes))


class _Here(NamedTuple):
    """Where in a record a comparison is: the path, what is called on the way, and the part that it is in."""

    path: str = ""
    names: tuple[str, ...] = ()
    part: str = ""
    about: str = ""

    @property
    def key(self) -> str:
        return self.path.rpartition(".")[2]

    def into(self, key: str, name: str) -> _Here:
        """Return the place of a field inside of this one."""
        return self._replace(path=f"{self.path}.{key}".lstrip("."), names=(*self.names, name))

    def called(self, key: str, name: str) -> _Here:
        """Return the place of a field inside of this one that is named in its stead."""
        return self._replace(path=f"{self.path}.{key}", names=(*self.names[:-1], name))

    def change(self, before: str, after: str, **more: Any) -> FieldChange:
        """Return a change of what is here."""
        kind = ChangeKind.CHANGED if before and after else ChangeKind.ADDED if after else ChangeKind.REMOVED
        said = {
            "path": self.path,
            "name": field_label(self.names),
            "kind": kind,
            "part": self.part,
            "about": self.about,
        }
        return FieldChange(**said | {"before": before, "after": after} | more)


class _Comparison:
    """The comparison of two records, whose things are called by their labels."""

    def __init__(self, labels: RecordLabels) -> None:
        self.labels = labels

    def compare(self, node: OutlineNode, here: _Here, before: Any, after: Any) -> Iterator[FieldChange]:
        """Yield what differs between two values of a field."""
        match node:
            case BlockNode():
                for key, inner in node.fields.items():
                    old, new = ((value or {}).get(key) for value in (before, after))
                    yield from self.compare(inner, here.into(key, inner.name), old, new)
            case PartListNode():
                yield from self._parts(node, here, before or [], after or [])
            case SetNode(alone=True):
                yield from self._members(node, here, before or [], after or [])
            case PassageNode():
                yield from self._passage(here, before, after)
            case _ if not same_value(before, after, here.key):
                yield self._value(node, here, before, after)

    def _value(self, field: ValueNode | SetNode, here: _Here, before: Any, after: Any) -> FieldChange:
        old, new = self.labels.in_words(field, before), self.labels.in_words(field, after)
        if old == new:  # two sources that are cited alike, say
            old, new = f"{old} ({before})", f"{new} ({after})"
        return here.change(old, new, prose=isinstance(field, ValueNode) and field.prose)

    def _members(
        self, field: SetNode, here: _Here, before: Sequence[Any], after: Sequence[Any]
    ) -> Iterator[FieldChange]:
        """Yield what was added to a list without an order, and what was removed."""
        for values, others, kind in ((after, before, ChangeKind.ADDED), (before, after, ChangeKind.REMOVED)):
            for number, value in enumerate(values):
                if value not in others:
                    path = f"{here.path}[{number}]"
                    said = self.labels.in_words(field, value)
                    yield here._replace(path=path, part=path).change(*_alone(said, kind))

    def _passage(self, here: _Here, before: Any, after: Any) -> Iterator[FieldChange]:
        old, new = normalise_value(before), normalise_value(after)
        if old is None or new is None:
            if old != new:
                yield here.change(*(self.labels.passage(passage) if passage else "" for passage in (old, new)))
            return
        if old.get("exact") != new.get("exact"):
            words_here = here.called("exact", "words of the passage")
            yield words_here.change(old.get("exact", ""), new.get("exact", ""), prose=True)
        if old.get("source") != new.get("source"):
            source = here.called("source", "source of the passage")
            yield self._value(ValueNode("", "sources"), source, old.get("source"), new.get("source"))
        for key in ("start", "end", "locator"):
            if _standing(old, key) != _standing(new, key):
                yield here.called(key, "place of the passage").change(passage_location(old), passage_location(new))
                return

    def _parts(
        self, parts: PartListNode, here: _Here, before: Sequence[PrimitiveRecord], after: Sequence[PrimitiveRecord]
    ) -> Iterator[FieldChange]:
        paired = pair_parts(before, after, parts.keys, things=parts.once)
        elsewhere = moved_pairs(paired) if parts.ordered else set()
        for pair in paired:
            if pair.after is None:
                if pair.before is not None:
                    yield self._whole(parts, here.path, pair.before, before[pair.before], ChangeKind.REMOVED)
            elif pair.before is None:
                yield self._whole(parts, here.path, pair.after, after[pair.after], ChangeKind.ADDED)
            else:
                there = self._there(parts, here.path, pair.after, after[pair.after])
                if pair in elsewhere:
                    yield there.change(f"place {pair.before + 1}", f"place {pair.after + 1}", kind=ChangeKind.MOVED)
                yield from self.compare(parts.each, there, before[pair.before], after[pair.after])

    def _there(self, parts: PartListNode, path: str, number: int, part: PrimitiveRecord) -> _Here:
        """Return the place of one part: "Arrangement 2", or where they have no order "Pathway “Detect early”"."""
        said = (
            self.labels.in_words(node, part.get(key)) for key, node in parts.known_by if isinstance(node, ValueNode)
        )
        title = _short(", ".join(filter(None, said)))
        name, about = (f"{parts.name} {number + 1}", title) if parts.ordered else (f"{parts.name} “{title}”", "")
        here = f"{path}[{number}]"
        return _Here(here, (name,), part=here, about=about)

    def _whole(
        self, parts: PartListNode, path: str, number: int, part: PrimitiveRecord, kind: ChangeKind
    ) -> FieldChange:
        """Return the change of a part that is new or gone, with all it says."""
        there = self._there(parts, path, number, part)
        said = self.compare(parts.each, _Here(), {}, part)
        facts = tuple(Fact(change.name or parts.name.lower(), change.after) for change in said)
        text = "; ".join(f"{fact.name}: {fact.text}" for fact in facts)
        return there.change(*_alone(text, kind), facts=facts)


def _alone(text: str, kind: ChangeKind) -> tuple[str, str]:
    """Return what stood before and stands after, where there is but one of them."""
    return ("", text) if kind is ChangeKind.ADDED else (text, "")


def _standing(passage: PrimitiveRecord, key: str) -> Any:
    """Return what a passage says of its place under a key; of its end only what its words do not tell."""
    value = passage.get(key)
    return value - len(passage.get("exact", "")) if key == "end" and value is not None else value


def _short(text: str) -> str:
    return text if len(text) <= MAX_PART_TITLE_LENGTH else f"{text[: MAX_PART_TITLE_LENGTH - 2].rstrip()} …"


def value_in_words(path: str, value: Any, labels: RecordLabels) -> str:
    """Put the value at a path of a record in words, as a difference does; a list or part with all it says."""
    node, _ = node_at(path)
    if normalise_value(value) is None:
        return ""
    match node:
        case PassageNode():
            return labels.passage(value)
        case PartListNode():
            return "; ".join(filter(None, (labels.in_words(ValueNode(""), part.get(node.keys[0])) for part in value)))
        case BlockNode():
            said = _Comparison(labels).compare(node, _Here(), {}, value)
            return "; ".join(f"{change.name or 'it'}: {change.after}" for change in said)
    return labels.in_words(node, value)


# In one line ---------------------------------------------------------------------------------------------------------


def summarise_difference(difference: Difference) -> str:
    """Say a difference in one line, for a list or an e-mail: "Title, 2 arrangements changed, 1 figure added"."""
    said = ", ".join(dict.fromkeys(words for section in difference.sections for words in _in_short(section)))
    return said[:1].upper() + said[1:] or "Nothing differs"


def _in_short(section: Section) -> Iterator[str]:
    keys = RECORD_SECTIONS[section.name]
    outline = RECORD_OUTLINE.fields[keys[0]]
    if isinstance(outline, PartListNode | SetNode):
        yield from _counted(outline, section.changes)
    elif len(keys) > 1:
        yield from (change.name.lower() for change in section.changes)
    else:
        yield section.name.lower()


def _counted(outline: PartListNode | SetNode, changes: Iterable[FieldChange]) -> Iterator[str]:
    """Count the parts that were added, removed, changed, moved; one that was moved and changed was changed."""
    fates: dict[tuple[str, bool], ChangeKind] = {}
    for change in changes:
        part = change.part, change.whole and change.kind is ChangeKind.REMOVED
        fates[part] = change.kind if change.whole else ChangeKind.CHANGED
    counts = Counter(fates.values())
    for kind in ChangeKind:
        if counts[kind]:
            yield f"{counts[kind]} {outline.name.lower() if counts[kind] == 1 else outline.plural} {kind}"
