"""Many cases in one request, patches, and copies of what was read."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from cases.models import Case, Version
from tests.cases.api.test_writing import CASES, RECORD, encoded, etag, pointers, send
from tests.factories import (
    arrangement,
    make_case,
    make_curator,
    make_record,
    make_source,
    make_terms,
    make_user,
    passage,
)

pytestmark = pytest.mark.django_db

BATCH = f"{CASES}batch/"
MERGE_PATCH = "application/merge-patch+json"


@pytest.fixture
def curator(client: Client) -> Client:
    make_terms()
    make_source()
    client.force_login(make_curator())
    return client


def stored() -> list[tuple[Any, ...]]:
    return [*Case.objects.order_by("pk").values_list("slug", "title", "version"), Version.objects.count()]


def change(slug: str, version: int, **more: Any) -> dict[str, Any]:
    return {"change": slug, "version": version, **more}


def test_cases_are_entered_and_changed_as_one(curator: Client) -> None:
    for slug in ("apple", "pear"):
        make_case(**{**RECORD, "slug": slug})
    items = [
        {"create": make_record("quince", title="Quince")},
        change("apple", 2, record=make_record("apple", title="Apple, again")),
        {"create": {"title": "Обнинск: Peer support!", "kind": "named-case"}},
        change("pear", 2, patch={"title": "Pear, again", "sectors": None}),
    ]
    status, answer = send(curator, "POST", BATCH, items, Change_Reason="Tidied.")
    assert status == 200
    assert [(each["slug"], each["state"], each["version"]) for each in answer] == [
        ("quince", "draft", 1),
        ("apple", "published", 3),
        ("obninsk-peer-support", "draft", 1),
        ("pear", "published", 3),
    ]
    assert [each["etag"] for each in answer] == [etag(curator, each["slug"]) for each in answer]
    pear = curator.get(answer[3]["url"]).json()
    assert (pear["title"], pear["sectors"], len(pear["arrangements"])) == ("Pear, again", [], 1)
    assert set(Version.objects.filter(number__in=[1, 3]).values_list("history_change_reason", flat=True)) >= {"Tidied."}


def test_with_one_mistake_nothing_is_written_and_every_mistake_is_told(curator: Client) -> None:
    for slug in ("apple", "fig", "pear", "plum"):
        make_case(**{**RECORD, "slug": slug})
    before = stored()
    items = [
        {"create": make_record("quince")},
        {"create": make_record("fig")},
        change("apple", 1, patch={"title": "Late"}),
        change("pear", 2, record=make_record("pear", title="", sectors=["nowhere"])),
        change("plum", 2, patch={"arrangements": [arrangement() | {"type": None}]}),
        change("nobody", 2, patch={}),
    ]
    status, problem = send(curator, "POST", BATCH, items)
    assert status == 400
    assert sorted(pointers(problem)) == [
        "#/1/create/slug",
        "#/2/version",
        "#/3/record/sectors/0",
        "#/3/record/title",
        "#/4/patch/arrangements/0/type",
        "#/5/change",
    ]
    assert stored() == before


SHAPES: list[tuple[Any, list[str]]] = [
    ({}, ["#"]),
    ([], ["#"]),
    ("cases", ["#"]),
    ([{"create": {}}] * 201, ["#"]),
    ([None, 5, "x", []], ["#/0", "#/1", "#/2", "#/3"]),
    ([{}], ["#/0"]),
    ([{"make": {}}], ["#/0/make"]),
    ([{"create": []}, {"create": None}], ["#/0/create", "#/1/create"]),
    ([{"create": {}, "version": 2, "change": "apple"}], ["#/0/change", "#/0/version"]),
    ([change("apple", 1)], ["#/0/record"]),
    ([change("apple", 1, record={}, patch={})], ["#/0/record"]),
    ([change("Kein Wort", 1, patch={}), change("apple", -1, patch={})], ["#/0/change", "#/1/version"]),
    ([{"change": "apple", "patch": {}}], ["#/0/version"]),
    ([change("apple", 2, patch={}), change("apple", 2, patch={})], ["#/1/change"]),
    ([change("pear", 2, patch={}), {"create": {"slug": "pear"}}], ["#/1/create/slug"]),
]


@pytest.mark.parametrize(("sent", "places"), SHAPES)
def test_what_is_no_batch_is_refused_by_its_place(curator: Client, sent: Any, places: list[str]) -> None:
    make_case(**RECORD)
    status, problem = send(curator, "POST", BATCH, sent)
    assert (status, sorted(pointers(problem))) == (400, sorted(places))


def test_where_all_that_is_wrong_is_the_version_it_is_said_by_the_status(curator: Client) -> None:
    make_case(**RECORD)
    status, problem = send(curator, "POST", BATCH, [change("apple", 1, patch={}), {"create": make_record("pear")}])
    assert (status, pointers(problem)) == (412, ["#/0/version"])
    assert Case.objects.count() == 1


def test_a_contributor_writes_only_what_is_theirs(curator: Client) -> None:
    make_case(**RECORD)
    client, user = Client(), make_user("contributor")
    user.user_permissions.add(Permission.objects.get(codename="add_case"))
    client.force_login(user)
    status, problem = send(client, "POST", BATCH, [{"create": make_record("pear")}, change("apple", 2, patch={})])
    assert (status, pointers(problem)) == (400, ["#/1/change"])
    assert send(client, "POST", BATCH, [{"create": make_record("pear")}])[0] == 200
    assert send(Client(), "POST", BATCH, [{"create": make_record("plum")}])[0] == 401


def test_other_words_at_the_same_offsets_are_refused_and_not_an_error_of_ours(curator: Client) -> None:
    def with_quote(slug: str, words: str) -> dict[str, Any]:
        quoted = passage(exact=words, start=7, end=7 + len(words))
        return make_record(slug, years={"start": 2001, "passage": quoted})

    items = [{"create": with_quote("pear", "Hello")}, {"create": with_quote("plum", "World")}]
    status, problem = send(curator, "POST", BATCH, items)
    assert (status, [place.split("/")[1] for place in pointers(problem)]) == (400, ["1"])
    both = with_quote("fig", "Hello") | {
        "claims": [{"value": 1, "unit": "people", "what": "x", "passage": passage(exact="World", start=7, end=12)}]
    }
    assert send(curator, "POST", CASES, both)[0] == 400


# Copies


def test_a_published_case_that_was_read_can_be_entered_anew(curator: Client) -> None:
    make_case(**RECORD)
    read = curator.get(f"{CASES}apple/").json()
    listed = curator.get(CASES).json()["results"][0]
    assert (read["state"], send(curator, "POST", CASES, read)[1]["errors"][0]["pointer"]) == ("published", "#/slug")
    copies = [read | {"slug": "pear"}, listed | {"slug": ""}, {**read, "slug": None}]
    made = [send(curator, "POST", CASES, copy) for copy in copies]
    assert [status for status, _ in made] == [201] * 3
    assert [answer["slug"] for _, answer in made] == ["pear", "apple-2", "apple-3"]
    said = {"slug", "state", "codings", "version", "created_at", "updated_at", "published_at", "url"}
    for _, answer in made:
        assert {name: answer[name] for name in answer if name not in said} == {
            name: read[name] for name in read if name not in said
        }
        assert (answer["state"], answer["version"], answer["published_at"]) == ("draft", 1, None)


# Merge patches

PATCHES: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"title": "Apple, again"}, {"title": "Apple, again"}),
    ({"summary": None, "sectors": None}, {"summary": "", "sectors": []}),
    ({"years": {"start": 2007}}, {"years.start": 2007, "years.end": 2009, "years.start_precision": "about"}),
    ({"years": {"end": None}}, {"years.start": 2006, "years.end": None}),
    ({"years": None}, {"years": None, "absent.years": "not-coded"}),
    ({"years": None, "absent": {"years": "not-stated"}}, {"years": None, "absent.years": "not-stated"}),
]


@pytest.mark.parametrize(("patch", "after"), PATCHES)
def test_a_merge_patch_changes_what_it_names(curator: Client, patch: dict[str, Any], after: dict[str, Any]) -> None:
    years = {"start": 2006, "end": 2009, "start_precision": "about", "passage": passage()}
    make_case("draft-apple", state="draft", years=years, sectors=["health"])
    response = curator.patch(
        f"{CASES}draft-apple/",
        encoded(patch),
        content_type=f"{MERGE_PATCH}; charset=utf-8",
        headers={"If-Match": etag(curator, "draft-apple")},
    )
    assert response.status_code == 200, response.content
    for path, value in after.items():
        found = response.json()
        for name in path.split("."):
            found = found[name]
        assert found == value


def test_which_patches_are_taken_is_said(curator: Client) -> None:
    make_case(**RECORD)
    address, tag = f"{CASES}apple/", {"If-Match": etag(curator, "apple")}
    accepted = f"{MERGE_PATCH}, application/json"
    assert curator.options(address)["Accept-Patch"] == curator.get(address)["Accept-Patch"] == accepted
    refused = curator.patch(address, b"<x/>", content_type="application/xml", headers=tag)
    assert (refused.status_code, refused["Accept-Patch"]) == (415, accepted)
    assert curator.put(address, b"{}", content_type=MERGE_PATCH, headers=tag).status_code == 415
    wrong = [
        curator.patch(address, body, content_type=MERGE_PATCH, headers=tag)
        for body in (b"[]", b"{", b"null", b'{"title": null}', b'{"colour": 1}')
    ]
    assert [response.status_code for response in wrong] == [400] * 5
    assert [pointers(response.json()) for response in wrong[3:]] == [["#/title"], ["#/colour"]]
