"""The rules of text: one form, what is seen, what looks alike, what reads alike, what comes first."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plaintext.collation import MAX_KEY_LETTERS, collate
from plaintext.lookalikes import mixed_word, skeletons
from plaintext.matching import LOOSE_LETTERS, as_compared, letters_of, loosen
from plaintext.normal import compose, compose_all
from plaintext.visibility import is_visible, name_problem

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS = st.sampled_from(["NFC", "NFD"])
WRITINGS = st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from("éüñ\u0301\u0308각ばやㇷ゚ﬁ’“—…\u00ad"))


@given(WRITINGS, FORMS)
def test_a_text_is_the_same_in_whatever_form_it_is_sent(text: str, form: Form) -> None:
    sent = unicodedata.normalize(form, text)
    assert compose(sent) == compose(text)
    assert compose_all({"a": [sent, 1, {"b": sent}]}) == {"a": [compose(text), 1, {"b": compose(text)}]}


@given(WRITINGS, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_letters_are_compared_alike_in_every_form_and_keep_their_places(text: str, form: Form) -> None:
    sent = unicodedata.normalize(form, compose(text))
    compared, starts, ends = letters_of(sent)
    assert len(compared) == len(starts) == len(ends)
    assert all(0 <= start < end <= len(sent) for start, end in zip(starts, ends, strict=True))
    assert starts == sorted(starts)
    assert as_compared(unicodedata.normalize("NFD", text)) == as_compared(compose(text))


@given(WRITINGS)
def test_loose_letters_keep_every_offset(text: str) -> None:
    assert len(text.translate(LOOSE_LETTERS)) == len(text)
    assert bool(loosen(text)) == bool(text)


@given(st.lists(WRITINGS, max_size=6))
def test_an_order_is_the_same_for_texts_of_any_form_case_and_accent(texts: list[str]) -> None:
    plain = sorted(map(compose, texts), key=collate)
    assert sorted(set(plain), key=collate) == list(dict.fromkeys(plain))
    for text in plain:
        assert collate(text).partition(b"\0")[0] == collate(f"“{text}”").partition(b"\0")[0] or len(text) >= 199
        assert len(collate(text * 9)) <= 8 * MAX_KEY_LETTERS + 1


@pytest.mark.parametrize(
    "ordered",
    [
        ["Älpler", "apple circle", "Élan", "Łódź", "Østerbro", "“Quoted”", "Zebra circle"],
        ["Elan", "Élan", "élan vital", "Elbe"],
        ["2 ways", "Co-operation", "co–Work", "Coach", "L’hôpital", "lid"],
        ["«Ça va»", "cd", "‘Dr’", "¿Qué?", "[Re]start", "...so what", "'tis"],
        ["Œuvre", "STRASSE A", "Straße B", "Þing", "еж", "עברית", "الف", "ไทย", "日本"],
        ["еж", "ёж", "Ели", "жук"],
    ],
)
def test_titles_stand_by_letters_then_by_accents_case_and_signs(ordered: list[str]) -> None:
    assert sorted(set(ordered), key=collate) == ordered


@pytest.mark.parametrize(
    "nothing",
    ["\u200b", "\u00ad", "\u00ad\u200d", "\ufeff", "\u2060\u200c", "\u202e", "\U000e0041\U000e007f", "\u3164", "\u2800",
     "\u115f\u1160", "\ufe0f", "\u034f", "\u00a0\u200b", "\u061c", "\u180e", "\U000e0100", "\x07"],
)  # fmt: skip
def test_what_cannot_be_seen_is_not_text(nothing: str) -> None:
    assert not is_visible(nothing)
    assert name_problem(nothing)
    assert is_visible(f"{nothing}a")


@pytest.mark.parametrize(
    "name", ["می‌خواهم", "क्‍ष", "👩‍🔬 Ann", "👩🏽‍🚀", "❤️", "Ann O’Neil", "Jean-Luc", "Łukasz", "山田"]
)
def test_names_keep_what_their_spelling_needs(name: str) -> None:
    assert name_problem(name) == ""
    assert mixed_word(name) == ""


@pytest.mark.parametrize(
    "name", ["ad\u200bmin", "a\u202enn", "a\u00adb", "a\u200db", "ann\u2067", "a\ufe0f", "x\u3164y"]
)
def test_names_hold_nothing_hidden(name: str) -> None:
    assert "cannot be seen" in name_problem(name)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("admin", "\u0430dmin"), ("admin", "ａｄｍｉｎ"), ("admin", "ADMIN"), ("admin", "adm\u0456n"),
        ("modern", "modem"),
        ("O0", "OO"), ("Ian", "lan"), ("bill", "biIl"), ("anna lee", "AnnaLee"),
        ("ﬁona", "fiona"), ("Éva", "E\u0301va"), ("𝒂nn", "ann"), ("ad\u200bmin", "admin"), ("κορίνα", "κopίva")
    ],
)  # fmt: skip
def test_names_that_only_a_machine_can_tell_apart_look_alike(one: str, other: str) -> None:
    assert skeletons(one) & skeletons(other)


@pytest.mark.parametrize(("one", "other"), [("ali", "all"), ("anna", "ana"), ("müller", "muller"), ("ann-b", "ann_b")])
def test_names_that_people_can_tell_apart_do_not(one: str, other: str) -> None:
    assert not skeletons(one) & skeletons(other)


@pytest.mark.parametrize(
    ("name", "word"), [("p\u0430ul", "p\u0430ul"), ("Анна Anna", ""), ("Ann Αnn", "Αnn"), ("東京タワー", "")]
)
def test_a_word_is_written_in_one_script(name: str, word: str) -> None:
    assert mixed_word(name) == word
