"""Search in every writing: what is found, what is marked, on texts of any length; the same on both databases."""

from __future__ import annotations

import re
import unicodedata

import pytest
from django.core.management import call_command
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cases.models import Case, Catalogue
from cases.search import engine
from cases.search.engine import SearchableTexts, SearchQuery, matching_cases, ranked_keys
from cases.search.excerpts import ExcerptParts, Highlighter, plain_text
from cases.search.query import QUOTES, WordSequence
from cases.search.text import FOLDING, split_words
from tests.factories import make_case


def found(typed: str) -> list[str]:
    """The addresses of the cases that are found, in order; the same as a condition of a statement."""
    question = SearchQuery.read(typed)
    keys = sorted(ranked_keys(question))
    assert keys == sorted(matching_cases(Case.objects.all(), question).values_list("pk", flat=True))
    return sorted(Case.objects.filter(pk__in=keys).values_list("slug", flat=True))


def bracketed(parts: ExcerptParts) -> str:
    return "".join(f"[{part.text}]" if part.hit else part.text for part in parts)


def marked(text: str, typed: str) -> str:
    """A text with its hits in brackets."""
    return bracketed(Highlighter(SearchQuery.read(typed)).marked(text))


# By text: what is typed, and what is marked then.
FORMS: dict[str, dict[str, str]] = {
    # apostrophes
    "L’hôpital de l’association d’entraide": {
        "hôpital": "L’[hôpital] de l’association d’entraide",
        "l'hopital": "[L’hôpital] de l’association d’entraide",
        "lhopital": "[L’hôpital] de l’association d’entraide",
        "Lʼassociation": "L’hôpital de [l’association] d’entraide",
        "entraid*": "L’hôpital de l’association d’[entraide]",
        '"hôpital de l\'association"': "[L’hôpital] [de] [l’association] d’entraide",
        '"l’hôpital de lassociation"': "[L’hôpital] [de] [l’association] d’entraide",
    },
    "dell’Umbria all`aperto, l´eau": {
        "umbria": "dell’[Umbria] all`aperto, l´eau",
        "aperto eau": "dell’Umbria all`[aperto], l´[eau]",
        "leau": "dell’Umbria all`aperto, [l´eau]",
    },
    "O‘zbek mahalla; Qur＇an readers; Hawaiʻi": {
        "O'zbek": "[O‘zbek] mahalla; Qur＇an readers; Hawaiʻi",
        "OZBEK": "[O‘zbek] mahalla; Qur＇an readers; Hawaiʻi",
        "O′zbek mahalla": "[O‘zbek] [mahalla]; Qur＇an readers; Hawaiʻi",
        "quran": "O‘zbek mahalla; [Qur＇an] readers; Hawaiʻi",
        "Qurʾan": "O‘zbek mahalla; [Qur＇an] readers; Hawaiʻi",
        '"Quran readers"': "O‘zbek mahalla; [Qur＇an] [readers]; Hawaiʻi",
        "hawaii": "O‘zbek mahalla; Qur＇an readers; [Hawaiʻi]",
    },
    "Türkiye'nin evi, King’s Fund": {
        "turkiye": "[Türkiye'nin] evi, King’s Fund",
        "kings": "Türkiye'nin evi, [King’s] Fund",
        "King's": "Türkiye'nin evi, [King’s] Fund",
        "king": "Türkiye'nin evi, [King’s] Fund",
        '"Kings Fund"': "Türkiye'nin evi, [King’s] [Fund]",
    },
    "שכונת תל־אביב, ג׳ירפה": {
        "אביב": "שכונת תל־[אביב], ג׳ירפה",
        "תל-אביב": "שכונת [תל־אביב], ג׳ירפה",
        "ג'ירפה": "שכונת תל־אביב, [ג׳ירפה]",
    },
    "La col·lecció de l’àvia": {"col·lecció": "La [col·lecció] de l’àvia", "colleccio": "La [col·lecció] de l’àvia"},
    # hyphens
    "peer—led, self–help, co－design, e﹣mail, non\u2011profit": {
        "peerled": "[peer—led], self–help, co－design, e﹣mail, non\u2011profit",
        "selfhelp": "peer—led, [self–help], co－design, e﹣mail, non\u2011profit",
        "co-designed": "peer—led, self–help, [co－design], e﹣mail, non\u2011profit",
        "email": "peer—led, self–help, co－design, [e﹣mail], non\u2011profit",
        "nonprofit −zebra": "peer—led, self–help, co－design, e﹣mail, [non\u2011profit]",
    },
    # umlauts written out
    "Mehrgenerationenhäuser in Großröhrsdorf": {
        "mehrgenerationenhaeuser": "[Mehrgenerationenhäuser] in Großröhrsdorf",
        "mehrgenerationenhäuser": "[Mehrgenerationenhäuser] in Großröhrsdorf",
        "mehrgenerationenhauser": "[Mehrgenerationenhäuser] in Großröhrsdorf",
        "MEHRGENERATIONENHA\u0308USER": "[Mehrgenerationenhäuser] in Großröhrsdorf",
        "mehrgenerationenhae*": "[Mehrgenerationenhäuser] in Großröhrsdorf",
        "grossroehrsdorf": "Mehrgenerationenhäuser in [Großröhrsdorf]",
        '"mehrgenerationenhaeuser in grossroehrsdorf"': "[Mehrgenerationenhäuser] [in] [Großröhrsdorf]",
    },
    "Aerzte aus Goettingen": {
        "Ärzte": "[Aerzte] aus Goettingen",
        '"ärzte aus göttingen"': "[Aerzte] [aus] [Goettingen]",
    },
    "Østerbro i Århus": {
        "oesterbro": "[Østerbro] i Århus",
        "osterbro": "[Østerbro] i Århus",
        "aarhus": "Østerbro i [Århus]",
    },
    "A new poem from Israel": {"poem": "A new [poem] from Israel", "israel": "A new poem from [Israel]"},
    # numbers
    "1.000 Leute, 2 000 gens, 3’000 Leute, 4\u202f000 gens": {
        "1000": "[1.000] Leute, 2 000 gens, 3’000 Leute, 4\u202f000 gens",
        "1,000": "[1.000] Leute, 2 000 gens, 3’000 Leute, 4\u202f000 gens",
        "2 000": "1.000 Leute, [2 000] gens, 3’000 Leute, 4\u202f000 gens",
        "2000": "1.000 Leute, [2 000] gens, 3’000 Leute, 4\u202f000 gens",
        "3.000": "1.000 Leute, 2 000 gens, [3’000] Leute, 4\u202f000 gens",
        '"4000 gens"': "1.000 Leute, 2 000 gens, 3’000 Leute, [4\u202f000] [gens]",
    },
    "١٬٢٣٤ and १२३ and ５６７ and 1,00,000": {
        "1234": "[١٬٢٣٤] and १२३ and ５６７ and 1,00,000",
        "١٢٣٤": "[١٬٢٣٤] and १२३ and ５６７ and 1,00,000",
        "123": "١٬٢٣٤ and [१२३] and ５６７ and 1,00,000",
        "567": "١٬٢٣٤ and १२३ and [５６７] and 1,00,000",
        "100000": "١٬٢٣٤ and १२३ and ５６７ and [1,00,000]",
    },
    # scripts without spaces
    "อาสาสมัครสาธารณสุขในหมู่บ้าน": {
        "สาธารณสุข": "อาสาสมัคร[สาธารณสุข]ในหมู่บ้าน",
        '"หมู่บ้าน"': "อาสาสมัครสาธารณสุขใน[หมู่บ้าน]",
    },
    "ອາສາສະໝັກສາທາລະນະສຸກ": {"ສາທາລະນະສຸກ": "ອາສາສະໝັກ[ສາທາລະນະສຸກ]"},
    "អ្នកស្ម័គ្រចិត្តសុខភាព": {"សុខភាព": "អ្នកស្ម័គ្រចិត្ត[សុខភាព]"},
    "ကျန်းမာရေးစေတနာ့ဝန်ထမ်း": {"စေတနာ့ဝန်ထမ်း": "ကျန်းမာရေး[စေတနာ့ဝန်ထမ်း]"},
    "我在中国工作。使用app服务": {
        "中国": "我在[中国]工作。使用app服务",
        "app": "我在中国工作。使用[app]服务",
        "服务": "我在中国工作。使用app[服务]",
    },
    "ボランティアの高齢者サロン、ｶﾞｲﾄﾞ": {
        "高齢者": "ボランティアの[高齢者]サロン、ｶﾞｲﾄﾞ",
        "ボランティア": "[ボランティア]の高齢者サロン、ｶﾞｲﾄﾞ",
        "ガイド": "ボランティアの高齢者サロン、[ｶﾞｲﾄﾞ]",
    },
    "환자가 병원에서": {"환자": "[환자]가 병원에서", "병원": "환자가 [병원]에서"},
    # forms of letters
    "مـشـروع \u200fمجتمعي": {"مشروع": "[مـشـروع] \u200fمجتمعي", "مجتمعی": "مـشـروع \u200f[مجتمعي]"},
    "می\u200cخواهم": {"میخواهم": "[می\u200cخواهم]"},
    "Ὀδυσσεύς και ΟΔΟΣ": {"οδυσσευσ": "[Ὀδυσσεύς] και ΟΔΟΣ", "οδός": "Ὀδυσσεύς και [ΟΔΟΣ]"},
    "DIYARBAKIR, İzmir, Iğdır": {
        "diyarbakır": "[DIYARBAKIR], İzmir, Iğdır",
        "IZMIR": "DIYARBAKIR, [İzmir], Iğdır",
        "igdir": "DIYARBAKIR, İzmir, [Iğdır]",
    },
    "ﬁnance oﬀice Ｃａｆｅ cafe\u0301s soft\u00adware": {
        "finance office": "[ﬁnance] [oﬀice] Ｃａｆｅ cafe\u0301s soft\u00adware",
        "café": "ﬁnance oﬀice [Ｃａｆｅ] [cafe\u0301s] soft\u00adware",
        "software": "ﬁnance oﬀice Ｃａｆｅ cafe\u0301s [soft\u00adware]",
    },
    "हिन्दी में स्वयंसेवक": {"स्वयंसेवक": "हिन्दी में [स्वयंसेवक]", "हिन्दी": "[हिन्दी] में स्वयंसेवक"},
    "care¹ of CO₂ I ❤️ it": {"care": "[care¹] of CO₂ I ❤️ it", "co2": "care¹ of [CO₂] I ❤️ it"},
}

