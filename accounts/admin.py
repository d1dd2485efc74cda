"""Users in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest

from .models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Users and their permissions. Curators are staff users in the group of that name."""

    list_display = ["username", "name", "email", "orcid", "is_staff", "is_active"]
    list_filter = ["groups", "is_staff", "is_superuser", "is_active"]
    search_fields = ["username", "name", "email", "orcid"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        ("Person", {"fields": ["name", "email", "orcid"]}),
        ("Permissions", {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        ("Dates", {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [
        (
            None,
            {
                "classes": ["wide"],
                "fields": ["username", "name", "email", "usable_password", "password1", "password2"],
            },
        ),
    ]
    readonly_fields = ["last_login", "date_joined"]

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """List the accounts only: administrators may not see the groups and notes that are deleted with them."""
        _, _, lacking, protected = super().get_deleted_objects(objs, request)
        return [str(account) for account in objs], {"accounts": len(objs)}, lacking, protected
