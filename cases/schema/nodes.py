"""The classes for declaring the schema of a case: fields, blocks, lists of parts, facets. `fields` declares them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from enum import Enum, auto
from functools import cached_property
from typing import Any


class Kind(Enum):
    """What a field holds."""

    ADDRESS = auto()
    """The slug of the case itself."""
    ENTRY = auto()
    """The slug of another entry of the catalogue, by which it may no longer be found."""
    TEXT = auto()
    """A few words, compared as a whole."""
    PROSE = auto()
    """Text written by a user, compared word by word."""
    MARKDOWN = auto()
    """The same as Markdown, with its white space preserved."""
    QUOTED = auto()
    """The words of a source."""
    URL = auto()
    TERM = auto()
    """A term of a vocabulary."""
    TERMS = auto()
    """Several terms, unordered."""
    FLAGS = auto()
    """Several terms of a short vocabulary, each stored as a boolean column."""
    THING = auto()
    """A source or an organisation; `vocabulary` names the register."""
    THINGS = auto()
    """Several places, unordered."""
    YEAR = auto()
    NUMBER = auto()
    """A figure, written with thousands separators."""
    CHOICE = auto()
    """One of the model column's choices."""
    ABSENCE = auto()
    """Which kind of nothing, where there is no value."""
    FLAG = auto()
    """Yes or no."""
    PASSAGE = auto()
    """The quoted words of a source that support the fields beside it."""


SET_KINDS = (Kind.TERMS, Kind.THINGS)
PROSE_KINDS = (Kind.PROSE, Kind.MARKDOWN, Kind.QUOTED)
TEXT_KINDS = (*PROSE_KINDS, Kind.ADDRESS, Kind.ENTRY, Kind.TEXT, Kind.URL)


@dataclass(frozen=True)
class TableColumn:
    """A column of an export or an import, and what it holds."""

    name: str
    meaning: str


@dataclass(frozen=True)
class AbsenceOption:
    """The column for a kind of nothing, `there` when exports fill it, and `ask` the advice in forms."""

    column: str
    there: str
    ask: str


class Placed:
    """Anything that has a section in a difference and a fieldset in the admin form."""

    label: str
    section: str
    fieldset: str

    @property
    def section_name(self) -> str:
        return self.section or self.label

    @property
    def fieldset_name(self) -> str:
        return self.fieldset or self.section_name


@dataclass(frozen=True)
class Field(Placed):
    """A field with a single value. Attributes that are left empty follow from its kind and name."""

    name: str
    kind: Kind
    label: str = ""
    """Its name in a difference; empty if it shares the name of its block."""
    _: KW_ONLY
    vocabulary: str = ""
    """The vocabulary or register whose slugs it holds."""
    column: str = ""
    """The model column; empty for flags, and where it has the same name as the field."""
    required: bool = False
    of: str = ""
    """The field beside it that it qualifies, and without which it means nothing."""
    help: str = ""
    """The help text in the API."""

    section: str = ""
    """The section of a difference; by default its label."""
    fieldset: str = ""
    """The fieldset of the admin form; by default named like the section."""
    beside: bool = False
    """Whether it shares a row of the form with the field before it."""
    form_label: str = ""
    form_help: str = ""

    cell: str = ""
    """The name of its column in tables; by default that of the model column."""
    tables: str = ""
    """What that column holds, if this is the same in exports and imports; if not, `exported` and `imported` say it."""
    exported: str = ""
    imported: str = ""
    further: tuple[TableColumn, ...] = ()
    """Further columns of the export."""

    needed: str = ""
    """Why it is required to publish a case."""
    wanted: str = ""
    """Why it is recommended."""
    nothing: AbsenceOption | None = None

    since: int = 1
    """The form of records that introduced it."""
    before: Any = None
    """Its value in records of older forms, if that is not the empty value of its kind."""

    @property
    def stands_in(self) -> str:
        """The model column."""
        return self.column or self.name

    @property
    def cells(self) -> Sequence[TableColumn]:
        """Its columns in an export."""
        meaning = self.exported or self.tables
        return [TableColumn(self.cell or self.stands_in, meaning), *self.further] if meaning else []

    @property
    def filled_by(self) -> TableColumn | None:
        """Its column in an import."""
        meaning = self.imported or self.tables
        return TableColumn(self.cell or self.stands_in, meaning) if meaning else None

    @property
    def empty(self) -> Any:
        """Its value in a record where there is none."""
        if self.kind in TEXT_KINDS:
            return ""
        return [] if self.kind in (*SET_KINDS, Kind.FLAGS) else False if self.kind is Kind.FLAG else None