NOT_FOUND = ["neü", "pom", "isral", "สมัครอาสา", "国中", "자환", '"fund kings"', "0000", "an-qur", "unfindable", "ส*ก"]


@pytest.mark.django_db
def test_a_text_is_found_in_every_form_and_its_words_are_marked_as_they_are_written() -> None:
    texts = dict(zip((f"text-{number}" for number in range(len(FORMS))), FORMS, strict=True))
    for slug, text in texts.items():
        make_case(slug, summary=text)
    asked = [(slug, typed, marks) for slug, text in texts.items() for typed, marks in FORMS[text].items()]
    assert [typed for slug, typed, _ in asked if slug not in found(typed)] == []
    assert [typed for slug, typed, _ in asked if slug in found(f"-{typed.split(' −')[0]}")] == []
    assert [marked(texts[slug], typed) for slug, typed, _ in asked] == [marks for *_, marks in asked]
    assert {typed: found(typed) for typed in NOT_FOUND} == {typed: [] for typed in NOT_FOUND}


NARRATIVE = """
## Un**believ**able caf&eacute;s

We met _in_ the [village *hall*](https://zebra.example/lion "tiger") and ![panther](leopard.png) sang[^1].
Read [more][site], <https://autolink.example>, `a_code_word`, ~~struck~~ and 2 \\* 3.

* one<br>two | three

[site]: https://hyena.example
"""


