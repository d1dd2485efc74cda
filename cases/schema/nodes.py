"""What can be declared of a case: fields, blocks of them, lists of parts, facets. `schema` declares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Any


class Kind(Enum):
    """What stands in a field."""

    ADDRESS = auto()
    """The slug of the case itself."""
    TEXT = auto()
    """A few words, compared as a whole."""
    PROSE = auto()
    """Somebody's own words, compared word by word."""
    MARKDOWN = auto()
    """The same, kept to its last space, as Markdown."""
    QUOTED = auto()
    """The words of a source."""
    URL = auto()
    """An address on the web."""
    TERM = auto()
    """A term of a vocabulary."""
    TERMS = auto()
    """Several of them, without an order."""
    FLAGS = auto()
    """Several terms of a short vocabulary, each a column of its own that is true or false."""
    THING = auto()
    """A source or an organisation; `vocabulary` names the register."""
    THINGS = auto()
    """Several places, without an order."""
    YEAR = auto()
    NUMBER = auto()
    """A figure, written in groups of three."""
    CHOICE = auto()
    """A word of a short list; the model has the list."""
    ABSENCE = auto()
    """Which kind of nothing, where there is nothing."""
    FLAG = auto()
    """Yes or no."""
    PASSAGE = auto()
    """The quoted words of a source behind what stands beside it."""


SET_KINDS = (Kind.TERMS, Kind.THINGS)
PROSE_KINDS = (Kind.PROSE, Kind.MARKDOWN, Kind.QUOTED)
TEXT_KINDS = (*PROSE_KINDS, Kind.ADDRESS, Kind.TEXT, Kind.URL)


@dataclass(frozen=True)
class TableColumn:
    """A column of an export or an import: its name, and what stands in it."""

    name: str
    meaning: str


@dataclass(frozen=True)
class AbsenceOption:
    """How a case says which kind of nothing it has: `there` says in the exports where that is, `ask` what to do."""

    column: str
    there: str
    ask: str


class Placed:
    """What stands in a section of a difference and in a group of the form in the admin."""

    label: str
    section: str
    fieldset: str

    @property
    def section_name(self) -> str:
        """The section of a difference that tells of it."""
        return self.section or self.label

    @property
    def fieldset_name(self) -> str:
        """The group of the form that asks for it."""
        return self.fieldset or self.section_name


@dataclass(frozen=True)
class Field(Placed):
    """A field with a value of its own. What is empty here is as its kind usually is."""

    name: str
    kind: Kind
    label: str = ""
    """What a difference calls it; empty where its block is named after it."""
    _: KW_ONLY
    vocabulary: str = ""
    """The vocabulary or register whose slugs it holds."""
    column: str = ""
    """Of the model; of several flags, or where it is called as in the record, there is none to be named."""
    required: bool = False
    of: str = ""
    """The field beside it that it says something of; without that, it says nothing."""
    help: str = ""
    """In the API."""

    section: str = ""
    """Of a difference; its own where it names none."""
    fieldset: str = ""
    """Of the form in the admin; that of the section where it names none."""
    beside: bool = False
    """Whether the form has it in one row with the field before it."""
    form_label: str = ""
    form_help: str = ""

    cell: str = ""
    """Its column in tables; called as that of the model where it names none."""
    tables: str = ""
    """What stands in that column, where exports and imports have it alike; otherwise each says it."""
    exported: str = ""
    imported: str = ""
    further: tuple[TableColumn, ...] = ()
    """More columns of the export."""

    needed: str = ""
    """Why no case is published without it."""
    wanted: str = ""
    """Why a good record has it."""
    nothing: AbsenceOption | None = None

    since: int = 1
    """The form of records in which it came to be."""
    before: Any = None
    """What it is in a record of an older form, where that is not what its kind has for nothing."""

    @property
    def stands_in(self) -> str:
        """The column of the model."""
        return self.column or self.name

    @property
    def cells(self) -> Sequence[TableColumn]:
        """Its columns of an export."""
        meaning = self.exported or self.tables
        return [TableColumn(self.cell or self.stands_in, meaning), *self.further] if meaning else []

    @property
    def filled_by(self) -> TableColumn | None:
        """Its column of an import."""
        meaning = self.imported or self.tables
        return TableColumn(self.cell or self.stands_in, meaning) if meaning else None

    @property
    def empty(self) -> Any:
        """What a record says where there is nothing."""
        if self.kind in TEXT_KINDS:
            return ""
        return [] if self.kind in (*SET_KINDS, Kind.FLAGS) else False if self.kind is Kind.FLAG else None


