"""Steps of an import that take long, done while nobody waits; how far they are stands in the cache.

The cache is shared by all processes, and can be read while a transaction is open. If the process ends meanwhile, the
step is undone with its transaction, and after some minutes nothing speaks of it any more.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Thread
from typing import NamedTuple

from django.core.cache import cache
from django.db import connections

from ..models import Batch
from .batches import BATCH_REFUSALS, Progress, refusal_message

SECONDS_KEPT = 600
"""How long progress is kept after it was last heard of."""

logger = logging.getLogger(__name__)


class StepProgress(NamedTuple):
    """How far a step is: rows done of all, whether it still runs, and why it was refused."""

    step: str
    done: int
    total: int
    running: bool = True
    refused: str = ""


def step_progress(batch: Batch) -> StepProgress | None:
    """How far the last step is that was started in the background; None if nothing is known of one."""
    kept: StepProgress | None = cache.get(_key(batch))
    return kept


def start_step(*, batch: Batch, step: str, total: int, do: Callable[[Progress], object]) -> bool:
    """Do a step in the background. Return False if one runs already."""
    before = step_progress(batch)
    if before and before.running:
        return False
    cache.set(_key(batch), StepProgress(step, 0, total), SECONDS_KEPT)
    Thread(target=_run, args=(batch, StepProgress(step, 0, total), do), name=f"import-{batch.pk}").start()
    return True


def _run(batch: Batch, progress: StepProgress, do: Callable[[Progress], object]) -> None:
    def told(number: int) -> None:
        nonlocal progress
        progress = progress._replace(done=progress.done + number)
        cache.set(_key(batch), progress, SECONDS_KEPT)

    refused = ""
    try:
        do(told)
    except BATCH_REFUSALS as refusal:
        refused = refusal_message(refusal)
    except Exception:
        logger.exception("Import %s: %s failed", batch.pk, progress.step)
        refused = "The catalogue made a mistake, and nothing was written. It has been logged."
    finally:
        cache.set(_key(batch), progress._replace(running=False, refused=refused), SECONDS_KEPT)
        connections.close_all()


def _key(batch: Batch) -> str:
    return f"interchange.import-{batch.pk}"
