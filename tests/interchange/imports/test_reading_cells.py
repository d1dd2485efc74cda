"""Cells as values: every kind of dirt that real tables have, and what is said of it."""

from datetime import date, datetime
from html import escape
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.derived.csv_columns import FORMULA_STARTS, csv_cell
from cases.markdown import html_text_content, render_markdown
from interchange.imports.reading import texts
from interchange.imports.reading.cells import (
    CLEANERS,
    check_year_order,
    clean_body,
    clean_bool,
    clean_coordinates,
    clean_count,
    clean_items,
    clean_name,
    clean_names,
    clean_number,
    clean_percent,
    clean_text,
    clean_tuples,
    clean_year,
    is_empty,
)
from interchange.imports.reading.problems import Problem, ProblemSeverity

ERROR, WARNING = ProblemSeverity.ERROR, ProblemSeverity.WARNING


def told(problem: Problem | None) -> ProblemSeverity | None:
    """How severe what is told is, if anything is."""
    return problem.severity if problem else None


@pytest.mark.parametrize(
    "empty",
    [
        "", "  ", "\t\n", "\u00a0", "\ufeff", "N/A", "n/a", "NA", "-", "–", "null", "NULL", "None", "nan", "NaN",
        "[]", "{}", None, float("nan"), [], {},
    ],
)  # fmt: skip
def test_every_notation_of_empty_is_none_for_every_kind(empty: Any) -> None:
    assert is_empty(empty)
    for kind in CLEANERS.keys() - {"country", "items", "name", "names", "tuples"}:
        assert CLEANERS[kind](empty) == (None, None)
    assert (clean_items(empty), clean_tuples(empty)) == (([], None), ([], None))


def test_a_notation_may_mean_something_in_a_column() -> None:
    assert clean_text(" N/A ", meant={"N/A"}) == ("N/A", None)
    assert clean_text("none") == ("none", None)


@pytest.mark.parametrize(
    ("given_", "clean"),
    [
        (" planning", "planning"),
        ("\ufeffA\u200bb\u00adc", "Abc"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("'=1+1", "=1+1"),
        ("'-5", "-5"),
        ("'tis", "'tis"),
        ("=cmd()", "=cmd()"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("क्\u200dष", "क्\u200dष"),
        (160.0, "160"),
        (0.5, "0.5"),
        (7, "7"),
        (True, "true"),
        (date(2014, 3, 1), "2014-03-01"),
    ],
)
def test_texts_are_kept_but_for_what_cannot_be_seen(given_: Any, clean: str) -> None:
    assert clean_text(given_) == (clean, None)


def test_control_characters_are_removed_and_told_of() -> None:
    clean, problem = clean_text("a\x00b\x1bc\x85d\ud800e\u202ef")

    assert clean == "abc\ndef"
    assert told(problem) is WARNING


@settings(max_examples=40)
@given(st.text())
def test_a_text_survives_our_own_tables(given_: str) -> None:
    once, _ = clean_text(given_)
    assert (
        once is None or once.startswith("'") or clean_text(csv_cell(once)) == (once, None) or is_empty(csv_cell(once))
    )
    assert texts.FORMULA_PREFIXES == FORMULA_STARTS


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("{a,b}", ["a", "b"]),
        ('{"a b","c,d"}', ["a b", "c,d"]),
        (r'{"say \"no\"","back\\slash"}', ['say "no"', "back\\slash"]),
        ("{NULL}", []),
        ("(1, 'a', 'http://example.org/?a=1,2')", ["1", "a", "http://example.org/?a=1,2"]),
        ("[('a',),]", ["a"]),
        ("['a', 'b']", ["a", "b"]),
        ('["a", null, "b; c"]', ["a", "b; c"]),
        ('(565,method,"Focus Group")', ["565", "method", "Focus Group"]),
        ("a; b", ["a", "b"]),
        ("a | b|c", ["a", "b", "c"]),
        (r"now\; later;soon", ["now; later", "soon"]),
        ("one, two", ["one, two"]),
        ("(formerly) one (now two)", ["(formerly) one (now two)"]),
        ("(see note, page 3)", ["(see note, page 3)"]),
        (["a", " b "], ["a", "b"]),
        (7, ["7"]),
    ],
)
def test_lists_of_every_writing_are_the_same_list(written: Any, found: list[str]) -> None:
    assert clean_items(written) == (found, None)


