"""The user model, and what is kept for a user for a short time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone

from plaintext.columns import WrittenModel
from plaintext.lookalikes import mixed_word, skeletons
from plaintext.visibility import name_problem, tidy_name

from .orcid import normalise_orcid, validate_orcid

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

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


MAX_SKELETON_LENGTH = 400  # characters; the few that are longer are compared by their beginnings
NAME_TAKEN = "The name of another account looks like this one: choose one that can be told apart from it."


def looks(*names: str) -> set[str]:
    """What names look like, as it is stored."""
    return {found[:MAX_SKELETON_LENGTH] for name in names for found in skeletons(name)}


class User(WrittenModel, AbstractUser):
    """A reader, researcher, curator or administrator.

    User names and displayed names are one space of names: nobody may be called what somebody else looks to be called.
    """

    first_name = None  # type: ignore[assignment]  # there is one name field, as not everyone has two names
    last_name = None  # type: ignore[assignment]
    name = models.CharField("name", max_length=200, blank=True, help_text="As it should stand beside what you write.")
    email = models.EmailField("e-mail address", blank=True)
    orcid = OrcidField("ORCID iD", blank=True, help_text="For example 0000-0002-1825-0097; its address will do, too.")

    by_token = False
    """Whether this is a program, which acts for the user with one of their tokens."""

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

    if TYPE_CHECKING:
        claims: RelatedManager[NameClaim]

    def clean(self) -> None:
        """Tidy the names, and refuse new ones that are not visible, or that look like another account's."""
        super().clean()
        self.name = tidy_name(self.name)
        before = self._stored_names()
        mistakes = {
            field: problem
            for field, name, former in zip(("username", "name"), self.names, before, strict=True)
            if name and name != former and not self._is_taken(field) and (problem := name_mistake(name, self))
        }
        if mistakes:
            raise ValidationError(mistakes)

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the e-mail address in lower case, as sign-in looks it up; claim the names, if they have changed."""
        self.email = self.email.lower()
        saved = kwargs.get("update_fields")
        before = self._stored_names() if saved is None or {"username", "name"} & set(saved) else self.names
        super().save(*args, **kwargs)
        if self.names != before:
            self._claim_names(looks(*before))

    @property
    def names(self) -> tuple[str, str]:
        return self.username, self.name

    def _stored_names(self) -> tuple[str, str]:
        stored = type(self)._default_manager.filter(pk=self.pk) if self.pk else type(self)._default_manager.none()
        return stored.values_list("username", "name").first() or ("", "")

    def _is_taken(self, field: str) -> bool:
        """Whether another account has this very user name, which its constraint says better."""
        others = type(self)._default_manager.exclude(pk=self.pk)
        return field == "username" and others.filter(username__iexact=self.username).exists()

    def _claim_names(self, before: set[str]) -> None:
        """Claim what is new; a look that an account from before shares with another stays without a claim."""
        wanted = looks(*self.names)
        self.claims.exclude(skeleton__in=wanted).delete()
        NameClaim.objects.bulk_create(NameClaim(user=self, skeleton=found) for found in wanted - before)

    def get_full_name(self) -> str:
        """The name, or the user name if it is empty."""
        return str(self)

    def get_short_name(self) -> str:
        """The same as the full name: there is only one name."""
        return str(self)


class NameClaim(models.Model):
    """What a name of an account looks like (`plaintext.lookalikes`); no other account may look so."""

    skeleton = models.CharField(max_length=MAX_SKELETON_LENGTH, unique=True)
    user = models.ForeignKey(User, models.CASCADE, related_name="claims")

    def __str__(self) -> str:
        return self.skeleton


def name_mistake(name: str, user: User | None = None) -> str:
    """What is wrong with a new name of an account, `user` or one to be; empty if nothing is."""
    return next(_name_mistakes(name, user), "")


def _name_mistakes(name: str, user: User | None) -> Iterator[str]:
    if problem := name_problem(name):
        yield problem
    if mixed := mixed_word(name):
        yield f"“{mixed}” mixes letters of several scripts: write each word in one."
    claims = NameClaim.objects.filter(skeleton__in=looks(name))
    if user and user.pk:
        claims = claims.exclude(user=user)
    if claims.exists():
        yield NAME_TAKEN


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
