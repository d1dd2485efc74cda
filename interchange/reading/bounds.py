"""How large a file may be, and what is refused before it is read: other formats, empty files, archives that explode."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePath
from typing import BinaryIO, cast
from zipfile import BadZipFile, ZipFile, ZipInfo

from django.core.files import File

MEGABYTE = 1024 * 1024
CHUNK = 64 * 1024

MOST_BYTES = 20 * MEGABYTE
MOST_COLUMNS = 1_000
MOST_ROWS = 50_000
LONGEST_CELL = 200_000
"""Characters in one cell."""
LONGEST_TEXT = 2 * MEGABYTE
"""Bytes of XML without any markup: more than the longest cell can need."""
LONGEST_ROW = 2_000_000
"""Characters in one row of a text file."""

MOST_UNPACKED = 150 * MEGABYTE
MOST_UNPACKED_PART = 5 * MEGABYTE
"""Bytes of a part of a workbook that is read as a whole: its styles, its list of sheets."""
MOST_RATIO = 200
"""How many bytes a byte of a packed part may become; parts that stay below a megabyte are not asked."""
MOST_MEMBERS = 1_000

STREAMED = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml$", re.IGNORECASE)
"""Parts of a workbook that are read bit by bit."""

SPLIT = "Split it into several files and bring them in one after the other."
SAVE_AS = "Open it in a spreadsheet program and save it as .xlsx or as CSV (UTF-8)."

SIGNATURES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel file (.xls), or one protected by a password"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"II*\x00", "an image (TIFF)"),
    (b"MM\x00*", "an image (TIFF)"),
    (b"RIFF", "an image, a sound or a film (RIFF)"),
    (b"{\\rtf", "a text document (RTF)"),
    (b"\x1f\x8b", "a packed file (gzip)"),
    (b"BZh", "a packed file (bzip2)"),
    (b"\xfd7zXZ\x00", "a packed file (xz)"),
    (b"7z\xbc\xaf\x27\x1c", "a packed file (7z)"),
    (b"Rar!", "a packed file (RAR)"),
    (b"SQLite format 3\x00", "a database (SQLite)"),
    (b"PAR1", "a Parquet file"),
)
"""The first bytes of files that are no tables, and what these are."""

ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MARKUP = re.compile(rb"\s*<(!doctype|html|\?xml|table)\b", re.IGNORECASE)


class FileRefused(ValueError):
    """A file that is not read; the message says why, and what to do."""


class TooLarge(FileRefused):
    """A file with more in it than is read at once."""


class Unreadable(FileRefused):
    """A file that is not what it should be."""


def bounded(given: BinaryIO | File) -> BinaryIO:
    """Return a file that can be read from its start again and again, and is neither empty nor too large.

    One that knows its size is asked before anything is read; one that does not is read up to the limit, into memory.
    """
    file = cast("BinaryIO", given)
    if file.seekable():
        file.seek(0, 2)
        size, kept = file.tell(), file
    else:
        content = file.read(MOST_BYTES + 1)
        size, kept = len(content), BytesIO(content)
    if size > MOST_BYTES:
        raise TooLarge(f"The file is larger than {MOST_BYTES // MEGABYTE} MB, the most that is read at once. {SPLIT}")
    if size == 0:
        raise Unreadable("The file is empty. Choose a file with a row of headers and a row for each case.")
    kept.seek(0)
    return kept


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield a file's bytes from its start."""
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def is_workbook(file: BinaryIO, name: str) -> bool:
    """Return whether a file is a zip, as workbooks are; refuse what is neither a workbook nor text."""
    file.seek(0)
    head = file.read(1024)
    for start, what in SIGNATURES:
        if head.startswith(start):
            raise Unreadable(f"“{PurePath(name).name}” is {what}, which is not read here. {SAVE_AS}")
    if MARKUP.match(head):
        raise Unreadable(f"“{PurePath(name).name}” is a web page or XML, which is not read here. {SAVE_AS}")
    return head.startswith(ZIPS)


