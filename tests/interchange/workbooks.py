"""Workbooks for tests, whole or with parts that no program writes."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import openpyxl

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
SHEET, STRINGS, STYLES = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml"
SHARED = (
    b'<Override PartName="/xl/sharedStrings.xml" ContentType='
    b'"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>'
)


def workbook(*rows: list[Any], title: str = "Cases") -> openpyxl.Workbook:
    """A workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    return book


def file_of(book: openpyxl.Workbook) -> io.BytesIO:
    """A workbook as a file."""
    out = io.BytesIO()
    book.save(out)
    return out


def parts_of(book: openpyxl.Workbook) -> dict[str, bytes]:
    """The parts of a workbook, by their names."""
    with zipfile.ZipFile(file_of(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def archive(parts: Mapping[str, bytes]) -> bytes:
    """Parts as a zip file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name, content)
    return out.getvalue()


def altered(replaced: Mapping[str, bytes]) -> bytes:
    """A workbook of one column and one row, some of its parts replaced; the part of shared texts is declared."""
    parts = parts_of(workbook(["title"], ["One"])) | {STRINGS: xml("sst", b"<si><t>shared</t></si>")} | dict(replaced)
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", SHARED)
    return archive(parts)


def xml(root: str, content: bytes, before: bytes = b"") -> bytes:
    """A part of a workbook."""
    return b'<?xml version="1.0"?>%s<%s xmlns="%s">%s</%s>' % (
        before,
        *map(str.encode, (root, MAIN)),
        content,
        root.encode(),
    )


def sheet(rows: bytes) -> bytes:
    """The part that a sheet is."""
    return xml("worksheet", b"<sheetData>%s</sheetData>" % rows)
