"""The table of notes as a spreadsheet (XLSX): text that stays text, numbers, dates and truth values as such."""

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

from cases.formats import FORMULA

from .table import COLUMNS, Row, Value

MOST = 32_767
"""How many UTF-16 code units a cell holds; what is longer is cut, and the column `cut` says so."""

CUT = ("cut", "columns whose text was longer than a cell holds, and was cut to that")
WIDE = {"comment": 60, "words": 50, "words_now": 50, "case_title": 30, "code_labels": 30}
SECONDS = "yyyy-mm-dd hh:mm:ss"

UNPRINTABLE = re.compile("_(?=x[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")
"""What XML cannot hold, and what would be read as its escape."""

PART = re.compile("_(x[0-9A-F]{0,4})?$")
"""An escape that was cut in two."""


def write(rows: Iterable[Row], about: Mapping[str, str], out: IO[bytes]) -> None:
    """Write a workbook: the notes on its first sheet; on the second, what they are and what each column means."""
    with saved_to(out) as book:
        sheet = book.create_sheet("Annotations")
        sheet.freeze_panes = "B2"
        names = [*(column.name for column in COLUMNS), CUT[0]]
        for number, name in enumerate(names, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = WIDE.get(name, 16)
        sheet.append(heads(sheet, names))
        for row in rows:
            sheet.append(_cells(sheet, [column.read(row) for column in COLUMNS]))
        _explain(book.create_sheet("About"), about)


@contextmanager
def saved_to(out: IO[bytes]) -> Iterator[Workbook]:
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
        sheet.append([*heads(sheet, [name]), written(sheet, text)])
    sheet.append([])
    sheet.append(heads(sheet, ["column", "what stands in it"]))
    for name, meaning in (*((column.name, column.meaning) for column in COLUMNS), CUT):
        sheet.append([written(sheet, name), written(sheet, meaning)])


def heads(sheet: Any, names: Sequence[str]) -> list[Any]:
    """Return cells that head columns or lines."""
    cells = [written(sheet, name) for name in names]
    for cell in cells:
        cell.font = Font(bold=True)
    return cells


def _cells(sheet: Any, values: Sequence[Value]) -> Iterator[Any]:
    """Yield a row's cells, and at its end the names of those that were cut."""
    cut: list[str] = []
    for column, value in zip(COLUMNS, values, strict=True):
        if isinstance(value, str) and fitting(escaped(value)) != escaped(value):
            cut.append(column.name)
        yield written(sheet, value)
    yield written(sheet, ";".join(cut))


def written(sheet: Any, value: Value) -> Any:
    """Return a cell; text is marked as text, so that it is no formula, and becomes none when somebody edits it."""
    if isinstance(value, str):
        made = WriteOnlyCell(sheet, fitting(escaped(value)) or None)
        made.data_type = "s" if value else "n"
        made.quotePrefix = value.startswith(FORMULA)
    elif isinstance(value, datetime):
        made = WriteOnlyCell(sheet, value.replace(tzinfo=None))
        made.number_format = SECONDS
    else:
        made = WriteOnlyCell(sheet, value)
    return made


def fitting(text: str) -> str:
    """Return an escaped text as far as a cell holds it."""
    if len(text) * 2 <= MOST:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * MOST:
        return text
    return PART.sub("", units[: 2 * MOST].decode("utf-16-le", "ignore"))


def escaped(text: str) -> str:
    r"""Return a text without what XML cannot hold, escaped as spreadsheets do it.

    >>> escaped("a\x0bb, _x0041_")
    'a_x000B_b, _x005F_x0041_'
    """
    return UNPRINTABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
