"""A walk through the cases of a question, page by page, that loses none while cases are edited.

It goes by position in the order asked for. A case that is edited meanwhile may move behind the walker, so at the end
come those that were changed since the walk began, in the order of their keys, which nothing moves. Such a case may be
met twice, any other is met once.

The order of relevance has no positions: with every change of the catalogue, each word weighs a little more or less. If
the catalogue changes during such a walk, it goes on with all cases in the order of their keys, the first ones again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from ..models import CachedRepresentation
from .parameters import CaseFilterSet
from .positions import Position, position_in

Phase = Literal["ordered", "changed", "again"]


@dataclass(frozen=True)
class Walk:
    """How far a walk has come: the state of the catalogue when it began, and the last case met in this phase."""

    began: int
    """The latest change of a case then."""
    version: str
    """The version of the catalogue then."""
    phase: Phase = "ordered"
    position: Position | None = None

    @classmethod
    def begin(cls, filterset: CaseFilterSet) -> Walk:
        return cls(CachedRepresentation.latest_change(), filterset.version)


class Step(NamedTuple):
    """The primary keys of a page, and how to go on; None at the end."""

    keys: Sequence[int]
    on: Walk | None


def take_step(filterset: CaseFilterSet, walk: Walk, size: int) -> Step:
    """Return the next `size` cases of a walk."""
    if walk.phase == "ordered" and not filterset.stable_sort and filterset.version != walk.version:
        walk = replace(walk, phase="again", position=None)
    keys = _keys(filterset, walk, size + 1)
    if len(keys) > size:
        sort = filterset.stable_sort if walk.phase == "ordered" else ""
        return Step(keys[:size], replace(walk, position=position_in(sort, keys[size - 1])))
    changed = replace(walk, phase="changed", position=None)
    moved = walk.phase == "ordered" and filterset.version != walk.version and _keys(filterset, changed, 1)
    return Step(keys, changed if moved else None)


def _keys(filterset: CaseFilterSet, walk: Walk, size: int) -> Sequence[int]:
    if walk.phase == "ordered":
        return filterset.after(walk.position, size)
    cases = filterset.qs.filter(pk__gt=walk.position.key) if walk.position else filterset.qs
    if walk.phase == "changed":
        cases = cases.filter(representation__changed_in__gt=walk.began)
    return list(cases.order_by("pk").values_list("pk", flat=True)[:size])
