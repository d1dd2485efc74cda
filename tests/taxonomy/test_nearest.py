"""What somebody may have meant by a word: of a few words, and of a long column."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.models import Source
from taxonomy.nearest import candidate_words, nearest


def test_the_nearest_words_come_best_first() -> None:
    words = ["house", "horse", "mouse", "library"]
    assert nearest("hoese", words, most=3) == ["house", "horse", "mouse"]
    assert nearest("zzz", words, most=3) == []
    assert nearest("", words) == []


def make_sources(number: int) -> None:
    Source.objects.bulk_create(Source(slug=f"author-{n:05}-book", authors=f"Author {n}") for n in range(number))
    Source.objects.create(slug="loeffler-2020", authors="Loeffler")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "word", ["loefler-2020", "loeffler-202", "loffler-2020", "the-loeffler-2020", "loeffler-2020-b"]
)
def test_a_word_is_found_again_in_a_long_column(word: str) -> None:
    make_sources(2_000)
    assert nearest(word, candidate_words(Source.objects.all(), word)) == ["loeffler-2020"]


@pytest.mark.django_db
def test_of_a_long_column_only_what_stands_near_is_read() -> None:
    make_sources(2_000)
    with CaptureQueriesContext(connection) as asked:
        found = candidate_words(Source.objects.all(), "author-0l000-book")
    assert len(found) < 1_000
    assert len(asked) < 10


@pytest.mark.django_db
@pytest.mark.parametrize("word", ["a\0b", "\ud800", "x" * 10_000, ""])
def test_any_word_may_be_asked(word: str) -> None:
    make_sources(600)
    assert nearest(word, candidate_words(Source.objects.all(), word)) == []
