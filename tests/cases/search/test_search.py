"""Search: one table of examples for both databases, the order, snippets, suggestions, and that any input is safe."""

from collections.abc import Iterable

import pytest
from django.core.management import call_command
from hypothesis import example, given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from cases.models import Case, State
from cases.search import engine
from cases.search.engine import SearchableTexts, SearchQuery, matching_cases, ranked_keys
from cases.search.excerpts import ExcerptParts, Highlighter
from tests.factories import make_case, make_terms

TEXTS = {
    "sharon": "Online peer-support, co-designed by patients and clinicians in Türkiye.",
    "portal": "Patients read their records, 100% of 10,190 of them; they coproduce care by e-mail.",
    "house": "Mehrgenerationenhäuser share rooms on a Straße in Łódź. A library. Co production since 2006.",
    "abroad": "我在中国工作. العربية. Кириллица. Vitamin E supplements.",
}

EXAMPLES = [
    # typed, found
    ("patients", ["portal", "sharon"]),
    ("PATIENTS", ["portal", "sharon"]),
    ("patient", ["portal", "sharon"]),
    ("patient's", ["portal", "sharon"]),
    ("atients", []),
    ("pat", []),  # words, not beginnings
    ("patients clinicians", ["sharon"]),
    ('"patients and clinicians"', ["sharon"]),
    ("“patients and clinicians”", ["sharon"]),
    ('"patient and clinician"', ["sharon"]),
    ('"clinicians and patients"', []),
    ('"clinicians in turkiye"', ["sharon"]),
    ("patients -clinicians", ["portal"]),
    ('patients -"peer support"', ["portal"]),
    ("-patients", ["abroad", "house"]),
    ('-"patients and clinicians" -vitamin', ["house", "portal"]),
    ("-patients -house -vitamin", []),
    # open words
    ("clin*", ["sharon"]),
    ("clinicians*", ["sharon"]),
    ("librarie*", []),
    ("librar*", ["house"]),
    ("generat*", []),
    ("mehrgenerationenh*", ["house"]),
    ("coprodu*", ["house", "portal"]),
    ("co-produ*", ["house", "portal"]),
    ("co produ*", ["house", "portal"]),
    ("peer-supp*", ["sharon"]),
    ("patients -clin*", ["portal"]),
    ("v*", []),  # one letter leaves too much open
    # three ways to write one word
    ("co-design", ["sharon"]),
    ("codesigned", ["sharon"]),
    ("co designing", ["sharon"]),
    ("-codesign", ["abroad", "house", "portal"]),
    ("co-producing", ["portal"]),
    ("coproducing", ["portal"]),
    ("co producing", ["portal"]),
    ("co-production", ["house"]),
    ("coproduction", ["house"]),
    ("co production", ["house"]),
    ('"a library co-production"', ["house"]),
    ('"a library coproduction since 2006"', ["house"]),
    ("e-mail", ["portal"]),
    ("email", ["portal"]),
    ("e mails", ["portal"]),
    ("peer-support", ["sharon"]),
    ("peer support", ["sharon"]),
    ("peersupport", ["sharon"]),
    ('"online peer support"', ["sharon"]),
    ("supplements", ["abroad"]),
    ('"vitamin e supplement"', ["abroad"]),
    # letters of every kind
    ("Mehrgenerationenhäuser", ["house"]),
    ("mehrgenerationenhauser", ["house"]),
    ("strasse", ["house"]),
    ("STRASSE lodz", ["house"]),
    ("turkiye", ["sharon"]),
    ("TÜRKİYE", ["sharon"]),
    ("中国", ["abroad"]),
    ("国中", []),
    ("العربية", ["abroad"]),
    ("кириллица", ["abroad"]),
    ("КИРИЛЛИЦА", ["abroad"]),
    # numbers and signs
    ("100%", ["portal"]),
    ("10190", ["portal"]),
    ("10,190", ["portal"]),
    ("2006", ["house"]),
    ("q", []),
    ("under_score", []),
    ("records/them", []),
    ("unfindable", []),
    ("unfindable OR patients", []),
    ("x" * 10_000, []),
    ("patients " * 1_000, []),  # too long is nothing, not everything
    (" ".join(f"a{n}" for n in range(400)), []),
    (" ".join(f"a{n}-b*" for n in range(90)), []),
    (f'"{"a b " * 490}"', []),
    (" ".join(map(chr, range(0x4E00, 0x4E00 + 900))), []),
]


