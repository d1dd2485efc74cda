"""The differences between two records, field by field and part by part."""

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
"""The share of unchanged characters from which a text is shown once, with its edits marked."""

MAX_PART_TITLE_LENGTH = 60


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"

    @property
    def sign(self) -> str:
        return {"added": "+", "removed": "−", "changed": "≠", "moved": "↕"}[self.value]


class Fact(NamedTuple):
    """The name and value of one field of a part, in words."""

    name: str
    text: str


@dataclass(frozen=True)
class FieldChange:
    """One difference, in words; an empty string means no value."""

    path: str
    name: str
    kind: ChangeKind
    before: str
    after: str
    part: str = ""
    """The path of the part that changed or contains the field; empty outside lists."""
    about: str = ""
    """The keys of that part in words, if its name is only a number."""
    facts: tuple[Fact, ...] = ()
    """The contents of an added or removed part."""
    prose: bool = False

    @property
    def whole(self) -> bool:
        """Whether it concerns a part as a whole."""
        return self.part == self.path

    @cached_property
    def marked(self) -> list[EditSpan]:
        """The text with edits marked and long unchanged stretches folded; empty if that would not be readable."""
        if not self.prose or self.kind is not ChangeKind.CHANGED:
            return []
        spans = diff_words(self.before, self.after)
        return fold_unchanged(spans) if unchanged_share(spans) >= MIN_UNCHANGED_SHARE else []


@dataclass(frozen=True)
class Section:
    name: str
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class Difference:
    """All differences, in sections with at least one change each; false if there are none."""

    sections: tuple[Section, ...]

    def __bool__(self) -> bool:
        return bool(self.sections)

    @property
    def changes(self) -> list[FieldChange]:
        return [change for section in self.sections for change in section.changes]


def compare_records(before: PrimitiveRecord | None, after: PrimitiveRecord | None, labels: RecordLabels) -> Difference:
    """Compare two records; None means that there is no case."""
    comparison = _Comparison(labels)
    old, new = (with_consistent_absences(record) if record is not None else {} for record in (before, after))
    sections = []
    for name, keys in RECORD_SECTIONS.items():
        inside = BlockNode("", {key: RECORD_OUTLINE.fields[key] for key in keys})
        sections.append(Section(name, tuple(comparison.compare(inside, _Position(), old, new))))
    return Difference(tuple(section for section in sections if section.changes))


class _Position(NamedTuple):
    """The current position in a record: path, names along the path, and the part that contains it."""

    path: str = ""
    names: tuple[str, ...] = ()
    part: str = ""
    about: str = ""

    @property
    def key(self) -> str:
        return self.path.rpartition(".")[2]

    def into(self, key: str, name: str) -> _Position:
        """Return the position of a field inside this one."""
        return self._replace(path=f"{self.path}.{key}".lstrip("."), names=(*self.names, name))

    def called(self, key: str, name: str) -> _Position:
        """Return the position of a field inside this one, with its name instead of this one's."""
        return self._replace(path=f"{self.path}.{key}", names=(*self.names[:-1], name))

    def change(self, before: str, after: str, **more: Any) -> FieldChange:
        kind = ChangeKind.CHANGED if before and after else ChangeKind.ADDED if after else ChangeKind.REMOVED
        attributes = {
            "path": self.path,
            "name": field_label(self.names),
            "kind": kind,
            "part": self.part,
            "about": self.about,
        }
        return FieldChange(**attributes | {"before": before, "after": after} | more)


