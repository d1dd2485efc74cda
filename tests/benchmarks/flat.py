"""The same cases as hand-written SQL likes them best: published ones only, flat, each facet in covering indexes.

- `page`: what the results show.
- a table for each of seven facets (value, case_id), in which a broad term stands beside its narrower ones and a kind
  of nothing is a negative number; `kept`: the sets of values that cases have, numbered.
- `facts`: a row a case, with the number of its set of values of each facet, and its place in each order.
- `cell`: the (type, actor, mode) of every arrangement, once a case; a table of each two of them, too.

The statements are the same on SQLite (a file of its own) and PostgreSQL (a schema of its own).
"""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from pathlib import Path

from .database import Connection, postgresql, sqlite

AXES = ("type", "actor", "mode")
PAIRS = (("type", "actor"), ("type", "mode"), ("actor", "mode"))
FACETS = (*AXES, "pathway", "sector", "country", "evidence")
ORDERS = ("by_title", "by_year", "by_updated")
NOTHING = {"not-coded": -1, "not-stated": -2, "not-applicable": -3, "explicit-no": -4}
FLAGS = {"user": 1, "community": 2, "offline": 1, "digital": 2}
"""The codes of the co-producers and of the modes."""


def _but(name: str, names: tuple[str, ...]) -> list[str]:
    return [other for other in names if other != name]


def nothing(column: str) -> str:
    """Return the code of the kind of nothing in a column, in SQL."""
    cases = " ".join(f"WHEN '{kind}' THEN {code}" for kind, code in NOTHING.items())
    return f"CASE {column} {cases} END"


def facet_rows(name: str, link: str, column: str) -> str:
    """Return the (value, case) of a facet over terms: each term, its broader one, and the kinds of nothing."""
    linked = f"SELECT {{}} AS value, l.case_id FROM {link} l JOIN taxonomy_term t ON t.id = l.{column}"
    return f"""
        INSERT INTO {name} {linked.format("t.id")} JOIN page p ON p.id = l.case_id
        UNION {linked.format("t.broader_id")} JOIN page p ON p.id = l.case_id WHERE t.broader_id IS NOT NULL
        UNION SELECT {nothing(f"{name}s_absent")}, c.id FROM cases_case c JOIN page p ON p.id = c.id
              WHERE {name}s_absent <> ''"""


PAGE = """
    CREATE TABLE page (id INTEGER PRIMARY KEY, slug TEXT, title TEXT, summary TEXT, kind TEXT, eligibility TEXT,
        evidence_level TEXT, direction TEXT, year_start INTEGER, year_end INTEGER, evidence INTEGER,
        by_title INTEGER, by_year INTEGER, by_updated INTEGER)"""
FILL_PAGE = f"""
    INSERT INTO page SELECT c.id, c.slug, c.title, c.summary, k.slug, v.slug, e.slug, d.slug, c.year_start, c.year_end,
        COALESCE(c.evidence_level_id, {nothing("c.evidence_absent")}),
        row_number() OVER (ORDER BY c.sort_key, c.slug),
        row_number() OVER (ORDER BY c.year_start DESC NULLS LAST, c.sort_key, c.slug),
        row_number() OVER (ORDER BY c.updated_at DESC, c.sort_key, c.slug)
    FROM cases_case c JOIN taxonomy_term k ON k.id = c.kind_id LEFT JOIN taxonomy_term v ON v.id = c.verdict_id
        LEFT JOIN taxonomy_term e ON e.id = c.evidence_level_id
        LEFT JOIN taxonomy_term d ON d.id = c.evidence_direction_id
    WHERE c.state = 'published'"""
CELLS = f"""
    INSERT INTO cell SELECT DISTINCT a.case_id, u.value, x.code, m.code
    FROM cases_arrangement a JOIN page p ON p.id = a.case_id
    JOIN (SELECT id AS term, id AS value FROM taxonomy_term
          UNION SELECT id, broader_id FROM taxonomy_term WHERE broader_id IS NOT NULL) u ON u.term = a.type_id
    JOIN (SELECT 1 AS code UNION SELECT 2) x ON (x.code = 1 AND a."user") OR (x.code = 2 AND a.community)
    JOIN (SELECT 1 AS code UNION SELECT 2 UNION SELECT -1 UNION SELECT -2 UNION SELECT -3 UNION SELECT -4) m
      ON (m.code = 1 AND a.offline) OR (m.code = 2 AND a.digital) OR m.code = {nothing("a.mode_absent")}
    UNION ALL SELECT c.id, {nothing("arrangements_absent")}, {nothing("arrangements_absent")},
        {nothing("arrangements_absent")}
    FROM cases_case c JOIN page p ON p.id = c.id WHERE arrangements_absent <> ''"""
