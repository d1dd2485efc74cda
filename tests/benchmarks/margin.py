"""How long a case's page takes with many notes beside it.

    python -m tests.benchmarks.margin

Makes a catalogue of its own in a folder of its own, with the project's settings, and asks for the pages in turn, in the
process, without a server. Times are those of the processor, so that other work on the machine counts less.
"""

from __future__ import annotations

import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from random import Random

import django

FOLDER = tempfile.TemporaryDirectory(prefix="bench-margin-")
os.environ |= {"DJANGO_SETTINGS_MODULE": "codelivery.settings", "DATA_DIR": FOLDER.name, "ENV_FILE": ""}
django.setup()

from django.core.management import call_command
from django.test import Client

from accounts.models import User
from annotations.models import Annotation, Code, Placement, Tag
from cases.markdown import narrative_text
from cases.models import Case, Revision
from taxonomy.models import Term
from tests.factories import make_case, make_user

from .anchoring import table

ROUNDS = 15
SIGNS = 60_000
LONGEST = 600  # code points of a passage
PAGES = {"no note": 0, "500 overlapping notes, 100 answers more": 500, "2,000 notes, 400 of them answers": 1_600}
COMMON = (
    "service user together public staff town library moderate evening *forum* **since** 2008 members support and of"
)
ABOUT = """## A case's page with notes

The processor's milliseconds for `/cases/<slug>/`, the median of 15 rounds in which the pages are asked for in turn,
in the process. The narrative has 60,000 signs (Markdown: paragraphs, lists, tables). Passages are up to 600 code points
long and lie over each other; each note has a tag, three in five have a code. Targets: 500 notes at most 50 ms above the
plain page; 2,000 notes at most 300 ms."""


def narrative(random: Random) -> str:
    """Return paragraphs, lists and tables."""
    parts: list[str] = []
    while sum(map(len, parts)) < SIGNS:
        words = " ".join(random.choices(COMMON.split(), k=90))
        bare = words.replace("*", "")
        items = "\n".join(f"- {bare[:80]}" for _ in range(4))
        rows = "\n".join(["|a|b|", "|-|-|", *(f"|{bare[:20]}|x|" for _ in range(5))])
        parts.append(random.choices([f"{words}.", items, rows], [8, 1, 1])[0])
    return "\n\n".join(parts)[:SIGNS]


def annotated(case: Case, number: int, authors: list[User], random: Random) -> None:
    """Put so many notes on words of a case, past the verbs: how they came to be is not measured."""
    text, revision = narrative_text(case.narrative), Revision.objects.get(case=case)
    Annotation.objects.bulk_create(_note(case, revision, text, authors, random) for _ in range(number))
    notes = list(Annotation.objects.filter(case=case))
    terms = list(Term.objects.filter(vocabulary__slug__in=["type", "mode", "pathway"]))
    Tag.objects.bulk_create(Tag(annotation=note, label=f"tag {random.randrange(30)}") for note in notes)
    Code.objects.bulk_create(
        Code(annotation=note, term=random.choice(terms)) for note in notes if random.random() < 0.6
    )
    Annotation.objects.bulk_create(
        Annotation(case=case, author=authors[0], audience="public", parent=note, thread=note, comment="An answer.")
        for note in notes[:: 5 if number < 1_000 else 4]
    )


def _note(case: Case, revision: Revision, text: str, authors: list[User], random: Random) -> Annotation:
    start = random.randrange(len(text) - LONGEST)
    end = start + random.randrange(20, LONGEST)
    return Annotation(
        case=case,
        author=random.choice(authors),
        audience="public",
        revision=revision,
        exact=text[start:end],
        quoted_at=start,
        placement=Placement.PLACED,
        start=start,
        end=end,
        comment="What *one* may say of it.",
    )


def measured(client: Client, paths: list[str]) -> Iterator[float]:
    """Yield the median milliseconds of each page."""
    seconds: dict[str, list[float]] = {path: [] for path in paths}
    for turn in range(ROUNDS + 2):
        for path in paths:
            begun = time.process_time()
            status = client.get(path).status_code
            taken = time.process_time() - begun
            if status != 200:
                raise RuntimeError(f"{path} answers {status}.")
            if turn > 1:  # the first two fill what is kept
                seconds[path].append(taken * 1000)
    yield from (statistics.median(taken) for taken in seconds.values())


def main() -> int:
    """Make the catalogue, measure, and print what the report says."""
    logging.disable(logging.CRITICAL)
    call_command("collectstatic", interactive=False, verbosity=0)
    call_command("migrate", verbosity=0)
    random = Random("margin")
    authors = [make_user(f"reader-{number}") for number in range(5)]
    paths = []
    for number in PAGES.values():
        case = make_case(f"case-{number}", narrative=narrative(Random("text")))
        annotated(case, number, authors, random)
        paths.append(case.get_absolute_url())
    stranger, reader = Client(SERVER_NAME="127.0.0.1"), Client(SERVER_NAME="127.0.0.1")
    reader.force_login(authors[0])
    times = zip(PAGES, measured(stranger, paths), measured(reader, paths), strict=True)
    rows = [
        ["", "not signed in", "signed in"],
        *([name, f"{one:.0f} ms", f"{other:.0f} ms"] for name, one, other in times),
    ]
    print(f"{ABOUT}\n\n{table(rows)}")
    FOLDER.cleanup()
    return 0


if __name__ == "__main__":
    sys.exit(main())
