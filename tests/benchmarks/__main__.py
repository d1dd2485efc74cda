"""Runs the benchmark.

    python3 dev.py bench [--cases 1000 100000] [--rounds 40] [--databases sqlite] [--keep FOLDER] [--no-notes]

Makes each catalogue on each database (1,000 cases: seconds; 100,000: minutes; 1,000,000: half an hour), sees that all
contestants give the same answers, measures, prints, and writes docs/benchmarks.md. What it starts it ends, also when it
is stopped.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import FrameType

from tests import postgres

from . import anchoring, report
from .catalogues import postgresql_arena, sqlite_arena, started_postgresql
from .database import postgresql
from .measuring import Disagreement, Spread
from .processes import ROOT
from .report import Figure, Target
from .runs import ROUNDS, Run

GROWTH = {"SQLite": Target((None, None, 2.5)), "PostgreSQL": Target((None, None, 3))}
REPORT = ROOT / "docs" / "benchmarks.md"


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__, formatter_class=formatter)
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 100_000], help="sizes of the catalogues")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--databases", nargs="+", choices=["sqlite", "postgresql"], default=["sqlite", "postgresql"])
    parser.add_argument("--keep", type=Path, help="a folder where the catalogues on SQLite stay for the next run")
    parser.add_argument("--notes", action=argparse.BooleanOptionalAction, default=True, help="measure notes, too")
    parser.add_argument("--report", type=Path, default=REPORT, help="the file that is written")
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Run everything; 1 when contestants disagree."""
    asked = arguments(words)
    signal.signal(signal.SIGTERM, _stop)
    with contextlib.ExitStack() as stack:
        folder = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        try:
            conditions, runs, left_out = _run(asked, folder.resolve(), stack)
        except Disagreement as difference:
            print(f"The contestants do not agree, so nothing is measured.\n{difference}", file=sys.stderr)
            return 1
    sections = _sections(runs)
    for title, figures in sections:
        print(f"\n{title}\n{report.table(figures)}")
    notes = f"{anchoring.section()}\n\n{_margin()}" if asked.notes else ""
    print(f"\n{notes}")
    left_out += (line for run in runs for line in run.left_out)
    report.write(asked.report, conditions, sections, notes, left_out)
    print(f"\nWritten: {asked.report}")
    return 0


def _stop(number: int, frame: FrameType | None) -> None:
    """End as Ctrl+C does, so that everything is ended that was started."""
    sys.exit(128 + number)


def _run(
    asked: argparse.Namespace, folder: Path, stack: contextlib.ExitStack
) -> tuple[list[str], list[Run], list[str]]:
    """Measure every size on every database: the conditions, the runs, and what was left out."""
    start, before = time.monotonic(), report.load()
    left_out: list[str] = []
    server = None
    if "postgresql" in asked.databases:
        try:
            server = started_postgresql(stack)
        except postgres.Unavailable as error:
            left_out.append(f"PostgreSQL: {error}")
    conditions = report.machine()
    runs = [run for size in asked.cases for run in _measured(asked, folder, size, server)]
    minutes = (time.monotonic() - start) / 60
    sizes = ", ".join(f"{size:,}" for size in asked.cases)
    conditions.append(f"{sizes} cases; {asked.rounds} rounds; {minutes:.0f} minutes in all.")
    conditions.append(f"Load averages (1, 5, 15 minutes): {before} before, {report.load()} after.")
    if server:
        conditions.append(_version(server))
    return conditions, runs, left_out


def _measured(asked: argparse.Namespace, folder: Path, size: int, server: str | None) -> list[Run]:
    runs = []
    file = None
    if "sqlite" in asked.databases:
        with contextlib.ExitStack() as stack:
            arena = sqlite_arena(folder, size, stack)
            file = arena.file
            runs.append(_one(Run(arena, asked.rounds)))
    if server:
        with contextlib.ExitStack() as stack:
            run = Run(postgresql_arena(folder, size, server, stack, file), asked.rounds)
            if file is None:
                run.leave_out("Datasette", "its file is made from the catalogue on SQLite, which was not asked for")
            runs.append(_one(run))
    return runs


def _one(run: Run) -> Run:
    print(f"Measuring {run.arena.size:,} cases on {run.arena.database} ...", flush=True)
    run.measure()
    return run


def _sections(runs: Sequence[Run]) -> list[tuple[str, list[Figure]]]:
    """Return the figures of all runs by section, and how the cost grows from each size to the next."""
    titles = dict.fromkeys(title for run in runs for title in run.figures)
    sections = [(title, [figure for run in runs for figure in run.figures.get(title, [])]) for title in titles]
    return [*sections, ("Growth", [_growth(small, large) for small, large in _pairs(runs)])]


def _pairs(runs: Sequence[Run]) -> list[tuple[Run, Run]]:
    by_database: dict[str, list[Run]] = {}
    for run in sorted(runs, key=lambda run: run.arena.size):
        by_database.setdefault(run.arena.database, []).append(run)
    return [pair for some in by_database.values() for pair in pairwise(some)]


def _growth(small: Run, large: Run) -> Figure:
    before, after = (Spread.of(run.json.seconds["ours"]).median for run in (small, large))
    database = large.arena.database
    what = f"JSON over HTTP ÷ the same at {small.arena.size:,}"
    return Figure(what, large.arena.size, database, Spread.of([after / before]), target=GROWTH[database])


def _margin() -> str:
    """Measure a case's page, in a process that has a catalogue of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.margin"]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def _version(server: str) -> str:
    connection = postgresql(server, "public")
    [(words,)] = connection.run("SELECT version()")
    connection.close()
    return str(words).partition(" on ")[0] + "."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
