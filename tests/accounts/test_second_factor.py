"""The second factor: set up, asked for, switched off."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.test import Client

from accounts.models import User
from tests.accounts.people import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def code_for(secret: str) -> str:
    """The code that an app shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


@pytest.fixture
def ann(client: Client) -> User:
    """Ann, signed in, who showed a moment ago that it is she."""
    user = make_user("ann", email="ann@example.org")
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return user


def ask(user: User) -> Client:
    """A client whose password was right, and who is asked for the second factor."""
    client = Client()
    response = client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    assert response.headers["Location"] == "/accounts/2fa/authenticate/"
    return client


def test_it_is_set_up_asked_for_and_switched_off(client: Client, ann: User) -> None:
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_for(secret)}).status_code == 302
    other = ask(ann)
    assert "_auth_user_id" not in other.session
    codes = RecoveryCodes(Authenticator.objects.get(user=ann, type="recovery_codes")).get_unused_codes()
    assert other.post("/accounts/2fa/authenticate/", {"code": codes[0]}).status_code == 302
    assert "_auth_user_id" in other.session
    client.post("/accounts/2fa/totp/deactivate/")
    assert Authenticator.objects.count() == 0


@pytest.mark.parametrize("code", ["000000", "", "a\0b", "0" * 10_000, "é", "\u0660" * 6])
def test_a_wrong_code_is_refused_with_words(client: Client, ann: User, code: str) -> None:
    TOTP.activate(ann, generate_totp_secret())
    RecoveryCodes.activate(ann)
    response = ask(ann).post("/accounts/2fa/authenticate/", {"code": code})
    assert (response.status_code, list(response.context["form"].errors)) == (200, ["code"])
