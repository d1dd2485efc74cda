"""What a catalogue answers at all its addresses: `python visiting.py FIXTURES ANSWERS`, with Django's settings named.

The database is migrated, and the files in FIXTURES are loaded, first. Only addresses, commands and the registry of
models are used, so that it visits any release.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.test import Client

READERS = ("", "con", "cora", "rae")
"""Anonymous, a contributor, a curator; and a researcher, who reads her notes alone."""
API = "/api/v1/"
EXPORTS = ("cases.csv", "cases.json", "cases.jsonl", "cases.xlsx", "codebook.qdc")
NOTES = ("annotations.csv", "annotations.jsonld", "annotations.xlsx", "annotations.qdpx")
PAGES = (
    *(
        "/",
        "/about/",
        "/cases/",
        "/cases/?q=peer",
        "/cases/?type=peer-support",
        "/taxonomy/",
        "/taxonomy/history/",
        "/curation/",
    ),
    *("/contributions/", "/proposals/", "/annotations/", "/annotations/mine/", "/annotations/groups/", "/accounts/"),
    *(f"{API}results/", f"{API}facets/", f"{API}matrix/", f"{API}schema/", "/admin/", "/admin/cases/recoding/"),
)
LISTS = ("cases", "proposals", "annotations", "sources", "organisations", "places", "taxonomy")


def values(model: str, *names: str) -> list[Any]:
    return list(apps.get_model(model).objects.order_by("pk").values_list(*names, flat=len(names) == 1))


def told() -> Iterator[str]:
    """Yield the addresses whose answers are promised: what they tell is compared word by word."""
    yield from (
        f"{API}{name}/?page_size=200" if name in {"cases", "annotations"} else f"{API}{name}/" for name in LISTS
    )
    yield from (f"/export/{name}" for name in EXPORTS[:3])
    yield from (f"/export/{name}" for name in NOTES[:2])
    for slug, version in values("cases.Case", "slug", "version"):
        case = f"{API}cases/{slug}/"
        yield from (case, f"{case}versions/")
        for number in range(1, version + 1):
            yield from (f"{case}versions/{number}/", f"{case}versions/{number}/difference/")
    yield from (f"{API}cases/{slug}/" for slug in values("cases.OldAddress", "slug"))
    yield from (f"{API}proposals/{pk}/" for pk in values("cases.Proposal", "pk"))
    yield from (f"{API}annotations/{uid}/" for uid in values("annotations.Annotation", "uid"))


def visited() -> Iterator[str]:
    """Yield the addresses that answer as they did: of these only the status is compared."""
    yield from PAGES
    yield from (f"/export/{name}" for name in (*EXPORTS, *NOTES))
    for slug, version in values("cases.Case", "slug", "version"):
        case = f"/cases/{slug}/"
        yield from (case, f"{case}history/", f"{case}compare/", f"{case}suggest/", f"{case}review/")
        yield from (f"{case}narrative/{number}/" for number in range(1, 3))
        for number in range(1, version + 1):
            yield from (f"{case}versions/{number}/", f"{case}compare/?from=1&to={number}")
    for pk in values("cases.Proposal", "pk"):
        yield from (f"/proposals/{pk}/", f"/proposals/{pk}/amend/", f"/admin/cases/proposal/{pk}/edit/")
    for uid in values("annotations.Annotation", "uid"):
        yield from (f"/annotations/{uid}/", f"/annotations/{uid}/history/", f"/annotations/{uid}/reattach/")
    yield from (f"/annotations/groups/{uid}/" for uid in values("annotations.Group", "uid"))
    yield from (f"/taxonomy/sector/{slug}/" for slug in ("health", "education"))
    yield from (f"/admin/cases/case/{pk}/change/" for pk in values("cases.Case", "pk"))
    yield from (f"/admin/interchange/batch/{pk}/change/" for pk in values("interchange.Batch", "pk"))


def answers() -> dict[str, dict[str, Any]]:
    """Return by reader and address: the status, the entity tag of a case, and what is told."""
    promised, pages = list(told()), list(visited())
    found: dict[str, dict[str, Any]] = {}
    for reader in READERS:
        client = Client(SERVER_NAME="127.0.0.1", SERVER_PORT="8000", raise_request_exception=False)
        if reader:
            client.force_login(get_user_model().objects.get(username=reader))
        for address in [*promised, *pages]:
            if reader == "rae" and "annotations" not in address:
                continue
            if address not in found.setdefault(reader, {}):
                found[reader][address] = _answer(client, address, tell=address in promised)
    return found


def _answer(client: Any, address: str, *, tell: bool) -> dict[str, Any]:
    response = client.get(
        address, headers={"Accept": "application/json" if address.startswith(API) else "text/html,*/*"}
    )
    body = response.getvalue()
    response.close()
    answer: dict[str, Any] = {"status": response.status_code}
    if tell and response.status_code == 200:
        answer["told"] = body.decode()
    if "/cases/" in address and response.has_header("ETag"):
        answer["etag"] = response["ETag"]
    return answer


def main(fixtures: str, file: str) -> None:
    django.setup()
    call_command("migrate", verbosity=0)
    said = io.StringIO()
    call_command("load_catalogue", folder=Path(fixtures), stdout=said)
    call_command("check")
    Path(file).write_text(json.dumps({"loaded": said.getvalue().splitlines(), "answers": answers()}), "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
