"""Typed helpers to read environment variables: an invalid value stops the start with a hint what to write instead.

An empty variable counts as not set. Messages never repeat a value that may contain a password.
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BOOLEAN_WORDS = {
    "on": True,
    "yes": True,
    "true": True,
    "1": True,
    "off": False,
    "no": False,
    "false": False,
    "0": False,
}
MIN_SECRET_LENGTH = 50  # characters, as `check --deploy` demands
DATABASE_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


def fail_setting(name: str, hint: str) -> NoReturn:
    """Stop the start because `name` is invalid; `hint` says what to write."""
    raise ImproperlyConfigured(f"The setting {name} cannot be read: {hint}. Each setting is explained in .env.example.")


def read_env_file(path: Path) -> None:
    """Add the variables of a `.env` file; those already in the environment win."""
    if path.is_file():
        environ.Env.read_env(path)


def read_str(name: str, default: str) -> str:
    """A line of text, without surrounding spaces."""
    return os.environ.get(name, "").strip() or default


def read_bool(name: str, *, default: bool) -> bool:
    """On or off."""
    raw = read_str(name, "on" if default else "off")
    if raw.lower() not in BOOLEAN_WORDS:
        fail_setting(name, f"write on or off, not {raw!r}")
    return BOOLEAN_WORDS[raw.lower()]


def read_int(name: str, default: int, *, least: int = 0) -> int:
    """A whole number, not below `least`."""
    raw = read_str(name, str(default))
    if not raw.isascii() or not raw.isdecimal() or int(raw) < least:
        fail_setting(name, f"write a whole number from {least} up, not {raw!r}")
    return int(raw)


def read_list(name: str, default: list[str]) -> list[str]:
    """A list, its values separated by commas."""
    return [word.strip() for word in read_str(name, ",".join(default)).split(",") if word.strip()]


def read_choice(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """One of a few words, in any case; returned as `allowed` spells it."""
    raw = read_str(name, default)
    found = [word for word in allowed if word.lower() == raw.lower()]
    if not found:
        fail_setting(name, f"write one of {', '.join(allowed)}, not {raw!r}")
    return found[0]


def read_origin(name: str, default: str) -> str:
    """The origin of a site, such as `https://catalogue.example.org`: scheme, host, perhaps a port, and nothing else."""
    raw = read_str(name, default)
    parts = urlsplit(raw)
    remainder = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or remainder:
        fail_setting(name, f"write a whole address as https://catalogue.example.org, not {raw!r}")
    return f"{parts.scheme}://{parts.netloc}"


def read_folder(name: str, default: Path) -> Path:
    """A writable folder, which is created if it is missing; relative paths start in the folder of `default`."""
    path = default.parent / read_str(name, default.name)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail_setting(name, f"the folder {path} cannot be made ({error.strerror})")
    if not os.access(path, os.W_OK):
        fail_setting(name, f"the folder {path} cannot be written to")
    return path


def read_secret(name: str, file: Path) -> str:
    """A secret from the environment, or else from `file`, which is created if missing, readable by its owner only."""
    secret = read_str(name, "") or read_or_create_file(name, file)
    if len(secret) < MIN_SECRET_LENGTH:
        fail_setting(
            name, f"write at least {MIN_SECRET_LENGTH} characters that nobody can guess, or none to have them made"
        )
    return secret


def read_or_create_file(name: str, file: Path) -> str:
    """The content of `file`; two processes that start together without one end up with the same."""
    try:
        if not file.exists():
            create_file(file, secrets.token_urlsafe(MIN_SECRET_LENGTH))
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        fail_setting(name, f"the file {file} cannot be kept ({error.strerror})")


def create_file(file: Path, content: str) -> None:
    """Create a file atomically; a file that has appeared meanwhile stays."""
    descriptor, draft = tempfile.mkstemp(dir=file.parent)  # mode 0600
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        Path(draft).unlink()


def read_database(name: str, default: str) -> dict[str, Any]:
    """Django's database settings from a URL, for SQLite or PostgreSQL."""
    raw = read_str(name, default)
    hint = "write postgres://user:password@host:5432/name, postgres:////socket/folder/name or sqlite:////folder/file"
    if environ.Env.DB_SCHEMES.get(raw.partition(":")[0]) not in DATABASE_ENGINES:
        fail_setting(name, hint)
    try:
        config: dict[str, Any] = environ.Env.db_url_config(raw)
    except ValueError:  # the port is not a number
        fail_setting(name, hint)
    if not config["NAME"] or "%" in config["HOST"]:  # a folder as host would become lower case
        fail_setting(name, hint)
    return config


def read_email(name: str, default: str) -> dict[str, Any]:
    """Django's EMAIL_ settings from a URL, with options as its query (`?EMAIL_TIMEOUT=10`)."""
    raw = read_str(name, default)
    if urlsplit(raw).scheme not in environ.Env.EMAIL_SCHEMES:
        fail_setting(
            name, "write smtp+tls://user:password@host:587, or consolemail:// to print e-mails to the terminal"
        )
    config: dict[str, Any] = environ.Env.email_url_config(raw)
    options: dict[str, Any] = config.pop("OPTIONS", {})
    return options | config


def release_fingerprint(folder: Path, *settings: object) -> str:
    """A digest of the release in `folder` and of some settings: of everything that responses depend on.

    It covers the content of files, not their times, so that all hosts with the same release agree.
    """
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=8)
    for file in sorted(_release_files(folder)):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _release_files(folder: Path) -> Iterator[Path]:
    """The files that responses depend on: the code, templates, static files, and versions of libraries."""
    yield from folder.glob("requirements.txt")
    packages = [path.parent for path in folder.glob("*/__init__.py") if path.parent.name != "tests"]
    for part in (*packages, folder / "templates", folder / "static"):
        for place, _, names in os.walk(part):
            if not place.endswith("__pycache__"):
                yield from (Path(place, name) for name in names if not name.startswith("."))
