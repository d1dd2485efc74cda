"""Notes follow words whose case, accents, quotation marks, blanks or place in a list changed."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotations.anchoring.selectors import (
    AnchorState,
    Quotation,
    TextChange,
    TextSpan,
    find_quote,
    quote_at,
    quote_reads_at,
)

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
LIST = "Shopping.\nTea\nCake and jam\nWe drank green tea together\nMilk\nEnd of it.\n"
WORDS = st.text("abcé ñü“”'’-–ﬁ각", min_size=1, max_size=12).filter(str.strip)


def follow(before: str, after: str, words: str) -> tuple[AnchorState, str | None]:
    start = before.index(words)
    span = TextSpan(start, start + len(words))
    result = TextChange(before, after).follow(quote_at(before, *span), span)
    return result.state, result.span and after[slice(*result.span)]


@pytest.mark.parametrize(
    ("before", "after", "words", "state", "there"),
    [
        ("End of the story.", "END OF THE story.", "End of the story", "changed", "END OF THE story"),
        ("It is here.", "IT IS HERE.", "here", "changed", "HERE"),
        ("Das Cafe war offen.", "Das Café war offen.", "Cafe", "changed", "Café"),
        ('He said "we grew" then.', "He said “we grew” then.", '"we grew"', "changed", "“we grew”"),
        ("It's so, isn't it?", "It’s so, isn’t it?", "isn't it", "changed", "isn’t it"),
        ("Das Cafe\u0301 war offen.", "Das Café war offen.", "Cafe\u0301", "placed", "Café"),
        ("one two three", "one  two\nthree", "two three", "placed", "two\nthree"),
        ("ΟΔΟΣ ist da.", "οδος ist da.", "ΟΔΟΣ", "changed", "οδος"),
    ],
)  # fmt: skip
def test_a_change_of_form_is_followed(before: str, after: str, words: str, state: str, there: str) -> None:
    assert follow(before, after, words) == (AnchorState(state), there)


@pytest.mark.parametrize("words", ["Tea", "Cake and jam", "green tea", "Milk", "jam\nWe drank"])
@pytest.mark.parametrize("order", [(3, 2, 1, 0), (1, 2, 3, 0), (3, 0, 1, 2), (2, 3, 0, 1)])
def test_an_item_of_a_list_takes_its_notes_to_its_new_place(words: str, order: tuple[int, ...]) -> None:
    first, *items, last, _ = LIST.split("\n")
    after = "\n".join([first, *(items[number] for number in order), last, ""])
    state, there = follow(LIST, after, words)
    if words in after:
        assert (state in {AnchorState.MOVED, AnchorState.PLACED}, there) == (True, words)


def test_a_deleted_item_takes_its_notes_with_it() -> None:
    assert follow(LIST, LIST.replace("Tea\n", ""), "Tea") == (AnchorState.ORPHANED, None)


@given(WORDS, WORDS, WORDS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_words_are_found_in_every_form_of_theirs(before: str, words: str, after: str, form: Form) -> None:
    text = unicodedata.normalize("NFC", f"{before} X {words} Y {after}")
    quoted = unicodedata.normalize("NFC", f"X {words} Y")
    start = text.index(quoted)
    span = TextSpan(start, start + len(quoted))
    sent = Quotation(unicodedata.normalize(form, quoted))
    assert span in find_quote(text, sent)
    assert quote_reads_at(text, span, sent)
    decomposed = unicodedata.normalize("NFD", text)
    for found in find_quote(decomposed, sent):
        assert unicodedata.normalize("NFC", decomposed[slice(*found)]).split() == quoted.split()
