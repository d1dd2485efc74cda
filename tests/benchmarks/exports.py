"""Exports against the database's own programs: the same columns, already flat and in order."""

from __future__ import annotations

import contextlib
import csv
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from . import flat
from .client import Client
from .database import Connection
from .processes import memory

SAMPLE = 0.02  # seconds between two looks at the memory
NOTHING = Path("/dev/null")


class Sent(NamedTuple):
    """An export: seconds until its first byte and its last, its size, and the memory that it took above idle, in MB."""

    first: float
    seconds: float
    size: int
    above_idle: float


def download(port: int, path: str, process: int) -> Sent:
    """Fetch an export and forget it, watching the memory of the server that sends it."""
    with _watched(process) as peak:
        first, seconds, size = Client(port).drain(path)
    return Sent(first, seconds, size, peak())


@contextlib.contextmanager
def _watched(process: int) -> Iterator[Callable[[], float]]:
    idle, most, over = memory(process), [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(SAMPLE):
            most[0] = max(most[0], memory(process) - idle)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: most[0]
    finally:
        over.set()
        watcher.join()


def build(connection: Connection) -> None:
    """Make flat tables of what is exported: the 36 columns, and the documents, both in the order of the titles."""
    rows = connection.run(
        "SELECT r.line FROM page p JOIN cases_cachedrepresentation r ON r.case_id = p.id ORDER BY by_title"
    )
    lines = csv.reader(piece for (line,) in rows for piece in line.splitlines(keepends=True))
    first = next(lines)
    connection.run(
        f"CREATE TABLE lines (place INTEGER PRIMARY KEY, {', '.join(f'c{n} TEXT' for n in range(len(first)))})"
    )
    connection.fill("lines", ((place, *line) for place, line in enumerate(chain([first], lines))))
    connection.run("CREATE TABLE documents (place INTEGER PRIMARY KEY, document TEXT)")
    connection.run(
        "INSERT INTO documents SELECT by_title, document"
        " FROM page p JOIN cases_cachedrepresentation r ON r.case_id = p.id"
    )
    connection.commit()


def program(address: str, table: str, *, as_csv: bool) -> float | None:
    """Let `sqlite3 -csv`, or COPY of PostgreSQL, write a table; the seconds, or None where there is no such program."""
    columns = "*" if as_csv else "document"
    select = f"SELECT {columns} FROM {table} ORDER BY place"
    start = time.perf_counter()
    if not address.startswith("sqlite"):
        with flat.connect(address).raw.cursor() as cursor, NOTHING.open("w") as sink:
            cursor.copy_expert(f"COPY ({select}) TO STDOUT" + (" (FORMAT csv)" if as_csv else ""), sink)
        return time.perf_counter() - start
    if not shutil.which("sqlite3"):
        return None
    with NOTHING.open("w") as sink:
        form = ["-csv"] if as_csv else ["-list"]
        subprocess.run(["sqlite3", *form, str(flat.file_of(address)), select], stdout=sink, check=True)
    return time.perf_counter() - start