@pytest.fixture
def _cases(db: None) -> None:
    for slug, summary in TEXTS.items():
        make_case(slug, summary=summary)


def slugs(keys: Iterable[int]) -> list[str]:
    """The addresses of cases, in the order of their keys as given."""
    found = Case.objects.in_bulk(list(keys))
    return [found[key].slug for key in keys]


def found(typed: str) -> list[str]:
    """The addresses of the cases that answer, the best first."""
    return slugs(ranked_keys(SearchQuery.read(typed)))


@pytest.mark.usefixtures("_cases")
def test_a_search_finds_exactly_these() -> None:
    assert {typed: sorted(found(typed)) for typed, _ in EXAMPLES} == dict(EXAMPLES)


@pytest.mark.usefixtures("_cases")
def test_the_same_is_found_as_a_condition_of_a_statement() -> None:
    matched = {typed: matching_cases(Case.objects.order_by("slug"), SearchQuery.read(typed)) for typed, _ in EXAMPLES}
    assert {typed: [case.slug for case in cases] for typed, cases in matched.items()} == dict(EXAMPLES)


@pytest.mark.usefixtures("_cases")
@pytest.mark.parametrize(
    "typed",
    [
        '"',
        '" "',
        "-",
        "***",
        "AND OR",
        "NEAR(",
        "title:",
        "%%",
        "'; DROP TABLE",
        "\\",
        "(",
        "😀",
        "a\0b",
        "'a':*",
        "^a",
        "\ud800",
    ],
)
def test_operators_and_quotes_of_search_engines_are_only_text(typed: str) -> None:
    question = SearchQuery.read(f"{typed} {typed}")
    assert list(ranked_keys(question)) == [] or question.wanted
    assert sorted(found(f"{typed} patients {typed}")) in ([], ["portal", "sharon"])


@given(st.text(max_size=80))
@example("co co- -co e-")
@example("a" * 41 + "*")
@pytest.mark.usefixtures("_cases")
def test_any_text_is_answered_alike_by_both_doors(text: str) -> None:
    question = SearchQuery.read(text)
    assert sorted(ranked_keys(question)) == sorted(
        matching_cases(Case.objects.all(), question).values_list("pk", flat=True)
    )


def test_nothing_asked_is_no_question() -> None:
    assert [bool(SearchQuery.read(text)) for text in ("", " ", '""', "-", "*", "…")] == [False] * 6


def test_one_question_is_the_same_however_it_is_typed() -> None:
    assert SearchQuery.read("Co-production  PATIENTS") == SearchQuery.read("coproduction patients patient")
    assert hash(SearchQuery.read("Co-production")) == hash(SearchQuery.read("co production"))


@pytest.mark.django_db
def test_a_title_stands_before_a_summary_and_a_summary_before_what_else_is_said() -> None:
    make_case("told", narrative="Here are zebras.")
    make_case("summed", summary="Here are zebras.")
    make_case("titled", title="Here are zebras")
    make_case("located", places=["zebra-town"])
    assert found("zebra")[:2] == ["titled", "summed"]
    assert sorted(found("zebra")) == ["located", "summed", "titled", "told"]


@pytest.mark.django_db
def test_cases_that_answer_alike_stand_in_the_order_in_which_they_came() -> None:
    for slug in ("third", "first", "second"):
        make_case(slug, title="Zebra")
    assert found("zebra") == ["third", "first", "second"]
    assert found("-lion") == ["third", "first", "second"]


