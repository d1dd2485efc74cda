"""Where a quotation stands: a table of examples, and what holds for any text."""

from __future__ import annotations

import doctest
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from annotations.anchoring import selectors, text_diff
from annotations.anchoring.selectors import (
    CONTEXT_LENGTH,
    MIN_SCORE,
    ORPHANED_RESULT,
    AnchoringResult,
    AnchorState,
    Quotation,
    TextChange,
    TextSpan,
    find_quote,
    quote_at,
    quote_stands_at,
)
from annotations.anchoring.text_diff import TextDiff, TokenisedText

TEXT = "One library. A library is more than books:\npeople meet there, and  people help there."

LETTERS = "ab é\u0301😀ש\n\t .|"
"""Few enough to repeat themselves: a combining mark, one beyond the first plane, right-to-left, white space."""

texts = st.text(alphabet=LETTERS, min_size=1, max_size=120)


@st.composite
def quoted(draw: st.DrawFn) -> tuple[str, TextSpan]:
    """Return a text and a span of it with at least one word."""
    text = draw(texts.filter(lambda text: not text.isspace()))
    at = draw(st.sampled_from([place for place, letter in enumerate(text) if not letter.isspace()]))
    return text, TextSpan(draw(st.integers(0, at)), draw(st.integers(at + 1, len(text))))


def test_the_examples_of_the_specification_hold() -> None:
    assert doctest.testmod(selectors).failed == 0
    assert doctest.testmod(selectors).attempted == 6
    assert doctest.testmod(text_diff).failed == 0
    assert doctest.testmod(text_diff).attempted == 3


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
    assert find_quote(TEXT, quotation) == [TextSpan(*span) for span in spans]


def test_spans_with_exactly_the_same_characters_go_before_those_with_other_white_space() -> None:
    assert find_quote("go on, go\non", Quotation("go on")) == [TextSpan(0, 5)]
    assert find_quote("go on, go\non", Quotation("go \n on")) == [TextSpan(0, 5), TextSpan(7, 12)]


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
    assert quote_stands_at(TEXT, start, quotation) == answer


