"""The codings of a case, each stamped with when it was made: case version, date, and codebook version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from cases.record.convert import PrimitiveRecord

from ..schema import ABSENCE_COLUMNS, JUDGEMENTS, PLAIN_FIELDS
from ..schema.nodes import SET_KINDS

CodingStamp = dict[str, Any]
"""`version` of the case, `date` (ISO 8601), and `codebook`, the version of the codebook."""


SET_NAMES = tuple(field.name for field in PLAIN_FIELDS if field.kind in SET_KINDS)
"""The fields in which each term, or place, is a separate coding."""


def find_codings(record: PrimitiveRecord) -> dict[str, Any]:
    """Return the codings in a primitive record: path and coded value.

    >>> find_codings({"kind": "named-case", "sectors": ["health"], "absent": {"places": "not-stated"}})
    {'kind': 'named-case', 'sectors.health': 'health', 'places': 'not-stated'}
    """
    return dict(_codings(record))


def _codings(record: PrimitiveRecord) -> Iterator[tuple[str, Any]]:
    yield from ((name, record[name]) for name in JUDGEMENTS if record.get(name))
    yield from _arrangement_codings(record.get("arrangements", []))
    yield from ((f"pathways.{link['pathway']}", link) for link in record.get("pathways", []))
    yield from ((f"{name}.{slug}", slug) for name in SET_NAMES for slug in record.get(name, []))
    yield from ((name, kind) for name, kind in record.get("absent", {}).items() if name in ABSENCE_COLUMNS)


def _arrangement_codings(arrangements: list[PrimitiveRecord]) -> Iterator[tuple[str, Any]]:
    """Yield the three codings of each arrangement. Arrangements with the same label are numbered."""
    seen: dict[str, int] = {}
    for arrangement in arrangements:
        label = arrangement["label"]
        seen[label] = number = seen.get(label, 0) + 1
        name = f"arrangements.{label}" + (f" ({number})" if number > 1 else "")
        yield from ((f"{name}.{dimension}", arrangement[dimension]) for dimension in ("type", "actor", "mode"))


def sorted_stamps(stamps: Mapping[str, CodingStamp]) -> dict[str, CodingStamp]:
    """Return stamps in a fixed order, since a database may return the keys of JSON in any order."""
    return {path: {name: stamps[path][name] for name in ("version", "date", "codebook")} for path in sorted(stamps)}


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
