from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string

from cases.history.diff import RecordLabels, compare_records
from tests.factories import claim, make_record
from tests.html import one_line

Record = dict[str, Any]

BEFORE = make_record(claims=[claim("over 100 people", 100), claim("five rooms", 5)], sectors=["health"])


def shown(before: Record | None, after: Record | None, **context: Any) -> str:
    """Return the component as HTML, with one space for every run of white space."""
    found = compare_records(before, after, RecordLabels({"sector": {"health": "Health", "sport": "Sport"}}))
    return " ".join(render_to_string("components/difference.html", {"difference": found, **context}).split())


def without_tags(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_where_nothing_differs_it_says_so() -> None:
    assert without_tags(shown(BEFORE, BEFORE)) == "Nothing differs."


def test_only_the_sections_that_differ_are_there_with_headings_of_the_level_asked_for() -> None:
    after = BEFORE | {"title": "Another", "sectors": []}
    assert re.findall(r"<(h\d)>(.*?)</h\d>", shown(BEFORE, after)) == [("h3", "What it is"), ("h3", "Sectors")]
    assert re.findall(r"<(h\d)>(.*?)</h\d>", shown(BEFORE, after, level=4)) == [("h4", "What it is"), ("h4", "Sectors")]


def test_a_value_that_changed_is_struck_out_and_put_in() -> None:
    html = shown(BEFORE, BEFORE | {"slug": "b-case"})
    assert "<del>a-case</del>" in html
    assert "<ins>b-case</ins>" in html
    assert without_tags(html) == "What it is ≠ Address changed before: a-case after: b-case"


def test_words_that_changed_inside_a_text_are_marked_where_they_stand_and_said_aloud() -> None:
    after = BEFORE | {"summary": "Citizens and nurses do it together."}
    html = shown(BEFORE, after)
    assert re.search(r"Citizens and <del>.*?staff.*?</del><ins>.*?nurses.*?</ins> ?do it together\.", one_line(html))
    assert "[removed: staff ] [added: nurses ]" in without_tags(html)


def test_what_was_added_removed_and_moved_is_said_in_words_and_by_a_sign() -> None:
    first, second = BEFORE["claims"]
    after = BEFORE | {"sectors": ["sport"], "claims": [second, first, claim("two buses", 2, unit="buses")]}
    words = without_tags(shown(BEFORE, after))
    assert "+ Sector added added: Sport" in words
    assert "− Sector removed before: Health" in words
    assert "↕ Figure 1 moved five rooms from place 2 to place 1" in words
    assert "+ Figure 3 added two buses as stated two buses value 2 unit buses" in words


def test_long_stretches_that_stayed_are_left_out_and_it_says_so() -> None:
    long = "And so it went on for many years, as they had hoped. " * 9
    html = shown(BEFORE | {"narrative": f"Early. {long}Late."}, BEFORE | {"narrative": f"First. {long}Last."})
    assert html.count("many years") < 9
    assert "… [words that stayed are left out]" in without_tags(html)


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "a & b", '"><img src=x onerror=y>'])
def test_what_a_person_wrote_is_escaped_wherever_it_is_shown(text: str) -> None:
    written = {
        "title": text,
        "slug": text,
        "summary": f"Citizens and staff do it {text} together.",
        "claims": [claim(text, 1, unit=text)],
        "sectors": [text],
        "organisations": [{"organisation": text, "part": text, "passage": None}],
    }
    for html in (shown(BEFORE, BEFORE | written), shown(BEFORE | written, BEFORE), shown(None, BEFORE | written)):
        assert text not in html
        assert re.findall(r"<(?:script|img)", html) == []


def test_the_style_holds_for_nothing_outside_of_a_difference() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", Path("static/difference.css").read_text(), flags=re.DOTALL)
    selectors = [part.strip() for part in re.findall(r"([^{}]+)\{", sheet)]
    heads = [each for part in selectors if not part.startswith("@") for each in re.split(r",\s*(?![^(]*\))", part)]
    assert {head.split()[0] for head in heads} == {".difference"}
