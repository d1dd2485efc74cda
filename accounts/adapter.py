"""Adapts allauth's sign-up and e-mails to this site."""

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

from .models import name_mistake

logger = logging.getLogger(__name__)
MAX_EMAIL_LENGTH = 254  # the size of the columns


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up follows the setting SIGN_UP, and a failing e-mail does not break a page."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP)

    def clean_email(self, email: str) -> str:
        """Refuse an address that is too long for the database."""
        if len(email) > MAX_EMAIL_LENGTH:
            raise ValidationError(
                f"An e-mail address here has at most {MAX_EMAIL_LENGTH} characters.", code="max_length"
            )
        return email

    def clean_username(self, username: str, shallow: bool = False) -> str:  # noqa: FBT001, FBT002 - allauth's
        """Refuse a name that cannot be seen whole, or that looks like another account's."""
        name: str = super().clean_username(username, shallow)
        if not shallow and (mistake := name_mistake(name)):
            raise ValidationError(mistake, code="alike")
        return name

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send after the transaction, so that a slow mail server does not hold it open."""
        transaction.on_commit(lambda: self.send_now(template_prefix, email, context))

    def send_now(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send, or show an error message: the change itself is saved, and the e-mail can be sent again."""
        try:
            with request_context(self.request):
                super().send_mail(template_prefix, email, context)
        except OSError:  # the base of all errors of smtplib and of sockets
            logger.exception("The e-mail %s could not be sent", template_prefix)
            messages.error(self.request, "The e-mail could not be sent. Please try again later.")
