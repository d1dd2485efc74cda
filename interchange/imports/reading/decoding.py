"""The encoding of a text file: by its byte order mark, or UTF-8 if it fits, or estimated with a warning."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, NamedTuple

from charset_normalizer import from_bytes

from .bounds import CHUNK_SIZE, FileUnreadable, file_chunks
from .problems import Problem, warning

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
ENCODING_LABELS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250 (Central Europe)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp932": "Shift JIS",
    "gb18030": "GB 18030",
    "big5": "Big5",
    "euc_kr": "EUC-KR",
}
GUESSED_CODECS = ("cp1252", "cp1250", "cp1251", "cp1253", "cp932", "gb18030", "big5", "euc_kr")
"""Encodings that spreadsheet programs write besides Unicode."""

IMPOSSIBLE_IN_A_WORD = re.compile(r"[a-z][¹³º¿¼½¾¶·£¥][a-z]", re.IGNORECASE)
"""Characters that are in no word: if decoding as Windows-1252 puts one there, the encoding is another one."""

SAMPLE_BYTES = 32 * 1024
"""Bytes that are estimated from, of the lines that are not plain ASCII."""
MIN_SAMPLE_BYTES = 256
"""With fewer bytes than these, only the commonest of the encodings is accepted."""


class DetectedEncoding(NamedTuple):
    """An encoding as Python and as people call it, with a note on it if it was estimated."""

    codec: str
    label: str
    note: Problem | None


def detect_encoding(file: BinaryIO) -> DetectedEncoding:
    """The encoding of a text file, which fits all of it. Raises `FileRefused` if there is none."""
    file.seek(0)
    head = file.read(4)
    marked = next((codec for mark, codec in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    codec = marked or _wide(file) or "utf-8"
    if can_decode(file, codec):
        return DetectedEncoding(codec, ENCODING_LABELS[codec], None)
    if codec != "utf-8":
        raise FileUnreadable(f"The file says that it is {ENCODING_LABELS[codec]}, but is not. Save it as CSV (UTF-8).")
    return _estimated(file)


def can_decode(file: BinaryIO, codec: str) -> bool:
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        for chunk in file_chunks(file):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _wide(file: BinaryIO) -> str:
    """The kind of UTF-16 of a file without a mark: every other one of its first bytes is 0."""
    file.seek(0)
    head = file.read(CHUNK_SIZE)
    head = head[: len(head) // 2 * 2]
    low, high = head[0::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half and high > half * 0.7 and not low:
        return "utf-16-le"
    return "utf-16-be" if half and low > half * 0.7 and not high else ""


def _estimated(file: BinaryIO) -> DetectedEncoding:
    sample = _telling(file)
    codec = _estimate(sample)
    if not can_decode(file, codec):
        codec = "cp1252" if can_decode(file, "cp1252") else "latin-1"
    label = ENCODING_LABELS[codec]
    note = warning(
        f"The file is not in UTF-8. It was read as {label}: look at the letters with accents, "
        "and if they are wrong, save the file as CSV (UTF-8).",
        sample[:200].decode(codec, "replace"),
    )
    return DetectedEncoding(codec, label, note)


def _telling(file: BinaryIO) -> bytes:
    """The first lines of a file that are not ASCII, with those around them."""
    found = bytearray()
    for chunk in file_chunks(file):
        for line in chunk.splitlines(keepends=True):
            if not line.isascii():
                found += line
        if len(found) >= SAMPLE_BYTES:
            break
    return bytes(found[:SAMPLE_BYTES])


def _estimate(sample: bytes) -> str:
    """The likeliest encoding: Windows-1252 if no other is likelier, or if there is little to go by."""
    if sum(byte > 0x7F for byte in sample) < 8 or len(sample) < MIN_SAMPLE_BYTES:
        return "cp1252"
    found = from_bytes(sample, cp_isolation=list(GUESSED_CODECS), steps=5, chunk_size=1024)
    best = found.best()
    equally_likely = [each for each in found if best and each.chaos == best.chaos]
    common = any("cp1252" in each.could_be_from_charset for each in equally_likely)
    if best is None or (common and not IMPOSSIBLE_IN_A_WORD.search(sample.decode("cp1252", "replace"))):
        return "cp1252"
    return best.encoding
