"""Notes in the admin: what everyone may read, to look at and to take away."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from annotations.models import Annotation
from tests.factories import make_case, make_user

from .notes import STORY, make_note

pytestmark = pytest.mark.django_db

ADMIN = "/admin/annotations/annotation/"


@pytest.fixture
def client(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.org", "password"))
    return client


def test_even_an_administrator_does_not_read_private_notes(client: Client) -> None:
    case = make_case("library", narrative=STORY)
    private = make_note(case, make_user("ann"), "it grew", "secret thoughts")
    public = make_note(case, make_user("bob"), "began small", "Open words", audience="public")
    page = client.get(ADMIN).content.decode()
    assert (f"{ADMIN}{private.pk}/" in page, f"{ADMIN}{public.pk}/" in page, "1 annotation" in page) == (
        False,
        True,
        True,
    )
    assert client.get(f"{ADMIN}?q=secret").content.decode().count('class="field-__str__"') == 0
    assert client.get(f"{ADMIN}{private.pk}/change/").status_code == 302
    assert client.post(f"{ADMIN}{private.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Annotation.objects.count() == 2
    assert "Open words" in client.get(f"{ADMIN}{public.pk}/change/").content.decode()


def test_a_public_note_can_be_taken_away_but_not_rewritten(client: Client) -> None:
    note = make_note(make_case("library", narrative=STORY), make_user("bob"), audience="public")
    assert client.get(f"{ADMIN}add/").status_code == 403
    assert client.post(f"{ADMIN}{note.pk}/change/", {"comment": "Mine now"}).status_code == 403
    assert client.post(f"{ADMIN}{note.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Annotation.objects.count() == 0
