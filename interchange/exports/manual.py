"""The manual of coding as a table and as a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from annotations.w3c import absolute_url
from cases.derived.csv_columns import CSV_WRITER, csv_cell
from cases.models import Case
from taxonomy.codebook import Codebook
from taxonomy.models import Term, TermExample, TermNeighbour, Vocabulary

ExampleCases = Mapping[str, Case]
"""By the slug that an example names: the case, if the reader may read it."""

TERM_COLUMNS = (*("definition", "include_when", "leave_out_when", "scope_note", "example", "history_note", "notation"),)
COLUMNS = ("vocabulary", "term", "label", "broader", *TERM_COLUMNS, "neighbours", "examples", "rules", "retired")


# A table -------------------------------------------------------------------------------------------------------------


def manual_csv(codebook: Codebook, cases: ExampleCases) -> Iterator[str]:
    """Lines of CSV: a row for each vocabulary, with its rules and without a term, followed by those of its terms."""
    yield str(CSV_WRITER.writerow(COLUMNS))
    for vocabulary in codebook.vocabularies:
        own = {"vocabulary": vocabulary.slug, "label": vocabulary.label, "definition": vocabulary.definition}
        yield _line({**own, "rules": vocabulary.rules})
        for term in codebook[vocabulary.slug]:
            yield _line({"vocabulary": vocabulary.slug, **_cells(term, cases)})


def _line(cells: Mapping[str, Any]) -> str:
    return str(CSV_WRITER.writerow([csv_cell(cells.get(name)) for name in COLUMNS]))


def _cells(term: Term, cases: ExampleCases) -> dict[str, Any]:
    return {
        **{name: getattr(term, name) for name in TERM_COLUMNS},
        "term": term.slug,
        "label": term.label,
        "broader": term.broader.slug if term.broader else "",
        "neighbours": _neighbours(term),
        "examples": _examples(term, cases),
        "retired": term.retired_at is not None,
    }


def manual_texts(term: Term) -> Iterator[str]:
    """What is said of a term besides its definition, each under its name."""
    for name in TERM_COLUMNS[1:]:
        if text := getattr(term, name):
            yield f"{name.replace('_', ' ').capitalize()}: {text}"


def manual_lists(term: Term, cases: ExampleCases) -> Iterator[str]:
    """The neighbours and examples of a term, a line each."""
    yield _neighbours(term)
    yield _examples(term, cases)


def _neighbours(term: Term) -> str:
    return "\n".join(f"{near.name}: {near.difference}" for near in term.neighbours.all())


def _examples(term: Term, cases: ExampleCases) -> str:
    shown = _shown(term, cases)
    return "\n".join(f"{each.fit}: {cases[each.case].slug}. {each.why} “{each.passage}”" for each in shown)


def _shown(term: Term, cases: ExampleCases) -> list[TermExample]:
    return [each for each in term.examples.all() if each.case in cases]


# A text --------------------------------------------------------------------------------------------------------------


def manual_markdown(codebook: Codebook, cases: ExampleCases, version: int) -> Iterator[str]:
    """Blocks of Markdown: a heading for each vocabulary, and for each term below it."""
    yield f"# Manual of coding\n\nCo-delivery Case Catalogue, version {version} of the codebook.\n"
    for vocabulary in codebook.vocabularies:
        yield _chapter(vocabulary)
        for term in codebook[vocabulary.slug]:
            yield "\n\n".join(filter(None, _entry(term, cases))) + "\n"


def _chapter(vocabulary: Vocabulary) -> str:
    texts = (vocabulary.definition, vocabulary.rules.strip(), vocabulary.source_note)
    said = "\n\n".join(filter(None, texts))
    return f"\n## {vocabulary.label} (`{vocabulary.slug}`)\n\n{said}\n"


def _entry(term: Term, cases: ExampleCases) -> Iterator[str]:
    yield f"\n### {term.label} (`{term.slug}`)"
    yield "Retired: nothing is newly coded with it." if term.retired_at else ""
    yield f"Narrower than {term.broader.label}." if term.broader else ""
    yield term.definition
    yield from (f"**{name}:** {text}" for name, _, text in (said.partition(": ") for said in manual_texts(term)))
    yield "\n".join(map(_neighbour, term.neighbours.all()))
    yield "\n".join(_example(each, cases[each.case]) for each in _shown(term, cases))


def _neighbour(near: TermNeighbour) -> str:
    other = near.neighbour.current
    return f"- Not [{other.label}]({absolute_url(other.get_absolute_url())}): {_one_line(near.difference)}"


def _example(example: TermExample, case: Case) -> str:
    words = f" “{_one_line(example.passage)}”" if example.passage else ""
    link = f"[{case.title}]({absolute_url(case.get_absolute_url())})"
    return f"- {example.get_fit_display().capitalize()}: {link}. {_one_line(example.why)}{words}"


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
