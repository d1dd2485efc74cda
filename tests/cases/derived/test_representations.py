"""The texts that are kept of a case, against what the serializer and the renderer of the API say of it."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from pytest_django import Settings as Configured
from rest_framework.renderers import JSONRenderer

from cases.derived.csv_columns import CSV_COLUMNS, csv_header
from cases.derived.representations import build_representation, insert_origin, load_representations
from cases.models import ORIGIN_PLACEHOLDER, CachedRepresentation, Case
from cases.record.convert import record_from_case
from cases.serializers import CaseSerializer
from tests.factories import arrangement, claim, make_case, make_place, passage

pytestmark = pytest.mark.django_db

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
FIGURES = st.decimals(-(10**15), 10**15, places=4, allow_nan=False)  # from 10^16 on, the two write exponents apart
MANY = settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def rich() -> Case:
    """A case with something in every part."""
    make_place("reading", name="Reading")
    case = make_case(
        "sharon",
        arrangements=[arrangement("peer-support", ["user"], ["digital"]), arrangement("joint-action", ["community"])],
        pathways=[{"pathway": "detect-early", "basis": "section", "passage": passage()}],
        sectors=["health", "sport"],
        places=["reading"],
        years={"start": 2009, "start_precision": "about", "ongoing": True, "passage": passage()},
        evidence={"level": "evaluation", "direction": "positive", "note": "", "passage": passage()},
        claims=[claim("over 100 people"), claim("16.9 %", 16.9)],
        organisations=[{"organisation": "kings-fund", "part": "partner", "passage": None}],
        sources=[{"source": "loeffler-2020", "locator": "p. 13"}],
        caveats=[{"kind": "limitation", "text": "Few were asked.", "passage": passage("Few")}],
    )
    return whole(case)


def whole(case: Case) -> Case:
    return Case.objects.whole().get(pk=case.pk)


def as_the_serializer_says(case: Case) -> bytes:
    return bytes(JSONRenderer().render(CaseSerializer(case).data))


@pytest.mark.parametrize("state", ["draft", "published", "withdrawn"])
def test_what_is_kept_of_a_bare_case_is_what_its_serializer_says(state: str) -> None:
    case = whole(make_case("apple", state=state))
    assert insert_origin(CachedRepresentation.objects.get(case=case).document.encode()) == as_the_serializer_says(case)


def test_what_is_kept_of_a_rich_case_is_what_its_serializer_says(rich: Case) -> None:
    assert insert_origin(rich.representation.document.encode()) == as_the_serializer_says(rich)
    assert tuple(build_representation(rich)) == (
        rich.representation.card,
        rich.representation.line,
        rich.representation.document,
    )


@MANY
@given(title=WORDS, narrative=WORDS, figure=FIGURES)
def test_whatever_is_written_the_document_is_what_the_serializer_says(
    rich: Case, title: str, narrative: str, figure: Decimal
) -> None:
    rich.title, rich.narrative = title, narrative
    rich.claims.all()[0].value = figure
    assert insert_origin(build_representation(rich).document.encode()) == as_the_serializer_says(rich)


@MANY
@given(words=st.text("a\x1f\u2028\",;'\n=é", max_size=12))
def test_the_origin_stands_before_the_address_and_nowhere_else(rich: Case, words: str) -> None:
    rich.title = rich.summary = rich.places.all()[0].name = words
    card, line, document = build_representation(rich)
    assert [text.count(ORIGIN_PLACEHOLDER) for text in (card, document, line)] == [1, 1, 1]
    rows = list(csv.reader(io.StringIO(line, newline="")))
    assert [len(row) for row in rows] == [len(CSV_COLUMNS)]
    assert rows[0][2] == f"{ORIGIN_PLACEHOLDER}/cases/sharon/"
    assert (
        json.loads(document.replace(ORIGIN_PLACEHOLDER, ""))["title"],
        json.loads(card.replace(ORIGIN_PLACEHOLDER, ""))["places"][0]["name"],
    ) == (words, words)


def test_a_card_is_what_the_results_list_prints(rich: Case, settings: Configured) -> None:
    settings.BASE_URL = "https://catalogue.example.org"
    (card,) = load_representations([rich.pk], "card")
    assert list(json.loads(insert_origin(card)).items()) == [
        ("slug", "sharon"),
        ("title", "Sharon"),
        ("kind", "named-case"),
        ("role", None),
        ("state", "published"),
        ("summary", "Citizens and staff do it together."),
        ("eligibility", "co-delivery"),
        ("years", "since about 2009"),
        ("places", [{"name": "Reading", "slug": "reading", "country": "GB"}]),
        ("sectors", ["health", "sport"]),
        ("evidence", {"level": "evaluation", "direction": "positive"}),
        (
            "arrangements",
            [
                {"type": "peer-support", "actor": ["user"], "mode": ["digital"], "absent": None},
                {"type": "joint-action", "actor": ["community"], "mode": [], "absent": "not-stated"},
            ],
        ),
        ("arrangements_absent", ""),
        ("url", "https://catalogue.example.org/cases/sharon/"),
    ]


def test_a_case_never_saved_is_rendered_from_its_matter(
    rich: Case, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from_tables = build_representation(rich)
    columns = {field.attname: getattr(rich, field.attname) for field in Case._meta.concrete_fields}
    said = record_from_case(rich)
    with django_assert_num_queries(0):
        assert build_representation(Case(**columns), said) == from_tables


def test_texts_come_in_the_order_of_their_keys_from_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    keys = [make_case(slug).pk for slug in ("apple", "berry", "cherry")]
    with django_assert_num_queries(1):
        found = load_representations([keys[2], keys[0], keys[1]], "line")
    assert [line.partition(b",")[0] for line in found] == [b"cherry", b"apple", b"berry"]


def test_a_case_without_a_record_is_rendered_when_it_is_asked_for() -> None:
    apple, berry = (make_case(slug, sectors=["health"]) for slug in ("apple", "berry"))
    kept = load_representations([apple.pk, berry.pk], "document")
    CachedRepresentation.objects.filter(case=apple).delete()
    assert load_representations([apple.pk, berry.pk], "document") == kept


def test_the_header_names_every_column() -> None:
    assert csv_header() == ",".join(column.name for column in CSV_COLUMNS) + "\r\n"
