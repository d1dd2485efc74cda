"""Words as the search compares them, and what a misspelt one may have meant."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.search.spelling import TrigramIndex, typo_likelihood
from cases.search.text import fold, split_words, stem

WORDS = st.text(string.ascii_lowercase, min_size=5, max_size=12)


@given(st.text())
def test_folded_text_folds_to_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_folded_text_holds_no_sign_that_a_database_would_read(text: str) -> None:
    assert not set(fold(text)) & set(string.punctuation.replace("-", "") + "\0\n\t≈¦")
    assert not any("-" in word or " " in word or not word for word in split_words(text).stream)


@given(st.text(), st.text())
def test_a_word_is_found_whatever_stands_around_it(before: str, after: str) -> None:
    stream, aside, _ = split_words(f"{before} . zebra . {after}")
    assert {*split_words(before).stream, "zebra", *split_words(after).stream} <= {*stream, *aside}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("King’s Fund", ["kings", "fund"]),
        ("CO\u2011production", ["coproduction"]),
        ("co production, coproduction", ["coproduction", "coproduction"]),
        ("peer-support", ["peer", "support"]),
        ("1,000 and 1,00", ["1000", "and", "1", "00"]),
        ("soft\u00adware", ["software"]),
        ("naïve Æsop İzmir ﬁt Ⅷ", ["naive", "aesop", "izmir", "fit", "viii"]),
        ("हिन्दी", ["हिनदी"]),
        ("中国 abc中", ["中", "国", "abc", "中"]),
        ("x" * 10_000, ["x" * 40]),
        ("\0 \ud800 ***", []),
    ],
)
def test_words_are_read_from_what_is_written(written: str, words: list[str]) -> None:
    assert split_words(written).stream == words


def test_joined_words_are_found_in_parts_and_parted_ones_joined() -> None:
    assert split_words("self-care").aside == ["self", "care", "selfcare"]
    assert split_words("peer-support").aside == ["peersupport"]


@pytest.mark.parametrize(
    "words", ["patient patients", "library libraries", "care caring cared", "coproducing coproduced"]
)
def test_forms_of_a_word_have_one_stem(words: str) -> None:
    assert len({stem(word) for word in words.split()}) == 1


@given(WORDS, st.data())
def test_a_word_is_near_every_single_error_in_it(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(word) - 2))
    errors = [
        word[:at] + word[at + 1 :],
        word[:at] + word[at] + word[at:],
        word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        word[:at] + "é" + word[at + 1 :],
    ]
    assert [TrigramIndex(["unlike", word]).near(error)[-1:] for error in errors] == [[word]] * 4


def test_two_errors_are_forgiven_in_long_words_only() -> None:
    vocabulary = TrigramIndex(["multigeneration", "house"])
    assert vocabulary.near("multigeneratoin") == ["multigeneration"]
    assert vocabulary.near("mutligeneratoin") == ["multigeneration"]
    assert vocabulary.near("huose") == ["house"]
    assert vocabulary.near("huoes") == []
    assert vocabulary.near("hou") == []


def test_words_are_near_in_the_order_in_which_they_were_learnt() -> None:
    vocabulary = TrigramIndex(["house", "horse"])
    vocabulary.learn(["hoise"])
    assert vocabulary.near("hoxse") == ["house", "horse", "hoise"]


def test_a_slip_is_likelier_than_a_lost_letter_and_that_than_a_foreign_one() -> None:
    assert [typo_likelihood(typed, "member") for typed in ("memberr", "mebmer", "membe", "mexber", "memxber")] == [
        2,
        2,
        1,
        1,
        0,
    ]
