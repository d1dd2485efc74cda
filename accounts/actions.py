"""What may be done with API tokens."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from knox.models import AuthToken

from .models import User

MAX_TOKENS = 10


@transaction.atomic
def create_token(*, by: User) -> str:
    """Make a token that acts for `by`, and return it: only its digest is kept, so nobody can show it again.

    Raise ValidationError where `by` has as many as one may have. Expired ones make room.
    """
    owner = User.objects.select_for_update().get(pk=by.pk)  # two requests at once count one after the other
    tokens = AuthToken.objects.filter(user=owner)
    tokens.filter(expiry__lte=timezone.now()).delete()
    if tokens.count() >= MAX_TOKENS:
        raise ValidationError(
            f"You have {MAX_TOKENS} tokens, the most one may have. Revoke one that you no longer use."
        )
    _, token = AuthToken.objects.create(user=owner)
    return str(token)


def revoke_token(*, key: str, by: User) -> bool:
    """Make the token of `by` that begins with `key` worthless, and say whether there was one."""
    deleted, _ = AuthToken.objects.filter(user=by, token_key=key).delete()
    return bool(deleted)
