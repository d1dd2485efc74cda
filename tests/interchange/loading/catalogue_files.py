"""A small folder of catalogue files, loaded by the commands."""

from __future__ import annotations

from hashlib import sha256
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import User
from cases import actions
from cases.models import Case
from cases.serializers import CaseSerializer
from tests.factories import TERMS

TEXT = "Here citizens took part. In Reading, over 100 people came: café, naïve 😀 and all. It went on."
CASE = """\
slug: sharon
title: SHaRON
kind: named-case
summary: People support one another online.
narrative: |
  It is a forum.
eligibility:
  verdict: co-delivery
  reason: A public body pays.
  passage: citizens took part
arrangements:
  - label: Members support one another
    type: {term: peer-support, basis: section, passage: citizens took part}
    actor: {terms: [user], basis: inferred, passage: citizens took part}
    mode: {absent: not-stated}
sectors: [health]
places: [reading]
years: {start: 2006, ongoing: "yes", passage: "It went on."}
claims:
  - as_stated: over 100 people
    value: 100.50
    unit: people
    measures: people who came
    source: loeffler-2020
    passage: over 100 people came
organisations:
  - {organisation: kings-fund, part: funder, passage: naïve 😀 and all}
sources:
  - {source: loeffler-2020}
absent:
  pathways: not-stated
  evidence: explicit-no
"""
SOURCES = f"""\
- slug: loeffler-2020
  kind: chapter
  authors: Loeffler
  year: 2020
  text_sha256: {sha256(TEXT.encode()).hexdigest()}
"""
BARE = """\
slug: {slug}
title: {slug}
kind: named-case
summary: S.
narrative: N.
eligibility: {{verdict: co-delivery, reason: R., passage: citizens took part}}
sources: [{{source: loeffler-2020}}]
absent:
  arrangements: not-stated
  pathways: not-stated
  sectors: not-stated
  places: not-stated
  years: not-stated
  evidence: not-stated
"""


VOCABULARIES, TERM_COUNT = len(TERMS), sum(len(terms.split()) for terms in TERMS.values())
"""How many the folder has."""


def vocabulary(slug: str, terms: str) -> str:
    """Return a vocabulary as a file says it."""
    lines = [f"slug: {slug}", f"label: {slug}", "definition: D.", "order: 1", "terms:"]
    for path in terms.split():
        broader, _, narrower = path.rpartition(">")
        indent = "      " if broader else "  "
        if broader and lines[-1].startswith("    definition"):
            lines.append("    narrower:")
        lines += [f"{indent}- slug: {narrower}", f"{indent}  label: {narrower}", f"{indent}  definition: D."]
    return "\n".join(lines)


class Files:
    """A folder of catalogue files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.text = folder / "text.txt"
        self.text.write_text(TEXT, "utf-8")
        for slug, terms in TERMS.items():
            self.write(f"vocabularies/{slug}.yaml", vocabulary(slug, terms))
        self.write("sources.yaml", SOURCES)
        self.write("organisations.yaml", "- {slug: kings-fund, name: The King's Fund, country: GB}\n")
        self.write("places.yaml", "- {slug: reading, name: Reading, country: GB, latitude: 51.5, longitude: -1.0}\n")
        self.write("cases/sharon.yaml", CASE)
        self.place()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def place(self) -> str:
        out = StringIO()
        call_command("place_passages", self.text, folder=self.folder, stdout=out)
        return out.getvalue()

    def load(self, **options: bool) -> dict[str, str]:
        """Load the folder and return what is said of each register."""
        out = StringIO()
        call_command("load_catalogue", folder=self.folder, stdout=out, **options)
        return dict(line.split(": ", 1) for line in out.getvalue().splitlines())

    def mistakes(self) -> list[str]:
        """Load the folder, which has mistakes, and return them."""
        with pytest.raises(CommandError) as error:
            self.load()
        return str(error.value).splitlines()[:-1]


def edit(slug: str, by: User, **fields: object) -> Case:
    """Change a case as a curator does."""
    case = Case.objects.whole().get(slug=slug)
    serializer = CaseSerializer(case, data=CaseSerializer(case).data | fields)
    serializer.is_valid(raise_exception=True)
    return actions.change_case(case=case, record=serializer.validated_data, by=by, version=case.version)
