"""Mappings: which column is which field, what words mean, and the values that every row has."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from collections.abc import Mapping as Mapped
from dataclasses import asdict, dataclass, field
from typing import Any

from cases import schema
from cases.derived.csv_columns import CSV_COLUMNS
from interchange.models import Mapping
from taxonomy.nearest import nearest

from ..reading.bounds import FileUnreadable
from ..reading.problems import warning
from ..reading.rows import FileTable
from .fields import IMPORT_FIELDS, import_field

MAX_NAMED = 200
SIMILAR = 75
"""Of 100: how similar the name of a column must be to be suggested."""
RECORD_PIECE = re.compile(r"record \(\d+\)")
"""The further columns of a record that is too long for one cell."""

SPEC_KEYS: dict[str, type] = {
    "columns": dict,
    "values": dict,
    "constants": dict,
    "nothing": list,
}


@dataclass(frozen=True)
class MappingSpec:
    """How a table is read; `name` is also the scheme of the numbers by which its cases are known."""

    name: str
    columns: Mapped[str, list[str]] = field(default_factory=dict)
    """The fields by column."""
    values: Mapped[str, Mapped[str, str]] = field(default_factory=dict)
    """The meanings of words by column; an empty one means nothing."""
    constants: Mapped[str, str] = field(default_factory=dict)
    """Values by field, where no cell gives one."""
    nothing: list[str] = field(default_factory=list)
    """Words that mean nothing in every column."""
    own: bool = False
    """Whether this catalogue exported the table: then cases are known by their addresses."""

    @classmethod
    def of(cls, name: str, plain: Mapped[str, Any]) -> MappingSpec:
        """Read a stored spec; a column with one field may have it as a string."""
        columns = {
            str(column): [wanted] if isinstance(wanted, str) else list(wanted)
            for column, wanted in plain.get("columns", {}).items()
        }
        rest = {key: plain[key] for key in ("values", "constants", "nothing", "own") if key in plain}
        return cls(name, columns, **rest)

    def plain(self) -> dict[str, Any]:
        """The spec as it is stored."""
        return {key: value for key, value in asdict(self).items() if key != "name"}

    def fields(self) -> dict[str, list[str]]:
        """The columns by field."""
        found: dict[str, list[str]] = {}
        for column, wanted in self.columns.items():
            for name in wanted:
                found.setdefault(name, []).append(column)
        return found


def spec_mistakes(plain: Any) -> list[str]:
    if not isinstance(plain, Mapped):
        return ["Write an object with columns, values, constants and nothing."]
    found = [
        f"There is no “{key}” in a mapping; there are: {', '.join(SPEC_KEYS)}." for key in plain if key not in SPEC_KEYS
    ]
    found += [
        f"Write “{key}” as {'an object' if kind is dict else 'a list'}."
        for key, kind in SPEC_KEYS.items()
        if not isinstance(plain.get(key, kind()), kind)
    ]
    if found:
        return found
    found += [f"Write what the words of “{key}” mean as an object." for key in _flat(plain.get("values", {}))]
    named = [name for fields in MappingSpec.of("", plain).columns.values() for name in fields]
    unknown = [name for name in [*named, *plain.get("constants", {})] if not _is_field(name)]
    return found + [
        f"There is no field “{name}”; there are: {', '.join(IMPORT_FIELDS)}, organisation:PART, figure:UNIT:WHAT."
        for name in unknown
    ]


def _is_field(name: object) -> bool:
    return isinstance(name, str) and import_field(name) is not None


def _flat(values: Mapped[str, Any]) -> list[str]:
    return [key for key, meant in values.items() if not isinstance(meant, Mapped)]


OWN_TABLE = "this catalogue"
RECORD_COLUMN = "record"
OWN_COLUMNS = {column.name for column in CSV_COLUMNS} | set(IMPORT_FIELDS)
"""The columns of the catalogue's own tables and templates."""
OWN_RECORD_KEYS = frozenset(schema.RECORD_KEYS)
"""The keys of a record, without what else an export has (state, version, address)."""
DOCUMENT_KEYS = OWN_RECORD_KEYS | {
    "state",
    "registers",
    "codings",
    "version",
    "created_at",
    "updated_at",
    "published_at",
    "url",
}
"""The keys of a case as the API and the exports send it."""

