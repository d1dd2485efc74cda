"""Tables with a row of headers: delimiter-separated text, and the sheets of workbooks.

The first row that is not empty is the header. Equal names are numbered, columns without a name are called by their
letter, and a row that does not fit the headers is refused: no cell is ever moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from django.core.files import File
from openpyxl.utils import get_column_letter

from .bounds import FileUnreadable, bounded_file, check_count, check_width, is_workbook
from .decoding import detect_encoding
from .problems import Problem, error, warning
from .rows import CellValue, FileRow, FileTable, Header, RawRow
from .separated import csv_rows as records_in_text
from .separated import sniff_dialect
from .sheets import WorkbookReader

TRUNCATED_LENGTHS = (32_766, 32_767)
"""The length at which spreadsheet programs cut texts, in characters."""


def read_table(given: BinaryIO | File, name: str, *, sheet: str = "") -> FileTable:
    """The table in a file: CSV, TSV, or a sheet of an XLSX workbook, the first visible one unless it is named.

    The file is read through once, so that `FileRefused` is raised here and not while rows are read.
    """
    file = bounded_file(given)
    if is_workbook(file, name):
        book = WorkbookReader(file)
        chosen = book.sheet(sheet)
        table = _table(lambda: book.records(chosen), _Shape(strict=False))
        return replace(table, encoding="UTF-8", dialect=f"XLSX, sheet “{chosen}”", sheets=book.sheets)
    decoding = detect_encoding(file)
    dialect = sniff_dialect(file, decoding.codec)
    table = _table(lambda: records_in_text(file, decoding.codec, dialect), _Shape(strict=True))
    notes = [decoding.note, *table.notes] if decoding.note else table.notes
    return replace(table, encoding=decoding.label, dialect=f"CSV, {dialect.label}", notes=notes)


@dataclass
class _Shape:
    """How wide rows are: in a text as wide as the header; in a sheet, cells at the end may be missing."""

    strict: bool
    header: int = 0
    width: int = 0


def _table(records: Callable[[], Iterator[RawRow]], shape: _Shape) -> FileTable:
    """Read through the records once, and return them as a table."""
    found = filter(_filled, records())
    first = next(found, None)
    if first is None:
        raise FileUnreadable(
            "The file has no header: every row is empty. Write the names of the columns in its first row."
        )
    shape.header, shape.width = first.number, len(first.cells)
    total, filled = 0, set[int]()
    unnamed = [index for index, cell in enumerate(first.cells) if _name(cell) == ""]
    for record in found:
        total += 1
        check_count(total)
        filled.update(index for index in unnamed if index < len(record.cells) and record.cells[index] is not None)
    headers, notes = _headers(first, filled)
    check_width(len(headers), "The header")

    def rows() -> Iterator[FileRow]:
        for record in filter(_filled, records()):
            if record.number > shape.header:
                yield _row(record, headers, shape)

    return FileTable(headers, rows, total, "", "", notes)


def _filled(record: RawRow) -> bool:
    return any(cell is not None for cell in record.cells) or bool(record.oddities)


def _name(cell: CellValue) -> str:
    """A header as a name: on one line, without invisible characters."""
    text = "" if cell is None else str(cell)
    return " ".join("".join(letter for letter in text if letter.isprintable() or letter.isspace()).split())


def _headers(first: RawRow, filled: set[int]) -> tuple[list[Header], list[Problem]]:
    """The columns that have a name or a value, and problems of their names."""
    headers: list[Header] = []
    notes = [
        warning(oddity.problem.message, oddity.problem.value).at(first.number, _letter(oddity.column))
        for oddity in first.oddities
    ]
    given = [_name(cell) for cell in first.cells]
    taken = set(filter(None, given))
    met: set[str] = set()
    for index, wished in enumerate(given):
        letter = _letter(index)
        if not wished and index not in filled:
            continue
        name = wished or f"column {letter}"
        if not wished or name in met:
            name = _apart(name, taken | met) if name in taken | met else name
            notes.append(_renamed(wished, name).at(first.number, letter))
        met.add(name)
        headers.append(Header(name, letter, index, wished))
    return headers, notes


def _renamed(wished: str, name: str) -> Problem:
    if not wished:
        return warning(f"This column has no header. It is called “{name}” here; write a name above it.")
    return warning(
        f"Two columns are called “{wished}”. This one is called “{name}” here; give each its own name.", wished
    )


def _apart(name: str, taken: set[str]) -> str:
    """A name that is not taken: `name (2)`, `name (3)` and so on."""
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"


def _letter(index: int) -> str:
    return get_column_letter(index + 1)


def _row(record: RawRow, headers: list[Header], shape: _Shape) -> FileRow:
    """A record as a row, refused if it does not fit the headers."""
    cells = record.cells
    misfit = _misfit(record, shape)
    if misfit:
        return FileRow(record.number, record.line, {}, (misfit,))
    names = {header.index: header.name for header in headers}
    values = {header.name: cells[header.index] if header.index < len(cells) else None for header in headers}
    problems = [
        oddity.problem.at(record.number, names[oddity.column]) for oddity in record.oddities if oddity.column in names
    ]
    problems += [_truncated(value).at(record.number, name) for name, value in values.items() if _is_truncated(value)]
    row = FileRow(record.number, record.line, values, tuple(problems))
    return replace(row, cells={}) if row.refused else row


def _misfit(record: RawRow, shape: _Shape) -> Problem | None:
    """The problem of a row that has more cells than the header, or, in a text, fewer."""
    cells = record.cells
    beyond = [index for index in range(shape.width, len(cells)) if cells[index] is not None]
    if beyond:
        what = (
            f"This row has {beyond[-1] + 1} cells under {shape.width} headers, so cells stand in the wrong columns. "
            "Look for a separator inside a text (put that text into quotation marks), or name the further columns."
        )
        return error(what, cells[beyond[0]]).at(record.number, _letter(beyond[0]))
    if shape.strict and len(cells) < shape.width:
        what = (
            f"This row has {len(cells)} cells under {shape.width} headers, so cells may stand in the wrong columns. "
            "Look for a line break inside a text, or write the separators of the empty cells at its end."
        )
        return error(what, cells[-1]).at(record.number, _letter(len(cells)))
    return None


def _is_truncated(value: CellValue) -> bool:
    """Whether a text is exactly as long as a cell of a spreadsheet can be, in UTF-16 code units."""
    if not isinstance(value, str) or not TRUNCATED_LENGTHS[0] // 2 <= len(value) <= TRUNCATED_LENGTHS[1]:
        return False
    return len(value.encode("utf-16-le", "surrogatepass")) // 2 in TRUNCATED_LENGTHS


def _truncated(value: CellValue) -> Problem:
    what = (
        "This text was probably cut by a spreadsheet program, which keeps 32,767 characters. Bring in its end as well."
    )
    return warning(what, str(value)[-50:])
