"""What Django reckons anew for each column of each ordered query, made quickly: a twentieth of the suite's time.

To find out which selected column an ordering names, Django makes a dictionary of all of them, and for each key it binds
the arguments to the signature of `Col.__init__` with `inspect`. Here a call binds them; the key is the same.
"""

from __future__ import annotations

from typing import Any

from django.db.models.expressions import Col
from django.utils.functional import cached_property


def _arguments(alias: Any, target: Any, output_field: Any = None) -> dict[str, Any]:
    return {"alias": alias, "target": target, "output_field": output_field}


def _identity(column: Any) -> tuple[Any, ...]:
    args, kwargs = column._constructor_args  # noqa: SLF001 - as `identity` reads them
    made = _arguments(*args, **kwargs)
    return (Col, *((name, column._identity(value)) for name, value in made.items()))  # noqa: SLF001 - as `identity` does


def hasten_ordering() -> None:
    """Replace `Col.identity`."""
    identity = cached_property(_identity)
    identity.__set_name__(Col, "identity")
    Col.identity = identity  # type: ignore[assignment,method-assign]
