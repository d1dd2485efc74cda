"""Marks in a narrative: its text stays, its HTML stays well formed, and each note's words are marked, no others."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.anchoring.highlights import AnchoredNote, Coding, highlight
from annotations.anchoring.selectors import TextSpan
from cases.markdown import html_text_content, render_markdown

from ..narratives import ODD, narratives

PHRASING = {"a", "code", "del", "em", "h2", "h3", "h4", "li", "p", "strong", "td", "th"}
"""What a mark may stand in; inside these its text is phrasing content."""


class Reading(HTMLParser):
    """Reads marked HTML strictly: how often each character is marked, and where each note's reference stands."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = ["div"]
        self.depth, self.type = 0, ""
        self.at = 0
        self.depths: dict[int, int] = {}
        self.types: dict[int, str] = {}
        self.references: dict[str, int] = {}
        self.spans: dict[str, TextSpan] = {}
        self.feed(html)
        self.close()
        assert self.open == ["div"], "every element is closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert tag != "a" or "a" not in self.open, "no link stands inside another"
        if tag == "mark":
            assert self.open[-1] in PHRASING, f"no mark stands directly in {self.open[-1]}"
            self.depth, self.type = int(values["data-depth"]), values.get("data-type", "")
        if values.get("class") == "noteref":
            assert self.open[-1] in PHRASING
            note = values["id"].removeprefix("mark-")
            assert (values["href"], note in self.references) == (f"#note-{note}", False)
            self.references[note] = self.at
            self.spans[note] = TextSpan(int(values["data-start"]), int(values["data-end"]))
        if tag not in {"br", "hr"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "mark":
            self.depth = 0

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.depths |= dict.fromkeys(range(self.at, self.at + len(data)), self.depth)
            self.types |= dict.fromkeys(range(self.at, self.at + len(data)), self.type)
        self.at += len(data)


PEER = Coding("type", "peer-support", "Peer support", "peer-support")
SERVICES = Coding("type", "joint-action-services", "Joint action for services", "joint-action")


def placed(*spans: tuple[int, int], codings: dict[int, list[Coding]] | None = None) -> list[AnchoredNote]:
    """Return notes that stand at these spans: the first is n1 with the number 1, and so on; `codings` by number."""
    ordered = sorted(TextSpan(*span) for span in spans)
    return [
        AnchoredNote(number, f"n{number}", span, f"#note-n{number}", (codings or {}).get(number, ()))
        for number, span in enumerate(ordered, 1)
    ]


def test_a_note_is_marked_and_its_reference_stands_before_its_words() -> None:
    assert highlight("<p>It began <em>small</em>.</p>\n", placed((3, 8))) == (
        '<p>It <a class="noteref" id="mark-n1" href="#note-n1" data-number="1" data-start="3" data-end="8"'
        ' aria-label="Note 1"></a><mark data-depth="1">began</mark> <em>small</em>.</p>\n'
    )


def test_a_note_on_another_page_of_notes_is_referred_to_by_its_address() -> None:
    [note] = placed((3, 8))
    assert 'href="/annotations/n1/"' in highlight("<p>It began</p>", [note._replace(address="/annotations/n1/")])


def test_words_say_how_many_notes_speak_of_them() -> None:
    reading = Reading(highlight("<p>It began small.</p>", placed((0, 8), (3, 14), (3, 8), (3, 4), (5, 6))))
    assert reading.depths == {
        **dict.fromkeys(range(3), 1),
        3: 3,  # four of them
        4: 3,
        5: 3,
        6: 3,
        7: 3,
        **dict.fromkeys(range(8, 14), 1),
    }
    assert reading.spans == {
        "n1": TextSpan(0, 8),
        "n2": TextSpan(3, 4),
        "n3": TextSpan(3, 8),
        "n4": TextSpan(3, 14),
        "n5": TextSpan(5, 6),
    }


def test_words_say_the_type_they_are_coded_as_and_references_its_letters() -> None:
    coded = placed((0, 8), (3, 14), (16, 20), codings={1: [PEER], 2: [SERVICES], 3: [SERVICES, PEER]})
    html = highlight("<p>It began small. Then it grew.</p>", coded)
    assert re.findall(r"<mark([^>]*)>([^<]*)<", html) == [
        (' data-depth="1" data-type="peer-support"', "It "),
        (' data-depth="2" data-type="several"', "began"),
        (' data-depth="1" data-type="joint-action"', " small"),
        (' data-depth="1" data-type="several"', "Then"),
    ]
    assert re.findall(r'data-letters="([^"]*)".*?aria-label="([^"]*)"', html) == [
        ("PS", "Note 1, coded Peer support"),
        ("JAS", "Note 2, coded Joint action for services"),
        ("JAS PS", "Note 3, coded Joint action for services, Peer support"),
    ]


def test_a_note_that_begins_inside_a_link_is_referred_to_before_the_link() -> None:
    html = render_markdown("See [the long words](https://example.org/) there.")
    reading = Reading(highlight(html, placed((8, 12), (13, 24))))
    assert reading.references == {"n1": 4, "n2": 4}
    assert set(reading.depths) == {*range(8, 12), *range(13, 24)}


def test_entities_count_as_one_character_and_stay_as_they_are() -> None:
    html = render_markdown("R&D < and > &nbsp;x")
    assert re.sub("<a .*?></a>", "", highlight(html, placed((1, 2), (4, 10)))) == (
        '<p>R<mark data-depth="1">&amp;</mark>D <mark data-depth="1">&lt; and </mark>&gt; &nbsp;x</p>\n'
    )


def test_white_space_between_rows_items_and_blocks_is_not_marked() -> None:
    html = render_markdown("One.\n\n- two\n\n|a|b|\n|-|-|\n|c|d|")
    text = html_text_content(html)
    found = Reading(highlight(html, placed((0, len(text))))).depths
    assert {text[at] for at in range(len(text)) if at not in found} == {"\n"}
    assert "".join(text[at] for at in sorted(found)) == "One.twoabcd"


def test_without_notes_the_html_stays_as_it_is() -> None:
    for markdown in ODD.values():
        assert highlight(render_markdown(markdown), []) == render_markdown(markdown)


def test_what_is_written_grows_with_the_notes_and_not_with_their_overlaps() -> None:
    html = f"<p>{'word ' * 2000}</p>"
    few = highlight(html, placed(*((at, 9000 - at) for at in range(100))))
    many = highlight(html, placed(*((at, 9000 - at) for at in range(1000))))
    assert len(many) - len(html) < 10.5 * (len(few) - len(html))


@st.composite
def annotated(draw: st.DrawFn) -> tuple[str, list[AnchoredNote]]:
    """Return a narrative's HTML, and notes on spans of its text that hold at least one word each."""
    html = render_markdown(draw(st.one_of(narratives, st.sampled_from(list(ODD.values())))))
    text = html_text_content(html)
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
    codings = draw(st.dictionaries(st.integers(1, 6), st.lists(st.sampled_from([PEER, SERVICES]), unique=True)))
    return html, placed(*spans, codings=codings)


@given(annotated())
def test_marks_leave_the_text_alone_and_stand_on_the_notes_words_only(sample: tuple[str, list[AnchoredNote]]) -> None:
    html, notes = sample
    text = html_text_content(html)
    marks = highlight(html, notes)
    assert html_text_content(marks) == text
    reading = Reading(marks)
    assert reading.spans == {entry.uid: entry.span for entry in notes}
    over = {at: [entry for entry in notes if entry.span.start <= at < entry.span.end] for at in range(len(text))}
    for at, entries in over.items():
        if at in reading.depths:
            types = {coding.broad for entry in entries for coding in entry.codings}
            assert reading.depths[at] == min(3, len(entries)), "as many as speak of it"
            assert reading.types[at] == ("several" if len(types) > 1 else "".join(types))
        else:
            assert not entries or text[at].isspace(), "only white space between blocks is left out"
    for entry in notes:
        assert reading.references[entry.uid] <= min(at for at in range(*entry.span) if at in reading.depths)


@given(annotated())
def test_what_is_marked_is_the_html_itself_with_nothing_else_changed(sample: tuple[str, list[AnchoredNote]]) -> None:
    html, notes = sample
    assert re.sub(r'<a class="noteref"[^>]*></a>|</?mark[^>]*>', "", highlight(html, notes)) == html


@pytest.mark.parametrize("markdown", ODD.values(), ids=ODD)
def test_a_note_on_all_of_a_text_marks_all_of_its_words(markdown: str) -> None:
    html = render_markdown(markdown)
    text = html_text_content(html)
    notes = placed((0, len(text))) if text.strip() else []
    found = Reading(highlight(html, notes)).depths
    assert all(text[at].isspace() for at in range(len(text)) if at not in found)
