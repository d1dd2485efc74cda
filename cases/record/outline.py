"""The outline of a record: the names of its fields, which of them are lists, and the keys of the parts of a list.

Pure. A test compares it with the record, so that no field is left out of comparisons.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Model

from cases import schema
from cases.models import Absence, Case
from cases.record.convert import PART_MODELS_BY_NAME
from cases.record.rows import empty_column_value
from cases.schema import ABSENCE_COLUMNS, UNORDERED_KEYS, nodes
from cases.schema.nodes import Field, Kind


@dataclass(frozen=True)
class ValueNode:
    """A field with a single value, and how that is put in words."""

    name: str
    register: str = ""
    """The vocabulary or register whose slugs it holds."""
    choices: Mapping[str, str] = field(default_factory=dict)
    prose: bool = False
    amount: bool = False
    """Whether it is a number written with thousands separators, unlike a year."""


@dataclass(frozen=True)
class PassageNode:
    """A passage, added or removed as one; changes to its words, source and place are listed separately."""

    name: str = "passage"


@dataclass(frozen=True)
class BlockNode:
    """A group of fields."""

    name: str
    fields: Mapping[str, OutlineNode]


@dataclass(frozen=True)
class PartListNode:
    """A list of parts; `name` is the name of one of them, `plural` that of several."""

    name: str
    plural: str
    each: BlockNode
    keys: tuple[str, ...]
    """The fields that identify a part when others change."""
    ordered: bool
    once: bool
    """Whether the keys are unique in the list."""

    @property
    def known_by(self) -> list[tuple[str, OutlineNode]]:
        """The key fields, by name."""
        return [(key, self.each.fields[key]) for key in self.keys]


@dataclass(frozen=True)
class SetNode:
    """An unordered list of slugs; `alone` if each added or removed slug is a separate change."""

    name: str
    plural: str
    register: str
    alone: bool = True


OutlineNode = ValueNode | PassageNode | BlockNode | PartListNode | SetNode

ABSENCE_LABELS = {str(value): str(label) for value, label in Absence.choices}


CHOICE_KINDS = (Kind.CHOICE, Kind.ABSENCE)


def _leaf_node(field: Field, model: type[Model]) -> ValueNode | PassageNode | SetNode:
    if field.kind is Kind.PASSAGE:
        return PassageNode(field.name)
    if field.kind in (*nodes.SET_KINDS, Kind.FLAGS):
        return SetNode(field.label, field.section.lower(), field.vocabulary, alone=bool(field.label))
    choices = model._meta.get_field(field.stands_in).choices if field.kind in CHOICE_KINDS else None  # type: ignore[union-attr]  # a column
    return ValueNode(
        field.label,
        field.vocabulary,
        {str(value): str(label) for value, label in choices or ()},
        prose=field.kind in nodes.PROSE_KINDS,
        amount=field.kind is Kind.NUMBER,
    )


def _outline_node(node: nodes.Node, model: type[Model] = Case) -> OutlineNode:
    if isinstance(node, Field):
        return _leaf_node(node, model)
    if isinstance(node, nodes.Block):
        return BlockNode(node.label, {field.name: _outline_node(field, model) for field in node.in_record})
    each = BlockNode(
        node.label, {field.name: _outline_node(field, PART_MODELS_BY_NAME[node.name]) for field in node.fields}
    )
    return PartListNode(node.label, node.plural, each, node.keys, ordered=node.ordered, once=node.once)


_ABSENT = BlockNode("", {name: ValueNode(name.capitalize(), choices=ABSENCE_LABELS) for name in ABSENCE_COLUMNS})

RECORD_OUTLINE = BlockNode("", {node.name: _outline_node(node) for node in schema.RECORD} | {"absent": _ABSENT})


def _sections() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for node in schema.RECORD:
        section = node.section_name
        found[section] = (*found.get(section, ()), node.name)
    return found | {"Kinds of nothing": ("absent",)}


RECORD_SECTIONS = _sections()
"""The sections of a difference, each with its keys of the record."""


def field_label(names: Sequence[str]) -> str:
    """Return the full name of a field from the names along its path. An empty last name gives that of the block.

    >>> field_label(["Arrangement 2", "type", "basis"]), field_label(["Arrangement 2", "type", ""])
    ('Arrangement 2, type: basis', 'Arrangement 2, type')
    """
    *outer, last = names
    return ": ".join(filter(None, [", ".join(filter(None, outer)), last]))


def node_at(path: str) -> tuple[OutlineNode, str]:
    """Return the node at a path of the record, or the nearest one above it, and its name.

    >>> node_at("claims[0].unit")
    (ValueNode(name='unit', register='', choices={}, prose=False, amount=False), 'Figure 1: unit')
    >>> node_at("arrangements[1].type.basis")[1], node_at("eligibility.verdict")[1]
    ('Arrangement 2, type: basis', 'Verdict')
    """
    here: OutlineNode = RECORD_OUTLINE
    names: list[str] = []
    for key, number in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        if not isinstance(here, BlockNode) or key not in here.fields:
            break
        here = here.fields[key]
        if isinstance(here, PartListNode) and number:
            names.append(f"{here.name} {int(number) + 1}")
            here = here.each
        else:
            names.append(here.plural.capitalize() if isinstance(here, PartListNode) else here.name)
    return here, field_label(names or [path])


# Empty and equal values ----------------------------------------------------------------------------------------------

DEFAULT_VALUES: dict[str, Any] = {
    **{
        field.name: empty_column_value(Case, field)
        for field in schema.CASE_FIELDS.values()
        if field.kind in (Kind.CHOICE, Kind.FLAG)
    },
    "absent": Absence.NOT_CODED.value,
    **dict.fromkeys(ABSENCE_COLUMNS, Absence.NOT_CODED.value),
}
"""By key: the value that means the same as none."""


def normalise_value(value: Any, key: str = "") -> Any:
    """Return a value ready for comparison: None if empty, without empty values inside, unordered lists sorted."""
    if isinstance(value, Mapping):
        return {
            name: normal for name, inner in value.items() if (normal := normalise_value(inner, name)) is not None
        } or None
    if isinstance(value, list | tuple):
        inner = [normalise_value(each) for each in value]
        return (sorted(inner, key=_as_json) if key in UNORDERED_KEYS else inner) or None
    return None if value is None or value == "" or value == DEFAULT_VALUES.get(key, "") else value


def _as_json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def same_value(one: Any, other: Any, key: str = "") -> bool:
    """Whether two values under a key are equal once normalised."""
    return bool(one == other or normalise_value(one, key) == normalise_value(other, key))


def with_consistent_absences(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record in which a dimension has a kind of nothing exactly when it is empty."""
    stated = record.get("absent") or {}
    arrangements = [
        part | {"mode": with_consistent_mode(part["mode"])} if part.get("mode") else part
        for part in record.get("arrangements") or []
    ]
    absent = {name: absence_to_show(stated.get(name), record.get(name)) for name in ABSENCE_COLUMNS}
    return {**record, "absent": absent, **({"arrangements": arrangements} if arrangements else {})}


def with_consistent_mode(mode: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mode that has a kind of nothing exactly when it has no terms."""
    return {**mode, "absent": absence_to_show(mode.get("absent"), mode.get("terms")) or None}


def absence_to_show(stated: str | None, given: Any) -> str:
    """Return the kind of nothing: an empty string if a value is given, "not coded" if no kind is stated."""
    return "" if normalise_value(given) is not None else stated or Absence.NOT_CODED.value


def distinctive_texts(value: Any) -> Iterator[str]:
    """Yield the texts in a value, except those that many values share: sources, offsets and bases."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in ("source", "start", "end", "basis"):
                yield from distinctive_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from distinctive_texts(inner)
    elif value is not None:
        yield str(value)
