"""Imports by scripts: upload, plan, preview, decide, apply, undo, with a token."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from knox.models import AuthToken

from cases.models import Case
from interchange.imports.reading.bounds import MAX_FILE_BYTES
from interchange.models import Batch
from tests.factories import make_case, make_curator, make_place, make_terms, make_user
from tests.interchange.importing import make_mapping, project, table

pytestmark = pytest.mark.django_db

IMPORTS = "/api/v1/imports/"


@pytest.fixture
def script() -> Client:
    make_terms()
    make_mapping()
    return Client(headers={"Authorization": f"Token {AuthToken.objects.create(make_curator())[1]}"})


def upload(script: Client, content: bytes, query: str = "?mapping=projects&filename=table.csv", **more: Any) -> Any:
    return script.post(f"{IMPORTS}{query}", content, content_type="text/csv", **more)


def posted(script: Client, address: str, sent: Any = None, **headers: str) -> tuple[int, Any]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    body = "" if sent is None else json.dumps(sent)
    response = script.post(address, body, content_type="application/json", headers=names)
    return response.status_code, response.json()


def planned(script: Client, content: bytes) -> str:
    """Bring a file in and plan it; return the address of the import."""
    address: str = upload(script, content)["Location"]
    for _ in range(9):
        if posted(script, f"{address}plan/")[1]["status"] == "planned":
            return address
    raise AssertionError("It is not planned after nine steps.")


ROWS = [project(1, "Street kitchen", Town="Graz", Country="Austria"), project(2, "No field", Fields="helth")]


def test_a_file_is_planned_looked_at_applied_and_undone(script: Client) -> None:
    response = upload(script, table(ROWS))
    assert response.status_code == 201, response.content
    address = response["Location"]
    made = response.json()
    assert (made["name"], made["mapping"], made["status"], made["total"], made["planned"]) == (
        "table.csv", "projects", "read", 2, 0,
    )  # fmt: skip
    status, plan = posted(script, f"{address}plan/")
    assert (status, plan["status"], plan["planned"]) == (200, "planned", 2)
    assert plan["outcomes"] == {"create": 1, "refuse": 1}
    rows = script.get(f"{address}rows/").json()
    assert (rows["count"], [row["number"] for row in rows["results"]]) == (2, [2, 3])
    [refused] = script.get(f"{address}rows/?outcome=refuse&page_size=1").json()["results"]
    assert "Did you mean health" in refused["problems"][0]["message"]
    [new] = script.get(f"{address}rows/?outcome=create").json()["results"]
    assert (new["title"], new["record"]["title"]) == ("Street kitchen", "Street kitchen")
    assert {entry["register"] for entry in new["entries"]} == {"sources", "places"}
    title = next(change for change in new["changes"] if change["path"] == "title")
    assert (title["before"], title["after"]) == ("", "Street kitchen")
    status, problem = posted(script, f"{address}apply/")
    assert (status, "1 rows are refused" in problem["detail"], Case.objects.count()) == (409, True, 0)
    status, applied = posted(script, f"{address}apply/", {"skip_refused": True})
    assert (status, applied["status"], Case.objects.get().title) == (200, "applied", "Street kitchen")
    assert posted(script, f"{address}apply/")[0] == 409
    assert posted(script, f"{address}plan/")[1]["status"] == "applied"
    assert script.delete(address).status_code == 409
    status, undone = posted(script, f"{address}undo/")
    assert (status, undone["status"], Case.objects.count()) == (200, "undone", 0)
    assert posted(script, f"{address}undo/")[0] == 409


def test_a_file_may_come_as_a_form_or_as_json(script: Client) -> None:
    file = SimpleUploadedFile("mine.csv", table(ROWS))
    form = script.post(IMPORTS, {"file": file, "mapping": "projects"})
    assert (form.status_code, form.json()["name"], form.json()["total"]) == (201, "mine.csv", 2)
    make_case("apple")
    export = script.get("/export/cases.json")
    body = b"".join(export.streaming_content)  # type: ignore[attr-defined]  # of a streamed answer
    whole = script.post(f"{IMPORTS}?publish=true", body, content_type="application/json")
    assert (whole.status_code, whole.json()["publish"], whole.json()["total"]) == (201, True, 1)
    named = {"Content-Disposition": 'attachment; filename="other.csv"'}
    assert upload(script, table(ROWS), "?mapping=projects", headers=named).json()["name"] == "other.csv"
    assert script.get(IMPORTS).json()["count"] == 3


def test_duplicates_are_decided_by_row(script: Client) -> None:
    make_case("street-kitchen", title="Street kitchen", state="draft")
    address = planned(script, table([project(1, "Street kitchens"), project(2, "Else")]))
    [row] = script.get(f"{address}rows/?outcome=duplicate").json()["results"]
    assert (row["number"], row["candidates"][0]["slug"]) == (2, "street-kitchen")
    wrong = {"decisions": [{"row": 3, "decision": "skip"}, {"row": 99, "decision": "create"}]}
    status, problem = posted(script, f"{address}decisions/", wrong)
    assert (status, [each["pointer"] for each in problem["errors"]]) == (
        400, ["#/decisions/0/row", "#/decisions/1/row"],
    )  # fmt: skip
    assert posted(script, f"{address}decisions/", {"decisions": [{"row": 2, "decision": "maybe"}]})[0] == 400
    elsewhere = {"decisions": [{"row": 2, "decision": "change", "case": "nobody"}]}
    assert posted(script, f"{address}decisions/", elsewhere)[0] == 409
    assert posted(script, f"{address}decisions/", [])[0] == 400
    change = {"decisions": [{"row": 2, "decision": "change", "case": "street-kitchen"}]}
    status, after = posted(script, f"{address}decisions/", change)
    assert (status, after["outcomes"]) == (200, {"create": 1, "change": 1})
    assert posted(script, f"{address}apply/")[0] == 200
    assert set(Case.objects.values_list("title", flat=True)) == {"Street kitchens", "Else"}


def test_a_plan_of_a_catalogue_that_has_changed_is_planned_again(script: Client) -> None:
    address = planned(script, table(ROWS[:1]))
    make_case("pear")
    assert script.get(address).json()["outdated"] is True
    status, problem = posted(script, f"{address}apply/")
    assert (status, "Plan it again" in problem["detail"]) == (409, True)
    assert posted(script, f"{address}plan/", {"again": True})[1]["outdated"] is False
    assert posted(script, f"{address}apply/")[0] == 200


def test_an_import_is_thrown_away(script: Client) -> None:
    address = planned(script, table(ROWS))
    assert script.delete(address).status_code == 204
    assert (script.get(address).status_code, Batch.objects.count()) == (404, 0)


UNREADABLE: list[tuple[bytes, str, list[str]]] = [
    (b"", "?filename=x.csv", ["#/file"]),
    (b"colour,size\r\nred,1\r\n", "?filename=x.csv", ["#/file"]),
    (b"%PDF-1.4", "?filename=x.csv", ["#/file"]),
    (b"{", "?filename=x.json", ["#/file"]),
    (b"a,b", "?mapping=nobody", ["#/mapping"]),
    (b"a,b", "?sheet=" + "x" * 40, ["#/sheet"]),
    (b"a,b", "?colour=red&publish=perhaps", ["#/colour", "#/publish"]),
]


@pytest.mark.parametrize(("content", "query", "places"), UNREADABLE)
def test_what_cannot_be_read_is_said_by_its_place(
    script: Client, content: bytes, query: str, places: list[str]
) -> None:
    response = upload(script, content, query)
    assert (response.status_code, sorted(each["pointer"] for each in response.json()["errors"])) == (400, places)
    assert not Batch.objects.exists()


def test_columns_that_no_mapping_knows_are_named(script: Client) -> None:
    assert upload(script, b"colour,size\r\nred,1\r\n", "?filename=x.csv").json()["columns"] == ["colour", "size"]


def test_a_file_that_is_too_large_is_refused_before_it_is_read(script: Client) -> None:
    response = upload(script, b"x" * (MAX_FILE_BYTES + 20_000))
    assert (response.status_code, response["Content-Type"]) == (413, "application/problem+json")
    many = table([project(n, f"Kitchen {n}") for n in range(5_001)])
    assert upload(script, many).status_code == 413


def test_imports_are_for_curators(script: Client) -> None:
    address = planned(script, table(ROWS))
    reader = Client(headers={"Authorization": f"Token {AuthToken.objects.create(make_user('reader'))[1]}"})
    for client, status in ((Client(), 401), (reader, 403)):
        assert upload(client, table(ROWS)).status_code == status
        assert [client.get(place).status_code for place in (IMPORTS, address, f"{address}rows/")] == [status] * 3
        for step in ("plan", "decisions", "apply", "undo"):
            assert posted(client, f"{address}{step}/", {})[0] == status
    assert script.get(f"{IMPORTS}99999999999999999999/").status_code == 404


@pytest.mark.django_db(transaction=True)
def test_whoever_does_not_wait_asks_how_far_it_is(script: Client) -> None:
    names = ("Oslo choir", "Street kitchen", "Repair shop")
    address = planned(script, table([project(number, name) for number, name in enumerate(names)]))
    status, begun = posted(script, f"{address}apply/", Prefer="respond-async")
    assert (status, begun["progress"]["step"], begun["progress"]["total"]) == (202, "apply", 3)
    assert finished(script, address) == {"step": "apply", "done": 3, "total": 3, "running": False, "refused": ""}
    assert (script.get(address).json()["status"], Case.objects.count()) == ("applied", 3)
    Case.objects.filter(slug="street-kitchen").update(version=9)
    assert posted(script, f"{address}undo/", Prefer="respond-async")[0] == 202
    assert "cases were changed since" in finished(script, address)["refused"]
    assert Case.objects.count() == 3


def finished(script: Client, address: str) -> dict[str, Any]:
    """Ask for the progress until the step has ended."""
    for _ in range(200):
        progress: dict[str, Any] = script.get(address).json()["progress"]
        if not progress["running"]:
            return progress
        time.sleep(0.05)
    raise AssertionError(progress)


def test_what_is_alike_is_asked_once_and_decided(script: Client) -> None:
    make_place("graz", name="Graz", country="AT")
    rows = [
        project(1, "Street kitchen", Town="Gráz", Country="Austria"),
        project(2, "Soup", Town="Gráz", Country="Austria"),
    ]
    address = planned(script, table(rows))
    [asked] = script.get(f"{address}alike/").json()["results"]
    assert (asked["register"], asked["name"], asked["decision"]) == ("places", "Gráz, AT", "")
    assert [each["slug"] for each in asked["candidates"]] == ["graz"]
    refused = [
        ({"id": asked["id"], "decision": "leeds"}, 409),
        ({"id": 99_999, "decision": "new"}, 400),
        ({"id": 1}, 400),
    ]
    for wrong, code in refused:
        status, problem = posted(script, f"{address}alike/", {"decisions": [wrong]})
        assert (status, problem["status"]) == (code, code)
    status, now = posted(script, f"{address}alike/", {"decisions": [{"id": asked["id"], "decision": "graz"}]})
    assert (status, now["status"]) == (200, "read")
    assert posted(script, f"{address}plan/")[1]["status"] == "planned"
    shown = script.get(f"{address}rows/").json()["results"]
    assert [row["record"]["places"] for row in shown] == [["graz"], ["graz"]]
    assert [each["why"] for row in shown for each in row["recognised"] if each["register"] == "places"] == [
        "as decided"
    ] * 2
