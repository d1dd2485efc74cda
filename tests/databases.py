"""Test databases that need no migrating: each is a copy of a template, made once for the migrations as they are.

A template holds the tables and what the migrations put into them. What follows each `migrate` (permissions, groups) is
made in every copy. So a template depends on the migrations, the types of columns and the database alone: it is named
after their fingerprint, and one of other migrations is never taken. On SQLite it is a file; on PostgreSQL a database
beside those of the tests.
"""

import contextlib
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import django
from django.apps import apps
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker

if sys.platform != "win32":
    import fcntl

LOCK = 7_203_994  # ours among PostgreSQL's advisory locks


def use_template(folder: Path) -> None:
    """Let the test database be a copy of the template, which is kept in `folder` if it is a file."""
    options = connection.settings_dict["TEST"]
    if connection.vendor == "sqlite":
        copy_template(folder, Path(options["NAME"]))
    else:
        options["TEMPLATE"] = postgresql_template()
    options["MIGRATE"] = False


def copy_template(folder: Path, copy: Path) -> None:
    """Copy the template, which is made when it is missing, and is whole whenever it is there."""
    template = folder / f"{fingerprint()}.sqlite3"
    with alone(folder / "lock"):
        if not template.is_file():
            for former in folder.glob("*.sqlite3"):
                former.unlink()
            with tempfile.TemporaryDirectory(dir=folder) as place:
                made = Path(place) / "made.sqlite3"
                migrate(str(made))
                made.replace(template)
        shutil.copyfile(template, copy)


def postgresql_template() -> str:
    """The template's name; it is made when it is missing, and is whole whenever it is there."""
    template, unfinished = f"template_{fingerprint()}", "template_unfinished"
    server = connection.copy()
    server.settings_dict["NAME"] = "postgres"
    with contextlib.closing(server), server.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])  # until the connection is closed
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [template])
        if not cursor.fetchall():
            cursor.execute(f"DROP DATABASE IF EXISTS {unfinished}")
            cursor.execute(f"CREATE DATABASE {unfinished}")
            migrate(unfinished)
            cursor.execute(f"ALTER DATABASE {unfinished} RENAME TO {template}")
    return template


def migrate(name: str) -> None:
    """Apply all migrations to a new database, and nothing that follows them."""
    former = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
    finally:
        connection.close()
        connection.settings_dict["NAME"] = former


def fingerprint() -> str:
    """What a template depends on, as a short name."""
    found = hashlib.sha256(f"{django.__version__} {connection.vendor}".encode())
    for app in apps.get_app_configs():
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            found.update(f"\0{app.label} {file.name}\0".encode() + file.read_bytes())
    for model in apps.get_models(include_auto_created=True):
        columns = {field.column: field.db_parameters(connection) for field in model._meta.concrete_fields}
        found.update(f"\0{model._meta.db_table} {columns}".encode())
    return found.hexdigest()[:16]


@contextlib.contextmanager
def alone(file: Path) -> Iterator[None]:
    """Let one process after the other through (on Windows all: each makes a template, and the last one stays)."""
    with file.open("w") as stream:
        if sys.platform != "win32":
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def standing(blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let what is written inside stand for all tests of a module; undo it at the end.

    For a fixture of the module's scope, in a module without a test that ends its transaction. Each test undoes its own.
    """
    whole = transaction.atomic()
    with blocker.unblock():
        whole.__enter__()
    try:
        yield
    finally:
        with blocker.unblock():
            transaction.set_rollback(True)
            whole.__exit__(None, None, None)
