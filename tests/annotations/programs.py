"""Programs that speak the W3C Web Annotation Protocol, for tests, and what they send."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from django.test import Client
from knox.models import AuthToken

from accounts.models import User
from annotations.models import Annotation, Audience
from cases.models import Case
from tests.factories import make_user

LD = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
CONTEXT = "http://www.w3.org/ns/anno.jsonld"
SITE = "http://127.0.0.1:8000"
CASE = f"{SITE}/cases/a-case/"
PUBLIC, PRIVATE = f"{SITE}/annotations/#public", f"{SITE}/annotations/#private"
ROOT, OF_CASE = "/annotations/", "/annotations/cases/a-case/"

PREFER_MINIMAL = "http://www.w3.org/ns/ldp#PreferMinimalContainer"
PREFER_IRIS = "http://www.w3.org/ns/oa#PreferContainedIRIs"
PREFER_DESCRIPTIONS = "http://www.w3.org/ns/oa#PreferContainedDescriptions"


def program(user: User | None = None, way: str = "token") -> Client:
    """Return a client that takes JSON-LD, signed in by a token or by a session."""
    headers = {"Accept": LD}
    if user and way == "token":
        headers["Authorization"] = f"Token {AuthToken.objects.create(user)[1]}"
    client = Client(headers=headers)
    if user and way == "session":
        client.force_login(user)
    return client


def many(case: Case, number: int) -> None:
    """Put public notes on a case as a whole."""
    author = make_user("prolific")
    public = Audience.PUBLIC
    Annotation.objects.bulk_create(
        Annotation(case=case, author=author, audience=public, comment=f"Note {n}.") for n in range(number)
    )


def prefer(*wanted: str) -> dict[str, str]:
    """Return the Prefer header that asks for a container like that."""
    return {"Prefer": f'return=representation;include="{" ".join(wanted)}"'}


def annotation(target: Any, **more: Any) -> dict[str, Any]:
    """Return a new annotation of a target."""
    return {"@context": CONTEXT, "type": "Annotation", "target": target, **more}


def quoting(exact: str = "began small", **around: str) -> dict[str, Any]:
    return {"type": "TextQuoteSelector", "exact": exact, **around}


def at(start: Any, end: Any) -> dict[str, Any]:
    return {"type": "TextPositionSelector", "start": start, "end": end}


def words(*selectors: Any, source: str = CASE) -> dict[str, Any]:
    """Return words of the case as a target."""
    return {"type": "SpecificResource", "source": source, "selector": list(selectors)}


def text(value: str = "I see.", **more: Any) -> dict[str, Any]:
    return {"type": "TextualBody", "value": value, **more}


def post(client: Client, document: Any, address: str = ROOT, content_type: str = LD, **headers: str) -> Any:
    """Send a new annotation; bytes go as they are."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return client.post(address, body, content_type=content_type, headers=headers)


def put(client: Client, document: Any, tag: str | None, address: str | None = None, **headers: str) -> Any:
    """Send an annotation in place of one that was read with an ETag."""
    address = address or document["id"].removeprefix(SITE)
    headers |= {"If-Match": tag} if tag is not None else {}
    return client.put(address, json.dumps(document), content_type=LD, headers=headers)


def links(response: Any) -> set[tuple[str, str]]:
    """Return the links of an answer, each its target and its relation."""
    said = [link.split(";") for link in response["Link"].split(",")] if "Link" in response else []
    return {(target.strip(" <>"), rel.strip().removeprefix("rel=").strip('"')) for target, rel in said}


def listed(response: Any, name: str) -> set[str]:
    """Return the values of a header that is a list."""
    return {value.strip() for value in response[name].split(",")}


def mistakes(response: Any) -> list[str]:
    """Return the places of the mistakes that a problem document names."""
    assert response["Content-Type"] == "application/problem+json"
    return [mistake["pointer"] for mistake in response.json()["errors"]]


STATEMENT = re.compile(r'(<[^<>"{}|\\^`\x00-\x20]+>|_:b\d+) (<[^<>"\x00-\x20]+>) (.+) \.')
OBJECT = re.compile(
    r'<[^<>"{}|\\^`\x00-\x20]+>|_:b\d+|"(?:[^"\\\n\r\x00-\x1f]|\\(?:["\\ntrbf]|u[0-9A-F]{4}))*"(?:\^\^<[^<>" ]+>)?'
)


def statements(response: Any) -> set[tuple[str, str, str]]:
    """Return the statements of an answer in Turtle, if it is well-formed."""
    assert response["Content-Type"] == "text/turtle; charset=utf-8"
    found = set()
    for line in response.content.decode().removesuffix("\n").split("\n"):
        match = STATEMENT.fullmatch(line)
        assert match, line
        assert OBJECT.fullmatch(match[3]), line
        found.add((match[1], match[2], match[3]))
    return found


def items(response: Any) -> list[Any]:
    """Return what stands on the first page of a container, wherever that is, or on a page."""
    document = response.json()
    page = document if document["type"] == "AnnotationPage" else document.get("first", {"items": []})
    if isinstance(page, str):
        path = urlsplit(page)
        page = response.client.get(f"{path.path}?{path.query}").json()
    found: list[Any] = page["items"]
    return found


def names(response: Any) -> list[str]:
    """Return the IRIs of what stands there."""
    return [item if isinstance(item, str) else item["id"] for item in items(response)]


def path_of(response: Any) -> str:
    """Return the address of what was made."""
    location: str = response["Location"]
    return location.removeprefix(SITE)
