"""What is refused early: files that are too large, that explode, or that are something else."""

import csv
import io
import tracemalloc
import zipfile
from collections.abc import Callable

import openpyxl
import pytest

from interchange.imports.reading import bounds
from interchange.imports.reading.bounds import FileRefused, FileTooLarge, FileUnreadable
from interchange.imports.reading.files import open_table
from tests.interchange.workbooks import SHEET, STRINGS, STYLES, altered, archive, sheet, xml


def refusal(content: bytes, name: str = "cases.csv") -> FileRefused:
    """Why a file is refused."""
    with pytest.raises(FileRefused) as refused:
        open_table(io.BytesIO(content), name)
    return refused.value


class Huge(io.RawIOBase):
    """A file of 200 MB that is never to be read further than it must."""

    size = 200 * bounds.MEGABYTE

    def __init__(self, *, seekable: bool) -> None:
        self.can_seek, self.at, self.given = seekable, 0, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return self.can_seek

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (self.size if whence == 2 else 0)
        return self.at

    def tell(self) -> int:
        return self.at

    def read(self, size: int = -1) -> bytes:
        self.given += size
        assert 0 < size <= bounds.MAX_FILE_BYTES + 1
        return b"a" * size


@pytest.mark.parametrize(("seekable", "read_bytes"), [(True, 0), (False, bounds.MAX_FILE_BYTES + 1)])
def test_a_large_file_is_refused_by_its_size_or_at_the_limit(*, seekable: bool, read_bytes: int) -> None:
    huge = Huge(seekable=seekable)

    with pytest.raises(FileTooLarge, match=r"20 MB.*Split it"):
        open_table(huge, "cases.csv")  # type: ignore[arg-type]
    assert huge.given == read_bytes


@pytest.mark.parametrize(
    ("start", "what"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ".xls"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n\x1a\n", "image"),
        (b"\xff\xd8\xff\xe0", "image"),
        (b"GIF89a", "image"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b'<?xml version="1.0"?>', "XML"),
    ],
)
def test_other_formats_are_known_by_their_first_bytes(start: bytes, what: str) -> None:
    refused = refusal(start + b" and more" * 100)

    assert isinstance(refused, FileUnreadable)
    assert what in str(refused)
    assert "save it as .xlsx or as CSV" in str(refused)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (archive({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), ".ods"),
        (archive({"word/document.xml": b"<x/>"}), "no .xlsx workbook"),
        (archive({"xl/workbook.bin": b"x"}), ".xlsb"),
        (archive({"inner.zip": archive({"table": b"a,b"})}), "no .xlsx workbook"),
        (b"PK\x03\x04 and nothing else", "damaged"),
        (altered({})[:-400], "damaged"),
        (archive({"xl/workbook.xml": b"<x/>"}), "damaged"),
        (altered({SHEET: b"<worksheet"}), "damaged"),
    ],
)
def test_archives_that_are_no_workbook_are_refused(content: bytes, what: str) -> None:
    assert what in str(refusal(content, "cases.xlsx"))


