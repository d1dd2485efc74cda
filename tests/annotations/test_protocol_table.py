"""The published conformance table: every test that it names is there, and every requirement names one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "annotation-protocol.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| ([MS]) \| (.+?) \| (.+?) \| (.+?) \|$", TABLE, re.MULTILINE)
TESTS = {
    node.name
    for file in sorted((ROOT / "tests" / "annotations").glob("test_*.py"))
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
}


def test_the_table_is_read_whole() -> None:
    assert len(ROWS) == sum(line.startswith(("| M |", "| S |")) for line in TABLE.splitlines()) > 60


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(test_\w+)`", TABLE))))
def test_a_test_that_the_table_names_is_there(name: str) -> None:
    assert name in TESTS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1][:50])
def test_a_requirement_is_held_by_a_test(row: tuple[str, str, str, str]) -> None:
    assert re.findall(r"`(test_\w+)`", row[3])
