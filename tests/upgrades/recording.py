"""Records a catalogue as a release leaves it: `python tests/upgrades/recording.py CHECKOUT FOLDER`.

Run it with the packages of that release, once without DATABASE_URL and once beside a PostgreSQL, whose `pg_dump` is
named by PG_DUMP. FOLDER then holds `files.tar.xz` (the catalogue's own files), `database.sqlite3.xz` or
`database.sql.xz`, and `answers.json.xz` (what it answered; on each database the same).
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import json
import lzma
import os
import re
import secrets
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path

import django
import time_machine
from django.core.management import call_command
from django.db import connection

HERE = Path(__file__).resolve().parent
OF_PROGRAMS = re.compile(rb"\\(un)?restrict |SET transaction_timeout")
"""Lines of a dump that only psql reads, or only the newest PostgreSQL."""
BEGINS = "2026-03-02T08:00:00+00:00"


def main(checkout: Path, folder: Path) -> None:
    data = Path(tempfile.mkdtemp(prefix="recording-"))
    os.chdir(checkout)
    sys.path[:0] = [str(checkout), str(HERE)]
    said = {
        "ENV_FILE": "",
        "SECRET_KEY": "x" * 60,
        "DATA_DIR": str(data),
        "LOG_LEVEL": "CRITICAL",
        "DJANGO_SETTINGS_MODULE": "settings",
    }
    os.environ.update(said)
    clock = time_machine.travel(BEGINS, tick=False).start()
    django.setup()
    making, visiting = import_module("making"), import_module("visiting")
    files = few_files(checkout / "fixtures", data / "files", making.STORY)
    call_command("migrate", verbosity=0)
    call_command("load_catalogue", folder=files, stdout=io.StringIO())
    numbers = itertools.count(2)
    # The same names on each database.
    secrets.token_urlsafe = lambda nbytes=None: f"{next(numbers):0{(nbytes or 12) * 4 // 3}d}"
    making.tell(lambda: clock.shift(dt.timedelta(minutes=7)))
    call_command("clearsessions")
    answers = data / "answers.json"
    connection.close()
    dump(data, folder)
    if connection.vendor == "postgresql":
        return  # it answers the same
    visiting.main(str(files), str(answers))
    write(folder / "answers.json", json.dumps(json.loads(answers.read_text()), indent=0, sort_keys=True).encode())
    pack(files, folder / "files.tar.xz")


def few_files(fixtures: Path, into: Path, cases: tuple[str, ...]) -> Path:
    """Copy the catalogue's own files with a few cases alone."""
    for path in sorted(fixtures.rglob("*")):
        if path.suffix in {".yaml", ".csv"} and (path.parent.name != "cases" or path.stem in cases):
            copy = into / path.relative_to(fixtures)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return into


def dump(data: Path, folder: Path) -> None:
    """Write the database down, as it is."""
    if connection.vendor == "postgresql":
        at = connection.get_connection_params()
        where = ["--host", at["host"], "--username", at["user"], "--dbname", at["dbname"]]
        command = [os.environ["PG_DUMP"], "--inserts", "--rows-per-insert=50", "--no-owner", "--no-privileges", *where]
        text = subprocess.run(command, check=True, capture_output=True).stdout
        lines = (line for line in text.split(b"\n") if not OF_PROGRAMS.match(line))
        write(folder / "database.sql", b"\n".join(lines))
        return
    with sqlite3.connect(data / "catalogue.sqlite3") as database:
        database.execute("DELETE FROM django_session")
        database.commit()
        database.execute("VACUUM")
        write(folder / "database.sqlite3", database.serialize())


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)
    path.with_name(f"{path.name}.xz").write_bytes(packed)
    sys.stderr.write(f"{path.name}: {len(content):,} bytes, packed {len(packed):,}\n")


def pack(files: Path, archive: Path) -> None:
    with tarfile.open(archive, "w:xz", preset=9) as tar:
        for path in sorted(files.rglob("*.*")):
            tar.add(path, str(path.relative_to(files)))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
