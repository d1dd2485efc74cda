"""Cases as a spreadsheet (XLSX): the table of the CSV, with long texts in as many columns as they need."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any

from openpyxl.utils import get_column_letter

from cases.derived.selection import ChosenColumn

from ..imports.reading.texts import without_apostrophe
from .sheet import SheetLink, header_cells, make_cell, workbook_saved_to
from .table import NoteValue

TEXT_PER_CELL = 15_000
"""Characters of a text in one cell: even when escaped, fewer than the 32,767 that a cell can have."""

CASE_COLUMN_WIDTHS = {"title": 40, "summary": 60, "eligibility_reason": 40, "arrangements": 50, "record": 12}

LONG_TEXTS_HELP = (
    "A text that is longer than a cell holds goes on in further columns: record (2), record (3). To import the table "
    "again, edit title, kind, summary, the verdict, sectors, places, years, evidence, sources or a kind of nothing in "
    "their own columns; what differs from the record counts. The other columns are for reading only."
)

XLSX_MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

TEMPLATE_HELP = (
    "Fill in the sheet “Cases”, a row for each case; only title and kind are needed. Terms are given by slug or label. "
    "Years, evidence and figures rest on the words of a source: give one, and the words. What comes in is a draft."
)

RowsFactory = Callable[[], Iterable[list[str]]]


def write_cases_workbook(
    columns: Sequence[ChosenColumn], rows: RowsFactory, about: Mapping[str, str], out: IO[bytes]
) -> None:
    """Write a workbook of cases; `rows` is called twice, and gives the cells of each by `columns`."""
    names = [column.name for column in columns]
    pieces = Counter[str]()
    for row in rows():
        for name, text in zip(names, row, strict=True):
            if len(text) > TEXT_PER_CELL * max(1, pieces[name]):
                pieces[name] = -(-len(text) // TEXT_PER_CELL)
    with workbook_saved_to(out) as book:
        sheet = book.create_sheet("Cases")
        sheet.freeze_panes = "C2"
        titles = [title for name in names for title in _titles(name, pieces[name])]
        for number, title in enumerate(titles, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = CASE_COLUMN_WIDTHS.get(title, 16)
        sheet.append(header_cells(sheet, titles))
        for number, row in enumerate(rows()):
            cells = zip(columns, row, strict=True)
            values = (value for column, text in cells for value in _values(column, text, pieces))
            sheet.append([make_cell(sheet, value, link=number < MAX_LINKS) for value in values])
        meanings = [(column.name, f"{column.meaning} ({column.type})") for column in columns]
        write_about_sheet(book, {**about, "long texts": LONG_TEXTS_HELP}, meanings)


def _titles(name: str, pieces: int) -> Iterator[str]:
    yield name
    for number in range(2, pieces + 1):
        yield f"{name} ({number})"


MAX_LINKS = 10_000
"""Rows whose address is a link: Excel opens 65,530 in a sheet, and the library holds them all in memory."""

READERS: Mapping[str, Callable[[str], NoteValue]] = {
    "integer": int,
    "boolean": lambda text: text == "true",
    "datetime": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    "url": SheetLink,
}
"""By type of a column: how its text becomes what a spreadsheet reckons with."""


def _values(column: ChosenColumn, text: str, pieces: Mapping[str, int]) -> Iterator[NoteValue]:
    """The cells of a column: a text in pieces, or a number, moment, truth value or link."""
    if column.type in READERS:
        yield READERS[column.type](text) if text else None
        return
    text = without_apostrophe(text)
    for number in range(max(1, pieces[column.name])):
        yield text[number * TEXT_PER_CELL : (number + 1) * TEXT_PER_CELL]


def write_about_sheet(book: Any, about: Mapping[str, str], meanings: Sequence[tuple[str, str]]) -> None:
    """Write a sheet that explains the workbook and its columns."""
    sheet = book.create_sheet("About")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 26, 110
    for name, text in about.items():
        sheet.append([*header_cells(sheet, [name]), make_cell(sheet, text)])
    sheet.append([])
    sheet.append(header_cells(sheet, ["column", "what stands in it"]))
    for name, meaning in meanings:
        sheet.append([make_cell(sheet, name), make_cell(sheet, meaning)])


def write_template(columns: Sequence[tuple[str, str]], words: Mapping[str, Sequence[str]], out: IO[bytes]) -> None:
    """Write an empty table with its columns, their meanings, and the words that each may have."""
    with workbook_saved_to(out) as book:
        sheet = book.create_sheet("Cases")
        sheet.freeze_panes = "A2"
        for number, (name, _) in enumerate(columns, start=1):
            sheet.column_dimensions[get_column_letter(number)].width = CASE_COLUMN_WIDTHS.get(name, 18)
        sheet.append(header_cells(sheet, [name for name, _ in columns]))
        write_about_sheet(book, {"how": TEMPLATE_HELP}, columns)
        listed = book.create_sheet("Words")
        listed.append(header_cells(listed, list(words)))
        for number in range(max(map(len, words.values()), default=0)):
            listed.append([make_cell(listed, each[number] if number < len(each) else "") for each in words.values()])
