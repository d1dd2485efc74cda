"""A case to annotate, and who does."""

from __future__ import annotations

import pytest
from django.test import Client
from playwright.sync_api import BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from cases.models import Case
from tests.factories import make_case, make_user

from .browsing import CASE, sign_in
from .notes import STORY
from .programs import program


@pytest.fixture
def case() -> Case:
    return make_case("library", narrative=STORY)


@pytest.fixture
def ann() -> User:
    return make_user("ann", name="Ann Reader")


@pytest.fixture
def bob() -> User:
    return make_user("bob", name="Bob Other")


@pytest.fixture
def me(case: Case) -> User:
    return make_user("me")


@pytest.fixture
def mine(me: User) -> Client:
    """A program with a token of its own."""
    return program(me)


@pytest.fixture
def reading(page: Page, context: BrowserContext, case: Case, ann: User, live_server: LiveServer) -> Page:
    """The case's page, open before someone signed in."""
    sign_in(context, ann, live_server)
    page.goto(CASE)
    return page
