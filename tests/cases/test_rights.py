"""Who may do what: the table of docs/curation.md, cell by cell, through the verbs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cases.rights import RIGHTS, Role

PAGE = Path(__file__).parents[2] / "docs" / "curation.md"
ROW = re.compile(r"^\| ([^|]+) \|((?:[^|]*\|){5})$", re.MULTILINE)


def documented() -> dict[str, list[str]]:
    """Return the table of the page: what may be done, and what stands in each of its five columns."""
    found = {
        words.strip(): [cell.strip() for cell in cells.split("|")[:-1]]
        for words, cells in ROW.findall(PAGE.read_text())
    }
    return {words: cells for words, cells in found.items() if set(words) != {"-"}}


@pytest.mark.parametrize("what", RIGHTS)
def test_the_page_says_who_may(what: str) -> None:
    right = RIGHTS[what]
    expected = [
        "yes" if role >= right.role else "own drafts" if right.own_draft is not None and role >= right.own_draft else ""
        for role in Role
    ]
    assert documented()[right.words] == expected


def test_the_page_says_nothing_else() -> None:
    assert set(documented()) == {right.words for right in RIGHTS.values()}