@pytest.mark.django_db
def test_of_markdown_the_words_are_searched_that_are_read() -> None:
    make_case("told", narrative=NARRATIVE)
    for typed in ("unbelievable", "cafés", '"met in the village hall and sang"', "autolink", "code", "struck", "more"):
        assert found(typed) == ["told"], typed
    for typed in ("zebra", "lion", "tiger", "leopard", "hyena", "eacute", "believ"):
        assert found(typed) == [], typed
    for typed, marks in {
        "unbelievable cafe": "[Unbelievable] [cafés] We met in the village hall and sang",
        '"village hall"': "Unbelievable cafés We met in the [village] [hall] and sang",
    }.items():
        assert bracketed(Highlighter(SearchQuery.read(typed)).excerpt(plain_text(NARRATIVE)).parts).startswith(marks)


@pytest.mark.django_db
def test_every_prose_of_a_case_is_searched() -> None:
    case = make_case("told")
    Case.objects.filter(pk=case.pk).update(evidence_note="Zebras.", democratic_reason="Lions.")
    engine.index_case(Case.objects.whole().get(pk=case.pk))
    assert (found("zebra"), found("lion")) == (["told"], ["told"])


# Long texts ----------------------------------------------------------------------------------------------------------

MANY = " ".join(f"the w{number}" for number in range(256))
LONG = {
    "repeated": f"{MANY} and the xylophone",
    "not-quite": f"{MANY.removeprefix('the w0 ')} and the xylophone",
    "ideographs": f"{'的人' * 20_000}中国{'的人' * 20_000}",
    "thai": f"{'อาสาสมัคร' * 5_000}สุข {'อาสาสมัคร' * 4_000}",
    "single": "a " * 50_000 + "the xylophone",
    "parted": "the w1 " * 300 + "the and xylophone",
    "hyphens": "peer-support " * 300 + "peer groups",
}
LONG_FOUND = {
    '"the xylophone"': ["not-quite", "repeated", "single"],
    '"and the xylophone"': ["not-quite", "repeated"],
    '-"the xylophone" xylophone': ["parted"],
    '-"the xylophone" -"的人" -single': ["hyphens", "parted", "thai"],
    '-"peer groups" -"的人" -"the xylophone"': ["parted", "thai"],
    "中国": ["ideographs"],
    "人中国的": ["ideographs"],
    "国中": [],
    '"ครสุข"': ["thai"],
    '"the xylophone" OR peer-groups': [],
    "peer-groups": ["hyphens"],
    "peergroups": [],
    '"xylophone the"': [],
    'single "a the xylophone"': ["single"],
}


