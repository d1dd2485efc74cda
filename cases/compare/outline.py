"""The outline of a record: what its fields are called, which are lists, and what tells the parts of a list apart.

Pure. A test holds it against the record itself, so that no field goes uncompared.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cases.models import Absence, Basis, Claim
from cases.models.case import Precision
from cases.records import DIMENSIONS, NUMBERS, UNORDERED
from cases.serializers.case import ONCE


@dataclass(frozen=True)
class Leaf:
    """A field with a value of its own, and how that is put in words."""

    name: str
    register: str = ""
    """The vocabulary or register whose slugs it holds."""
    choices: Mapping[str, str] = field(default_factory=dict)
    prose: bool = False
    amount: bool = False
    """A number that is written in groups of three, as a year is not."""


@dataclass(frozen=True)
class Quote:
    """A passage: one thing, though its words, its source and its place are told apart."""

    name: str = "passage"


@dataclass(frozen=True)
class Block:
    """Fields that stand together."""

    name: str
    fields: Mapping[str, Node]


@dataclass(frozen=True)
class Parts:
    """A list of parts; `name` is what one of them is called, `plural` several."""

    name: str
    plural: str
    each: Block
    keys: tuple[str, ...]
    """What a part is known by when other things about it change."""
    ordered: bool
    once: bool
    """Whether no two parts agree in their keys."""

    @property
    def known_by(self) -> list[tuple[str, Node]]:
        """The fields of its keys."""
        return [(key, self.each.fields[key]) for key in self.keys]


@dataclass(frozen=True)
class Set:
    """A list of slugs that has no order; `alone` where each of them is a change of its own."""

    name: str
    plural: str
    register: str
    alone: bool = True


Node = Leaf | Quote | Block | Parts | Set

ABSENCE = {str(value): str(label) for value, label in Absence.choices}
BASIS = Leaf("basis", choices=dict(Basis.choices))
PRECISION = dict(Precision.choices)
KEYS = ONCE | {"arrangements": ("label",), "claims": ("as_stated",), "caveats": ("text",)}


def _prose(name: str) -> Leaf:
    return Leaf(name, prose=True)


def _parts(key: str, name: str, plural: str, fields: Mapping[str, Node]) -> Parts:
    return Parts(name, plural, Block(name, fields), KEYS[key], ordered=key not in UNORDERED, once=key in ONCE)


def _coding(name: str, what: str, register: str, *, absent: bool = False) -> Block:
    """Return one dimension of an arrangement: its term or terms, and what the coding rests on."""
    said = Set("", "", register, alone=False) if what == "terms" else Leaf("", register)
    nothing = {"absent": Leaf("kind of nothing", choices=ABSENCE)} if absent else {}
    return Block(name, {what: said, **nothing, "basis": BASIS, "passage": Quote()})


_AMOUNTS = dict(zip(NUMBERS, ("value", "from", "to", "out of"), strict=True))

RECORD = Block(
    "",
    {
        "slug": Leaf("Address"),
        "title": _prose("Title"),
        "kind": Leaf("Kind", "kind"),
        "summary": _prose("Summary"),
        "narrative": _prose("Narrative"),
        "eligibility": Block(
            "Verdict",
            {
                "verdict": Leaf("", "eligibility"),
                "reason": _prose("reason"),
                "since": Leaf("holds since"),
                "before": Leaf("verdict until then", "eligibility"),
                "passage": Quote(),
            },
        ),
        "democratic_quality": Block(
            "Democratic quality",
            {"judgement": Leaf("", "democratic-quality"), "reason": _prose("reason"), "passage": Quote()},
        ),
        "arrangements": _parts(
            "arrangements",
            "Arrangement",
            "arrangements",
            {
                "label": _prose("label"),
                "type": _coding("type", "term", "type"),
                "actor": _coding("co-producers", "terms", "actor"),
                "mode": _coding("mode", "terms", "mode", absent=True),
            },
        ),
        "pathways": _parts(
            "pathways",
            "Pathway",
            "pathways",
            {"pathway": Leaf("pathway", "pathway"), "basis": BASIS, "passage": Quote()},
        ),
        "sectors": Set("Sector", "sectors", "sector"),
        "places": Set("Place", "places", "places"),
        "years": Block(
            "Years",
            {
                "start": Leaf("first year"),
                "start_precision": Leaf("precision of the first year", choices=PRECISION),
                "end": Leaf("last year"),
                "end_precision": Leaf("precision of the last year", choices=PRECISION),
                "ongoing": Leaf("running when the source was written"),
                "passage": Quote(),
            },
        ),
        "evidence": Block(
            "Evidence",
            {
                "level": Leaf("level", "evidence"),
                "direction": Leaf("direction", "direction"),
                "note": _prose("note"),
                "passage": Quote(),
            },
        ),
        "claims": _parts(
            "claims",
            "Figure",
            "figures",
            {
                "as_stated": _prose("as stated"),
                "qualifier": Leaf("qualifier", choices=dict(Claim.Qualifier.choices)),
                **{key: Leaf(name, amount=True) for key, name in _AMOUNTS.items()},
                "unit": Leaf("unit"),
                "measures": _prose("what it measures"),
                "population": _prose("population"),
                "year_from": Leaf("year, or first year"),
                "year_to": Leaf("last year"),
                "source": Leaf("source", "sources"),
                "passage": Quote(),
            },
        ),
        "organisations": _parts(
            "organisations",
            "Organisation",
            "organisations",
            {"organisation": Leaf("name", "organisations"), "part": Leaf("part", "part"), "passage": Quote()},
        ),
        "sources": _parts(
            "sources", "Source", "sources", {"source": Leaf("", "sources"), "locator": Leaf("where in it")}
        ),
        "caveats": _parts(
            "caveats",
            "Caveat",
            "caveats",
            {"kind": Leaf("kind", "caveat"), "text": _prose("text"), "passage": Quote()},
        ),
        "absent": Block("", {name: Leaf(name.capitalize(), choices=ABSENCE) for name in DIMENSIONS}),
    },
)

SECTIONS: dict[str, tuple[str, ...]] = {
    "What it is": ("slug", "title", "kind", "summary"),
    "Narrative": ("narrative",),
    "Verdict": ("eligibility",),
    "Democratic quality": ("democratic_quality",),
    "Arrangements": ("arrangements",),
    "Pathways": ("pathways",),
    "Sectors": ("sectors",),
    "Places": ("places",),
    "Years": ("years",),
    "Evidence": ("evidence",),
    "Figures": ("claims",),
    "Organisations": ("organisations",),
    "Sources": ("sources",),
    "Caveats": ("caveats",),
    "Kinds of nothing": ("absent",),
}
"""The sections of a difference, with the keys of the record that each is about."""


def called(names: Sequence[str]) -> str:
    """Return the name of a field from those on the way to it; a field that its block is named after has none.

    >>> called(["Arrangement 2", "type", "basis"]), called(["Arrangement 2", "type", ""])
    ('Arrangement 2, type: basis', 'Arrangement 2, type')
    """
    *outer, last = names
    return ": ".join(filter(None, [", ".join(filter(None, outer)), last]))


def at(path: str) -> tuple[Node, str]:
    """Return the field at a path of the record, or what it is in where there is none, and its name.

    >>> at("claims[0].unit")
    (Leaf(name='unit', register='', choices={}, prose=False, amount=False), 'Figure 1: unit')
    >>> at("arrangements[1].type.basis")[1], at("eligibility.verdict")[1]
    ('Arrangement 2, type: basis', 'Verdict')
    """
    here: Node = RECORD
    names: list[str] = []
    for key, number in re.findall(r"(\w+)(?:\[(\d+)\])?", path):
        if not isinstance(here, Block) or key not in here.fields:
            break
        here = here.fields[key]
        if isinstance(here, Parts) and number:
            names.append(f"{here.name} {int(number) + 1}")
            here = here.each
        else:
            names.append(here.plural.capitalize() if isinstance(here, Parts) else here.name)
    return here, called(names or [path])


# Nothing, and what is the same ---------------------------------------------------------------------------------------

UNSAID: dict[str, Any] = {
    "start_precision": Precision.EXACT.value,
    "end_precision": Precision.EXACT.value,
    "ongoing": False,
    "absent": Absence.NOT_CODED.value,
    **dict.fromkeys(DIMENSIONS, Absence.NOT_CODED.value),
}
"""What holds, by key, where nobody says otherwise."""


def normal(value: Any, key: str = "") -> Any:
    """Return what a value under a key says: None for nothing, nothing inside, and what has no order in one."""
    if isinstance(value, Mapping):
        return {name: said for name, inner in value.items() if (said := normal(inner, name)) is not None} or None
    if isinstance(value, list | tuple):
        inner = [normal(each) for each in value]
        return (sorted(inner, key=_written) if key in UNORDERED else inner) or None
    return None if value is None or value == "" or value == UNSAID.get(key, "") else value


def _written(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def same(one: Any, other: Any, key: str = "") -> bool:
    """Tell whether two values under a key say the same."""
    return bool(one == other or normal(one, key) == normal(other, key))


def settled(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record in which every dimension without anything says its kind of nothing, and no other does."""
    said = record.get("absent") or {}
    arrangements = [
        part | {"mode": settled_mode(part["mode"])} if part.get("mode") else part
        for part in record.get("arrangements") or []
    ]
    absent = {name: absence(said.get(name), record.get(name)) for name in DIMENSIONS}
    return {**record, "absent": absent, **({"arrangements": arrangements} if arrangements else {})}


def settled_mode(mode: Mapping[str, Any]) -> dict[str, Any]:
    """Return a mode that says its kind of nothing exactly when there is none."""
    return {**mode, "absent": absence(mode.get("absent"), mode.get("terms")) or None}


def absence(said: str | None, given: Any) -> str:
    """Return which kind of nothing it is: an empty string when something is given, "not coded" when nobody said."""
    return "" if normal(given) is not None else said or Absence.NOT_CODED.value


def leaves(value: Any) -> Iterator[str]:
    """Yield everything that a value says, as texts, but for what many have in common: sources, offsets, bases."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key not in ("source", "start", "end", "basis"):
                yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    elif value is not None:
        yield str(value)
