"""JSON as rows: its three shapes, and what refuses a row or the file."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interchange.imports.reading.bounds import FileRefused, FileUnreadable
from interchange.imports.reading.files import open_table
from interchange.imports.reading.rows import FileTable


def document(text: str, name: str = "cases.json") -> FileTable:
    """The table in a document."""
    return open_table(io.BytesIO(text.encode()), name)


CASES: list[Any] = [{"title": "Café", "years": {"start": 2014}, "places": ["a", None]}, {"title": "Two", "open": True}]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(CASES),
        json.dumps(CASES, indent=2, ensure_ascii=False),
        "\ufeff" + json.dumps(CASES),
        json.dumps({"count": 2, "next": None, "results": CASES, "more": [{}]}),
        "\n".join(map(json.dumps, CASES)),
        "\r\n".join(map(json.dumps, CASES)) + "\r\n\r\n",
    ],
)
@pytest.mark.parametrize("name", ["cases.json", "download"])
def test_every_shape_gives_the_same_rows_with_nested_values_kept(text: str, name: str) -> None:
    found = document(text, name)

    assert [(row.number, row.cells) for row in found] == [(1, CASES[0]), (2, CASES[1])]
    assert [header.name for header in found.headers] == ["title", "years", "places", "open"]
    assert (found.total, found.notes) == (2, [])


def test_rows_know_their_line() -> None:
    assert [row.line for row in document('[\n{"a": 1},\n\n{"a":\n 2}, {"a": 3}]')] == [2, 4, 5]


@pytest.mark.parametrize("text", ["[]", '{"results": []}'])
def test_an_empty_list_has_no_rows(text: str) -> None:
    assert list(document(text)) == []


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('[{"a": 1},\n {"a": 2,}]', 2, 10),
        ('[{"a": 1}', 1, 10),
        ('[{"a": 1}] {}', 1, 12),
        ('{"a": 1}\n{"b" 2}', 2, 6),
        ('{"a": 1}{"b": 2}', 1, 9),
        ('{"results": [{"a": 1}], "x"}', 1, 28),
        ("title,place", 1, 1),
        ("{", 1, 2),
        ("  ", 1, 3),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(FileUnreadable, match=rf"in line {line}, column {column}\b"):
        document(text)


@pytest.mark.parametrize(
    ("item", "what"),
    [
        ('{"a": 1, "a": 2}', "“a” is given twice"),
        ('{"b": {"a": 1, "a": 2}}', "“a” is given twice"),
        ('{"a": NaN}', "“NaN” is no number"),
        ('{"a": [-Infinity]}', "“-Infinity” is no number"),
        ('{"a": 1e999}', "too large"),
        ('{"a": 1234567890123456789}', "at most 18 digits"),
        ('{"a": ' + "9" * 10_000 + "}", "at most 18 digits"),
        ('{"a": ' + "[" * 30 + "]" * 30 + "}", "more than 20 deep"),
        ('{"": 1}', "A name in this object is empty"),
        ('{"a\\u0000": 1}', "A name in this object is empty"),
        ("3", "This is no object"),
        ("null", "This is no object"),
    ],
)
def test_a_doubtful_object_is_refused_and_the_others_are_read(item: str, what: str) -> None:
    rows = list(document(f'[{{"a": 1}}, {item}, {{"a": 3}}]'))

    assert [(row.cells, row.refused) for row in rows] == [({"a": 1}, False), ({}, True), ({"a": 3}, False)]
    assert [(problem.row, what in problem.message) for problem in rows[1].problems] == [(2, True)]


def test_all_that_is_wrong_with_an_object_is_told_at_once() -> None:
    (row,) = document('[{"a": NaN, "b": 1e999, "a": 1}]')

    assert len(row.problems) == 3


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, '[{"a":' + "[" * 100_000])
def test_depth_without_end_is_refused(text: str) -> None:
    with pytest.raises(FileUnreadable, match="nested more than 20 deep"):
        document(text)


def test_more_than_a_thousand_names_are_refused() -> None:
    with pytest.raises(FileRefused, match="more than 1,000 columns"):
        document(json.dumps([{str(number): 1} for number in range(1_001)]))


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.from_regex(r"[a-z]{1,3}", fullmatch=True)


@settings(max_examples=40)
@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=3), max_size=4), st.booleans())
def test_what_is_written_as_json_is_read(cases: list[dict[str, Any]], lines: bool) -> None:  # noqa: FBT001 - hypothesis's
    text = "\n".join(map(json.dumps, cases)) if lines and cases else json.dumps(cases)

    assert [row.cells for row in document(text)] == cases
