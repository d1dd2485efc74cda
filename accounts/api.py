"""Token authentication: `Authorization: Token …`, with a token from the user's account page."""

import re
from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

TOKEN_PATTERN = re.compile(rb"[0-9A-Za-z_]{1,100}")


class TokenAuthentication(KnoxTokenAuthentication):
    """Knox's authentication; it refuses bytes that cannot be a token before they reach the database."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not TOKEN_PATTERN.fullmatch(token):
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)


class TokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # drf-spectacular is only partly typed
    """Describes the authentication in the OpenAPI schema."""

    target_class = "accounts.api.TokenAuthentication"
    name = "token"
