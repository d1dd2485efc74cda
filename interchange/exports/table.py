"""Notes as a flat table: its columns, and its text as CSV (RFC 4180)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from annotations.models import Placement, note_iri
from annotations.query.flat import FlatNote
from annotations.records import term_code
from cases.derived.csv_columns import CSV_WRITER, csv_cell, join_texts

NoteValue = str | int | bool | datetime | None


class NoteTableRow(NamedTuple):
    """A note, and the text of its case's narrative where its words were changed; empty if not to be seen."""

    note: FlatNote
    text: str


@dataclass(frozen=True)
class NoteColumn:
    """A column: its name, its meaning, and how its value is taken from a row."""

    name: str
    meaning: str
    read: Callable[[NoteTableRow], NoteValue]


def author_name(*names: str | None) -> str:
    """The first name of an author, such as the one shown and the user name, that cannot be an e-mail address."""
    return next((name for name in names if name and "@" not in name), "")


def target_kind(note: FlatNote) -> str:
    """What a note is on: a passage, a case as a whole, another note, or something elsewhere."""
    if note.thread:
        return "reply"
    if note.exact:
        return "passage"
    return "case" if note.case else "elsewhere"


def join_tags(tags: Iterable[str]) -> str:
    r"""Tags in one cell, separated by semicolons; one inside a tag gets a backslash.

    >>> join_tags(["trust", "now; later"])
    'trust;now\\; later'
    """
    return ";".join(tag.replace("\\", "\\\\").replace(";", "\\;") for tag in tags)


def words_now(row: NoteTableRow) -> str:
    """The words at the offsets of a note, if they differ from the quoted ones."""
    note = row.note
    if note.placement != Placement.CHANGED or note.start is None or note.end is None:
        return ""
    return row.text[note.start : note.end]


def in_utc(moment: datetime | None) -> datetime | None:
    return moment and moment.astimezone(UTC).replace(microsecond=0)


NOTE_COLUMNS = (
    NoteColumn("uid", "the note's name in addresses", lambda row: row.note.uid),
    NoteColumn("url", "its permanent address, which is its IRI", lambda row: note_iri(row.note.uid)),
    NoteColumn("case", "slug of its case", lambda row: row.note.case),
    NoteColumn("case_title", "title of its case", lambda row: row.note.case_title),
    NoteColumn(
        "author",
        "name of its author; empty where the account was deleted",
        lambda row: author_name(row.note.author_name, row.note.author_username),
    ),
    NoteColumn("author_orcid", "ORCID iD of its author", lambda row: row.note.author_orcid),
    NoteColumn("audience", "private, group or public", lambda row: row.note.audience),
    NoteColumn("group", "name of its group", lambda row: row.note.group),
    NoteColumn("kind", "passage, case, reply or elsewhere: what it is on", lambda row: target_kind(row.note)),
    NoteColumn(
        "in_reply_to",
        "address of the note it answers",
        lambda row: row.note.parent and note_iri(row.note.parent),
    ),
    NoteColumn(
        "thread",
        "address of the note its thread began with, its own if that is itself",
        lambda row: note_iri(row.note.thread or row.note.uid),
    ),
    NoteColumn(
        "placement",
        "placed, moved, changed or orphaned: what became of its words; empty where it quotes none",
        lambda row: row.note.placement,
    ),
    NoteColumn(
        "start", "where its words begin in the narrative, in Unicode code points from 0", lambda row: row.note.start
    ),
    NoteColumn("end", "where they end: the offset after the last code point", lambda row: row.note.end),
    NoteColumn("words", "the words as its author quoted them", lambda row: row.note.exact),
    NoteColumn("words_now", "the words at its place now, where they were changed", words_now),
    NoteColumn("prefix", "up to 32 characters before the quoted words", lambda row: row.note.prefix),
    NoteColumn("suffix", "up to 32 characters after the quoted words", lambda row: row.note.suffix),
    NoteColumn("comment", "the comment, in Markdown", lambda row: row.note.comment),
    NoteColumn(
        "tags", r"tags, separated by semicolons; one inside a tag is written \;", lambda row: join_tags(row.note.tags)
    ),
    NoteColumn(
        "codes",
        "terms of the taxonomy as vocabulary:slug, separated by semicolons",
        lambda row: ";".join(map(term_code, row.note.codes)),
    ),
    NoteColumn("code_labels", "the same in words", lambda row: join_texts(term.label for term in row.note.codes)),
    NoteColumn(
        "resolved",
        "true where its thread is settled",
        lambda row: (row.note.thread_resolved_at if row.note.thread else row.note.resolved_at) is not None,
    ),
    NoteColumn("created", "when it was written", lambda row: in_utc(row.note.created_at)),
    NoteColumn("edited", "when its author last changed what it says", lambda row: in_utc(row.note.edited_at)),
    NoteColumn(
        "revision",
        "number of the narrative's revision that the words were quoted from",
        lambda row: row.note.revision,
    ),
)
"""The columns of the table, in order."""


def notes_csv_header() -> str:
    return str(CSV_WRITER.writerow([column.name for column in NOTE_COLUMNS]))


def notes_csv_lines(rows: Iterable[NoteTableRow]) -> Iterator[str]:
    for row in rows:
        yield str(CSV_WRITER.writerow([csv_cell(column.read(row)) for column in NOTE_COLUMNS]))
