"""A curator, and a curator's browser."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from tests.cases.admin.pages import signed_in
from tests.factories import make_source, make_terms, make_user


@pytest.fixture
def curator() -> User:
    """A curator as there are: staff, in the group of that name, and nothing more."""
    make_terms()
    make_source()
    user = make_user("cora", name="Cora Curator", is_staff=True)
    user.groups.add(Group.objects.get(name="Curators"))
    return user


@pytest.fixture
def client(curator: User) -> Client:
    return signed_in(curator)
