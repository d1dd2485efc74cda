"""Signing in and out."""

import re

import pytest
from django.test import Client

from tests.accounts.people import PASSWORD, make_user, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]

SAID = "The username and/or password you specified are not correct."


def signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def page_without_secrets(client: Client, login: str, password: str) -> str:
    """The page that answers an attempt, without what differs from request to request or was typed."""
    response = client.post("/accounts/login/", {"login": login, "password": password})
    assert response.status_code == 200
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", response.content.decode())
    return text.replace(login, "LOGIN")


@pytest.mark.parametrize("login", ["ann", "ANN", "ann@example.org", "Ann@Example.ORG", " ann "])
def test_people_sign_in_by_user_name_or_email_address(client: Client, login: str) -> None:
    make_user("ann", email="Ann@example.org")
    sign_in(client, login)
    assert signed_in(client)


def test_signing_out_takes_a_post(client: Client) -> None:
    make_user()
    sign_in(client)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client)
    assert client.post("/accounts/logout/").headers["Location"] == "/"
    assert not signed_in(client)


@pytest.mark.parametrize(("known", "unknown"), [("zoe", "bob"), ("zoe@example.org", "bob@example.org")])
def test_an_unknown_user_and_a_wrong_password_get_the_same_page(client: Client, known: str, unknown: str) -> None:
    make_user("zoe", email="zoe@example.org")
    wrong = page_without_secrets(client, known, "wrong password")
    assert page_without_secrets(client, unknown, PASSWORD) == wrong
    assert "you specified are not correct" in wrong
    assert not signed_in(client)


def test_a_closed_account_does_not_get_in(client: Client) -> None:
    make_user(is_active=False)
    response = client.post("/accounts/login/", {"login": "ann", "password": PASSWORD}, follow=True)
    assert response.redirect_chain == [("/accounts/inactive/", 302)]
    assert not signed_in(client)


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/cases/?type=peer-support", "/cases/?type=peer-support"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("\0", "/"),
    ],
)
def test_signing_in_leads_on_within_the_site_only(client: Client, asked: str, led: str) -> None:
    make_user()
    response = client.post("/accounts/login/", {"login": "ann", "password": PASSWORD, "next": asked})
    assert response.headers["Location"] == led


def test_the_next_address_is_kept_through_a_mistake_and_escaped(client: Client) -> None:
    response = client.get("/accounts/login/", {"next": '/cases/?q="><script>'})
    assert '<input type="hidden" name="next" value="/cases/?q=&quot;&gt;&lt;script&gt;">' in response.content.decode()


def test_a_wrong_password_is_refused_for_a_while_after_five_attempts(client: Client) -> None:
    make_user()
    for _ in range(5):
        assert SAID in client.post("/accounts/login/", {"login": "ann", "password": "wrong"}).content.decode()
    response = client.post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    assert "Too many failed login attempts. Try again later." in response.content.decode()
    assert not signed_in(client)


def test_too_many_posts_from_one_place_get_the_429_page(client: Client) -> None:
    codes = [client.post("/accounts/login/", {"login": f"u{i}", "password": ""}).status_code for i in range(31)]
    assert codes == [200] * 30 + [429]
    assert "<h1>Too many attempts</h1>" in client.post("/accounts/login/").content.decode()


@pytest.mark.parametrize("login", ["a\0b", "x" * 10_000, "%_" * 30_000, "\N{SNOWMAN}" * 10_000, "'; --"])
@pytest.mark.parametrize("password", ["a\0b", "x" * 10_000])
def test_bad_input_is_refused_with_words(client: Client, login: str, password: str) -> None:
    make_user()  # without anybody to compare with, the database compares nothing
    response = client.post("/accounts/login/", {"login": login, "password": password})
    assert response.status_code == 200
    assert 'class="errorlist' in response.content.decode()


def test_a_form_without_its_token_is_refused(client: Client) -> None:
    make_user()
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/accounts/login/", {"login": "ann", "password": PASSWORD}).status_code == 403
