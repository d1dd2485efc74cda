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
CHUNK_SIZE = 64 * 1024

MAX_FILE_BYTES = 20 * MEGABYTE
MAX_COLUMNS = 1_000
MAX_ROWS = 50_000
MAX_CELL_LENGTH = 200_000
"""Characters in one cell."""
MAX_XML_TEXT_BYTES = 2 * MEGABYTE
"""Bytes of XML without any markup: more than the longest cell can need."""
MAX_ROW_LENGTH = 2_000_000
"""Characters in one row of a text file."""

MAX_UNPACKED_BYTES = 150 * MEGABYTE
MAX_UNPACKED_PART_BYTES = 5 * MEGABYTE
"""Bytes of a part of a workbook that is read as a whole: its styles, its list of sheets."""
MAX_COMPRESSION_RATIO = 200
"""How many bytes a packed byte may become; parts smaller than a megabyte are not checked."""
MAX_ARCHIVE_MEMBERS = 1_000

STREAMED_PARTS = re.compile(r"xl/(worksheets/[^/]+|sharedStrings)\.xml$", re.IGNORECASE)
"""Parts of a workbook that are read as a stream."""

SPLIT_HINT = "Split it into several files and bring them in one after the other."
SAVE_AS_HINT = "Open it in a spreadsheet program and save it as .xlsx or as CSV (UTF-8)."

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
"""The first bytes of files that are not tables, and what they are."""

ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
XML_START = re.compile(rb"\s*<(!doctype|html|\?xml|table)\b", re.IGNORECASE)


class FileRefused(ValueError):
    """A file that is not read; the message says why, and what to do."""


class FileTooLarge(FileRefused):
    """A file that is larger than the limits."""


class FileUnreadable(FileRefused):
    """A file in an unknown format, or a broken one."""


def bounded_file(given: BinaryIO | File) -> BinaryIO:
    """The file, or a copy in memory, that can be read repeatedly and is neither empty nor too large.

    The size is checked before anything is read; a file without a size is read up to the limit.
    """
    file = cast("BinaryIO", given)
    if file.seekable():
        file.seek(0, 2)
        size, bounded = file.tell(), file
    else:
        content = file.read(MAX_FILE_BYTES + 1)
        size, bounded = len(content), BytesIO(content)
    if size > MAX_FILE_BYTES:
        raise FileTooLarge(
            f"The file is larger than {MAX_FILE_BYTES // MEGABYTE} MB, the most that is read at once. {SPLIT_HINT}"
        )
    if size == 0:
        raise FileUnreadable("The file is empty. Choose a file with a row of headers and a row for each case.")
    bounded.seek(0)
    return bounded


def file_chunks(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK_SIZE):
        yield chunk


def is_workbook(file: BinaryIO, name: str) -> bool:
    """Whether a file is a zip, as workbooks are. Raises `FileRefused` if it is neither a zip nor text."""
    file.seek(0)
    head = file.read(1024)
    for start, what in SIGNATURES:
        if head.startswith(start):
            raise FileUnreadable(f"“{PurePath(name).name}” is {what}, which is not read here. {SAVE_AS_HINT}")
    if XML_START.match(head):
        raise FileUnreadable(f"“{PurePath(name).name}” is a web page or XML, which is not read here. {SAVE_AS_HINT}")
    return head.startswith(ZIP_SIGNATURES)


def open_workbook(file: BinaryIO) -> ZipFile:
    """A workbook as an archive, after its parts were checked to be few and small enough."""
    try:
        archive = ZipFile(file)
    except (BadZipFile, OSError, ValueError, NotImplementedError) as problem:
        raise FileUnreadable(
            f"The file is damaged: it begins like a workbook but is no whole archive. {SAVE_AS_HINT}"
        ) from problem
    members = archive.infolist()
    _check_kind({member.filename for member in members}, archive)
    if len(members) > MAX_ARCHIVE_MEMBERS:
        raise FileTooLarge(
            f"The workbook has more than {MAX_ARCHIVE_MEMBERS:,} parts. Save the one sheet as CSV (UTF-8)."
        )
    for member in members:
        _check_member(member)
    if sum(member.file_size for member in members) > MAX_UNPACKED_BYTES:
        raise _unpacks_too_large()
    return archive


