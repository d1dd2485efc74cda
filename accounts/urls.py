"""Addresses of accounts: the account page, tokens, and allauth's pages under allauth's names."""

from allauth.account import views as allauth_views
from django.urls import include, path, re_path

from . import views

urlpatterns = [
    path("", views.account, name="account"),
    path("tokens/", views.tokens_page, name="account_tokens"),
    path("tokens/revoke/", views.revoke_token_page, name="account_token_revoke"),
    # These come before allauth's own, which they wrap.
    path("signup/", views.SignUpView.as_view(), name="account_signup"),
    path("email/", views.handle_taken_email(allauth_views.email), name="account_email"),
    re_path(
        r"^confirm-email/(?P<key>[-:\w]+)/$",
        views.handle_taken_email(allauth_views.confirm_email),
        name="account_confirm_email",
    ),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
