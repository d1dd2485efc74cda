"""How a program says who it is: `Authorization: Token …`, with a token made on one's account page."""

import re
from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.exceptions import AuthenticationFailed

TOKEN_PATTERN = re.compile(rb"[0-9A-Za-z_]{1,100}")


class TokenAuthentication(KnoxTokenAuthentication):
    """Knox's, which takes any bytes for a token: what cannot be one is refused before the database sees it."""

    def authenticate_credentials(self, token: bytes) -> Any:
        """Return the user and the token, or raise AuthenticationFailed."""
        if not TOKEN_PATTERN.fullmatch(token):
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)


class TokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # drf-spectacular has half of its types
    """What the API's schema says of it."""

    target_class = "accounts.api.TokenAuthentication"
    name = "token"