@pytest.mark.parametrize(("start", "end"), [(-1, 3), (3, 3), (4, 3), (0, 86), (86, 87)])
def test_no_quotation_is_made_of_what_is_no_span(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no span of a text of 85 code points"):
        quote_at(TEXT, start, end)


STORY = """A library is more than books: people meet there, and people help there.
The volunteers open it on Saturdays. The council closed it once, in the winter of 2011.
Readers paid for the heating themselves, and they said so in a letter to the council."""
OPEN = "The volunteers open it on Saturdays."
CLOSED = "The council closed it once, in the winter of 2011."
PAID = "Readers paid for the heating themselves"
LONGER = "Nobody had asked them to, and nobody has paid them for it since then, or has thought of doing that one day."
FIRST, SECOND, THIRD = STORY.split("\n")
PLACED, MOVED, CHANGED, ORPHANED = AnchorState

CHANGES: dict[str, tuple[str, str, str, AnchorState, str]] = {
    # what happens: the text, the quoted words, the text afterwards, the state of the note, its words
    "nothing": (STORY, OPEN, STORY, PLACED, OPEN),
    "words come before": (STORY, OPEN, f"Once more. {STORY}", PLACED, OPEN),
    "words go before": (STORY, OPEN, f"{SECOND}\n{THIRD}", PLACED, OPEN),
    "words come behind": (STORY, OPEN, f"{STORY}\nNow it is closed.", PLACED, OPEN),
    "words come next to it": (STORY, "open it", STORY.replace("open it", "always open it early"), PLACED, "open it"),
    "the word before it is another": (STORY, "winter", STORY.replace("the winter", "that winter"), PLACED, "winter"),
    "a word in it is misspelt": (
        STORY,
        OPEN,
        STORY.replace("Saturdays", "Sturdays"),
        CHANGED,
        "The volunteers open it on Sturdays.",
    ),
    "its only word is misspelt": (STORY, "volunteers", STORY.replace("volunteers", "volunters"), CHANGED, "volunters"),
    "its only word is another": (STORY, "volunteers", STORY.replace("volunteers", "staff"), ORPHANED, ""),
    "its first word is another": (
        STORY,
        "council closed it",
        STORY.replace("council closed", "mayor closed"),
        CHANGED,
        "mayor closed it",
    ),
    "its last word is another": (
        STORY,
        "people meet there",
        STORY.replace("meet there", "meet here"),
        CHANGED,
        "people meet here",
    ),
    "words come into it": (
        STORY,
        "Readers paid",
        STORY.replace("Readers paid", "Readers often paid"),
        CHANGED,
        "Readers often paid",
    ),
    "a sentence comes into it": (
        STORY,
        f"{OPEN} {CLOSED}",
        STORY.replace(OPEN, f"{OPEN} Nobody had asked them."),
        CHANGED,
        f"{OPEN} Nobody had asked them. {CLOSED}",
    ),
    "words go from it": (STORY, PAID, STORY.replace(" themselves", ""), CHANGED, "Readers paid for the heating"),
    "half of it goes": (STORY, f"{OPEN} {CLOSED}", STORY.replace(f"{OPEN} ", ""), CHANGED, CLOSED),
    "nearly all of it goes": (STORY, f"{OPEN} {CLOSED}", STORY.replace(f"{OPEN} {CLOSED[:-9]}", ""), ORPHANED, ""),
    "its sentence goes": (STORY, "on Saturdays", STORY.replace(f"{OPEN} ", ""), ORPHANED, ""),
    "its paragraph goes": (STORY, OPEN, f"{FIRST}\n{THIRD}", ORPHANED, ""),
    "its sentence goes, and one with the same word stays": (
        STORY,
        "council",
        STORY.replace(f" {CLOSED}", ""),
        ORPHANED,
        "",
    ),
    "its sentence goes, and one that is alike stays": (
        f"{STORY}\nThe volunteers open it on Sundays.",
        OPEN,
        f"{STORY}\nThe volunteers open it on Sundays.".replace(f"{OPEN} ", ""),
        ORPHANED,
        "",
    ),
    "its sentence goes, and the same words begin the next": (
        STORY,
        "The volunteers",
        STORY.replace(f"{OPEN} ", ""),
        ORPHANED,
        "",
    ),
    "one of two sentences that begin alike goes, and it is of the other": (
        STORY,
        "The council",
        STORY.replace(f"{OPEN} ", ""),
        PLACED,
        "The council",
    ),
    "its paragraph moves": (STORY, OPEN, f"{SECOND}\n{FIRST}\n{THIRD}", PLACED, OPEN),
    "its short paragraph moves": (f"{OPEN}\n{FIRST}\n{THIRD}", OPEN, f"{FIRST}\n{THIRD}\n{OPEN}", MOVED, OPEN),
    "a short word moves with its paragraph": (
        f"{FIRST}\n{THIRD}\n{OPEN}",
        "it",
        f"{OPEN}\n{FIRST}\n{THIRD}",
        MOVED,
        "it",
    ),
    "its paragraph moves, and a word in it is another": (
        f"{OPEN}\n{FIRST}\n{THIRD}",
        OPEN,
        f"{FIRST}\n{THIRD}\n{OPEN}".replace("open", "opened"),
        CHANGED,
        "The volunteers opened it on Saturdays.",
    ),
    "its paragraph comes to stand twice elsewhere": (
        f"{OPEN}\n{FIRST}\n{THIRD}",
        OPEN,
        f"{FIRST}\n{OPEN}\n{THIRD}\n{OPEN}",
        ORPHANED,
        "",
    ),
    "it reaches over the end of a paragraph": (STORY, f"there.\n{OPEN}", f"So. {STORY}", PLACED, f"there.\n{OPEN}"),
    "a paragraph comes into it": (
        STORY,
        f"people help there.\n{OPEN}",
        STORY.replace("\nThe vol", "\nSo we read.\nThe vol"),
        CHANGED,
        f"people help there.\nSo we read.\n{OPEN}",
    ),
    "only white space changes": (
        STORY,
        f"there.\n{OPEN}",
        STORY.replace(" ", "\n\t").replace("\n", " \n"),
        PLACED,
        f"there.\n{OPEN}",
    ),
    "the rows of a table are wrapped anew": (
        "Year\n\nPatients\n2006\n875",
        "2006\n875",
        "Year Patients\n\n2006 875",
        PLACED,
        "2006\n875",
    ),
    "the same sentence stands twice, and words come before": (
        f"{OPEN}\n{OPEN}",
        OPEN,
        f"New. {OPEN}\n{OPEN}",
        PLACED,
        OPEN,
    ),
    "its sentence is another in which its word recurs": (
        STORY,
        "winter",
        STORY.replace(CLOSED, "Nobody remembers which cold winter made people so angry."),
        ORPHANED,
        "",
    ),
    "its paragraph goes, and elsewhere comes one that is hardly alike": (
        f"{OPEN}\n{FIRST}\n{THIRD}",
        OPEN,
        f"{FIRST}\n{THIRD}\nThe volunteers shut something at noon.",
        ORPHANED,
        "",
    ),
    "a sentence longer than it comes into it": (
        STORY,
        f"{OPEN} {CLOSED}",
        STORY.replace(OPEN, f"{OPEN} {LONGER}"),
        CHANGED,
        f"{OPEN} {LONGER} {CLOSED}",
    ),
    "everything is another": (
        STORY,
        OPEN,
        "Nothing here is about reading: this is about football, on Sundays.",
        ORPHANED,
        "",
    ),
    "everything goes": (STORY, OPEN, "", ORPHANED, ""),
    "its text was all there was": ("word", "word", "word word", PLACED, "word"),
    "signs beyond the first plane": (
        "Thanks 👩🏽 and 👍🏽, so much.",
        "👩🏽 and 👍🏽",
        "😀😀 Thanks 👩🏽 and 👍🏽, so much.",
        PLACED,
        "👩🏽 and 👍🏽",
    ),
    "a sign's colour": (
        "Thanks 👩🏽 and 👍🏽, so much.",
        "👩🏽 and 👍🏽",
        "Thanks 👩🏿 and 👍🏽, so much.",
        CHANGED,
        "👩🏿 and 👍🏽",
    ),
    "combining marks": (
        "In the cafe\u0301 we met.",
        "cafe\u0301 we",
        "In that cafe\u0301 we met.",
        PLACED,
        "cafe\u0301 we",
    ),
    "right to left": (
        "The word שלום stands here, and so on.",
        "שלום stands",
        "The word שלומ stands here, and so on.",
        CHANGED,
        "שלומ stands",
    ),
    "what no text should have": (
        "a \ud800 lone one, and more",
        "\ud800 lone",
        "Now a \ud800 lone one, and more",
        PLACED,
        "\ud800 lone",
    ),
    "words beside what no text should have": (
        "a \ud800 lone one, and more",
        "\ud800 lone one",
        "a \ud800 lune one, and more",
        CHANGED,
        "\ud800 lune one",
    ),
    "part of a word": (STORY, "brary is m", f"So. {STORY}", PLACED, "brary is m"),
}


def followed(before: str, words: str, after: str) -> AnchoringResult:
    """Return how a note came through on the first of some words."""
    start = before.index(words)
    end = start + len(words)
    return TextChange(before, after).follow(quote_at(before, start, end), TextSpan(start, end))


@pytest.mark.parametrize("change", CHANGES)
def test_a_note_comes_through_this_change(change: str) -> None:
    before, words, after, state, found = CHANGES[change]
    standing = followed(before, words, after)
    there = after[slice(*standing.span)] if standing.span else ""
    assert (standing.state, there.split()) == (state, found.split())


def test_a_note_is_orphaned_without_a_place_or_a_score() -> None:
    assert followed(STORY, OPEN, "") == ORPHANED_RESULT == AnchoringResult(AnchorState.ORPHANED, None, 0.0)


def test_the_mention_of_a_word_in_a_passage_that_was_struck_out_is_not_taken_for_another() -> None:
    start = STORY.rindex("council")
    note = quote_at(STORY, start, start + 7)
    after = STORY.replace(" in a letter to the council", "")
    assert TextChange(STORY, after).follow(note, TextSpan(start, start + 7)) == ORPHANED_RESULT


def test_a_text_restored_has_its_notes_again() -> None:
    note, at = quote_at(STORY, 72, 72 + len(OPEN)), TextSpan(72, 72 + len(OPEN))
    gone = f"{FIRST}\n{THIRD}"
    assert TextChange(STORY, gone).follow(note, at) == ORPHANED_RESULT
    assert TextChange(gone, f"{gone} Soon.").follow(note, None) == ORPHANED_RESULT
    assert TextChange(gone, STORY).follow(note, None) == AnchoringResult(AnchorState.MOVED, at, 1.0)


def test_an_orphan_does_not_settle_where_it_could_have_been_before() -> None:
    alike = f"{FIRST}\n{THIRD}\nThe volunteers open it on Sundays."
    note = quote_at(STORY, 72, 72 + len(OPEN))
    assert TextChange(alike, f"So. {alike}").follow(note, None) == ORPHANED_RESULT


def test_an_orphan_does_not_settle_on_another_passage_that_moves() -> None:
    alike = f"{FIRST}\n{SECOND}".replace("Saturdays", "Sundays")
    more = f"{THIRD}\n{THIRD.upper()}\n{THIRD.lower()}"
    note = quote_at(STORY, 72, 72 + len(OPEN))
    assert TextChange(f"{alike}\n{more}", f"{more}\n{alike}").follow(note, None) == ORPHANED_RESULT
    assert TextChange(more, f"{more}\n{alike}").follow(note, None).state == AnchorState.CHANGED


def test_words_set_right_again_are_placed() -> None:
    wrong = STORY.replace("Saturdays", "Sturdays")
    note = quote_at(STORY, 72, 72 + len(OPEN))
    first = TextChange(STORY, wrong).follow(note, TextSpan(72, 72 + len(OPEN)))
    assert first.state == AnchorState.CHANGED
    assert TextChange(wrong, STORY).follow(note, first.span) == AnchoringResult(
        AnchorState.PLACED, TextSpan(72, 72 + len(OPEN)), 1.0
    )


def test_a_passage_that_changed_before_is_found_where_it_moves() -> None:
    once = f"{OPEN}\n{FIRST}\n{THIRD}"
    words = "Volunteers open the house on Saturdays."
    twice = once.replace(OPEN, words)
    note = quote_at(once, 0, len(OPEN))
    first = TextChange(once, twice).follow(note, TextSpan(0, len(OPEN)))
    second = TextChange(twice, f"{FIRST}\n{THIRD}\n{words}").follow(note, first.span)
    assert (first.state, second.state) == (AnchorState.CHANGED, AnchorState.CHANGED)
    assert second.span == TextSpan(len(FIRST) + len(THIRD) + 2, len(FIRST) + len(THIRD) + 2 + len(words))


def test_a_passage_rewritten_little_by_little_is_lost_at_last() -> None:
    versions = [
        OPEN,
        "The volunteers open it each Monday.",
        "The volunteers shut it each Monday.",
        "Some parents shut it each Monday.",
    ]
    texts = [f"{FIRST}\n{words}\n{THIRD}" for words in versions]
    note, at = quote_at(texts[0], 72, 72 + len(OPEN)), TextSpan(72, 72 + len(OPEN))
    states = []
    for before, after in pairwise(texts):
        state, found, _ = TextChange(before, after).follow(note, at)
        states.append(state)
        at = found or at
    assert states == [AnchorState.CHANGED, AnchorState.CHANGED, AnchorState.ORPHANED]


def test_a_change_from_nothing_suggests_where_a_quotation_belongs() -> None:
    suggested = TextChange("", STORY).follow(Quotation("volunters opened it"), None)
    assert suggested.span is not None
    assert STORY[slice(*suggested.span)] == "volunteers open it"


@pytest.mark.parametrize("words", ["", " ", "\n\t"])
def test_a_note_without_words_has_no_place(words: str) -> None:
    assert TextChange("a b", "a b").follow(Quotation(words), TextSpan(1, 2)) == ORPHANED_RESULT


def test_a_note_at_no_span_of_the_text_is_refused() -> None:
    with pytest.raises(ValueError, match="no span of a text of 3 code points"):
        TextChange("a b", "a b").follow(Quotation("b"), TextSpan(2, 4))


@pytest.mark.parametrize(
    ("before", "after", "blocks"),
    [
        ("One. Two. Three.", "One. Three.", [(0, 0, 2), (4, 2, 2)]),
        ("The cat. The dog. The end.", "The cat. The end.", [(0, 0, 3), (6, 3, 3)]),
        ("The cat. The end.", "The cat. The dog. The end.", [(0, 0, 3), (3, 6, 3)]),
        ("So.\na b\nc a b\nd", "So.\na b\nd", [(0, 0, 4), (7, 4, 1)]),
        ("So.\na b c\na b\nd", "So.\na b\nd", [(0, 0, 2), (5, 2, 3)]),
        ("So.", "", []),
        ("", "So.", []),
    ],
)
def test_an_edit_begins_where_sentences_and_lines_do(
    before: str, after: str, blocks: list[tuple[int, int, int]]
) -> None:
    assert TextDiff(TokenisedText(before), TokenisedText(after)).blocks == blocks


@given(quoted())
def test_a_quotation_holds_the_words_and_up_to_32_code_points_around_them(sample: tuple[str, TextSpan]) -> None:
    text, span = sample
    exact, prefix, suffix = quote_at(text, *span)
    assert f"{prefix}{exact}{suffix}" == text[max(0, span.start - CONTEXT_LENGTH) : span.end + CONTEXT_LENGTH]
    assert (exact, len(prefix), len(suffix)) == (
        text[slice(*span)],
        min(CONTEXT_LENGTH, span.start),
        min(CONTEXT_LENGTH, len(text) - span.end),
    )


@given(quoted())
def test_what_is_quoted_stands_there_is_found_there_and_stays_there(sample: tuple[str, TextSpan]) -> None:
    text, span = sample
    quotation = quote_at(text, *span)
    assert quote_stands_at(text, span.start, quotation)
    assume(not unicodedata.combining(text[span.end : span.end + 1] or " "))  # nobody quotes half a letter
    words = quotation.exact.strip()
    begins = span.start + len(quotation.exact) - len(quotation.exact.lstrip())
    assert TextSpan(begins, begins + len(words)) in find_quote(text, Quotation(quotation.exact))


@given(texts, st.text(alphabet=LETTERS, max_size=12), st.integers(-3, 130))
def test_what_is_found_anywhere_are_the_words_asked_for(text: str, words: str, start: int) -> None:
    for span in find_quote(text, Quotation(words)):
        found = text[slice(*span)]
        assert (found.split(), found.strip()) == (words.split(), found)
    if quote_stands_at(text, start, Quotation(words)):
        assert text[start : start + len(words)] == words


def trimmed(text: str, span: TextSpan) -> TextSpan:
    """Return a span without the white space at its ends."""
    words = text[slice(*span)]
    return TextSpan(span.end - len(words.lstrip()), span.start + len(words.rstrip()))


@given(quoted())
def test_a_note_on_a_text_that_stays_as_it_is_stays(sample: tuple[str, TextSpan]) -> None:
    text, span = sample
    assert TextChange(text, text).follow(quote_at(text, *span), span) == (AnchorState.PLACED, trimmed(text, span), 1.0)


changes = st.tuples(quoted(), st.one_of(texts, st.just(""))).flatmap(
    lambda drawn: st.tuples(
        st.just(drawn[0]),
        st.sampled_from([drawn[1], drawn[0][0] + drawn[1], drawn[1] + drawn[0][0], drawn[0][0][::2], drawn[0][0][9:]]),
        st.booleans(),
    )
)
"""A text with a span, another text that may have much in common with it, and whether the note was an orphan."""


@given(changes)
def test_a_note_stands_on_words_or_nowhere(sample: tuple[tuple[str, TextSpan], str, bool]) -> None:
    (text, span), after, orphan = sample
    quotation = quote_at(text, *span)
    standing = TextChange(text, after).follow(quotation, None if orphan else span)
    if standing.span is None:
        assert standing == ORPHANED_RESULT
        return
    words = after[slice(*standing.span)]
    assert 0 <= standing.span.start < standing.span.end <= len(after)
    assert words == words.strip() != ""
    assert MIN_SCORE <= standing.score <= 1
    assert (words.split() == quotation.exact.split()) == (standing.state in {AnchorState.PLACED, AnchorState.MOVED})


@given(quoted(), texts, st.booleans())
def test_a_note_stays_on_its_words_when_others_come_elsewhere(
    sample: tuple[str, TextSpan],
    addition: str,
    before: bool,  # noqa: FBT001 - drawn
) -> None:
    text, span = sample
    far = "far ~~~ away " * 4
    whole, at = f"{far}{text}\n{far}", TextSpan(span.start + len(far), span.end + len(far))
    after, by = (f"{addition}\n{whole}", len(addition) + 1) if before else (f"{whole}\n{addition}", 0)
    start, end = trimmed(whole, at)
    assert TextChange(whole, after).follow(quote_at(whole, *at), at) == (
        AnchorState.PLACED,
        TextSpan(start + by, end + by),
        1.0,
    )


@given(st.lists(quoted(), min_size=2, max_size=4), texts)
def test_notes_do_not_depend_on_each_other(samples: list[tuple[str, TextSpan]], after: str) -> None:
    text = "\n".join(text for text, _ in samples)
    notes = [(quote_at(text, *span), span) for _, span in samples]
    change, again = TextChange(text, f"{after}\n{text[5:]}"), TextChange(text, f"{after}\n{text[5:]}")
    there = [change.follow(*note) for note in notes]
    assert [again.follow(*note) for note in reversed(notes)] == there[::-1]
    assert [change.follow(*note) for note in notes] == there
