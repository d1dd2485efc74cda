"""Token authentication: `Authorization: Bearer …` or `Token …`, with a token from the user's account page."""

import re
from typing import Any

from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from knox.auth import TokenAuthentication as KnoxTokenAuthentication
from rest_framework.authentication import get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

SCHEMES = ("Token", "Bearer")
TOKEN_PATTERN = re.compile(rb"[0-9A-Za-z_]{1,100}")


class TokenAuthentication(KnoxTokenAuthentication):
    """Knox's authentication, with two names for its scheme.

    Whoever sends credentials that are none of ours is refused, and not taken for a reader without an account: that
    would answer, and leave out what they came for.
    """

    def authenticate(self, request: Request) -> Any:
        if "HTTP_AUTHORIZATION" not in request.META:
            return None
        scheme, _, token = get_authorization_header(request).strip().partition(b" ")
        if scheme.decode("latin-1").capitalize() not in SCHEMES:
            raise AuthenticationFailed("Send “Authorization: Bearer” and a token from your account page.")
        return self.authenticate_credentials(token.strip())

    def authenticate_header(self, request: Request) -> str:
        return ", ".join(SCHEMES)

    def authenticate_credentials(self, token: bytes) -> Any:
        if not TOKEN_PATTERN.fullmatch(token):  # nor do such bytes reach the database
            raise AuthenticationFailed("Invalid token.")
        user, found = super().authenticate_credentials(token)
        user.by_token = True
        return user, found


class TokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # drf-spectacular is only partly typed
    """Describes the authentication in the OpenAPI schema."""

    target_class = "accounts.api.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token of the account page.",
        }
