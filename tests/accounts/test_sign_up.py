"""Signing up, where it is open."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from accounts.models import User
from tests.accounts.people import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

FORM = {"username": "ann", "email": "Ann@Example.org", "password1": PASSWORD, "password2": PASSWORD}


def errors(client: Client, **changed: str) -> dict[str, list[str]]:
    """What the form says of a sign-up that must make nobody."""
    before = User.objects.count()
    response = client.post("/accounts/signup/", FORM | changed)
    assert (response.status_code, User.objects.count()) == (200, before)
    return {str(field): list(messages) for field, messages in response.context["form"].errors.items()}


def test_signing_up_makes_an_account_and_signs_in(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = client.post("/accounts/signup/", FORM)
    user = User.objects.get()
    assert (response.status_code, client.session["_auth_user_id"]) == (302, str(user.pk))
    assert (user.username, user.email, user.is_staff, user.groups.count()) == ("ann", "ann@example.org", False, 0)
    assert user.check_password(PASSWORD)
    assert [(m.to, m.subject) for m in mail.outbox] == [
        (["ann@example.org"], "[Co-delivery Case Catalogue] Please Confirm Your Email Address")
    ]


@pytest.mark.parametrize("taken", ["ann@example.org", "ANN@example.org"])
def test_an_email_address_of_another_account_is_refused_in_any_case(client: Client, taken: str) -> None:
    make_user("bert", email="Ann@Example.org")
    assert errors(client, email=taken) == {"email": ["A user is already registered with this email address."]}


def test_a_user_name_of_another_account_is_refused_in_any_case(client: Client) -> None:
    make_user("Ann")
    assert errors(client) == {"username": ["A user with that username already exists."]}


def test_losing_a_race_for_an_address_is_an_error_on_the_form(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_user("bert", email="ann@example.org")
    # The other account is not there yet when the form looks.
    monkeypatch.setattr("allauth.account.forms.SignupForm.validate_unique_email", lambda _form, value: value)
    assert errors(client) == {"__all__": ["Another account has this e-mail address or user name by now."]}
    assert EmailAddress.objects.count() == 0


NUL = ["Null characters are not allowed."]
LETTERS = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("username", "a\0b", NUL),
        ("email", "a\0@example.org", ["Enter a valid email address.", *NUL]),
        ("password1", "a\0b" * 10, NUL),
        ("username", "x" * 10_000, ["Ensure this value has at most 150 characters (it has 10000)."]),
        ("email", "x" * 50 + "@" + "d.example." * 21 + "org", ["An e-mail address here has at most 254 characters."]),
        ("username", "<script>", [LETTERS]),
        ("username", "", ["This field is required."]),
        ("email", "", ["This field is required."]),
        ("email", "nowhere", ["Enter a valid email address."]),
        ("password2", "another long road", ["You must type the same password each time."]),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_words(client: Client, field: str, value: str, said: list[str]) -> None:
    assert errors(client, **{field: value})[field] == said


def test_an_endless_email_address_is_refused(client: Client) -> None:
    assert list(errors(client, email="x" * 10_000 + "@example.org")) == ["email"]


def test_a_weak_password_is_refused_with_reasons(client: Client) -> None:
    assert errors(client, password1="12345", password2="12345") == {
        "password1": [
            "This password is too short. It must contain at least 10 characters.",
            "This password is too common.",
            "This password is entirely numeric.",
        ]
    }


def test_a_very_long_password_is_taken(client: Client) -> None:
    password = "long and winding " * 600
    assert client.post("/accounts/signup/", FORM | {"password1": password, "password2": password}).status_code == 302
    assert User.objects.get().check_password(password)


def test_an_error_stands_at_its_field_for_every_reader(client: Client) -> None:
    html = client.post("/accounts/signup/", FORM | {"email": "nowhere"}).content.decode()
    assert '<ul class="errorlist" id="id_email_error"><li>Enter a valid email address.</li></ul>' in html
    assert 'aria-invalid="true" aria-describedby="id_email_error"' in html


class TestClosed:
    @pytest.fixture(autouse=True)
    def _closed(self, settings: Settings) -> None:
        settings.SIGN_UP = False

    def test_the_page_says_so(self, client: Client) -> None:
        response = client.get("/accounts/signup/")
        assert response.status_code == 403
        assert "<h1>Sign-up is closed</h1>" in response.content.decode()
        assert "password1" not in response.content.decode()

    def test_a_post_makes_nobody(self, client: Client) -> None:
        assert client.post("/accounts/signup/", FORM).status_code == 403
        assert User.objects.count() == 0

    def test_nothing_links_to_it(self, client: Client) -> None:
        assert "/accounts/signup/" not in client.get("/accounts/login/").content.decode()


def test_the_sign_in_page_links_to_it_where_it_is_open(client: Client) -> None:
    html = client.get("/accounts/login/", {"next": "/cases/"}).content.decode()
    assert '<a href="/accounts/signup/?next=%2Fcases%2F">Sign up</a>' in html