@pytest.mark.django_db
def test_places_countries_organisations_and_sources_are_found() -> None:
    make_case(
        "house",
        places=["leipzig"],
        organisations=[{"organisation": "red-cross", "part": "funder", "passage": None}],
        sources=[{"source": "ostrom-1990", "locator": ""}],
    )
    for typed in ("leipzig", '"united kingdom"', '"red cross"', "ostrom 2020"):
        assert found(typed) == ["house"], typed


@pytest.mark.django_db
def test_what_a_case_no_longer_says_does_not_find_it() -> None:
    case = make_case("house", summary="Zebras.")
    Case.objects.filter(pk=case.pk).update(summary="Lions.")
    engine.index_case(Case.objects.whole().get(pk=case.pk))
    assert (found("zebra"), found("lion")) == ([], ["house"])


@pytest.mark.django_db
def test_a_case_that_is_deleted_is_found_no_more() -> None:
    make_case("house", summary="Zebras.").delete()
    assert list(ranked_keys(SearchQuery.read("zebra"))) == []
    assert list(ranked_keys(SearchQuery.read("-lion"))) == []


@pytest.mark.django_db(transaction=True)
def test_an_emptied_database_finds_nothing() -> None:
    make_case("house", summary="Zebras.")
    call_command("flush", interactive=False, verbosity=0)
    make_terms()
    make_case("other")  # may well have the key of the one before
    assert list(ranked_keys(SearchQuery.read("zebra"))) == []


@pytest.mark.django_db
def test_a_very_long_text_is_found_by_its_words() -> None:
    words = " ".join(f"w{number:x}" for number in range(20_000))
    make_case("long", narrative=f"zebra {words}")
    assert found("zebra w100") == ["long"]
    assert found('"zebra w0 w1"') == ["long"]


@pytest.mark.django_db
def test_everything_is_forgotten_and_can_be_kept_again_at_once() -> None:
    cases = [make_case(f"case-{number}") for number in range(3)]
    engine.clear_search_index()
    assert found("-lion") == []
    engine.index_texts(SearchableTexts(case.pk, "", "", f"zebra {case.slug}", "") for case in cases)
    assert found("zebra") == ["case-0", "case-1", "case-2"]


# Snippets ------------------------------------------------------------------------------------------------------------


def marked(parts: ExcerptParts) -> str:
    """A text with the words that were found in brackets."""
    return "".join(f"[{part.text}]" if part.hit else part.text for part in parts)


def said(typed: str) -> str:
    """The snippet of the only case that answers."""
    question = SearchQuery.read(typed)
    ((_, snippet),) = engine.snippets(question, ranked_keys(question)).items()
    return marked(snippet.text)


SNIPPETS = {
    "clinician": "Online peer-support, co-designed by patients and [clinicians] in Türkiye.",
    "codesign TURKIYE": "Online peer-support, [co-designed] by patients and clinicians in [Türkiye].",
    "peer-support": "Online [peer-support], co-designed by patients and clinicians in Türkiye.",
    "clin*": "Online peer-support, co-designed by patients and [clinicians] in Türkiye.",
    '"patients and clinicians"': "Online peer-support, co-designed by [patients] [and] [clinicians] in Türkiye.",
    "coproduction": "Mehrgenerationenhäuser share rooms on a Straße in Łódź. A library. [Co production] since 2006.",
    "strasse lodz": "Mehrgenerationenhäuser share rooms on a [Straße] in [Łódź]. A library. Co production since 2006.",
    "中国": "我在[中国]工作. العربية. Кириллица. Vitamin E supplements.",
    "кириллица": "我在中国工作. العربية. [Кириллица]. Vitamin E supplements.",
}


