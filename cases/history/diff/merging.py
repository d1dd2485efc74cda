"""Merging two records that were derived from the same one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from cases.models import Absence
from cases.record.convert import PrimitiveRecord
from cases.record.outline import (
    RECORD_OUTLINE,
    BlockNode,
    OutlineNode,
    PartListNode,
    SetNode,
    absence_to_show,
    node_at,
    normalise_value,
    same_value,
    with_consistent_absences,
)
from cases.schema import ABSENCE_COLUMNS

from .matching import moved_pairs, pair_parts


class MergeConflict(NamedTuple):
    """A field that both sides changed differently, with primitive values. The path is that in the merged record."""

    path: str
    base: Any
    mine: Any
    theirs: Any

    @property
    def name(self) -> str:
        """The name of the field, such as "Arrangement 2, type: basis"."""
        return node_at(self.path)[1]


class MergedRecord(NamedTuple):
    record: dict[str, Any]
    conflicts: list[MergeConflict]


class _Sides(NamedTuple):
    """A value in the base record and on each side."""

    base: Any
    mine: Any
    theirs: Any

    def of(self, key: str) -> _Sides:
        """Return the values under a key."""
        return _Sides(*((side or {}).get(key) for side in self))

    def decided(self, key: str) -> bool:
        """Whether there is no conflict: one side left it unchanged, or both sides are equal."""
        return (
            same_value(self.base, self.mine, key)
            or same_value(self.base, self.theirs, key)
            or same_value(self.mine, self.theirs, key)
        )

    def taken(self, key: str) -> Any:
        """Return the merged value if it is decided."""
        return self.theirs if same_value(self.base, self.mine, key) else self.mine


def merge_records(base: PrimitiveRecord, mine: PrimitiveRecord, theirs: PrimitiveRecord) -> MergedRecord:
    """Merge two records derived from `base`; the package's docstring has the rules."""
    sides = _Sides(base, mine, theirs)
    if sides.decided(""):
        return MergedRecord(dict(sides.taken("")), [])
    merge = _Merge()
    consistent_sides = _Sides(*(with_consistent_absences(side) for side in sides))
    record = dict(merge.value(RECORD_OUTLINE, "", consistent_sides))
    stated = record["absent"]
    record["absent"] = {}
    for name in ABSENCE_COLUMNS:
        agreed = merge.agreed(
            f"absent.{name}", stated.get(name), record.get(name), consistent_sides.of("absent").of(name)
        )
        record["absent"] |= {name: agreed} if agreed else {}
    return MergedRecord(record, merge.conflicts)


class _Merge:
    """A merge in progress, and its conflicts so far."""

    def __init__(self) -> None:
        self.conflicts: list[MergeConflict] = []

    def value(self, node: OutlineNode | None, path: str, sides: _Sides) -> Any:
        key = path.rpartition(".")[2]
        if sides.decided(key):
            return sides.taken(key)
        match node:
            case BlockNode():
                return self._block(node, path, sides)
            case PartListNode():
                return self._parts(node, path, _Sides(*(side or [] for side in sides)))
            case SetNode():
                return self._set(path, _Sides(*(side or [] for side in sides)))
        return self._conflict(path, sides, sides.mine)

    def _conflict(self, path: str, sides: _Sides, value_to_keep: Any) -> Any:
        self.conflicts.append(MergeConflict(path, *sides))
        return value_to_keep

    def _block(self, block: BlockNode, path: str, sides: _Sides) -> Any:
        if normalise_value(sides.base) is not None and (
            normalise_value(sides.mine) is None or normalise_value(sides.theirs) is None
        ):
            return self._conflict(path, sides, sides.mine or sides.theirs)
        merged: dict[str, Any] = {}
        for key in dict.fromkeys(key for side in (sides.mine, sides.theirs, sides.base) for key in side or {}):
            inner = sides.of(key)
            value = self.value(block.fields.get(key), f"{path}.{key}".lstrip("."), inner)
            if value is not None or any(side and key in side and side[key] is None for side in sides):
                merged[key] = value
        if "terms" in merged and "absent" in merged:
            agreed = self.agreed(f"{path}.absent", merged["absent"], merged["terms"], sides.of("absent"))
            merged["absent"] = agreed or None
        return merged

    def agreed(self, path: str, stated: str | None, given: Any, sides: _Sides) -> str:
        """Return the kind of nothing consistent with a value; a conflict if a different one was chosen."""
        agreed = absence_to_show(stated, given)
        chosen = stated not in {None, "", Absence.NOT_CODED.value, agreed}
        if chosen and not any(conflict.path == path for conflict in self.conflicts):
            self._conflict(path, sides, agreed)
        return agreed

    def _set(self, path: str, sides: _Sides) -> list[Any]:
        """Merge unordered lists. An empty result is a conflict, unless one side is empty itself."""
        merged = [value for value in sides.mine if value in sides.theirs or value not in sides.base]
        merged += [value for value in sides.theirs if value not in sides.mine and value not in sides.base]
        return merged if merged or not (sides.mine and sides.theirs) else self._conflict(path, sides, sides.mine)

    def _parts(self, parts: PartListNode, path: str, sides: _Sides) -> list[Any]:
        strands = _Strands(parts, sides)
        if parts.ordered and strands.tangled:
            self._conflict(path, sides, None)
        merged: list[Any] = []
        for strand in strands.in_order():
            value = self.value(parts.each, f"{path}[{len(merged)}]", strand)
            if not parts.once or self._is_first(parts, path, value, merged):
                merged.append(value)
        return merged

    def _is_first(self, parts: PartListNode, path: str, value: Any, merged: list[Any]) -> bool:
        """Whether no earlier part has the same keys. One that has, but differs otherwise, is a conflict."""
        for number, other in enumerate(merged):
            if all(same_value(value.get(key), other.get(key)) for key in parts.keys):
                if not same_value(value, other):
                    self._conflict(f"{path}[{number}]", _Sides(None, other, value), other)
                return False
        return True