def workbook_in(file: BinaryIO) -> ZipFile:
    """Return the archive that a workbook is, once its parts are seen to be few and small enough."""
    try:
        archive = ZipFile(file)
    except (BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        raise Unreadable(
            f"The file is damaged: it begins like a workbook but is no whole archive. {SAVE_AS}"
        ) from problem
    members = archive.infolist()
    _check_kind({member.filename for member in members}, archive)
    if len(members) > MOST_MEMBERS:
        raise TooLarge(f"The workbook has more than {MOST_MEMBERS:,} parts. Save the one sheet as CSV (UTF-8).")
    for member in members:
        _check_member(member)
    if sum(member.file_size for member in members) > MOST_UNPACKED:
        raise _explodes()
    return archive


def _check_kind(names: set[str], archive: ZipFile) -> None:
    """Refuse an archive that is no XLSX workbook."""
    lowered = {name.lower() for name in names}
    if "xl/workbook.xml" in lowered or any(name.startswith("xl/") and name.endswith(".xml") for name in lowered):
        return
    if "xl/workbook.bin" in lowered:
        raise Unreadable(f"The file is a binary workbook (.xlsb), which is not read here. {SAVE_AS}")
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        raise Unreadable(f"The file is an OpenDocument file (.ods), which is not read here. {SAVE_AS}")
    raise Unreadable(f"The file is a zip archive, but no .xlsx workbook. Unpack it and choose one table. {SAVE_AS}")


def _check_member(member: ZipInfo) -> None:
    """Refuse a part that is encrypted, or declares to become far larger than it is."""
    if member.flag_bits & 0x1:
        raise Unreadable("The workbook is protected by a password. Save it without one.")
    if member.file_size > MEGABYTE and member.file_size > MOST_RATIO * member.compress_size:
        raise _explodes()
    read_whole = member.filename.lower().endswith((".xml", ".rels")) and not STREAMED.match(member.filename)
    if read_whole and member.file_size > MOST_UNPACKED_PART:
        raise _explodes()


def _explodes() -> TooLarge:
    return TooLarge(
        f"The workbook becomes too large when it is unpacked (more than {MOST_UNPACKED // MEGABYTE} MB in all, "
        f"or more than {MOST_RATIO} times its size). Save the one sheet as CSV (UTF-8), or split it."
    )


def unpacked(archive: ZipFile, member: str) -> Iterator[bytes]:
    """Yield the bytes of a part of a workbook; the sizes that it declares are held against what it is."""
    left, plain = MOST_UNPACKED, 0
    try:
        with archive.open(member) as part:
            while chunk := part.read(CHUNK):
                left -= len(chunk)
                plain = 0 if b"<" in chunk else plain + len(chunk)
                if left < 0:
                    raise _explodes()
                if plain > LONGEST_TEXT:
                    raise long_cell("The workbook")
                yield chunk
    except (BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, OSError) as problem:
        raise Unreadable(f"The workbook is damaged: its part “{member}” cannot be unpacked. {SAVE_AS}") from problem


def check_count(rows: int) -> None:
    """Refuse more rows than are read at once."""
    if rows > MOST_ROWS:
        raise TooLarge(f"The file has more than {MOST_ROWS:,} rows, the most that is read at once. {SPLIT}")


def check_width(columns: int, where: str) -> None:
    """Refuse more columns than are read."""
    if columns > MOST_COLUMNS:
        raise TooLarge(
            f"{where} has more than {MOST_COLUMNS:,} columns, the most that is read. "
            "Keep the columns that describe a case, and check which character separates the columns."
        )


def check_cell(length: int, where: str) -> None:
    """Refuse a text that has more characters than a cell may have."""
    if length > LONGEST_CELL:
        raise long_cell(where)


def long_cell(where: str) -> TooLarge:
    """Return what is said of a cell that is too long."""
    return TooLarge(
        f"{where} has a cell of more than {LONGEST_CELL:,} characters, the most that is read. Shorten it; "
        "in a CSV, look for a quotation mark that is opened there and never closed."
    )
