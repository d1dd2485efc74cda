"""How each database searches text: FTS5 of SQLite, and tsvector of PostgreSQL.

Both are given ready stems and only compare them. Title, summary, narrative and names weigh differently in the order.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from django.db import connection
from django.db.backends.utils import CursorWrapper

from .terms import Question, Run, Term

RAW = "≈"
"""Before a word as it is written, where its stem is another one: open words are looked up by it."""

GAP = "¦"
"""Between the words of a text in their order and what else it is found by, so that no phrase leads across."""


class Indexed(NamedTuple):
    """A text as it is searched: its stems in their order, and what has no place in that order."""

    stream: list[str]
    aside: set[str]


Row = tuple[int, list[Indexed]]
"""The key of a case, and its title, summary, narrative and names."""


Statement = tuple[str, tuple[str, ...]]
"""SQL and its parameters."""

ALL_BUT = "SELECT case_id FROM cases_searchrow WHERE case_id NOT IN ({})"


class Engine(Protocol):
    """A database's text search."""

    def found(self, question: Question) -> Statement:
        """Return the statement for the keys of the cases that answer."""

    def ranked(self, question: Question) -> Statement:
        """Return the same, the best first and ties by key."""

    def write(self, cursor: CursorWrapper, rows: Sequence[Row]) -> None:
        """Let cases be found by what they say now."""

    def learn(self, cursor: CursorWrapper, words: Sequence[str]) -> None:
        """Add to the words that are known, all in one statement."""


class FTS5:
    """SQLite. Its `ascii` tokenizer parts words at spaces, and takes every letter that is not ASCII as it is."""

    MATCHES = "SELECT rowid FROM cases_search WHERE cases_search MATCH %s"

    def found(self, question: Question) -> Statement:
        if question.wanted:
            return self.MATCHES, (self._expression(question),)
        return ALL_BUT.format(self.MATCHES), (" OR ".join(map(self._term, question.unwanted)),)

    def ranked(self, question: Question) -> Statement:
        statement, parameters = self.found(question)
        best = "bm25(cases_search, 8, 4, 1, 2), rowid" if question.wanted else "case_id"
        return f"{statement} ORDER BY {best}", parameters

    def _expression(self, question: Question) -> str:
        wanted = " AND ".join(map(self._term, question.wanted))
        return " NOT ".join([f"({wanted})", *map(self._term, question.unwanted)])

    def _term(self, term: Term) -> str:
        return f"({' OR '.join(map(self._run, term))})"

    def _run(self, run: Run) -> str:
        phrase = f'"{" ".join(run.words)}"'
        if not run.open:
            return phrase
        return f'{phrase} * OR "{RAW}{run.words[0]}" *' if len(run.words) == 1 else f"{phrase} *"

    def write(self, cursor: CursorWrapper, rows: Sequence[Row]) -> None:
        keys = [(key,) for key, _ in rows]
        cursor.executemany("INSERT OR IGNORE INTO cases_searchrow (case_id) VALUES (%s)", keys)
        cursor.executemany(
            "INSERT OR REPLACE INTO cases_search (rowid, title, summary, narrative, names) VALUES (%s, %s, %s, %s, %s)",
            [(key, *map(self._column, texts)) for key, texts in rows],
        )

    @staticmethod
    def _column(text: Indexed) -> str:
        return " ".join([*text.stream, GAP, *text.aside] if text.aside else text.stream)

    def learn(self, cursor: CursorWrapper, words: Sequence[str]) -> None:
        cursor.executemany("INSERT OR IGNORE INTO cases_word (word) VALUES (%s)", [(word,) for word in words])


class TSVector:
    """PostgreSQL. Its parser is passed by: words are written into the vector with their places and weights."""

    MATCHES = "SELECT case_id FROM cases_searchrow WHERE words @@ %s::tsquery"

    def found(self, question: Question) -> Statement:
        if question.wanted:
            return self.MATCHES, (self._expression(question),)
        return ALL_BUT.format(self.MATCHES), (" | ".join(map(self._term, question.unwanted)),)

    def ranked(self, question: Question) -> Statement:
        statement, parameters = self.found(question)
        if not question.wanted:
            return f"{statement} ORDER BY case_id", parameters
        return f"{statement} ORDER BY ts_rank(words, %s::tsquery) DESC, case_id", parameters * 2

    def _expression(self, question: Question) -> str:
        unwanted = (f"!{self._term(term)}" for term in question.unwanted)
        return " & ".join([*map(self._term, question.wanted), *unwanted])

    def _term(self, term: Term) -> str:
        return f"({' | '.join(map(self._run, term))})"

    def _run(self, run: Run) -> str:
        phrase = " <-> ".join(f"'{word}'" for word in run.words)
        if not run.open:
            return phrase
        return f"{phrase}:* | '{RAW}{run.words[0]}':*" if len(run.words) == 1 else f"{phrase}:*"

    def write(self, cursor: CursorWrapper, rows: Sequence[Row]) -> None:
        cursor.execute(
            "INSERT INTO cases_searchrow (case_id, words) SELECT key, words::tsvector "
            "FROM unnest(%s::bigint[], %s::text[]) AS rows (key, words) "
            "ON CONFLICT (case_id) DO UPDATE SET words = excluded.words",
            [[key for key, _ in rows], [self._vector(texts) for _, texts in rows]],
        )

    @staticmethod
    def _vector(texts: Sequence[Indexed]) -> str:
        lexemes: list[str] = []
        place = 0
        for weight, (stream, aside) in zip("ABDC", texts, strict=True):
            lexemes += [f"'{word}':{number}{weight}" for number, word in enumerate(stream, place + 1)]
            place += len(stream) + 1
            lexemes += [f"'{word}':16383{weight}" for word in aside]
        return " ".join(lexemes)

    def learn(self, cursor: CursorWrapper, words: Sequence[str]) -> None:
        cursor.execute(
            "INSERT INTO cases_word (word) SELECT word FROM unnest(%s::text[]) AS word "
            "WHERE NOT EXISTS (SELECT FROM cases_word known WHERE known.word = word) ON CONFLICT DO NOTHING",
            [list(words)],
        )


ENGINES: dict[str, Engine] = {"sqlite": FTS5(), "postgresql": TSVector()}


def engine() -> Engine:
    """Return the text search of the database that is connected."""
    return ENGINES[connection.vendor]


def keys(statement: str, parameters: Sequence[str]) -> Sequence[int]:
    """Return the keys that a statement finds."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return array("Q", [key for (key,) in cursor.fetchall()])