PARTICIPEDIA = MappingSpec(
    "Participedia",
    columns={
        "id": ["external_id"],
        "title": ["title", "source_title"],
        "description": ["summary"],
        "body": ["narrative"],
        "url": ["source_url"],
        "city": ["place_name"],
        "province": ["place_name"],
        "country": ["place_country"],
        "latitude": ["latitude"],
        "longitude": ["longitude"],
        "start_date": ["year_start"],
        "end_date": ["year_end"],
        "ongoing": ["ongoing"],
        "primary_organizer_title": ["organisation:lead-organisation"],
        "number_of_participants_1": ["figure:people:participants"],
    },
    constants={
        "kind": "named-case",
        "source_authors": "Participedia",
        "source_container": "Participedia",
        "source_kind": "case-study",
    },
)

BUILT_IN_SPECS = {spec.name: spec for spec in (MappingSpec(OWN_TABLE, own=True), PARTICIPEDIA)}


def recognise_spec(
    headers: Collection[str], name: str = "", saved: Mapped[str, Any] | None = None
) -> MappingSpec | None:
    """The mapping called `name`, or the one that the columns are known by, if any.

    `saved` is the stored mapping with that name.
    """
    if saved is not None:
        return MappingSpec.of(name, saved)
    if name == PARTICIPEDIA.name or (not name and {"id", "title", "body", "original_language"} <= set(headers)):
        return PARTICIPEDIA
    if name == OWN_TABLE or (not name and _is_own(set(headers))):
        return MappingSpec(OWN_TABLE, {header: [header] for header in headers if header in IMPORT_FIELDS}, own=True)
    return None


def _is_own(headers: set[str]) -> bool:
    if RECORD_COLUMN in headers:
        return True
    return bool(headers & {"slug", "title"}) and (headers <= OWN_COLUMNS or headers <= DOCUMENT_KEYS)


def choose_spec(table: FileTable, name: str = "") -> MappingSpec:
    """The mapping with this name, or the one that the columns are known by.

    Columns that it does not read are noted. Raises `FileRefused` if there is no such mapping, or if none is named and
    the columns are unknown.
    """
    saved = Mapping.objects.filter(name=name).first() if name else None
    headers = [header.name for header in table.headers]
    if name and saved is None and name not in BUILT_IN_SPECS:
        there = ", ".join([*BUILT_IN_SPECS, *Mapping.objects.values_list("name", flat=True)])
        raise FileUnreadable(f"There is no mapping “{name}”; there are: {there}.")
    found = recognise_spec(headers, name, saved.spec if saved else None)
    if found is None:
        unknown = with_suggestions([header for header in headers if header not in OWN_COLUMNS], OWN_COLUMNS)
        raise FileUnreadable(
            f"These columns are not known here: {unknown}. Correct them, or make a mapping for them in the admin, and "
            "choose it."
        )
    known = OWN_COLUMNS | DOCUMENT_KEYS if found.own else set(found.columns)
    missing = [column for column in found.columns if column not in headers]
    left = [header for header in headers if header not in known and not RECORD_PIECE.fullmatch(header)]
    if left:
        named = with_suggestions(left, known if found.own else missing)
        table.notes.append(warning(f"These columns have no field here and are left out: {named}."))
    if missing and found.name not in BUILT_IN_SPECS:
        named = with_suggestions(missing, left)
        table.notes.append(warning(f"The mapping names columns that the file does not have: {named}."))
    return found


def with_suggestions(names: Sequence[str], known: Collection[str]) -> str:
    """Names of columns, each with the one that may be meant: “sumary (summary?)”."""
    near = {name: next(iter(nearest(name, sorted(known), most=1, alike=SIMILAR)), "") for name in names[:MAX_NAMED]}
    named = ", ".join(f"{name} ({meant}?)" if meant else name for name, meant in near.items())
    return f"{named} and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else named
