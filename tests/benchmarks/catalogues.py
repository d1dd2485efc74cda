"""Makes the catalogues of a run, once for each size and database, with the tables of the other contestants."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import psycopg2

from tests import postgres

from . import datasette, exports, flat, texts
from .arena import Arena
from .database import dsn, sqlite
from .processes import ROOT
from .report import HUGE

SEARCHED = HUGE
"""Catalogues below this size have the text search of the other contestants, too."""


def sqlite_arena(folder: Path, size: int, stack: contextlib.ExitStack) -> Arena:
    """Return a catalogue on SQLite, made in `folder` unless it stands there already, with Datasette's file."""
    made = folder / f"cases-{size}.sqlite3"
    file = folder / f"datasette_{size}.db"
    arena = Arena(size, "SQLite", f"sqlite:///{made}", folder, stack, file)
    if not file.is_file():
        for old in folder.glob(f"cases-{size}.*"):
            old.unlink()
        _load(arena)
        _build(arena)
        part = file.with_suffix(".part")
        datasette.build(part, arena.flat, arena.codes)
        if size < SEARCHED:
            _add_texts(part, arena)
        part.rename(file)
    return arena


def postgresql_arena(folder: Path, size: int, server: str, stack: contextlib.ExitStack, file: Path | None) -> Arena:
    """Return a new catalogue on a PostgreSQL; `file` is Datasette's of the same cases, where there is one."""
    name = f"cases_{size}"
    with contextlib.closing(psycopg2.connect(dsn(server))) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name}")
    arena = Arena(size, "PostgreSQL", f"{server.rpartition('/')[0]}/{name}", folder, stack, file)
    _load(arena)
    _build(arena)
    return arena


def started_postgresql(stack: contextlib.ExitStack) -> str:
    """Start a PostgreSQL that lives as long as `stack`; its address. Raises postgres.Unavailable."""
    return stack.enter_context(postgres.server())


def _load(arena: Arena) -> None:
    """Make the catalogue, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.loading", str(arena.size)]
    variables = {**os.environ, **arena.variables, "DJANGO_SETTINGS_MODULE": "codelivery.settings"}
    print(f"Making {arena.size:,} cases on {arena.database} ...", flush=True)
    (arena.folder / "var").mkdir(exist_ok=True)
    subprocess.run(command, cwd=ROOT, env=variables, check=True)


def _build(arena: Arena) -> None:
    print("Making the tables of the other contestants ...", flush=True)
    connection = flat.build(arena.address)
    exports.build(connection)
    if arena.size < SEARCHED:
        texts.build(connection)
    connection.close()


def _add_texts(file: Path, arena: Arena) -> None:
    """Give Datasette's file a text search over the same texts."""
    connection = sqlite(file)
    connection.run("ATTACH %s AS made", [arena.address.removeprefix("sqlite:///")])
    connection.run("CREATE TEMP VIEW page AS SELECT id FROM cases")
    texts.build(connection)
    connection.close()
