"""What follows from a write, whoever wrote: the catalogue's version moves, and texts in which it shows are renewed."""

from __future__ import annotations

from typing import IO, Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_migrate, post_save

from taxonomy.actions import codebook_changed, preview_requested
from taxonomy.models import Alignment, Term, Vocabulary

from .actions import recoding
from .derived import refresh
from .models import (
    Arrangement,
    Case,
    Catalogue,
    Caveat,
    Citation,
    Claim,
    Organisation,
    Participation,
    Passage,
    PathwayLink,
    Place,
    Source,
    State,
)

PART_MODELS = (Arrangement, PathwayLink, Claim, Caveat, Participation, Citation)
WATCHED_MODELS = (Vocabulary, Term, Alignment, Source, Passage, Organisation, Place, Case, *PART_MODELS)
"""What answers are made of."""
THROUGH_MODELS = (Case.sectors.through, Case.places.through)


def on_save(instance: Model, created: bool, raw: bool, **_: Any) -> None:  # noqa: FBT001 - as Django sends it
    """Renew the cases in which a thing shows, if it stood there before, and move the catalogue."""
    if not created and not raw:
        refresh.refresh_cases_showing(thing=instance)
    if isinstance(instance, Case) and not raw:
        refresh.save_narrative_revisions([instance])
    Catalogue.move(public=is_public(instance))


def on_change(instance: Model, **_: Any) -> None:
    """Move the catalogue."""
    Catalogue.move(public=is_public(instance))


def is_public(thing: Model) -> bool:
    """Tell whether everyone sees a thing: a published case, what belongs to it or shows in it, the codebook."""
    match thing:
        case Case():
            return thing.state == State.PUBLISHED
        case Vocabulary() | Term() | Alignment():
            return True
        case Source() | Organisation() | Place() | Passage():
            return refresh.cases_showing(thing=thing).published().exists()
    return Case.objects.published().filter(pk=getattr(thing, "case_id", 0)).exists()


def on_migrate(
    using: str = DEFAULT_DB_ALIAS, plan: list[Any] | None = None, stdout: IO[str] | None = None, **_: Any
) -> None:
    """Bring every case into the form of today, once all tables are as the code has them."""
    executor = MigrationExecutor(connections[using])
    if plan is not None and executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return
    number = 0 if refresh.is_up_to_date() else refresh.refresh_all()
    if stdout and number:
        stdout.write(f"Cases in the form of today: {number}.\n")


for model in WATCHED_MODELS:
    post_save.connect(on_save, sender=model)
    post_delete.connect(on_change, sender=model)
for through in THROUGH_MODELS:
    m2m_changed.connect(on_change, sender=through)
post_migrate.connect(on_migrate, sender=apps.get_app_config("cases"))
codebook_changed.connect(recoding.apply_codebook_change, dispatch_uid="cases.codebook_changed")
preview_requested.connect(recoding.preview_codebook_change, dispatch_uid="cases.foreseen")
