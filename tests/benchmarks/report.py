"""The figures with their targets, as they are printed and as `docs/benchmarks.md` keeps them."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .measuring import Spread

LARGE, HUGE = 10_000, 500_000
"""From how many cases on the second, and the third target holds."""
PACKAGES = ("django", "djangorestframework", "msgspec", "pyroaring", "gunicorn", "psycopg2-binary", "datasette")


@dataclass(frozen=True)
class Target:
    """A limit for each size (about 1,000, 100,000, 1,000,000 cases); None where none is set."""

    limits: tuple[float | None, float | None, float | None]
    at_least: bool = False

    def at(self, size: int) -> float | None:
        return self.limits[(size >= LARGE) + (size >= HUGE)]

    def words(self, size: int) -> str:
        limit = self.at(size)
        return "" if limit is None else f"{'≥' if self.at_least else '≤'} {limit:g}"

    def verdict(self, size: int, figure: float) -> str:
        limit = self.at(size)
        if limit is None:
            return ""
        return "met" if (figure >= limit if self.at_least else figure <= limit) else "**not met**"


NO_TARGET = Target((None, None, None))


@dataclass(frozen=True)
class Figure:
    """One line of the report: what was measured, of which catalogue, its spread and unit, and its target."""

    what: str
    size: int
    database: str
    spread: Spread
    unit: str = "×"
    target: Target = NO_TARGET

    @property
    def cells(self) -> list[str]:
        spread = self.spread
        return [
            self.what,
            f"{self.size:,}",
            self.database,
            f"{plain(spread.median)} {self.unit}",
            f"{plain(spread.lower)}–{plain(spread.upper)}",
            plain(spread.high),
            self.target.words(self.size),
            self.target.verdict(self.size, spread.median),
        ]


HEADS = ["", "cases", "database", "median", "quartiles", "p95", "target", ""]


def plain(figure: float) -> str:
    """Return a figure with three digits that matter."""
    return f"{figure:,.0f}" if abs(figure) >= 100 else f"{figure:.3g}"


def table(figures: Iterable[Figure]) -> str:
    """Return figures as a table of Markdown, its columns aligned for the terminal, too."""
    rows = [HEADS, *(figure.cells for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]])


def machine() -> list[str]:
    """Say on what was measured."""
    cpu = _said("/proc/cpuinfo", "model name") or platform.processor()
    memory = int((_said("/proc/meminfo", "MemTotal") or "0").split()[0]) // 1024
    known = {found.name.lower(): found.version for found in importlib.metadata.distributions()}
    versions = ", ".join(f"{name} {known[name]}" for name in PACKAGES if name in known)
    return [
        f"{datetime.now(UTC):%d %B %Y}, {cpu}, {os.cpu_count()} cores, {memory:,} MB of memory.",
        f"{platform.system()} {platform.release()}.",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {versions}.",
    ]


def load() -> str:
    """Return the load averages of the last 1, 5 and 15 minutes."""
    return ", ".join(f"{average:.2f}" for average in os.getloadavg())


def _said(file: str, name: str) -> str:
    """Return what a file of the system says under a name; "" where there is no such file."""
    path = Path(file)
    lines = path.read_text().splitlines() if path.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")


def write(
    file: Path,
    conditions: Sequence[str],
    sections: Sequence[tuple[str, Sequence[Figure]]],
    notes: str,
    left_out: Sequence[str],
) -> None:
    """Write the report."""
    parts = [Path(__file__).with_name("report.md").read_text().strip()]
    parts.append("## Conditions\n\n" + "\n".join(f"- {line}" for line in conditions))
    parts += [f"## {title}\n\n{table(figures)}" for title, figures in sections if figures]
    parts += [notes] if notes else []
    if left_out:
        parts.append("## Left out\n\n" + "\n".join(f"- {line}" for line in left_out))
    file.write_text("\n\n".join(parts) + "\n")
