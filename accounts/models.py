"""The user model, and what is kept for a user for a short time."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from .orcid import normalise_orcid, validate_orcid

MAX_PASTED_LENGTH = 200  # room for an iD that is pasted with its address and other text


class OrcidField(models.CharField):
    """An ORCID iD, stored in its bare form (0000-0002-1825-0097); empty if there is none."""

    default_validators = [validate_orcid]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 19)
        super().__init__(*args, **kwargs)
        self.validators[:] = self.default_validators  # no length validator: the iD's own validator has a better message

    def formfield(self, **kwargs: Any) -> Any:
        """A form field with room for pasted addresses."""
        return super().formfield(**{"max_length": MAX_PASTED_LENGTH} | kwargs)

    def to_python(self, value: Any) -> Any:
        """The bare iD of pasted text."""
        return normalise_orcid(value) if isinstance(value, str) and value else value


class User(AbstractUser):
    """A reader, researcher, curator or administrator."""

    first_name = None  # type: ignore[assignment]  # there is one name field, as not everyone has two names
    last_name = None  # type: ignore[assignment]
    name = models.CharField("name", max_length=200, blank=True, help_text="As it should stand beside what you write.")
    email = models.EmailField("e-mail address", blank=True)
    orcid = OrcidField("ORCID iD", blank=True, help_text="For example 0000-0002-1825-0097; its address will do, too.")

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_once",
                violation_error_message="Another account has this e-mail address.",
            ),
            models.UniqueConstraint(
                Lower("username"),
                name="user_username_once",
                violation_error_message="Another account has this user name.",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the e-mail address in lower case, as sign-in looks it up."""
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        """The name, or the user name if it is empty."""
        return str(self)

    def get_short_name(self) -> str:
        """The same as the full name: there is only one name."""
        return str(self)


class SealedContent(models.Model):
    """What is kept for one user for a short time, readable only with its key (see `accounts.sealing`)."""

    digest = models.CharField(max_length=64, primary_key=True)
    author = models.ForeignKey(User, models.CASCADE, related_name="+")
    sealed = models.BinaryField(default=b"")
    size = models.PositiveIntegerField(default=0, help_text="Of what is sealed, in bytes.")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.digest


class UnsentForm(SealedContent):
    """What was typed into a form that could not be sent, because its author was not signed in any more."""


class SentForm(SealedContent):
    """A form that was sent with a key of its own, and its response; until there is one, nothing is sealed."""