@pytest.mark.django_db
def test_phrases_are_found_and_excluded_wherever_they_stand_in_a_long_text() -> None:
    keys = {slug: make_case(slug).pk for slug in LONG}
    engine.index_texts(SearchableTexts(keys[slug], slug, "", text, "") for slug, text in LONG.items())
    assert {typed: found(typed) for typed in LONG_FOUND} == LONG_FOUND


def alphabet(first: int, number: int) -> list[str]:
    return [sign for sign in map(chr, range(first, first + number)) if sign.isalpha()]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sign",
    ["a", "\ufdfa", "我", "\U00020000", "ก", "ä-", "d'", "1.000 ", "\U00010330", "ﷺ ", "é", "co-", "e "],
    ids=ascii,
)
def test_a_text_of_a_hundred_thousand_signs_is_kept_and_found(sign: str) -> None:
    distinct = " ".join(f"{sign}{number:x}{sign}" for number in range(20_000))
    make_case("long", title=sign * 30, summary=distinct[:20_000], narrative=f"zebra lion {distinct}"[:100_000])
    assert found('"zebra lion"') == found("zebra -tiger") == ["long"]
    assert found('-"zebra lion"') == []


# Any text ------------------------------------------------------------------------------------------------------------

SIGNS = st.sampled_from(
    "aeEZäÖüßøﬁæIİıσςΣЖжञि्กำ่เលស្က္ 中国ガカ゛환ᄒ-'’–.,  1200٣१«\"*[]()&\u00ad\u200d\u0301\u0308ـע־׳ﷺ¹²"
)
TEXTS = st.text(SIGNS | st.characters(exclude_categories=["Cs"]), max_size=60)


