"""A catalogue that an earlier release leaves, with all that people did in it, opened by this one: nothing moves.

`making.py` tells what they did, `recording.py` wrote the folder down, and `visiting.py` asks both releases the same.
"""

from __future__ import annotations

import csv
import io
import json
import lzma
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]
CASE = re.compile("/api/v1/cases/[^/?]+/")
LANDED = Path(__file__).parent / "before_0.1.0"


class Catalogue(NamedTuple):
    """What a catalogue says of the loading of its files, and what it answers by reader and address."""

    loaded: list[str]
    answers: dict[str, dict[str, dict[str, Any]]]


def unpacked(name: str) -> bytes:
    return lzma.decompress((LANDED / f"{name}.xz").read_bytes())


@pytest.fixture(scope="module")
def before() -> Catalogue:
    return Catalogue(**json.loads(unpacked("answers.json")))


@pytest.fixture(scope="module")
def after(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalogue]:
    folder = tmp_path_factory.mktemp("upgrade")
    with tarfile.open(LANDED / "files.tar.xz") as archive:
        archive.extractall(folder / "files", filter="data")
    with in_place(folder) as address:
        variables = {
            **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BASE_URL"}},
            **address,
            "DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "tests.upgrades.settings",
            "ENV_FILE": "",
            "LOG_LEVEL": "CRITICAL",
            "SECRET_KEY": "x" * 60,
        }
        command = [sys.executable, "-m", "tests.upgrades.visiting", str(folder / "files"), str(folder / "answers.json")]
        done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        yield Catalogue(**json.loads((folder / "answers.json").read_text("utf-8")))


@contextmanager
def in_place(folder: Path) -> Iterator[dict[str, str]]:
    """Put the database that was left in its place; give the variables that lead there."""
    if connection.vendor == "sqlite":
        (folder / "catalogue.sqlite3").write_bytes(unpacked("database.sqlite3"))
        yield {}
        return
    at = connection.settings_dict
    name = f"upgrade_{os.getpid()}"
    _run(at, "postgres", f"CREATE DATABASE {name}")
    try:
        _run(at, name, unpacked("database.sql").decode())
        yield {"DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"}
    finally:
        _run(at, "postgres", f"DROP DATABASE {name} WITH (FORCE)")


def _run(at: dict[str, Any], database: str, statements: str) -> None:
    where = psycopg2.connect(host=at["HOST"], port=at["PORT"] or None, user=at["USER"], dbname=database)
    where.autocommit = True
    with where.cursor() as cursor:
        cursor.execute(statements)
    where.close()


def test_every_address_answers_as_it_did(before: Catalogue, after: Catalogue) -> None:
    then, now = ({key: answer["status"] for key, answer in each(which)} for which in (before, after))
    assert {key: (then[key], now.get(key)) for key in then if then[key] != now.get(key)} == {}


def test_what_was_told_is_told(before: Catalogue, after: Catalogue) -> None:
    now = dict(each(after))
    moved = {}
    for key, answer in each(before):
        if "told" in answer and (found := list(missing(read(key[1], answer), read(key[1], now[key])))):
            moved[key] = found[:3]
    assert moved == {}


def test_no_case_has_another_entity_tag(before: Catalogue, after: Catalogue) -> None:
    then, now = (tags(which) for which in (before, after))
    assert len(then) > 30
    assert now == then


def tags(catalogue: Catalogue) -> dict[tuple[str, str], str]:
    """Return the versions in the entity tags of the cases; what follows them names the text that is sent."""
    found = {
        key: answer.get("etag", "")
        for key, answer in each(catalogue)
        if CASE.fullmatch(key[1]) and answer["status"] == 200
    }
    return {key: tag.partition("-")[0] for key, tag in found.items() if tag}


def test_no_version_was_made(before: Catalogue, after: Catalogue) -> None:
    then, now = (dict(each(which)) for which in (before, after))
    versions = [key for key, answer in then.items() if key[1].endswith("/versions/") and "told" in answer]
    assert len(versions) > 30
    assert {key: read(*of(now, key))["count"] for key in versions} == {
        key: read(*of(then, key))["count"] for key in versions
    }


def of(answers: dict[tuple[str, str], dict[str, Any]], key: tuple[str, str]) -> tuple[str, dict[str, Any]]:
    return key[1], answers[key]


def test_what_was_not_edited_is_the_same_to_the_files(before: Catalogue, after: Catalogue) -> None:
    assert before.loaded[-1] == "cases: 4 same, 6 kept as edited"
    assert after.loaded == before.loaded


# What is compared


def each(catalogue: Catalogue) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    """Yield (reader, address) and the answer."""
    for reader, answers in catalogue.answers.items():
        for address, answer in answers.items():
            yield (reader, address), answer


def read(address: str, answer: dict[str, Any]) -> Any:
    """Return what an answer tells; None where it tells nothing."""
    text = answer.get("told")
    if text is None:
        return None
    if address.endswith(".csv"):
        return list(csv.DictReader(io.StringIO(text)))
    if address.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    return json.loads(text)


def missing(then: Any, now: Any, path: str = "") -> Iterator[str]:
    """Yield where something was told that is told otherwise, or no more. What is told besides does not count.

    >>> list(missing({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3, "c": 4}]}))
    ['.a[1].b: 2, now 3']
    """
    if isinstance(then, dict) and isinstance(now, dict):
        for name, told in then.items():
            yield from missing(_opened(name, told), _opened(name, now.get(name)), f"{path}.{name}")
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        name = path.rpartition(".")[2]
        for number, (one, other) in enumerate(zip(_by_slug(name, then), _by_slug(name, now), strict=True)):
            yield from missing(one, other, f"{path}[{number}]")
    elif then != now:
        yield f"{path}: {then!r}, now {now!r}"[:300]


def _by_slug(name: str, told: list[Any]) -> list[Any]:
    """Entries in the order of their slugs: the order of titles and names was another once."""
    if told and all(isinstance(one, dict) and "slug" in one for one in told):
        return sorted(told, key=itemgetter("slug"))
    return sorted(told) if name == "places" else told


IDLE = {"ongoing": "false", "start_precision": "exact", "end_precision": "exact"}
"""What was once sent of a year that is not there, where now there is nothing."""


def _opened(name: str, told: Any) -> Any:
    """Return the record in a cell of an export, a single body of a note, once a list of one, and the stamps of codings.

    Everything else is returned as it is.
    """
    if name == "body" and isinstance(told, list) and len(told) == 1:
        return told[0]
    if name in IDLE and told in (IDLE[name], "", None):
        return None
    if name == "codings":  # once a mapping by path, now a list with an entry for each term
        stamps = told.values() if isinstance(told, dict) else told
        return sorted({(stamp["version"], stamp["date"], stamp["codebook"]) for stamp in stamps})
    return json.loads(told) if name == "record" and isinstance(told, str) else told
