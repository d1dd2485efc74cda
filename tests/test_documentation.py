"""What the documents name is there, and the drawing of the house is the one that the import contract holds."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(path for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("fixtures/*.md")])
LINK = re.compile(r"\]\((?!https?:|#|/)([^)#\s]+)")
NAMED_PATH = re.compile(
    r"`((?:accounts|annotations|cases|codelivery|docs|fixtures|interchange|stubs|taxonomy|templates|tests|static)/[\w./-]+)`"
)
ENDPOINTS = {"urls", "views", "api", "admin", "management", "templatetags", "apps", "receivers"}

EACH = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


@EACH
def test_every_link_of_a_document_leads_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize(
    "document",
    [path for path in DOCUMENTS if path.name != "CONTRIBUTING.md"],  # names files to be made; it has a test of its own
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_path_that_a_document_names_is_there(document: Path) -> None:
    paths = NAMED_PATH.findall(document.read_text(encoding="utf-8"))
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("app", ["cases", "annotations", "interchange"])
def test_the_drawing_names_the_packages_of_the_import_contract_in_its_order(app: str) -> None:
    assert drawn(app) == contracted(app)


def drawn(app: str) -> list[str]:
    """Return the packages in the table of an app, from above to below."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = text.partition(f"\n## {app}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`(\w+)`", row)]


def contracted(app: str) -> list[str]:
    """Return the packages of the contract for the inside of an app, without the endpoints."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = next(each["layers"] for each in contracts if each.get("containers") == [app])
    names = [name for layer in layers for name in re.findall(r"\w+", layer)]
    return [name for name in names if name not in ENDPOINTS]
