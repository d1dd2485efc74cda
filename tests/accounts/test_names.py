"""Names of accounts can be told apart by people, wherever they are given."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import NAME_TAKEN, NameClaim, User
from tests.accounts.people import PASSWORD, make_user

pytestmark = pytest.mark.django_db

ALIKE = ["аdmin", "ａｄｍｉｎ", "adrnin", "ADMІN", "admın".replace("ı", "і"), "ádmin".replace("á", "ɑ")]
FORM = {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}


def sign_up(client: Client, username: str) -> list[str]:
    client.logout()
    response = client.post("/accounts/signup/", {"username": username, **FORM})
    return [] if response.status_code == 302 else list(response.context["form"].errors.get("username", ["none"]))


def rename(client: Client, user: User, name: str) -> list[str]:
    client.force_login(user)
    response = client.post("/accounts/", {"name": name, "orcid": ""})
    return [] if response.status_code == 302 else list(response.context["form"].errors["name"])


@pytest.mark.parametrize("username", ALIKE)
def test_a_user_name_that_looks_like_another_is_refused(client: Client, username: str) -> None:
    make_user("admin")
    assert sign_up(client, username) == [NAME_TAKEN] or "mixes letters" in sign_up(client, username)[0]
    assert User.objects.count() == 1


@pytest.mark.parametrize("username", ["p\u0430ul", "ann\u200b", "a\u202enn", "\u3164"])
def test_a_user_name_of_mixed_scripts_or_with_hidden_signs_is_refused(client: Client, username: str) -> None:
    assert sign_up(client, username)
    assert not User.objects.exists()


@pytest.mark.parametrize("username", ["adam", "анна", "山田さん", "łukasz", "ann-2"])
def test_a_name_of_its_own_is_taken(client: Client, username: str) -> None:
    make_user("admin", name="Ann")
    assert sign_up(client, username) == []


@pytest.mark.parametrize("name", ["admin", "Аdmin", "A d m i n", "Anna Lee", "ANNA LEE", "Anna\u00a0 Lee", "annalee"])
def test_a_displayed_name_cannot_be_borrowed(client: Client, name: str) -> None:
    make_user("admin")
    make_user("bert", name="Anna Lee")
    assert rename(client, make_user("eve"), name)
    assert sign_up(client, "annaIee") == [NAME_TAKEN]
    assert User.objects.get(username="eve").name == ""


@pytest.mark.parametrize("name", ["\u200b", "\u00ad\u200d", "Ann\u202e", "A\u200bnn"])
def test_a_displayed_name_can_be_seen_whole(client: Client, name: str) -> None:
    assert rename(client, make_user("eve"), name)


def test_a_name_is_free_again_when_it_is_given_up(client: Client) -> None:
    bert, eve = make_user("bert", name="Anna Lee"), make_user("eve")
    assert rename(client, bert, "Anna Lee, Graz") == []
    assert rename(client, eve, "Anna  Lee") == []
    assert User.objects.get(pk=eve.pk).name == "Anna Lee"
    assert rename(client, eve, "eve") == [], "one's own user name"
    bert.delete()
    assert rename(client, eve, "Anna Lee, Graz") == []


def test_two_that_come_at_once_do_not_both_get_a_name() -> None:
    make_user("admin")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user("adrnin")


def test_accounts_of_before_keep_names_that_look_alike_and_new_ones_are_refused(client: Client) -> None:
    User.objects.bulk_create(
        User(username=name, email=f"{number}@x.org") for number, name in enumerate(["admin", "аdmin"])
    )
    importlib.import_module("accounts.migrations.0002_names_told_apart").claim_names(apps, None)
    impostor = User.objects.get(username="аdmin")
    assert list(NameClaim.objects.values_list("user__username", flat=True)) == ["admin"]
    assert rename(client, impostor, "Somebody") == []
    assert rename(client, impostor, "admin") == [NAME_TAKEN]
    assert sign_up(client, "adrnin") == [NAME_TAKEN]
