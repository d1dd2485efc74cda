"""The app, and the user group of its moderators."""

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps, apps
from django.contrib.auth.management import create_permissions
from django.db import DEFAULT_DB_ALIAS, router
from django.db.models.signals import post_migrate

MODERATORS = "Moderators"


class AnnotationsConfig(AppConfig):
    """Readers' notes."""

    name = "annotations"

    def ready(self) -> None:
        import_module("annotations.receivers")  # not at the top: models are loaded only now
        post_migrate.connect(sync_moderators, sender=self, dispatch_uid="annotations.moderators")


def sync_moderators(app_config: AppConfig, using: str = DEFAULT_DB_ALIAS, apps: Apps = apps, **options: Any) -> None:
    """Give the Moderators group its permission. Permissions that were added by hand stay.

    Django creates permissions in another receiver of this signal, which may run later, so they are created here, too.
    """
    try:
        group_model, permission_model = apps.get_model("auth", "Group"), apps.get_model("auth", "Permission")
        apps.get_model("annotations", "Decision")
    except LookupError:  # migrated back to a state without these models
        return
    if not router.allow_migrate_model(using, group_model):
        return
    create_permissions(app_config, using=using, apps=apps, **options)
    moderators, _ = group_model.objects.using(using).get_or_create(name=MODERATORS)
    moderate = permission_model.objects.using(using).filter(
        content_type__app_label="annotations", codename="moderate_annotation"
    )
    moderators.permissions.add(*moderate)