@dataclass(frozen=True)
class Block(Placed):
    """A group of fields, in the order of the form. In a record, passages come last."""

    name: str
    label: str
    fields: tuple[Field | Block, ...]
    _: KW_ONLY
    known_by: tuple[str, ...] = ()
    """The fields without which the block does not exist; by default, it exists if any of its fields has a value."""
    help: str = ""
    """The help text in the API, for a block whose serializer is generated."""
    section: str = ""
    fieldset: str = ""
    nothing: AbsenceOption | None = None
    printed: bool = False
    """Whether the page of a case prints it like any judgement, without a special template."""
    since: int = 1
    before: Any = None

    @cached_property
    def in_record(self) -> Sequence[Field | Block]:
        """The fields in the order of a record."""
        return sorted(self.fields, key=lambda field: isinstance(field, Field) and field.kind is Kind.PASSAGE)

    @property
    def is_required(self) -> bool:
        """Whether a part has to have it."""
        return self.since == 1

    @cached_property
    def leaves(self) -> Sequence[Field]:
        """The fields with a single value, in the order of the form."""
        return [field for field in self.fields if isinstance(field, Field)]

    @property
    def core(self) -> Sequence[str]:
        """The identifying and the required fields, except passages."""
        required = (field.name for field in self.leaves if field.required and field.kind is not Kind.PASSAGE)
        return list(dict.fromkeys([*self.known_by, *required]))

    @property
    def empty(self) -> Any:
        return None


@dataclass(frozen=True)
class PartList(Placed):
    """A list of parts, each stored as a row of another table."""

    name: str
    label: str
    """The name of one of them."""
    plural: str
    fields: tuple[Field | Block, ...]
    _: KW_ONLY
    rows: str = ""
    """The accessor of the rows on a case; by default the name of the list."""
    keys: tuple[str, ...]
    """The fields that identify a part when others change."""
    once: bool = False
    """Whether the keys are unique in the list."""
    ordered: bool = True
    section: str = ""
    fieldset: str = ""
    exported: str = ""
    imported: str = ""
    further: tuple[TableColumn, ...] = ()
    wanted: str = ""
    nothing: AbsenceOption | None = None
    grounds: str = ""
    """The field whose values its parts give basis and passage to, one part for each value."""
    since: int = 1
    before: Any = None

    @property
    def section_name(self) -> str:
        return self.section or self.plural.capitalize()

    @property
    def stand_in(self) -> str:
        """The accessor of the rows on a case."""
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
    """A filter offered with its values and their counts: its name, and the path `of` the field that it filters by.

    `path` is the lookup from a case to the values, if these are not the terms of the field itself.
    """

    name: str
    label: str
    of: str
    path: str = ""
    vocabulary: str = ""


# Fields that recur ---------------------------------------------------------------------------------------------------


def passage_field(column: str = "passage", *, required: bool = False, imported: str = "", **more: Any) -> Field:
    """Return the field for the passage that supports the fields beside it."""
    cell = {"cell": more.pop("cell", ""), "imported": imported}
    return Field("passage", Kind.PASSAGE, "passage", column=column, required=required, **cell, **more)


def basis_choice(column: str = "basis", *, required: bool = True, **more: Any) -> Field:
    return Field(
        "basis",
        Kind.CHOICE,
        "basis",
        column=column,
        required=required,
        help="How the coding rests on its passage.",
        **more,
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
