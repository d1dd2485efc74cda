"""Puts a made-up catalogue into an empty database, with bulk statements and every derived row.

    DATABASE_URL=sqlite:////tmp/made.sqlite3 python -m tests.benchmarks.loading 100000

All cores make cases; this process writes them as they come, some hundred at a time, so memory stays bounded.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache, partial
from operator import attrgetter
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "codelivery.settings")
django.setup()

from django.apps import apps
from django.core.management import call_command
from django.core.management.color import no_style
from django.db import connection, models, transaction

from cases.derived.representations import REPRESENTATION_FORM, build_representation
from cases.models import CachedRepresentation, Catalogue
from cases.search.engine import SearchableTexts, index_texts, searchable_texts
from plaintext.columns import SortKeyField

from . import world
from .database import copied
from .synthetic import Maker

SIZE = 500  # cases a batch
COMMIT = 40  # batches a transaction
AHEAD = 12  # batches

Row = tuple[Any, ...]
Rows = dict[str, list[Row]]
"""Rows by the label of their model, in the order of its columns."""
Batch = tuple[Rows, list[SearchableTexts]]
"""What a batch of cases consists of: its rows, and its texts for the search."""


def main(size: int) -> None:
    """Make the tables, fill the registers, write `size` cases, and say how long it took."""
    start = time.monotonic()
    call_command("migrate", verbosity=0, interactive=False)
    world.furnish(size)
    connection.close()  # no worker inherits it
    with multiprocessing.get_context("spawn").Pool() as pool:
        _write(_ahead(pool, size))
    print(f"{size:,} cases in {time.monotonic() - start:.0f} s", flush=True)


def _ahead(pool: Any, size: int) -> Iterator[Batch]:
    """Yield batches in order, made at most AHEAD of them ahead of whoever takes them."""
    room = threading.Semaphore(AHEAD)

    def keys() -> Iterator[range]:
        for first in range(1, size + 1, SIZE):
            room.acquire()
            yield range(first, min(first + SIZE, size + 1))

    for made in pool.imap(partial(_made, size), keys()):
        yield made
        room.release()


# In the workers -------------------------------------------------------------------------------------------------------


@cache
def _maker(size: int) -> Maker:
    """The maker of cases of this process."""
    maker = Maker(world.World.load(size), size)
    connection.close()
    return maker


def _made(size: int, keys: Iterable[int]) -> Batch:
    return batch(_maker(size), keys)


def batch(maker: Maker, keys: Iterable[int]) -> Batch:
    """Make the cases with these keys: their rows, and their texts for the search."""
    rows: Rows = {}
    texts = []
    for key in keys:
        made = maker.make(key)
        record = CachedRepresentation(case=made.case, **build_representation(made.case)._asdict())
        texts.append(searchable_texts(made.case))
        for row in (*made.rows, record):
            rows.setdefault(row._meta.label, []).append(_plain(row))
    return rows, texts


def _plain(row: models.Model) -> Row:
    """Return the contents of a row's columns, as both databases read them."""
    for key in (field for field in row._meta.concrete_fields if isinstance(field, SortKeyField)):
        key.pre_save(row, add=True)  # as saving does
    names = (field.attname for field in row._meta.concrete_fields)
    return tuple(map(_value, attrgetter(*names)(row)))


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return str(value.replace(tzinfo=None))
    if isinstance(value, dict):
        return json.dumps(value)
    return str(value) if isinstance(value, Decimal) else value


# In the writer --------------------------------------------------------------------------------------------------------


def _write(batches: Iterator[Batch]) -> None:
    _hurry()
    while _write_some(batches):
        pass
    with transaction.atomic():
        Catalogue.move()
        Catalogue.objects.update(rendering=REPRESENTATION_FORM)
    _settle()


def _write_some(batches: Iterator[Batch]) -> bool:
    """Write a transaction's worth of batches; False when there was none."""
    written = 0
    with transaction.atomic():
        for _, made in zip(range(COMMIT), batches, strict=False):
            write(made)
            written += 1
    return bool(written)


def write(made: Batch) -> None:
    """Put a batch of cases into the tables and the search."""
    rows, texts = made
    for label, some in rows.items():
        _insert(apps.get_model(label), some)
    index_texts(texts)


def _insert(model: type[models.Model], rows: list[Row]) -> None:
    quoted = connection.ops.quote_name
    table = quoted(model._meta.db_table)
    columns = [quoted(str(field.column)) for field in model._meta.concrete_fields]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN", copied(rows))
        else:
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def _hurry() -> None:
    """Leave out what guards against power cuts and checks foreign keys row by row; `_settle` checks them at the end."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("PRAGMA foreign_keys=OFF")
            cursor.execute("PRAGMA synchronous=OFF")
            cursor.execute("PRAGMA cache_size=-400000")


def _settle() -> None:
    """Gather statistics, and let new rows have new keys."""
    sequences = connection.ops.sequence_reset_sql(no_style(), list(apps.get_models()))
    with connection.cursor() as cursor:
        for statement in sequences:
            cursor.execute(statement)
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


if __name__ == "__main__":
    main(int(sys.argv[1]))
