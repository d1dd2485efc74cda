"""A database without Django: SQLite or PostgreSQL, asked in the same words."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg2

BATCH = 20_000  # rows
Rows = list[tuple[Any, ...]]


ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def copied(rows: Iterable[tuple[Any, ...]]) -> io.StringIO:
    """Return rows in the text form of PostgreSQL's COPY."""
    cells = (("\\N" if cell is None else _copied_cell(cell).translate(ESCAPES) for cell in row) for row in rows)
    return io.StringIO("".join("\t".join(row) + "\n" for row in cells))


def _copied_cell(cell: Any) -> str:
    return f"\\x{cell.hex()}" if isinstance(cell, bytes) else str(cell)


class Connection:
    """A connection to either database; `%s` stands for a parameter in both."""

    def __init__(self, raw: Any, vendor: str) -> None:
        self.raw = raw
        self.vendor = vendor

    def run(self, statement: str, parameters: Iterable[Any] = ()) -> Rows:
        """Run one statement; its rows, or none."""
        cursor = self.raw.cursor()
        words = statement if self.vendor == "postgresql" else statement.replace("%s", "?")
        cursor.execute(words, tuple(parameters))
        return cursor.fetchall() if cursor.description else []

    def fill(self, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Put rows into an empty table, whole, as fast as the database can."""
        if self.vendor == "postgresql":
            rest = iter(rows)
            while some := list(islice(rest, BATCH)):
                self.raw.cursor().copy_expert(f"COPY {table} FROM STDIN", copied(some))
            return
        width = len(self.run(f"PRAGMA table_info({table})"))
        self.raw.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * width)})", rows)

    def commit(self) -> None:
        self.raw.commit()

    def close(self) -> None:
        """Keep what was written, and go."""
        self.raw.commit()
        self.raw.close()


def sqlite(file: Path) -> Connection:
    """Open a file of SQLite, which is made when it is missing; it keeps up to 400 MB in memory."""
    raw = sqlite3.connect(file)
    raw.execute("PRAGMA cache_size=-400000")
    raw.execute("PRAGMA temp_store=MEMORY")
    return Connection(raw, "sqlite")


def postgresql(address: str, schema: str) -> Connection:
    """Connect to a PostgreSQL, where names are looked up in `schema` first."""
    raw = psycopg2.connect(dsn(address))
    raw.autocommit = True
    for setting in (f"search_path = {schema}, public", "jit = off", "work_mem = '64MB'"):
        raw.cursor().execute(f"SET {setting}")
    return Connection(raw, "postgresql")


def dsn(address: str) -> str:
    """Return the address of a PostgreSQL behind a socket in a folder, as psycopg2 wants it."""
    user, _, rest = address.removeprefix("postgres://").partition("@")
    folder, _, name = rest.rpartition("/")
    return f"user={user} host={folder.removeprefix('/') if folder.startswith('//') else folder} dbname={name}"
