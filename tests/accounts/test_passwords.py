"""Changing a password, and replacing a forgotten one."""

import re

import pytest
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from tests.accounts.people import PASSWORD, make_user, sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NEW = "quite another road"


def change(client: Client, **changed: str) -> dict[str, list[str]]:
    """Change Ann's password, and return what the form says."""
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW} | changed
    response = client.post("/accounts/password/change/", form)
    if response.status_code == 302:
        assert response.headers["Location"] == "/accounts/"
        return {}
    return {field: list(messages) for field, messages in response.context["form"].errors.items()}


def has_password(password: str) -> bool:
    return User.objects.get(username="ann").check_password(password)


def test_a_new_password_keeps_this_session_and_ends_the_others(client: Client) -> None:
    user = make_user()
    other = Client()
    other.force_login(user)
    sign_in(client)
    assert change(client) == {}
    assert has_password(NEW)
    assert (client.get("/accounts/").status_code, other.get("/accounts/").status_code) == (200, 302)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("oldpassword", "wrong", "Please type your current password."),
        ("oldpassword", "a\0b", "Null characters are not allowed."),
        ("password1", "short", "This password is too short. It must contain at least 10 characters."),
        ("password1", "a\0b", "Null characters are not allowed."),
        ("password2", "something else", "You must type the same password each time."),
    ],
)
def test_a_mistake_is_explained_and_changes_nothing(client: Client, field: str, value: str, said: str) -> None:
    make_user()
    sign_in(client)
    assert change(client, **{field: value})[field] == [said]
    assert has_password(PASSWORD)


def ask_for_link(client: Client, email: str, capture: DjangoCaptureOnCommitCallbacks) -> str:
    """Ask for a new password, and return the page that follows."""
    with capture(execute=True):
        response = client.post("/accounts/password/reset/", {"email": email}, follow=True)
    assert response.redirect_chain == [("/accounts/password/reset/done/", 302)]
    return response.content.decode()


def test_a_forgotten_password_is_replaced_by_a_link_that_works_once(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_user(email="ann@example.org")
    ask_for_link(client, "Ann@example.org", django_capture_on_commit_callbacks)
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    form = client.get(link, follow=True)
    assert form.redirect_chain[0][1] == 302
    answer = client.post(form.redirect_chain[0][0], {"password1": NEW, "password2": NEW})
    assert answer.headers["Location"] == "/accounts/password/reset/key/done/"
    assert has_password(NEW)
    assert "<h1>This link no longer works</h1>" in Client().get(link).content.decode()


def test_the_page_does_not_tell_whether_an_address_is_known(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    make_user(email="ann@example.org")
    known = ask_for_link(client, "ann@example.org", django_capture_on_commit_callbacks)
    unknown = ask_for_link(client, "bob@example.org", django_capture_on_commit_callbacks)
    assert known == unknown


@pytest.mark.parametrize("link", ["zzzzzzzzzzzzz-abc", "0-abc", "zzzzzzzzzzzzzzzzzzzzzzzz-abc", "1-set-password"])
def test_a_made_up_link_is_explained(client: Client, link: str) -> None:
    response = client.get(f"/accounts/password/reset/key/{link}/")
    assert "<h1>This link no longer works</h1>" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_fails_is_said_and_breaks_nothing(
    client: Client, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # where nobody answers
    make_user(email="ann@example.org")
    response = client.post("/accounts/password/reset/", {"email": "ann@example.org"}, follow=True)
    assert "The e-mail could not be sent. Please try again later." in response.content.decode()
    assert [record.message for record in caplog.records if record.name == "accounts.adapter"] == [
        "The e-mail account/email/password_reset_key could not be sent"
    ]
