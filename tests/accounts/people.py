"""People for the tests of accounts."""

from django.test import Client

from accounts.models import User

PASSWORD = "a long and winding road"


def make_user(username: str = "ann", **fields: object) -> User:
    """Return a user whose password is PASSWORD."""
    return User.objects.create_user(username, password=PASSWORD, **fields)  # type: ignore[arg-type]  # any column


def sign_in(client: Client, login: str = "ann", password: str = PASSWORD) -> None:
    """Sign in on the page, as people do."""
    response = client.post("/accounts/login/", {"login": login, "password": password})
    assert response.status_code == 302, response.content.decode()
