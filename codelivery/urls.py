"""The whole site's addresses, grouped by noun."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from . import api

admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one sign-in, with its rate limits

urlpatterns = [
    path("", include("cases.urls")),
    path("taxonomy/", include("taxonomy.urls")),
    path("annotations/", include("annotations.urls")),
    path("export/", include("interchange.urls")),
    path("accounts/", include("accounts.urls")),
    path("api/v1/", include(api.urlpatterns)),
    path("admin/", admin.site.urls),
]

handler400 = "codelivery.errors.bad_request"
handler403 = "codelivery.errors.permission_denied"
handler404 = "codelivery.errors.page_not_found"
handler500 = "codelivery.errors.server_error"
