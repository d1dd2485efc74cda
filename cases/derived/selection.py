"""Which columns of the table, or keys of a document, are sent, and the labels of slugs beside them.

The parameters `fields` and `labels` ask for it, in every format:

- `fields=slug,title,sectors` names what is sent, in this order; `fields=-record` leaves something out.
- `sectors_labels` is the column, or key, with the words for the slugs of `sectors`; `kind_label` those of the single
  slug of `kind`. `labels=yes` puts all of them beside their slugs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
from django_countries import countries

from taxonomy.nearest import nearest

from .. import schema
from ..models import Absence
from ..record.labels import RecordLabels
from ..schema.nodes import SET_KINDS, Block, Field, Kind, Node, PartList
from .csv_columns import CSV_COLUMNS, CSV_WRITER, csv_cell, join_texts
from .representations import insert_origin

MAX_FIELDS_LENGTH = 2_000
DECODER = msgspec.json.Decoder()
ENCODER = msgspec.json.Encoder()


class UnknownField(ValueError):
    """A field that is not there; the message names it, and the nearest."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        known = list(known)
        near = nearest(name[:60], known)
        hint = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}."
        shown = "".join(letter for letter in name[:60] if letter.isprintable())
        super().__init__(f"There is no field “{shown}” here. {hint}")


def chosen_names(wanted: str, plain: Sequence[str], labelled: Mapping[str, str], *, labels: bool) -> list[str]:
    """Return the names that `fields` asks for; `labelled` has the name of the labels by name of the slugs.

    >>> chosen_names("-b", ["a", "b"], {"a": "a_label"}, labels=True)
    ['a', 'a_label']
    >>> chosen_names("a_label,b", ["a", "b"], {"a": "a_label"}, labels=False)
    ['a_label', 'b']
    """
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    known = {*plain, *labelled.values()}
    for name in names:
        if name.removeprefix("-") not in known:
            raise UnknownField(name.removeprefix("-"), [*plain, *labelled.values()])
    left_out = {name[1:] for name in names if name.startswith("-")}
    chosen = [name for name in names if not name.startswith("-")] or plain
    beside = (each for name in chosen for each in ([name, labelled.get(name, "")] if labels else [name]))
    return [name for name in dict.fromkeys(beside) if name and name not in left_out]


# The table -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChosenColumn:
    """A column that is sent: where its slugs or its text stand in a line, and how to put the slugs in words."""

    name: str
    meaning: str
    type: str
    place: int
    vocabulary: str = ""
    """The vocabulary of the slugs, if their labels are sent."""


class TableSelection:
    """The columns of the table that are sent."""

    def __init__(self, wanted: str = "", *, labels: bool = False) -> None:
        labelled = {column.name: column.labelled for column in CSV_COLUMNS if column.vocabulary}
        names = chosen_names(wanted, [column.name for column in CSV_COLUMNS], labelled, labels=labels)
        self.columns = [KNOWN_COLUMNS[name] for name in names]

    @property
    def is_whole(self) -> bool:
        """Whether it is the whole table as it is kept."""
        return [column.place for column in self.columns] == list(range(len(CSV_COLUMNS))) and not self.has_labels

    @cached_property
    def has_labels(self) -> bool:
        return any(column.vocabulary for column in self.columns)

    def select(self, lines: Sequence[Sequence[str]]) -> Iterator[list[str]]:
        """Yield the chosen cells of some lines of the table."""
        words = self._words(lines) if self.has_labels else None
        for cells in lines:
            yield [
                str(csv_cell(words(column.vocabulary, cells[column.place])))
                if words and column.vocabulary
                else cells[column.place]
                for column in self.columns
            ]

    def _words(self, lines: Sequence[Sequence[str]]) -> Callable[[str, str], str]:
        place = KNOWN_COLUMNS["sources"].place
        cited = [{"source": slug} for cells in lines for slug in cells[place].split(";") if slug]
        labels = table_labels(cited if any(column.vocabulary == "sources" for column in self.columns) else [])
        return lambda vocabulary, cell: join_texts(
            labels.get(vocabulary, {}).get(slug, slug) for slug in cell.split(";") if slug
        )

    def header(self) -> str:
        return str(CSV_WRITER.writerow([column.name for column in self.columns]))


