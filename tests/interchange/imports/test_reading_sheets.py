"""Workbooks as rows: what a person sees in the cells, and what cannot be read off them."""

import io
from datetime import date, datetime

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from interchange.imports.reading.bounds import FileUnreadable
from interchange.imports.reading.problems import ProblemSeverity
from interchange.imports.reading.rows import FileTable
from interchange.imports.reading.tables import read_table
from tests.interchange.workbooks import SHEET, STRINGS, altered, file_of, sheet, workbook, xml


def read(book: openpyxl.Workbook, *, sheet: str = "") -> FileTable:
    """The table in a workbook, as it comes from a file."""
    return read_table(file_of(book), "cases.xlsx", sheet=sheet)


def test_cells_keep_their_kind() -> None:
    found = read(
        workbook(
            ["text", "whole", "part", "yes", "day", "moment", "blank"],
            ["Café\nin Łódź", 160, 0.5, True, date(2014, 3, 1), datetime(2014, 3, 1, 9, 30), "  "],  # noqa: DTZ001 - as above
        )
    )

    assert [row.cells for row in found] == [
        {
            "text": "Café\nin Łódź",
            "whole": 160,
            "part": 0.5,
            "yes": True,
            "day": date(2014, 3, 1),
            "moment": datetime(2014, 3, 1, 9, 30),  # noqa: DTZ001 - spreadsheets know no zones
            "blank": None,
        }
    ]
    assert [type(value) for row in found for value in row.cells.values()][:6] == [
        str, int, float, bool, date, datetime,
    ]  # fmt: skip


def test_rows_are_numbered_as_they_are_shown() -> None:
    found = read(workbook([], ["title"], [], ["One"], [None], ["Two"], [None]))

    assert [(row.number, row.cells) for row in found] == [(4, {"title": "One"}), (6, {"title": "Two"})]
    assert found.total == 2


def test_headers_are_those_of_any_table() -> None:
    found = read(workbook(["name", None, "name", None], ["a", "b", "c", None]))

    assert [row.cells for row in found] == [{"name": "a", "column B": "b", "name (2)": "c"}]


def test_missing_cells_at_the_end_are_empty_and_cells_beyond_the_headers_refuse_the_row() -> None:
    rows = list(read(workbook(["a", "b"], ["1"], ["1", "2", "3"])))

    assert [(row.cells, [problem.column for problem in row.problems]) for row in rows] == [
        ({"a": "1", "b": None}, []),
        ({}, ["C"]),
    ]


def test_formulas_are_read_by_what_they_gave_and_are_told_of_where_they_gave_nothing() -> None:
    header = b'<row><c t="str"><v>sum</v></c></row>'
    rows = b"<row><c><f>1+1</f><v>2</v></c></row><row><c><f>1+1</f><v></v></c></row>"
    worked_out, not_worked_out = read_table(io.BytesIO(altered({SHEET: sheet(header + rows)})), "a.xlsx")

    assert worked_out.cells == {"sum": 2}
    assert not_worked_out.refused
    assert [(problem.row, problem.column, problem.value) for problem in not_worked_out.problems] == [(3, "sum", "=1+1")]


def test_texts_that_cells_share_are_read_without_formats_and_readings() -> None:
    strings = (
        b"<si><t>title</t></si><si><r><t>one </t></r><r><rPr><b/></rPr><t>two</t></r><rPh><t>no</t></rPh></si><si/>"
    )
    rows = b'<row><c t="s"><v>0</v></c></row><row><c t="s"><v>1</v></c></row><row><c t="s"><v>2</v></c></row>'
    found = read_table(io.BytesIO(altered({SHEET: sheet(rows), STRINGS: xml("sst", strings)})), "a.xlsx")

    assert [row.cells for row in found] == [{"title": "one two"}]


def test_a_text_that_looks_like_a_formula_is_text() -> None:
    book = workbook(["title"], ["x"])
    cell = book["Cases"]["A2"]
    cell.value, cell.data_type = "=cmd()", "s"

    assert [row.cells for row in read(book)] == [{"title": "=cmd()"}]


def test_error_cells_refuse_their_rows() -> None:
    book = workbook(["title", "note"], ["One", "#N/A"], ["Two", "fine"])

    assert [(row.refused, [problem.value for problem in row.problems]) for row in read(book)] == [
        (True, ["#N/A"]),
        (False, []),
    ]


def test_cells_under_a_merged_one_are_not_guessed() -> None:
    book = workbook(["title", "country"], ["One", "Italy"], ["Two", None], ["Three", "Spain"])
    book["Cases"].merge_cells("B2:B3")

    rows = list(read(book))
    assert [row.cells for row in rows] == [
        {"title": "One", "country": "Italy"},
        {},
        {"title": "Three", "country": "Spain"},
    ]
    (problem,) = rows[1].problems
    assert (problem.row, problem.column, problem.severity) == (3, "country", ProblemSeverity.ERROR)
    assert "B2:B3" in problem.message


def test_the_first_visible_sheet_is_read_or_the_one_that_is_named() -> None:
    book = workbook(["title"], ["hidden"], title="Secret")
    book["Secret"].sheet_state = "hidden"
    for name in ("Cases", "More"):
        sheet = book.create_sheet(name)
        sheet.append(["title"])
        sheet.append([name])
    book.active = 1

    assert [row.cells for row in read(book)] == [{"title": "Cases"}]
    assert [row.cells for row in read(book, sheet="More")] == [{"title": "More"}]
    assert read(book).sheets == ["Cases", "More"]
    with pytest.raises(FileUnreadable, match=r"“Secret”.*“Cases”, “More”"):
        read(book, sheet="Secret")


def test_characters_that_xml_cannot_hold_are_read_as_spreadsheets_write_them() -> None:
    assert [row.cells for row in read(workbook(["title"], ["a_x000D_b _x005F_x0041_"]))] == [{"title": "a\rb _x0041_"}]


def test_a_date_that_is_none_is_told_of() -> None:
    book = workbook(["day"], [99999999])
    book["Cases"]["A2"].number_format = "yyyy-mm-dd"

    (row,) = read(book)
    assert [problem.column for problem in row.problems] == ["day"]


def test_a_text_of_several_formats_is_one_text() -> None:
    assert [
        row.cells for row in read(workbook(["t"], [CellRichText("one ", TextBlock(InlineFont(b=True), "two"))]))
    ] == [{"t": "one two"}]
