"""The codings of a case: where they stand in its record, with the words and the terms that they rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from cases.record.convert import PrimitiveRecord

from ..models.coding import Origin
from ..schema import ABSENCE_COLUMNS, BLOCKS, JUDGEMENTS, PART_FIELDS, PART_LISTS, PLAIN_FIELDS, get_part_list
from ..schema.nodes import SET_KINDS, Block, Field, Kind, Node
from .stamps import CodingStamp, Turn, Words, origin_of, restamp

GROUND_KEYS = frozenset({"basis", "passage", "reason", "note"})
"""The keys of a coding that say what it rests on; the others are its value."""

STANDING = "standing"
"""The judgement that is no coding of its own: it holds what kind and role rest on."""

REST_ON_STANDING = ("kind", "role")

TERM_NAMES = {"type": "term", "pathways": "pathway"} | {
    block.name: field.name for block in BLOCKS for field in reversed(block.leaves) if field.kind is Kind.TERM
}
"""By coding: the name of the field with its term."""

SET_NAMES = tuple(field.name for field in PLAIN_FIELDS if field.kind in SET_KINDS)
"""The fields in which each term, or place, is a separate coding."""

GROUNDS = {parts.grounds: parts for parts in PART_LISTS if parts.grounds}
"""By such field: the list of what its values rest on."""

PART_KEYS: Mapping[str, tuple[str, ...]] = {
    "pathways": ("pathway",),
    "public_input": ("input",),
    "contribution": ("contribution",),
    "findings": ("outcome", "beneficiary"),
    "organisations": ("organisation", "part"),
    "claims": ("as_stated",),
    "caveats": ("kind",),
}
"""The lists of which each part is one coding, with the fields that its path names. The first term is the one shown."""

PART_TERMS = {
    name: next((field.name for field in PART_FIELDS[name].values() if field.kind is Kind.TERM), "")
    for name in PART_KEYS
}

AXES = ("type", "actor", "mode", "years")
"""The codings of an arrangement; years only where it has some."""

CODED_DIMENSIONS = tuple(
    dict.fromkeys([*(name for name in JUDGEMENTS if name != STANDING), *AXES, *ABSENCE_COLUMNS, *PART_KEYS])
)
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
    place: tuple[str | int, ...] = ()
    """The keys in the record to what holds its passage; empty if that is nowhere."""
    ground: Mapping[str, Any] | None = None
    """What holds its passage, if that is not the value itself."""

    @property
    def terms(self) -> Sequence[str | None]:
        """The slugs that are shown; a single None where there are none."""
        if self.absent:
            return [None]
        if isinstance(self.value, str):
            return [self.value]
        name = PART_TERMS.get(self.dimension) or TERM_NAMES.get(self.dimension)
        return self.value.get("terms") or [self.value.get(name)]

    @property
    def nothing(self) -> str | None:
        """Which kind of nothing."""
        return self.value if self.absent else None if isinstance(self.value, str) else self.value.get("absent")

    @property
    def core(self) -> Any:
        """The value without what it rests on."""
        if isinstance(self.value, Mapping):
            return {name: value for name, value in self.value.items() if name not in GROUND_KEYS}
        return self.value

    @property
    def passage(self) -> Mapping[str, Any] | None:
        rests_on = self.value if self.ground is None and isinstance(self.value, Mapping) else self.ground
        return rests_on.get("passage") if rests_on else None

    @property
    def words(self) -> Words | None:
        """Source and words of its passage. Offsets do not matter: they follow from the words."""
        return (self.passage["source"], self.passage["exact"]) if self.passage else None

    @property
    def named_terms(self) -> set[tuple[str, str]]:
        """All its terms, as pairs of vocabulary and slug."""
        fields = TERM_FIELDS.get(self.dimension, ())
        if self.absent or not isinstance(self.value, Mapping):
            return {(field.vocabulary, self.value) for field in fields if not self.absent}
        return {(field.vocabulary, slug) for field in fields for slug in _listed(self.value.get(field.name))}


def _listed(value: Any) -> Iterable[str]:
    return value if isinstance(value, list) else [value] if value else []


def _term_fields() -> Iterator[tuple[str, Sequence[Field]]]:
    kinds = {Kind.TERM, Kind.TERMS, Kind.FLAGS}
    axes: Sequence[Node] = [node for node in get_part_list("arrangements").fields if isinstance(node, Block)]
    for node in (*BLOCKS, *axes):
        yield node.name, [field for field in node.leaves if field.kind in kinds]  # type: ignore[union-attr]  # blocks
    yield from ((field.name, [field]) for field in PLAIN_FIELDS if field.kind in kinds)
    yield from ((name, [field for field in PART_FIELDS[name].values() if field.kind in kinds]) for name in PART_KEYS)


TERM_FIELDS: Mapping[str, Sequence[Field]] = dict(_term_fields())
"""By dimension: the fields with its terms."""


def find_codings(record: PrimitiveRecord) -> dict[str, Any]:
    """Return the codings in a primitive record: path and coded value.

    >>> find_codings({"kind": "named-case", "sectors": ["health"], "absent": {"places": "not-stated"}})
    {'kind': 'named-case', 'sectors.health': 'health', 'places': 'not-stated'}
    """
    return {coding.path: coding.value for coding in codings_in(record)}


def codings_in(record: PrimitiveRecord) -> Iterator[Coding]:
    """Yield the codings of a primitive record, in the order in which they are listed."""
    yield from _judgements(record)
    yield from _arrangement_codings(record.get("arrangements") or [])
    yield from _part_codings("pathways", record)
    yield from (coding for name in SET_NAMES for coding in _set_codings(name, record))
    yield from (coding for name in PART_KEYS if name != "pathways" for coding in _part_codings(name, record))
    nothing = (record.get("absent") or {}).items()
    yield from (Coding(name, kind, name, absent=True) for name, kind in nothing if name in ABSENCE_COLUMNS)


def _judgements(record: PrimitiveRecord) -> Iterator[Coding]:
    for name in JUDGEMENTS:
        if not record.get(name) or name == STANDING:
            continue
        if name in REST_ON_STANDING:
            yield Coding(name, record[name], name, place=(STANDING,), ground=record.get(STANDING) or {})
        else:
            yield Coding(name, record[name], name, place=(name,))


def _arrangement_codings(arrangements: Sequence[PrimitiveRecord]) -> Iterator[Coding]:
    """Yield the codings of each arrangement. In paths, arrangements with the same label are numbered."""
    names = numbered(f"arrangements.{arrangement['label']}" for arrangement in arrangements)
    for number, (arrangement, name) in enumerate(zip(arrangements, names, strict=True)):
        for axis in AXES:
            if axis != "years" or arrangement.get(axis):
                place = ("arrangements", number, axis)
                yield Coding(f"{name}.{axis}", arrangement[axis], axis, number, place=place)


def _part_codings(name: str, record: PrimitiveRecord) -> Iterator[Coding]:
    parts = record.get(name) or []
    paths = numbered(".".join([name, *(str(part[key]) for key in PART_KEYS[name])]) for part in parts)
    for number, (part, path) in enumerate(zip(parts, paths, strict=True)):
        yield Coding(path, part, name, place=(name, number))


def _set_codings(name: str, record: PrimitiveRecord) -> Iterator[Coding]:
    grounds = {part[GROUNDS[name].keys[0]]: (n, part) for n, part in enumerate(record.get(GROUNDS[name].name) or [])}
    for slug in record.get(name) or []:
        number, ground = grounds.get(slug, (None, {}))
        place = () if number is None else (GROUNDS[name].name, number)
        yield Coding(f"{name}.{slug}", slug, name, place=place, ground=ground)


def numbered(names: Iterable[str]) -> Iterator[str]:
    """Yield names, with a number after those that came before.

    >>> list(numbered(["desk", "walk", "desk"]))
    ['desk', 'walk', 'desk (2)']
    """
    seen: dict[str, int] = {}
    for name in names:
        seen[name] = number = seen.get(name, 0) + 1
        yield name if number == 1 else f"{name} ({number})"


def coding_list(record: PrimitiveRecord, stamps: Mapping[str, CodingStamp]) -> list[dict[str, Any]]:
    """Return the codings of a primitive record with their stamps, in the order of the record, one for each term.

    No key depends on a label, so that the codings of many cases make one table.
    """
    return [
        {
            "path": coding.path,
            "dimension": coding.dimension,
            "arrangement": coding.arrangement,
            "term": term,
            "absent": coding.nothing,
            **{name: stamps[coding.path][name] for name in ("version", "date", "codebook")},
            **origin_of(stamps[coding.path]),
        }
        for coding in codings_in(record)
        if coding.path in stamps
        for term in coding.terms
    ]


def stamp_codings(
    record: PrimitiveRecord,
    before: PrimitiveRecord | None,
    stamps: Mapping[str, CodingStamp],
    now: CodingStamp,
    turn: Turn = Turn.EDIT,
) -> dict[str, CodingStamp]:
    """Return the stamps of a record that followed on `before`; see `restamp`. Evidence of findings is made by rule."""
    stamped = restamp(list(codings_in(record)), list(codings_in(before or {})), stamps, now, turn)
    if record.get("findings") and "how" in now and stamped.get("evidence") is now:
        stamped["evidence"] = {**now, "how": Origin.RULE.value}
    return stamped
