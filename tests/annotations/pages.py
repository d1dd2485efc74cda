"""What tests say to the pages of notes, and read from them."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Any

from django.test import Client

from annotations.models import Annotation
from cases.markdown import html_text_content

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

HTMX = {"HX-Request": "true", "HX-Current-URL": "http://testserver/cases/library/"}
WRITE = "/annotations/write/"


def post(client: Client, **fields: Any) -> Answer:
    said = {"case": "library", "exact": "began small", "audience": "private"} | fields
    return client.post(WRITE, said)


def text(response: Answer) -> str:
    """Return what a page says, without its tags, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def listed(response: Answer) -> list[str]:
    """Return the notes that a page lists, answers too, in its order."""
    return re.findall(r'<article class="note" id="note-([\w-]+)"', response.content.decode())


def narrative(response: Answer) -> str:
    """Return the HTML of the narrative on a case's page."""
    found = re.search(r'<div id="narrative" class="narrative"[^>]*>(.*?)</div>', response.content.decode(), re.DOTALL)
    assert found
    return found[1]


def marked(response: Answer) -> list[tuple[str, str]]:
    """Return the marks of a page: how many notes speak of their words, and the words."""
    return re.findall(r'<mark data-depth="(\d)"[^>]*>([^<]*)</mark>', narrative(response))


def referred(response: Answer) -> dict[str, str]:
    """Return the notes that are marked in a page's narrative, each with the words that it stands on."""
    html = narrative(response)
    found = re.findall(r'<a class="noteref" id="mark-([\w-]+)"[^>]* data-start="(\d+)" data-end="(\d+)"', html)
    return {uid: html_text_content(html)[int(start) : int(end)] for uid, start, end in found}


def total(response: Answer) -> int:
    """Return how many notes a case's page says there are."""
    found = re.search(r'id="notes-total" data-total="(\d+)"', response.content.decode())
    assert found
    return int(found[1])


def place(note: Annotation, page: int = 1) -> str:
    """Return where a note stands beside the case of the tests."""
    return f"/cases/library/{f'?notes={page}' if page > 1 else ''}#note-{note.uid}"


def change(client: Client, note: Annotation, headers: dict[str, str] | None = None, **fields: Any) -> Answer:
    typed = {"comment": "After", "audience": "private", "version": note.version} | fields
    return client.post(f"/annotations/{note.uid}/edit/", typed, headers=headers or {})


def columns() -> list[tuple[str, str, str, int | None, int | None, str, str]]:
    names = ("case__slug", "author__username", "exact", "start", "end", "comment", "audience")
    return list(Annotation.objects.values_list(*names))