@pytest.mark.parametrize(
    ("written", "kept", "words"),
    [
        ('{"NULL",x}', ["x"], ["NULL"]),
        ("a; N/A; b; -", ["a", "b"], ["N/A", "“-”"]),
        (["nan", 7], ["7"], ["nan"]),
        ({"name": "x"}, ["x"], ["without their names"]),
    ],
)
def test_what_is_dropped_from_a_list_is_said(written: Any, kept: list[str], words: list[str]) -> None:
    found, problem = clean_items(written)
    assert (found, told(problem)) == (kept, WARNING)
    assert [word for word in words if problem and word not in problem.message] == []


@pytest.mark.parametrize("word", ["Nan", "NULL", "None", "Na", "nan", " null "])
def test_a_word_that_means_nothing_in_tables_is_kept_as_a_name_and_said(word: str) -> None:
    for found, problem in (clean_name(word), clean_names(word), clean_names(f'["{word}"]')):
        assert found in (word.strip(), [word.strip()])
        assert told(problem) is WARNING
    assert (clean_name("N/A")[0], clean_name("-")[0], clean_names("Ems | n/a", separators="|")[0]) == (
        None, None, ["Ems"],
    )  # fmt: skip


@pytest.mark.parametrize(
    "written",
    ["{a,{b}}", '{"a": 1}', "['a", "[a, b]", "[__import__('os')]", "[" * 50 + "]" * 50, "[" + "1," * 60_000 + "]"],
)
def test_what_begins_like_a_list_and_is_none_is_an_error(written: str) -> None:
    found, problem = clean_items(written)

    assert (found, told(problem)) == (([], ERROR) if written != "['a" else (["['a"], None))


def test_related_records_stay_apart() -> None:
    assert clean_tuples("[(1, 'a', None), (2, 'b; c', 'x')]") == ([["1", "a"], ["2", "b; c", "x"]], None)
    assert clean_tuples("(1, 'a')") == ([["1", "a"]], None)
    assert clean_tuples('{"(565,method,Survey)","(1,case,\\"A, b\\")"}') == (
        [["565", "method", "Survey"], ["1", "case", "A, b"]],
        None,
    )
    assert told(clean_tuples("one")[1]) is ERROR


@settings(max_examples=40)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\\", exclude_categories=["C", "Z"]), min_size=1))
)
def test_arrays_as_a_database_writes_them_are_read(parts: list[str]) -> None:
    kept = [part for part in parts if clean_text(part) == (part, None)]
    array = "{" + ",".join('"' + part.replace('"', '\\"') + '"' for part in kept) + "}"

    assert clean_items(array)[0] == kept


@pytest.mark.parametrize(
    ("given_", "found", "severity"),
    [
        ("160.0", 160, None),
        (160.0, 160, None),
        ("1 234", 1234, None),
        ("1\u202f234\u00a0567", 1234567, None),
        ("1'234", 1234, None),
        ("1,234,567", 1234567, None),
        ("1,234", 1234, WARNING),
        ("1.234", None, ERROR),
        ("~200", None, ERROR),
        ("about 200", None, ERROR),
        ("200+", None, ERROR),
        ("100-200", None, ERROR),
        ("12%", None, ERROR),
        ("12.5", None, ERROR),
        (-1, None, ERROR),
        (True, None, ERROR),
        ("1e400", None, ERROR),
        ("9" * 5_000, None, ERROR),
        (float("inf"), None, ERROR),
        ([1], None, ERROR),
    ],
)
def test_counts(given_: Any, found: int | None, severity: ProblemSeverity | None) -> None:
    clean, problem = clean_count(given_)

    assert (clean, type(clean), told(problem)) == (found, type(found), severity)


@pytest.mark.parametrize(
    ("given_", "found", "severity"),
    [
        ("0.5", 0.5, None),
        ("0,5", 0.5, None),
        ("1,234.5", 1234.5, None),
        ("1.234,5", 1234.5, None),
        ("1 234,5", 1234.5, None),
        ("−3", -3, None),
        ("1,234", None, ERROR),
        ("12%", 12, WARNING),
        ("twelve", None, ERROR),
        ("0x10", None, ERROR),
        ("1_000", None, ERROR),
    ],
)
def test_numbers(given_: Any, found: float | None, severity: ProblemSeverity | None) -> None:
    clean, problem = clean_number(given_)

    assert (clean, told(problem)) == (found, severity)


def test_a_number_that_may_be_two_says_so() -> None:
    problem = clean_number("1,234")[1]

    assert problem is not None
    assert (problem.value, "two numbers" in problem.message) == ("1,234", True)
    assert clean_percent("12,5 %") == (12.5, None)


@settings(max_examples=40)
@given(st.integers(-(10**14), 10**14))
def test_whole_numbers_are_read_as_they_are_written(whole: int) -> None:
    assert (
        clean_number(str(whole))
        == clean_number(float(whole))
        == clean_number(f"{whole:,}".replace(",", " "))
        == (whole, None)
    )


