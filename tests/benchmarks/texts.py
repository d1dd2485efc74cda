"""What full text search is compared with: the plain text search of each database over the same texts.

Every match is ranked and its key fetched; no page, no snippets, no counts.
"""

from __future__ import annotations

import time

from .database import Connection
from .measuring import Asked, Contestant
from .questions import Answer, Question

TEXTS = """
    SELECT c.id, c.title, c.summary, c.narrative || ' ' || c.verdict_reason || ' '
        || COALESCE((SELECT {joined}(a.label, ' ') FROM cases_arrangement a WHERE a.case_id = c.id), '') || ' '
        || COALESCE((SELECT {joined}(m.measures, ' ') FROM cases_claim m WHERE m.case_id = c.id), ''),
        COALESCE((SELECT {joined}(p.name, ' ') FROM cases_place p JOIN cases_case_places l ON l.place_id = p.id
            WHERE l.case_id = c.id), '') || ' '
        || COALESCE((SELECT {joined}(o.name, ' ') FROM cases_organisation o JOIN cases_participation l
            ON l.organisation_id = o.id WHERE l.case_id = c.id), '') || ' '
        || COALESCE((SELECT {joined}(s.authors || ' ' || s.title, ' ') FROM cases_source s JOIN cases_citation l
            ON l.source_id = s.id WHERE l.case_id = c.id), '')
    FROM cases_case c JOIN page ON page.id = c.id"""
FTS5 = "CREATE VIRTUAL TABLE texts USING fts5(title, summary, narrative, names, content='')"
IN_FTS5 = "SELECT rowid FROM texts WHERE texts MATCH %s ORDER BY bm25(texts, 8, 4, 1, 1), rowid"
VECTOR = """
    CREATE TABLE texts AS SELECT id, setweight(to_tsvector('simple', title), 'A')
        || setweight(to_tsvector('simple', summary), 'B') || to_tsvector('simple', narrative)
        || to_tsvector('simple', names) AS words
    FROM ({texts}) AS t (id, title, summary, narrative, names)"""
IN_VECTOR = """
    SELECT id FROM texts, plainto_tsquery('simple', %s) AS asked
    WHERE words @@ asked ORDER BY ts_rank(words, asked) DESC, id"""


def build(flat: Connection) -> None:
    """Index the texts of the published cases."""
    if flat.vendor == "postgresql":
        flat.run(VECTOR.format(texts=TEXTS.format(joined="string_agg")))
        flat.run("CREATE INDEX texts_words ON texts USING gin (words)")
        flat.run("VACUUM ANALYZE texts")
        return
    flat.run(FTS5)
    flat.run(f"INSERT INTO texts (rowid, title, summary, narrative, names) {TEXTS.format(joined='group_concat')}")
    flat.commit()


def ranked(flat: Connection) -> Contestant:
    """Return the bare statement: the keys of all matches, best first."""
    statement = IN_VECTOR if flat.vendor == "postgresql" else IN_FTS5

    def ask(question: Question) -> Asked:
        start = time.perf_counter()
        rows = flat.run(statement, [question.words])
        return time.perf_counter() - start, rows

    return Contestant("ranked", ask, lambda rows, _: Answer(len(rows), None))
