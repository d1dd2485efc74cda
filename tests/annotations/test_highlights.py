"""Marks in a narrative: its text stays, its HTML stays well formed, and each note's words are marked, no others."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.highlights import Placed, highlight
from annotations.models import Annotation
from annotations.selectors import Span
from cases.markdown import render, text_of

from .narratives import ODD, narratives

PHRASING = {"a", "code", "del", "em", "h2", "h3", "h4", "li", "p", "strong", "td", "th"}
"""What a mark may stand in; inside these its text is phrasing content."""


class Reading(HTMLParser):
    """Reads marked HTML strictly: what is marked for which note, and where each note's reference stands."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = ["div"]
        self.notes: list[int] = []
        self.at = 0
        self.marked: dict[int, set[int]] = {}
        self.references: dict[int, int] = {}
        self.ids: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == ["div"], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        assert tag != "a" or "a" not in self.open, "no link stands inside another"
        if tag == "mark":
            assert self.open[-1] in PHRASING, f"no mark stands directly in {self.open[-1]}"
            self.notes = [int(note) for note in (values["data-notes"] or "").split()]
            assert values["data-depth"] == str(min(3, len(self.notes)))
        if values.get("class") == "noteref":
            assert self.open[-1] in PHRASING
            self.references[int((values["href"] or "").removeprefix("#note-"))] = self.at
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "mark":
            self.notes = []

    def handle_data(self, data: str) -> None:
        for note in self.notes:
            self.marked.setdefault(note, set()).update(range(self.at, self.at + len(data)))
        self.at += len(data)


def placed(*spans: tuple[int, int]) -> list[Placed]:
    """Return notes that stand at these spans: the first has the id 10 and the number 1, and so on."""
    ordered = sorted(Span(*span) for span in spans)
    return [Placed(number, Annotation(pk=10 * number), span) for number, span in enumerate(ordered, 1)]


def test_a_note_is_marked_and_its_reference_stands_before_its_words() -> None:
    assert highlight("<p>It began <em>small</em>.</p>\n", placed((3, 8))) == (
        '<p>It <a class="noteref" id="mark-10" href="#note-10" data-number="1" aria-label="Note 1"></a>'
        '<mark data-notes="10" data-depth="1">began</mark> <em>small</em>.</p>\n'
    )


def test_words_of_several_notes_say_whose_they_are() -> None:
    reading = Reading(highlight("<p>It began small.</p>", placed((0, 8), (3, 14), (3, 8), (3, 4))))
    assert reading.marked == {
        10: set(range(8)),
        20: {3},
        30: set(range(3, 8)),
        40: set(range(3, 14)),
    }
    assert reading.ids == ["mark-10", "mark-20", "mark-30", "mark-40"]


def test_a_note_that_begins_inside_a_link_is_referred_to_before_the_link() -> None:
    html = render("See [the long words](https://example.org/) there.")
    reading = Reading(highlight(html, placed((8, 12), (13, 24))))
    assert reading.references == {10: 4, 20: 4}
    assert reading.marked == {10: set(range(8, 12)), 20: set(range(13, 24))}


def test_white_space_between_rows_items_and_blocks_is_not_marked() -> None:
    html = render("One.\n\n- two\n\n|a|b|\n|-|-|\n|c|d|")
    text = text_of(html)
    marked = Reading(highlight(html, placed((0, len(text))))).marked[10]
    assert {text[at] for at in range(len(text)) if at not in marked} == {"\n"}
    assert "".join(text[at] for at in sorted(marked)) == "One.twoabcd"


def test_without_notes_the_html_stays_as_it_is() -> None:
    for markdown in ODD.values():
        assert highlight(render(markdown), []) == render(markdown)


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, list[Placed]]:
    """Return a narrative's HTML, and notes on spans of its text that hold at least one word each."""
    html = render(draw(st.one_of(narratives, st.sampled_from(list(ODD.values())))))
    text = text_of(html)
    words = [at for at, letter in enumerate(text) if not letter.isspace()]
    if not words:
        return html, []
    spans = draw(
        st.lists(
            st.sampled_from(words).flatmap(
                lambda at: st.tuples(st.integers(max(0, at - 20), at), st.integers(at + 1, min(len(text), at + 40)))
            ),
            max_size=6,
        )
    )
    return html, placed(*spans)


@given(annotated())
def test_marks_leave_the_text_alone_and_stand_on_the_notes_words_only(sample: tuple[str, list[Placed]]) -> None:
    html, notes = sample
    text = text_of(html)
    marked = highlight(html, notes)
    assert text_of(marked) == text
    reading = Reading(marked)
    assert sorted(reading.ids) == sorted(f"mark-{entry.note.pk}" for entry in notes)
    assert reading.marked.keys() == reading.references.keys() == {entry.note.pk for entry in notes}
    for entry in notes:
        span, found = range(*entry.span), reading.marked[entry.note.pk]
        assert found <= set(span)
        assert all(text[at].isspace() for at in span if at not in found), "only white space between blocks is left out"
        assert reading.references[entry.note.pk] <= min(found)


@pytest.mark.parametrize("markdown", ODD.values(), ids=ODD)
def test_a_note_on_all_of_a_text_marks_all_of_its_words(markdown: str) -> None:
    html = render(markdown)
    text = text_of(html)
    notes = placed((0, len(text))) if text.strip() else []
    marked = Reading(highlight(html, notes)).marked.get(10, set())
    assert all(text[at].isspace() for at in range(len(text)) if at not in marked)
