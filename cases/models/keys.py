"""Any number of primary keys in one query."""

from __future__ import annotations

import json
from collections.abc import Iterable

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Expression
from django.db.models.sql.compiler import SQLCompiler

KEYS = {
    "sqlite": "SELECT value FROM json_each(%s)",
    "postgresql": "SELECT value::bigint FROM json_array_elements_text(%s) AS found (value)",
}


class Keys(Expression):
    """Keys as a subquery with a single parameter, because databases limit the number of parameters."""

    def __init__(self, keys: Iterable[int]) -> None:
        super().__init__()
        self.keys = tuple(keys)

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[str]]:
        return KEYS[connection.vendor], (json.dumps(self.keys),)
