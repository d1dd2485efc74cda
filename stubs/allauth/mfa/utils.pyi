from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser

def is_mfa_enabled(user: AbstractUser, types: Iterable[str] | None = None) -> bool: ...
