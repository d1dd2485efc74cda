"""The lists of `CONTRIBUTING.md` are true: each change that they tell is made, in a copy of the tree, and works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.contributing import changes
from tests.contributing.visiting import CASE, SAID, WEBSITE
from tests.factories import unmarked
from tests.upgrades.test_upgrade import LANDED, unpacked

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
COPIED = (
    *("accounts", "annotations", "cases", "codelivery", "interchange", "plaintext", "taxonomy", "templates", "static"),
    *("tests/__init__.py", "tests/upgrades", "tests/contributing", "manage.py"),
)
MADE = {
    "A field": changes.FIELD,
    "A dimension": changes.DIMENSION,
    "A facet": changes.FACET,
    "An export format": changes.EXPORT,
    "An automatic check": changes.CHECK,
}
"""By section: the change that is made of it."""
FILE = re.compile(r"^\d+\. `([^`]+)`", re.MULTILINE)


def guide() -> str:
    return (ROOT / "CONTRIBUTING.md").read_text("utf-8")


def section(name: str) -> str:
    _, _, rest = guide().partition(f"\n### {name}\n")
    return rest.partition("\n### ")[0].partition("\n## ")[0]


def listed(name: str) -> set[str]:
    """Return the files that a section lists."""
    return set(FILE.findall(section(name)))


def test_every_file_that_it_names_is_there() -> None:
    made = {edit.path for edits in MADE.values() for edit in edits if not edit.before}
    named = set(re.findall(r"`([\w./-]+/[\w./-]*|[\w-]+\.(?:md|py|toml|txt))`", guide())) - made
    assert len(named) > 30
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize(
    ("name", "most"),
    [("A field", 5), ("A dimension", 5), ("A facet", 2), ("An export format", 2), ("An automatic check", 2)],
)
def test_a_usual_change_touches_the_files_of_its_list_and_few(name: str, most: int) -> None:
    by_itself = {"CHANGELOG.md", "cases/migrations/"}
    assert {edit.path for edit in MADE[name]} == listed(name) - by_itself
    assert len(listed(name)) <= most


# The changes, made


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a changed tree answers, whose database and files are those of a catalogue that was in use before."""
    folder = tmp_path_factory.mktemp("changed")
    return answered(folder, changed_tree(folder, *MADE.values()))


def changed_tree(folder: Path, *made: list[changes.Edit]) -> Path:
    tree = folder / "tree"
    for name in COPIED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        copy(ROOT / name, tree / name)
    with tarfile.open(LANDED / "files.tar.xz") as archive:
        archive.extractall(tree / "fixtures", filter="data")
    for edits in made:
        changes.apply(edits, tree)
    return tree


def answered(folder: Path, tree: Path) -> dict[str, Any]:
    (folder / "catalogue.sqlite3").write_bytes(unpacked("database.sqlite3"))
    variables = {
        **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "BASE_URL"}},
        "DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "tests.upgrades.settings",
        "ENV_FILE": "",
        "LOG_LEVEL": "CRITICAL",
        "SECRET_KEY": "x" * 60,
    }
    command = [sys.executable, "-m", "tests.contributing.visiting", str(folder / "answers.json")]
    done = subprocess.run(command, cwd=tree, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((folder / "answers.json").read_text("utf-8"))
    return found


def test_no_case_gets_a_version_by_a_change(answers: dict[str, Any]) -> None:
    assert answers["new versions"] == []
    assert answers["loaded"][-1] == "cases: 4 same, 6 kept as edited"


def test_a_case_and_its_versions_from_before_say_nothing_in_a_new_field(answers: dict[str, Any]) -> None:
    nothing = {"website": "", "funding": None, "absent": "not-coded"}
    assert (answers["before"]["case"], answers["before"]["version"]) == (nothing, nothing)
    assert "Website" not in answers["before"]["page"]


def test_a_new_field_and_dimension_are_printed_compared_exported_and_entered(answers: dict[str, Any]) -> None:
    after = answers["after"]
    for shown in (f'href="{WEBSITE}"', "Funding: Donations", "funded by the city"):
        assert shown in after["page"]
    assert [(each["path"], each["after"]) for each in after["difference"]][:3] == [
        ("website", WEBSITE),
        ("democratic_quality.judgement", "Concern raised"),
        ("democratic_quality.reason", "The source asks for more."),
    ]
    assert {"funding.term", "funding.basis", "funding.passage"} < {each["path"] for each in after["difference"]}
    assert [after["row"][name] for name in ("website", "funding", "funding_basis", "funding_absent")] == [
        *(WEBSITE, "donations", "explicit", ""),
    ]
    assert {"website", "funding", "funding_basis", "funding_passage", "funding_absent"} <= set(
        re.findall(r'name="(\w+)"', after["form"])
    )


def test_a_new_field_is_a_column_of_imports_and_an_export_comes_back_as_the_same(answers: dict[str, Any]) -> None:
    assert {"website", "funding", "funding_passage", "funding_absent"} <= set(answers["after"]["template"].split(","))
    for said in answers["after"]["again"]:
        assert "8 the same already, 0 probable duplicate, 0 refused" in said


@pytest.mark.parametrize("engine", ["bitmaps", "sql"])
def test_both_engines_count_and_find_by_a_new_facet(answers: dict[str, Any], engine: str) -> None:
    assert answers["after"][engine] == {
        "funding": {"public-budget": 0, "donations": 1, "none": 7, "not-coded": 7},
        "quality": {"concern-raised": 1, "undesirable-result": 0, "none": 7, "not-coded": 7},
        "donations": [CASE],
        "raised": 1,
        "uncoded": 7,
    }


def test_a_new_format_is_offered_and_sends_the_cases(answers: dict[str, Any]) -> None:
    after = answers["after"]
    assert 'href="/export/cases.yaml"' in after["downloads"]
    assert after["index"]["export-yaml"].endswith("/export/cases.yaml")
    (case,) = after["yaml"]
    assert {name: unmarked(case[name]) for name in SAID} == SAID


def test_a_new_check_is_counted_in_the_overview(answers: dict[str, Any]) -> None:
    assert 'aria-label="13: no website"' in answers["after"]["overview"]
