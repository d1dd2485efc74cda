"""Slugs are made, numbered and refused alike for cases, terms and things of the registers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, get_resolver

from accounts.models import User
from cases import actions
from cases.models import Case, Organisation, Place, Source
from cases.record.addresses import FreeSlugs, wanted_slug
from taxonomy import actions as codebook
from taxonomy.models import Term, Vocabulary
from taxonomy.slugs import KINDS_OF_NOTHING, ROUTE_NAMES, make_slug
from tests.cases.admin.pages import ADD, opened, term
from tests.factories import make_case, make_organisation, make_record, make_source, make_terms, make_user

WRONG = ["Sharon", "UPPER", "-", "-a", "_", "two words", "käse", "none", "not-coded", "facets", "batch"]


@pytest.fixture
def curator(db: None) -> User:
    make_terms()
    make_source()
    user = make_user("cora", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    return user


def by_form(client: Client, address: str, **typed: Any) -> Any:
    return client.post(address, opened(client, address) | typed).context["adminform"].form.errors["slug"]


def by_api(client: Client, slug: str) -> Any:
    response = client.post("/api/v1/cases/", json.dumps(make_record(slug)), "application/json")
    return response.status_code == 400 and "slug" in response.content.decode()


def by_verb(register: str, slug: str) -> Any:
    columns = {"authors": "Lee"} if register == "sources" else {"name": "Lee"}
    with pytest.raises(actions.RuleViolation) as refused:
        actions.create_thing(register=register, given=columns | {"slug": slug}, by=None)
    return refused.value.message_dict["slug"]


def by_renaming(slug: str) -> Any:
    with pytest.raises(actions.RuleViolation) as refused:
        actions.rename_case(case=Case.objects.get(), to=slug, by=None, reason="Usage.")
    return refused.value.message_dict["slug"]


def by_term(slug: str) -> Any:
    added = Term(vocabulary=Vocabulary.objects.get(slug="sector"), slug=slug, label="Any", definition="Any.")
    with pytest.raises(codebook.CodebookRuleViolation) as refused:
        codebook.add_term(term=added, by=None)
    return refused.value.message_dict["slug"]


DOORS: dict[str, Callable[[Client, str], Any]] = {
    "case, admin": lambda client, slug: by_form(client, ADD, title="Any", kind=term("kind", "named-case"), slug=slug),
    "case, API": by_api,
    "case, renamed": lambda _, slug: by_renaming(slug),
    "source, admin": lambda client, slug: by_form(client, "/admin/cases/source/add/", authors="Lee", slug=slug),
    "place, admin": lambda client, slug: by_form(client, "/admin/cases/place/add/", name="Lee", slug=slug),
    "organisation": lambda _, slug: by_verb("organisations", slug),
    "source": lambda _, slug: by_verb("sources", slug),
    "place": lambda _, slug: by_verb("places", slug),
    "term": lambda _, slug: by_term(slug),
}


@pytest.mark.parametrize("door", DOORS)
def test_no_new_thing_is_called_by_a_wrong_or_reserved_word(door: str, curator: User) -> None:
    client = Client()
    client.force_login(curator)
    make_case("apple")
    before = [list(model.objects.values_list("slug")) for model in (Case, Source, Organisation, Place, Term)]
    assert {slug: bool(DOORS[door](client, slug)) for slug in WRONG} == dict.fromkeys(WRONG, True)
    assert before == [list(model.objects.values_list("slug")) for model in (Case, Source, Organisation, Place, Term)]


@pytest.mark.django_db
def test_slugs_differ_by_more_than_the_case_of_letters() -> None:
    make_terms()
    make_source()
    make_case("plum")
    Case.objects.update(slug="Sharon")  # of a database of before
    make_organisation("Fund", name="Fund")
    record = make_record("sharon")
    client = Client()
    client.force_login(User.objects.create_superuser("root", "root@example.org", "password"))
    response = client.post("/api/v1/cases/", json.dumps(record), "application/json")
    assert (response.status_code, client.get("/cases/Sharon/").status_code) == (400, 200)
    assert [FreeSlugs("cases").take("sharon"), FreeSlugs("organisations").take("fund")] == ["sharon-2", "fund-2"]


@pytest.mark.parametrize(
    ("words", "most", "slug"),
    [
        (("Müller & Söhne", 2014), 40, "muller-sohne-2014"),
        (("Санкт-Петербург",), 40, "sankt-peterburg"),
        (("Αθήνα",), 40, "athina"),
        (("Straße Ørsted Łódź",), 40, "strasse-orsted-lodz"),
        (("C++",), 40, "c"),
        (("…",), 40, "thing"),
        (("Self-care and older people",), 18, "self-care-and"),
        (("Donaudampfschifffahrt",), 10, "donaudampf"),
    ],
)
def test_a_slug_is_made_of_words_of_any_script(words: tuple[object, ...], most: int, slug: str) -> None:
    assert make_slug(*words, fallback="thing", most=most) == slug


@pytest.mark.django_db
def test_a_slug_that_is_taken_or_reserved_gets_a_number() -> None:
    make_organisation("care")
    make_organisation("care-3")
    free = FreeSlugs("organisations", given={"care-4"})
    assert [free.take("care") for _ in range(3)] == ["care-2", "care-5", "care-6"]
    assert [free.take(word) for word in ("none", "new", "new")] == ["none-2", "new", "new-2"]
    assert len(FreeSlugs("sources").take("a" * 80)) == 80


@pytest.mark.django_db
def test_two_works_of_the_same_long_beginning_get_two_slugs() -> None:
    beginning = {"authors": "World Health Organization Regional Office for Europe", "year": 2019}
    one, other = (
        actions.create_thing(register="sources", given={**beginning, "title": title}, by=None).slug
        for title in ("Self-care and older people", "Self-care and teenagers")
    )
    assert one == wanted_slug("sources", beginning) + "-self-care"
    assert other == f"{one}-2"


def test_every_word_that_an_address_has_in_the_place_of_a_slug_is_reserved() -> None:
    patterns = [
        each
        for each in get_resolver().url_patterns
        if not isinstance(each, URLPattern) and not str(each.pattern).startswith("admin")
    ]
    routes = {str(inner.pattern) for outer in patterns for inner in outer.url_patterns}
    things = ("cases", "sources", "organisations", "places")
    fixed = {parts[1] for parts in (route.split("/") for route in routes) if len(parts) > 1 and parts[0] in things}
    words = {word for word in fixed if word and "<" not in word}
    assert words <= ROUTE_NAMES | KINDS_OF_NOTHING
    assert "facets" in words
