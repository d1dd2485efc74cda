"""The index: what it answers is what SQL answers, whatever the catalogue, the question and the reader."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from cases import actions
from cases.models import Case, Catalogue
from cases.models.snapshot import snapshot
from cases.query import build
from cases.query.bitmaps import BitmapResult
from cases.query.dimensions import stable_sort
from cases.query.parameters import CaseFilterSet
from cases.query.positions import position_in
from cases.record import convert
from tests.catalogues import QUERIES, Query, make_catalogue
from tests.factories import arrangement, make_case, make_curator

pytestmark = pytest.mark.django_db


def asked(query: Query, reader: User | None = None) -> CaseFilterSet:
    data = QueryDict(mutable=True)
    for name, value in query.items():
        data.setlist(name, value if isinstance(value, list) else [value])
    return CaseFilterSet(data, reader)


def said(answer: Any) -> dict[str, Any]:
    """Return everything that an answer says."""
    keys = answer.keys(0, None)
    sort = stable_sort(answer.params, answer.search_query)
    return {
        "total": answer.total,
        "keys": keys,
        "page": answer.keys(2, 5),
        "after": [
            answer.after(place, 3) for place in (None, *(position_in(sort, key) for key in [*keys[:4], *keys[-1:]]))
        ],
        "counts": {name: dict(counts) for name, counts in answer.counts(CaseFilterSet.FACETS).items()},
        "table": answer.table(),
    }


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@given(seed=st.integers(0, 10**6), questions=st.lists(QUERIES, min_size=8, max_size=16))
@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_the_index_says_what_sql_says(seed: int, questions: list[Query]) -> None:
    with rolled_back():
        make_catalogue(14, random.Random(seed))  # noqa: S311 - nothing has to stay secret
        curator = make_curator()
        for query in questions:
            for reader in (None, curator):
                question = asked(query, reader)
                if not question.problems:  # a source that no case of this catalogue cites is no value
                    assert isinstance(question.answer, BitmapResult)
                    assert said(question.answer) == said(question.selected)


SORTED = ["title", "-title", "year", "-year", "updated", "-updated", "relevance"]


def test_cases_that_are_alike_stand_by_title_and_then_by_address() -> None:
    make_catalogue(12, random.Random(7))  # noqa: S311 - as above
    then = datetime(2026, 1, 1, tzinfo=UTC)
    for place, case in enumerate(Case.objects.order_by("pk")):
        Case.objects.filter(pk=case.pk).update(title="Alike", updated_at=then + timedelta(days=place // 4))
    Catalogue.move()
    curator = make_curator()
    for sort, words in product(SORTED, ({}, {"q": "health"})):
        question = asked({"sort": sort, **words}, curator)
        assert said(question.answer) == said(question.selected), (sort, words)


def test_a_group_of_an_order_ends_within_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cases.query.orderings.MAX_GROUP_SIZE", 3)
    make_catalogue(14, random.Random(3))  # noqa: S311 - as above
    for sort in ("updated", "-updated"):
        question = asked({"sort": sort})
        assert said(question.answer) == said(question.selected)


def test_a_writer_sees_the_own_write_at_the_next_question(client: Client) -> None:
    case = make_case("library", sectors=["health"])
    assert client.get("/api/v1/results/?sector=health").json()["count"] == 1
    record = convert.record_from_case(Case.objects.whole().get(pk=case.pk)) | {"sectors": []}
    actions.change_case(case=case, record=record, by=None, version=case.version)
    assert client.get("/api/v1/results/?sector=health").json()["count"] == 0
    assert client.get("/api/v1/results/?sector=none").json()["count"] == 1


def test_what_was_rolled_back_is_in_no_index() -> None:
    make_case("stays")
    with rolled_back():
        make_case("vanishes")
        assert asked({}).total == 2
    assert asked({}).total == 1
    make_case("comes")
    assert asked({"sort": "-updated"}).keys(0) == list(Case.objects.order_by("-pk").values_list("pk", flat=True))


def test_without_a_version_sql_answers(settings: Settings) -> None:
    make_case("shown")
    Catalogue.objects.all().delete()
    question = asked({})
    assert (question.answer is question.selected, question.total) == (True, 1)


def test_the_index_can_be_switched_off(settings: Settings, client: Client) -> None:
    make_case("shown", arrangements=[arrangement("peer-support", ["user"], ["digital"])])
    with_bitmaps = client.get("/api/v1/results/?type=peer-support").content
    settings.QUERY_ENGINE = "sql"
    Catalogue.move()
    assert asked({}).answer is not None
    assert not isinstance(asked({}).answer, BitmapResult)
    assert client.get("/api/v1/results/?type=peer-support").content == with_bitmaps


@pytest.mark.django_db(transaction=True)
def test_a_large_catalogue_is_answered_by_sql_while_it_is_indexed_in_the_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cases.query.build.MAX_CASES_BUILT_AT_ONCE", 1)
    for name in ("one", "two"):
        make_case(name)
    assert (type(asked({}).answer).__name__, asked({}).total) == ("SqlResult", 2)
    with build.index_cache.making:  # until it is made
        pass
    assert isinstance(asked({}).answer, BitmapResult)
    assert asked({}).total == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("caplog")
def test_an_index_that_cannot_be_made_is_not_tried_again_until_something_is_written(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    tries: list[str] = []

    def fails(version: str) -> None:
        tries.append(version)
        raise MemoryError

    make_case("one")
    make_case("two")
    monkeypatch.setattr("cases.query.build.MAX_CASES_BUILT_AT_ONCE", 1)
    monkeypatch.setattr("cases.query.build.build_index", fails)
    for _ in range(3):
        assert asked({}).total == 2
        with build.index_cache.making:
            pass
    assert len(tries) == 1
    make_case("three")
    assert asked({}).total == 3
    with build.index_cache.making:
        assert len(tries) == 2


@pytest.mark.django_db(transaction=True)
def test_who_reads_in_a_snapshot_sees_no_later_write() -> None:
    make_case("first")
    with snapshot() as versions:
        other = Thread(target=_write)
        other.start()
        other.join()
        question = asked({})
        assert (question.version, question.total, Case.objects.count()) == (versions.whole, 1, 1)
    assert asked({}).total == 2


def _write() -> None:
    make_case("second")
    connection.close()
