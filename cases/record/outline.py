"""The outline of a record: what its fields are called, which are lists, and what tells the parts of a list apart.

Pure. A test holds it against the record itself, so that no field goes uncompared.
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
    """A field with a value of its own, and how that is put in words."""

    name: str
    register: str = ""
    """The vocabulary or register whose slugs it holds."""
    choices: Mapping[str, str] = field(default_factory=dict)
    prose: bool = False
    amount: bool = False
    """A number that is written in groups of three, as a year is not."""


@dataclass(frozen=True)
class PassageNode:
    """A passage: one thing, though its words, its source and its place are told apart."""

    name: str = "passage"


@dataclass(frozen=True)
class BlockNode:
    """Fields that stand together."""

    name: str
    fields: Mapping[str, OutlineNode]


@dataclass(frozen=True)
class PartListNode:
    """A list of parts; `name` is what one of them is called, `plural` several."""

    name: str
    plural: str
    each: BlockNode
    keys: tuple[str, ...]
    """What a part is known by when other things about it change."""
    ordered: bool
    once: bool
    """Whether no two parts agree in their keys."""

    @property
    def known_by(self) -> list[tuple[str, OutlineNode]]:
        """The fields of its keys."""
        return [(key, self.each.fields[key]) for key in self.keys]


@dataclass(frozen=True)
class SetNode:
    """A list of slugs that has no order; `alone` where each of them is a change of its own."""

    name: str
    plural: str
    register: str
    alone: bool = True


OutlineNode = ValueNode | PassageNode | BlockNode | PartListNode | SetNode

ABSENCE_LABELS = {str(value): str(label) for value, label in Absence.choices}


CHOICE_KINDS = (Kind.CHOICE, Kind.ABSENCE)


def _leaf(field: Field, model: type[Model]) -> ValueNode | PassageNode | SetNode:
    """Return how a field is compared."""
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


def _node(node: nodes.Node, model: type[Model] = Case) -> OutlineNode:
    """Return how a field, or what stands in a block or a list, is compared."""
    if isinstance(node, Field):
        return _leaf(node, model)
    if isinstance(node, nodes.Block):
        return BlockNode(node.label, {field.name: _node(field, model) for field in node.in_record})
    each = BlockNode(node.label, {field.name: _node(field, PART_MODELS_BY_NAME[node.name]) for field in node.fields})
    return PartListNode(node.label, node.plural, each, node.keys, ordered=node.ordered, once=node.once)


_ABSENT = BlockNode("", {name: ValueNode(name.capitalize(), choices=ABSENCE_LABELS) for name in ABSENCE_COLUMNS})

RECORD_OUTLINE = BlockNode("", {node.name: _node(node) for node in schema.RECORD} | {"absent": _ABSENT})


def _sections() -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for node in schema.RECORD:
        section = node.section_name
        found[section] = (*found.get(section, ()), node.name)
    return found | {"Kinds of nothing": ("absent",)}


RECORD_SECTIONS = _sections()
"""The sections of a difference, with the keys of the record that each is about."""


def field_label(names: Sequence[str]) -> str:
    """Return the name of a field from those on the way to it; a field that its block is named after has none.

    >>> field_label(["Arrangement 2", "type", "basis"]), field_label(["Arrangement 2", "type", ""])
    ('Arrangement 2, type: basis', 'Arrangement 2, type')
    """
    *outer, last = names
    return ": ".join(filter(None, [", ".join(filter(None, outer)), last]))


def node_at(path: str) -> tuple[OutlineNode, str]:
    """Return the field at a path of the record, or what it is in where there is none, and its name.

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


# Nothing, and what is the same ---------------------------------------------------------------------------------------

DEFAULT_VALUES: dict[str, Any] = {
    **{
        field.name: empty_column_value(Case, field)
        for field in schema.CASE_FIELDS.values()
        if field.kind in (Kind.CHOICE, Kind.FLAG)
    },
    "absent": Absence.NOT_CODED.value,
    **dict.fromkeys(ABSENCE_COLUMNS, Absence.NOT_CODED.value),
}
"""What holds, by key, where nobody says otherwise."""


def normalise_value(value: Any, key: str = "") -> Any:
    """Return what a value under a key says: None for nothing, nothing inside, and what has no order in one."""
    if isinstance(value, Mapping):
        return {
            name: said for name, inner in value.items() if (said := normalise_value(inner, name)) is not None
        } or None
    if isinstance(value, list | tuple):
        inner = [normalise_value(each) for each in value]
        return (sorted(inner, key=_written) if key in UNORDERED_KEYS else inner) or None
    return None if value is None or value == "" or value == DEFAULT_VALUES.get(key, "") else value


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def same_value(one: Any, other: Any, key: str = "") -> bool:
    """Tell whether two values under a key say the same."""
    return bool(one == other or normalise_value(one, key) == normalise_value(other, key))


def with_consistent_absences(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record in which every dimension without anything says its kind of nothing, and no other does."""
    stated = record.get("absent") or {}
    arrangements = [
        part | {"mode": with_consistent_mode(part["mode"])} if part.get("mode") else part
        for part in record.get("arrangements") or []
    ]
    absent = {name: absence_to_show(stated.get(name), record.get(name)) for name in ABSENCE_COLUMNS}
    return {**record, "absent": absent, **({"arrangements": arrangements} if arrangements else {})}


def with_consistent_mode(mode: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mode that says its kind of nothing exactly when there is none."""
    return {**mode, "absent": absence_to_show(mode.get("absent"), mode.get("terms")) or None}


def absence_to_show(stated: str | None, given: Any) -> str:
    """Return which kind of nothing it is: an empty string when something is given, "not coded" when nobody said."""
    return "" if normalise_value(given) is not None else stated or Absence.NOT_CODED.value


def distinctive_texts(value: Any) -> Iterator[str]:
    """Yield everything that a value says, as texts, but for what many have in common: sources, offsets, bases."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in ("source", "start", "end", "basis"):
                yield from distinctive_texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from distinctive_texts(inner)
    elif value is not None:
        yield str(value)