@pytest.mark.parametrize(
    ("given_", "found"),
    [
        ("2014", 2014), (2014, 2014), (2014.0, 2014), ("2014.0", 2014), ("2014-03-01", 2014), ("2014-03", 2014),
        ("March 2014", 2014), ("1st March, 2014", 2014), ("Mar 1, 2014", 2014), ("1. März 2014", 2014),
        ("1er mars 2014", 2014), ("marzo de 2014", 2014), ("01/02/2014", 2014), ("31.12.2014", 2014),
        ("12/31/2014", 2014), ("2014-03-01T10:00:00Z", 2014), (date(2014, 3, 1), 2014),
        (datetime(2014, 3, 1, 10), 2014),  # noqa: DTZ001 - as spreadsheets have them
    ],
)  # fmt: skip
def test_years_are_read_off_dates(given_: Any, found: int) -> None:
    assert clean_year(given_) == (found, None)


@pytest.mark.parametrize(
    ("given_", "what"),
    [
        ("2014-02-31", "no such day"),
        ("32/01/2014", "no such day"),
        ("13/2014", "no such day"),
        ("2004-2008", "two years"),
        ("2004/05", "two years"),
        ("c. 2010", "not exact"),
        ("1990s", "not exact"),
        ("2010?", "not exact"),
        ("14", "no year"),
        ("01/02/14", "no year"),
        ("soon", "no year"),
        ("0000", "lies between"),
        (41_699, "lies between"),
        (True, "no year"),
        ({"year": 2014}, "no year"),
    ],
)
def test_what_is_no_year_says_what_to_do(given_: Any, what: str) -> None:
    clean, problem = clean_year(given_)

    assert clean is None
    assert problem is not None
    assert (problem.severity, what in problem.message) == (ERROR, True)


def test_an_end_before_the_start_names_both_columns() -> None:
    problem = check_year_order(2014, 2010, start_column="Start year", end_column="End year")

    assert problem is not None
    assert (problem.column, "“Start year”" in problem.message, "“End year”" in problem.message) == (
        "End year",
        True,
        True,
    )
    assert check_year_order(2010, 2010, start_column="a", end_column="b") is None
    assert check_year_order(None, 2010, start_column="a", end_column="b") is None


@pytest.mark.parametrize("yes", ["Yes", "TRUE", "y", "1", "1.0", 1, 1.0, True, "ja", "Oui", "sí", "x", "✓"])
def test_yes(yes: Any) -> None:
    assert clean_bool(yes) == (True, None)


@pytest.mark.parametrize("no", ["No", "false", "n", "0", "0.0", 0, 0.0, False, "nein", "não"])
def test_no(no: Any) -> None:
    assert clean_bool(no) == (False, None)


@pytest.mark.parametrize("neither", ["perhaps", 2, "10.0", ["yes"]])
def test_what_is_neither_yes_nor_no_is_not_guessed(neither: Any) -> None:
    found, problem = clean_bool(neither)

    assert (found, told(problem)) == (None, ERROR)


@pytest.mark.parametrize(
    ("latitude", "longitude", "point"),
    [
        (51.5074, -0.1278, (51.5074, -0.1278)),
        ("51.5074", "-0.1278", (51.5074, -0.1278)),
        ("51,5074", "-0,1278", (51.5074, -0.1278)),
        ("51.5074° N", "0.1278° W", (51.5074, -0.1278)),
        ("51° 30' 26.64\" N", "0°7'40.08″W", (51.5074, -0.1278)),
        ("S 33.8688", "E 151.2093", (-33.8688, 151.2093)),
        ("51.5074, -0.1278", None, (51.5074, -0.1278)),
        ("51.5074° N, 0.1278° W", "", (51.5074, -0.1278)),
        (0, 6.73, (0, 6.73)),
        ("", None, None),
    ],
)
def test_points(latitude: Any, longitude: Any, point: tuple[float, float] | None) -> None:
    assert clean_coordinates(latitude, longitude) == (point, None)


