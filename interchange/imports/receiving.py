"""Files of cases as they come in: read within bounds, and kept as an import that waits to be planned."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.files import File

from accounts.models import User

from ..models import Batch
from . import batches
from .planning import choose_spec
from .reading.bounds import FileRefused, FileTooLarge
from .reading.files import open_table

MAX_UPLOAD_ROWS = 5_000
"""More rows than these need the command."""


def receive_file(*, file: File[Any], mapping: str, sheet: str, publish: bool, by: User) -> Batch:
    """Keep the rows of a file. Raises FileRefused; one about unknown columns has their names as `columns`."""
    table = open_table(file, file.name or "", sheet=sheet)
    if len(table) > MAX_UPLOAD_ROWS:
        raise FileTooLarge(
            f"The file has {len(table):,} rows; here at most {MAX_UPLOAD_ROWS:,} are planned. Split it, or let it "
            "be brought in with manage.py import_cases, which takes 50,000."
        )
    try:
        spec = choose_spec(table, mapping)
    except FileRefused as error:
        error.columns = [header.name for header in table.headers]  # type: ignore[attr-defined]  # for a mapping
        raise
    file.seek(0)
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    batch = batches.create_batch(
        table=table, name=file.name or "", sha256=sha256, mapping=(spec.name, spec.plain()), by=by
    )
    return batches.reset_plan(batch=batch, by=by, publish=True) if publish else batch
