from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import Model

_Thing = TypeVar("_Thing", bound=Model)

def bulk_create_with_history(
    objs: Iterable[_Thing],
    model: type[_Thing],
    batch_size: int | None = None,
    ignore_conflicts: bool = False,
    default_user: Any = None,
    default_change_reason: str | None = None,
) -> list[_Thing]: ...
def bulk_update_with_history(
    objs: Iterable[_Thing],
    model: type[_Thing],
    fields: Iterable[str],
    batch_size: int | None = None,
    default_user: Any = None,
    default_change_reason: str | None = None,
) -> int: ...