@pytest.mark.parametrize(
    ("latitude", "longitude", "severity", "what"),
    [
        (0, 0, WARNING, "a point in the sea"),
        ("0° 0' 0\" N", "0° 0' 0\" E", WARNING, "a point in the sea"),
        ("0° 0' 0\" N", None, WARNING, "a point in the sea"),
        (91, 0.5, ERROR, "between −90 and 90"),
        (120.5, 51.5, ERROR, "exchanged"),
        (51.5, None, ERROR, "the other one"),
        ("north", "east", ERROR, "no degrees"),
        ("51° 75' N", "0° E", ERROR, "no degrees"),
        ("51.5 E", "0.1 N", ERROR, "no degrees"),
        (float("inf"), 1, ERROR, "between −90 and 90"),
    ],
)
def test_what_is_no_place(latitude: Any, longitude: Any, severity: ProblemSeverity, what: str) -> None:
    point, problem = clean_coordinates(latitude, longitude)

    assert point is None
    assert problem is not None
    assert (problem.severity, what in problem.message) == (severity, True)


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        (
            "<h2>Aim</h2><p>One &amp; <b>two</b></p>\r\n<ul><li>a</li><li>b</li></ul>",
            "## Aim\n\nOne & **two**\n\n- a\n- b",
        ),
        ("<p>Hi<script>alert(1)</script><style>p{}</style></p>", "Hi"),
        ("<p>See imgs and a videoclip &lt;img&gt;</p>", "See imgs and a videoclip <img>"),
        ("<!--[if gte mso 9]><xml>x</xml><![endif]--><p class='MsoNormal'>Word<o:p></o:p></p>", "Word"),
        (
            "<a href='https://example.org/?utm_source=x&a=1' onclick='x()'>there</a>",
            "[there](https://example.org/?a=1)",
        ),
        ("<a href='javascript:alert(1)'>there</a>", "there"),
        ("<p>a&nbsp;b</p>", "a b"),
        ("Fish &amp; chips", "Fish & chips"),
        ("a < b and c > d", "a < b and c > d"),
        ("*Markdown* stays\r\n\r\n- as it is", "*Markdown* stays\n\n- as it is"),
    ],
)
def test_bodies_become_markdown(html: str, markdown: str) -> None:
    assert clean_body(html) == (markdown, None)


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("<img src='https://example.org/pixel.gif'>", "1 × an image"),
        ("<IMG src=a><img/><iframe src='https://example.org'>x</iframe>", "2 × an image, 1 × an embedded page"),
        ("<video controls></video><svg></svg>", "1 × a video, 1 × a drawing"),
    ],
)
def test_what_readers_saw_in_html_and_do_not_see_here_is_said(html: str, left: str) -> None:
    text, problem = clean_body(f"<p>Hi</p>{html}")
    assert problem is not None
    assert (text, problem.severity, problem.message) == (
        "Hi",
        ProblemSeverity.WARNING,
        f"This was left out of the text: {left}.",
    )


@pytest.mark.parametrize(
    "paragraph",
    [
        "2014. It began with ten people.", "1994) Later", "1. Not a list", "- nor this", "+ nor this", "* or this",
        "# No heading", "> no quotation", "---", "===", "```", "[a]: b", "-5 degrees", "#tag", "1.5 km", "1995-1998",
    ],
)  # fmt: skip
def test_a_paragraph_that_begins_like_something_else_stays_a_paragraph(paragraph: str) -> None:
    for around in ("<p>{}</p>", "<p>So</p><p>{}</p>", "<p>So<br>{}</p>", "<ul><li>{}</li></ul>"):
        html = around.format(escape(paragraph))
        shown = " ".join(html_text_content(render_markdown(clean_body(html)[0] or "")).split())
        assert shown.removeprefix("So ") == paragraph


def test_a_year_with_a_point_is_no_list_in_plain_text_either() -> None:
    plain = "2014. It began.\n\n1994) Before.\n\n1. one\n2. two"
    assert render_markdown(clean_body(plain)[0] or "") == (
        "<p>2014. It began.</p>\n<p>1994) Before.</p>\n<ol>\n<li>one</li>\n<li>two</li>\n</ol>\n"
    )


def test_html_without_a_text_is_told_of_and_depth_without_end_is_refused() -> None:
    assert told(clean_body("<p><img src='x'></p>")[1]) is WARNING
    assert told(clean_body("<ul><li>" * 600)[1]) is ERROR
    assert told(clean_body("<p>" * 10_001)[1]) is ERROR


ANYTHING = (
    st.text() | st.integers() | st.floats() | st.booleans() | st.dates() | st.lists(st.text(), max_size=3) | st.none()
)


@settings(max_examples=40)
@given(ANYTHING)
def test_no_cell_does_more_than_give_a_value_or_a_problem(value: Any) -> None:
    for clean in CLEANERS.values():
        found, problem = clean(value)
        assert problem is None or (problem.message.endswith((".", "?")) and len(problem.value) <= 60)
        assert told(problem) is not ERROR or found in (None, []) or clean in {clean_items, clean_tuples}
    clean_coordinates(value, value)
