"""The app, and the group of those who may curate."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps, apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Q
from django.db.models.signals import post_migrate

CURATORS = "Curators"
CURATED = {"cases", "taxonomy"}
PARTS = ("arrangement", "pathwaylink", "claim", "caveat", "participation", "citation", "alignment")
MAY = (
    Q(codename__startswith="view_")
    | Q(codename__startswith="add_")
    | Q(codename__startswith="change_")
    | Q(codename__in=[f"delete_{part}" for part in PARTS])  # a case is withdrawn instead
)


class AccountsConfig(AppConfig):
    """Accounts, and who may do what with them."""

    name = "accounts"

    def ready(self) -> None:
        """Look after the curators' group whenever the tables may have changed."""
        post_migrate.connect(keep_curators, dispatch_uid="accounts.curators")


def keep_curators(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = apps, **options: Any) -> None:
    """Let curators view, add and change what a curated app holds, and take out what is part of it.

    Permissions given by hand stay.

    Permissions are made by another receiver of this signal, maybe after this one: so they are made here, too.
    """
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to before there were groups
        return
    if app_config.label not in CURATED or not router.allow_migrate_model(using, group_model):
        return
    create_permissions(app_config, using=using, apps=apps, **options)
    curators, _ = group_model.objects.using(using).get_or_create(name=CURATORS)
    curators.permissions.add(
        *permission_model.objects.using(using).filter(MAY, content_type__app_label=app_config.label)
    )
