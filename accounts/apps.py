"""The app, and the groups of contributors and curators."""

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
"""Enough to enter and propose cases; publishing is up to curators (see `cases.permissions`)."""


class AccountsConfig(AppConfig):
    """Accounts and their groups."""

    name = "accounts"

    def ready(self) -> None:
        """Update the groups after every migration."""
        post_migrate.connect(sync_groups, dispatch_uid="accounts.groups")


def sync_groups(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = apps, **options: Any) -> None:
    """Give the groups their permissions. Permissions that were added by hand stay.

    Curators may view, add and change everything in a curated app, and delete parts of cases. Contributors may enter
    cases, and the sources, passages, organisations and places that these refer to.

    Django creates permissions in another receiver of this signal, which may run later, so they are created here, too.
    """
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to a state without groups
        return
    if app_config.label not in CURATED_APPS or not router.allow_migrate_model(using, group_model):
        return
    create_permissions(app_config, using=using, apps=apps, **options)
    permissions = permission_model.objects.using(using).filter(content_type__app_label=app_config.label)
    for name, allowed in ((CURATORS, CURATOR_PERMISSIONS), (CONTRIBUTORS, CONTRIBUTOR_PERMISSIONS)):
        group, _ = group_model.objects.using(using).get_or_create(name=name)
        group.permissions.add(*permissions.filter(allowed))