def no_sign_is_several_words(text: str) -> bool:
    """Fractions, raised digits and a Thai *am* are: a part of them is not marked."""
    plain = (FOLDING[ord(sign)].strip() for sign in text if sign.isalnum())
    return not any(set(" '\u0e4d\u0ecd") & set(letters) for letters in plain)


def full_width(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if sign.isascii() and sign.isalnum() else sign for sign in text)


@pytest.mark.django_db
@settings(max_examples=60)
@given(TEXTS)
@example("l'hôpital co-design Müller 1 000 中国 สุข")
def test_a_text_is_found_by_its_words_and_by_its_phrases_in_any_form(text: str) -> None:
    case = Case.objects.first() or make_case("told")
    engine.index_texts([SearchableTexts(case.pk, "", "", text, "")])
    words = split_words(text).stream
    quoted = re.sub("[" + QUOTES + "]", " ", text)
    for said in {*words, *(f'"{part}"' for part in (*words, " ".join(words[1:4]), quoted))}:
        for form in (
            said,
            said.upper(),
            unicodedata.normalize("NFD", said),
            unicodedata.normalize("NFC", said),
            full_width(said),
        ):
            wanted = SearchQuery.read(form)
            assert not wanted or list(ranked_keys(wanted)) == [case.pk], form
            assert not wanted or list(ranked_keys(SearchQuery.read(f"-{form}"))) == [], form


@given(TEXTS.filter(no_sign_is_several_words))
@example("l'hôpital co-design Müller 1 000 中国 สุข")
def test_the_mark_covers_each_word_and_cuts_no_sign(text: str) -> None:
    for word in split_words(text).stream:
        parts = Highlighter(SearchQuery.read(word)).marked(text)
        assert "".join(part.text for part in parts) == text
        assert any(part.hit for part in parts) or not word[0].isalnum(), word  # but a mark alone
        assert all(unicodedata.category(part.text[0])[0] != "M" for part in parts[1:] if not part.hit)


@given(st.text(SIGNS | st.characters(), max_size=500), TEXTS)
def test_an_excerpt_of_any_text_is_short(text: str, typed: str) -> None:
    excerpt = Highlighter(SearchQuery.read(typed)).excerpt(plain_text(text))
    assert sum(len(part.text) for part in excerpt.parts) < 300


def test_a_word_is_one_term_however_its_signs_are_typed() -> None:
    assert SearchQuery.read("O‘zbek").wanted == (((WordSequence(("o", "zbek")), WordSequence(("ozbek",)))),)
    for typed in ("O'zbek", "Oʻzbek", "O＇ZBEK", "Ｏ´zbek", "o\u00ad`zbek"):
        assert SearchQuery.read(typed) == SearchQuery.read("O‘zbek")
    assert SearchQuery.read("－zebra ＂a lion＂") == SearchQuery.read('-zebra "a lion"')


MEANT = {
    "l'hopitla": "l'hopital",
    "mehrgenerationenhaeusre": "mehrgenerationenhaeuser",
    "Ka\u0301vehaz": "kavehaaz",
    "स्वयसेवक": "सवयंसेवक",
}


@pytest.mark.django_db
def test_a_misspelt_word_of_any_script_is_mended() -> None:
    make_case("told", summary="L’hôpital, Mehrgenerationenhäuser, kávéhaaz; स्वयंसेवक")
    assert {typed: engine.suggest_spelling(SearchQuery.read(typed), drafts=False) for typed in MEANT} == MEANT


# A database of before ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_database_of_before_is_searched_as_today_after_migrate() -> None:
    make_case("told", summary="L’hôpital")
    engine.clear_search_index()
    Catalogue.objects.update(rendering=3)
    call_command("migrate", verbosity=0)
    assert found("hopital") == ["told"]
