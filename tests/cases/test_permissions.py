"""Who may do what: the table of docs/curation.md, cell by cell, through the verbs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cases.permissions import PERMISSIONS, Role

PAGE = Path(__file__).parents[2] / "docs" / "curation.md"
ROW = re.compile(r"^\| ([^|]+) \|((?:[^|]*\|){5})$", re.MULTILINE)


def documented() -> dict[str, list[str]]:
    """Return the table of the page: what may be done, and what stands in each of its five columns."""
    found = {
        words.strip(): [cell.strip() for cell in cells.split("|")[:-1]]
        for words, cells in ROW.findall(PAGE.read_text())
    }
    return {words: cells for words, cells in found.items() if set(words) != {"-"}}


@pytest.mark.parametrize("what", PERMISSIONS)
def test_the_page_says_who_may(what: str) -> None:
    permission = PERMISSIONS[what]
    expected = [
        "yes"
        if role >= permission.role
        else "own drafts"
        if permission.own_draft is not None and role >= permission.own_draft
        else ""
        for role in Role
    ]
    assert documented()[permission.words] == expected


def test_the_page_says_nothing_else() -> None:
    assert set(documented()) == {permission.words for permission in PERMISSIONS.values()}