@pytest.mark.usefixtures("_cases")
def test_a_snippet_marks_the_words_as_they_are_written() -> None:
    assert {typed: said(typed) for typed in SNIPPETS} == SNIPPETS


@pytest.mark.usefixtures("_cases")
def test_a_title_is_marked_too_and_a_snippet_without_the_words_is_the_summary() -> None:
    ((_, snippet),) = engine.snippets(SearchQuery.read("portal"), ranked_keys(SearchQuery.read("portal"))).items()
    assert marked(snippet.title) == "[Portal]"
    assert marked(snippet.text) == TEXTS["portal"]


@pytest.mark.django_db
def test_a_snippet_is_the_part_of_the_narrative_that_holds_most_of_what_was_asked() -> None:
    narrative = f"A zebra. {'Nothing. ' * 60} A **zebra** and a [lion](http://lions.org) meet. {'Nothing. ' * 60}"
    make_case("zoo", summary="Animals.", narrative=narrative)
    text = said("zebra lion")
    assert text.startswith("… ")
    assert text.endswith("Nothing. …")
    assert "A [zebra] and a [lion] meet." in text
    assert len(text.split()) < 40


@pytest.mark.django_db
def test_a_snippet_is_the_summary_where_title_and_summary_hold_all_that_was_asked() -> None:
    make_case("zoo", title="Zebras", summary="Animals and lions.", narrative="A zebra and a lion.")
    assert said("zebra") == "Animals and lions."
    assert said("zebra lion") == "Animals and [lions]."


@pytest.mark.django_db
def test_twenty_snippets_are_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cases = [make_case(f"case-{number}", summary="Zebras.") for number in range(20)]
    with django_assert_num_queries(1):
        assert len(engine.snippets(SearchQuery.read("zebra"), [case.pk for case in cases])) == 20


@given(st.text(max_size=200), st.text(max_size=30))
def test_a_marked_text_is_the_text(text: str, typed: str) -> None:
    assert "".join(part.text for part in Highlighter(SearchQuery.read(typed)).marked(text)) == text


# Did you mean? -------------------------------------------------------------------------------------------------------


def meant(typed: str, *, drafts: bool = False) -> str | None:
    return engine.suggest_spelling(SearchQuery.read(typed), drafts=drafts)


MEANT = {
    "pateints": "patients",  # swapped
    "clinicans": "clinicians",  # lost
    "supplemments": "supplements",  # doubled
    "librery": "library",  # replaced
    'patients "online pear support"': 'patients "online peer support"',
    "co-desinged patients": "codesigned patients",
    "-clinicans pateints": "-clinicans patients",
    "patients": None,
    "clinicians portal": None,  # both are known, only no case has both
    "zzzzzzzz": None,
    "clinc*": None,
    "x" * 10_000: None,
    " ".join(f"abcd{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(90)): None,
    f'"{" ".join(map(chr, range(0x4E00, 0x4E00 + 900)))}"': None,
}


@pytest.mark.usefixtures("_cases")
def test_a_misspelt_word_is_mended() -> None:
    assert {typed: meant(typed) for typed in MEANT} == MEANT


@pytest.mark.django_db
def test_a_word_that_only_drafts_hold_is_suggested_to_nobody_else() -> None:
    make_case("secret", summary="Zebras.", state=State.DRAFT)
    assert (meant("zebrras"), meant("zebrras", drafts=True)) == (None, "zebras")
    assert meant("zebras") is None


@pytest.mark.django_db
def test_a_word_that_no_case_holds_any_more_is_not_suggested() -> None:
    make_case("house", summary="Zebras.").delete()
    assert meant("zebrras", drafts=True) is None


@pytest.mark.django_db
def test_words_written_after_a_suggestion_are_suggested_too() -> None:
    make_case("first", summary="Zebras.")
    assert (meant("zebrras"), meant("leoparrds")) == ("zebras", None)
    make_case("second", summary="Leopards.")
    assert meant("leoparrds") == "leopards"
