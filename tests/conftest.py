"""What every test may ask for: a clean cache, and a browser on a wide and a narrow screen."""

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.core.cache import cache
from django.db import connection, connections
from playwright.sync_api import BrowserContext, Page
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer
from pytest_playwright import CreateContextCallback

from tests import databases

if "PYTEST_XDIST_WORKER" in os.environ:
    # This process has read where it writes which lines ran. A program that a test starts, if it measures too, would
    # take that folder for its own, and remove it.
    os.environ.pop("SLIPCOVER_COVERAGE_DIR", None)

EXAMPLES = 12 if os.environ.get("CI") else 40  # other ones each time
hypothesis.settings.register_profile("catalogue", deadline=None, print_blob=True, max_examples=EXAMPLES)
hypothesis.settings.load_profile("catalogue")

# Without these Chromium looks for its maker's hosts at every start; the last one hides every host but this machine.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


TESTS = Path(__file__).parent

LONG = {"test_benchmarks.py", "test_contributing.py", "test_upgrade.py"}
"""Modules that start programs which take half a minute."""

ON_BOTH = (
    *(
        "cases/query",
        "cases/search",
        "cases/test_models",
        "cases/test_writes",
        "cases/test_identity",
        "cases/test_slugs",
    ),
    *("cases/history/test_history", "annotations/query/test_search", "interchange/imports/test_import_identity"),
    *("interchange/test_round_trip", "taxonomy/test_recoding", "upgrades", "test_one_filter", "test_text"),
)
"""Where the database itself has a part: queries, search, constraints, locks, migrations. These run on each database."""

DATABASE = {"db", "transactional_db", "live_server"}
"""Fixtures of whoever asks the database."""


class Screen(NamedTuple):
    """A window's width and height in CSS pixels."""

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}px"


DESK = Screen(1280, 900)
SCREENS = [DESK, Screen(390, 844)]


def pytest_make_parametrize_id(val: object) -> str | None:
    """Keep the name of a test short when it is given ten thousand characters."""
    text = str(val) if isinstance(val, str | dict) else ""
    return f"{text[:40]} … {len(text)} characters" if len(text) > 80 else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test marked `every_screen` once on each."""
    if metafunc.definition.get_closest_marker("every_screen"):
        metafunc.parametrize("screen", SCREENS, ids=str)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Generator[None, object, object]:
    """Mark every test that opens a browser, and every one that no database has a part in: once is enough for it.

    They are marked before tests are chosen by their marks. Then, after pytest-randomly, those that wait for long
    programs come first, so that at the end no process works while another has nothing to do.
    """
    for item in items:
        asked = set(getattr(item, "fixturenames", ()))
        if "browser" in asked:
            item.add_marker("browser")
        if item.get_closest_marker("django_db") is None and asked.isdisjoint(DATABASE):
            item.add_marker("pure")
        elif not str(item.path.relative_to(TESTS)).startswith(ON_BOTH):
            item.add_marker("once")
    result = yield
    items.sort(key=lambda item: item.path.name not in LONG)
    return result


def pytest_collection_finish(session: pytest.Session) -> None:
    """Spare the garbage collector what stays to the end: half a million objects of modules and tests."""
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Copy the test database from a template instead of migrating it."""
    with django_db_blocker.unblock():
        databases.use_template(request.config.cache.mkdir("databases"))
    yield
    connections.close_all()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """On SQLite the copy stands there already, in a folder that is removed at the end."""
    return connection.vendor == "sqlite"


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    """Forget the attempts to sign in that earlier tests made."""
    cache.clear()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The Chromium that `dev.py test` names in CHROMIUM, or the one on the PATH, or else Playwright's own."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    return browser_type_launch_args | {"args": QUIET} | ({"executable_path": found} if found else {})


@pytest.fixture
def screen() -> Screen:
    """The screen of a browser test that is not marked `every_screen`."""
    return DESK


@pytest.fixture
def context(new_context: CreateContextCallback, live_server: LiveServer, screen: Screen) -> Iterator[BrowserContext]:
    """A browser with an empty profile; relative addresses lead to the test's own server.

    The test fails when a page runs into an error of its own, breaks its Content-Security-Policy, or asks another host.
    """
    context = new_context(
        base_url=live_server.url,
        viewport={"width": screen.width, "height": screen.height},
        reduced_motion="reduce",
        service_workers="block",
    )
    faults = watched(context, live_server.url)
    yield context
    assert faults == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page on that screen."""
    return context.new_page()


def watched(context: BrowserContext, home: str) -> list[str]:
    """The faults of a browser's pages; the list grows while they are used."""
    faults: list[str] = []

    def note_request(address: str) -> None:
        if urlsplit(address).scheme in {"http", "https"} and not address.startswith(home):
            faults.append(f"asked another host: {address}")

    def note_message(text: str) -> None:
        if "Content Security Policy" in text:
            faults.append(text)

    context.on("request", lambda request: note_request(request.url))
    context.on("console", lambda message: note_message(message.text))
    context.on("weberror", lambda error: faults.append(str(error.error)))
    return faults
