"""Notes to ask for, and what tests say to the doors that are asked, and read from them."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.http import QueryDict
from django.test import Client
from django.utils import timezone

from accounts.models import User
from annotations import actions
from annotations.models import Annotation, Group
from cases.actions import withdraw_case
from tests.factories import make_case, make_user

from .notes import STORY, make_note, make_reply, rewrite, said

Query = dict[str, Any]
PAGE, ROWS = "/annotations/", "/api/v1/annotations/"
BROWSER = {"Accept": "text/html"}


def make_people() -> dict[str, User]:
    return {name: make_user(name, name=f"{name.title()} Reader") for name in ("ann", "bob", "cid")}


def make_notes(people: dict[str, User], group: Group) -> list[Annotation]:
    """Notes of every kind, for every audience, on cases in every state; in the order in which they were written."""
    ann, bob, cid = people.values()
    library, park, gone = (make_case(slug, narrative=STORY) for slug in ("library", "park", "gone"))
    moved = make_note(
        library, ann, "every library", "It moves", audience="public", codes=["type:joint-action-services"]
    )
    kept = make_note(library, ann, "began small", audience="public")
    lost = make_note(park, ann, "Then it grew", "Too *small* to see", tags=["trust"])
    whole = make_note(park, bob, "", "On the whole", audience="public", codes=["type:joint-action", "sector:health"])
    shared = make_note(library, bob, "began small", "Crème brûlée", group=group, tags=["Trust", "to check"])
    reply = make_reply(shared, ann, "Indeed")
    make_reply(reply, bob, "Thanks")
    private = make_note(library, cid, "began small", "A secret", tags=["secret"], codes=["mode:digital"])
    elsewhere = actions.create_note(case=None, passage=None, content=said("Of a book", audience="public"), by=cid)
    hidden = make_note(park, cid, "", "Rude", audience="public", tags=["rude"])
    deleted = make_note(park, cid, "began small", "Never mind", audience="public", tags=["never"])
    make_note(gone, ann, "", "Before it went", audience="public", tags=["withdrawn"])
    settled = make_note(library, bob, "", "Settled", audience="public")
    make_reply(settled, cid, "Yes")
    actions.resolve_thread(note=settled, by=bob)
    actions.delete_note(note=deleted, by=cid)
    Annotation.objects.filter(pk=hidden.pk).update(hidden_at=timezone.now())
    rewrite(library, "\n\n".join(reversed(STORY.split("\n\n"))))
    rewrite(park, "# New\n\nAll is different here.")
    withdraw_case(case=gone, by=None, reason="It was counted twice.")
    made = (moved, kept, lost, whole, shared, reply, private, elsewhere, hidden, deleted, settled)
    assert {note.placement for note in Annotation.objects.all()} == {"", "placed", "moved", "orphaned"}
    return list(made)


def asked(query: Query) -> QueryDict:
    found = QueryDict(mutable=True)
    for name, value in query.items():
        found.setlist(name, value if isinstance(value, list) else [value])
    return found


def client_of(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def on_page(response: Any) -> tuple[int, list[str]]:
    """Return the total that a page says, and the notes that it lists, in its order."""
    text = response.content.decode()
    totals = re.findall(r'id="notes-total" data-total="(\d+)"', text)
    assert len(totals) == 1, "one total on the page"
    return int(totals[0]), re.findall(r'<li class="hit listed" id="note-([\w-]+)"', text)


def options(response: Any) -> dict[str, dict[str, tuple[int, str]]]:
    """Return the facets of a page: of each value in words, the number and the address."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    for name, body in re.findall(
        r'<details class="facet" id="facet-(\w+)".*?>(.*?)</details>', response.content.decode(), re.DOTALL
    ):
        items = re.findall(r'href="([^"]*)".*?<span>(.*?)</span> <span class="n" data-count="(\d+)"', body)
        found[name] = {unescape(words): (int(number), unescape(url)) for url, words, number in items}
    return found