class _Strand(NamedTuple):
    """The index of one part in the base list, in mine and in theirs; None where it is missing."""

    base: int | None
    mine: int | None
    theirs: int | None


class _Strands:
    """The parts of three lists, matched with each other, and their order in the merged list."""

    def __init__(self, parts: PartListNode, sides: _Sides) -> None:
        self.sides = sides
        to_mine, to_theirs = (pair_parts(sides.base, side, parts.keys, things=parts.once) for side in sides[1:])
        self.moved_mine, self.moved_theirs = bool(moved_pairs(to_mine)), bool(moved_pairs(to_theirs))
        ours = {pair.before: pair.after for pair in to_mine if pair.before is not None}
        others = {pair.before: pair.after for pair in to_theirs if pair.before is not None}
        stood = [_Strand(place, ours[place], others[place]) for place in range(len(sides.base))]
        added_mine = [pair.after for pair in to_mine if pair.before is None and pair.after is not None]
        added_theirs = [pair.after for pair in to_theirs if pair.before is None and pair.after is not None]
        self.strands = [strand for strand in stood if self._stays(strand)]
        self.strands += _added_strands(parts, sides, added_mine, added_theirs)

    def _stays(self, strand: _Strand) -> bool:
        """Whether a part remains: not if both sides removed it, or one did and the other left it unchanged."""
        base, mine, theirs = self.values(strand)
        if strand.mine is None:
            return strand.theirs is not None and not same_value(base, theirs)
        return strand.theirs is not None or not same_value(base, mine)

    def values(self, strand: _Strand) -> _Sides:
        return _Sides(*(None if at is None else side[at] for side, at in zip(self.sides, strand, strict=True)))

    @property
    def tangled(self) -> bool:
        """Whether both sides moved parts, to different orders."""
        if not (self.moved_mine and self.moved_theirs):
            return False
        both = [strand for strand in self.strands if strand.mine is not None and strand.theirs is not None]
        return _in_order_of(both, 1) != _in_order_of(both, 2)

    def in_order(self) -> Iterator[_Sides]:
        """Yield the parts in my order, or in theirs if only they moved parts; other parts follow their neighbours."""
        lead, other = (2, 1) if self.moved_theirs and not self.moved_mine else (1, 2)
        order = _in_order_of(self.strands, lead)
        last: _Strand | None = None
        for strand in _in_order_of(self.strands, other):
            if strand not in order:
                order.insert(order.index(last) + 1 if last else 0, strand)
            last = strand
        return (self.values(strand) for strand in order)


def _in_order_of(strands: Iterable[_Strand], side: int) -> list[_Strand]:
    """Return the strands present on one side, in its order."""
    there = [(at, strand) for strand in strands if (at := strand[side]) is not None]
    return [strand for _, strand in sorted(there)]


def _added_strands(parts: PartListNode, sides: _Sides, mine: Sequence[int], theirs: Sequence[int]) -> Iterator[_Strand]:
    """Yield the new parts; those that both sides added with equal contents or keys are one."""
    ours, others = [sides.mine[at] for at in mine], [sides.theirs[at] for at in theirs]
    for pair in pair_parts(ours, others, parts.keys, things=parts.once, surely=True):
        yield _Strand(
            None,
            None if pair.before is None else mine[pair.before],
            None if pair.after is None else theirs[pair.after],
        )