class _Comparison:
    def __init__(self, labels: RecordLabels) -> None:
        self.labels = labels

    def compare(self, node: OutlineNode, here: _Position, before: Any, after: Any) -> Iterator[FieldChange]:
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

    def _value(self, field: ValueNode | SetNode, here: _Position, before: Any, after: Any) -> FieldChange:
        old, new = self.labels.in_words(field, before), self.labels.in_words(field, after)
        if old == new:  # for example, two sources with the same citation
            old, new = f"{old} ({before})", f"{new} ({after})"
        return here.change(old, new, prose=isinstance(field, ValueNode) and field.prose)

    def _members(
        self, field: SetNode, here: _Position, before: Sequence[Any], after: Sequence[Any]
    ) -> Iterator[FieldChange]:
        """Yield the values added to and removed from an unordered list."""
        for values, others, kind in ((after, before, ChangeKind.ADDED), (before, after, ChangeKind.REMOVED)):
            for number, value in enumerate(values):
                if value not in others:
                    path = f"{here.path}[{number}]"
                    words = self.labels.in_words(field, value)
                    yield here._replace(path=path, part=path).change(*_one_sided(words, kind))

    def _passage(self, here: _Position, before: Any, after: Any) -> Iterator[FieldChange]:
        old, new = normalise_value(before), normalise_value(after)
        if old is None or new is None:
            if old != new:
                yield here.change(*(self.labels.passage(passage) if passage else "" for passage in (old, new)))
            return
        passage = ", ".join(filter(None, ["the passage", self.labels.unchecked(new)]))
        if old.get("exact") != new.get("exact"):
            words_here = here.called("exact", f"words of {passage}")
            yield words_here.change(old.get("exact", ""), new.get("exact", ""), prose=True)
        if old.get("source") != new.get("source"):
            source = here.called("source", f"source of {passage}")
            yield self._value(ValueNode("", "sources"), source, old.get("source"), new.get("source"))
        for key in ("start", "end", "locator"):
            if _place_component(old, key) != _place_component(new, key):
                yield here.called(key, f"place of {passage}").change(passage_location(old), passage_location(new))
                return

    def _parts(
        self, parts: PartListNode, here: _Position, before: Sequence[PrimitiveRecord], after: Sequence[PrimitiveRecord]
    ) -> Iterator[FieldChange]:
        paired = pair_parts(before, after, parts.keys, things=parts.once)
        moved = moved_pairs(paired) if parts.ordered else set()
        for pair in paired:
            if pair.after is None:
                if pair.before is not None:
                    yield self._part_change(parts, here.path, pair.before, before[pair.before], ChangeKind.REMOVED)
            elif pair.before is None:
                yield self._part_change(parts, here.path, pair.after, after[pair.after], ChangeKind.ADDED)
            else:
                there = self._part_position(parts, here.path, pair.after, after[pair.after])
                if pair in moved:
                    yield there.change(f"place {pair.before + 1}", f"place {pair.after + 1}", kind=ChangeKind.MOVED)
                yield from self.compare(parts.each, there, before[pair.before], after[pair.after])

    def _part_position(self, parts: PartListNode, path: str, number: int, part: PrimitiveRecord) -> _Position:
        """Return the position of a part, named "Arrangement 2", or in an unordered list "Pathway “Detect early”"."""
        keys_in_words = (
            self.labels.in_words(node, part.get(key)) for key, node in parts.known_by if isinstance(node, ValueNode)
        )
        title = _shortened(", ".join(filter(None, keys_in_words)))
        name, about = (f"{parts.name} {number + 1}", title) if parts.ordered else (f"{parts.name} “{title}”", "")
        here = f"{path}[{number}]"
        return _Position(here, (name,), part=here, about=about)

    def _part_change(
        self, parts: PartListNode, path: str, number: int, part: PrimitiveRecord, kind: ChangeKind
    ) -> FieldChange:
        """Return the change for an added or removed part, with its contents."""
        there = self._part_position(parts, path, number, part)
        fields = self.compare(parts.each, _Position(), {}, part)
        facts = tuple(Fact(change.name or parts.name.lower(), change.after) for change in fields)
        text = "; ".join(f"{fact.name}: {fact.text}" for fact in facts)
        return there.change(*_one_sided(text, kind), facts=facts)


def _one_sided(text: str, kind: ChangeKind) -> tuple[str, str]:
    """Return the texts before and after, one of which is empty."""
    return ("", text) if kind is ChangeKind.ADDED else (text, "")


def _place_component(passage: PrimitiveRecord, key: str) -> Any:
    """Return a component of a passage's place. Its end is relative to the length of its words."""
    value = passage.get(key)
    return value - len(passage.get("exact", "")) if key == "end" and value is not None else value


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_PART_TITLE_LENGTH else f"{text[: MAX_PART_TITLE_LENGTH - 2].rstrip()} …"


def value_in_words(path: str, value: Any, labels: RecordLabels) -> str:
    """Put the value at a path of a record in words, as in a difference; blocks with all their fields, lists by key."""
    node, _ = node_at(path)
    if normalise_value(value) is None:
        return ""
    match node:
        case PassageNode():
            return labels.passage(value)
        case PartListNode():
            return "; ".join(filter(None, (labels.in_words(ValueNode(""), part.get(node.keys[0])) for part in value)))
        case BlockNode():
            fields = _Comparison(labels).compare(node, _Position(), {}, value)
            return "; ".join(f"{change.name or 'it'}: {change.after}" for change in fields)
    return labels.in_words(node, value)


# In one line ---------------------------------------------------------------------------------------------------------


def summarise_difference(difference: Difference) -> str:
    """Describe a difference in one line, for a list or an email: "Title, 2 arrangements changed, 1 figure added"."""
    summary = ", ".join(dict.fromkeys(words for section in difference.sections for words in _summaries(section)))
    return summary[:1].upper() + summary[1:] or "Nothing differs"


def _summaries(section: Section) -> Iterator[str]:
    keys = RECORD_SECTIONS[section.name]
    outline = RECORD_OUTLINE.fields[keys[0]]
    if isinstance(outline, PartListNode | SetNode):
        yield from _count_parts(outline, section.changes)
    elif len(keys) > 1:
        yield from (change.name.lower() for change in section.changes)
    else:
        yield section.name.lower()


def _count_parts(outline: PartListNode | SetNode, changes: Iterable[FieldChange]) -> Iterator[str]:
    """Count the parts added, removed, changed and moved; a part both moved and changed counts as changed."""
    kinds: dict[tuple[str, bool], ChangeKind] = {}
    for change in changes:
        part = change.part, change.whole and change.kind is ChangeKind.REMOVED
        kinds[part] = change.kind if change.whole else ChangeKind.CHANGED
    counts = Counter(kinds.values())
    for kind in ChangeKind:
        if counts[kind]:
            yield f"{counts[kind]} {outline.name.lower() if counts[kind] == 1 else outline.plural} {kind}"
