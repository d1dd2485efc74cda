"""Sources, organisations, places and passages, entered and changed by programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from cases.models import Case, Organisation, Passage, Place, Source, Version
from tests.cases.api.test_writing import pointers, send
from tests.factories import make_case, make_curator, make_passage, make_source, make_terms, make_user, passage

pytestmark = pytest.mark.django_db

API = "/api/v1/"
MERGE_PATCH = "application/merge-patch+json"
SOURCE: dict[str, Any] = {
    "kind": "report", "authors": "Grönroos & Søn", "year": 2014, "title": "Громадська опіка", "doi": "10.1000/x1",
}  # fmt: skip
ORGANISATION = {"name": "Забота", "country": "UA"}
PLACE = {"name": "Nan", "country": "TH", "admin_area": "Nan", "latitude": 18.783, "longitude": 100.77512}
REGISTERS = pytest.mark.parametrize(
    ("register", "given"), [("sources", SOURCE), ("organisations", ORGANISATION), ("places", PLACE)]
)


@pytest.fixture
def curator(client: Client) -> Client:
    make_terms()
    client.force_login(make_curator())
    return client


def contributor(*permissions: str) -> Client:
    client, user = Client(), make_user("contributor")
    user.user_permissions.set(Permission.objects.filter(codename__in=["add_case", *permissions]))
    client.force_login(user)
    return client


@REGISTERS
def test_an_entry_is_made_read_and_changed(curator: Client, register: str, given: dict[str, Any]) -> None:
    response = curator.post(f"{API}{register}/", given, content_type="application/json")
    assert response.status_code == 201, response.content
    address = response["Location"]
    read = curator.get(address)
    assert (read.json(), read["ETag"], read.json()["cases"]) == (response.json(), response["ETag"], 0)
    expected = given | ({"longitude": 100.7751} if "longitude" in given else {})
    assert {name: read.json()[name] for name in given} == expected
    same = send(curator, "PUT", address, read.json(), If_Match=read["ETag"])
    assert same == (200, read.json())
    name, away = ("title", {"doi": None, "year": None}) if register == "sources" else ("name", {"country": None})
    tag = {"If-Match": read["ETag"]}
    part = curator.patch(address, {name: "Else", **away}, content_type=MERGE_PATCH, headers=tag)
    assert part.status_code == 200, part.content
    emptied = {"doi": "", "year": None} if register == "sources" else {"country": ""}
    assert {**read.json(), name: "Else", **emptied} == part.json()
    least = {"title": "Anew", "authors": "A"} if register == "sources" else {"name": "Anew"}
    replaced = send(curator, "PUT", address, least, If_Match=part["ETag"])
    assert (replaced[0], replaced[1][name], replaced[1]["slug"]) == (200, "Anew", read.json()["slug"])
    model: Any = {"sources": Source, "organisations": Organisation, "places": Place}[register]
    assert [str(each.history_user) for each in model.history.all()] == ["curator"] * 3


@REGISTERS
def test_what_stands_already_is_not_entered_twice(curator: Client, register: str, given: dict[str, Any]) -> None:
    assert send(curator, "POST", f"{API}{register}/", given)[0] == 201
    status, problem = send(curator, "POST", f"{API}{register}/", given)
    assert (status, pointers(problem)) == (400, ["#/title" if register == "sources" else "#/name"])


@REGISTERS
def test_a_change_names_what_it_was_made_from(curator: Client, register: str, given: dict[str, Any]) -> None:
    made = curator.post(f"{API}{register}/", given, content_type="application/json")
    address, tag = made["Location"], made["ETag"]
    assert send(curator, "PUT", address, given)[0] == 428
    assert send(curator, "PATCH", address, {}, If_Match="*")[0] == 428
    assert send(curator, "PUT", address, given, If_Match='"other"')[0] == 412
    name = "note" if register == "sources" else "name"
    assert send(curator, "PATCH", address, {name: "First."}, If_Match=tag)[0] == 200
    assert send(curator, "PATCH", address, {name: "Second."}, If_Match=tag)[0] == 412


def test_who_refers_to_an_entry_does_not_make_its_etag_stale(curator: Client) -> None:
    made = curator.post(f"{API}places/", PLACE, content_type="application/json")
    make_case("apple", places=[made.json()["slug"]])
    now = curator.get(made["Location"])
    assert (now["ETag"] != made["ETag"], now.json()["case_slugs"]) == (True, ["apple"])
    assert send(curator, "PATCH", made["Location"], {"name": "Nan, town"}, If_Match=made["ETag"])[0] == 200
    assert Client().get("/cases/apple/").content.decode().count("Nan, town")


WRONG: list[tuple[str, Any, list[str]]] = [
    ("sources", {}, ["#/authors"]),
    ("sources", [], ["#"]),
    ("sources", None, ["#/authors"]),
    ("sources", "source", ["#"]),
    ("sources", {"authors": "A", "year": "MMXX", "kind": "poem"}, ["#/kind", "#/year"]),
    ("sources", {"authors": "A", "year": 10**9}, ["#/year"]),
    ("sources", {"authors": "a\0", "url": "nowhere", "colour": 1}, ["#/authors", "#/colour", "#/url"]),
    ("sources", {"authors": "x" * 301}, ["#/authors"]),
    ("sources", {"authors": "A", "slug": "none"}, ["#/slug"]),
    ("sources", {"authors": "A", "slug": "No Address"}, ["#/slug"]),
    ("organisations", {"name": ""}, ["#/name"]),
    ("organisations", {"name": "A", "country": "Atlantis"}, ["#/country"]),
    ("organisations", {"name": "A", "country": ["GB"]}, ["#/country"]),
    ("places", {"name": "A", "latitude": 91, "longitude": 1e300}, ["#/latitude", "#/longitude"]),
    ("places", {"name": "A", "latitude": "north"}, ["#/latitude"]),
]


@pytest.mark.parametrize(("register", "sent", "places"), WRONG)
def test_a_wrong_entry_is_named_by_its_places(curator: Client, register: str, sent: Any, places: list[str]) -> None:
    status, problem = send(curator, "POST", f"{API}{register}/", sent)
    assert (status, sorted(set(pointers(problem)))) == (400, places)
    assert not Source.objects.exists()


def test_half_a_pair_of_coordinates_is_refused(curator: Client) -> None:
    status, problem = send(curator, "POST", f"{API}places/", {"name": "A", "latitude": 5})
    assert (status, len(problem["errors"])) == (400, 1)


def test_an_address_never_changes(curator: Client) -> None:
    made = curator.post(f"{API}sources/", SOURCE, content_type="application/json")
    status, problem = send(curator, "PUT", made["Location"], SOURCE | {"slug": "else"}, If_Match=made["ETag"])
    assert (status, pointers(problem)) == (400, ["#/slug"])


def test_a_merged_entry_leads_to_the_other(curator: Client) -> None:
    first, second = make_source("a-2001"), make_source("b-2002")
    Source.objects.filter(pk=second.pk).update(replaced_by=first)
    moved = curator.get(f"{API}sources/b-2002/")
    assert (moved.status_code, moved["Location"]) == (301, f"http://testserver{API}sources/a-2001/")
    changed = curator.put(f"{API}sources/b-2002/", {}, content_type="application/json")
    assert changed.status_code == 308
    assert curator.get(f"{API}sources/").json()["count"] == 0
    assert Client().get(f"{API}sources/b-2002/").status_code == 404


@REGISTERS
def test_who_may_write_in_the_registers(register: str, given: dict[str, Any]) -> None:
    readers: list[tuple[Client, int, int]] = [(Client(), 401, 401), (contributor(), 201, 403)]
    for client, entering, changing in readers:
        response = client.post(f"{API}{register}/", given, content_type="application/json")
        assert response.status_code == entering
        if entering == 201:
            changed = client.patch(response["Location"], {}, content_type="application/json")
            assert changed.status_code == changing
            assert Client().get(response["Location"]).status_code == 404


# Passages


@pytest.fixture
def source(curator: Client) -> Source:
    return make_source("wake-2008")


def test_a_passage_is_entered_and_changed_with_the_cases_that_quote_it(curator: Client, source: Source) -> None:
    quote: dict[str, Any] = {"exact": "two hundred people", "start": 7, "end": 25, "locator": "p. 3"}
    status, made = send(curator, "POST", f"{API}sources/wake-2008/passages/", quote)
    assert (status, made["source"]) == (201, "wake-2008")
    make_case("apple", years={"start": 2001, "passage": passage(source="wake-2008", **quote)})
    assert Passage.objects.filter(source=source).count() == 1
    read = curator.get(made["url"])
    status, after = send(
        curator, "PATCH", made["url"], {"locator": "p. 4"}, If_Match=read["ETag"], Change_Reason="The page was wrong."
    )
    assert (status, after) == (200, made | {"locator": "p. 4"})
    last = Version.objects.filter(case__slug="apple").latest("number")
    assert (last.record["years"]["passage"]["locator"], last.history_change_reason) == ("p. 4", "The page was wrong.")
    assert Case.objects.get(slug="apple").version == last.number
    assert curator.get("/api/v1/cases/apple/").json()["years"]["passage"]["locator"] == "p. 4"
    listed = curator.get(f"{API}sources/wake-2008/passages/").json()
    assert (listed["count"], listed["results"]) == (1, [after])


WRONG_PASSAGES: list[tuple[Any, list[str]]] = [
    ({}, ["#/exact"]),
    ([], ["#"]),
    ({"exact": "Hello", "start": 3}, ["#/end"]),
    ({"exact": "Hello", "start": 3, "end": 4}, ["#/end"]),
    ({"exact": "Hello", "start": -1, "end": 2**40, "colour": 1}, ["#/colour", "#/end", "#/start"]),
    ({"exact": "World", "start": 0, "end": 5}, ["#/start"]),
    ({"exact": "Once", "source": "nobody"}, ["#/source"]),
    ({"exact": "Once", "source": "other-2009"}, ["#/source"]),
    ({"exact": "Once"}, ["#/exact"]),
]


@pytest.mark.parametrize(("sent", "places"), WRONG_PASSAGES)
def test_a_wrong_passage_is_named_by_its_places(curator: Client, source: Source, sent: Any, places: list[str]) -> None:
    make_source("other-2009")
    make_passage("Hello", source, start=0, end=5)
    make_passage("Once", source)
    status, problem = send(curator, "POST", f"{API}sources/wake-2008/passages/", sent)
    assert (status, sorted(pointers(problem))) == (400, places)
    assert Passage.objects.count() == 2


def test_passages_are_for_those_who_write(curator: Client, source: Source) -> None:
    quote = make_passage("Hello", source)
    addresses = (f"{API}passages/{quote.pk}/", f"{API}sources/wake-2008/passages/")
    assert [Client().get(address).status_code for address in addresses] == [401] * 2
    adding = contributor()
    assert [adding.get(address).status_code for address in addresses] == [200] * 2
    assert adding.patch(addresses[0], {}, content_type="application/json").status_code == 403
    assert User.objects.count() == 2
    assert curator.get(f"{API}passages/99999999999999999999/").status_code == 404
    assert curator.get(f"{API}sources/nobody/passages/").status_code == 404
    assert curator.patch(addresses[0], {}, content_type="application/json").status_code == 428


TEXT_HELD = "a" * 64


@pytest.mark.parametrize(
    ("sha256", "start", "checked"), [("", None, False), ("", 7, False), (TEXT_HELD, None, False), (TEXT_HELD, 7, True)]
)
def test_words_that_were_not_compared_with_their_source_are_marked(
    curator: Client, source: Source, sha256: str, start: int | None, *, checked: bool
) -> None:
    Source.objects.filter(pk=source.pk).update(text_sha256=sha256)
    quote = passage("two hundred people", "wake-2008", start=start, end=start and start + 18)
    make_case("apple", years={"start": 2001, "passage": quote}, sources=[{"source": "wake-2008"}])
    read = curator.get(f"{API}cases/apple/")
    assert read.json()["years"]["passage"] == quote | {"section": "", "checked": checked}
    exported = b"".join(Client().get("/export/cases.jsonl"))
    assert json.loads(exported)["years"]["passage"]["checked"] is checked
    assert curator.get(f"{API}sources/wake-2008/passages/").json()["results"][0]["checked"] is checked
    page = Client().get("/cases/apple/").content.decode()
    figure = page[page.index("two hundred people") :].partition("</figure>")[0]
    assert ("unchecked" in figure) is not checked
    status, after = send(curator, "PUT", f"{API}cases/apple/", read.json(), If_Match=read["ETag"])
    assert (status, after) == (200, read.json())


def test_a_text_that_is_held_from_now_on_shows_at_once(curator: Client, source: Source) -> None:
    quote = passage("Hello", "wake-2008", start=0, end=5)
    make_case("apple", years={"start": 2001, "passage": quote})
    tag = curator.get(f"{API}sources/wake-2008/")["ETag"]
    send(curator, "PATCH", f"{API}sources/wake-2008/", {"text_sha256": TEXT_HELD}, If_Match=tag)
    assert curator.get(f"{API}cases/apple/").json()["years"]["passage"]["checked"] is True
