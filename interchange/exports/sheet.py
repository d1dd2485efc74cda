"""The table of notes as a spreadsheet (XLSX): text that stays text; numbers, dates and truth values as such."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from cases.derived.csv_columns import FORMULA_STARTS

from .table import NOTE_COLUMNS, NoteTableRow, NoteValue

MAX_CELL_UNITS = 32_767
"""The UTF-16 code units in a cell; a longer text is cut, and named in the column `cut`."""

CUT_COLUMN = ("cut", "columns whose text was longer than a cell holds, and was cut to that")
NOTE_COLUMN_WIDTHS = {"comment": 60, "words": 50, "words_now": 50, "case_title": 30, "code_labels": 30}
DATETIME_FORMAT = "yyyy-mm-dd hh:mm:ss"

INVALID_IN_CELL = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
"""What XML does not allow, and what would be read as an escape."""

CUT_ESCAPE = re.compile("_(x[0-9A-F]{0,4})?$")
"""An escape that was cut in two."""


class SheetLink(str):
    """An address that a spreadsheet opens."""

    __slots__ = ()


def write_notes_workbook(rows: Iterable[NoteTableRow], about: Mapping[str, str], out: IO[bytes]) -> None:
    """Write a workbook: the notes on the first sheet; on the second, what they are and what each column means."""
    with workbook_saved_to(out) as book:
        sheet = book.create_sheet("Annotations")
        sheet.freeze_panes = "B2"
        names = [*(column.name for column in NOTE_COLUMNS), CUT_COLUMN[0]]
        for number, name in enumerate(names, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = NOTE_COLUMN_WIDTHS.get(name, 16)
        sheet.append(header_cells(sheet, names))
        for row in rows:
            sheet.append(_cells(sheet, [column.read(row) for column in NOTE_COLUMNS]))
        _explain(book.create_sheet("About"), about)


@contextmanager
def workbook_saved_to(out: IO[bytes]) -> Iterator[Workbook]:
    """Give an empty workbook, and save it in the end. Where filling it fails, it is saved to nowhere: only so are the
    temporary files of its sheets closed and removed.
    """
    book = Workbook(write_only=True)
    try:
        yield book
    except BaseException:
        book.save(io.BytesIO())
        raise
    book.save(out)


def _explain(sheet: Any, about: Mapping[str, str]) -> None:
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 20, 100
    for name, text in about.items():
        sheet.append([*header_cells(sheet, [name]), make_cell(sheet, text)])
    sheet.append([])
    sheet.append(header_cells(sheet, ["column", "what stands in it"]))
    for name, meaning in (*((column.name, column.meaning) for column in NOTE_COLUMNS), CUT_COLUMN):
        sheet.append([make_cell(sheet, name), make_cell(sheet, meaning)])


def header_cells(sheet: Any, names: Sequence[str]) -> list[Any]:
    """Cells in bold."""
    cells = [make_cell(sheet, name) for name in names]
    for cell in cells:
        cell.font = Font(bold=True)
    return cells


def _cells(sheet: Any, values: Sequence[NoteValue]) -> Iterator[Any]:
    """The cells of a row, the last with the names of those that were cut."""
    cut: list[str] = []
    for column, value in zip(NOTE_COLUMNS, values, strict=True):
        if isinstance(value, str) and fit_cell(escape_cell(value)) != escape_cell(value):
            cut.append(column.name)
        yield make_cell(sheet, value)
    yield make_cell(sheet, ";".join(cut))


def make_cell(sheet: Any, value: NoteValue, *, link: bool = True) -> Any:
    """A cell; text is marked as text, so that it neither is nor becomes a formula when somebody edits it."""
    if isinstance(value, str):
        made = WriteOnlyCell(sheet, fit_cell(escape_cell(value)) or None)
        made.data_type = "s" if value else "n"
        made.quotePrefix = value.startswith(FORMULA_STARTS)
        if link and isinstance(value, SheetLink):
            made.hyperlink = str(value)
    elif isinstance(value, datetime):
        made = WriteOnlyCell(sheet, value.replace(tzinfo=None))
        made.number_format = DATETIME_FORMAT
    else:
        made = WriteOnlyCell(sheet, value)
    return made


def fit_cell(text: str) -> str:
    """An escaped text, cut to the length of a cell."""
    if len(text) * 2 <= MAX_CELL_UNITS:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MAX_CELL_UNITS:
        return text
    return CUT_ESCAPE.sub("", units[: 2 * MAX_CELL_UNITS].decode("utf-16-le", "ignore"))


def escape_cell(text: str) -> str:
    r"""A text with what XML does not allow escaped as spreadsheets do it.

    >>> escape_cell("a\x0bb, _x0041_")
    'a_x000B_b, _x005F_x0041_'
    """
    return INVALID_IN_CELL.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
