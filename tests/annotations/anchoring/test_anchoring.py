"""Notes come through made-up edits as often as was promised; how soon is asked by the benchmark alone."""

from __future__ import annotations

from random import Random

import pytest

from annotations.anchoring.selectors import Quotation, TextSpan, quote_at
from tests.benchmarks.anchoring import KINDS, Narrative, Passage, Tally, first_match, main, passages, run

NARRATIVES = 10


@pytest.mark.parametrize("kind", KINDS)
def test_notes_are_found_again_and_orphaned_rightly(kind: str) -> None:
    tally = run(kind, NARRATIVES, "test")
    assert tally.notes == 300
    assert tally.found_again >= 98.5
    assert tally.placed_wrongly <= 1
    if tally.deleted >= 20:
        assert tally.rightly_orphaned >= 95


def test_of_all_notes_as_many_are_placed_rightly() -> None:
    tally = Tally.of(run(kind, NARRATIVES, "all") for kind in KINDS)
    assert (tally.notes, len(tally.seconds)) == (1_500, 2_400)
    assert tally.found_again >= 98.5
    assert tally.placed_wrongly <= 1
    assert tally.rightly_orphaned >= 95


def test_the_edits_strike_out_passages_and_leave_most() -> None:
    tallies = {kind: run(kind, NARRATIVES, "test") for kind in KINDS}
    assert {kind for kind, tally in tallies.items() if tally.deleted >= 20} == {"deletions", "four in a row"}
    assert all(tally.survivors >= 150 for tally in tallies.values())


def test_a_simple_search_does_not_do() -> None:
    tally = run("mixed", NARRATIVES, "test", first_match)
    assert tally.found_again < 80
    assert tally.placed_wrongly > 3


def test_the_truth_knows_every_letter() -> None:
    narrative = Narrative(Random("truth"), words=48)  # noqa: S311 - chance is seeded, and keeps no secret
    text, where = narrative.flat()
    for passage in passages(narrative, 20):
        assert text[slice(*passage.at)] == passage.quotation.exact
        assert passage.left(where) == (1.0, [passage.at, passage.at])
    narrative.moves()
    moved, where = narrative.flat()
    assert sorted(moved) == sorted(text)
    assert [moved[where[number]] for number in sorted(where)] == [letter for letter in text if not letter.isspace()]


TEXT = "one two three four"
PASSAGE = Passage(quote_at(TEXT, 4, 13), TextSpan(4, 13), [4, 5, 6, 8, 9, 10, 11, 12])


@pytest.mark.parametrize(
    ("after", "where", "span", "counts"),
    [
        ("two three", {4: 0, 5: 1, 6: 2, 8: 4, 9: 5, 10: 6, 11: 7, 12: 8}, (0, 9), (1, 1, 0, 0, 0)),
        ("two three", {4: 0, 5: 1, 6: 2, 8: 4, 9: 5, 10: 6, 11: 7, 12: 8}, (0, 8), (1, 0, 1, 0, 0)),
        ("two three", {4: 0, 5: 1, 6: 2, 8: 4, 9: 5, 10: 6, 11: 7, 12: 8}, None, (1, 0, 0, 0, 0)),
        ("so three", {8: 3, 9: 4, 10: 5, 11: 6, 12: 7}, (0, 8), (1, 1, 0, 0, 0)),
        ("so three", {8: 3, 9: 4, 10: 5, 11: 6, 12: 7}, (0, 2), (1, 0, 1, 0, 0)),
        ("two trees", {4: 0, 5: 1, 6: 2}, None, (0, 0, 0, 0, 0)),
        ("nothing", {}, (0, 7), (0, 0, 1, 1, 0)),
        ("nothing", {}, None, (0, 0, 0, 1, 1)),
    ],
)
def test_an_answer_is_judged(
    after: str, where: dict[int, int], span: tuple[int, int] | None, counts: tuple[int, ...]
) -> None:
    tally = Tally()
    tally.judge(PASSAGE, TextSpan(*span) if span else None, after, where)
    assert (tally.survivors, tally.found, tally.wrong, tally.deleted, tally.orphaned) == counts


def test_the_first_match_is_where_the_words_first_stand() -> None:
    follow = first_match("", "a b a b")
    assert follow(Quotation("b a"), None) == TextSpan(2, 5)
    assert follow(Quotation("c"), None) is None


def test_the_benchmark_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--narratives", "1"]) == 0
    head, rule, *rows = (line for line in capsys.readouterr().out.splitlines() if line.startswith("|"))
    assert len(rows) == 2 * (len(KINDS) + 1)
    assert {line.count("|") for line in (head, rule, *rows)} == {11}
