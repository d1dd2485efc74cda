"""Datasette over the same published cases, tuned: flat rows, every facet indexed, read-only, its limits raised.

Facets of which a case may have several values are counted by a small plugin in tables of links, and choices are given
as SQL over their indexes: so it too can ask for one and the same arrangement. It counts within its answer only:
leaving a facet's own choice aside, the axes of an arrangement chosen in part, and Table 20.1 are not asked of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .database import Connection, sqlite
from .flat import AXES, FACETS, ORDERS
from .questions import SORTS, Answer, Codes, Question

PLUGINS = Path(__file__).with_name("plugins")
LINKED = tuple(name for name in FACETS if name != "evidence")
SHOWN = ("slug", "title", "summary", "kind", "eligibility", "direction", "year_start", "year_end")
SETTINGS = {
    "sql_time_limit_ms": 60_000,
    "facet_time_limit_ms": 60_000,
    "default_facet_size": 200,
    "suggest_facets": "off",
    "default_page_size": 20,
    "default_cache_ttl": 0,
}


def build(file: Path, flat: Connection, codes: Codes) -> None:
    """Make Datasette's file from the flat tables, and from the texts of the catalogue that they were made of."""
    file.unlink(missing_ok=True)
    made = sqlite(file)
    made.run(f"CREATE TABLE cases (id INTEGER PRIMARY KEY, {', '.join([*SHOWN, 'evidence', *ORDERS])})")
    made.fill("cases", _rows(flat, codes))
    for column in ("evidence", *ORDERS):
        made.run(f"CREATE INDEX cases_{column} ON cases ({column})")
    for name in LINKED:
        made.run(f"CREATE TABLE {name} (value TEXT, case_id INTEGER, PRIMARY KEY (value, case_id)) WITHOUT ROWID")
        made.fill(name, ((codes.slugs[name][str(code)], case) for code, case in _links(flat, name)))
        made.run(f"CREATE INDEX {name}_values ON {name} (case_id, value)")
    made.run("CREATE TABLE cell (type, actor, mode, case_id, PRIMARY KEY (type, actor, mode, case_id)) WITHOUT ROWID")
    made.fill("cell", _cells(flat, codes))
    made.run("CREATE INDEX cell_mode ON cell (mode, type, actor, case_id)")
    made.run("CREATE INDEX cell_actor ON cell (actor, mode, type, case_id)")
    made.commit()
    made.run("ANALYZE")
    made.close()


def _rows(flat: Connection, codes: Codes) -> Iterator[tuple[Any, ...]]:
    columns = ", ".join([*SHOWN, "evidence", *ORDERS])
    for key, *row in flat.run(f"SELECT id, {columns} FROM page ORDER BY id"):
        row[len(SHOWN)] = codes.slugs["evidence"][str(row[len(SHOWN)])]
        yield (key, *row)


def _links(flat: Connection, name: str) -> list[tuple[Any, ...]]:
    return flat.run(f"SELECT value, case_id FROM {name}")


def _cells(flat: Connection, codes: Codes) -> Iterator[tuple[Any, ...]]:
    for *cell, case in flat.run("SELECT type, actor, mode, case_id FROM cell"):
        yield (*(codes.slugs[axis][str(code)] for axis, code in zip(AXES, cell, strict=True)), case)


def command(python: str, file: Path, port: int) -> list[str]:
    """Return the command that serves the file."""
    settings = [word for name, value in SETTINGS.items() for word in ("--setting", name, str(value))]
    served = [python, "-m", "datasette", "serve", "--immutable", str(file), "--port", str(port)]
    return [*served, "--plugins-dir", str(PLUGINS), *settings]


def path(file: Path, question: Question, form: str = ".json") -> str:
    """Return the address of an answer: its page of twenty, its total, the counts of the seven facets."""
    asked = [("_size", "20"), ("_facet", "evidence"), *(("_facet_many", name) for name in LINKED)]
    return f"/{file.stem}/cases{form}?{urlencode([*asked, *_filters(question)])}"


def path_of_words(file: Path, question: Question) -> str:
    """Return the address of the cases that hold the words: page and total, without any counts of facets."""
    found = f"id in (select rowid from texts where texts match '{question.words}')"
    return f"/{file.stem}/cases.json?{urlencode([('_size', '20'), ('_where', found)])}"


def path_of_rows(file: Path, number: int) -> str:
    """Return the address of a page of twenty rows, by title, without total or counts."""
    asked = [("_size", "20"), ("_sort", "by_title"), ("by_title__gt", str(20 * (number - 1))), ("_nocount", "1")]
    return f"/{file.stem}/cases.json?{urlencode(asked)}"


def _filters(question: Question) -> Iterator[tuple[str, str]]:
    yield "_sort", SORTS[question.sort]
    axes = question.axes
    if len(axes) > 1:
        agreeing = " and ".join(f"{axis} = '{value}'" for axis, value in axes.items())
        yield "_where", f"id in (select case_id from cell where {agreeing})"
    for name, value in question.choices.items():
        if name == "evidence":
            yield name, value
        elif name not in axes or len(axes) == 1:
            yield "_where", f"id in (select case_id from [{name}] where value = '{value}')"


def read(body: bytes, question: Question) -> Answer:
    """Return what an answer says; the counts that Datasette reads otherwise (see above) are left out."""
    said = json.loads(body)
    keys = said["columns"].index("id")
    aside = {*question.choices, *(AXES if question.axes else ())}
    counts = {
        name: {str(each["value"]): each["count"] for each in facet["results"]}
        for name, facet in said["facet_results"].items()
        if name not in aside
    }
    return Answer(said["filtered_table_rows_count"], [row[keys] for row in said["rows"]], counts)
