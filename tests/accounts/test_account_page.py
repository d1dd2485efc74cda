"""One's account page: who one is, and API tokens."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from knox.models import AuthToken
from pytest_django import DjangoAssertNumQueries

from accounts.actions import MAX_TOKENS, create_token
from accounts.models import User
from tests.accounts.people import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def ann(client: Client) -> User:
    """Ann, signed in."""
    user = make_user("ann", email="ann@example.org")
    client.force_login(user)
    return user


def ask_for_token(client: Client) -> Any:
    """Make a token on the page, with the password that it asks for."""
    asked = client.post("/accounts/tokens/")
    assert asked.headers["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Ftokens%2F"
    return client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": "/accounts/tokens/"})


def token_on(page: Any) -> str:
    """The one token that a page shows."""
    (token,) = re.findall(r'<code class="token">(\w+)</code>', page.content.decode())
    return str(token)


def messages(client: Client) -> list[str]:
    return [str(message) for message in client.get("/accounts/").context["messages"]]


@pytest.mark.parametrize("path", ["/accounts/", "/accounts/tokens/", "/accounts/tokens/revoke/"])
def test_a_stranger_is_sent_to_sign_in(client: Client, path: str) -> None:
    for response in (client.get(path), client.post(path)):
        assert (response.status_code, response.headers["Location"]) == (302, f"/accounts/login/?next={path}")
    assert AuthToken.objects.count() == 0


def test_name_and_orcid_are_saved(client: Client, ann: User) -> None:
    response = client.post("/accounts/", {"name": "Ann Onymous", "orcid": "https://orcid.org/0000-0002-1694-233x"})
    assert (response.status_code, response.headers["Location"]) == (302, "/accounts/")
    ann.refresh_from_db()
    assert (ann.name, ann.orcid) == ("Ann Onymous", "0000-0002-1694-233X")


def test_both_can_be_taken_away(client: Client, ann: User) -> None:
    User.objects.update(name="Ann", orcid="0000-0002-1694-233X")
    client.post("/accounts/", {"name": "", "orcid": " "})
    ann.refresh_from_db()
    assert (ann.name, ann.orcid) == ("", "")


SHAPE = (
    "An ORCID iD looks like 0000-0002-1825-0097: four groups of four digits. "
    "Copy yours from your page on orcid.org, or leave this empty."
)
CHECKSUM = (
    "This ORCID iD has a typing mistake: its last character does not match the others. "
    "Copy it again from your page on orcid.org."
)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("orcid", "0000-0002-1825-0098", CHECKSUM),
        ("orcid", "0000-0002", SHAPE),
        ("orcid", "https://orcid.org/", None),
        ("orcid", "0000-0002-1825-0097\0", "Null characters are not allowed."),
        ("orcid", "0" * 10_000, "Ensure this value has at most 200 characters (it has 10000)."),
        ("orcid", "0" * 150, SHAPE),
        ("name", "a\0b", "Null characters are not allowed."),
        ("name", "n" * 10_000, "Ensure this value has at most 200 characters (it has 10000)."),
    ],
)
def test_a_mistake_is_explained_and_nothing_saved(
    client: Client, ann: User, field: str, value: str, said: str | None
) -> None:
    response = client.post("/accounts/", {"name": "Changed", "orcid": ""} | {field: value})
    if said is None:  # an address without an iD is no iD
        assert response.status_code == 302
        return
    assert (response.status_code, response.context["form"].errors) == (200, {field: [said]})
    assert 'aria-invalid="true"' in response.content.decode()
    ann.refresh_from_db()
    assert (ann.name, ann.orcid) == ("", "")


def test_nobody_makes_themselves_a_curator(client: Client, ann: User) -> None:
    client.post("/accounts/", {"name": "A", "orcid": "", "is_staff": "on", "is_superuser": "on", "username": "root"})
    ann.refresh_from_db()
    assert (ann.username, ann.is_staff, ann.is_superuser) == ("ann", False, False)


class AnyName(TestCase):
    @given(st.text(max_size=250), st.text(max_size=250))
    def test_any_text_is_saved_or_explained_and_shown_escaped(self, name: str, orcid: str) -> None:
        cache.clear()
        user, _ = User.objects.get_or_create(username="ann")
        self.client.force_login(user)
        response = self.client.post("/accounts/", {"name": f"<script>{name}", "orcid": orcid})
        assert response.status_code in {200, 302}
        assert "<script>" not in self.client.get("/accounts/").content.decode().partition("<body>")[2]


def test_a_token_is_shown_once_and_kept_as_a_digest_only(client: Client, ann: User) -> None:
    response = ask_for_token(client)
    token = token_on(response)
    assert "no-store" in response.headers["Cache-Control"]
    row = AuthToken.objects.values().get()
    assert (row["user_id"], row["token_key"]) == (ann.pk, token[:15])
    assert token not in str(row)
    assert token not in str(dict(client.session))
    html = client.get("/accounts/").content.decode()
    assert (token in html, f"<code>{token[:15]}…</code>" in html) == (False, True)


def test_a_token_lasts_as_long_as_the_settings_say(client: Client, ann: User) -> None:
    ask_for_token(client)
    token = AuthToken.objects.get()
    assert token.expiry - token.created == pytest.approx(timedelta(days=365), abs=timedelta(minutes=1))


def test_a_token_opens_the_api_until_it_is_revoked(client: Client, ann: User) -> None:
    token = token_on(ask_for_token(client))
    program = Client(headers={"authorization": f"Token {token}"})
    assert program.get("/api/v1/cases/").status_code == 200
    client.post("/accounts/tokens/revoke/", {"key": token[:15]})
    assert messages(client) == [f"The token {token[:15]}… is revoked."]
    response = program.get("/api/v1/cases/")
    assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Token, Bearer")


def test_only_the_owner_revokes_a_token(client: Client, ann: User) -> None:
    key = create_token(by=make_user("bert"))[:15]
    client.post("/accounts/tokens/revoke/", {"key": key})
    assert messages(client) == ["You have no such token; it may be revoked already."]
    assert AuthToken.objects.count() == 1


@pytest.mark.parametrize("key", ["", "a\0b", "x" * 10_000, "%"])
def test_revoking_what_is_no_token_is_explained(client: Client, ann: User, key: str) -> None:
    create_token(by=ann)
    client.post("/accounts/tokens/revoke/", {"key": key})
    assert messages(client) == ["You have no such token; it may be revoked already."]
    assert AuthToken.objects.count() == 1


def test_looking_makes_and_revokes_nothing(client: Client, ann: User) -> None:
    key = create_token(by=ann)[:15]
    assert client.get("/accounts/tokens/").headers["Location"] == "/accounts/"
    assert client.get("/accounts/tokens/revoke/", {"key": key}).status_code == 405
    assert AuthToken.objects.count() == 1


def test_an_expired_token_makes_room_for_a_new_one_and_another_does_not(client: Client, ann: User) -> None:
    for _ in range(MAX_TOKENS):
        create_token(by=ann)
    ask_for_token(client)
    assert messages(client) == ["You have 10 tokens, the most one may have. Revoke one that you no longer use."]
    assert AuthToken.objects.count() == MAX_TOKENS
    old = AuthToken.objects.first()
    AuthToken.objects.filter(pk=old.pk).update(expiry=timezone.now())
    assert "expired <time" in client.get("/accounts/").content.decode()
    assert token_on(client.post("/accounts/tokens/")).startswith("ccc_")  # the password is still fresh
    assert (AuthToken.objects.count(), AuthToken.objects.filter(pk=old.pk).exists()) == (MAX_TOKENS, False)


def test_a_wrong_password_makes_no_token(client: Client, ann: User) -> None:
    client.post("/accounts/tokens/")
    answer = client.post("/accounts/reauthenticate/", {"password": "wrong", "next": "/accounts/tokens/"})
    assert answer.context["form"].errors == {"password": ["Incorrect password."]}
    assert AuthToken.objects.count() == 0


def test_a_form_without_its_csrf_token_changes_nothing(ann: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ann)
    for path in ("/accounts/", "/accounts/tokens/", "/accounts/tokens/revoke/", "/accounts/logout/"):
        assert strict.post(path).status_code == 403
    assert AuthToken.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3])
def test_the_page_asks_as_much_for_three_tokens_as_for_one(
    client: Client, ann: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        create_token(by=ann)
    with django_assert_num_queries(4):  # session, user, second factor, tokens
        html = client.get("/accounts/").content.decode()
    assert html.count('<th scope="row">') == count