COUNTRY = f"""
    INSERT INTO country SELECT DISTINCT p.country, l.case_id FROM cases_case_places l
        JOIN cases_place p ON p.id = l.place_id JOIN page s ON s.id = l.case_id
    UNION SELECT CAST({nothing("places_absent")} AS TEXT), c.id FROM cases_case c JOIN page p ON p.id = c.id
        WHERE places_absent <> ''"""
TABLES = [
    PAGE,
    FILL_PAGE,
    "CREATE TABLE cell (case_id INTEGER, type INTEGER, actor INTEGER, mode INTEGER)",
    CELLS,
    *(f"CREATE TABLE {axis} (value INTEGER, case_id INTEGER)" for axis in AXES),
    *(f"INSERT INTO {axis} SELECT DISTINCT {axis}, case_id FROM cell" for axis in AXES),
    *(f"CREATE TABLE {name} (value INTEGER, case_id INTEGER)" for name in ("pathway", "sector", "evidence")),
    facet_rows("pathway", "cases_pathwaylink", "pathway_id"),
    facet_rows("sector", "cases_case_sectors", "term_id"),
    "INSERT INTO evidence SELECT evidence, id FROM page",
    "CREATE TABLE country (value TEXT, case_id INTEGER)",
    COUNTRY,
    *(f"CREATE TABLE {a}_{b} ({a} INTEGER, {b} INTEGER, case_id INTEGER)" for a, b in PAIRS),
    *(f"INSERT INTO {a}_{b} SELECT DISTINCT {a}, {b}, case_id FROM cell" for a, b in PAIRS),
    "CREATE TABLE kept (facet TEXT, number INTEGER, value TEXT)",
    f"CREATE TABLE facts (id INTEGER PRIMARY KEY, {', '.join(f'{name} INTEGER' for name in (*FACETS, *ORDERS))})",
]


INDEXES = [
    *(f"CREATE INDEX facts_{name} ON facts ({', '.join([name, *_but(name, FACETS), *ORDERS])}, id)" for name in FACETS),
    *(f"CREATE INDEX facts_{order} ON facts ({order}, id)" for order in ORDERS),
    *(f"CREATE INDEX {a}_{b}_first ON {a}_{b} ({a}, {b}, case_id)" for a, b in PAIRS),
    *(f"CREATE INDEX {a}_{b}_second ON {a}_{b} ({b}, {a}, case_id)" for a, b in PAIRS),
    *(f"CREATE INDEX {a}_{b}_cases ON {a}_{b} (case_id, {a}, {b})" for a, b in PAIRS),
    "CREATE INDEX cell_type ON cell (type, actor, mode, case_id)",
    "CREATE INDEX cell_mode ON cell (mode, type, actor, case_id)",
    "CREATE INDEX cell_actor ON cell (actor, mode, type, case_id)",
    "CREATE INDEX cell_cases ON cell (case_id, type, actor, mode)",
]


def build(catalogue: str) -> Connection:
    """Make the flat tables of a catalogue (an address as DATABASE_URL has it), and return the connection to them."""
    connection = connect(catalogue, new=True)
    for statement in TABLES:
        connection.run(statement)
    _write_facts(connection)
    for statement in INDEXES:
        connection.run(statement)
    connection.commit()
    connection.run("ANALYZE")
    connection.run("VACUUM")  # on PostgreSQL an index alone answers only where it ran
    return connection


def _write_facts(connection: Connection) -> None:
    sets = {name: _sets(connection, name) for name in FACETS}
    orders = connection.run(f"SELECT id, {', '.join(ORDERS)} FROM page ORDER BY id")
    connection.fill("facts", ((row[0], *(sets[name][row[0]] for name in FACETS), *row[1:]) for row in orders))


def _sets(connection: Connection, name: str) -> dict[int, int]:
    """Number the sets of values of a facet, keep them, and return each case's."""
    numbers: dict[tuple[int | str, ...], int] = {}
    rows = connection.run(f"SELECT case_id, value FROM {name} ORDER BY case_id, value")
    found = {
        case: numbers.setdefault(tuple(value for _, value in values), len(numbers))
        for case, values in groupby(rows, key=itemgetter(0))
    }
    kept = ((name, number, str(value)) for values, number in numbers.items() for value in values)
    connection.fill("kept", kept)
    return found


def file_of(catalogue: str) -> Path:
    """Return the file that stands beside a catalogue on SQLite."""
    return Path(catalogue.removeprefix("sqlite:///")).with_suffix(".flat")


def connect(catalogue: str, *, new: bool = False) -> Connection:
    """Return a connection to the flat tables of a catalogue; with `new` they are still to be made."""
    if not catalogue.startswith("sqlite"):
        connection = postgresql(catalogue, "flat")
        if new:
            connection.run("DROP SCHEMA IF EXISTS flat CASCADE")
            connection.run("CREATE SCHEMA flat")
        return connection
    if new:
        file_of(catalogue).unlink(missing_ok=True)
    connection = sqlite(file_of(catalogue))
    connection.run("ATTACH %s AS made", [catalogue.removeprefix("sqlite:///")])
    return connection
