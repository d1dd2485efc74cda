"""One's e-mail addresses."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from tests.accounts.people import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TAKEN = "A user is already registered with this email address."


@pytest.fixture
def ann(client: Client) -> User:
    """Ann, signed in, who showed a moment ago that it is she."""
    user = make_user("ann", email="ann@example.org")
    client.force_login(user)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return user


def addresses(user: User) -> list[tuple[str, bool]]:
    return list(EmailAddress.objects.filter(user=user).order_by("email").values_list("email", "primary"))


def add(client: Client, email: str) -> list[str]:
    """Add an address, and return what the form says against it."""
    response = client.post("/accounts/email/", {"action_add": "", "email": email})
    return [] if response.status_code == 302 else list(response.context["form"].errors["email"])


def test_an_address_is_added_confirmed_and_used(
    client: Client, ann: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        assert add(client, "Anna@example.org") == []
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    assert "<h1>Confirm your e-mail address</h1>" in client.get(link).content.decode()
    client.post(link)
    client.post("/accounts/email/", {"action_primary": "", "email": "anna@example.org"})
    ann.refresh_from_db()
    assert (ann.email, EmailAddress.objects.get(primary=True).verified) == ("anna@example.org", True)


@pytest.mark.parametrize("taken", ["bert@example.org", "BERT@example.org"])
def test_the_address_of_another_account_is_refused(client: Client, ann: User, taken: str) -> None:
    make_user("bert", email="Bert@example.org")
    assert add(client, taken) == [TAKEN]
    assert addresses(ann) == [("ann@example.org", False)]


def test_an_address_that_another_account_took_meanwhile_is_not_used(client: Client, ann: User) -> None:
    add(client, "anna@example.org")
    make_user("anna", email="anna@example.org")
    before = addresses(ann)
    response = client.post("/accounts/email/", {"action_primary": "", "email": "anna@example.org"}, follow=True)
    assert [str(m) for m in response.context["messages"]][-1] == (
        "Another account has this e-mail address or user name by now."
    )
    ann.refresh_from_db()
    assert (ann.email, addresses(ann)) == ("ann@example.org", before)


def test_confirming_an_address_that_another_account_took_meanwhile_breaks_nothing(
    client: Client, ann: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        add(client, "anna@example.org")
    EmailAddress.objects.exclude(email="anna@example.org").delete()
    make_user("anna", email="anna@example.org")
    link = re.findall(r"http://testserver(\S+)", str(mail.outbox[0].body))[0]
    assert client.post(link).status_code == 302
    ann.refresh_from_db()
    assert ann.email == "ann@example.org"


@pytest.mark.parametrize("email", ["a\0@example.org", "x" * 10_000 + "@example.org", "nowhere", ""])
def test_what_is_no_address_is_refused_with_words(client: Client, ann: User, email: str) -> None:
    assert add(client, email) != []
    assert addresses(ann) == [("ann@example.org", False)]


@pytest.mark.parametrize("action", ["action_primary", "action_send", "action_remove"])
@pytest.mark.parametrize("email", ["a\0@example.org", "bert@example.org", "x" * 10_000])
def test_the_addresses_of_others_are_out_of_reach(client: Client, ann: User, action: str, email: str) -> None:
    bert = make_user("bert", email="bert@example.org")
    assert client.post("/accounts/email/", {action: "", "email": email}).status_code == 302
    assert User.objects.get(pk=bert.pk).email == "bert@example.org"
    assert mail.outbox == []


@pytest.mark.parametrize("key", ["abc", "MQ:1abc:def", "x" * 2_000])
def test_a_made_up_link_is_explained(client: Client, key: str) -> None:
    html = client.get(f"/accounts/confirm-email/{key}/").content.decode()
    assert "This link no longer works." in html
