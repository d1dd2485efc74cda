"""Forms that could not be sent are kept for their author; forms that were sent are not sent twice.

Both are bounded, for each user and in all, and short-lived. What is too old is deleted whenever something is kept.
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils import timezone

from .models import SealedContent, SentForm, UnsentForm, User
from .sealing import digest_of, seal, unseal

UNSENT_FOR = timedelta(days=1)  # one may sign in again the next morning
SENT_FOR = timedelta(hours=1)
RUNNING_FOR = timedelta(seconds=60)  # longer than a server works on one request
MAX_ROWS = 20  # for each user and table
MAX_BYTES = 1_000_000  # in one row, sealed
MAX_BYTES_EACH = 4_000_000  # for each user and table
MAX_BYTES_IN_ALL = 200_000_000  # in each table


def keep_unsent_form(*, author: int, content: Any) -> str | None:
    """Keep JSON content for a user; returns its key, or None if there is no such user or no room."""
    key = secrets.token_urlsafe(24)
    sealed = seal(key, content)
    _prune(UnsentForm, UNSENT_FOR, author)
    if not (User.objects.filter(pk=author, is_active=True).exists() and _has_room(UnsentForm, len(sealed))):
        return None
    UnsentForm.objects.create(digest=digest_of(key), author_id=author, sealed=sealed, size=len(sealed))
    return key


def open_unsent_form(*, key: str, by: User) -> Any:
    """The content kept under a key; None if there is none, or if `by` did not write it."""
    recent = UnsentForm.objects.filter(created_at__gt=timezone.now() - UNSENT_FOR)
    row = recent.filter(digest=digest_of(key), author=by).first()
    return unseal(key, row.sealed) if row else None


def discard_unsent_form(*, key: str, by: User) -> None:
    """Delete what was kept under a key, once it has been sent."""
    UnsentForm.objects.filter(digest=digest_of(key), author=by).delete()


def claim_sending(*, key: str, by: User) -> bool:
    """Note that a form is being sent; False if it was sent before, or is being sent now."""
    _prune(SentForm, SENT_FOR, by.pk)
    digest, abandoned = digest_of(key), timezone.now() - RUNNING_FOR
    SentForm.objects.filter(digest=digest, size=0, created_at__lt=abandoned).delete()
    try:
        with transaction.atomic():
            SentForm.objects.create(digest=digest, author=by)
    except IntegrityError:
        return False
    return True


def store_response(*, key: str, content: Any) -> None:
    """Keep the response to a form that was sent."""
    sealed = seal(key, content)
    if _has_room(SentForm, len(sealed)):
        SentForm.objects.filter(digest=digest_of(key)).update(sealed=sealed, size=len(sealed))
    else:
        release_sending(key=key)


def release_sending(*, key: str) -> None:
    """Forget that a form was sent: it failed, and may be sent again."""
    SentForm.objects.filter(digest=digest_of(key)).delete()


def stored_response(*, key: str, by: User) -> Any:
    """The response to a form that `by` sent; None while there is none."""
    row = SentForm.objects.filter(digest=digest_of(key), author=by, size__gt=0).first()
    return unseal(key, row.sealed) if row else None


def _prune(model: type[SealedContent], lifetime: timedelta, author: int) -> None:
    """Delete what is too old, and of a user's rows the oldest, so that there is room for one more."""
    rows = model._default_manager
    rows.filter(created_at__lt=timezone.now() - lifetime).delete()
    room, surplus = MAX_BYTES_EACH - MAX_BYTES, []
    latest = rows.filter(author=author).order_by("-created_at").values_list("pk", "size")
    for place, (pk, size) in enumerate(latest, start=1):
        room -= size
        if place >= MAX_ROWS or room < 0:
            surplus.append(pk)
    if surplus:
        rows.filter(pk__in=surplus).delete()


def _has_room(model: type[SealedContent], size: int) -> bool:
    in_all = model._default_manager.aggregate(size=Sum("size"))["size"] or 0
    return size <= MAX_BYTES and in_all + size <= MAX_BYTES_IN_ALL