def _check_kind(names: set[str], archive: ZipFile) -> None:
    """Refuse an archive that is no XLSX workbook."""
    lowered = {name.lower() for name in names}
    if "xl/workbook.xml" in lowered or any(name.startswith("xl/") and name.endswith(".xml") for name in lowered):
        return
    if "xl/workbook.bin" in lowered:
        raise FileUnreadable(f"The file is a binary workbook (.xlsb), which is not read here. {SAVE_AS_HINT}")
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        raise FileUnreadable(f"The file is an OpenDocument file (.ods), which is not read here. {SAVE_AS_HINT}")
    raise FileUnreadable(
        f"The file is a zip archive, but no .xlsx workbook. Unpack it and choose one table. {SAVE_AS_HINT}"
    )


def _check_member(member: ZipInfo) -> None:
    """Refuse a part that is encrypted, or expands too much by what it declares."""
    if member.flag_bits & 0x1:
        raise FileUnreadable("The workbook is protected by a password. Save it without one.")
    if member.file_size > MEGABYTE and member.file_size > MAX_COMPRESSION_RATIO * member.compress_size:
        raise _unpacks_too_large()
    read_whole = member.filename.lower().endswith((".xml", ".rels")) and not STREAMED_PARTS.match(member.filename)
    if read_whole and member.file_size > MAX_UNPACKED_PART_BYTES:
        raise _unpacks_too_large()


def _unpacks_too_large() -> FileTooLarge:
    return FileTooLarge(
        f"The workbook becomes too large when it is unpacked (more than {MAX_UNPACKED_BYTES // MEGABYTE} MB in all, "
        f"or more than {MAX_COMPRESSION_RATIO} times its size). Save the one sheet as CSV (UTF-8), or split it."
    )


def unpack_member(archive: ZipFile, member: str) -> Iterator[bytes]:
    """The bytes of a part of a workbook. Raises `FileTooLarge` if it is larger than it declares."""
    left, plain = MAX_UNPACKED_BYTES, 0
    try:
        with archive.open(member) as part:
            while chunk := part.read(CHUNK_SIZE):
                left -= len(chunk)
                plain = 0 if b"<" in chunk else plain + len(chunk)
                if left < 0:
                    raise _unpacks_too_large()
                if plain > MAX_XML_TEXT_BYTES:
                    raise cell_too_long("The workbook")
                yield chunk
    except (BadZipFile, KeyError, EOFError, NotImplementedError, RuntimeError, OSError) as problem:
        raise FileUnreadable(
            f"The workbook is damaged: its part “{member}” cannot be unpacked. {SAVE_AS_HINT}"
        ) from problem


def check_count(rows: int) -> None:
    if rows > MAX_ROWS:
        raise FileTooLarge(f"The file has more than {MAX_ROWS:,} rows, the most that is read at once. {SPLIT_HINT}")


def check_width(columns: int, where: str) -> None:
    if columns > MAX_COLUMNS:
        raise FileTooLarge(
            f"{where} has more than {MAX_COLUMNS:,} columns, the most that is read. "
            "Keep the columns that describe a case, and check which character separates the columns."
        )


def check_cell(length: int, where: str) -> None:
    if length > MAX_CELL_LENGTH:
        raise cell_too_long(where)


def cell_too_long(where: str) -> FileTooLarge:
    return FileTooLarge(
        f"{where} has a cell of more than {MAX_CELL_LENGTH:,} characters, the most that is read. Shorten it; "
        "in a CSV, look for a quotation mark that is opened there and never closed."
    )
