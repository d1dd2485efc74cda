"""A catalogue that has grown: what its keepers start it with, and what they ask of it, still works."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from typing import Any, TypeVar

import pytest
from django.core.management import call_command
from django.db.models import Model

from cases.models import Case, Catalogue, Citation, Passage, Source
from tests.cases.review.test_overview import listed, numbers_on
from tests.factories import make_case, make_curator
from tests.interchange.loading.catalogue_files import Files

pytestmark = pytest.mark.django_db

NUMBER = 1_200  # SQLite takes less than a thousand ORs in one query
AnyModel = TypeVar("AnyModel", bound=Model)


def copies(of: AnyModel, changes: Iterable[dict[str, Any]]) -> list[AnyModel]:
    """Put copies of a row into its table, each with some columns of its own."""
    made = []
    for columns in changes:
        row = copy(of)
        row._state = copy(of._state)
        row._state.adding, row.pk = True, None
        for name, value in columns.items():
            setattr(row, name, value)
        made.append(row)
    return list(type(of)._default_manager.bulk_create(made, batch_size=500))


def grow(case: Case, number: int = NUMBER) -> None:
    """Put copies of a case into the tables, each with a source and a passage of its own, as an older release left it.

    What is made from the tables is not there yet.
    """
    source = Source.objects.get(slug="loeffler-2020")
    passage = Passage.objects.create(source=source, exact="w")
    sources = copies(source, ({"slug": f"made-{n}", "authors": f"Maker {n}"} for n in range(number)))
    passages = copies(passage, ({"source": each} for each in sources))
    titles = (f"Copy {n}" for n in range(number))
    made = copies(
        case,
        (
            {"slug": f"copy-{n}", "title": title, "verdict_passage": passages[n], "coded": {}}
            for n, title in enumerate(titles)
        ),
    )
    Citation.objects.bulk_create(
        (Citation(case=each, source=cited) for each, cited in zip(made, sources, strict=True)), batch_size=500
    )
    Catalogue.objects.update(rendering=0)


def test_over_a_thousand_cases_with_a_source_each_are_upgraded_loaded_checked_and_exported(
    tmp_path: Any, client: Any
) -> None:
    files = Files(tmp_path)
    files.load()
    grow(make_case("first"))
    call_command("migrate", verbosity=0)
    call_command("check")
    assert files.load()["cases"] == "1 same"
    client.force_login(make_curator())
    numbers = dict(numbers_on(client.get("/curation/").content.decode()))
    long = [(address, number) for address, number in numbers.items() if number >= NUMBER and "stands=" in address]
    assert long
    assert [(address, listed(client, address)) for address, _ in long[:3]] == long[:3]
    assert client.get("/export/cases.csv?status=published").getvalue().count(b"\r\n") == NUMBER + 3
    assert client.get("/export/cases.jsonl?status=published").getvalue().count(b"\n") == NUMBER + 2
