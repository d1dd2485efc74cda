"""Countries, in the spellings and languages that people write them in, as the two letters of ISO 3166.

What is known are the codes, the English names with the forms that people make of them, the translations that
django-countries comes with, and the short list below. A name that is unknown, or that may be several countries, is
never taken for one of them: the nearest are offered instead.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import NamedTuple

from django.utils.translation import override
from django_countries import countries
from django_countries.base import CountriesBase
from django_countries.data import COUNTRIES
from rapidfuzz import fuzz, process

from .lists import clean_items
from .names import fold_name, translations
from .problems import Problem, error, warning
from .texts import Cleaned, is_empty

MIN_NAME_SIMILARITY = 75
"""How similar, of 100, a name must be to be suggested."""
MAX_COUNTRY_TEXT = 200

COUNTRY_ALIASES = {
    "AE": "UAE; Emirates",
    "BA": "Bosnia",
    "CD": "DRC; DR Congo; Congo-Kinshasa; Zaire; Congo, Democratic Republic",
    "CG": "Congo-Brazzaville; Republic of the Congo; Congo, Republic",
    "CI": "Ivory Coast; Elfenbeinküste; Costa de Marfil",
    "CN": "PRC; People's Republic of China; Mainland China; 中华人民共和国",
    "CV": "Cape Verde; Cap-Vert",
    "CZ": "Czech Republic; Tschechische Republik; République tchèque; República Checa; Česká republika",
    "GB": "UK; GBR; Great Britain; Britain; United Kingdom of Great Britain; Vereinigtes Königreich; Großbritannien; "
    "Royaume-Uni; Grande-Bretagne; Reino Unido; Gran Bretaña; Regno Unito; Gran Bretagna; Verenigd Koninkrijk; "
    "Wielka Brytania; Великобритания; 英国; イギリス; 영국; المملكة المتحدة; Birleşik Krallik",
    "HK": "Hong Kong SAR",
    "IE": "Éire; Republic of Ireland; Irish Republic",
    "IN": "Bharat; भारत",
    "KP": "DPRK; Korea, North",
    "KR": "한국; Korea, South; ROK",
    "LA": "Lao PDR",
    "MK": "Macedonia; FYROM; Republic of North Macedonia",
    "MM": "Burma",
    "MO": "Macau",
    "PS": "Palestinian Territories; Palestinian Territory",
    "RU": "Россия; Russland; Russie; Rusia",
    "SZ": "Swaziland",
    "TL": "East Timor",
    "TR": "Turkey; Türkei; Turquie; Turquía; Turchia",
    "TW": "台湾; 台灣; Taiwan, ROC",
    "US": "U.S.; United States; USA; United States of America (USA); Vereinigte Staaten; États-Unis; Estados Unidos; "
    "EE. UU.; EEUU; Stati Uniti; Verenigde Staten; Stany Zjednoczone; США; 美国; アメリカ; 미국; الولايات المتحدة; ABD",
    "VA": "Vatican; Vatican City",
}
"""Names that are in neither the English list nor its translations."""

COUNTRY_PARTS = {
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
}
"""Parts of countries that people give as countries."""

CODES_THAT_ARE_WORDS = frozenset({"no"})
"""Codes that are words in lower case."""


class CountryNames(NamedTuple):
    """The codes of folded names; an English name has only its meaning in English."""

    codes: Mapping[str, frozenset[str]]
    english: Mapping[str, str]


def clean_country(value: object) -> Cleaned[str]:
    """The code of a country.

    >>> [clean_country(name)[0] for name in ("Türkiye", "The Netherlands", "中国", "Korea")]
    ['TR', 'NL', 'CN', None]
    """
    given = value.strip() if isinstance(value, str) else ""
    if given.upper() == "NA":
        return None, error(
            "“NA” is Namibia's code, or says that there is none. Write Namibia, or empty the cell.", value
        )
    if is_empty(value):
        return None, None
    if not given or len(given) > MAX_COUNTRY_TEXT:
        return None, error("This is no country. Write its name in English, or its code of two letters.", value)
    part = COUNTRY_PARTS.get(fold_name(given))
    if part:
        return part, warning(f"“{given}” was read as {_named(part)} ({part}). Name the part of it as a place.", value)
    found = _codes(given)
    if len(found) == 1:
        return next(iter(found)), None
    return None, error(_unclear(given, found), value)


def clean_countries(value: object) -> tuple[list[str], list[Problem]]:
    """The codes of the countries in a cell, separated by commas, semicolons or bars; a name may have a comma."""
    whole, problem = clean_country(value)
    if whole or not isinstance(value, str) or not re.search("[,;|{[]", value):
        return [whole] if whole else [], [problem] if problem else []
    parts, problem = clean_items(value, separators=",;|")
    found = [clean_country(part) for part in parts]
    problems = [each for each in (problem, *(problem for _, problem in found)) if each]
    return list(dict.fromkeys(code for code, _ in found if code)), problems


def _codes(given: str) -> frozenset[str]:
    upper = given.upper()
    code = _by_three().get(given, "" if given in CODES_THAT_ARE_WORDS else upper)
    if code in COUNTRIES:
        return frozenset({code})
    known = _names().codes
    return next((known[name] for name in map(fold_name, _forms(given, bare=False)) if name in known), frozenset())


def _unclear(given: str, found: frozenset[str]) -> str:
    """Which countries a name may mean, or is similar to."""
    if found:
        return f"“{given}” may be {_either(sorted(found))}. Write which of them is meant."
    names = _names()
    near = process.extract(
        fold_name(given), list(names.codes), scorer=fuzz.ratio, score_cutoff=MIN_NAME_SIMILARITY, limit=8
    )
    codes = list(dict.fromkeys(code for name, _, _ in near for code in sorted(names.codes[name])))[:3]
    suggestion = f" Did you mean {_either(codes)}?" if codes else ""
    what = f"“{given[:60]}” is no country that is known here.{suggestion}"
    return f"{what} Write its name in English, or its code of two letters."


def _either(codes: list[str]) -> str:
    return " or ".join(f"{_named(code)} ({code})" for code in codes)


def _named(code: str) -> str:
    return _names().english[code]


@cache
def _by_three() -> dict[str, str]:
    return {countries.alpha3(code): code for code in COUNTRIES}


@cache
def _names() -> CountryNames:
    with override(None):
        official = {code: str(name) for code, name in COUNTRIES.items()}
        common = {code: str(name) for code, name in CountriesBase.COMMON_NAMES.items()}
        old = {code: [str(name) for name in names] for code, names in CountriesBase.OLD_NAMES.items()}
    given: dict[str, list[str]] = {
        code: [name, *([common[code]] if code in common else []), *old.get(code, [])] for code, name in official.items()
    }
    english: dict[str, set[str]] = defaultdict(set)
    elsewhere: dict[str, set[str]] = defaultdict(set)
    for code, names in given.items():
        for name in (*names, *COUNTRY_ALIASES.get(code, "").split(";")):
            for form in _forms(name, bare=True):
                english[fold_name(form)].add(code)
    for language in translations("django_countries"):
        for code, names in given.items():
            for name in names:
                elsewhere[fold_name(language.gettext(name))].add(code)
    codes = {name: frozenset(found) for name, found in {**elsewhere, **english}.items() if name}
    return CountryNames(codes, _told_apart({code: common.get(code, name) for code, name in official.items()}))


def _told_apart(names: Mapping[str, str]) -> dict[str, str]:
    """Names without what is in parentheses, unless two would then be the same."""
    short = {code: re.sub(r"\s*[\[(].*[\])]", "", name) for code, name in names.items()}
    shared = Counter(short.values())
    return {code: name if shared[name] == 1 else names[code] for code, name in short.items()}


def _forms(name: str, *, bare: bool) -> Iterator[str]:
    """The forms of a name: as it is, turned round, and without what is in parentheses.

    >>> list(_forms("Korea (the Republic of)", bare=True))
    ['Korea (the Republic of)', 'the Republic of Korea', 'Korea']
    """
    yield name
    match = re.fullmatch(r"\s*(.+?),?\s*[\[(](.+)[\])]\s*", name) or re.fullmatch(r"\s*(.+?),\s*(.+)", name)
    if match:
        first, behind = match.groups()
        if re.search(r"\bof( the)?$", behind.strip()):
            yield f"{behind.strip()} {first}"
        if bare or fold_name(behind) in {"", "the"}:
            yield first
