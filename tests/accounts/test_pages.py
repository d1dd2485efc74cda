"""Every page of accounts: in the house's look, and usable by everyone."""

import re
from html.parser import HTMLParser

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from accounts.actions import create_token
from tests.accounts.people import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

OPEN = {
    "/accounts/login/": "Sign in",
    "/accounts/signup/": "Sign up",
    "/accounts/inactive/": "This account is closed",
    "/accounts/password/reset/": "Forgotten password",
    "/accounts/password/reset/done/": "A message is on its way",
    "/accounts/password/reset/key/done/": "Your password is changed",
    "/accounts/password/reset/key/1-abc/": "This link no longer works",
    "/accounts/confirm-email/": "Confirm your e-mail address",
    "/accounts/confirm-email/abc/": "Confirm your e-mail address",
}
OWN = {
    "/accounts/": "Your account",
    "/accounts/logout/": "Sign out",
    "/accounts/email/": "Your e-mail addresses",
    "/accounts/password/change/": "Change your password",
    "/accounts/reauthenticate/": "Is it you?",
    "/accounts/2fa/": "Second factor",
    "/accounts/2fa/totp/activate/": "Set up the second factor",
}
WITH_FACTOR = {
    "/accounts/2fa/": "Second factor",
    "/accounts/2fa/reauthenticate/": "Is it you?",
    "/accounts/2fa/totp/deactivate/": "Switch off the second factor",
    "/accounts/2fa/recovery-codes/": "Recovery codes",
    "/accounts/2fa/recovery-codes/generate/": "New recovery codes",
}


class Page(HTMLParser):
    """What a test asks of a page's elements."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def each(self, *tags: str) -> list[dict[str, str]]:
        return [attrs for tag, attrs in self.elements if tag in tags]

    def faults(self) -> list[str]:
        ids = [attrs["id"] for _, attrs in self.elements if "id" in attrs]
        named = {label.get("for") for label in self.each("label")}
        seen = [f for f in self.each("input", "select", "textarea") if f.get("type") != "hidden" and "hidden" not in f]
        pointed = [i for f in seen for i in f.get("aria-describedby", "").split()]
        return [
            *(f"id twice: {i}" for i in set(ids) if ids.count(i) > 1),
            *(f"no label: {f}" for f in seen if f.get("id") not in named),
            *(f"described by nothing: {i}" for i in pointed if i not in ids),
            *(f"placeholder: {f}" for f in seen if "placeholder" in f),
            *(f"inline style: {attrs}" for _, attrs in self.elements if "style" in attrs),
            *(f"inline script: {name}" for _, attrs in self.elements for name in attrs if name.startswith("on")),
            *(f"script without a file: {s}" for s in self.each("script", "style") if "src" not in s),
            *(f"form that changes nothing: {f}" for f in self.each("form") if f.get("method") != "post"),
        ]


def check(client: Client, path: str, heading: str) -> None:
    response = client.get(path)
    html = response.content.decode()
    assert response.status_code == 200
    assert re.findall(r"<h1>(.*?)</h1>", html) == [heading]
    assert re.findall(r"<title>(.*?) · Co-delivery Case Catalogue</title>", html) != []
    assert Page(html).faults() == []


@pytest.mark.parametrize(("path", "heading"), OPEN.items())
def test_a_page_for_everyone(client: Client, path: str, heading: str) -> None:
    check(client, path, heading)


@pytest.mark.parametrize(("path", "heading"), OWN.items())
def test_a_page_of_ones_own(client: Client, path: str, heading: str) -> None:
    user = make_user(email="ann@example.org")
    create_token(by=user)
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    check(client, path, heading)


@pytest.mark.parametrize(("path", "heading"), WITH_FACTOR.items())
def test_a_page_of_the_second_factor(client: Client, path: str, heading: str) -> None:
    user = make_user()
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    TOTP.activate(user, generate_totp_secret())
    RecoveryCodes.activate(user)
    check(client, path, heading)


def test_the_page_that_asks_for_the_second_factor(client: Client) -> None:
    TOTP.activate(make_user(), generate_totp_secret())
    client.post("/accounts/login/", {"login": "ann", "password": PASSWORD})
    check(client, "/accounts/2fa/authenticate/", "Second factor")


def test_the_page_to_set_a_first_password(client: Client) -> None:
    user = make_user()
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    check(client, "/accounts/password/set/", "Set a password")


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"])
def test_a_page_with_mistakes(client: Client, path: str) -> None:
    html = client.post(path).content.decode()
    assert "This field is required." in html
    assert Page(html).faults() == []


@pytest.mark.parametrize(
    ("path", "filled"),
    [
        ("/accounts/login/", ["username", "current-password", None]),
        ("/accounts/signup/", ["email", "username", "new-password", "new-password"]),
        ("/accounts/password/reset/", ["email"]),
    ],
)
def test_browsers_and_password_keepers_know_what_each_field_is(
    client: Client, path: str, filled: list[str | None]
) -> None:
    fields = Page(client.get(path).content.decode()).each("input")
    assert [f.get("autocomplete") for f in fields if f["type"] != "hidden"] == filled
