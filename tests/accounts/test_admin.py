"""Users in the admin."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from tests.accounts.people import PASSWORD, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.once]

NEW = {"username": "bert", "name": "Bert", "email": "Bert@Example.org", "usable_password": "true"}


@pytest.fixture
def root(client: Client) -> User:
    """An administrator, signed in."""
    user = make_user("root", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def test_an_administrator_adds_a_user(client: Client, root: User) -> None:
    response = client.post("/admin/accounts/user/add/", NEW | {"password1": PASSWORD, "password2": PASSWORD})
    assert response.status_code == 302
    bert = User.objects.get(username="bert")
    assert (bert.name, bert.email, bert.check_password(PASSWORD)) == ("Bert", "bert@example.org", True)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("email", "ANN@example.org", "Another account has this e-mail address."),
        ("username", "Ann", "A user with that username already exists."),
    ],
)
def test_what_another_account_has_is_refused(client: Client, root: User, field: str, value: str, said: str) -> None:
    make_user("ann", email="ann@example.org")
    form = NEW | {"password1": PASSWORD, "password2": PASSWORD} | {field: value}
    assert said in client.post("/admin/accounts/user/add/", form).content.decode()
    assert User.objects.count() == 2


def test_an_administrator_makes_a_curator(client: Client, root: User) -> None:
    ann = make_user("ann")
    page = f"/admin/accounts/user/{ann.pk}/change/"
    group = Group.objects.get(name="Curators")
    form = {"username": "ann", "orcid": "https://orcid.org/0000-0002-1825-0097", "is_active": "on", "is_staff": "on"}
    assert client.post(page, form | {"groups": [group.pk]}).status_code == 302
    ann = User.objects.get(pk=ann.pk)
    assert (ann.orcid, ann.is_staff, ann.has_perm("cases.change_case")) == ("0000-0002-1825-0097", True, True)
    assert client.get(page).status_code == 200


@pytest.mark.parametrize("asked", ["ann", "Onymous", "example.org", "0000-0002-1825"])
def test_users_are_found_by_what_one_knows_of_them(client: Client, root: User, asked: str) -> None:
    make_user("ann", name="Ann Onymous", email="ann@example.org", orcid="0000-0002-1825-0097")
    make_user("bert")
    found = client.get("/admin/accounts/user/", {"q": asked}).context["cl"].queryset
    assert [user.username for user in found] == ["ann"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_as_much_for_three_users_as_for_one(
    client: Client, root: User, count: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(count - 1):
        make_user(f"user{number}")
    with django_assert_num_queries(6):  # session, user, groups to filter by, two counts, the users
        client.get("/admin/accounts/user/")


def test_a_curator_sees_no_users(client: Client) -> None:
    ann = make_user("ann", is_staff=True)
    ann.groups.add(Group.objects.get(name="Curators"))
    client.force_login(ann)
    assert client.get("/admin/accounts/user/").status_code == 403


def test_the_admin_asks_for_the_sign_in_of_the_site(client: Client) -> None:
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1] == ("/accounts/login/?next=%2Fadmin%2F", 302)


def test_a_reader_is_kept_out(client: Client) -> None:
    client.force_login(make_user())
    assert client.get("/admin/", follow=True).status_code == 403
