"""XLSX workbooks as records, row by row: values as a person sees them, formulas by their results.

Openpyxl finds the sheets, and which numbers are dates. The sheet itself is read by `markup`: openpyxl's own worksheet
trusts the size that a file declares, makes up missing rows, and does not distinguish an empty cell from a formula
without a result.
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
    MAX_COLUMNS,
    SAVE_AS_HINT,
    FileRefused,
    FileTooLarge,
    FileUnreadable,
    check_cell,
    check_count,
    open_workbook,
    unpack_member,
)
from .markup import SharedStrings, SheetCell, SheetRows
from .problems import Problem, error
from .rows import CellProblem, CellValue, RawRow

MAX_SHEET_ROWS = 1_048_576
MAX_SHARED_STRINGS = 2_000_000
MAX_MERGED_CELLS = 1_000
MAX_SHEET_DIGITS = 19
"""Digits of a whole number."""

MERGED_CELL = re.compile(rb'<(?:\w+:)?mergeCell\s[^<>]*?\bref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
ESCAPED_CHARACTER = re.compile("_x([0-9A-Fa-f]{4})_")
"""How a workbook escapes a character that XML cannot contain, and an underscore that looks like such an escape."""

BROKEN_WORKBOOK_ERRORS = (ParseError, ValueError, LookupError, TypeError, AttributeError, OSError, BadZipFile)
"""What reading a workbook with broken XML can raise; forbidden entities are ValueErrors, too."""

FORMULA_FAILED = (
    "The formula in this cell failed. Mend it in the spreadsheet, or empty the cell, and save the file again."
)
INVALID_DATE_NUMBER = (
    "The cell is formatted as a date, but no date has this number. Write the date, or format it as a number."
)
FORMULA_NOT_CALCULATED = (
    "This cell holds a formula that was never worked out. Open the file in a spreadsheet program and save it, "
    "or write the value instead."
)


class MergedCells(NamedTuple):
    """Merged cells: columns and rows from 1, and the range as a spreadsheet writes it."""

    left: int
    top: int
    right: int
    bottom: int
    label: str

    def covered(self, row: int) -> Iterator[int]:
        """The indexes of the cells of a row that a merged cell covers."""
        if self.top <= row <= self.bottom:
            yield from range(self.left - (row != self.top), min(self.right, MAX_COLUMNS))


class WorkbookReader:
    """An open workbook; `sheets` are the visible ones, in order."""

    def __init__(self, file: BinaryIO) -> None:
        self.archive = open_workbook(file)
        self.reader: Any = ExcelReader(file, read_only=True, data_only=True, keep_links=False)
        with _damage_refused():
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
        """The name of the sheet to read: the one asked for, or the first."""
        if not self.sheets:
            raise FileUnreadable(f"The workbook has no sheet that is visible. {SAVE_AS_HINT}")
        if name and name not in self.paths:
            there = ", ".join(f"“{each}”" for each in self.sheets[:20])
            raise FileUnreadable(f"The workbook has no visible sheet “{name}”. Choose one of: {there}.")
        return name or self.sheets[0]

    def records(self, sheet: str) -> Iterator[RawRow]:
        """The rows of a sheet that are not empty."""
        path = self.paths[sheet]
        merged = self._merged(path)
        with _damage_refused():
            for rows, (number, cells) in enumerate(SheetRows().read(unpack_member(self.archive, path))):
                if rows > MAX_SHEET_ROWS:
                    check_count(rows)
                if cells:
                    yield self._record(number, cells, merged)

    def _strings(self) -> Iterator[str]:
        part = self.reader.package.find(SHARED_STRINGS)
        if part is None:
            return
        chunks = unpack_member(self.archive, part.PartName.lstrip("/"))
        for number, text in enumerate(SharedStrings().read(chunks)):
            if number > MAX_SHARED_STRINGS:
                raise FileTooLarge(
                    f"The workbook has more than {MAX_SHARED_STRINGS:,} texts. Split it into several files."
                )
            yield text

    def _merged(self, path: str) -> list[MergedCells]:
        """The merged cells of a sheet, which come after its rows but are needed before."""
        found: set[bytes] = set()
        tail = b""
        for chunk in unpack_member(self.archive, path):
            text = tail + chunk
            found.update(MERGED_CELL.findall(text))
            tail = text[-200:]
            if len(found) > MAX_MERGED_CELLS:
                raise FileTooLarge(
                    f"The sheet has more than {MAX_MERGED_CELLS:,} merged cells. Save it as CSV (UTF-8)."
                )
        return [_range(each.decode()) for each in sorted(found)]

    def _record(self, number: int, found: list[SheetCell], merged: list[MergedCells]) -> RawRow:
        """The values of a row in the order of its columns."""
        values = {cell.column - 1: self._value(cell, number) for cell in found}
        for each in merged:
            for index in each.covered(number):
                values.setdefault(index, _lies_over(each))
        cells: list[CellValue] = [None] * (max(values) + 1)
        oddities = []
        for index, value in values.items():
            if isinstance(value, Problem):
                oddities.append(CellProblem(index, value))
            else:
                cells[index] = value
        return RawRow(number, number, cells, tuple(oddities))

    def _value(self, cell: SheetCell, row: int) -> CellValue | Problem:
        """The value of a cell, or what is wrong with it."""
        if cell.kind == "e":
            return error(FORMULA_FAILED, cell.text)
        if not cell.text:
            return error(FORMULA_NOT_CALCULATED, f"={cell.formula}")
        if cell.kind in {"str", "inlineStr"}:
            return _written(cell.text, row)
        if cell.kind == "s":
            return _written(self.strings[int(cell.text)], row)
        return self._fact(cell)

    def _fact(self, cell: SheetCell) -> CellValue | Problem:
        """The value of a cell that is not a text."""
        if cell.kind == "b":
            return bool(int(cell.text))
        return _moment(datetime.fromisoformat(cell.text)) if cell.kind == "d" else self._number(cell)

    def _number(self, cell: SheetCell) -> CellValue | Problem:
        """A number, or the date that it means by the format of its cell."""
        number = float(cell.text)
        if cell.style in self.dates:
            try:
                moment = from_excel(number, self.reader.wb.epoch, timedelta=cell.style in self.spans)
            except (OverflowError, ValueError):
                return error(INVALID_DATE_NUMBER, cell.text)
            return _moment(moment)
        if not math.isfinite(number):
            return error(FORMULA_FAILED, cell.text)
        return int(cell.text) if cell.text.lstrip("-").isdecimal() and len(cell.text) < MAX_SHEET_DIGITS else number


@contextmanager
def _damage_refused() -> Iterator[None]:
    """Turn errors from a broken workbook into a `FileRefused`."""
    try:
        yield
    except FileRefused:
        raise
    except BROKEN_WORKBOOK_ERRORS as problem:
        raise FileUnreadable(
            f"The workbook is damaged, or has forbidden definitions in its XML. {SAVE_AS_HINT}"
        ) from problem


def _range(label: str) -> MergedCells:
    left, top, right, bottom = range_boundaries(label)
    return MergedCells(left or 1, top or 1, right or 1, bottom or 1, label)


def _lies_over(merged: MergedCells) -> Problem:
    return error(
        f"The cells {merged.label} are merged, so it is not said what stands in this one. "
        "Unmerge them and write the value into each row."
    )


def _written(text: str, row: int) -> CellValue:
    """A text as a person sees it; None if it is blank."""
    check_cell(len(text), f"Row {row}")
    return ESCAPED_CHARACTER.sub(_unescaped, text) if text.strip() else None


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16)
    return found[0] if 0xD800 <= code <= 0xDFFF else chr(code)


def _moment(value: object) -> CellValue:
    """A date without a time as a date, a time without a date as text."""
    if isinstance(value, datetime):
        return value.date() if value.time() == time() else value
    return value if isinstance(value, date) else str(value)
