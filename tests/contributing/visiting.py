"""What a catalogue with the changes answers: `python -m tests.contributing.visiting ANSWERS`, in the changed tree.

Its database is one that was in use before: the changes are migrated into it here.
"""

from __future__ import annotations

import csv
import importlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import django
import yaml
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.test import Client, override_settings

API = "/api/v1/"
CASES = f"{API}cases/"

CASE = "digitalkoot"
"""A case that nobody edited since it was loaded."""
WEBSITE = "https://digitalkoot.example/"
PASSAGE = {"source": "loeffler-2020", "exact": "funded by the city", "start": None, "end": None, "locator": ""}
SAID = {
    "website": WEBSITE,
    "funding": {"term": "donations", "basis": "explicit", "passage": PASSAGE},
    "democratic_quality": {"judgement": "concern-raised", "reason": "The source asks for more.", "passage": PASSAGE},
}


def main(file: str) -> None:
    django.setup()
    before = versions()
    said = io.StringIO()
    call_command("makemigrations", "cases", name="change", verbosity=0)
    importlib.invalidate_caches()
    call_command("migrate", verbosity=0)
    call_command("load_catalogue", stdout=said)
    call_command("check")
    answers = {
        "new versions": [case for case in versions() if case not in before],
        "loaded": said.getvalue().splitlines(),
        "before": looked_at(),
        "after": edited(),
    }
    Path(file).write_text(json.dumps(answers, default=str), "utf-8")


def versions() -> list[Any]:
    """Return every version of every case, and when each case was changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, version, updated_at FROM cases_case ORDER BY slug")
        found = cursor.fetchall()
        cursor.execute("SELECT count(*) FROM cases_version")
        return [*found, *cursor.fetchall()]


def client() -> Client:
    return Client(SERVER_NAME="127.0.0.1", SERVER_PORT="8000")


def text_at(address: str, reader: Client | None = None) -> str:
    answer = (reader or client()).get(address)
    if answer.status_code != 200:
        raise LookupError(f"{address}: {answer.status_code}")
    return str(answer.getvalue().decode())


def json_at(address: str) -> Any:
    return json.loads(text_at(address))


def looked_at() -> dict[str, Any]:
    """Return what the case says, now and in its first version."""
    case = json_at(f"{CASES}{CASE}/")
    stored = json_at(f"{CASES}{CASE}/versions/{case['version']}/")["record"]
    return {"case": says(case), "version": says(stored), "page": text_at(f"/cases/{CASE}/")}


def says(record: Any) -> dict[str, Any]:
    """Return the new fields of a record."""
    return {"website": record["website"], "funding": record["funding"], "absent": record["absent"].get("funding")}


def edited() -> dict[str, Any]:
    """Let a curator say the website and the funding; return where they are shown."""
    curator, path = client(), f"{CASES}{CASE}/"
    curator.force_login(get_user_model().objects.get(username="cora"))
    curator.patch(path, SAID, content_type="application/json", headers={"If-Match": curator.get(path)["ETag"]})
    case = apps.get_model("cases", "Case").objects.get(slug=CASE)
    (row,) = (
        row
        for row in csv.DictReader(io.StringIO(text_at("/export/cases.csv").removeprefix("\ufeff")))
        if row["slug"] == CASE
    )
    return {
        "page": text_at(f"/cases/{CASE}/"),
        "difference": json_at(f"{CASES}{CASE}/versions/{case.version}/difference/"),
        "row": row,
        "form": text_at(f"/admin/cases/case/{case.pk}/change/", curator),
        "template": text_at("/import/cases/template.csv", curator),
        "overview": text_at("/curation/", curator),
        "downloads": text_at("/cases/"),
        "index": json_at(API),
        "yaml": list(yaml.safe_load(text_at("/export/cases.yaml?funding=donations"))["results"]),
        "again": [imported(f"cases.{name}") for name in ("csv", "json")],
        **{engine: counted(engine) for engine in ("bitmaps", "sql")},
    }


def imported(name: str) -> str:
    """Return what is said where an export comes back."""
    file, said = Path(name), io.StringIO()
    file.write_text(text_at(f"/export/{name}"), "utf-8")
    call_command("import_cases", file, stdout=said)
    return said.getvalue()


def counted(engine: str) -> dict[str, Any]:
    """Return the counts of the new facets as an engine finds them, and the cases of some of their values."""
    with override_settings(QUERY_ENGINE=engine):
        facets = {facet["name"]: facet for facet in json_at(f"{API}facets/")}
        return {
            **{
                name: {each["value"]: each["count"] for each in facets[name]["options"]}
                for name in ("funding", "quality")
            },
            "donations": [case["slug"] for case in json_at(f"{CASES}?funding=donations")["results"]],
            "raised": json_at(f"{CASES}?quality=concern-raised")["count"],
            "uncoded": json_at(f"{CASES}?funding=not-coded")["count"],
        }


if __name__ == "__main__":
    main(*sys.argv[1:])
