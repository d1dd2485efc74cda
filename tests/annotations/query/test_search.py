"""The search in notes, text by text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from annotations.query.filters import NoteFilterSet
from annotations.query.search import texts_match
from cases.search.query import SearchQuery

from ..asking import asked, make_notes, make_people
from ..notes import make_group


@pytest.fixture
def people() -> dict[str, User]:
    people = make_people()
    make_notes(people, make_group(people["ann"], people["bob"]))
    return people


FOUND: list[tuple[str, list[str], bool]] = [
    ("library", ["Libraries"], True),
    ("LIBRARY ann", ["a library", "Ann"], True),
    ("library ann", ["a library"], False),
    ("straße", ["STRASSE"], True),
    ("Ärger", ["arger"], True),
    ("ΟΔΟΣ", ["οδός"], True),
    ('"one library"', ["in one library"], True),
    ('"one library"', ["one", "library"], False),
    ('"one lib*"', ["one library"], False),
    ("coproduction", ["co-production"], True),
    ("co-production", ["coproduction"], True),
    ("libr*", ["Libraries"], True),
    ("-library", ["a park"], True),
    ("park -library", ["a park", "a library"], False),
    ("50%", ["50 per cent"], True),
    ("_", ["anything"], False),
    ("die", ["Is it dying?"], True),
    ("sky", ["The SKIES"], True),
    ("kings", ["the King's Fund"], True),
    ("1000", ["1,000 people"], True),
    ("selfhelp", ["self help"], True),
    ("hôpital", ["à l’hôpital"], True),
    ("O'zbek", ["Ozbek", "O\u2018zbek"], True),
    ('"quran readers"', ["Qur’an readers"], True),
    ("haeuser", ["Häuser"], True),
    ("1 000", ["1.000 people"], True),
    ("สุข", ["สาธารณสุข"], True),
    ('-"中国"', ["我在中国"], False),
    ("poem", ["pom"], False),
]


@settings(max_examples=300)
@given(text=st.text("aeiylnst -'’é", max_size=30), q=st.text("aeiylnst-", min_size=1, max_size=8))
def test_what_is_soon_told_is_what_is_told_by_reading_all(text: str, q: str) -> None:
    question = SearchQuery.read(q)
    if question.hopeful:
        assert texts_match([text], question) == texts_match([f"{text} ·"], question)  # no ASCII: read to the end


@pytest.mark.parametrize(("q", "texts", "right"), FOUND)
def test_texts_answer_as_cases_do(q: str, texts: list[str], *, right: bool) -> None:
    question = SearchQuery.read(q)
    assert (question.hopeful and texts_match(texts, question)) is right


@pytest.mark.django_db
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(q=st.text(max_size=60))
def test_any_text_may_be_searched_for(people: dict[str, User], q: str) -> None:
    found = NoteFilterSet(asked({"q": q}), people["ann"])
    assert found.problems or found.total == len(found.notes)
