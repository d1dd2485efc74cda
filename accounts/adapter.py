"""How allauth signs people up and writes to them here."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.context import request_context
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

logger = logging.getLogger(__name__)
MAX_EMAIL_LENGTH = 254  # as many as the columns hold


class AccountAdapter(DefaultAccountAdapter):
    """Opens and closes the sign-up form by the setting SIGN_UP, and lets no e-mail break a page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Say whether people may make their own accounts."""
        return bool(settings.SIGN_UP)

    def clean_email(self, email: str) -> str:
        """Refuse an address that the tables have no room for."""
        if len(email) > MAX_EMAIL_LENGTH:
            raise ValidationError(
                f"An e-mail address here has at most {MAX_EMAIL_LENGTH} characters.", code="max_length"
            )
        return email

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Return to one's account page."""
        return reverse("account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send as soon as what it tells of is certain; a mail server makes nobody wait for the database."""
        transaction.on_commit(lambda: self.send_now(template_prefix, email, context))

    def send_now(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, or say that it failed: what was asked for is done already, and can be mailed again."""
        try:
            with request_context(self.request):
                super().send_mail(template_prefix, email, context)
        except OSError:  # every failure of smtplib and of sockets
            logger.exception("The e-mail %s could not be sent", template_prefix)
            messages.error(self.request, "The e-mail could not be sent. Please try again later.")
