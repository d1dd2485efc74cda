"""The benchmark measures what it says: made-up cases are valid, contestants agree, disagreement is seen."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.live_server_helper import LiveServer

from tests.benchmarks import client, report, words
from tests.benchmarks.crowd import crowd
from tests.benchmarks.measuring import Contestant, Disagreement, Spread, Times, agree, rounds
from tests.benchmarks.questions import Answer, Question
from tests.benchmarks.report import Figure, Target

ROOT = Path(__file__).resolve().parents[1]


def fixed(name: str, answer: Answer, seconds: float = 1.0) -> Contestant:
    """A contestant that always answers the same."""
    return Contestant(name, lambda _: (seconds, answer), lambda said, _: said)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny run over forty cases: its catalogue, and its report."""
    folder = tmp_path_factory.mktemp("kept")
    tiny = ("--cases=40", "--rounds=2", "--databases=sqlite", "--no-notes")
    run("-m", "tests.benchmarks", *tiny, f"--keep={folder}", f"--report={folder / 'benchmarks.md'}", **plain())
    return folder


@pytest.fixture(scope="module")
def made(kept: Path) -> Iterator[sqlite3.Connection]:
    """The made-up catalogue of that run, as the benchmark loads it; then all of it is rendered anew beside it."""
    file = kept / "cases-40.sqlite3"
    variables = plain() | {"DATABASE_URL": f"sqlite:///{file}", "DATA_DIR": str(kept), "ENV_FILE": ""}
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE loaded AS SELECT * FROM cases_cachedrepresentation")
        connection.commit()
        run("manage.py", "refresh", "--all", **variables)
        yield connection


def test_a_made_up_catalogue_meets_every_constraint_of_its_tables(made: sqlite3.Connection) -> None:
    assert made.execute("PRAGMA foreign_key_check").fetchall() == []
    assert made.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert made.execute("SELECT COUNT(*) FROM cases_case").fetchone() == (40,)


def test_made_up_texts_are_those_that_the_catalogue_renders_of_the_same_rows(made: sqlite3.Connection) -> None:
    rendered = made.execute("SELECT * FROM cases_cachedrepresentation ORDER BY case_id").fetchall()

    assert made.execute("SELECT * FROM loaded ORDER BY case_id").fetchall() == rendered


def test_most_made_up_cases_are_published_and_every_case_is_searched(made: sqlite3.Connection) -> None:
    states = dict(made.execute("SELECT state, COUNT(*) FROM cases_case GROUP BY state"))

    assert states["published"] > 25
    assert made.execute("SELECT COUNT(*) FROM cases_searchrow").fetchone() == (40,)


def test_the_same_seed_says_the_same_words() -> None:
    assert words.Speech(Random("one")).prose(50) == words.Speech(Random("one")).prose(50)
    assert words.Speech(Random("one")).prose(50) != words.Speech(Random("two")).prose(50)


def test_the_vocabulary_has_thirty_thousand_different_words() -> None:
    assert len(set(words.vocabulary())) == 30_000


@given(st.randoms(use_true_random=False), st.integers(0, 29_999))
def test_a_misspelt_word_is_another_one(random: Random, rank: int) -> None:
    word = words.vocabulary()[rank]

    assert abs(len(words.misspelt(random, word)) - len(word)) <= 1


def test_answers_that_differ_stop_the_benchmark_with_their_difference() -> None:
    right, wrong = Answer(2, [1, 2], {"sector": {"health": 2}}), Answer(2, [1, 2], {"sector": {"health": 1}})

    with pytest.raises(Disagreement, match=r"second and first differ:\n  sector: {'health': 1}, not {'health': 2}"):
        agree([fixed("first", right), fixed("second", wrong)], [Question()])


@pytest.mark.parametrize("wrong", [Answer(3, [1, 2]), Answer(2, [2, 1]), Answer(2, [1, 2], {"sector": {}})])
def test_a_total_a_page_and_a_missing_count_are_compared(wrong: Answer) -> None:
    right = Answer(2, [1, 2], {"sector": {"health": 2}})

    with pytest.raises(Disagreement):
        agree([fixed("first", right), fixed("second", wrong)], [Question()])


def test_what_a_contestant_does_not_say_is_no_difference() -> None:
    right = Answer(2, [1, 2], {"sector": {"health": 2}}, {"peer-support/user/digital": 1})

    assert agree([fixed("first", right), fixed("second", Answer(2, None))], [Question()]) == 1


def test_everyone_is_asked_every_question_and_ratios_are_those_of_one_round() -> None:
    answer = Answer(0, [])
    times = rounds([fixed("slow", answer, 3.0), fixed("quick", answer, 1.5)], [Question()] * 5, "seed")

    assert times.ratios("slow", "quick") == [2.0] * 5
    assert times.above("slow", "quick") == [1500.0] * 5


def test_a_median_of_ratios_is_not_the_ratio_of_medians() -> None:
    times = Times({"ours": [1.0, 8.0, 9.0], "theirs": [1.0, 2.0, 9.0]})

    assert Spread.of(times.ratios("ours", "theirs")).median == 1.0


@pytest.mark.parametrize(
    ("target", "figure", "verdict"),
    [
        (Target((2, None, None)), 1.9, "met"),
        (Target((2, None, None)), 2.1, "**not met**"),
        (Target((2, None, None), at_least=True), 1.9, "**not met**"),
        (Target((None, 2, None)), 5, ""),
    ],
)
def test_a_target_is_met_on_its_own_side_and_at_its_own_size(target: Target, figure: float, verdict: str) -> None:
    assert target.verdict(1_000, figure) == verdict


def test_a_figure_stands_beside_its_target_in_the_table() -> None:
    figure = Figure("JSON ÷ empty", 1_000, "SQLite", Spread(1.25, 1.0, 1.5, 2.0), target=Target((1.5, None, None)))

    assert report.table([figure]).splitlines()[-1] == (
        "| JSON ÷ empty | 1,000 | SQLite   | 1.25 × | 1–1.5     | 2   | ≤ 1.5  | met |"
    )


def test_the_client_reads_whole_answers_and_chunks(live_server: LiveServer) -> None:
    asked = client.Client(live_server.thread.port)

    assert asked.get("/api/v1/cases/").body.startswith(b'{"count":0')
    assert asked.get("/nowhere/").status == 404
    asked.close()


def test_a_crowd_counts_answers_and_errors(live_server: LiveServer) -> None:
    good, bad = client.request("/api/v1/"), client.request("/nowhere/")

    assert crowd(live_server.thread.port, 2, 0.3, [good])["errors"] == 0
    answered = crowd(live_server.thread.port, 2, 0.3, [bad])
    assert answered["errors"] == answered["answers"] > 0


def test_a_tiny_run_agrees_and_reports(kept: Path) -> None:
    assert "| JSON over HTTP ÷ an empty answer" in (kept / "benchmarks.md").read_text()


def run(*arguments: str, **variables: str) -> None:
    """Run a program of the project; it must succeed."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def plain() -> dict[str, str]:
    """The environment without what the tests' own settings put there."""
    ours = {"DATABASE_URL", "DATA_DIR", "DJANGO_SETTINGS_MODULE"}
    return {name: value for name, value in os.environ.items() if name not in ours}
