"""Search: what matches, what does not, and that any input is safe."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from cases.models import Case
from cases.search import Question, fold, matching
from tests.factories import make_case

EXAMPLES = [
    # typed, found
    ("patients", ["portal", "sharon"]),
    ("PATIENTS", ["portal", "sharon"]),
    ("patient", ["portal", "sharon"]),  # words match from their beginning
    ("atients", []),
    ("patients clinicians", ["sharon"]),
    ('"patients and clinicians"', ["sharon"]),
    ('"clinicians and patients"', []),
    ("patients -clinicians", ["portal"]),
    ('patients -"online peer support"', ["portal"]),
    ("-patients", ["multigeneration"]),
    ("co-designed", ["sharon"]),
    ("codesigned", ["sharon"]),
    ("Mehrgenerationenhäuser", ["multigeneration"]),
    ("mehrgenerationenhauser", ["multigeneration"]),
    ("100%", ["portal"]),
    ("under_score", []),
    ("unfindable", []),
]


@pytest.fixture
def _three_cases(db: None) -> None:
    make_case("sharon", summary="Online peer support, co-designed by patients and clinicians.")
    make_case("portal", summary="Patients read their records, 100% of them.")
    make_case("multigeneration", summary="Mehrgenerationenhäuser share rooms.")


@pytest.mark.usefixtures("_three_cases")
@pytest.mark.parametrize(("typed", "found"), EXAMPLES)
def test_a_search_finds_exactly_these(typed: str, found: list[str]) -> None:
    answer = matching(Case.objects.all(), Question.read(typed)).order_by("slug")
    assert list(answer.values_list("slug", flat=True)) == found


@pytest.mark.usefixtures("_three_cases")
@pytest.mark.parametrize(
    "typed", ['"', '" "', "-", "***", "AND OR", "NEAR(", "title:", "%%", "'; DROP TABLE", "\\", "(", "😀"]
)
def test_operators_and_quotes_of_search_engines_are_only_text(client: Client, typed: str) -> None:
    assert client.get("/cases/", {"q": typed}).status_code in {200, 400}


@pytest.mark.usefixtures("_three_cases")
def test_a_title_with_the_words_stands_before_a_text_with_them(client: Client) -> None:
    make_case("later", title="Zebra crossings for patients")
    results = client.get("/api/v1/cases/", {"q": "patients"}).json()["results"]
    assert [result["slug"] for result in results] == ["later", "portal", "sharon"]


@given(st.text())
def test_folded_text_folds_to_itself(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(max_size=300))
def test_any_text_is_a_question(text: str) -> None:
    for words in (*Question.read(text).wanted, *Question.read(text).unwanted):
        assert words.strip() == fold(words)
