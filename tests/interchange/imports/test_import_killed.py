"""An import whose process dies in its middle: nothing of it is there, and it can be applied again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from cases.models import Case, Source
from interchange.imports import batches
from interchange.models import Batch
from tests.factories import make_terms
from tests.interchange.importing import make_mapping, project
from tests.interchange.imports.test_import_cases import planned

DYING = """
import os, signal, sys
import django
django.setup()
from cases.models import Case
from interchange.imports import batches
from interchange.models import Batch

def die(rows):
    assert Case.objects.count() >= 3, "some are written"
    print("written", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

batches.WRITE_BATCH_SIZE = 3
batches.apply_batch(batch=Batch.objects.get(), by=None, progress=die)
"""


def address() -> str:
    """Return the address of the tests' database, for another process."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:////{str(settings['NAME']).lstrip('/')}"
    return f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{settings['NAME']}"


@pytest.mark.django_db(transaction=True)
def test_an_import_that_is_killed_in_its_middle_leaves_nothing_and_can_be_applied_again(tmp_path: Path) -> None:
    make_terms()
    make_mapping()
    batch = planned([project(number, f"{'abcdefgh'[number] * 9} hall") for number in range(8)])
    assert batch.counts()["create"] == 8
    environment = os.environ | {
        "DATABASE_URL": address(),
        "DJANGO_SETTINGS_MODULE": "codelivery.settings",
        "DATA_DIR": str(tmp_path),
    }
    died = subprocess.run([sys.executable, "-c", DYING], env=environment, capture_output=True, text=True, check=False)
    assert (died.returncode, died.stdout) == (-signal.SIGKILL, "written\n"), died.stderr
    assert (Case.objects.count(), Source.objects.count()) == (0, 0)
    assert Batch.objects.get().status == Batch.Status.PLANNED
    batches.apply_batch(batch=batch, by=None)
    assert Case.objects.count() == 8
