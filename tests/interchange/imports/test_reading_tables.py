"""Text tables as rows: encodings, separators, headers, and rows that do not fit."""

import csv
import io
from contextlib import suppress
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st

from interchange.imports.reading.bounds import FileRefused, FileUnreadable
from interchange.imports.reading.files import open_table
from interchange.imports.reading.problems import Problem, ProblemSeverity, printable_value
from interchange.imports.reading.rows import FileTable
from interchange.imports.reading.tables import read_table


def table(text: str | bytes, name: str = "cases.csv") -> FileTable:
    """The table in a file."""
    return read_table(io.BytesIO(text if isinstance(text, bytes) else text.encode()), name)


def cells(text: str | bytes) -> list[dict[str, object]]:
    """The cells of its rows."""
    return [row.cells for row in table(text)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_lines_and_separators_of_every_kind_give_the_same_rows(end: str, separator: str) -> None:
    lines = [["title", "place"], ["Garden, with a fence; a | bar\tand a tab", "Łódź"], ["Choir", ""]]
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(lines)

    assert cells(out.getvalue()) == [
        {"title": "Garden, with a fence; a | bar\tand a tab", "place": "Łódź"},
        {"title": "Choir", "place": None},
    ]


@pytest.mark.parametrize(
    ("codec", "label"), [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16")]
)
def test_unicode_is_recognised_and_its_mark_is_no_part_of_the_header(codec: str, label: str) -> None:
    found = table("title,place\nCafé,Zürich\n".encode(codec))

    assert ([header.name for header in found.headers], found.encoding) == (["title", "place"], label)
    assert [row.cells for row in found] == [{"title": "Café", "place": "Zürich"}]
    assert found.notes == []


@pytest.mark.parametrize("codec", ["latin-1", "cp1252"])
def test_an_older_encoding_is_read_and_told_of(codec: str) -> None:
    words = "Señora Núñez leyó en la cafetería: después más niños llegaron"
    found = table(f"title,place\n{words},Málaga\n".encode(codec))

    assert [row.cells for row in found] == [{"title": words, "place": "Málaga"}]
    assert found.encoding == "Windows-1252"
    assert [(note.severity, "Windows-1252" in note.message) for note in found.notes] == [
        (ProblemSeverity.WARNING, True)
    ]


@pytest.mark.parametrize(
    ("codec", "words"),
    [
        ("cp1251", "Жители открыли мастерскую вместе: чинят велосипеды, учат соседей, собирают книги для чтения"),
        ("cp1250", "Mieszkańcy wspólnie z biblioteką otworzyli warsztat, w którym naprawiają rowery całej okolicy"),
        ("cp1252", "Die Bewohner öffneten eine Werkstatt für Fahrräder: Jüngere erklären Älteren, wie man überholt"),
        ("cp1252", "Les habitants ont ouvert un atelier où l’on répare les vélos abîmés du quartier dès la rentrée"),
        ("cp1252", "Los niños y los vecinos abrieron un taller donde también se enseña español a los recién llegados"),
    ],
)
def test_what_older_programs_wrote_is_read_in_many_languages(codec: str, words: str) -> None:
    content = "title\n" + "".join(f'"{words} {number}"\n' for number in range(9))

    assert [row["title"] for row in cells(content.encode(codec))] == [f"{words} {number}" for number in range(9)]


def test_a_first_line_may_name_the_separator_and_is_not_shown() -> None:
    found = table("sep=;\r\na;b\r\n1,5;2\r\n")

    assert [(row.number, row.line, row.cells) for row in found] == [(2, 3, {"a": "1,5", "b": "2"})]


def test_a_single_column_is_a_table_though_no_separator_is_there() -> None:
    assert cells("title\nOne\nTwo\n") == [{"title": "One"}, {"title": "Two"}]


def test_rows_are_numbered_as_a_spreadsheet_does_and_know_their_line() -> None:
    found = table('title,note\n"two\nlines",x\n\nChoir,y\n')

    assert [(row.number, row.line) for row in found] == [(2, 2), (4, 5)]


def test_repeated_headers_are_told_apart() -> None:
    found = table("name,name,name (2),name\n1,2,3,4\n")

    assert [row.cells for row in found] == [{"name": "1", "name (3)": "2", "name (2)": "3", "name (4)": "4"}]
    assert [(note.row, note.column, note.severity) for note in found.notes] == [
        (1, "B", ProblemSeverity.WARNING),
        (1, "D", ProblemSeverity.WARNING),
    ]


def test_a_column_without_a_header_has_its_letter_and_an_empty_one_is_dropped() -> None:
    found = table("a,,,d,\n1,x,,4,\n1,,,4,\n")

    assert [(header.name, header.letter) for header in found.headers] == [("a", "A"), ("column B", "B"), ("d", "D")]
    assert [row.cells for row in found] == [
        {"a": "1", "column B": "x", "d": "4"},
        {"a": "1", "column B": None, "d": "4"},
    ]
    assert [(note.column, "no header" in note.message) for note in found.notes] == [("B", True)]


def test_empty_rows_and_columns_at_the_end_are_dropped() -> None:
    found = table("a,b,,\n1,2,,\n,,,\n , ,,\n\n")

    assert ([row.cells for row in found], found.total, found.notes) == ([{"a": "1", "b": "2"}], 1, [])


@pytest.mark.parametrize(("line", "column"), [("1,2,3,4", "D"), ("1,2", "C"), ("1", "B")])
def test_a_shifted_row_is_refused_and_the_others_are_read(line: str, column: str) -> None:
    rows = list(table(f"a,b,c\n{line}\n7,8,9\n"))

    assert [(row.number, row.refused, row.cells) for row in rows] == [
        (2, True, {}),
        (3, False, {"a": "7", "b": "8", "c": "9"}),
    ]
    (problem,) = rows[0].problems
    assert (problem.row, problem.column, problem.severity) == (2, column, ProblemSeverity.ERROR)
    assert "wrong columns" in problem.message


def test_a_row_with_empty_cells_beyond_the_headers_fits() -> None:
    assert cells("a,b\n1,2,,\n") == [{"a": "1", "b": "2"}]


@pytest.mark.parametrize(("length", "told"), [(32_765, False), (32_766, True), (32_767, True), (32_768, False)])
def test_a_text_as_long_as_a_cell_may_be_was_probably_cut(length: int, *, told: bool) -> None:
    (row,) = table(f"title,body\nOne,{'x' * length}\n")

    assert not row.refused
    assert [(problem.row, problem.column, problem.severity) for problem in row.problems] == (
        [(2, "body", ProblemSeverity.WARNING)] if told else []
    )


def test_only_a_header_is_a_table_without_rows() -> None:
    found = table("a,b\n")

    assert ([header.name for header in found.headers], list(found), len(found)) == (["a", "b"], [], 0)


@pytest.mark.parametrize("content", [b"", b"\n\n", b",,\n , \n"])
def test_a_file_without_anything_is_refused(content: bytes) -> None:
    with pytest.raises(FileUnreadable, match=r"header|empty"):
        table(content)


def test_formulas_are_text() -> None:
    assert cells("title\n=cmd()\n") == [{"title": "=cmd()"}]


def test_rows_can_be_read_again() -> None:
    found = table("a\n1\n2\n")

    assert list(found) == list(found)
    assert len(list(found)) == 2


def test_uploads_are_read_and_left_open() -> None:
    small = SimpleUploadedFile("cases.csv", b"a,b\n1,2\n")
    with TemporaryUploadedFile("cases.csv", "text/csv", 8, None) as large:
        large.write(b"a,b\n1,2\n")
        assert [row.cells for row in open_table(large, "cases.csv")] == [
            row.cells for row in open_table(small, "cases.csv")
        ]
        assert not large.closed
    assert not small.closed


def test_a_stream_that_cannot_go_back_is_read() -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

    assert [row.cells for row in read_table(Stream(b"a\n1\n"), "a.csv")] == [{"a": "1"}]


TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=8).filter(str.strip)


@settings(max_examples=40)
@given(st.lists(st.lists(TEXTS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_what_is_written_as_csv_is_read(rows: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([["first", "second", "third"], *rows])

    assert [list(row.values()) for row in cells(out.getvalue())] == rows


@settings(max_examples=40)
@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_be_refused(content: bytes) -> None:
    with suppress(FileRefused):
        found = open_table(io.BytesIO(content), "cases")
        assert len(list(found)) == len(found)


def test_a_problem_shows_its_value_on_one_short_line() -> None:
    problem = Problem(None, "", printable_value("one\r\n\ttwo \x1b" + "x" * 500), "What is this?").at(7, "title")

    assert (problem.row, problem.column, len(problem.value)) == (7, "title", 60)
    assert problem.value.startswith("one two �x")
    assert problem.value.isprintable()


def test_nothing_of_the_database_is_needed() -> None:
    folder = Path(__file__).parents[3] / "interchange" / "imports" / "reading"
    sources = [path.read_text() for path in folder.glob("*.py")]

    assert len(sources) > 10
    assert not [source for source in sources if "models" in source or "from cases" in source]
