"""Notes as a flat table: its columns, and its text as CSV (RFC 4180)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from accounts.models import User
from annotations.models import Annotation, Placement
from annotations.records import term_code
from cases.derived.csv_columns import CSV_WRITER, csv_cell, join_texts

NoteValue = str | int | bool | datetime | None


class NoteTableRow(NamedTuple):
    """A note, fetched whole, and the text of its case's narrative where its words were changed; empty if the reader may
    not see that.
    """

    note: Annotation
    text: str


@dataclass(frozen=True)
class NoteColumn:
    """A column: its name, its meaning, and how its value is taken from a row."""

    name: str
    meaning: str
    read: Callable[[NoteTableRow], NoteValue]


def author_name(author: User | None) -> str:
    """The name of an author: never an e-mail address; empty if the account was deleted."""
    names = (author.name, author.username) if author else ()
    return next((name for name in names if name and "@" not in name), "")


def target_kind(note: Annotation) -> str:
    """What a note is on: a passage, a case as a whole, another note, or something elsewhere."""
    if note.thread_id:
        return "reply"
    if note.exact:
        return "passage"
    return "case" if note.case_id else "elsewhere"


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
    NoteColumn("url", "its permanent address, which is its IRI", lambda row: row.note.iri),
    NoteColumn("case", "slug of its case", lambda row: row.note.case.slug if row.note.case else ""),
    NoteColumn("case_title", "title of its case", lambda row: row.note.case.title if row.note.case else ""),
    NoteColumn(
        "author", "name of its author; empty where the account was deleted", lambda row: author_name(row.note.author)
    ),
    NoteColumn("author_orcid", "ORCID iD of its author", lambda row: row.note.author.orcid if row.note.author else ""),
    NoteColumn("audience", "private, group or public", lambda row: str(row.note.audience)),
    NoteColumn("group", "name of its group", lambda row: row.note.group.name if row.note.group else ""),
    NoteColumn("kind", "passage, case, reply or elsewhere: what it is on", lambda row: target_kind(row.note)),
    NoteColumn(
        "in_reply_to", "address of the note it answers", lambda row: row.note.parent.iri if row.note.parent else ""
    ),
    NoteColumn(
        "thread", "address of the note its thread began with, its own if that is itself", lambda row: row.note.root.iri
    ),
    NoteColumn(
        "placement",
        "placed, moved, changed or orphaned: what became of its words; empty where it quotes none",
        lambda row: str(row.note.placement),
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
        "tags",
        r"tags, separated by semicolons; one inside a tag is written \;",
        lambda row: join_tags(tag.label for tag in row.note.tags.all()),
    ),
    NoteColumn(
        "codes",
        "terms of the taxonomy as vocabulary:slug, separated by semicolons",
        lambda row: ";".join(map(term_code, row.note.codes.all())),
    ),
    NoteColumn("code_labels", "the same in words", lambda row: join_texts(term.label for term in row.note.codes.all())),
    NoteColumn("resolved", "true where its thread is settled", lambda row: row.note.root.resolved_at is not None),
    NoteColumn("created", "when it was written", lambda row: in_utc(row.note.created_at)),
    NoteColumn("edited", "when its author last changed what it says", lambda row: in_utc(row.note.edited_at)),
    NoteColumn(
        "revision",
        "number of the narrative's revision that the words were quoted from",
        lambda row: row.note.revision.number if row.note.revision else None,
    ),
)
"""The columns of the table, in order."""


def notes_csv_header() -> str:
    return str(CSV_WRITER.writerow([column.name for column in NOTE_COLUMNS]))


def notes_csv_lines(rows: Iterable[NoteTableRow]) -> Iterator[str]:
    for row in rows:
        yield str(CSV_WRITER.writerow([csv_cell(column.read(row)) for column in NOTE_COLUMNS]))
