"""What tests say to the pages of notes, and read from them."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

HTMX = {"HX-Request": "true"}


def post(client: Client, **fields: Any) -> Answer:
    said = {"case": "library", "exact": "began small", "audience": "private"} | fields
    return client.post("/annotations/", said)


def text(response: Answer) -> str:
    """Return what a page says, without its tags, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def listed(response: Answer) -> list[int]:
    """Return the notes that a page lists, in its order."""
    return [int(pk) for pk in re.findall(r'<li class="note" id="note-(\d+)"', response.content.decode())]


def marked(response: Answer) -> list[tuple[str, str]]:
    """Return the marks of a page: whose they are, and their words."""
    return re.findall(r'<mark data-notes="([\d ]+)" data-depth="\d">([^<]*)</mark>', response.content.decode())
