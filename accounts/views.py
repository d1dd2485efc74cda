"""The account page, API tokens, and views that differ from allauth's."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any, cast

from allauth.account import views as allauth_views
from allauth.account.decorators import reauthentication_required
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from knox.models import AuthToken

from .actions import MAX_TOKENS, create_token, revoke_token
from .forms import ProfileForm
from .models import User

ACCOUNT_TAKEN = "Another account has this e-mail address or user name by now."


class SignUpView(allauth_views.SignupView):
    """The sign-up form: 403 if sign-up is closed, and a form error if the name or address has just been taken."""

    def closed(self) -> HttpResponse:
        response = super().closed()
        response.status_code = HTTPStatus.FORBIDDEN
        return response

    def form_valid(self, form: Form) -> HttpResponse:
        try:
            with transaction.atomic():
                return super().form_valid(form)
        except IntegrityError:
            form.add_error(None, ACCOUNT_TAKEN)
            return self.form_invalid(form)


def handle_taken_email(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Show a message if another account has taken the e-mail address at the same moment."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                return view(request, *args, **kwargs)
        except IntegrityError:
            messages.error(request, ACCOUNT_TAKEN)
            return redirect("account_email")

    return wrapped


def render_account(request: HttpRequest, form: ProfileForm | None = None, new_token: str = "") -> HttpResponse:
    """The account page; `new_token` is shown only this once."""
    user = cast("User", request.user)
    return render(
        request,
        "accounts/account.html",
        {
            "form": form or ProfileForm(instance=user),
            "new_token": new_token,
            "tokens": AuthToken.objects.filter(user=user).order_by("-created"),
            "now": timezone.now(),
            "max_tokens": MAX_TOKENS,
            "has_second_factor": is_mfa_enabled(user),
        },
    )


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show and change the user's profile."""
    if request.method != "POST":
        return render_account(request)
    # The form changes a separate object, so that a page with errors still greets the user by the old name.
    form = ProfileForm(request.POST, instance=User.objects.get(pk=cast("User", request.user).pk))
    if not form.is_valid():
        return render_account(request, form)
    form.save()
    messages.success(request, "Saved.")
    return redirect("account")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def tokens_page(request: HttpRequest) -> HttpResponse:
    """Create an API token and show it once."""
    return new_token_page(request) if request.method == "POST" else redirect("account")


@reauthentication_required
def new_token_page(request: HttpRequest) -> HttpResponse:
    """Create a token for a user who has recently entered a password or code."""
    try:
        token = create_token(by=cast("User", request.user))
    except ValidationError as error:
        messages.error(request, error.message)
        return redirect("account")
    return render_account(request, new_token=token)


@login_required
@require_POST
def revoke_token_page(request: HttpRequest) -> HttpResponse:
    """Revoke one of the user's tokens."""
    key = request.POST.get("key", "")
    if "\0" not in key and revoke_token(key=key, by=cast("User", request.user)):
        messages.success(request, f"The token {key}… is revoked.")
    else:
        messages.error(request, "You have no such token; it may be revoked already.")
    return redirect("account")