@dataclass(frozen=True)
class Block(Placed):
    """Fields that stand together, as a form shows them. In a record the passages stand behind the others."""

    name: str
    label: str
    fields: tuple[Field | Block, ...]
    _: KW_ONLY
    known_by: tuple[str, ...] = ()
    """The fields without all of which there is no such block; where none is named, any of them makes one."""
    help: str = ""
    """In the API, where its serializer has no rules of its own, and so says nothing itself."""
    section: str = ""
    fieldset: str = ""
    nothing: AbsenceOption | None = None
    printed: bool = False
    """Whether the page of a case prints it as it does any judgement, and not in a way of its own."""
    since: int = 1
    before: Any = None

    @cached_property
    def in_record(self) -> Sequence[Field | Block]:
        """The fields in the order of a record."""
        return sorted(self.fields, key=lambda field: isinstance(field, Field) and field.kind is Kind.PASSAGE)

    @cached_property
    def leaves(self) -> Sequence[Field]:
        """The fields that have a value of their own, in the order of the form."""
        return [field for field in self.fields if isinstance(field, Field)]

    @property
    def core(self) -> Sequence[str]:
        """The fields of which none is given without the block."""
        required = (field.name for field in self.leaves if field.required and field.kind is not Kind.PASSAGE)
        return list(dict.fromkeys([*self.known_by, *required]))

    @property
    def empty(self) -> Any:
        return None


@dataclass(frozen=True)
class PartList(Placed):
    """A list of parts, each a row of a table of its own."""

    name: str
    label: str
    """What one of them is called."""
    plural: str
    fields: tuple[Field | Block, ...]
    _: KW_ONLY
    rows: str = ""
    """What a case calls the rows; as the record calls the parts, where it names nothing else."""
    keys: tuple[str, ...]
    """What a part is known by when other things about it change."""
    once: bool = False
    """Whether no two parts agree in their keys."""
    ordered: bool = True
    section: str = ""
    fieldset: str = ""
    exported: str = ""
    imported: str = ""
    further: tuple[TableColumn, ...] = ()
    wanted: str = ""
    nothing: AbsenceOption | None = None
    since: int = 1
    before: Any = None

    @property
    def section_name(self) -> str:
        """The section of a difference that tells of it."""
        return self.section or self.plural.capitalize()

    @property
    def stand_in(self) -> str:
        """What a case calls the rows."""
        return self.rows or self.name

    @property
    def cells(self) -> Sequence[TableColumn]:
        return [TableColumn(self.name, self.exported), *self.further] if self.exported else []

    @property
    def filled_by(self) -> TableColumn | None:
        return TableColumn(self.name, self.imported) if self.imported else None

    @property
    def empty(self) -> Any:
        return []


Node = Field | Block | PartList


@dataclass(frozen=True)
class Facet:
    """A parameter by whose values readers narrow: what it is called, and which field it asks for.

    `path` leads from a case to the values where those are no terms of that field itself.
    """

    name: str
    label: str
    of: str
    path: str = ""
    vocabulary: str = ""


# What recurs ---------------------------------------------------------------------------------------------------------


def passage_field(column: str = "passage", *, required: bool = False, imported: str = "", **more: Any) -> Field:
    """Return the field for the words that something rests on."""
    cell = {"cell": more.pop("cell", ""), "imported": imported}
    return Field("passage", Kind.PASSAGE, "passage", column=column, required=required, **cell, **more)


def basis_choice(column: str = "basis", *, required: bool = True, tables: str = "") -> Field:
    """Return the field for how a coding rests on its passage."""
    return Field(
        "basis",
        Kind.CHOICE,
        "basis",
        column=column,
        required=required,
        help="How the coding rests on its passage.",
        tables=tables,
    )


def precision(name: str, of: str, label: str) -> Field:
    return Field(
        name,
        Kind.CHOICE,
        label,
        column=f"year_{name}",
        of=of,
        tables="exact, about, by or decade",
        beside=True,
        form_label="How precisely",
    )
