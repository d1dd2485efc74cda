"""The template that test databases are copied from is that of the migrations as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.apps import apps

from cases.models import Case
from tests.databases import fingerprint


def test_another_migration_makes_another_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    cases = apps.get_app_config("cases")
    shutil.copytree(
        Path(cases.path, "migrations"), tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__")
    )
    monkeypatch.setattr(cases, "path", str(tmp_path))
    assert fingerprint() == before
    (tmp_path / "migrations" / "0009_another.py").write_text("# Does nothing yet\n")
    assert fingerprint() != before


def test_another_type_of_a_column_makes_another_template(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setattr(Case._meta.get_field("title"), "max_length", 1_000)
    assert fingerprint() != before
