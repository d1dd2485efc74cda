"""The addresses of the whole site, grouped by noun."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path

from . import api

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one sign-in, with its rate limits


def nowhere(request: HttpRequest, row: str) -> HttpResponse:  # noqa: ARG001 - Django passes them
    """404 instead of the admin's view that redirects any staff user from the number of a row to its address."""
    raise Http404


urlpatterns = [
    path("", include("cases.urls")),
    path("taxonomy/", include("taxonomy.urls")),
    path("annotations/", include("annotations.urls")),
    path("", include("interchange.urls")),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", include(api.urlpatterns)),
    path("admin/r/<path:row>", nowhere),
    path("admin/", admin.site.urls),
]

handler400 = "codelivery.errors.bad_request"
handler403 = "codelivery.errors.permission_denied"
handler404 = "codelivery.errors.page_not_found"
handler500 = "codelivery.errors.server_error"
