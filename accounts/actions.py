"""Creating and revoking API tokens."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken

from .models import User

MAX_TOKENS = 10


@transaction.atomic
def create_token(*, by: User) -> str:
    """Create an API token for `by`. Only its digest is stored, so it cannot be shown again.

    Raises ValidationError if the user has `MAX_TOKENS` already; expired ones are deleted first.
    """
    owner = User.objects.select_for_update().get(
        pk=by.pk
    )  # locked, so that simultaneous requests count one after the other
    tokens = AuthToken.objects.filter(user=owner)
    tokens.filter(expiry__lte=timezone.now()).delete()
    if tokens.count() >= MAX_TOKENS:
        raise ValidationError(
            f"You have {MAX_TOKENS} tokens, the most one may have. Revoke one that you no longer use."
        )
    _, token = AuthToken.objects.create(user=owner)
    return str(token)


def revoke_token(*, key: str, by: User) -> bool:
    """Delete the token of `by` that begins with `key`; returns whether there was one."""
    deleted, _ = AuthToken.objects.filter(user=by, token_key=key).delete()
    return bool(deleted)
