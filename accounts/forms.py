"""Forms for signing in and up, e-mail addresses and the profile."""

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from allauth.account.utils import filter_users_by_email
from django import forms

from plaintext.forms import NameField

from .models import User

EMAIL_LABEL = "E-mail address"
MAX_LOGIN_LENGTH = 254  # an e-mail address; user names are shorter


class SignInForm(allauth_forms.LoginForm):
    """Sign in with user name or e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        widget = forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"})
        self.fields["login"] = forms.CharField(
            label="User name or e-mail address", max_length=MAX_LOGIN_LENGTH, widget=widget
        )
        self.fields["remember"].label = "Stay signed in on this device"
        self.order_fields(["login", "password", "remember"])


class SignUpForm(allauth_forms.SignupForm):
    """Sign up with e-mail address, user name and a repeated password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = EMAIL_LABEL
        self.fields["username"].label = "User name"
        self.fields["username"].help_text = "Letters, digits and @ . + - _"


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """Ask for a link to choose a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = EMAIL_LABEL


class AddEmailForm(allauth_forms.AddEmailForm):
    """Add an e-mail address that no other account has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = EMAIL_LABEL

    def clean_email(self) -> str:
        """Refuse an address that could not become the account's main address later."""
        email = super().clean_email()
        if any(user.pk != self.user.pk for user in filter_users_by_email(email)):
            raise get_adapter().validation_error("email_taken")
        return email


class ProfileForm(forms.ModelForm):
    """The user's name and ORCID iD."""

    class Meta:
        model = User
        fields = ["name", "orcid"]
        field_classes = {"name": NameField}
        widgets = {
            "name": forms.TextInput(attrs={"autocomplete": "name"}),
            "orcid": forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        }
