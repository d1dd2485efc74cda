"""The text search of each database: FTS5 in SQLite, tsvector in PostgreSQL.

Both receive stems and only compare them. Title, summary, narrative and names have different weights in the ranking.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from django.db import connection
from django.db.backends.utils import CursorWrapper
from pyroaring import BitMap64

from .query import SearchQuery, SearchTerm, WordSequence
from .text import GAP_MARK, stem

RAW_MARK = "≈"
"""Marks an unstemmed word that differs from its stem; prefixes are looked up among these."""


def raw_token(word: str) -> str:
    """Return the token for a word as written: the word itself if it is its own stem, else with a mark."""
    return word if stem(word) == word else RAW_MARK + word


class IndexedText(NamedTuple):
    """A text as it is indexed: its stems in order, with a `GAP_MARK` between some, and other forms without order."""

    stream: list[str]
    aside: set[str]


SearchIndexRow = tuple[int, list[IndexedText]]
"""The primary key of a case, and its title, summary, narrative and names."""

SearchStatement = tuple[str, tuple[str, ...]]
"""SQL and its parameters."""

ALL_EXCEPT_SQL = "SELECT case_id FROM cases_searchrow WHERE case_id NOT IN ({})"

PUBLISHED_SQL = "AND cases_case.state = 'published'"


class SearchBackend(Protocol):
    def found(self, search_query: SearchQuery) -> SearchStatement:
        """Return the statement for the primary keys of the matching cases."""

    def ranked(self, cursor: CursorWrapper, search_query: SearchQuery) -> Sequence[int]:
        """Return these keys, best first; ties are in the order of keys."""

    def case_counts(self, words: Sequence[str], *, drafts: bool) -> tuple[str, Sequence[str | list[str]]]:
        """Return the statement for the index of each word in `words` and its number of cases, at most a hundred."""

    def write(self, cursor: CursorWrapper, rows: Sequence[SearchIndexRow]) -> None:
        """Replace the index entries of these cases."""

    def learn(self, cursor: CursorWrapper, words: Sequence[str]) -> None:
        """Add to the known words."""


class FTS5Backend:
    """SQLite. Its `ascii` tokenizer splits words at spaces, and leaves non-ASCII characters unchanged."""

    # A CROSS JOIN, whose order SQLite does not change: the words first, then their cases.
    CASE_COUNTS = """
    SELECT {number}, (SELECT count(*) FROM (
        SELECT 1 FROM cases_search(%s) AS found CROSS JOIN cases_case WHERE cases_case.id = found.rowid {seen} LIMIT 100
    ) AS few)
    """
    MATCHES = "SELECT rowid FROM cases_search WHERE cases_search MATCH %s"

    def found(self, search_query: SearchQuery) -> SearchStatement:
        if search_query.wanted:
            return self.MATCHES, (self._expression(search_query),)
        return ALL_EXCEPT_SQL.format(self.MATCHES), (" OR ".join(map(self._term, search_query.unwanted)),)

    def ranked(self, cursor: CursorWrapper, search_query: SearchQuery) -> Sequence[int]:
        statement, parameters = self.found(search_query)
        best = "bm25(cases_search, 8, 4, 1, 2), rowid" if search_query.wanted else "case_id"
        cursor.execute(f"{statement} ORDER BY {best}", parameters)
        return array("Q", [key for (key,) in cursor.fetchall()])

    def _expression(self, search_query: SearchQuery) -> str:
        wanted = " AND ".join(map(self._term, search_query.wanted))
        return " NOT ".join([f"({wanted})", *map(self._term, search_query.unwanted)])

    def _term(self, term: SearchTerm) -> str:
        return f"({' OR '.join(map(self._sequence, term))})"

    def _sequence(self, run: WordSequence) -> str:
        phrase = f'"{" ".join(run.words)}"'
        if not run.open:
            return phrase
        return f'{phrase} * OR "{RAW_MARK}{run.words[0]}" *' if len(run.words) == 1 else f"{phrase} *"

    def case_counts(self, words: Sequence[str], *, drafts: bool) -> tuple[str, Sequence[str | list[str]]]:
        seen = "" if drafts else PUBLISHED_SQL
        counts = (self.CASE_COUNTS.format(number=number, seen=seen) for number in range(len(words)))
        return " UNION ALL ".join(counts), tuple(f'"{word}"' for word in words)

    def write(self, cursor: CursorWrapper, rows: Sequence[SearchIndexRow]) -> None:
        keys = [(key,) for key, _ in rows]
        cursor.executemany("INSERT OR IGNORE INTO cases_searchrow (case_id) VALUES (%s)", keys)
        cursor.executemany(
            "INSERT OR REPLACE INTO cases_search (rowid, title, summary, narrative, names) VALUES (%s, %s, %s, %s, %s)",
            [(key, *map(self._column, texts)) for key, texts in rows],
        )

    @staticmethod
    def _column(text: IndexedText) -> str:
        return " ".join([*text.stream, GAP_MARK, *text.aside])

    def learn(self, cursor: CursorWrapper, words: Sequence[str]) -> None:
        cursor.executemany("INSERT OR IGNORE INTO cases_word (word) VALUES (%s)", [(word,) for word in words])


class TSVectorBackend:
    """PostgreSQL. Words are written into the vector with their positions, without using its parser.

    Ranking with `ts_rank` would fetch the vector of every matching case, half a second for fifty thousand. So the words
    of the title and of the summary are in the vector a second time, marked, and the index alone determines the tier of
    a case: all words in the title, some word in the title, some word in the summary, all others.
    """

    TITLE, SUMMARY = "^", "~"
    MAX_POSITION = 16_383
    MAX_POSITIONS = 255
    """The positions that a vector keeps, and how many for each word."""

    CASE_COUNTS = """
    SELECT number - 1, (SELECT count(*) FROM (
        SELECT 1 FROM cases_found(word::tsquery) AS found, cases_case WHERE cases_case.id = found {seen} LIMIT 100
    ) AS few) FROM unnest(%s::text[]) WITH ORDINALITY AS asked (word, number)
    """
    MATCHES = "SELECT cases_found(%s::tsquery)"
    PHRASE_MATCHES = """
    SELECT cases_found_short(%s::tsquery) UNION ALL
    SELECT found FROM cases_found_long(%s::tsquery) AS found, cases_searchrow AS row
    WHERE row.case_id = found AND ({condition})
    """
    PACKED = "(SELECT string_agg(int8send(found), '') FROM ({}) AS matches (found))"

    def found(self, search_query: SearchQuery) -> SearchStatement:
        if search_query.wanted:
            return self._matches(search_query)
        statement, parameters = self._matches(SearchQuery(search_query.unwanted), " | ")
        return ALL_EXCEPT_SQL.format(statement), parameters

    def _matches(self, search_query: SearchQuery, operator: str = " & ") -> SearchStatement:
        """Return the statement for the cases with all wanted terms, or with `operator` " | ", with any of them."""
        exact = self._expression(search_query, operator)
        if all(len(run.words) == 1 for term in (*search_query.wanted, *search_query.unwanted) for run in term):
            return self.MATCHES, (exact,)
        candidates = operator.join(self._term(term, beside=" & ") for term in search_query.wanted)
        condition, parameters = self._condition(search_query, operator)
        return self.PHRASE_MATCHES.format(condition=condition), (exact, candidates, *parameters)

    def _condition(self, search_query: SearchQuery, operator: str) -> SearchStatement:
        """Return the condition for a long text, whose vector lacks positions: phrases are looked up in its words."""
        wanted = [self._term_condition(term) for term in search_query.wanted]
        unwanted = [self._term_condition(term) for term in search_query.unwanted]
        any_or_all = {" & ": " AND ", " | ": " OR "}[operator]
        sql = " AND NOT ".join([f"({any_or_all.join(sql for sql, _ in wanted)})", *(sql for sql, _ in unwanted)])
        return sql, tuple(chain.from_iterable(parameters for _, parameters in (*wanted, *unwanted)))

    def _term_condition(self, term: SearchTerm) -> SearchStatement:
        conditions = ("row.words @@ %s::tsquery" if len(run.words) == 1 else "row.stream LIKE %s" for run in term)
        return f"({' OR '.join(conditions)})", tuple(map(self._run_parameter, term))

    def _run_parameter(self, run: WordSequence) -> str:
        if len(run.words) == 1:
            return self._term((run,))
        return f"% {' '.join(run.words)}{'' if run.open else ' '}%"  # words have no character that LIKE would read

    def ranked(self, cursor: CursorWrapper, search_query: SearchQuery) -> Sequence[int]:
        statement, parameters = self.found(search_query)
        if not search_query.wanted:
            cursor.execute(f"{statement} ORDER BY case_id", parameters)
            return array("Q", [key for (key,) in cursor.fetchall()])
        tiers = list(self._tiers(search_query.wanted))
        if len(parameters) == 1:
            packed = ["cases_packed(%s::tsquery)"] * (len(tiers) + 1)
        else:
            packed = [self.PACKED.format(statement), *["cases_packed(%s::tsquery)"] * len(tiers)]
        cursor.execute(f"SELECT {', '.join(packed)}", [*parameters, *tiers])
        return array("Q", _in_tiers(*map(_unpacked, cursor.fetchone())))

    def _tiers(self, wanted: Sequence[SearchTerm]) -> Iterator[str]:
        """Yield the queries for the better tiers, in which the words of a phrase need not follow each other."""
        anywhere, in_title, in_summary = (
            [self._term(term, part, " & ") for term in wanted] for part in ("", self.TITLE, self.SUMMARY)
        )
        yield " & ".join(in_title)
        if len(wanted) > 1:
            yield f"{' & '.join(anywhere)} & ({' | '.join(in_title)})"
        yield f"{' & '.join(anywhere)} & ({' | '.join(in_summary)})"

    def _expression(self, search_query: SearchQuery, operator: str) -> str:
        unwanted = (f"!{self._term(term)}" for term in search_query.unwanted)
        return operator.join([*map(self._term, search_query.wanted), *unwanted])

    def _term(self, term: SearchTerm, part: str = "", beside: str = " <-> ") -> str:
        return f"({' | '.join(self._sequence(run, part, beside) for run in term)})"

    def _sequence(self, run: WordSequence, part: str, beside: str) -> str:
        phrase = beside.join(f"'{part}{word}'" for word in run.words)
        if not run.open:
            return f"({phrase})"
        return f"{phrase}:* | '{part}{RAW_MARK}{run.words[0]}':*" if len(run.words) == 1 else f"({phrase}:*)"

    def case_counts(self, words: Sequence[str], *, drafts: bool) -> tuple[str, Sequence[str | list[str]]]:
        return self.CASE_COUNTS.format(seen="" if drafts else PUBLISHED_SQL), ([f"'{word}'" for word in words],)

    def write(self, cursor: CursorWrapper, rows: Sequence[SearchIndexRow]) -> None:
        cursor.execute(
            "INSERT INTO cases_searchrow (case_id, words, stream) SELECT key, words::tsvector, stream "
            "FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS rows (key, words, stream) "
            "ON CONFLICT (case_id) DO UPDATE SET words = excluded.words, stream = excluded.stream",
            [
                [key for key, _ in rows],
                [self._vector(texts) for _, texts in rows],
                [self._stream_if_long(texts) for _, texts in rows],
            ],
        )

    def _vector(self, texts: Sequence[IndexedText]) -> str:
        lexemes: list[str] = []
        place = 0
        for part, (stream, aside) in zip((self.TITLE, self.SUMMARY, "", ""), texts, strict=True):
            lexemes += [f"'{word}':{number}" for number, word in enumerate(stream, place + 1) if word != GAP_MARK]
            place += len(stream) + 1
            lexemes += [f"'{word}'" for word in aside]
            lexemes += [f"'{part}{word}'" for word in {*stream, *aside} if part]
        return " ".join(lexemes)

    def _stream_if_long(self, texts: Sequence[IndexedText]) -> str:
        """Return the words of all texts in order if their vector cannot have all their positions."""
        length = sum(len(text.stream) + 1 for text in texts)
        if length <= self.MAX_POSITIONS:
            return ""
        counts = Counter(chain.from_iterable(text.stream for text in texts))
        counts.pop(GAP_MARK, None)
        if length < self.MAX_POSITION and max(counts.values()) <= self.MAX_POSITIONS:
            return ""
        return f" {f' {GAP_MARK} '.join(' '.join(text.stream) for text in texts)} "

    def learn(self, cursor: CursorWrapper, words: Sequence[str]) -> None:
        cursor.execute(
            "INSERT INTO cases_word (word) SELECT new.word FROM unnest(%s::text[]) AS new (word) "
            "WHERE NOT EXISTS (SELECT FROM cases_word known WHERE known.word = new.word) ON CONFLICT DO NOTHING",
            [list(words)],
        )


SEARCH_BACKENDS: dict[str, SearchBackend] = {"sqlite": FTS5Backend(), "postgresql": TSVectorBackend()}


def search_backend() -> SearchBackend:
    """Return the backend of the connected database."""
    return SEARCH_BACKENDS[connection.vendor]


def _unpacked(keys: memoryview | None) -> BitMap64:
    """Decode keys of eight bytes each, big-endian."""
    found = array("Q", bytes(keys or b""))
    if sys.byteorder == "little":
        found.byteswap()
    return BitMap64(found)


def _in_tiers(found: BitMap64, *better: BitMap64) -> Iterator[int]:
    """Yield the keys in `found`, those in better tiers first."""
    for tier in better:
        yield from found & tier
        found -= tier
    yield from found
