from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import User
from tests.factories import make_curator

from .catalogue_files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def curator() -> User:
    return make_curator()
