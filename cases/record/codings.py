"""The codings of a case, each stamped with when it was made: case version, date, and codebook version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cases.record.convert import PrimitiveRecord

from ..schema import ABSENCE_COLUMNS, BLOCKS, JUDGEMENTS, PLAIN_FIELDS
from ..schema.nodes import SET_KINDS, Kind

CodingStamp = dict[str, Any]
"""`version` of the case, `date` (ISO 8601), and `codebook`, the version of the codebook."""


TERM_NAMES = {"type": "term", "pathways": "pathway"} | {
    block.name: field.name for block in BLOCKS for field in reversed(block.leaves) if field.kind is Kind.TERM
}
"""By coding: the name of the field with its term."""

SET_NAMES = tuple(field.name for field in PLAIN_FIELDS if field.kind in SET_KINDS)
"""The fields in which each term, or place, is a separate coding."""

CODED_DIMENSIONS = tuple(dict.fromkeys([*JUDGEMENTS, "type", "actor", "mode", *ABSENCE_COLUMNS]))
"""What can be coded: the keys of a record, and the axes of an arrangement."""


class Coding(NamedTuple):
    """A coding in a primitive record: the path of its stamp, its value, and what it codes."""

    path: str
    value: Any
    dimension: str
    arrangement: int | None = None
    """Which of the arrangements, from 0; None for the case as a whole."""
    absent: bool = False
    """Whether the value is a kind of nothing."""

    @property
    def terms(self) -> Sequence[str | None]:
        """The slugs; a single None where there are none."""
        if self.absent:
            return [None]
        if isinstance(self.value, str):
            return [self.value]
        return self.value.get("terms") or [self.value.get(TERM_NAMES.get(self.dimension))]

    @property
    def nothing(self) -> str | None:
        """Which kind of nothing."""
        return self.value if self.absent else None if isinstance(self.value, str) else self.value.get("absent")


def find_codings(record: PrimitiveRecord) -> dict[str, Any]:
    """Return the codings in a primitive record: path and coded value.

    >>> find_codings({"kind": "named-case", "sectors": ["health"], "absent": {"places": "not-stated"}})
    {'kind': 'named-case', 'sectors.health': 'health', 'places': 'not-stated'}
    """
    return {coding.path: coding.value for coding in _codings(record)}


def _codings(record: PrimitiveRecord) -> Iterator[Coding]:
    yield from (Coding(name, record[name], name) for name in JUDGEMENTS if record.get(name))
    yield from _arrangement_codings(record.get("arrangements", []))
    yield from (Coding(f"pathways.{link['pathway']}", link, "pathways") for link in record.get("pathways", []))
    yield from (Coding(f"{name}.{slug}", slug, name) for name in SET_NAMES for slug in record.get(name, []))
    nothing = record.get("absent", {}).items()
    yield from (Coding(name, kind, name, absent=True) for name, kind in nothing if name in ABSENCE_COLUMNS)


def _arrangement_codings(arrangements: list[PrimitiveRecord]) -> Iterator[Coding]:
    """Yield the three codings of each arrangement. In paths, arrangements with the same label are numbered."""
    seen: dict[str, int] = {}
    for place, arrangement in enumerate(arrangements):
        label = arrangement["label"]
        seen[label] = number = seen.get(label, 0) + 1
        name = f"arrangements.{label}" + (f" ({number})" if number > 1 else "")
        for axis in ("type", "actor", "mode"):
            yield Coding(f"{name}.{axis}", arrangement[axis], axis, place)


def coding_list(record: PrimitiveRecord, stamps: Mapping[str, CodingStamp]) -> list[dict[str, Any]]:
    """Return the codings of a primitive record with their stamps, in the order of the record, one for each term.

    No key depends on a label, so that the codings of many cases make one table.
    """
    return [
        {
            "dimension": coding.dimension,
            "arrangement": coding.arrangement,
            "term": term,
            "absent": coding.nothing,
            **{name: stamps[coding.path][name] for name in ("version", "date", "codebook")},
        }
        for coding in _codings(record)
        if coding.path in stamps
        for term in coding.terms
    ]


def rename_in_stamps(
    record: PrimitiveRecord, stamps: Mapping[str, CodingStamp], was: str, now: str
) -> dict[str, CodingStamp]:
    """Return the stamps of a record in which only a slug changed, from `was` to `now`."""
    former = {path: path.removesuffix(now) + was if path.endswith(f".{now}") else path for path in find_codings(record)}
    return {path: stamps.get(path) or stamps[name] for path, name in former.items() if path in stamps or name in stamps}


def stamp_codings(
    record: PrimitiveRecord, before: PrimitiveRecord | None, stamps: Mapping[str, CodingStamp], now: CodingStamp
) -> dict[str, CodingStamp]:
    """Return the stamp of each coding: its present one if the coding is the same as `before`, else `now`."""
    old = find_codings(before) if before else {}
    return {
        path: stamps[path] if path in stamps and old.get(path) == value else now
        for path, value in find_codings(record).items()
    }
