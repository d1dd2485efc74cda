"""Answers by version: what has not changed is not made anew, and what is one reader's own is given to nobody else."""

from __future__ import annotations

import pytest
from django.test import Client

from cases import actions
from cases.models import Case, Source
from tests.factories import arrangement, make_case, make_curator, make_source, make_user

pytestmark = pytest.mark.django_db

DOORS = ["/", "/cases/", "/cases/?sector=health", "/api/v1/results/", "/api/v1/facets/", "/api/v1/matrix/"]
LISTS = ["/api/v1/cases/", "/export/cases.csv", "/export/cases.jsonl"]


@pytest.fixture(autouse=True)
def _catalogue() -> None:
    make_case("shown", sectors=["health"], arrangements=[arrangement()])


@pytest.mark.parametrize("door", DOORS)
def test_an_answer_is_named_by_the_version_and_not_sent_again(client: Client, door: str) -> None:
    first = client.get(door)
    compressed = ", Accept-Encoding" if door.startswith("/api/") else ""
    assert (first["Cache-Control"], first["Vary"]) == ("no-cache", f"Authorization, Cookie{compressed}")
    again = client.get(door, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (again["ETag"], again["Vary"], again["Cache-Control"]) == (first["ETag"], first["Vary"], "no-cache")
    kept = client.get(door)
    assert (kept.content, kept["ETag"], kept["Content-Type"]) == (first.content, first["ETag"], first["Content-Type"])


@pytest.mark.parametrize("door", DOORS)
def test_a_published_change_is_seen_at_once_under_another_name(client: Client, door: str) -> None:
    first = client.get(door)
    make_case("another", sectors=["health"])
    second = client.get(door, headers={"If-None-Match": first["ETag"]})
    assert (second.status_code, second["ETag"] != first["ETag"]) == (200, True)
    assert second.content != first.content


@pytest.mark.parametrize("door", [*DOORS, *LISTS])
def test_no_name_tells_that_somebody_works_on_a_draft(client: Client, door: str) -> None:
    before = client.get(door)["ETag"]
    draft = make_case("secret", state="draft", sectors=["health"], sources=[{"source": "hidden-2020"}])
    actions.finalise_case(case=draft, by=None)
    Source.objects.get(slug="hidden-2020").save()
    make_source("unused-2021")
    draft.arrangements.all().delete()
    assert client.get(door)["ETag"] == before
    Case.objects.get(slug="secret").delete()
    assert client.get(door)["ETag"] == before


@pytest.mark.parametrize("door", LISTS)
def test_a_curator_has_another_name_for_what_holds_drafts(client: Client, door: str) -> None:
    public = client.get(door)["ETag"]
    client.force_login(make_curator())
    own = client.get(door)["ETag"]
    assert own != public
    make_case("secret", state="draft")
    assert client.get(door)["ETag"] != own


@pytest.mark.parametrize("door", DOORS)
def test_what_someone_signed_in_is_answered_is_kept_for_nobody(client: Client, door: str) -> None:
    public = client.get(door).content
    make_case("secret", state="draft", sectors=["health"], arrangements=[arrangement()])
    curator = Client()
    curator.force_login(make_curator("dora"))
    own = curator.get(door)
    assert "private" in own["Cache-Control"]
    assert client.get(door).content == public
    assert curator.get(door).content == own.content
    reader = Client()
    reader.force_login(make_user("rita"))
    assert (b"dora" in reader.get(door).content, b"secret" in reader.get(door).content) == (False, False)


def test_who_has_a_message_waiting_is_shown_it_and_nobody_else_is(client: Client) -> None:
    client.force_login(make_user("rita"))
    client.post("/accounts/logout/")
    assert "You have signed out" in client.get("/cases/").text
    assert "You have signed out" not in Client().get("/cases/").text


@pytest.mark.parametrize("door", ["/cases/?sector=wrong", "/cases/?page=99", "/api/v1/results/?page=99"])
def test_a_refusal_is_not_kept(client: Client, door: str) -> None:
    assert client.get(door).status_code in {400, 404}
    assert "no-cache" not in client.get(door).get("Cache-Control", "")


def test_a_kept_answer_is_given_only_to_who_reads_and_takes_it(client: Client) -> None:
    path = "/api/v1/results/"
    tag = client.get(path)["ETag"]
    known = {"If-None-Match": tag}
    assert client.get(path, headers={"Accept": "text/html"}).status_code == 406
    assert client.get(path, headers={"Accept": "text/html"} | known).status_code == 406
    assert client.post(path, headers=known).status_code == 405
    assert client.head(path, headers=known).status_code == 304
    assert client.get(path, headers={"Accept": "application/json"} | known).status_code == 304
