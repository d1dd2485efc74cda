"""Signal receivers: after any write, change the version of the catalogue and update what is derived from it."""

from __future__ import annotations

from typing import IO, Any

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_migrate, post_save, pre_save

from taxonomy.actions import codebook_changed, preview_requested
from taxonomy.models import Alignment, Term, TermExample, TermNeighbour, Vocabulary

from .actions import recoding
from .derived import refresh
from .derived.marking import mark_codings
from .models import (
    Arrangement,
    Case,
    Catalogue,
    Caveat,
    Citation,
    Claim,
    Contribution,
    Doubt,
    Finding,
    Organisation,
    Participation,
    Passage,
    PathwayLink,
    Place,
    PlaceGround,
    PublicInput,
    SectorGround,
    Source,
    State,
)

PART_MODELS = (
    *(Arrangement, PathwayLink, PublicInput, Contribution, SectorGround, PlaceGround, Finding),
    *(Claim, Caveat, Participation, Citation),
)
CODEBOOK_MODELS = (Vocabulary, Term, TermNeighbour, TermExample, Alignment)
WATCHED_MODELS = (*CODEBOOK_MODELS, Source, Passage, Organisation, Place, Case, *PART_MODELS)
"""Models that responses depend on."""
THROUGH_MODELS = (Case.sectors.through, Case.places.through)


def on_save(instance: Model, created: bool, raw: bool, **_: Any) -> None:  # noqa: FBT001 - Django's signature
    """Update the cases in which a changed object appears, and change the version of the catalogue."""
    if not created and not raw:
        refresh.refresh_cases_showing(thing=instance)
    if isinstance(instance, Case) and not raw:
        refresh.save_narrative_revisions([instance])
    Catalogue.move(public=is_public(instance))


def on_source_save(instance: Source, raw: bool, **_: Any) -> None:  # noqa: FBT001 - Django's signature
    """Mark the codings that quote a source whose text is about to become another one."""
    before = "" if raw else Source.objects.filter(pk=instance.pk).values_list("text_sha256", flat=True).first()
    if before and before != instance.text_sha256:
        mark_codings(
            cases=refresh.cases_showing(thing=instance),
            concerned=lambda coding: coding.words is not None and coding.words[0] == instance.slug,
            why=Doubt.SOURCE_TEXT,
            codebook=None,
        )


def on_change(instance: Model, **_: Any) -> None:
    Catalogue.move(public=is_public(instance))


def is_public(thing: Model) -> bool:
    """Whether everyone can see an object: a published case, a part or register entry of one, the codebook."""
    match thing:
        case Case():
            return thing.state == State.PUBLISHED
        case Vocabulary() | Term() | TermNeighbour() | TermExample() | Alignment():
            return True
        case Source() | Organisation() | Place() | Passage():
            return refresh.cases_showing(thing=thing).published().exists()
    return Case.objects.published().filter(pk=getattr(thing, "case_id", 0)).exists()


def on_migrate(
    using: str = DEFAULT_DB_ALIAS, plan: list[Any] | None = None, stdout: IO[str] | None = None, **_: Any
) -> None:
    """Update what is derived from the cases, if its form is outdated, after the last migration."""
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
pre_save.connect(on_source_save, sender=Source)
post_migrate.connect(on_migrate, sender=apps.get_app_config("cases"))
codebook_changed.connect(recoding.apply_codebook_change, dispatch_uid="cases.codebook_changed")
preview_requested.connect(recoding.preview_codebook_change, dispatch_uid="cases.foreseen")
