"""The environment, read by typed helpers: a value that cannot be meant stops the start and says what to write instead.

A variable that is set but empty counts as not set. Messages never repeat a value that may hold a password.
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
MIN_SECRET_LENGTH = 50  # characters; `check --deploy` asks for as many
DATABASE_ENGINES = {"django.db.backends.sqlite3", "django.db.backends.postgresql"}


def fail_setting(name: str, hint: str) -> NoReturn:
    """Stop the start: `name` cannot be read as it is, `hint` says what to write."""
    raise ImproperlyConfigured(f"The setting {name} cannot be read: {hint}. Each setting is explained in .env.example.")


def read_env_file(path: Path) -> None:
    """Add the variables of a `.env` file; what the environment already says wins."""
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
    """The address of a whole site, as `https://catalogue.example.org`: scheme, host, perhaps a port, nothing behind."""
    raw = read_str(name, default)
    parts = urlsplit(raw)
    behind = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or behind:
        fail_setting(name, f"write a whole address as https://catalogue.example.org, not {raw!r}")
    return f"{parts.scheme}://{parts.netloc}"


def read_folder(name: str, default: Path) -> Path:
    """A folder that can be written to, made where it is missing; a relative path starts beside `manage.py`."""
    path = default.parent / read_str(name, default.name)
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        fail_setting(name, f"the folder {path} cannot be made ({error.strerror})")
    if not os.access(path, os.W_OK):
        fail_setting(name, f"the folder {path} cannot be written to")
    return path


def read_secret(name: str, file: Path) -> str:
    """A secret of the environment, or the one kept in `file`: made on the first run, readable by its owner only."""
    kept = read_str(name, "") or read_or_create_file(name, file)
    if len(kept) < MIN_SECRET_LENGTH:
        fail_setting(
            name, f"write at least {MIN_SECRET_LENGTH} characters that nobody can guess, or none to have them made"
        )
    return kept


def read_or_create_file(name: str, file: Path) -> str:
    """The content of `file`; two processes that start together and find none agree on one."""
    try:
        if not file.exists():
            create_file(file, secrets.token_urlsafe(MIN_SECRET_LENGTH))
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        fail_setting(name, f"the file {file} cannot be kept ({error.strerror})")


def create_file(file: Path, content: str) -> None:
    """Write `content` to a new file, whole or not at all; a file that has appeared meanwhile stays."""
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
    """A Django database from an address: SQLite or PostgreSQL."""
    raw = read_str(name, default)
    hint = "write postgres://user:password@host:5432/name, postgres:////socket/folder/name or sqlite:////folder/file"
    if environ.Env.DB_SCHEMES.get(raw.partition(":")[0]) not in DATABASE_ENGINES:
        fail_setting(name, hint)
    try:
        config: dict[str, Any] = environ.Env.db_url_config(raw)
    except ValueError:  # a port that is no number
        fail_setting(name, hint)
    if not config["NAME"] or "%" in config["HOST"]:  # a folder as host would lose its capitals
        fail_setting(name, hint)
    return config


def read_email(name: str, default: str) -> dict[str, Any]:
    """Django's EMAIL_ settings from an address; options stand behind a question mark (`?EMAIL_TIMEOUT=10`)."""
    raw = read_str(name, default)
    if urlsplit(raw).scheme not in environ.Env.EMAIL_SCHEMES:
        fail_setting(
            name, "write smtp+tls://user:password@host:587, or consolemail:// to print e-mails to the terminal"
        )
    config: dict[str, Any] = environ.Env.email_url_config(raw)
    options: dict[str, Any] = config.pop("OPTIONS", {})
    return options | config


def release_fingerprint(folder: Path, *settings: object) -> str:
    """What names the release in `folder`, and some settings: a digest of all that shapes an answer.

    Of what the files hold, not of when they were written, so that every host with one release says the same.
    """
    digest = hashlib.blake2b(repr(settings).encode(), digest_size=8)
    for file in sorted(_served(folder)):
        content = file.read_bytes()
        digest.update(f"{file.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()


def _served(folder: Path) -> Iterator[Path]:
    """The files that shape an answer: the packages' code, the templates, the static files, the libraries' versions."""
    yield from folder.glob("requirements.txt")
    packages = [path.parent for path in folder.glob("*/__init__.py") if path.parent.name != "tests"]
    for part in (*packages, folder / "templates", folder / "static"):
        for place, _, names in os.walk(part):
            if not place.endswith("__pycache__"):
                yield from (Path(place, name) for name in names if not name.startswith("."))
