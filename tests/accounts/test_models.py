"""What always holds of a user."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import User
from tests.accounts.people import make_user

pytestmark = pytest.mark.django_db


def test_an_email_address_is_kept_in_lower_case() -> None:
    make_user(email="Ann@Example.ORG")
    assert User.objects.get().email == "ann@example.org"


def test_an_email_address_belongs_to_one_account_in_any_case() -> None:
    make_user("ann", email="ann@example.org")
    bert = make_user("bert")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.filter(pk=bert.pk).update(email="ANN@example.org")


def test_many_accounts_have_no_email_address() -> None:
    assert {make_user("ann").email, make_user("bert").email} == {""}


def test_user_names_differ_in_more_than_case() -> None:
    make_user("ann")
    with pytest.raises(ValidationError) as raised:
        User(username="Ann", password="x").full_clean()
    assert raised.value.messages == ["Another account has this user name."]
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("Ann")


def test_a_pasted_orcid_address_becomes_the_id() -> None:
    user = User(username="ann", password="x", orcid="https://orcid.org/0000-0002-1694-233x")
    user.full_clean()
    assert user.orcid == "0000-0002-1694-233X"


@pytest.mark.parametrize(("name", "shown"), [("", "ann"), ("Ann Onymous", "Ann Onymous")])
def test_a_user_is_shown_by_name_or_else_by_user_name(name: str, shown: str) -> None:
    user = User(username="ann", name=name)
    assert (str(user), user.get_full_name(), user.get_short_name()) == (shown, shown, shown)