def test_an_encrypted_workbook_is_refused() -> None:
    content = bytearray(altered({}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(mark, at + 1)

    assert "password" in str(refusal(bytes(content), "cases.xlsx"))


def test_a_part_that_becomes_far_larger_than_it_is_is_refused_unread() -> None:
    assert "unpacked" in str(refusal(altered({SHEET: b" " * 40 * bounds.MEGABYTE}), "cases.xlsx"))
    assert "unpacked" in str(refusal(altered({STYLES: b"<a>x</a>" * bounds.MEGABYTE}), "cases.xlsx"))


def test_many_parts_are_refused() -> None:
    many = archive({"xl/workbook.xml": b"", **{f"xl/media/{number}": b"" for number in range(1_000)}})

    assert "1,000 parts" in str(refusal(many, "cases.xlsx"))


def test_a_part_that_is_more_than_it_says_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MAX_UNPACKED_BYTES", 1_000)
    with zipfile.ZipFile(io.BytesIO(archive({"part": b"<x/>" * 1_000}))) as made, pytest.raises(FileTooLarge):
        list(bounds.unpack_member(made, "part"))


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("definitions", [BOMB, OUTSIDE])
@pytest.mark.parametrize(("part", "root"), [(SHEET, "worksheet"), (STRINGS, "sst"), (STYLES, "styleSheet")])
def test_entities_are_forbidden_in_every_part(definitions: bytes, part: str, root: str) -> None:
    assert "forbidden" in str(refusal(altered({part: xml(root, b"&a;", definitions)}), "cases.xlsx"))
    assert openpyxl.DEFUSEDXML


def test_what_a_sheet_says_of_its_rows_is_not_believed() -> None:
    rows = b'<row r="1"><c r="A1" t="str"><v>title</v></c></row><row r="1048576"><c t="str"><v>One</v></c></row>'

    assert [row.number for row in open_table(io.BytesIO(altered({SHEET: sheet(rows)})), "a.xlsx")] == [1_048_576]


def peak(work: Callable[[], object]) -> int:
    """The most memory, in bytes, that something takes while it is done."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "content",
    [
        b"," * 1_000_000 + b"\n",
        b"a,b\n" + b"1," * 1_000_000,
        b'"a\n",' + b'"x",' * 250_000,
        b"title\n" + b",\n,\n" * 10 + b",".join([b"a"] * 1_001),
    ],
)
def test_a_line_of_a_million_columns_is_refused_before_its_cells_are_made(content: bytes) -> None:
    refused: list[FileRefused] = []

    assert peak(lambda: refused.append(refusal(content))) < 12 * bounds.MEGABYTE
    assert "more than 1,000 columns" in str(refused[0])


def test_a_sheet_with_too_many_columns_is_refused() -> None:
    cells = b'<row><c r="ALM1" t="str"><v>x</v></c></row>'

    assert "more than 1,000 columns" in str(refusal(altered({SHEET: sheet(cells)}), "cases.xlsx"))


def test_many_commas_in_a_text_are_no_columns() -> None:
    (row,) = open_table(io.BytesIO(b'title,note\n"' + b"a, " * 5_000 + b'""quoted, too""",x\n'), "cases.csv")

    assert row.cells["note"] == "x"


@pytest.mark.parametrize(("rows", "read_whole"), [(50_000, True), (50_001, False)])
def test_fifty_thousand_rows_are_read(*, rows: int, read_whole: bool) -> None:
    content = b"title\n" + b"x\n" * rows
    if read_whole:
        assert len(open_table(io.BytesIO(content), "cases.csv")) == rows
    else:
        assert "more than 50,000 rows" in str(refusal(content))


@pytest.mark.parametrize(("length", "read_whole"), [(200_000, True), (200_001, False)])
def test_a_cell_has_at_most_two_hundred_thousand_characters(*, length: int, read_whole: bool) -> None:
    content = b"title,body\nOne," + b"x" * length + b"\n"
    if read_whole:
        assert [len(row.cells["body"]) for row in open_table(io.BytesIO(content), "cases.csv")] == [length]
    else:
        assert "Row 2 (line 2) has a cell of more than 200,000 characters" in str(refusal(content))


def test_a_long_cell_is_refused_in_a_workbook_and_in_a_document() -> None:
    long = b"x" * 200_001
    cell = b'<row><c t="inlineStr"><is><t>%s</t></is></c></row>' % long

    assert "200,000 characters" in str(refusal(altered({SHEET: sheet(cell)}), "cases.xlsx"))
    assert "200,000 characters" in str(refusal(b'[{"a": ["%s"]}]' % long, "cases.json"))


def test_a_quotation_mark_that_is_never_closed_is_pointed_to() -> None:
    refused = refusal(b'a,b\n1,2\n1,"two\n' + b"1,2\n" * 60_000)

    assert "begins in line 3" in str(refused) or "(line 3)" in str(refused)
    assert "quotation mark" in str(refused)


def test_the_limit_of_the_csv_module_is_never_lowered() -> None:
    before = csv.field_size_limit(5_000_000)
    try:
        open_table(io.BytesIO(b"a\n1\n"), "cases.csv")
        assert csv.field_size_limit() == 5_000_000
    finally:
        csv.field_size_limit(before)


def test_nul_is_no_text() -> None:
    assert "Line 2 holds NUL" in str(refusal(b"title\nOn\0e\n"))
