"""Countries in the spellings of real tables; none is guessed."""

import pytest

from interchange.imports.reading.cells import clean_countries, clean_country
from interchange.imports.reading.problems import ProblemSeverity


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("AT", "Österreich; Austria; AT; AUT"),
        ("BO", "Bolivia (Plurinational State of); Bolivia"),
        ("BR", "Brasil; brazil; Brazil"),
        ("CH", "Schweiz; Suisse; Svizzera"),
        ("CI", "Côte d'Ivoire; Cote d’Ivoire; Ivory Coast"),
        ("CN", "中国; China; PRC"),
        ("CZ", "Czechia; Czech Republic; Česko"),
        ("DE", "Deutschland; Allemagne; Alemania; GERMANY"),
        ("ES", "España; Espagne"),
        ("GB", "UK; U.K.; United Kingdom of Great Britain and Northern Ireland (the); Great Britain; Royaume-Uni"),
        ("GR", "Ελλάδα; Greece"),
        ("IE", "Éire; Ireland"),
        ("IN", "भारत; India"),
        ("IT", "Italia; ITALY; it"),
        ("JP", "日本; Japan"),
        ("KR", "South Korea; Korea (the Republic of); Korea, Republic of; 대한민국"),
        ("MK", "Republic of North Macedonia; North Macedonia; Macedonia"),
        ("NL", "The Netherlands; Netherlands (the); Nederland; Pays-Bas"),
        ("NO", "Norway; Norge; NO"),
        ("RU", "Россия; Russia; Russian Federation (the)"),
        ("TR", "Türkiye; Turkey; Turkiye"),
        ("US", "U.S.A.; USA; US; United States; United States of America (the); Estados Unidos"),
        ("VN", "Viet Nam; Vietnam"),
    ],
)
def test_a_country_is_known_in_many_spellings(code: str, names: str) -> None:
    assert {name: clean_country(f" {name} ") for name in names.split("; ")} == dict.fromkeys(
        names.split("; "), (code, None)
    )


@pytest.mark.parametrize(
    ("part", "code"),
    [("England", "GB"), ("Scotland", "GB"), ("wales", "GB"), ("Northern Ireland", "GB"), ("Holland", "NL")],
)
def test_a_part_is_read_as_its_country_with_a_note(part: str, code: str) -> None:
    found, problem = clean_country(part)

    assert problem is not None
    assert (found, problem.severity, f"({code})" in problem.message) == (code, ProblemSeverity.WARNING, True)


@pytest.mark.parametrize(
    ("name", "offered"),
    [
        ("Korea", ["North Korea (KP)", "South Korea (KR)"]),
        ("Congo", ["Congo (CG)", "Democratic Republic of the Congo (CD)"]),
        ("Itally", ["Did you mean", "Italy (IT)"]),
        ("Austrlia", ["Did you mean", "Australia (AU)", "Austria (AT)"]),
        ("NA", ["Namibia"]),
        ("Europe", ["no country that is known here"]),
        ("no", ["no country that is known here"]),
        ("Nowhere at all", ["no country that is known here"]),
    ],
)
def test_what_is_unclear_is_asked_and_never_guessed(name: str, offered: list[str]) -> None:
    found, problem = clean_country(name)

    assert found is None
    assert problem is not None
    assert problem.severity is ProblemSeverity.ERROR
    assert [words for words in offered if words not in problem.message] == []


@pytest.mark.parametrize("value", [7, True, ["Italy"], "x" * 10_000])
def test_what_is_no_name_is_an_error(value: object) -> None:
    assert clean_country(value)[0] is None
    assert clean_country(value)[1] is not None


def test_several_countries_stand_in_one_cell() -> None:
    assert clean_countries("Spain, Italy;United Kingdom of Great Britain and Northern Ireland (the),  Spain") == (
        ["ES", "IT", "GB"],
        [],
    )
    assert clean_countries("Korea, Republic of") == (["KR"], [])
    assert clean_countries("") == ([], [])


def test_all_that_is_unclear_among_several_is_told() -> None:
    codes, problems = clean_countries("Korea | France | Atlantis")

    assert codes == ["FR"]
    assert [problem.value for problem in problems] == ["Korea", "Atlantis"]
