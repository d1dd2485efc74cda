"""Where a quotation stands: a table of examples, and what holds for any text."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations import selectors
from annotations.selectors import CONTEXT, Quotation, Span, place, places, quote, stands

TEXT = "One library. A library is more than books:\npeople meet there, and  people help there."

LETTERS = "ab é\u0301😀ש\n\t .|"
"""Few enough to repeat themselves: a combining mark, one beyond the first plane, right-to-left, white space."""

texts = st.text(alphabet=LETTERS, min_size=1, max_size=120)


@st.composite
def quoted(draw: st.DrawFn) -> tuple[str, Span]:
    """Return a text and a span of it with at least one word."""
    text = draw(texts.filter(lambda text: not text.isspace()))
    at = draw(st.sampled_from([place for place, letter in enumerate(text) if not letter.isspace()]))
    return text, Span(draw(st.integers(0, at)), draw(st.integers(at + 1, len(text))))


def test_the_examples_of_the_specification_hold() -> None:
    assert doctest.testmod(selectors).failed == 0
    assert doctest.testmod(selectors).attempted == 4


@pytest.mark.parametrize(
    ("quotation", "spans"),
    [
        (Quotation("library is"), [(15, 25)]),
        (Quotation("library"), [(4, 11), (15, 22)]),
        (Quotation("library", prefix="A "), [(15, 22)]),
        (Quotation("library", prefix="One "), [(4, 11)]),
        (Quotation("library", suffix=". A"), [(4, 11)]),
        (Quotation("library", prefix="One ", suffix=" is"), []),
        (Quotation("books: people"), [(36, 49)]),
        (Quotation("\r\n books:\r\n\r\npeople "), [(36, 49)]),
        (Quotation("and people"), [(62, 73)]),
        (Quotation("and  people"), [(62, 73)]),
        (Quotation("andpeople"), []),
        (Quotation("and peo ple"), []),
        (Quotation("there, and people", prefix="meet "), [(55, 73)]),
        (Quotation("there."), [(79, 85)]),
        (Quotation("there. "), [(79, 85)]),
        (Quotation("Library"), []),
        (Quotation(" \n"), []),
        (Quotation(""), []),
        (Quotation(TEXT), [(0, 85)]),
        (Quotation(f"{TEXT} And more."), []),
    ],
)
def test_words_without_offsets_are_found_where_they_stand(quotation: Quotation, spans: list[tuple[int, int]]) -> None:
    assert places(TEXT, quotation) == [Span(*span) for span in spans]


def test_spans_with_exactly_the_same_characters_go_before_those_with_other_white_space() -> None:
    assert places("go on, go\non", Quotation("go on")) == [Span(0, 5)]
    assert places("go on, go\non", Quotation("go \n on")) == [Span(0, 5), Span(7, 12)]


@pytest.mark.parametrize(
    ("start", "quotation", "answer"),
    [
        (15, Quotation("library"), True),
        (15, Quotation("library", "A ", " is"), True),
        (15, Quotation("library", "One ", " is"), False),
        (15, Quotation("library", "A ", " was"), False),
        (4, Quotation("library"), True),
        (5, Quotation("library"), False),
        (-85, Quotation("One"), False),
        (36, Quotation("books: people"), False),
        (79, Quotation("there. "), False),
        (85, Quotation(""), False),
        (10**9, Quotation("library"), False),
    ],
)
def test_words_with_offsets_stand_there_exactly_or_not_at_all(start: int, quotation: Quotation, answer: bool) -> None:  # noqa: FBT001 - a column of the table
    assert stands(TEXT, start, quotation) == answer


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 3), (0, 86), (86, 87)])
def test_no_quotation_is_made_of_what_is_no_span(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no span of a text of 85 code points"):
        quote(TEXT, start, end)


LONG = "people meet there, and  people help"

CHANGES = {
    "nothing": ("library", 15, TEXT, "library", 15),
    "words before it": ("library", 15, f"New. {TEXT}", "library", 20),
    "words before it go": ("library", 15, TEXT[13:], "library", 2),
    "words behind it": ("library", 15, f"{TEXT} New.", "library", 15),
    "the word before it": ("library", 15, TEXT.replace("A library", "This library"), "library", 18),
    "the word after it": ("library", 15, TEXT.replace("is more", "has more"), "library", 15),
    "both words around it": ("library", 15, TEXT.replace("A library is", "This library has"), None, None),
    "words farther away on both sides": ("library", 15, "The A library is more than some books", "library", 6),
    "nearly all around it": ("library", 15, "Some other library is more.", None, None),
    "the passage goes, the same word stays elsewhere": ("library", 15, "One library.", None, None),
    "the passage goes, and comes in its place what reads alike": (
        "library",
        15,
        "Nothing here: a library!",
        None,
        None,
    ),
    "the words themselves": ("library", 15, TEXT.replace("library is", "museum is"), None, None),
    "their capitals": ("people", 43, TEXT.replace("people meet", "People meet"), None, None),
    "the lines are wrapped anew": (LONG, 43, TEXT.replace(" ", "\n").replace("\n\n", "\n"), LONG, 43),
    "the paragraph moves, with long words": (LONG, 43, f"Here {LONG}.\nOne.", LONG, 5),
    "long words come to stand twice": (LONG, 43, f"So {LONG}.\nOr maybe {LONG}!", None, None),
    "long words stand twice, and once where they did": (LONG, 43, f"{'-' * 43}{LONG}?\nSo {LONG}!", LONG, 43),
    "everything goes": ("library", 15, "", None, None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_words_are_placed_again_when_this_changes(change: str) -> None:
    words, start, text, found, at = CHANGES[change]
    span = place(text, start, quote(TEXT, start, start + len(words)))
    if found is None or at is None:
        assert span is None
    else:
        assert span is not None
        assert (text[slice(*span)].split(), span.start) == (found.split(), at)


def test_a_text_that_says_the_same_thing_over_and_over_keeps_a_note_at_its_old_place_or_nowhere() -> None:
    text = "word " * 60
    stored = quote(text, 150, 154)
    assert place(text, 150, stored) == Span(150, 154)
    assert place("a " + text, 150, stored) is None
    assert place(text[100:], 150, stored) == Span(150, 154)


def test_words_that_stand_very_often_are_known_by_their_whole_context_alone() -> None:
    often = "word " * 30
    text = f"{often}Here a word stands among others, and not again. {often}"
    stored = quote(text, 157, 161)
    assert place(f"New. {text}", 157, stored) == Span(162, 166)
    assert place(text.replace("not again", "again"), 157, stored) is None


@given(quoted())
def test_a_quotation_holds_the_words_and_up_to_32_code_points_around_them(sample: tuple[str, Span]) -> None:
    text, span = sample
    exact, prefix, suffix = quote(text, *span)
    assert f"{prefix}{exact}{suffix}" == text[max(0, span.start - CONTEXT) : span.end + CONTEXT]
    assert (exact, len(prefix), len(suffix)) == (
        text[slice(*span)],
        min(CONTEXT, span.start),
        min(CONTEXT, len(text) - span.end),
    )


@given(quoted())
def test_what_is_quoted_stands_there_is_found_there_and_stays_there(sample: tuple[str, Span]) -> None:
    text, span = sample
    quotation = quote(text, *span)
    assert stands(text, span.start, quotation)
    assert place(text, span.start, quotation) == span
    words = quotation.exact.strip()
    begins = span.start + len(quotation.exact) - len(quotation.exact.lstrip())
    assert Span(begins, begins + len(words)) in places(text, Quotation(quotation.exact))


@given(texts, st.text(alphabet=LETTERS, max_size=12), st.integers(-3, 130))
def test_what_is_found_anywhere_are_the_words_asked_for(text: str, words: str, start: int) -> None:
    for span in places(text, Quotation(words)):
        found = text[slice(*span)]
        assert (found.split(), found.strip()) == (words.split(), found)
    if stands(text, start, Quotation(words)):
        assert text[start : start + len(words)] == words


@given(quoted(), texts)
def test_a_note_is_never_placed_on_other_words_however_the_text_changes(sample: tuple[str, Span], other: str) -> None:
    text, span = sample
    quotation = quote(text, *span)
    placed = place(other, span.start, quotation)
    if placed:
        assert other[slice(*placed)].split() == quotation.exact.split()


@given(quoted(), texts, st.booleans())
def test_words_added_far_away_only_move_a_note(sample: tuple[str, Span], addition: str, before: bool) -> None:  # noqa: FBT001 - drawn
    text, span = sample
    far = "~" * CONTEXT
    whole = f"{far}{text}{far}"
    start = span.start + CONTEXT
    quotation = quote(whole, start, span.end + CONTEXT)
    changed, moved = (f"{addition}{whole}", len(addition)) if before else (f"{whole}{addition}", 0)
    placed = place(changed, start, quotation)
    several = len(places(changed, quotation)) > 1
    if not several:
        words = quotation.exact.strip()
        begins = start + moved + len(quotation.exact) - len(quotation.exact.lstrip())
        assert placed in {Span(begins, begins + len(words)), Span(start + moved, span.end + CONTEXT + moved)}
