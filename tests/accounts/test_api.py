"""What the API takes for a token."""

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from knox.models import AuthToken

from accounts.actions import create_token
from accounts.models import User
from tests.accounts.people import make_user


def code_for(header: str) -> int:
    return Client(headers={"authorization": header}).get("/api/v1/cases/").status_code


@pytest.mark.django_db
def test_a_token_works_until_it_expires() -> None:
    token = create_token(by=make_user())
    assert code_for(f"Token {token}") == 200
    AuthToken.objects.update(expiry=timezone.now())
    assert code_for(f"Token {token}") == 401


@pytest.mark.django_db
def test_the_token_of_a_closed_account_is_worthless() -> None:
    token = create_token(by=make_user())
    User.objects.update(is_active=False)
    assert code_for(f"Token {token}") == 401


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["", " a b", " \xff\xfe", " a\0b", " " + "x" * 10_000, " ccc_0123456789a"])
def test_what_is_no_token_is_refused(wrong: str) -> None:
    assert code_for(f"Token{wrong}") == 401


class AnyToken(TestCase):
    @given(st.text(st.characters(max_codepoint=255), min_size=1))
    def test_no_other_text_opens_the_api_or_breaks_it(self, text: str) -> None:
        create_token(by=User.objects.get_or_create(username="ann")[0])
        assert code_for(f"Token {text}x") == 401
