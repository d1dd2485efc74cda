"""The import in the admin: upload, plan, preview, decide, apply, undo; for curators, without scripts."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.models import Case
from interchange.imports import batches
from interchange.imports.planning import Planner
from interchange.models import Batch, Mapping
from tests.factories import make_case, make_curator, make_terms, make_user
from tests.interchange.importing import HEADER, make_mapping, project, table

pytestmark = pytest.mark.django_db

UPLOAD = "/admin/interchange/batch/add/"


@pytest.fixture
def curator(client: Client) -> Client:
    make_terms()
    make_mapping()
    client.force_login(make_curator())
    return client


def upload(client: Client, content: bytes, name: str = "table.csv", **fields: Any) -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(UPLOAD, {"file": file, "mapping": "projects", **fields}, follow=True)


def step(client: Client, name: str, **sent: Any) -> str:
    response = client.post(reverse(f"admin:interchange_batch_{name}", args=[Batch.objects.get().pk]), sent, follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_file_is_planned_looked_at_applied_and_undone(curator: Client) -> None:
    rows = [project(1, "Street kitchen", Town="Graz", Country="Austria"), project(2, "No field", Fields="helth")]
    page = upload(curator, table(rows)).content.decode()
    assert Case.objects.count() == 0
    for words in (
        "Row 2: Street kitchen",
        "new case",
        "places: graz",
        "Row 3: No field",
        "Did you mean health",
        "Graz",
    ):
        assert words in page
    assert "1 row will be written" in page
    assert "1 refused row will be left out" in page
    assert "The import is applied" in step(curator, "apply")
    assert list(Case.objects.values_list("slug", "state")) == [("street-kitchen", "draft")]
    assert "The import is undone" in step(curator, "undo")
    assert Case.objects.count() == 0


def test_a_change_is_shown_cell_by_cell_and_rows_by_what_becomes_of_them(curator: Client) -> None:
    upload(curator, table([project(1, "Repair hall")]))
    step(curator, "apply")
    Batch.objects.update(status="undone")
    upload(curator, table([project(1, "Repair hall", About="They mend bikes."), project(2, "New one")]))
    batch = Batch.objects.first()
    assert batch is not None
    page = curator.get(batch.get_absolute_url(), {"fate": "change"}).content.decode()
    assert "They mend bikes." in page
    assert "<del>" in page
    assert "New one" not in page


def test_a_probable_duplicate_is_decided_on_the_page(curator: Client) -> None:
    make_case("mosaic-clubhouse", title="Mosaic Clubhouse")
    page = upload(curator, table([project(1, "Mosaic Clubhouse", About="Said anew.")])).content.decode()
    assert "It is “Mosaic Clubhouse”: change that" in page
    assert "There is nothing to write" in page
    row = Batch.objects.get().rows.get()
    assert "Said anew." in step(curator, "decide", **{f"row-{row.pk}": "change:mosaic-clubhouse"})
    step(curator, "apply")
    assert Case.objects.get().summary == "Said anew."


def test_a_decision_on_no_row_or_no_case_changes_nothing(curator: Client) -> None:
    make_case("mosaic-clubhouse", title="Mosaic Clubhouse")
    upload(curator, table([project(1, "Mosaic Clubhouse")]))
    row = Batch.objects.get().rows.get()
    step(curator, "decide", **{f"row-{10**30}": "create", f"row-{row.pk}": "change:mosaic\0clubhouse"})
    row.refresh_from_db()
    assert (row.decision, row.case) == ("", None)


def test_a_plan_over_which_the_catalogue_moved_offers_to_be_planned_again(curator: Client) -> None:
    upload(curator, table([project(1, "Late")]))
    make_case("meanwhile")
    assert "Plan it again, and look at it anew" in step(curator, "apply")
    assert not Case.objects.filter(slug="late").exists()
    assert "1 row will be written" in step(curator, "again")


def test_what_somebody_changed_since_is_listed_when_it_cannot_be_undone(curator: Client) -> None:
    upload(curator, table([project(1, "Edited one")]))
    step(curator, "apply")
    Case.objects.update(version=9)
    assert "“Edited one”" in step(curator, "undo")
    assert Case.objects.count() == 1


def test_planning_goes_on_by_itself_from_page_to_page(curator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interchange.admin.batches.PLANNING_SECONDS", -1)
    monkeypatch.setattr("interchange.imports.batches.WRITE_BATCH_SIZE", 2)
    response = upload(curator, table([project(1, "Only one")]))
    assert "0 of 1 rows are planned" in response.content.decode()
    assert response["Refresh"].startswith("0; url=/admin/interchange/batch/")


def test_planning_that_goes_on_looks_nothing_up_again(curator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interchange.admin.batches.PLANNING_SECONDS", -1)
    upload(curator, table([project(1, "One"), project(2, "Two")]))
    address = f"/admin/interchange/batch/{Batch.objects.get().pk}/plan/"
    with CaptureQueriesContext(connection) as asked:
        assert "0 of 2 rows are planned" in curator.get(address).content.decode()
    assert [query["sql"] for query in asked if "cases_source" in query["sql"] or "cases_case" in query["sql"]] == []
    monkeypatch.setattr("interchange.admin.batches.PLANNING_SECONDS", 4)
    assert "2 rows will be written" in curator.get(address, follow=True).content.decode()


def test_a_title_with_its_words_in_another_order_is_a_probable_duplicate(curator: Client) -> None:
    make_case("mosaic-clubhouse", title="Mosaic Clubhouse in Lambeth")
    page = upload(curator, table([project(1, "Lambeth: Clubhouse in Mosaic")])).content.decode()
    assert "It is “Mosaic Clubhouse in Lambeth”: change that" in page


def test_an_import_that_was_thrown_away_while_it_is_planned_says_so(
    curator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def planner(batch: Batch) -> Planner:
        made = Planner(batch)
        batches.delete_batch(batch=batch, by=None)
        return made

    monkeypatch.setattr("interchange.admin.batches.Planner.going_on", planner)
    response = upload(curator, table([project(1, "Gone")]))
    assert response.redirect_chain[-1][0] == "/admin/interchange/batch/"
    assert "This import was thrown away meanwhile." in response.content.decode()


def test_a_page_of_changed_cases_asks_as_often_as_one_with_a_single_one(curator: Client) -> None:
    rows = [project(number, f"{name} hall") for number, name in enumerate(["Repair", "Garden", "Music"])]
    upload(curator, table(rows))
    step(curator, "apply")
    asked = []
    for number in (1, 3):
        Batch.objects.all().delete()
        upload(curator, table([row | {"About": "Anew."} for row in rows[:number]]))
        batch = Batch.objects.get()
        assert batch.counts()["change"] == number
        with CaptureQueriesContext(connection) as queries:
            assert curator.get(batch.get_absolute_url()).content.decode().count("<del>") == number
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_strange_columns_lead_to_a_new_mapping_and_that_reads_them(curator: Client) -> None:
    content = b"Label,Sort\nA bank of time,Health\n"
    response = upload(curator, content, mapping="")
    assert response.status_code == 400
    assert "/admin/interchange/mapping/add/?column=Label&amp;column=Sort" in response.content.decode()
    form = curator.get("/admin/interchange/mapping/add/?column=Label&column=Sort").content.decode()
    assert "Label = \nSort = " in form
    sent = {"name": "banks", "columns": "Label = title\nSort = sectors", "constants": "kind = named-case"}
    assert (
        "no field “headline”"
        in curator.post("/admin/interchange/mapping/add/", sent | {"columns": "Label = headline"}).content.decode()
    )
    assert curator.post("/admin/interchange/mapping/add/", sent).status_code == 302
    assert Mapping.objects.get(name="banks").spec["columns"] == {"Label": ["title"], "Sort": ["sectors"]}
    assert "new case" in upload(curator, content, mapping="banks").content.decode()


def bomb() -> bytes:
    """Return a workbook whose sheet becomes a thousand times as large."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 30_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (bomb(), "a.xlsx", "too large when it is unpacked"),
        (b"a," * 1_000_000, "a.csv", "more than 1,000 columns"),
        (b"Name\n" + b"x\n" * 5_001, "a.csv", "5,001 rows; here at most 5,000"),
        (b"\x89PNG\r\n\x1a\n123", "a.csv", "an image (PNG)"),
        (b"", "a.csv", "empty"),
    ],
    ids=["bomb", "columns", "rows", "image", "empty"],
)
def test_what_is_too_much_or_no_table_is_refused_at_the_door(
    curator: Client, content: bytes, name: str, words: str
) -> None:
    response = upload(curator, content, name)
    assert response.status_code in {400, 413}
    assert words in response.content.decode()
    assert Batch.objects.count() == 0


def test_a_file_of_200_megabytes_is_refused_before_it_is_read(curator: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = curator.cookies
    kind = "multipart/form-data; boundary=x"
    response = strict.generic("POST", UPLOAD, b"", content_type=kind, CONTENT_LENGTH=str(200 * 1024**2))
    assert response.status_code == 413
    assert "larger than 20 MB" in response.content.decode()


def test_only_curators_come_in(client: Client) -> None:
    staff = make_user("staff", is_staff=True)
    client.force_login(staff)
    batch = Batch.objects.create(name="a", sha256="")
    for path in (UPLOAD, batch.get_absolute_url(), "/admin/interchange/mapping/"):
        assert client.get(path).status_code == 403
    assert client.post(reverse("admin:interchange_batch_apply", args=[batch.pk])).status_code == 403
    assert "interchange" not in client.get("/admin/").content.decode()


def test_an_upload_without_its_token_is_refused(curator: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = curator.cookies
    assert upload(strict, table([project(1, "Forged")], header=HEADER)).status_code == 403
    assert Batch.objects.count() == 0