def table_labels(cited: Sequence[Mapping[str, str]]) -> Mapping[str, Mapping[str, str]]:
    """Return the labels by slug of every vocabulary, of kinds of nothing, countries, and these sources."""
    found = RecordLabels.of(*cited).labels
    return found | {"absence": dict(Absence.choices), "country": dict(countries)}


def _known_columns() -> Iterator[ChosenColumn]:
    for place, column in enumerate(CSV_COLUMNS):
        yield ChosenColumn(column.name, column.meaning, column.type, place)
        if column.vocabulary:
            yield ChosenColumn(
                column.labelled, f"the same in words: {column.meaning}", "text", place, column.vocabulary
            )


KNOWN_COLUMNS: Mapping[str, ChosenColumn] = {column.name: column for column in _known_columns()}
"""Every column that can be sent, by name; those with labels are sent only where they are asked for."""


# Documents -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LabelledKey:
    """A key of a document that holds slugs: the name of the labels, their register, and how the slugs are read."""

    name: str
    register: str
    slugs: Callable[[Any], Any]
    """From the value of the key: a slug, or a list of them."""


def _labelled_keys(node: Node) -> Iterator[tuple[str, LabelledKey]]:
    match node:
        case Field(kind=Kind.TERM):
            yield node.name, LabelledKey(f"{node.name}_label", node.vocabulary, lambda value: value)
        case Field() if node.kind in SET_KINDS:
            yield node.name, LabelledKey(f"{node.name}_labels", node.vocabulary, lambda value: value)
        case Block():
            term = next((field for field in node.leaves if field.kind is Kind.TERM), None)
            if term:
                yield node.name, LabelledKey(f"{node.name}_label", term.vocabulary, _reader(term.name))
        case PartList(fields=(Field(kind=Kind.TERM | Kind.THING) as first, *_)):
            read = _reader(first.name)
            yield (
                node.name,
                LabelledKey(f"{node.name}_labels", first.vocabulary, lambda parts: [read(part) for part in parts]),
            )


def _reader(name: str) -> Callable[[Any], Any]:
    return lambda part: part and part[name]


LABELLED_KEYS: Mapping[str, LabelledKey] = dict(pair for node in schema.RECORD for pair in _labelled_keys(node))
"""By key of a document: what its labels are called, and where they come from."""


class DocumentSelection:
    """The keys of a document that are sent. `keys` are those that it has."""

    def __init__(self, keys: Sequence[str], wanted: str = "", *, labels: bool = False) -> None:
        labelled = {name: key.name for name, key in LABELLED_KEYS.items() if name in keys}
        names = chosen_names(wanted, keys, labelled, labels=labels)
        self.names = names
        self.is_whole = names == list(keys)
        self.labelled = [name for name in labelled if labelled[name] in names]

    def select(self, documents: Sequence[bytes]) -> list[bytes]:
        """Return some documents with the chosen keys alone; sources, organisations and places are labelled by name."""
        if self.is_whole:
            return list(documents)
        decoded = [DECODER.decode(insert_origin(document)) for document in documents]
        labels = RecordLabels.of(*decoded) if self.labelled else RecordLabels()
        for document in decoded:
            for name in self.labelled:
                key = LABELLED_KEYS[name]
                document[key.name] = _in_words(labels, key, key.slugs(document[name]))
        return [ENCODER.encode({name: document[name] for name in self.names}) for document in decoded]


def _in_words(labels: RecordLabels, key: LabelledKey, slugs: Any) -> Any:
    if isinstance(slugs, list):
        return [labels.of_slug(key.register, slug) for slug in slugs]
    return slugs and labels.of_slug(key.register, slugs)
