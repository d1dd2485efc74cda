"""The W3C Web Annotation Protocol: reading containers and notes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from annotations.models import Annotation
from cases import actions
from cases.models import Case
from taxonomy import actions as codebook
from taxonomy.models import Term
from tests.annotations.notes import STORY, make_note, make_reply, rewrite
from tests.annotations.programs import (
    CASE,
    LD,
    OF_CASE,
    PREFER_DESCRIPTIONS,
    PREFER_IRIS,
    PREFER_MINIMAL,
    ROOT,
    SITE,
    annotation,
    items,
    links,
    listed,
    many,
    names,
    post,
    prefer,
    program,
    text,
)
from tests.factories import make_case, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]
CONTAINERS = pytest.mark.parametrize("address", [ROOT, OF_CASE])


@pytest.fixture
def case() -> Case:
    return make_case(narrative=STORY)


@pytest.fixture
def note(case: Case) -> Annotation:
    return make_note(case, make_user(), comment="Only one?", audience="public")


# Annotations


def test_a_note_is_answered_with_its_headers(note: Annotation) -> None:
    response = program().get(note.get_absolute_url())
    assert response.status_code == 200
    assert response["Content-Type"] == LD
    assert listed(response, "Allow") == {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
    assert listed(response, "Vary") >= {"Accept", "Authorization", "Cookie"}
    assert response.json()["id"] == note.iri
    assert "no-cache" in response["Cache-Control"]


def test_a_note_is_a_resource_by_one_link(note: Annotation) -> None:
    assert links(program().get(note.get_absolute_url())) == {("http://www.w3.org/ns/ldp#Resource", "type")}


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_note_has_the_same_etag_however_it_is_read(note: Annotation, method: str) -> None:
    client = program()
    response = getattr(client, method)(note.get_absolute_url())
    assert response["ETag"].startswith('"')
    assert response["ETag"] == client.get(note.get_absolute_url())["ETag"]


def test_head_has_the_headers_and_no_body(note: Annotation) -> None:
    client = program()
    read, head = client.get(note.get_absolute_url()), client.head(note.get_absolute_url())
    assert head.content == b""
    kept = {"ETag", "Link", "Allow", "Vary", "Content-Type"}
    assert {name: head[name] for name in kept} == {name: read[name] for name in kept}


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("address", ["note", ROOT, OF_CASE])
@pytest.mark.parametrize("known", ["{}", "W/{}", '"other", {}', "*"])
def test_who_has_an_answer_already_is_told_so(note: Annotation, method: str, address: str, known: str) -> None:
    address = note.get_absolute_url() if address == "note" else address
    client = program()
    tag = client.get(address)["ETag"]
    response = getattr(client, method)(address, headers={"If-None-Match": known.format(tag)})
    assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)


def test_a_note_that_changed_has_another_etag(case: Case, note: Annotation) -> None:
    client = program()
    before = client.get(note.get_absolute_url())
    rewrite(case, f"Long ago.\n\n{STORY}")
    after = client.get(note.get_absolute_url(), headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert after["ETag"] != before["ETag"]


@pytest.mark.parametrize("address", ["note", ROOT, OF_CASE])
def test_a_browser_may_ask_from_another_site_what_is_allowed(note: Annotation, address: str) -> None:
    address = note.get_absolute_url() if address == "note" else address
    asked = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "POST"}
    response = Client().options(address, headers=asked)
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response
    assert listed(response, "Access-Control-Allow-Methods") == listed(response, "Allow")
    assert {"ETag", "Link", "Location"} <= listed(response, "Access-Control-Expose-Headers")


# Which representation


TAKEN = [
    LD,
    "application/ld+json",
    'application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted http://www.w3.org/ns/anno.jsonld"',
    "application/json",
    "application/*",
    "*/*",
    "text/turtle;q=0.1, */*;q=0.9",
    f"{LD}, text/html;q=0.5",
    "",
]


@pytest.mark.parametrize("accept", TAKEN)
@pytest.mark.parametrize("address", ["note", ROOT])
def test_whoever_takes_json_ld_in_any_way_is_given_it(note: Annotation, accept: str, address: str) -> None:
    address = note.get_absolute_url() if address == "note" else address
    response = Client(headers={"Accept": accept} if accept else {}).get(address)
    assert (response.status_code, response["Content-Type"]) == (200, LD)


REFUSED = [
    "application/rdf+xml",
    "text/turtle;q=0",
    "image/png",
    "application/ld+json;q=0",
    'application/ld+json; profile="urn:other"',
    "rubbish",
]


@pytest.mark.parametrize("accept", REFUSED)
@pytest.mark.parametrize("address", ["note", ROOT])
def test_whoever_takes_nothing_of_that_is_told_406(note: Annotation, accept: str, address: str) -> None:
    address = note.get_absolute_url() if address == "note" else address
    response = Client(headers={"Accept": accept}).get(address)
    assert (response.status_code, response["Content-Type"]) == (406, "application/problem+json")


def test_nothing_is_stored_for_whoever_could_not_read_the_answer(case: Case) -> None:
    client = program(make_user())
    response = post(client, annotation(f"{SITE}/cases/a-case/", body=text()), Accept="text/plain")
    assert response.status_code == 406
    assert not Annotation.objects.exists()


def test_every_address_in_a_document_has_the_origin_of_the_settings(note: Annotation, settings: Settings) -> None:
    settings.BASE_URL = "https://catalogue.example.org"
    response = Client(headers={"Accept": LD, "Host": "localhost"}).get(ROOT)
    assert "127.0.0.1" not in response.content.decode()
    assert "localhost" not in response.content.decode()
    assert names(response) == [f"https://catalogue.example.org{note.get_absolute_url()}"]


@pytest.mark.parametrize("address", [ROOT, OF_CASE, "/annotations/some-note/"])
def test_a_site_on_https_sends_everyone_there(address: str, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = program().get(address)
    assert (response.status_code, response["Location"]) == (301, f"https://testserver{address}")


# Containers


@CONTAINERS
def test_a_container_is_answered_with_its_headers(note: Annotation, address: str) -> None:
    for method in ("get", "head"):
        response = getattr(program(), method)(address)
        assert (response.status_code, response["Content-Type"]) == (200, LD)
        assert listed(response, "Allow") == {"GET", "HEAD", "OPTIONS", "POST"}
        assert listed(response, "Accept-Post") == {LD, "application/ld+json", "application/json"}
        assert listed(response, "Vary") >= {"Accept", "Prefer", "Authorization", "Cookie"}
        assert response["ETag"].startswith('"')


ANSWERS: dict[str, Callable[[str], Any]] = {
    "read": lambda address: program().get(address),
    "head": lambda address: program().head(address),
    "asked what is allowed": lambda address: program().options(address),
    "not acceptable": lambda address: Client(headers={"Accept": "image/png"}).get(address),
    "a wrong parameter": lambda address: program().get(address, {"pages": "1"}),
    "not signed in": lambda address: post(program(), annotation(f"{SITE}/x"), address),
    "a wrong method": lambda address: program().delete(address),
    "known already": lambda address: program().get(address, headers={"If-None-Match": "*"}),
}


@CONTAINERS
@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_of_a_container_says_what_it_is_by_two_links(note: Annotation, address: str, answer: str) -> None:
    assert links(ANSWERS[answer](address)) == {
        ("http://www.w3.org/ns/ldp#BasicContainer", "type"),
        ("http://www.w3.org/TR/annotation-protocol/", "http://www.w3.org/ns/ldp#constrainedBy"),
    }


@CONTAINERS
def test_asked_what_is_allowed_a_container_says_what_may_be_sent(case: Case, address: str) -> None:
    response = program().options(address)
    assert listed(response, "Allow") == {"GET", "HEAD", "OPTIONS", "POST"}
    assert LD in listed(response, "Accept-Post")


@CONTAINERS
def test_a_container_describes_itself(note: Annotation, address: str) -> None:
    document = program().get(address).json()
    note.refresh_from_db()
    first = document.pop("first")
    assert document == {
        "@context": ["http://www.w3.org/ns/anno.jsonld", "http://www.w3.org/ns/ldp.jsonld"],
        "id": f"{SITE}{address}?iris=0",
        "type": ["BasicContainer", "AnnotationCollection"],
        "label": "Annotations on “A case”" if "cases" in address else "Annotations in this catalogue",
        "total": 1,
        "modified": note.updated_at.isoformat().replace("+00:00", "Z"),
        "last": f"{SITE}{address}?iris=0&page=0",
    }
    assert first == document["last"]


@CONTAINERS
def test_the_address_of_a_container_ends_in_a_slash_and_has_no_query(note: Annotation, address: str) -> None:
    response = program().get(address)
    assert response["Content-Location"] == response.json()["id"]
    assert response.json()["id"].partition("?")[0].endswith("/")


@CONTAINERS
def test_an_empty_container_has_no_pages(case: Case, address: str) -> None:
    document = program().get(address).json()
    assert document["total"] == 0
    assert not {"first", "last", "modified"} & document.keys()


@CONTAINERS
def test_without_a_preference_the_first_page_is_linked_and_has_the_notes_whole(note: Annotation, address: str) -> None:
    response = program().get(address)
    whole = program().get(note.get_absolute_url()).json()
    assert response.json()["first"] == f"{SITE}{address}?iris=0&page=0"
    assert items(response) == [whole]
    assert "Preference-Applied" not in response


@CONTAINERS
def test_who_prefers_the_notes_whole_is_given_them(note: Annotation, address: str) -> None:
    response = program().get(address, headers=prefer(PREFER_DESCRIPTIONS))
    assert response.json()["first"]["items"] == items(program().get(address))
    assert response["Content-Location"] == f"{SITE}{address}?iris=0"
    assert response["Preference-Applied"] == "return=representation"


@CONTAINERS
def test_who_prefers_iris_is_given_iris(note: Annotation, address: str) -> None:
    response = program().get(address, headers=prefer(PREFER_IRIS))
    document = response.json()
    assert items(response) == [note.iri]
    assert document["id"] == response["Content-Location"] == f"{SITE}{address}?iris=1"
    assert document["first"]["id"] == document["last"] == f"{SITE}{address}?iris=1&page=0"
    assert response["Preference-Applied"] == "return=representation"


@CONTAINERS
@pytest.mark.parametrize(("also", "iris"), [([], 0), ([PREFER_IRIS], 1), ([PREFER_DESCRIPTIONS], 0)])
def test_who_prefers_little_is_given_links_to_the_pages(
    note: Annotation, address: str, also: list[str], iris: int
) -> None:
    document = program().get(address, headers=prefer(PREFER_MINIMAL, *also)).json()
    assert document["total"] == 1
    assert document["first"] == document["last"] == f"{SITE}{address}?iris={iris}&page=0"
    assert "contains" not in document
    assert note.uid not in json.dumps(document)


CONFUSED = [
    prefer(PREFER_IRIS, PREFER_DESCRIPTIONS),
    {"Prefer": 'return=minimal; include="' + PREFER_IRIS + '"'},
    {"Prefer": "respond-async, wait=10"},
    {"Prefer": 'return=representation; include="urn:other"'},
    {"Prefer": ';;="",,"'},
]


@pytest.mark.parametrize("header", CONFUSED)
def test_a_preference_that_cannot_be_met_is_passed_over(note: Annotation, header: dict[str, str]) -> None:
    response = program().get(ROOT, headers=header)
    assert items(response) == items(program().get(ROOT))
    assert "Preference-Applied" not in response


def test_the_address_with_iris_says_which_pages_it_has(note: Annotation) -> None:
    response = program().get(ROOT, {"iris": "1"}, headers=prefer(PREFER_DESCRIPTIONS))
    assert items(response) == [note.iri]
    assert response.json()["id"] == f"{SITE}{ROOT}?iris=1"


@CONTAINERS
def test_each_representation_has_its_own_etag(note: Annotation, address: str) -> None:
    wanted: list[dict[str, str]] = [
        {},
        prefer(PREFER_IRIS),
        prefer(PREFER_DESCRIPTIONS),
        prefer(PREFER_MINIMAL, PREFER_IRIS),
    ]
    tags = {program().get(address, headers=header)["ETag"] for header in wanted}
    assert len(tags) == 4


def test_the_container_of_a_case_holds_the_answers_to_its_notes_and_no_others(case: Case, note: Annotation) -> None:
    answer = make_reply(note, make_user("other"))
    elsewhere = make_note(make_case("b-case"), make_user("third"), "", "Elsewhere.", audience="public")
    assert names(program().get(OF_CASE)) == [note.iri, answer.iri]
    assert names(program().get(ROOT)) == [note.iri, answer.iri, elsewhere.iri]


def test_a_container_changes_its_etag_with_any_of_its_notes(case: Case, note: Annotation) -> None:
    many(case, 150)
    client = program()
    before = client.get(ROOT)["ETag"]
    last = Annotation.objects.latest("pk")
    assert last.iri not in names(client.get(ROOT))
    Annotation.objects.filter(pk=last.pk).update(version=2, comment="Changed.")
    assert client.get(ROOT)["ETag"] != before


def test_a_renamed_case_has_its_container_at_both_addresses(case: Case) -> None:
    actions.rename_case(case=case, to="its-new-name", by=None, reason="It is called so now.")
    made = post(program(make_user()), annotation(CASE, body=text()), OF_CASE)
    assert made.status_code == 201, made.content
    old, new = (program().get(f"/annotations/cases/{slug}/").json() for slug in ("a-case", "its-new-name"))
    own = f"{SITE}/annotations/cases/its-new-name/"
    assert {container["id"].partition("?")[0] for container in (old, new)} == {own}


def test_a_term_that_was_merged_stands_for_the_other_one_in_notes(case: Case) -> None:
    sport, health = (Term.objects.get(vocabulary__slug="sector", slug=slug) for slug in ("sport", "health"))
    codebook.merge_terms(term=sport, into=health, by=None, reason="One is enough.")
    body = {"type": "SpecificResource", "purpose": "classifying", "source": f"{SITE}/taxonomy/sector/sport/"}
    assert post(program(make_user()), annotation(CASE, body=body)).status_code == 201
    assert list(Annotation.objects.get().codes.all()) == [health]
    assert Client(headers={"Accept": "text/html"}).get("/annotations/?code=sector:sport").status_code == 200
