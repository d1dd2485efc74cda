"""The settings: safe without any environment, loud about a wrong one, and each explained in `.env.example`."""

import ast
import os
import runpy
import stat
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from codelivery import environment

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "codelivery" / "settings.py"
EXAMPLE = ROOT / ".env.example"


def asked_for() -> list[str]:
    """The names of every variable that the settings read, in their order."""
    calls = [node for node in ast.walk(ast.parse(SOURCE.read_text())) if isinstance(node, ast.Call)]
    helpers = [call for call in calls if ast.unparse(call.func).startswith("environment.")]
    return [str(call.args[0].value) for call in helpers if isinstance(call.args[0], ast.Constant)]


def explained() -> dict[str, str]:
    """The names and values in `.env.example`."""
    lines = EXAMPLE.read_text().splitlines()
    return dict(line[2:].split("=", 1) for line in lines if line.startswith("# ") and line[2:].split("=")[0].isupper())


def values(module: dict[str, Any]) -> dict[str, Any]:
    """The settings among what a module holds."""
    return {name: value for name, value in module.items() if name.isupper()}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Read the settings anew under the variables given, and nothing else of the environment that they know."""
    for name in asked_for():
        monkeypatch.setenv(name, "")  # so that monkeypatch takes back what an .env file adds to the environment
        monkeypatch.delenv(name)
    monkeypatch.setenv("ENV_FILE", "")
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))

    def loaded(**variables: str) -> dict[str, Any]:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(SOURCE))

    return loaded


def test_without_any_environment_they_are_safe(load: Any, tmp_path: Path) -> None:
    found = load()

    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert found["BASE_URL"] == "http://127.0.0.1:8000"
    assert found["DATABASES"]["default"]["ENGINE"] == "django.db.backends.sqlite3"
    assert found["DATABASES"]["default"]["NAME"] == str(tmp_path / "data" / "catalogue.sqlite3")
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700


def test_the_secret_key_is_made_once_and_for_its_owner_only(load: Any, tmp_path: Path) -> None:
    first, second = load()["SECRET_KEY"], load()["SECRET_KEY"]

    assert first == second
    assert len(first) >= 50
    assert stat.S_IMODE((tmp_path / "data" / "secret-key").stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["secret-key"]


def test_a_secret_key_that_another_process_made_meanwhile_stays(tmp_path: Path) -> None:
    file = tmp_path / "secret-key"
    environment.create_file(file, "theirs")

    environment.create_file(file, "ours")

    assert file.read_text() == "theirs"
    assert list(tmp_path.iterdir()) == [file]


def test_the_example_explains_each_setting_and_nothing_else() -> None:
    assert sorted(explained()) == sorted(set(asked_for()))


def test_the_example_states_each_value_that_holds_without_it(load: Any, tmp_path: Path) -> None:
    without = load(DATA_DIR=str(tmp_path), SECRET_KEY="s" * 50)

    stated = load(**explained() | {"DATA_DIR": str(tmp_path), "SECRET_KEY": "s" * 50})

    assert values(stated) == values(without)


def test_an_env_file_is_read_and_the_environment_wins_over_it(load: Any, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("SIGN_UP=off\nLOG_LEVEL=ERROR\n")

    found = load(ENV_FILE=str(file), LOG_LEVEL="WARNING")

    assert found["SIGN_UP"] is False
    assert found["LOG_LEVEL"] == "WARNING"


def test_https_follows_the_address_and_brings_all_that_belongs_to_it(load: Any) -> None:
    found = load(BASE_URL="https://catalogue.example.org/", PROXIES="1")

    assert found["BASE_URL"] == "https://catalogue.example.org"
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]", "catalogue.example.org"]
    switches = ["SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]
    assert [found[name] for name in switches] == [True, True, True]
    assert found["SECURE_HSTS_SECONDS"] == 31_536_000
    assert found["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_without_a_proxy_nobody_is_believed_about_https(load: Any) -> None:
    assert load(BASE_URL="https://catalogue.example.org")["SECURE_PROXY_SSL_HEADER"] is None


@pytest.mark.parametrize(
    ("address", "host", "name"),
    [
        ("postgres://ann:p%40ss@db.example.org:5433/cases", "db.example.org", "cases"),
        ("postgresql:////run/postgresql/cases", "/run/postgresql", "cases"),
        ("postgres://ann@//run/postgresql/cases", "/run/postgresql", "cases"),
    ],
)
def test_a_database_address_leads_to_postgresql(load: Any, address: str, host: str, name: str) -> None:
    database = load(DATABASE_URL=address)["DATABASES"]["default"]

    assert (database["ENGINE"], database["HOST"], database["NAME"]) == ("django.db.backends.postgresql", host, name)
    assert (database["CONN_MAX_AGE"], database["CONN_HEALTH_CHECKS"]) == (60, True)


def test_an_email_address_of_a_server_is_taken_apart(load: Any) -> None:
    found = load(EMAIL_URL="smtp+tls://ann:p%40ss@mail.example.org:587?EMAIL_TIMEOUT=5")

    names = ["EMAIL_HOST", "EMAIL_PORT", "EMAIL_HOST_USER", "EMAIL_HOST_PASSWORD", "EMAIL_USE_TLS", "EMAIL_TIMEOUT"]
    assert [found[name] for name in names] == ["mail.example.org", 587, "ann", "p@ss", True, 5]


@pytest.mark.parametrize(
    ("name", "value", "hint"),
    [
        ("DEBUG", "maybe", "write on or off, not 'maybe'"),
        ("PROXIES", "-1", "write a whole number from 0 up, not '-1'"),
        ("PROXIES", "²", "write a whole number from 0 up, not '²'"),
        ("TOKEN_DAYS", "0", "write a whole number from 1 up, not '0'"),
        ("LOG_LEVEL", "loud", "write one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'loud'"),
        ("BASE_URL", "catalogue.example.org", "write a whole address as https://catalogue.example.org"),
        ("BASE_URL", "https://example.org/catalogue", "write a whole address as https://catalogue.example.org"),
        ("SECRET_KEY", "hunter2", "write at least 50 characters"),
        ("DATABASE_URL", "mysql://ann:hunter2@db/cases", "write postgres://user:password@host:5432/name"),
        ("DATABASE_URL", "postgres://ann:hunter2@db:port/cases", "write postgres://user:password@host:5432/name"),
        ("DATABASE_URL", "postgres://ann:hunter2@%2Frun%2Fpostgresql/cases", "postgres:////socket/folder/name"),
        ("DATABASE_URL", "cases", "write postgres://user:password@host:5432/name"),
        ("EMAIL_URL", "mail.example.org", "write smtp+tls://user:password@host:587"),
        ("DATA_DIR", "/dev/null/data", "the folder /dev/null/data cannot be made (Not a directory)"),
    ],
)
def test_a_wrong_value_stops_the_start_and_says_what_to_write(load: Any, name: str, value: str, hint: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        load(**{name: value})

    said = str(refused.value)
    assert said.startswith(f"The setting {name} cannot be read: ")
    assert hint in said
    assert "hunter2" not in said


@pytest.mark.django_db
def test_sqlite_keeps_what_it_acknowledged_and_waits_for_its_turn() -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite's own settings")
    with connection.cursor() as cursor:
        found = {
            name: cursor.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 20_000}
    assert connection.settings_dict["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


def test_no_page_may_load_from_another_host_or_run_a_script_of_its_own() -> None:
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]

    assert directives["default-src"] == ["'self'"]
    allowed = {source for sources in directives.values() for source in sources}
    assert allowed == {"'self'", "'none'", "data:"}
    assert [name for name, sources in directives.items() if "data:" in sources] == ["img-src"]


def checkout(folder: Path, *, at: int) -> Path:
    """A small release, its files written at a moment."""
    for name in ("cases/__init__.py", "cases/api/cases.py", "templates/cases/page.html", "static/page.css"):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("one")
        os.utime(file, (at, at))
    return folder


def test_two_hosts_with_one_release_agree_on_its_name(tmp_path: Path) -> None:
    here, there = checkout(tmp_path / "here", at=1), checkout(tmp_path / "there", at=2)
    (there / "cases" / "__pycache__").mkdir()
    (there / "cases" / "__pycache__" / "cases.pyc").write_bytes(b"compiled")
    (there / "var").mkdir()
    (there / "var" / "catalogue.sqlite3").write_bytes(b"entered")
    assert environment.release_fingerprint(here) == environment.release_fingerprint(there)


@pytest.mark.parametrize("name", ["cases/api/cases.py", "templates/cases/page.html", "static/page.css"])
def test_a_changed_byte_in_what_shapes_an_answer_is_another_release(tmp_path: Path, name: str) -> None:
    before = environment.release_fingerprint(checkout(tmp_path, at=1))
    (tmp_path / name).write_text("two")
    os.utime(tmp_path / name, (1, 1))
    assert environment.release_fingerprint(tmp_path) != before


def test_a_file_under_another_name_or_another_setting_is_another_release(tmp_path: Path) -> None:
    before = environment.release_fingerprint(checkout(tmp_path, at=1), "https://a.example")
    assert environment.release_fingerprint(tmp_path, "https://b.example") != before
    (tmp_path / "static" / "page.css").rename(tmp_path / "static" / "other.css")
    assert environment.release_fingerprint(tmp_path, "https://a.example") != before
