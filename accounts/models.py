"""Who you are: one user model, from the first migration."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower

from .orcid import normalise_orcid, validate_orcid

MAX_PASTED_LENGTH = 200  # an ORCID iD with its address and what else came along


class OrcidField(models.CharField):
    """An ORCID iD, kept bare (0000-0002-1825-0097) however it was pasted; empty when there is none."""

    default_validators = [validate_orcid]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 19)
        super().__init__(*args, **kwargs)
        self.validators[:] = self.default_validators  # the shape says how long it is, and says it better

    def formfield(self, **kwargs: Any) -> Any:
        """Return a form field with room for what people paste."""
        return super().formfield(**{"max_length": MAX_PASTED_LENGTH} | kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the bare iD of whatever was pasted."""
        return normalise_orcid(value) if isinstance(value, str) and value else value


class User(AbstractUser):
    """A reader, researcher, curator or administrator."""

    first_name = None  # type: ignore[assignment]  # one name field: not everyone has two
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
        """Keep the e-mail address in lower case, as sign-in looks for it."""
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        """Return the name, or the user name of someone who gave none."""
        return str(self)

    def get_short_name(self) -> str:
        """Return the same: there is one name."""
        return str(self)
