"""The app, and the groups of those who contribute and of those who curate."""

from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps, apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models import Q
from django.db.models.signals import post_migrate

CURATORS, CONTRIBUTORS = "Curators", "Contributors"
CURATED_APPS = {"cases", "taxonomy", "interchange"}
CASE_PART_MODELS = ("arrangement", "pathwaylink", "claim", "caveat", "participation", "citation", "alignment")
CURATOR_PERMISSIONS = (
    Q(codename__startswith="view_")
    | Q(codename__startswith="add_")
    | Q(codename__startswith="change_")
    | Q(codename__in=[f"delete_{part}" for part in CASE_PART_MODELS])  # a case is withdrawn instead
)
CONTRIBUTED_MODELS = ("source", "passage", "organisation", "place")
CONTRIBUTOR_PERMISSIONS = Q(codename="add_case") | Q(
    codename__in=[f"{way}_{thing}" for way in ("view", "add") for thing in CONTRIBUTED_MODELS]
    + ["view_term", "view_vocabulary"]
)
"""What entering and proposing takes; what becomes of published cases is not theirs (see `cases.permissions`)."""


class AccountsConfig(AppConfig):
    """Accounts, and who may do what with them."""

    name = "accounts"

    def ready(self) -> None:
        """Look after the groups whenever the tables may have changed."""
        post_migrate.connect(sync_groups, dispatch_uid="accounts.groups")


def sync_groups(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = apps, **options: Any) -> None:
    """Let curators view, add and change what a curated app holds, and take out what is part of it.

    Contributors may enter cases, and what these quote and name. Permissions given by hand stay.

    Permissions are made by another receiver of this signal, maybe after this one: so they are made here, too.
    """
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to before there were groups
        return
    if app_config.label not in CURATED_APPS or not router.allow_migrate_model(using, group_model):
        return
    create_permissions(app_config, using=using, apps=apps, **options)
    permissions = permission_model.objects.using(using).filter(content_type__app_label=app_config.label)
    for name, allowed in ((CURATORS, CURATOR_PERMISSIONS), (CONTRIBUTORS, CONTRIBUTOR_PERMISSIONS)):
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(allowed))
