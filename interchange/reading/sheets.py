"""XLSX workbooks as records, row by row: values as a person sees them, formulas by what they gave.

Openpyxl reads which sheets there are and which numbers are dates. The sheet itself is read by `markup`: openpyxl's own
worksheet believes what a file says of its size, makes up the rows that are missing, and does not tell an empty cell
from a formula that was never worked out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any, BinaryIO, NamedTuple
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import range_boundaries
from openpyxl.utils.datetime import from_excel
from openpyxl.xml.constants import SHARED_STRINGS

from .bounds import (
    MOST_COLUMNS,
    SAVE_AS,
    FileRefused,
    TooLarge,
    Unreadable,
    check_cell,
    check_count,
    unpacked,
    workbook_in,
)
from .markup import Found, Rows, Strings
from .problems import Problem, error
from .rows import Cell, Oddity, Record

MOST_SHEET_ROWS = 1_048_576
MOST_STRINGS = 2_000_000
MOST_MERGED = 1_000
LONGEST_NUMBER = 19
"""Digits of a whole number."""

MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*?\bref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
"""How a workbook writes a character that XML cannot hold, and a low line that would be read so."""

BROKEN = (ParseError, ValueError, LookupError, TypeError, AttributeError, OSError, BadZipFile)
"""What reading a workbook runs into where its XML is not as it must be; the forbidden entities are ValueErrors, too."""

FAILED = "The formula in this cell failed. Mend it in the spreadsheet, or empty the cell, and save the file again."
UNDATED = "The cell is formatted as a date, but no date has this number. Write the date, or format it as a number."
UNWORKED = (
    "This cell holds a formula that was never worked out. Open the file in a spreadsheet program and save it, "
    "or write the value instead."
)


class Merged(NamedTuple):
    """Cells that are merged into one: columns and rows from 1, and the range as a spreadsheet writes it."""

    left: int
    top: int
    right: int
    bottom: int
    label: str

    def covered(self, row: int) -> Iterator[int]:
        """Yield the indexes of the cells of a row that another cell lies over."""
        if self.top <= row <= self.bottom:
            yield from range(self.left - (row != self.top), min(self.right, MOST_COLUMNS))


class Workbook:
    """A workbook, open for reading; `sheets` are those that a person can see, in order."""

    def __init__(self, file: BinaryIO) -> None:
        self.archive = workbook_in(file)
        self.reader: Any = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        with _whole():
            self.reader.read_manifest()
            self.reader.read_workbook()
            apply_stylesheet(self.reader.archive, self.reader.wb)
            found = [(sheet, rel) for sheet, rel in self.reader.parser.find_sheets() if "worksheet" in rel.Type]
            self.paths = {sheet.name: rel.target for sheet, rel in found if sheet.state == "visible"}
            self.strings = list(self._strings())
        styles: Any = self.reader.wb
        self.dates: set[int] = styles._date_formats  # noqa: SLF001 - openpyxl keeps nowhere else what is a date
        self.spans: set[int] = styles._timedelta_formats  # noqa: SLF001 - nor what is a span of time
        self.sheets = list(self.paths)

    def sheet(self, name: str) -> str:
        """Return the name of the sheet to read: the one asked for, or else the first."""
        if not self.sheets:
            raise Unreadable(f"The workbook has no sheet that is visible. {SAVE_AS}")
        if name and name not in self.paths:
            there = ", ".join(f"“{each}”" for each in self.sheets[:20])
            raise Unreadable(f"The workbook has no visible sheet “{name}”. Choose one of: {there}.")
        return name or self.sheets[0]

    def records(self, sheet: str) -> Iterator[Record]:
        """Yield the rows of a sheet that are not quite empty."""
        path = self.paths[sheet]
        merged = self._merged(path)
        with _whole():
            for rows, (number, cells) in enumerate(Rows().read(unpacked(self.archive, path))):
                if rows > MOST_SHEET_ROWS:
                    check_count(rows)
                if cells:
                    yield self._record(number, cells, merged)

    def _strings(self) -> Iterator[str]:
        """Yield the texts that cells share."""
        part = self.reader.package.find(SHARED_STRINGS)
        if part is None:
            return
        chunks = unpacked(self.archive, part.PartName.lstrip("/"))
        for number, text in enumerate(Strings().read(chunks)):
            if number > MOST_STRINGS:
                raise TooLarge(f"The workbook has more than {MOST_STRINGS:,} texts. Split it into several files.")
            yield text

    def _merged(self, path: str) -> list[Merged]:
        """Return the merged cells of a sheet; they stand behind its rows, and are needed before."""
        found: set[bytes] = set()
        tail = b""
        for chunk in unpacked(self.archive, path):
            text = tail + chunk
            found.update(MERGED.findall(text))
            tail = text[-200:]
            if len(found) > MOST_MERGED:
                raise TooLarge(f"The sheet has more than {MOST_MERGED:,} merged cells. Save it as CSV (UTF-8).")
        return [_range(each.decode()) for each in sorted(found)]

    def _record(self, number: int, found: list[Found], merged: list[Merged]) -> Record:
        """Return what stands in a row as its cells, in order."""
        values = {cell.column - 1: self._value(cell, number) for cell in found}
        for each in merged:
            for index in each.covered(number):
                values.setdefault(index, _lies_over(each))
        cells: list[Cell] = [None] * (max(values) + 1)
        oddities = []
        for index, value in values.items():
            if isinstance(value, Problem):
                oddities.append(Oddity(index, value))
            else:
                cells[index] = value
        return Record(number, number, cells, tuple(oddities))

    def _value(self, cell: Found, row: int) -> Cell | Problem:
        """Return what stands in a cell, or what is wrong with it."""
        if cell.kind == "e":
            return error(FAILED, cell.text)
        if not cell.text:
            return error(UNWORKED, f"={cell.formula}")
        if cell.kind in {"str", "inlineStr"}:
            return _written(cell.text, row)
        if cell.kind == "s":
            return _written(self.strings[int(cell.text)], row)
        return self._fact(cell)

    def _fact(self, cell: Found) -> Cell | Problem:
        """Return what stands in a cell that holds no text."""
        if cell.kind == "b":
            return bool(int(cell.text))
        return _moment(datetime.fromisoformat(cell.text)) if cell.kind == "d" else self._number(cell)

    def _number(self, cell: Found) -> Cell | Problem:
        """Return a number, or the date that it stands for by the format of its cell."""
        number = float(cell.text)
        if cell.style in self.dates:
            try:
                moment = from_excel(number, self.reader.wb.epoch, timedelta=cell.style in self.spans)
            except (OverflowError, ValueError):
                return error(UNDATED, cell.text)
            return _moment(moment)
        if not math.isfinite(number):
            return error(FAILED, cell.text)
        return int(cell.text) if cell.text.lstrip("-").isdecimal() and len(cell.text) < LONGEST_NUMBER else number


@contextmanager
def _whole() -> Iterator[None]:
    """Refuse a workbook in words where reading it runs into something that is missing or not as it must be."""
    try:
        yield
    except FileRefused:
        raise
    except BROKEN as problem:
        raise Unreadable(f"The workbook is damaged, or has forbidden definitions in its XML. {SAVE_AS}") from problem


def _range(label: str) -> Merged:
    left, top, right, bottom = range_boundaries(label)
    return Merged(left or 1, top or 1, right or 1, bottom or 1, label)


def _lies_over(merged: Merged) -> Problem:
    return error(
        f"The cells {merged.label} are merged, so it is not said what stands in this one. "
        "Unmerge them and write the value into each row."
    )


def _written(text: str, row: int) -> Cell:
    """Return a text as a person sees it; nothing where it is blank."""
    check_cell(len(text), f"Row {row}")
    return ESCAPED.sub(_unescaped, text) if text.strip() else None


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def _moment(value: object) -> Cell:
    """Return a date without a time as a date, a time without a date as text."""
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    return value if isinstance(value, date) else str(value)
